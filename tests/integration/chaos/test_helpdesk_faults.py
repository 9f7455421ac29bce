"""A helpdesk that fails: each of its faults by its name, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest

from integration.sandbox.faults import Fault
from tests.integration.chaos.rig import Rig
from tests.integration.chaos.storm import DOWN, FAULTS, NOTE, TICKET
from tests.integration.live import until

pytestmark = pytest.mark.chaos
MakeRig = Callable[..., AbstractContextManager[Rig]]


@pytest.mark.parametrize(
    ("helpdesk", "kind"), [(name, kind) for name, faults in FAULTS.items() for kind in faults]
)
def test_fault(rig: MakeRig, sqlite_url: str, helpdesk: str, kind: str) -> None:
    """The review that meets it is done again and ends well: one note, everything once."""
    with rig(sqlite_url, helpdesk=helpdesk) as run:
        run.start(("worker-1",))
        run.faults.add(FAULTS[helpdesk][kind])
        run.figures.faults[kind] += 1
        run.people.file()
        run.settle()
        assert run.faults.waiting() == []
        assert run.reckon() == []
        assert run.figures.notes == 1


def test_not_one_request_before_the_time_it_named(
    rig: MakeRig, sqlite_url: str, helpdesk: str
) -> None:
    """429 with Retry-After: reviews that had begun may end, and from then on the whole account is
    left alone, by all workers and for all tickets, until that time has passed."""
    wait, grace = 6.0, 1.0
    busy = Fault(TICKET, "PUT", status=429, headers={"Retry-After": str(round(wait))})
    with rig(sqlite_url, helpdesk=helpdesk) as run:
        run.start()
        run.figures.faults["429"] += 1
        for _ in range(10):
            run.people.file()
        run.settle()
        run.faults.add(busy)
        for ticket in run.people.tickets:
            until(lambda ticket=ticket: run.people.edit(ticket, order_number="SO-7"))
        until(lambda: run.refused(429))
        told = run.refused(429)[0].ended
        for _ in range(20):
            run.people.file()
            threading.Event().wait(0.1)
        run.settle()
        asked = sorted(one.began - told for one in run.requests if one.began > told)
        early = [seconds for seconds in asked if grace < seconds < wait]
        assert early == []
        assert asked[-1] > wait
        assert run.reckon() == []


def test_down_for_minutes(rig: MakeRig, sqlite_url: str, helpdesk: str) -> None:
    """Cut off for 30 seconds, which are 5 minutes to workers that wait a tenth of the usual time:
    they do not hammer, nobody has to look at anything, and all is done when it is back."""
    with rig(sqlite_url, helpdesk=helpdesk) as run:
        run.start()
        for _ in range(10):
            run.people.file()
        run.settle()
        run.faults.add(DOWN)
        run.figures.faults["helpdesk down for 30 s"] += 1
        before = len(run.requests)
        for _ in range(30):
            run.people.file()
            run.people.edit()
            threading.Event().wait(1)
        asked = len(run.requests) - before
        run.faults.clear()
        assert 3 <= asked <= 60, f"{asked} requests to a helpdesk that was down"
        run.settle(120)
        assert run.reckon() == []


def test_two_saves_within_one_second(rig: MakeRig, sqlite_url: str) -> None:
    """An agent saves while the app's update is on its way, in the second in which the ticket was
    filed: the helpdesk cannot tell, and takes both. What the agent chose and tagged stays, and what
    was decided without it is decided anew."""
    still = datetime.now(UTC)
    with rig(sqlite_url, clock=lambda: still) as run:
        run.start(("worker-1",))
        run.figures.faults["two saves within one second"] += 1
        run.faults.add(Fault(TICKET, "PUT", delay=0.7))
        ticket = run.people.file(order_number="SO-2")
        until(lambda: not run.faults.waiting())
        threading.Event().wait(0.1)
        assert run.people.edit(ticket, apart=False, problem="dropped")
        run.settle()
        assert {one.kind for one in run.reckon()} == {"stale"}


def test_a_save_while_an_update_is_on_its_way(rig: MakeRig, sqlite_url: str) -> None:
    """Freshdesk checks no version: a tag that an agent saves then is overwritten, since tags are
    one list. What the agent chose stays, and it is decided anew, by the rule that their save runs.
    """
    with rig(sqlite_url, helpdesk="freshdesk") as run:
        run.start(("worker-1",))
        run.figures.faults["a save while an update is on its way"] += 1
        run.faults.add(Fault(TICKET, "PUT", delay=0.7))
        ticket = run.people.file(order_number="SO-2")
        until(lambda: not run.faults.waiting())
        threading.Event().wait(0.1)
        run.people.edit(ticket, problem="dropped")
        run.settle()
        assert run.reckon() == []
        assert run.figures.in_between == 1


def test_an_update_that_comes_after_a_later_one(rig: MakeRig, sqlite_url: str) -> None:
    """Nor does it refuse one that was given up and carried out in the end, over what was decided
    since: it leaves a whole outcome, if an old one, and reconciliation finds the ticket."""
    with rig(sqlite_url, helpdesk="freshdesk") as run:
        run.start(("worker-1",))
        run.figures.faults["an update after a later one"] += 1
        run.faults.add(Fault(TICKET, "PUT", delay=6))
        ticket = run.people.file(order_number="SO-2")
        until(lambda: not run.faults.waiting())
        run.people.edit(ticket, problem="dropped")
        until(lambda: run.life(ticket)[-1].outcome["verdict"] == "not_covered")
        run.settle()
        assert run.reckon() == []
        assert run.figures.found == 1


def test_a_note_that_comes_after_it_was_looked_for(rig: MakeRig, sqlite_url: str) -> None:
    """There is no key by which Freshdesk would know a note again: one that was given up, is not
    there when it is looked for, and comes in the end all the same, stands there twice. Nothing else
    of it is done twice."""
    with rig(sqlite_url, helpdesk="freshdesk") as run:
        run.start(("worker-1",))
        run.figures.faults["a note after it was looked for"] += 1
        run.faults.add(Fault(NOTE, "POST", delay=6))
        run.people.file()
        run.settle()
        assert [one.kind for one in run.reckon()] == ["doubled"] * 2
        assert run.figures.notes == 2
