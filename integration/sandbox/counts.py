"""What was asked of the sandbox: how often, by whom, when. For trying and measuring only.

Zendesk has nothing like it. Counted is what arrives below ``/api/``, refused and spoilt requests
too; what is told of a request is its path with numbers left out, never its content.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from integration.sandbox.options import Json

_MOST_KINDS = 1_000
_MOST_WRITES = 20_000
_NUMBER = re.compile(r"/\d+")

Kind = tuple[str, str, str, int]
"""Who (the first word of the User-Agent), method, path with ``{id}`` for numbers, status."""


class Requests:
    """The requests counted so far; thread-safe, and bounded whatever is asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Count afresh."""
        with self._lock:
            self._counts: Counter[Kind] = Counter()
            self._spans: dict[Kind, tuple[float, float]] = {}
            self._writes: deque[tuple[float, str, str, str, int]] = deque(maxlen=_MOST_WRITES)

    def add(self, client: str, method: str, path: str, status: int) -> None:
        """Count a request that is being answered now."""
        now = time.time()
        path = path.removesuffix(".json")
        kind = (client, method, _NUMBER.sub("/{id}", path), status)
        with self._lock:
            if kind not in self._counts and len(self._counts) >= _MOST_KINDS:
                kind = (client[:40], method, "others", status)
            self._counts[kind] += 1
            self._spans[kind] = (self._spans.get(kind, (now, now))[0], now)
            if method not in ("GET", "HEAD"):
                self._writes.append((now, client, method, path, status))

    def kinds(self) -> list[Json]:
        """Each kind of request: ``client``, ``method``, ``path``, ``status``, how many (``count``)
        and when the ``first`` and the ``last`` was answered (seconds since 1970)."""
        with self._lock:
            rows = [(*kind, count, *self._spans[kind]) for kind, count in self._counts.items()]
        names = ("client", "method", "path", "status", "count", "first", "last")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def writes(self) -> list[Json]:
        """The newest requests that write, the oldest of them first: ``at`` (seconds since 1970),
        ``client``, ``method``, ``path``, ``status``."""
        with self._lock:
            rows = list(self._writes)
        names = ("at", "client", "method", "path", "status")
        return [dict(zip(names, row, strict=True)) for row in rows]


class CountingApp:
    """A WSGI application whose requests are counted as they are answered."""

    def __init__(self, app: WSGIApplication, requests: Requests) -> None:
        self._app = app
        self._requests = requests

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith("/api/"):
            return self._app(environ, start_response)
        client = environ.get("HTTP_USER_AGENT", "").partition("/")[0].partition(" ")[0]
        method = environ["REQUEST_METHOD"]

        def answer(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            self._requests.add(client, method, path, int(status[:3]))
            return start_response(status, headers, *rest)

        return self._app(environ, answer)
