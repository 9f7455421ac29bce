"""Watching the line to Zendesk: of each request its kind and how it was answered, nothing else.

Neither an address nor an id is handed on, so that what is counted by it stays a short list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

Told = Callable[[str, str], None]
"""Is told of a request: its kind (``ticket_read`` …) and its answer's status, or ``timeout`` or
``no_answer``. Called in the thread that sent it; must not raise."""

_KINDS: Final = (
    ("GET", r"tickets/\d+(\.json)?", "ticket_read"),
    ("PUT", r"tickets/\d+(\.json)?", "ticket_update"),
    ("GET", r"tickets/\d+/macros/\d+/apply(\.json)?", "macro_preview"),
    ("GET", r"tickets/show_many(\.json)?", "tickets_read"),
    ("PUT", r"tickets/update_many(\.json)?", "tickets_update"),
    ("GET", r"job_statuses/.+", "job_status"),
    ("GET", r"incremental/.+", "export"),
    ("GET", r"(search|views)\b.*", "search"),
)


def kind_of(method: str, url: str) -> str:
    """What a request is for, in a word; ``other`` for one that reviews do not send."""
    path = urlsplit(url).path.removeprefix("/api/v2/")
    for verb, pattern, kind in _KINDS:
        if method == verb and re.fullmatch(pattern, path):
            return kind
    return "other"


class WatchedAdapter(HTTPAdapter):
    """An adapter that sends a request once and says how it was answered. Safe to share between
    sessions and threads, as its parent is."""

    def __init__(self, told: Told) -> None:
        super().__init__(max_retries=0)
        self._told = told

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
            raise
        self._told(kind, str(response.status_code))
        return response
