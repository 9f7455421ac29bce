"""The ticket that is judged: as just read, as being filed, or as last remembered; and over it what
an agent has edited. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from integration import catalogue
from integration.catalogue import CLAIM_TAG, FIELD, OUTCOME_FIELDS
from integration.config import Installation
from integration.helpdesks import Bindings, FieldValue, Phase, Ticket, TicketRef
from integration.helpdesks.values import to_ours
from integration.records import GIVEN, Kept
from integration.stamp import Stamp

Values = Mapping[str, str | bool | None]
"""Fields by our keys, as the helpdesk has them."""

_NEEDED = ("stamp", "verdict", "agent_decision")
_TICKED = ("yes", "true", "1")


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket to judge. ``on_ticket``: the fields (by key) that it really has, None where nobody
    can tell; ``as_of``: since when it may have changed (aware), None where it was just read."""

    ticket: Ticket
    on_ticket: frozenset[str] | None = None
    as_of: datetime | None = None

    @property
    def over(self) -> bool:
        """Whether the ticket is solved or closed."""
        return self.ticket.phase in (Phase.SOLVED, Phase.CLOSED)

    @property
    def a_claim(self) -> bool:
        """Whether it is a warranty claim."""
        return CLAIM_TAG in self.ticket.tags


def read(ticket: Ticket) -> Seen:
    """A ticket as just read. Where it lacks a field that a review needs, the panel still has a
    verdict to show, and says which field that is."""
    fields: dict[str, FieldValue] = {**dict.fromkeys(_NEEDED), **ticket.fields}
    return Seen(replace(ticket, fields=fields), frozenset(ticket.fields))


def blank(installation: Installation, now: datetime) -> Seen:
    """A ticket that is being filed ``now`` (aware)."""
    ticket = Ticket(
        ref=TicketRef(installation.id, ""),
        phase=Phase.NEW,
        native_status=Phase.NEW.value,
        fields=dict.fromkeys(FIELD),
        tags=frozenset(),
        kind=None,
        due_at=None,
        created_at=now,
        updated_at=now,
        version=None,
    )
    return Seen(ticket)


def remembered(kept: Kept) -> Seen:
    """A ticket as its last review found it, and as far as that was kept: of free text only that it
    was given; where it stands in the helpdesk is not known."""
    record = kept.record
    fields: dict[str, FieldValue] = dict.fromkeys(FIELD)
    fields.update({name: _option(name, value) for name, value in record.facts.items()})
    fields.update(dict.fromkeys(record.misread, GIVEN))  # still not understood, whatever it was
    fields["claim"] = True
    # What the app wrote, and what somebody else did, must be told apart as on the ticket itself.
    ours = record.decision is not None or record.shown == record.status
    if record.shown is not None:
        fields["verdict"] = _option("verdict", record.shown)
    if record.decision is not None:
        fields["agent_decision"] = _option("agent_decision", record.decision)
    wrote = {**dict.fromkeys(OUTCOME_FIELDS), "verdict": record.shown if ours else None}
    fields["stamp"] = str(Stamp(wrote, "-", "-", decision=record.decision))
    ticket = Ticket(
        ref=TicketRef(record.installation, record.ticket_id),
        phase=Phase.OTHER,
        native_status=Phase.OTHER.value,
        fields=fields,
        tags=frozenset({CLAIM_TAG}),
        kind=None,
        due_at=None,
        created_at=record.ticket_created_at,
        updated_at=kept.reviewed_at,
        version=None,
    )
    return Seen(ticket, as_of=kept.reviewed_at)


def overlaid(seen: Seen, values: Values, bindings: Bindings) -> Seen:
    """The same with ``values`` in place of its own. The checkbox of a claim takes its tag along, as
    it will once the ticket is saved."""
    if not values:
        return seen
    ticket = seen.ticket
    fields = {key: to_ours(bindings, key, value) for key, value in values.items()}
    tags = ticket.tags
    if "claim" in values:
        given = values["claim"]
        ticked = given is True or (isinstance(given, str) and given.strip().lower() in _TICKED)
        tags = tags | {CLAIM_TAG} if ticked else tags - {CLAIM_TAG}
        fields["claim"] = ticked
    return replace(seen, ticket=replace(ticket, fields={**ticket.fields, **fields}, tags=tags))


def _option(key: str, value: str | bool) -> FieldValue:
    """A value of the policy's as the field holds it: our option, where it is a choice."""
    for option, _ in FIELD[key].options:
        meant = catalogue.meaning(key, option)
        if meant == value and type(meant) is type(value):
            return option
    return value
