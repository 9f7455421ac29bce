"""The deadline as a due date on the ticket itself, where an installation wants that; and whether it
stayed there. Pure.

There are two sorts of helpdesk: one in which a ticket has a due date only if somebody gives it one
(and it becomes a task), and one in which every ticket has the due date that its SLA works out. In
the second an account may work it out anew after any update; so it is looked at again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from integration import deadlines
from integration.helpdesks import Due, Part, Phase, Ticket

LOOK_AGAIN: Final = timedelta(minutes=2)
"""So long after a due date was written it is looked at again. What an SLA works out anew is there
within seconds."""
PART: Final = "due"
"""The part of an outcome that tells what became of it."""
_TYPES: Final = (None, "question", "task")
"""Ticket types that may become a task for the sake of a due date; a problem or an incident is
linked to other tickets and stays what it is."""


@dataclass(frozen=True, slots=True)
class Intended:
    """``due``: what to do about the due date (None: nothing). ``stamped``: what the stamp says of
    it, the due date that we set last. ``word``: what the note says of one that cannot be set or
    taken away."""

    due: Due | None
    stamped: str | None
    word: str | None = None


def intended(
    ticket: Ticket, ends: date | None, stamped: str | None, zone: tzinfo, *, by_sla: bool
) -> Intended:
    """What to do about a ticket's due date where its last day is ``ends`` (None: it is to have
    none) and the stamp says that ours is ``stamped``. Only one that we set is ever moved or
    cleared. ``by_sla``: every ticket has one by its SLA."""
    ours = moment(stamped)
    wanted = None if ends is None else deadlines.last_second(ends, zone)
    if by_sla:
        return _by_sla(ticket, wanted, ours, stamped)
    if wanted is not None and ticket.kind not in _TYPES:
        word = f"No due date was set, because the ticket is of type ‘{ticket.kind}’."
        return Intended(None, stamped, word)
    if ticket.due_at not in (None, ours):
        return Intended(None, stamped)  # somebody else's
    if ticket.due_at is None and ours is not None and ours == wanted:
        return Intended(None, stamped)  # somebody cleared it
    text = None if wanted is None else wanted.isoformat()
    return Intended(None if ticket.due_at == wanted else Due(wanted), text)


def _by_sla(
    ticket: Ticket, wanted: datetime | None, ours: datetime | None, stamped: str | None
) -> Intended:
    """Who set the due date that stands there, such a helpdesk does not tell: so each of ours is
    written once. Where another stands in its place later, the SLA worked it out anew or an agent
    set it, and from then on it is left to them."""
    stands = ours is not None and ticket.due_at == ours
    if wanted is None:
        word = "The ticket's due date stays: this helpdesk lets none be taken away."
        return Intended(None, stamped, word if stands else None)
    if wanted == ours or (ours is not None and not stands):
        return Intended(None, stamped)
    if ticket.phase in (Phase.PENDING, Phase.HOLD):
        word = "No due date was set yet: the SLA's clock stands while the ticket is not open."
        return Intended(None, stamped, word)
    return Intended(None if ticket.due_at == wanted else Due(wanted), wanted.isoformat())


def moment(text: str | None) -> datetime | None:
    """A stamp's due date (aware); None where there is none."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Stayed:
    """What became of the due dates that were set, in tickets: ``kept``, ``moved`` (worked out anew
    by the account, or set by somebody), ``refused``, and ``open``: still to be looked at."""

    kept: int
    moved: int
    refused: int
    open: int


def stayed(outcomes: Counter[str]) -> Stayed:
    """The same from how the parts ended, each so many times."""
    return Stayed(
        kept=outcomes[Part.APPLIED.value],
        moved=outcomes[Part.SUBSTITUTED.value],
        refused=outcomes[Part.REJECTED.value] + outcomes[Part.UNSUPPORTED.value],
        open=outcomes[Part.PENDING_CHECK.value],
    )
