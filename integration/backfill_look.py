"""What a ticket of the past needs, judged as a review would judge it; and how that is counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from integration import bulk, catalogue, errors
from integration.assess import Assessment, assess, left_alone
from integration.backfill_counts import NOTHING, OTHER, Tally
from integration.bulk import Planned
from integration.config import Installation
from integration.helpdesks import Bindings, Change, Phase, Ticket
from integration.helpdesks.bulk import Row
from policy import STATUSES, deadline

UP_TO_DATE: Final = "up to date"
GONE: Final = "gone"
FIELD_MISSING: Final = "field missing"
UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class Options:
    """``include_solved``: solved tickets too. ``claims``: the selected tickets are claims, also
    where they do not say so. ``limit``: no more tickets than this (None: all)."""

    include_solved: bool = False
    claims: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a ticket as read needs: nothing, and ``left`` says why; or a ``row``, and where it comes
    from. ``found`` is None where it could not be judged."""

    ticket: Ticket
    left: str | None = None
    found: Assessment | None = None
    planned: Planned | None = None
    row: Row | None = None

    @property
    def due_at(self) -> datetime | None:
        """When a review would find something else (aware); None: never, or it is solved."""
        if self.found is None or self.ticket.phase in (Phase.SOLVED, Phase.CLOSED):
            return None
        return self.found.next_due_at

    @property
    def stamp(self) -> str | None:
        """The stamp that its row puts on the ticket, None where that stays."""
        return None if self.row is None else _text(self.row.change.fields.get("stamp"))


def look(
    ticket: Ticket,
    installation: Installation,
    bindings: Bindings,
    options: Options,
    now: datetime,
) -> Look:
    """What a ticket as read needs as of ``now`` (aware)."""
    marks = options.claims and catalogue.CLAIM_TAG not in ticket.tags
    taken = _taken_for(ticket, options)
    if why := left_alone(taken):
        return Look(ticket, why)
    try:
        planned = bulk.plan(taken, installation, now, bindings)
        found = planned.assessment if planned else assess(taken, installation, now)
    except errors.FieldGone:
        return Look(ticket, FIELD_MISSING)
    if planned is None and not marks:
        return Look(ticket, UP_TO_DATE, found)
    change = planned.change if planned else Change(audit={"app": "warranty-desk"})
    if marks:
        ticked = {"claim": True} if "claim" in ticket.fields else {}
        change = replace(
            change,
            fields={**change.fields, **ticked},
            add_tags=change.add_tags | {catalogue.CLAIM_TAG},
        )
    messages = (planned.message,) if planned and planned.message else ()
    return Look(ticket, None, found, planned, Row(ticket, change, messages))


def count(one: Look, tally: Tally) -> None:
    """Add a ticket to what a selection looks like."""
    tally.selected += 1
    if one.row is None or one.found is None:
        tally.left[one.left or UP_TO_DATE] += 1
        return
    intent, reading = one.found.intent, one.found.reading
    shown = _text(one.ticket.fields.get("verdict"))
    before = NOTHING if shown is None else str(catalogue.meaning("verdict", shown) or OTHER)
    after = intent.outcome["verdict"]
    known = after in STATUSES or after is None
    tally.move(one.ticket.ref.id, before, (after or NOTHING) if known else OTHER)
    payer = intent.outcome["freight_payer"]
    tally.freight[payer if payer in catalogue.PAYER_LABELS else OTHER] += 1
    tally.past += deadline(reading.claim) < reading.today
    tally.unreadable += bool(reading.misread)
    tally.marked += catalogue.CLAIM_TAG not in one.ticket.tags


def _taken_for(ticket: Ticket, options: Options) -> Ticket:
    """The ticket as the options would have it looked at."""
    if options.include_solved and ticket.phase is Phase.SOLVED:
        ticket = replace(ticket, phase=Phase.OPEN)
    if options.claims:
        ticked = {"claim": True} if "claim" in ticket.fields else {}
        ticket = replace(
            ticket,
            tags=ticket.tags | {catalogue.CLAIM_TAG},
            fields={**ticket.fields, **ticked},
        )
    return ticket


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
