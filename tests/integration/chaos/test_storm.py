"""The full form: every fault again and again, over more than 500 tickets on each engine."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing

import pytest

from tests.integration.chaos.rig import Rig
from tests.integration.chaos.storm import FRESHDESK, HELPDESK, RARE, Database, Storm

MakeRig = Callable[..., AbstractContextManager[Rig]]
ENGINES = ("sqlite", "postgresql")


def _live_through(run: Rig, storm: Storm, tickets: int, pause: float) -> None:
    """People go on working until the storm is over; ``pause`` seconds between two that do."""
    with storm.raging():
        while not storm.over:
            if len(run.people.tickets) < tickets:
                run.people.file()
            run.people.edit()
            threading.Event().wait(pause)
    while len(run.people.tickets) < tickets:
        run.people.file()


def test_short_storm(rig: MakeRig, database_url: str, request: pytest.FixtureRequest) -> None:
    """The short form. Processes killed and paused, helpdesk and database failing and away,
    deliveries again and out of order: nothing is lost, doubled, half-written or overwritten, on
    either engine. Each engine meets half of the helpdesk's faults."""
    half = ENGINES.index(request.node.callspec.params["database_url"])
    with (
        closing(Database(database_url)) as database,
        rig(database.url, store_url=database.direct) as run,
    ):
        run.start()
        kinds = list(HELPDESK)[half::2]
        _live_through(run, Storm(run, database, (0.02, 0.1), helpdesk=kinds), 40, 0.05)
        run.settle()
        found = run.reckon()
    assert found == [], "\n".join(map(str, found))


def test_short_storm_on_freshdesk(rig: MakeRig, sqlite_url: str, chance: random.Random) -> None:
    """The same where a note is a request of its own and no version is checked; with some of the
    faults, and always those between a note and its update."""
    always = ("a note applied, then cut", "applied, then cut", "500", "a note cut")
    others = sorted(FRESHDESK.keys() - RARE - {*always})
    with (
        closing(Database(sqlite_url)) as database,
        rig(database.url, store_url=database.direct, helpdesk="freshdesk") as run,
    ):
        run.start()
        kinds = [*always, *chance.sample(others, 2)]
        _live_through(run, Storm(run, database, (0.02, 0.1), helpdesk=kinds), 30, 0.05)
        run.settle()
        found = run.reckon()
    assert found == [], "\n".join(map(str, found))


@pytest.mark.chaos
def test_storm(rig: MakeRig, database_url: str, helpdesk: str) -> None:
    """The full form of it, for minutes and over 600 tickets (WARRANTY_CHAOS_TICKETS)."""
    tickets = int(os.environ.get("WARRANTY_CHAOS_TICKETS") or 600)
    with (
        closing(Database(database_url)) as database,
        rig(database.url, store_url=database.direct, helpdesk=helpdesk) as run,
    ):
        run.start()
        _live_through(run, Storm(run, database, (0.1, 0.8), rounds=4), tickets, 0.1)
        run.settle(120)
        found = run.reckon()
    assert found == [], "\n".join(map(str, found))
