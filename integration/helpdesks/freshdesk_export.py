"""The tickets of a Freshdesk account that changed, in the order in which they did.

Vendor page: developers.freshdesk.com/api, "List all tickets": ``updated_since``, ordered by
``updated_at``, 100 a page and 300 pages at most; the calls of this list have a limit of their own.
There is no cursor, and pages by number shift while tickets change: whoever is on a page read
already moves behind, and somebody unread moves up onto it. So the place is a moment: the next page
is asked for from the moment of the last ticket on. Only where a whole page is of one second, as
after a change in bulk, is it read on by number; what is saved during that may then be passed over,
and is left to its webhook.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from integration import errors
from integration.helpdesks import Bindings, Ticket
from integration.helpdesks.freshdesk_change import iso
from integration.helpdesks.freshdesk_read import understood
from integration.helpdesks.freshdesk_wire import MOST, Line

_LAST_PAGE: Final = 300
_LATE: Final = timedelta(seconds=60)
"""At the end of the list the place is so much earlier: whether a change is on it at once, and in
its right place, is not said."""
_SECOND: Final = timedelta(seconds=1)
_CURSOR: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)/(\d{1,3})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """Tickets that changed, the oldest change first, each as it is now; deleted ones are left out.

    ``cursor`` leads to what follows, also where nothing does yet, which ``end`` says.
    ``unreadable`` counts the tickets that are not understood; ``unread`` are their numbers, as far
    as told.
    """

    tickets: tuple[Ticket, ...]
    cursor: str
    end: bool
    unreadable: int
    unread: tuple[str, ...] = ()


class FreshdeskExport:
    """One account's list of changes, on a line that belongs to one thread. ``page_size``: 1 to
    100."""

    def __init__(self, line: Line, bindings: Bindings, *, page_size: int = MOST) -> None:
        self._line = line
        self._bindings = bindings
        self._page_size = page_size

    def changed(self, cursor: str | None, since: datetime) -> Page:
        """The page that a cursor of ours leads to; without one, of what changed at ``since``
        (aware) or later. One request; some tickets come again.

        Raises what ``integration.errors`` lists: Invalid for what is no cursor of ours.
        """
        moment, number = _place(cursor) if cursor is not None else (iso(since), 1)
        query = {
            "updated_since": moment,
            "order_by": "updated_at",
            "order_type": "asc",
            "per_page": str(self._page_size),
            "page": str(number),
        }
        subject = f"{self._line.account.subdomain} tickets that changed"
        rows, more = self._line.page("tickets", query, subject)
        tickets: list[Ticket] = []
        unread: list[str] = []
        for row in rows:
            try:
                tickets.append(understood(self._line, self._bindings, row))
            except errors.NotFound:
                continue  # deleted
            except errors.Unavailable:
                named = row.get("id") if isinstance(row, Mapping) else None
                unread.append(str(named) if isinstance(named, int) else "")
        end = not (more or len(rows) >= self._page_size) or not rows
        return Page(
            tickets=tuple(tickets),
            cursor=_following(rows, moment, number, end),
            end=end,
            unreadable=len(unread),
            unread=tuple(filter(None, unread)),
        )


def _place(cursor: str) -> tuple[str, int]:
    known = _CURSOR.match(cursor)
    if known is None or not 1 <= int(known[2]) <= _LAST_PAGE:
        raise errors.Invalid("cursor: it is none of this list")
    return known[1], int(known[2])


def _following(rows: list[Any], moment: str, number: int, end: bool) -> str:
    """Where to read on after a page of tickets from ``moment`` on: a second before the last one's,
    since it is not said whether ``updated_since`` takes in the moment itself."""
    last = moment
    for row in rows:
        at = str(row.get("updated_at")) if isinstance(row, Mapping) else ""
        try:
            seen = datetime.fromisoformat(at)
        except ValueError:
            continue
        if seen.tzinfo is not None:
            last = max(last, iso(seen))
    back = iso(datetime.fromisoformat(last) - (_LATE if end else _SECOND))
    if back > moment:
        return f"{back}/1"
    if end:
        # From its first page again: by then the list may be in another order.
        return f"{moment}/1"
    if number < _LAST_PAGE:
        return f"{moment}/{number + 1}"
    return f"{iso(datetime.fromisoformat(moment) + _SECOND)}/1"
