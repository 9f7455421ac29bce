"""A change on its way to Freshdesk: what one PUT must say, and afterwards what became of each part.
No I/O.

Vendor page: developers.freshdesk.com/api, "Update a ticket". What is left out of a PUT stays; but
``tags`` replaces the whole list, and nothing adds or removes a single one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from integration import errors
from integration.helpdesks import Bindings, Change, Due, FieldValue, Part, Phase, Ticket
from integration.helpdesks.confirming import Parts, field_part, tags_part
from integration.helpdesks.freshdesk_ticket import native_tags
from integration.helpdesks.values import same, to_native

UNCHANGED: Final = (Part.UNCHANGED, "already so")
_DUE_FIELDS: Final = frozenset({"due_by", "fr_due_by"})
_GAP: Final = timedelta(minutes=1)
_MAY_MOVE: Final = "an account with the newer SLAs recalculates it: look again"


@dataclass(frozen=True, slots=True)
class Plan:
    """What shall differ: ``fields`` by our key, tags to add and to remove, the deadline. ``custom``
    are these fields and those that go along, by Freshdesk's name. ``settled`` are the parts that
    need nothing, or cannot be had."""

    fields: Mapping[str, FieldValue]
    custom: Mapping[str, FieldValue]
    add: frozenset[str]
    remove: frozenset[str]
    due: datetime | None
    settled: Mapping[str, tuple[Part, str]]

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.custom or self.add or self.remove or self.due)

    @property
    def tags(self) -> bool:
        """Whether the list of tags is to be written."""
        return bool(self.add or self.remove)


def plan(base: Ticket, change: Change, bindings: Bindings, now: datetime) -> Plan:
    """What carries out ``change`` on ``base``, reduced to what differs and goes along with it.

    Raises FieldGone for a key that is not bound, ValueError for what no caller should ask: a naive
    deadline, or an effect of a template (a canned response has none).
    """
    if change.native:
        raise ValueError(f"native effects {sorted(change.native)}: Freshdesk's templates set none")
    settled: Parts = {}
    wanted: dict[str, FieldValue] = {}
    for key, value in sorted(change.fields.items()):
        if not bindings.fields.get(key):
            raise errors.FieldGone(f"field {key}: it is not bound to a Freshdesk field")
        if key in base.fields and same(base.fields[key], value):
            settled[f"field:{key}"] = UNCHANGED
        else:
            wanted[key] = value
    add = change.add_tags - base.tags
    remove = (change.remove_tags - change.add_tags) & base.tags
    if (change.add_tags or change.remove_tags) and not (add or remove):
        settled["tags"] = UNCHANGED
    due = _due(base, change.due, now, settled)
    writes = bool(wanted or add or remove or due)
    goes = {**(change.along if writes else {}), **wanted}
    return Plan(
        fields=wanted,
        custom={bindings.fields[k]: to_native(bindings, k, v) for k, v in goes.items()},
        add=add,
        remove=remove,
        due=due,
        settled=settled,
    )


def _due(base: Ticket, due: Due | None, now: datetime, settled: Parts) -> datetime | None:
    """The deadline to set, or None and the reason in ``settled``.

    Freshdesk lets a due date be edited only while the status lets the SLA's clock run, and has
    always one, so that none can be cleared (support.freshdesk.com folder 272943, "SLA policies").
    """
    if due is None:
        return None
    if due.at is None:
        settled["due"] = (Part.UNSUPPORTED, "Freshdesk's due date cannot be cleared")
        return None
    if due.at.tzinfo is None:
        raise ValueError("due: expected an aware datetime")
    at = due.at.astimezone(UTC).replace(microsecond=0)
    if base.due_at == at:
        settled["due"] = UNCHANGED
    elif at <= now + 2 * _GAP:
        settled["due"] = (Part.UNSUPPORTED, "it has passed, and Freshdesk takes coming ones only")
    elif base.phase in (Phase.SOLVED, Phase.CLOSED):
        settled["due"] = (Part.UNSUPPORTED, f"the clock of a {base.native_status} ticket stands")
    else:
        return at
    return None


def body_of(todo: Plan, native: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The one PUT, on the ticket as just read (``native``): its own tags, less those to remove,
    with those to add. Empty where the ticket carries all of it by now."""
    body: dict[str, Any] = {}
    if todo.custom:
        body["custom_fields"] = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in sorted(todo.custom.items())
        }
    if todo.tags:
        has = native_tags(native)
        kept = [tag for tag in dict.fromkeys(has) if tag not in todo.remove]
        tags = kept + sorted(todo.add - set(kept))
        if set(tags) != set(has):
            body["tags"] = tags
    if todo.due is not None:
        body |= _deadlines(todo.due, native, now)
    return body


def _deadlines(at: datetime, native: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """Both deadlines, since the resolution's must lie after the first response's (folder 272943);
    that only one may be sent is not said. The first response's is kept where it can be, and left
    out once it lies in the past: it is met or missed, and no past one is taken."""
    try:
        first = datetime.fromisoformat(str(native.get("fr_due_by")))
    except ValueError:
        first = now
    deadlines = {"due_by": iso(at)}
    if first.tzinfo is not None and first > now:
        deadlines["fr_due_by"] = iso(min(first, at - _GAP))
    return deadlines


def iso(moment: datetime) -> str:
    """An aware moment as Freshdesk takes it ("Schema, date-times")."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def only_deadlines(fields: Mapping[str, str]) -> bool:
    """Whether a complaint is about nothing but the deadlines."""
    return bool(fields) and fields.keys() <= _DUE_FIELDS


def without_deadlines(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same PUT without them."""
    return {name: value for name, value in body.items() if name not in _DUE_FIELDS}


def without_due(todo: Plan) -> Plan:
    """The same plan, with the deadline settled as refused."""
    refused = (Part.REJECTED, "Freshdesk refused the due date")
    return replace(todo, due=None, settled={**todo.settled, "due": refused})


def moved(base: Ticket, now: Ticket) -> bool:
    """Whether anything that a verdict or an agent's decision rests on differs between two readings
    of a ticket. Not its version, which our own note changes; nor its due date, which the SLAs move
    by themselves."""

    def seen(ticket: Ticket) -> object:
        fields = {key: value for key, value in ticket.fields.items() if value not in (None, "", ())}
        return ticket.native_status, fields, ticket.tags, ticket.kind

    return seen(base) != seen(now)


def parts_of(todo: Plan, base: Ticket, now: Ticket) -> Parts:
    """What became of each part, by the ticket in Freshdesk's answer to the PUT; of the deadline it
    shows the value before the update ("Update a ticket", on accounts since August 2025), so that
    nothing is concluded from it."""
    parts = dict(todo.settled)
    for key, value in todo.fields.items():
        parts[f"field:{key}"] = field_part(key, value, base, now)
    if todo.tags:
        parts["tags"] = tags_part(todo.add, todo.remove, now)
    if todo.due is not None:
        parts["due"] = (Part.PENDING_CHECK, _MAY_MOVE)
    return parts


def in_our_words(fields: Mapping[str, str], bindings: Bindings) -> dict[str, str]:
    """Complaints by our keys where the field is one of ours."""
    keys = {native: key for key, native in bindings.fields.items()}
    return {keys.get(name, name): words for name, words in fields.items()}


def gone(codes: Mapping[str, str], bindings: Bindings) -> Sequence[str]:
    """Our keys of the fields that Freshdesk no longer knows: one is enough for it to refuse the
    whole update ("Errors": ``invalid_field``)."""
    keys = {native: key for key, native in bindings.fields.items()}
    return sorted(
        keys[name] for name, code in codes.items() if code == "invalid_field" and name in keys
    )
