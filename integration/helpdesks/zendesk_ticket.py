"""Zendesk's ticket and its values in our shapes, and back. No I/O.

Vendor pages: developer.zendesk.com, "Tickets", "Ticket fields".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from types import MappingProxyType, NoneType
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from integration import errors
from integration.helpdesks import (
    Bindings,
    FieldValue,
    Phase,
    Ticket,
    TicketRef,
)
from integration.helpdesks.values import to_ours

CUSTOM: Final = "custom_field:"
"""How an effect on a field that is not ours is named: this, then the field's id."""
ATTRIBUTES: Final = ("priority", "group_id")
"""The attributes that a macro may set through us. Not the status, which an agent sets; and not the
assignee, since a preview is made for our own user: what a macro gives to "(current user)", or to
who solves the ticket, would become the app's."""

_PLAIN = (str, bool, int, float, NoneType)
_PHASES = MappingProxyType({p.value: p for p in Phase if p is not Phase.OTHER})


def _rows_with_an_id(rows: object) -> None:
    """Not by a nested schema: with the dozens of fields that an account has, that would cost more
    than all the rest of reading a ticket."""
    if not isinstance(rows, list):
        raise ValidationError("no list of custom fields")
    for row in rows:
        if not isinstance(row, (dict, Mapping)) or not str(row.get("id")).isdecimal():
            raise ValidationError("a custom field without an id")


class _Ticket(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Integer(required=True)
    status = fields.String(required=True)
    type = fields.String(load_default=None, allow_none=True)
    tags = fields.List(fields.String(), load_default=list, allow_none=True)
    custom_fields = fields.Raw(load_default=list, allow_none=True, validate=_rows_with_an_id)
    due_at = fields.AwareDateTime(format="iso", load_default=None, allow_none=True)
    requester_id = fields.Integer(load_default=None, allow_none=True)
    brand_id = fields.Integer(load_default=None, allow_none=True)
    created_at = fields.AwareDateTime(format="iso", required=True)
    updated_at = fields.AwareDateTime(format="iso", required=True)


_TICKET = _Ticket()


def ticket_from(native: Mapping[str, Any], installation: str, bindings: Bindings) -> Ticket:
    """Our ticket from Zendesk's JSON. NotFound if it is deleted, Unavailable if unreadable."""
    try:
        read = _TICKET.load(native)
    except ValidationError as error:
        wrong = ", ".join(sorted(error.messages_dict))
        raise errors.Unavailable(f"ticket: what Zendesk sent is unreadable at {wrong}") from None
    ref = TicketRef(installation=installation, id=str(read["id"]))
    if read["status"] == "deleted":
        raise errors.NotFound(f"ticket {ref.id}: it is deleted")
    values = custom_values(native)
    due = read["due_at"]
    return Ticket(
        ref=ref,
        phase=_PHASES.get(read["status"], Phase.OTHER),
        native_status=read["status"],
        fields={
            key: to_ours(bindings, key, values[native_id])
            for key, native_id in bindings.fields.items()
            if native_id in values
        },
        tags=frozenset(read["tags"] or ()),
        kind=read["type"],
        due_at=due.astimezone(UTC) if due else None,
        created_at=read["created_at"].astimezone(UTC),
        updated_at=read["updated_at"].astimezone(UTC),
        version=str(native["updated_at"]),
        requester=None if read["requester_id"] is None else str(read["requester_id"]),
        brand=None if read["brand_id"] is None else str(read["brand_id"]),
    )


def custom_values(native: Mapping[str, Any]) -> dict[str, FieldValue]:
    """A ticket's custom fields, by their id as text. Indifferent to entries of another shape."""
    return {
        str(item["id"]): plain(item.get("value"))
        for item in native.get("custom_fields") or ()
        # ``dict`` first: asking an abstract class costs more than all the rest, dozens of times.
        if isinstance(item, (dict, Mapping)) and "id" in item
    }


def plain(value: object) -> FieldValue:
    """A JSON value as a field value."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    return str(value)


def option_tags(value: object) -> frozenset[str]:
    """The option tags of a choice's value: none, one or several."""
    if isinstance(value, str):
        return frozenset({value} if value else ())
    return frozenset(value) if isinstance(value, tuple) else frozenset()
