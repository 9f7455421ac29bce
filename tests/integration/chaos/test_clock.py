"""A clock that is set back: the database's and the processes' own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import text

from integration.sandbox.faults import Fault
from tests.integration.chaos.rig import WORKERS, Rig
from tests.integration.chaos.storm import TICKET
from tests.integration.live import until

pytestmark = pytest.mark.chaos

_BACK = 600  # seconds


def test_clock_set_back(
    rig: Callable[..., AbstractContextManager[Rig]], database_url: str, tmp_path: Path
) -> None:
    """By ten minutes, with work waiting and a worker killed in the middle of a review: new
    deliveries are accepted and reviewed at once, those before at the latest when the clock has
    caught up, and nothing is lost or said twice."""
    own = tmp_path / "clock"
    with rig(database_url, settings={"WARRANTY_CHAOS_CLOCK": str(own)}) as run:

        def shift(seconds: float) -> None:
            own.write_text(str(seconds))
            with run.store.begin() as connection:
                connection.execute(
                    text("UPDATE chaos_clock SET milliseconds = :by"), {"by": int(seconds * 1000)}
                )

        own.write_text("0")
        with run.store.begin() as connection:
            connection.execute(text("CREATE TABLE chaos_clock (milliseconds BIGINT NOT NULL)"))
            connection.execute(text("INSERT INTO chaos_clock VALUES (0)"))
        run.module = "tests.integration.chaos.shifted"
        run.app = "tests.integration.chaos.shifted:create_app()"
        run.start()
        for _ in range(10):
            run.people.file()
        run.settle()

        run.faults.add(Fault(TICKET, "GET", delay=3, delayed="after"))
        broken_off = run.people.file()
        until(lambda: not run.faults.waiting())
        for name in WORKERS:
            run.kill(name)
        waiting = [run.people.file(order_number="SO-2") for _ in range(5)]
        until(lambda: run.idle(0.1))
        shift(-_BACK)
        run.figures.faults["clock set back"] += 1

        for name in WORKERS:
            run.start_again(name)
        new = [run.people.file() for _ in range(5)]
        until(lambda: all(any(m.ours for m in run.life(ticket)) for ticket in new))
        for ticket in waiting[:2]:  # what happens on a ticket brings it forward again
            until(lambda ticket=ticket: run.people.edit(ticket, problem="dropped"))
        for ticket in waiting[:2]:
            until(lambda ticket=ticket: any(m.ours for m in run.life(ticket)))
        assert all(one.accepted for one in run.deliveries())
        shift(0)
        run.settle()
        assert any(m.ours for m in run.life(broken_off))
        assert run.reckon() == []
