"""The tickets of a Freshdesk account that were filed last, to try things on. Writes nothing.

developers.freshdesk.com/api, "List all tickets": at most 100 a page; without more words, those of
the last 30 days.
"""

from __future__ import annotations

from integration import errors
from integration.helpdesks import Bindings, Ticket
from integration.helpdesks.freshdesk_read import understood
from integration.helpdesks.freshdesk_wire import MOST, Line


def lately(line: Line, bindings: Bindings, most: int, *, tag: str | None = None) -> list[Ticket]:
    """The tickets filed last, newest first, ``most`` of them (100 at most); with a tag, those of
    the last hundred that carry it, or a checkbox that stands for it. What cannot be understood is
    left out. One request."""
    size = most if tag is None else MOST
    query = {"order_by": "created_at", "order_type": "desc", "per_page": str(min(size, MOST))}
    rows, _ = line.page("tickets", query, f"{line.account.subdomain} tickets filed last")
    found = []
    for row in rows:
        try:
            ticket = understood(line, bindings, row)
        except errors.HelpdeskError:
            continue
        if tag is None or tag in ticket.tags:
            found.append(ticket)
    return found[:most]
