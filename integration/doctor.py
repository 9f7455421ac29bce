"""Is a live installation well? Looks at the helpdesk and at our own store, and writes nothing.

Used by `warranty doctor`, the daily chore and the set-up page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from integration import errors
from integration.chores import Chores
from integration.config import Installation
from integration.doctor_store import chores, due_dates, unreadable
from integration.due_dates import PART, Stayed, stayed
from integration.heartbeats import STALE, Heartbeats
from integration.helpdesks import Bindings
from integration.helpdesks.placing import CLOCK, Check
from integration.installation import DUE_BY_SLA
from integration.installed_app import Sidebar
from integration.jobs import Jobs
from integration.reconcile import NAME as RECONCILE
from integration.records import Records
from integration.store import Store, now_ms
from integration.vendors import Account, vendor_of

__all__ = ["Check", "as_json", "examine", "is_poor"]

LATE: Final = timedelta(minutes=15)
"""A review that could have begun so long ago waits too long."""
_BACK: Final = timedelta(days=30)
_MOST: Final = 2000
"""How many days, and reviews, are looked back over for what became of due dates."""


def examine(
    installation: Installation,
    account: Account,
    store: Store,
    *,
    url: str | None = None,
    sidebar: Sidebar | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Check]:
    """Look at everything that an installation needs; about 16 requests, all of them reading.

    ``url`` is where the helpdesk should reach the app (scheme and host); None: any host will do.
    ``sidebar`` is what is known of the app in the sidebar; None: this service has none for it.
    Raises nothing that is the helpdesk's or the store's: what cannot be read is unknown.
    """
    ours, bindings = _store(installation, store, now())
    office = vendor_of(installation).office(installation, account, url)
    return [*office.examine(bindings, sidebar, now), *ours]


def is_poor(checks: Sequence[Check]) -> bool:
    """Whether anything needs mending."""
    return any(check.state == "poor" for check in checks)


def as_json(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """The findings, JSON-ready."""
    return [asdict(check) for check in checks]


# -- our own side ----------------------------------------------------------------------------------


def _store(
    installation: Installation, store: Store, now: datetime
) -> tuple[list[Check], Bindings | None]:
    """What our own database says; and the field bindings, None where there are none to be had."""
    mine = ("", installation.id)  # what concerns the whole store concerns this one too
    try:
        with store.read() as connection:
            theirs = connection.execute(select(now_ms())).scalar_one()
        bindings = store.load_bindings(installation.id)
        backlog = Jobs(store).backlog(installation.id)
        alive = Heartbeats(store).alive()
        by_the_clock = Chores(store)
        troubled = [one for one in by_the_clock.troubled() if one.installation in mine]
        place = by_the_clock.state(installation.id, RECONCILE)
        became = _due_dates(installation, store)
    except errors.Unavailable as error:
        mend = "See to the database, and to DATABASE_URL."
        return [Check("store", "The app's database", "poor", f"{error}.", mend)], None
    apart = now.timestamp() - theirs / 1000
    return [
        _database(apart),
        _workers(alive),
        _waiting(backlog.due, backlog.oldest_due_seconds),
        _set_aside(backlog.set_aside),
        chores(troubled),
        *unreadable(place, now),
        *due_dates(became, _BACK),
    ], bindings


def _due_dates(installation: Installation, store: Store) -> Stayed:
    if not (installation.due_date_tasks and installation.helpdesk in DUE_BY_SLA):
        return stayed(Counter())
    return stayed(Records(store).ended(PART, installation.id, _BACK, _MOST))


def _database(apart: float) -> Check:
    what = "The app's database"
    if abs(apart) > CLOCK:
        said = (
            f"It answers, but its clock differs by {round(abs(apart))} seconds from this machine's."
        )
        return Check("store", what, "poor", said, "Set both clocks by a time server (NTP).")
    return Check("store", what, "good", "It answers, and its clock agrees with this machine's.")


def _workers(alive: int) -> Check:
    if not alive:
        said = f"No worker was heard of in the last {STALE.seconds} seconds: nothing is reviewed."
        return Check("workers", "Workers", "poor", said, "Start one: `warranty worker`.")
    said = "1 worker is at work." if alive == 1 else f"{alive} workers are at work."
    return Check("workers", "Workers", "good", said)


def _waiting(due: int, oldest: float | None) -> Check:
    what = "Reviews that are due"
    if oldest is None:
        return Check("due", what, "good", "None waits.")
    waits = f"{oldest:.0f} seconds" if oldest < 120 else f"{oldest / 60:.0f} minutes"
    said = f"{due} {'waits' if due == 1 else 'wait'}, the oldest for {waits}."
    if oldest > LATE.total_seconds():
        mend = "See whether the worker runs, and what its log says; or start another."
        return Check("due", what, "poor", said, mend)
    return Check("due", what, "good", said)


def _set_aside(count: int) -> Check:
    what = "Reviews set aside"
    if not count:
        return Check("set_aside", what, "good", "None waits for a person.")
    said = f"{count} {'waits' if count == 1 else 'wait'} for a person."
    mend = "`warranty reviews list` says why, and what to do."
    return Check("set_aside", what, "poor", said, mend)
