"""What is told of requests to Zendesk: see ``watching``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from integration.helpdesks.watching import Spend, Told, Watching, kind_in, limit_in

_KINDS: Final = (
    ("GET", r"tickets/\d+(\.json)?", "ticket_read"),
    ("PUT", r"tickets/\d+(\.json)?", "ticket_update"),
    ("GET", r"tickets/\d+/macros/\d+/apply(\.json)?", "macro_preview"),
    ("GET", r"tickets/show_many(\.json)?", "tickets_read"),
    ("PUT", r"tickets/update_many(\.json)?", "tickets_update"),
    ("GET", r"job_statuses/.+", "job_status"),
    ("GET", r"incremental/.+", "export"),
    ("GET", r"search\b.*", "search"),
    ("GET", r"views\b.*", "view"),
)


def kind_of(method: str, url: str) -> str:
    """What a request is for, in a word; ``other`` for one that reviews do not send."""
    return kind_in(_KINDS, method, url)


def limit_of(headers: Mapping[str, str]) -> int | None:
    """How many requests a minute the account has, by an answer's headers (developer.zendesk.com,
    "Rate limits"); None where they do not tell, or nothing sensible."""
    return limit_in(headers.get("X-Rate-Limit"))


class WatchedAdapter(Watching):
    """An adapter that sends a request once and says how it was answered. Safe to share between
    sessions and threads, as its parent is."""

    def __init__(
        self,
        told: Told = lambda kind, status: None,
        spend: Spend = lambda kind, limit: None,
        sockets: int = 10,
    ) -> None:
        super().__init__(kind_of, limit_of, told, spend, sockets)
