"""Freshdesk's ticket and its values in our shapes, and back. No I/O.

Vendor pages: developers.freshdesk.com/api, "Tickets", "Ticket fields".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from types import MappingProxyType
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from integration import errors
from integration.helpdesks import Bindings, FieldValue, Phase, Ticket, TicketRef
from integration.helpdesks.freshdesk_wire import Account
from integration.helpdesks.values import to_ours

_STATUSES: Final = MappingProxyType(
    {
        2: (Phase.OPEN, "open"),
        3: (Phase.PENDING, "pending"),
        4: (Phase.SOLVED, "resolved"),
        5: (Phase.CLOSED, "closed"),
    }
)
FIRST_CUSTOM_STATUS: Final = 6
"""From here on statuses are an account's own; two of them come with it, under these names."""
_BY_LABEL: Final = MappingProxyType(
    {"waiting on customer": Phase.PENDING, "waiting on third party": Phase.HOLD}
)
_MIDNIGHT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T00:00:00(?:\.0+)?(?:Z|\+00:00)\Z", re.ASCII)


class _Ticket(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Integer(required=True, strict=True)
    status = fields.Integer(required=True, strict=True)
    type = fields.String(load_default=None, allow_none=True)
    tags = fields.List(fields.String(), load_default=list, allow_none=True)
    custom_fields = fields.Dict(keys=fields.String(), load_default=dict, allow_none=True)
    due_by = fields.AwareDateTime(format="iso", load_default=None, allow_none=True)
    requester_id = fields.Integer(load_default=None, allow_none=True)
    product_id = fields.Integer(load_default=None, allow_none=True)
    spam = fields.Boolean(load_default=False, allow_none=True)
    deleted = fields.Boolean(load_default=False, allow_none=True)
    created_at = fields.AwareDateTime(format="iso", required=True)
    updated_at = fields.AwareDateTime(format="iso", required=True)


_TICKET: Final = _Ticket()


def ticket_from(
    native: Mapping[str, Any],
    account: Account,
    bindings: Bindings,
    labels: Mapping[int, str] = MappingProxyType({}),
) -> Ticket:
    """Our ticket from Freshdesk's JSON; ``labels`` are the names of the account's own statuses.

    A ticked checkbox that stands for a tag (``Account.flags``) counts as that tag. A ticket that is
    marked as spam refuses every write ("Update a ticket": 405), and so is one that is closed. The
    version serves to recognise a state: Freshdesk checks none. NotFound if it is deleted,
    Unavailable if unreadable.
    """
    try:
        read = _TICKET.load(native)
    except ValidationError as error:
        wrong = ", ".join(sorted(map(str, error.messages_dict)))
        raise errors.Unavailable(f"ticket: what Freshdesk sent is unreadable at {wrong}") from None
    ref = TicketRef(installation=account.installation, id=str(read["id"]))
    if read["deleted"]:
        raise errors.NotFound(f"ticket {ref.id}: it is deleted")
    values = {name: plain(value) for name, value in (read["custom_fields"] or {}).items()}
    found = {
        key: to_ours(bindings, key, values[name])
        for key, name in bindings.fields.items()
        if name in values
    }
    flagged = frozenset(tag for key, tag in account.flags.items() if found.get(key) is True)
    phase, status = phase_of(read["status"], labels)
    if read["spam"]:
        phase, status = Phase.CLOSED, "spam"
    due = read["due_by"]
    return Ticket(
        ref=ref,
        phase=phase,
        native_status=status,
        fields=found,
        tags=frozenset(read["tags"] or ()) | flagged,
        kind=read["type"],
        due_at=due.astimezone(UTC) if due else None,
        created_at=read["created_at"].astimezone(UTC),
        updated_at=read["updated_at"].astimezone(UTC),
        version=str(native["updated_at"]),
        requester=None if read["requester_id"] is None else str(read["requester_id"]),
        brand=None if read["product_id"] is None else str(read["product_id"]),
    )


def phase_of(status: int, labels: Mapping[int, str]) -> tuple[Phase, str]:
    """Where a ticket with this status stands, and what the status is called."""
    if status in _STATUSES:
        return _STATUSES[status]
    label = labels.get(status, "")
    return _BY_LABEL.get(label.strip().casefold(), Phase.OTHER), label or f"status {status}"


def status_labels(rows: object) -> dict[int, str]:
    """The agents' names of the statuses, by number, of what ``GET /ticket_fields`` lists:
    ``choices`` maps a number to what agents and what customers read."""
    found: dict[int, str] = {}
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, Mapping) or row.get("type") != "default_status":
            continue
        choices = row.get("choices")
        for number, names in choices.items() if isinstance(choices, Mapping) else ():
            name = names[0] if isinstance(names, list) and names else names
            if str(number).isdecimal() and isinstance(name, str):
                found[int(number)] = name
    return found


def native_tags(native: Mapping[str, Any]) -> tuple[str, ...]:
    """A ticket's tags as Freshdesk lists them: what a write replaces."""
    return tuple(tag for tag in native.get("tags") or () if isinstance(tag, str))


def plain(value: object) -> FieldValue:
    """A JSON value as a field value. A day is ``YYYY-MM-DD``, also where its midnight is told."""
    if isinstance(value, str):
        day = _MIDNIGHT.match(value)
        return day[1] if day else value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    return str(value)
