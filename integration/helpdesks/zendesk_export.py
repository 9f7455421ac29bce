"""Zendesk's incremental export: the tickets that changed, in the order in which they did.

Vendor pages: developer.zendesk.com, "Incremental Exports" and "Using the Incremental Export API".
What changed within the last minute is not in it yet. Up to 1,000 tickets a page; 10 requests a
minute, whoever makes them. A deleted ticket stays in it with the status ``deleted``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from integration import errors
from integration.helpdesks import Bindings, Ticket
from integration.helpdesks.zendesk_ticket import ticket_from
from integration.helpdesks.zendesk_wire import Line

_PATH: Final = "/api/v2/incremental/tickets/cursor.json"


@dataclass(frozen=True, slots=True)
class Page:
    """Tickets that changed, the oldest change first, each as it is now; deleted ones are left out.

    ``cursor`` leads to what follows, None where Zendesk gave none; ``end`` says that nothing does
    yet. ``unreadable`` counts the tickets that are not understood.
    """

    tickets: tuple[Ticket, ...]
    cursor: str | None
    end: bool
    unreadable: int


class ZendeskExport:
    """One account's export, on a line that belongs to one thread. ``page_size``: 1 to 1,000."""

    def __init__(self, line: Line, bindings: Bindings, *, page_size: int = 1000) -> None:
        self._line = line
        self._bindings = bindings
        self._page_size = page_size

    def changed(self, cursor: str | None, since: datetime) -> Page:
        """The page that a cursor leads to; without one, of what changed at ``since`` (aware) or
        later. One request.

        Raises what ``integration.errors`` lists: Invalid where Zendesk does not take the cursor,
        or the time because it is no full minute ago.
        """
        place = (
            {"start_time": str(int(since.timestamp()))} if cursor is None else {"cursor": cursor}
        )
        # ``all``: tickets that an AI agent handles are left out otherwise.
        query = urlencode({**place, "support_type_scope": "all", "per_page": str(self._page_size)})
        subject = f"{self._line.account.subdomain} ticket export"
        answer = self._line.get(f"{_PATH}?{query}", subject)
        rows, after, end = (answer.get(k) for k in ("tickets", "after_cursor", "end_of_stream"))
        if not isinstance(rows, list) or not isinstance(end, bool):
            raise errors.Unavailable(f"{subject}: what Zendesk sent is not understood")
        tickets: list[Ticket] = []
        unreadable = 0
        for row in rows:
            try:
                tickets.append(self._understand(row))
            except errors.NotFound:
                continue  # deleted
            except errors.Unavailable:
                unreadable += 1
        return Page(
            tickets=tuple(tickets),
            cursor=after if isinstance(after, str) and after else None,
            end=end,
            unreadable=unreadable,
        )

    def _understand(self, row: object) -> Ticket:
        if not isinstance(row, Mapping):
            raise errors.Unavailable("ticket: there is none in what Zendesk sent")
        return ticket_from(row, self._line.account.installation, self._bindings)
