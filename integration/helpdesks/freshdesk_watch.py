"""Watching the line to Freshdesk: of each request its kind and how it was answered, nothing else.

Neither an address nor an id is handed on, so that what is counted by it stays a short list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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

_KINDS: Final = (
    ("GET", r"tickets/\d+", "ticket_read"),
    ("PUT", r"tickets/\d+", "ticket_update"),
    ("GET", r"tickets/\d+/conversations", "conversations_read"),
    ("POST", r"tickets/\d+/notes", "note"),
    ("POST", r"tickets/\d+/reply", "reply"),
    ("GET", r"canned_responses/\d+", "macro_preview"),
    ("GET", r"tickets", "export"),
    ("GET", r"search\b.*", "search"),
    ("GET", r"ticket_fields", "fields_read"),
)


def once() -> Retry:
    """How a request is repeated by itself: where it was not even sent, and a reading whose answer
    broke off. Never because of an answer (a 429 is waited out by whoever plans the work, not here),
    and never a write that may have arrived."""
    return Retry(
        total=2,
        connect=2,
        read=1,
        redirect=0,
        status=0,
        other=0,
        allowed_methods=frozenset({"GET"}),
        status_forcelist=(),
        backoff_factor=0.2,
        respect_retry_after_header=False,
        raise_on_redirect=False,
        raise_on_status=False,
    )


def kind_of(method: str, url: str) -> str:
    """What a request is for, in a word; ``other`` for one that reviews do not send."""
    path = urlsplit(url).path.removeprefix("/api/v2/")
    for verb, pattern, kind in _KINDS:
        if method == verb and re.fullmatch(pattern, path):
            return kind
    return "other"


def limit_of(headers: Mapping[str, str]) -> int | None:
    """How many requests a minute the account has, by an answer's headers
    (developers.freshdesk.com/api, "Rate limit"); None where they do not tell, or nothing
    sensible."""
    text = headers.get("X-RateLimit-Total") or ""
    limit = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
    return limit if 0 < limit <= _MOST else None


class WatchedAdapter(HTTPAdapter):
    """An adapter that sends a request and says how it was answered. Safe to share between sessions
    and threads, as its parent is."""

    def __init__(
        self,
        told: Told = lambda kind, status: None,
        spend: Spend = lambda kind, limit: None,
        sockets: int = 10,
    ) -> None:
        super().__init__(max_retries=once(), pool_maxsize=sockets)
        self._told = told
        self._spend = spend

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """Send it, as the parent does; see there for what is raised."""
        kind = kind_of(request.method or "", request.url or "")
        try:
            response = super().send(request, *args, **kwargs)
        except requests.RequestException as error:
            timeout = isinstance(error, requests.Timeout)
            self._told(kind, "timeout" if timeout else "no_answer")
            self._spend(kind, None)  # it may well have been counted
            raise
        self._told(kind, str(response.status_code))
        # A request with something included counts as several (API page, "Rate limit").
        for _ in range(_counted(response.headers) - 1):
            self._spend("other", None)
        self._spend(kind, limit_of(response.headers))
        return response


def _counted(headers: Mapping[str, str]) -> int:
    text = headers.get("X-RateLimit-Used-CurrentRequest") or ""
    return min(max(int(text), 1), 10) if re.fullmatch(r"[0-9]{1,3}", text) else 1
