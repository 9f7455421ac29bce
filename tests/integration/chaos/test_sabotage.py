"""The runs can fail: with one promise broken on purpose, real processes are found out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from integration.sandbox.faults import Fault
from tests.integration.chaos.rig import Rig
from tests.integration.chaos.sabotaged import FRESHDESK, SABOTAGES
from tests.integration.chaos.storm import FAULTS, TICKET
from tests.integration.live import until

pytestmark = pytest.mark.chaos


BOTH = {"zendesk": SABOTAGES, "freshdesk": FRESHDESK}


@pytest.mark.parametrize(
    ("helpdesk", "sabotage"), [(name, one) for name, some in BOTH.items() for one in some]
)
def test_sabotage_is_found_out(
    rig: Callable[..., AbstractContextManager[Rig]], sqlite_url: str, helpdesk: str, sabotage: str
) -> None:
    """A few tickets, changes while they are being reviewed, a delivery sent again under another
    name and a web process killed are enough for the reckoning to name what is broken."""
    patient = {"WARRANTY_CHAOS_SABOTAGE": sabotage, "WARRANTY_CHAOS_ANSWER": "8"}
    with rig(sqlite_url, settings=patient, helpdesk=helpdesk) as run:
        run.module = "tests.integration.chaos.sabotaged"
        run.app = "tests.integration.chaos.sabotaged:create_app()"
        run.figures.sabotaged = True
        run.start()
        for _ in range(4):
            run.people.file(order_number="SO-2")
        until(lambda: run.idle(0.1))
        until(lambda: not run.left())
        for ticket in run.people.tickets:
            run.faults.add(Fault(TICKET, "GET", delay=3, delayed="after"))
            until(lambda ticket=ticket: run.people.edit(ticket, inspection="pending"))
            until(lambda: not run.faults.waiting())
            threading.Event().wait(0.1)
            # Within the next second, and so before the review has read what it waits for.
            until(lambda ticket=ticket: run.people.edit(ticket, problem="dropped"), 5)
        if run.witness.apart:
            run.faults.add(FAULTS[helpdesk]["a note applied, then cut"])
        run.people.file()
        until(lambda: run.idle(0.1))
        run.kill("web")
        run.settle()
        found = run.reckon()
    assert BOTH[helpdesk][sabotage][1] in {one.kind for one in found}
