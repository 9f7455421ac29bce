"""What is told of requests to Freshdesk: see ``watching``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from urllib3.util import Retry

from integration.helpdesks.watching import Spend, Told, Watching, kind_in, limit_in

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


_BY_THE_HOUR: Final = 3_000
"""A limit from here on is taken for one of an hour."""


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
    return kind_in(_KINDS, method, url)


def limit_of(headers: Mapping[str, str]) -> int | None:
    """How many requests a minute the account has, by an answer's headers
    (developers.freshdesk.com/api, "Rate limit"); None where they do not tell, or nothing
    sensible. Old accounts may still be counted by the hour, 3,000 or 5,000 in it, and
    the header does not say which: no plan has so many a minute."""
    limit = limit_in(headers.get("X-RateLimit-Total"))
    return limit if limit is None or limit < _BY_THE_HOUR else limit // 60


class WatchedAdapter(Watching):
    """An adapter that sends a request and says how it was answered. Safe to share between sessions
    and threads, as its parent is."""

    def __init__(
        self,
        told: Told = lambda kind, status: None,
        spend: Spend = lambda kind, limit: None,
        sockets: int = 10,
    ) -> None:
        super().__init__(kind_of, limit_of, told, spend, sockets, once())

    def counted(self, headers: Mapping[str, str]) -> int:
        """A request with something included counts as several (API page, "Rate limit")."""
        text = headers.get("X-RateLimit-Used-CurrentRequest") or ""
        return min(max(int(text), 1), 10) if re.fullmatch(r"[0-9]{1,3}", text) else 1
