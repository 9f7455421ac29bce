"""Reading tickets of a Freshdesk account: one by its number, or what any answer has of it.

Vendor pages: developers.freshdesk.com/api, "View a ticket", "List all ticket fields".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from integration import errors
from integration.helpdesks import Bindings, Ticket
from integration.helpdesks.freshdesk_ticket import (
    FIRST_CUSTOM_STATUS,
    status_labels,
    ticket_from,
)
from integration.helpdesks.freshdesk_wire import Line

_LABELS_FOR: Final = 3600.0  # seconds


def read(line: Line, bindings: Bindings, ticket_id: str) -> tuple[Ticket, Mapping[str, Any]]:
    """A ticket's newest state, in our shape and in Freshdesk's. One request."""
    native = line.get(f"tickets/{int(ticket_id)}", f"ticket {ticket_id}")
    ticket = understood(line, bindings, native)
    return ticket, native


def understood(line: Line, bindings: Bindings, native: object) -> Ticket:
    """A ticket of Freshdesk's in our shape. One request an hour, where it has a status of the
    account's own. NotFound if it is deleted, Unavailable if unreadable."""
    if not isinstance(native, Mapping):
        raise errors.Unavailable("ticket: there is none in what Freshdesk sent")
    status = native.get("status")
    labels: Mapping[int, str] = {}
    if isinstance(status, int) and status >= FIRST_CUSTOM_STATUS:
        labels = line.remembered("statuses", _LABELS_FOR, lambda: _labels(line))
    return ticket_from(native, line.account, bindings, labels)


def _labels(line: Line) -> Mapping[int, str]:
    """What the account calls its own statuses; nothing where that cannot be read, since a name is
    no reason to withhold a verdict."""
    try:
        return status_labels(line.get("ticket_fields?type=default_status"))
    except errors.Rejected:
        return {}
