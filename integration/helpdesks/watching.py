"""Watching the line to a helpdesk: of each request its kind and how it was answered, nothing else.

Neither an address nor an id is handed on, so that what is counted by it stays a short list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

Told = Callable[[str, str], None]
"""Is told of a request: its kind (``ticket_read`` …) and its answer's status, or ``timeout`` or
``no_answer``. Called in the thread that sent it; must not raise."""

Spend = Callable[[str, int | None], None]
"""Is told of a request: its kind, and how many requests a minute the account has by its answer
(None: not said). Called in the thread that sent it; must not raise."""

_MOST: Final = 1_000_000


def kind_in(kinds: Iterable[tuple[str, str, str]], method: str, url: str) -> str:
    """What a request is for, in a word, by rows of method, pattern of the path below ``/api/v2/``
    and kind; ``other`` for one that is in none of them."""
    path = urlsplit(url).path.removeprefix("/api/v2/")
    for verb, pattern, kind in kinds:
        if method == verb and re.fullmatch(pattern, path):
            return kind
    return "other"


def limit_in(text: str | None) -> int | None:
    """How many requests a minute an account has, by the header that tells it; None where it does
    not, or nothing sensible."""
    limit = int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else 0
    return limit if 0 < limit <= _MOST else None


class Watching(HTTPAdapter):
    """An adapter that sends a request and says how it was answered, by a helpdesk's ``kind_of``
    (method, address) and ``limit_of`` (headers). Safe to share between sessions and threads, as
    its parent is."""

    def __init__(
        self,
        kind_of: Callable[[str, str], str],
        limit_of: Callable[[Mapping[str, str]], int | None],
        told: Told,
        spend: Spend,
        sockets: int,
        retries: Retry | int = 0,
    ) -> None:
        super().__init__(max_retries=retries, pool_maxsize=sockets)
        self._kind_of = kind_of
        self._limit_of = limit_of
        self._told = told
        self._spend = spend

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """Send it, as the parent does; see there for what is raised."""
        kind = self._kind_of(request.method or "", request.url or "")
        try:
            response = super().send(request, *args, **kwargs)
        except requests.RequestException as error:
            timeout = isinstance(error, requests.Timeout)
            self._told(kind, "timeout" if timeout else "no_answer")
            self._spend(kind, None)  # it may well have been counted
            raise
        self._told(kind, str(response.status_code))
        for _ in range(self.counted(response.headers) - 1):
            self._spend("other", None)
        self._spend(kind, self._limit_of(response.headers))
        return response

    def counted(self, headers: Mapping[str, str]) -> int:
        """As how many requests the helpdesk counts one, by its answer's headers."""
        return 1
