"""Looking at the work by the clock, as our own store keeps it; a part of ``doctor``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from integration.chores import Troubled
from integration.due_dates import Stayed
from integration.helpdesks.placing import Check
from integration.reconcile import REMEMBERED, unreadable_of

NAMES = {
    "reconcile": "looking for tickets that no webhook told of",
    "examine": "the daily examination",
    "keep alive": "keeping the access alive",
    "retention": "deleting what is old",
    "errands": "deleting what was done on the set-up page",
}
"""The chores, in words for an admin."""
_LOG = "See the worker's log, and whether the account can be reached; it is tried again by itself."


def chores(troubled: Sequence[Troubled]) -> Check:
    """Chores whose last try came to nothing."""
    key, what = "chores", "Work by the clock"
    if not troubled:
        return Check(key, what, "good", "None of it is in trouble.")
    said = " ".join(told(one) for one in troubled)
    return Check(key, what, "poor", said, _LOG)


def told(one: Troubled) -> str:
    """A chore in trouble, in a sentence or two."""
    name = NAMES.get(one.name, one.name)
    times = "once" if one.failures == 1 else f"{one.failures} times in a row"
    why = f": {one.why.rstrip('.')}" if one.why else ""
    again = f"{one.next_at:%Y-%m-%d %H:%M} UTC"
    return f"{name[:1].upper()}{name[1:]} came to nothing {times}{why}. Next try: {again}."


def unreadable(state: str | None, now: datetime) -> list[Check]:
    """Tickets on the helpdesk's list of changes that could not be read; ``state`` is what the
    reconciliation remembers, ``now`` is aware."""
    found = unreadable_of(state)
    if found is None or now - found.last > REMEMBERED:
        return []
    several = "1 changed ticket" if found.number == 1 else f"{found.number} changed tickets"
    said = f"{several} could not be read, the last on {found.last:%Y-%m-%d at %H:%M} UTC."
    mend = (
        "What the helpdesk sent of them is not understood, so that nobody looks for what their "
        "webhooks may lose. Look whether the app's fields were changed, and tell whoever runs this "
        "service: its log (“tickets reconciled”) says when."
    )
    return [Check("unreadable", "Tickets that cannot be read", "unknown", said, mend)]


def due_dates(became: Stayed, back: timedelta) -> list[Check]:
    """Whether the due dates that were set in the time ``back`` from now stayed, on a helpdesk that
    may work them out anew. Nothing where none was set."""
    known = became.kept + became.moved + became.refused
    if not known and not became.open:
        return []
    what = "Due dates on tickets"
    said = (
        f"Of {known} set in the last {back.days} days, {became.kept} stayed, {became.moved} were "
        f"worked out anew by the SLA (or set by somebody), {became.refused} were refused."
    )
    if became.open:
        said += f" {became.open} more will be looked at again."
    if became.kept >= became.moved + became.refused:
        return [Check("due_dates", what, "good", said)]
    mend = (
        "This account does not keep them. Switch “Due dates on tickets” off, and let views and "
        "reports go by the field ‘Warranty: claim deadline’, which always holds the day."
    )
    return [Check("due_dates", what, "poor", said, mend)]
