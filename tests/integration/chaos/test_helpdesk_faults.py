"""A helpdesk that fails: each of its faults by its name, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest

from integration.sandbox.faults import Fault
from tests.integration.chaos.rig import Rig
from tests.integration.chaos.storm import DOWN, HELPDESK, TICKET
from tests.integration.live import until

pytestmark = pytest.mark.chaos
MakeRig = Callable[..., AbstractContextManager[Rig]]


@pytest.mark.parametrize("kind", HELPDESK)
def test_fault(rig: MakeRig, sqlite_url: str, kind: str) -> None:
    """The review that meets it is done again and ends well: one note, everything once."""
    with rig(sqlite_url) as run:
        run.start(("worker-1",))
        run.state.faults.add(HELPDESK[kind])
        run.figures.faults[kind] += 1
        run.people.file()
        run.settle()
        assert run.state.faults.waiting() == []
        assert run.reckon() == []
        assert run.figures.notes == 1


def test_not_one_request_before_the_time_it_named(rig: MakeRig, sqlite_url: str) -> None:
    """429 with Retry-After: reviews that had begun may end, and from then on the whole account is
    left alone, by all workers and for all tickets, until that time has passed."""
    wait, grace = 6.0, 1.0
    busy = Fault(TICKET, "PUT", status=429, headers={"Retry-After": str(round(wait))})
    with rig(sqlite_url) as run:
        run.start()
        run.figures.faults["429"] += 1
        for _ in range(10):
            run.people.file()
        run.settle()
        run.state.faults.add(busy)
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


def test_down_for_minutes(rig: MakeRig, sqlite_url: str) -> None:
    """Cut off for 30 seconds, which are 5 minutes to workers that wait a tenth of the usual time:
    they do not hammer, nobody has to look at anything, and all is done when it is back."""
    with rig(sqlite_url) as run:
        run.start()
        for _ in range(10):
            run.people.file()
        run.settle()
        run.state.faults.add(DOWN)
        run.figures.faults["helpdesk down for 30 s"] += 1
        before = len(run.requests)
        for _ in range(30):
            run.people.file()
            run.people.edit()
            threading.Event().wait(1)
        asked = len(run.requests) - before
        run.state.faults.clear()
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
        run.state.faults.add(Fault(TICKET, "PUT", delay=0.7))
        ticket = run.people.file(order_number="SO-2")
        until(lambda: not run.state.faults.waiting())
        threading.Event().wait(0.1)
        assert run.people.edit(ticket, apart=False, problem="dropped")
        run.settle()
        assert {one.kind for one in run.reckon()} == {"stale"}
