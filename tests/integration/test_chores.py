"""Work by the clock: one worker at a time, on every engine, across restarts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from integration.chores import CHORES, Chores, Turn
from integration.jobs import LeaseLost
from integration.store import Store, connect

MINUTE = timedelta(minutes=1)
ONE = ("main", "reconcile")
OTHER = ("other", "reconcile")

Later = Callable[[float], None]


@pytest.fixture
def chores(store: Store) -> Chores:
    return Chores(store)


@pytest.fixture
def later(store: Store) -> Later:
    """Let so many seconds pass, as the table sees it."""

    def shift(seconds: float) -> None:
        by, c = int(seconds * 1000), CHORES.c
        with store.begin() as connection:
            connection.execute(
                update(CHORES).values(next_at=c.next_at - by, lease_until=c.lease_until - by)
            )

    return shift


def claimed(chores: Chores, which: tuple[str, str] = ONE) -> Turn:
    turn = chores.claim("w", 60, [which])
    assert turn is not None
    return turn


def test_a_new_chore_is_due_at_once(chores: Chores) -> None:
    """It starts without a state, and is held by whoever claims it."""
    chores.ensure(*ONE, MINUTE)
    turn = claimed(chores)
    assert (turn.installation, turn.name, turn.state, turn.failures) == (*ONE, None, 0)
    assert chores.claim("v", 60, [ONE]) is None


def test_a_finished_chore_is_due_again_after_its_time_with_its_state(
    chores: Chores, later: Later
) -> None:
    """State and next time are stored by what ends it."""
    chores.ensure(*ONE, MINUTE)
    chores.finish(claimed(chores), 60, "cursor-1")
    later(50)
    assert chores.claim("w", 60, [ONE]) is None
    later(11)
    assert claimed(chores).state == "cursor-1"


def test_ensuring_it_again_changes_nothing(chores: Chores, later: Later) -> None:
    """A restart makes a chore neither due nor forgetful."""
    chores.ensure(*ONE, MINUTE)
    chores.finish(claimed(chores), 60, "cursor-1")
    chores.ensure(*ONE, MINUTE)
    assert chores.claim("w", 60, [ONE]) is None
    later(61)
    assert claimed(chores).state == "cursor-1"


def test_a_chore_to_be_done_more_often_is_brought_forward(chores: Chores, later: Later) -> None:
    """A shorter interval counts from the restart on; but one that failed keeps its pause."""
    for one in (ONE, OTHER):
        chores.ensure(*one, 60 * MINUTE)
    chores.finish(claimed(chores), 3600, None)
    chores.fail(claimed(chores, OTHER), 3600, "later, please")
    for one in (ONE, OTHER):
        chores.ensure(*one, MINUTE)
    later(61)
    assert claimed(chores)
    assert chores.claim("w", 60, [OTHER]) is None


def test_what_is_not_asked_for_is_left_alone(chores: Chores, store: Store) -> None:
    """A chore of an installation that is configured no more is not even touched."""
    chores.ensure(*OTHER, MINUTE)
    with store.read() as connection:
        before = connection.execute(select(CHORES)).all()
    chores.ensure(*ONE, MINUTE)
    assert claimed(chores).installation == "main"
    assert chores.claim("w", 60, [ONE]) is None
    assert chores.claim("w", 60, []) is None
    with store.read() as connection:
        other = select(CHORES).where(CHORES.c.installation == "other")
        assert connection.execute(other).all() == before


def test_failures_are_counted_with_their_reason_and_forgotten_after_success(
    chores: Chores, later: Later
) -> None:
    """The state stays as it was; a person can read why and when it is tried again."""
    chores.ensure(*ONE, MINUTE)
    turn = claimed(chores)
    chores.keep(turn, "page-2", 60)
    chores.fail(turn, 30, "acme GET export: answered 503" + "!" * 600)
    (trouble,) = chores.troubled()
    assert (trouble.installation, trouble.name, trouble.failures) == (*ONE, 1)
    assert trouble.why.startswith("acme GET export: answered 503")
    assert len(trouble.why) == 500
    assert abs(trouble.next_at - datetime.now(UTC) - timedelta(seconds=30)) < MINUTE
    assert chores.claim("w", 60, [ONE]) is None
    later(31)
    turn = claimed(chores)
    assert (turn.state, turn.failures) == ("page-2", 1)
    chores.finish(turn, 60, "page-3")
    assert chores.troubled() == []


def test_a_worker_that_dies_leaves_a_lease_that_runs_out(chores: Chores, later: Later) -> None:
    """Somebody else goes on from what was kept on the way, and the try counts as a failed one."""
    chores.ensure(*ONE, MINUTE)
    dead = claimed(chores)
    chores.keep(dead, "page-7", 60)
    later(61)
    turn = claimed(chores)
    assert (turn.state, turn.failures) == ("page-7", 1)
    for late in (
        lambda: chores.renew(dead, 60),
        lambda: chores.keep(dead, "wrong", 60),
        lambda: chores.finish(dead, 60, "wrong"),
        lambda: chores.fail(dead, 60, "wrong"),
    ):
        with pytest.raises(LeaseLost):
            late()
    chores.finish(turn, 0, turn.state)
    assert claimed(chores).state == "page-7"


def test_a_renewed_lease_holds(chores: Chores, later: Later) -> None:
    """A long chore stays one worker's."""
    chores.ensure(*ONE, MINUTE)
    turn = claimed(chores)
    later(50)
    chores.renew(turn, 60)
    later(50)
    assert chores.claim("v", 60, [ONE]) is None
    chores.finish(turn, 60, None)


def test_of_many_who_ask_at_once_one_gets_it(database_url: str) -> None:
    """Over threads with stores of their own, as over processes and machines."""
    stores = [connect(database_url) for _ in range(6)]
    Chores(stores[0]).ensure(*ONE, MINUTE)
    together = threading.Barrier(len(stores))

    def ask(store: Store) -> Turn | None:
        together.wait(20)
        return Chores(store).claim("w", 60, [ONE])

    with ThreadPoolExecutor(len(stores)) as threads:
        turns = list(threads.map(ask, stores))
    assert sum(turn is not None for turn in turns) == 1
    for store in stores:
        store.close()


def test_the_longest_due_comes_first(chores: Chores, later: Later) -> None:
    """No chore starves beside one that is always due."""
    chores.ensure(*ONE, MINUTE)
    later(5)
    chores.ensure(*OTHER, MINUTE)
    first = chores.claim("w", 60, [OTHER, ONE])
    assert first is not None
    assert first.installation == "main"
    second = chores.claim("w", 60, [OTHER, ONE])
    assert second is not None
    assert second.installation == "other"
