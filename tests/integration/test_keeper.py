"""The keeper: does the chores that are due beside the reviews, and never takes the process down."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from integration import errors
from integration.chores import CHORES, Chores, Turn
from integration.keeper import Chore, Ended, Keeper, Progress
from integration.store import Store, connect
from tests.integration.live import until

HOUR = timedelta(hours=1)


def chore(do: Callable[[Progress], Ended], installation: str = "main") -> Chore:
    return Chore(installation, "reconcile", HOUR, do)


def pause(store: Store) -> float:
    """Seconds until the one chore is next due."""
    from integration.store import now_ms

    with store.read() as connection:
        return connection.execute(select(CHORES.c.next_at - now_ms())).scalar_one() / 1000


def due_now(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(update(CHORES).values(next_at=0))


@pytest.fixture
def chores(store: Store) -> Chores:
    return Chores(store)


def test_what_is_due_is_done_once_and_told(chores: Chores, store: Store) -> None:
    """Its state is there the next time; who counts is told its name and how it ended."""
    seen: list[str | None] = []
    told: list[tuple[str, str]] = []

    def do(progress: Progress) -> Ended:
        seen.append(progress.state)
        return Ended(f"state-{len(seen)}")

    keeper = Keeper(chores, [chore(do)], told=lambda name, how, _: told.append((name, how)))
    assert keeper.run_due() == 1
    assert keeper.run_due() == 0
    due_now(store)
    assert keeper.run_due() == 1
    assert seen == [None, "state-1"]
    assert told == [("reconcile", "done")] * 2
    assert 3500 < pause(store) <= 3600


def test_a_chore_may_ask_to_go_on_sooner(chores: Chores, store: Store) -> None:
    """A round that is not whole yet is no failure, and is not left for the usual time."""
    keeper = Keeper(chores, [chore(lambda _: Ended("half", timedelta(seconds=60)))])
    keeper.run_due()
    assert 50 < pause(store) <= 60
    assert chores.troubled() == []


@pytest.mark.parametrize(
    ("error", "how", "why", "least", "most"),
    [
        (errors.Unavailable("acme: no answer"), "unavailable", "acme: no answer", 7, 15),
        (errors.RateLimited("acme: 429", retry_after=900), "unavailable", "acme: 429", 895, 990),
        (errors.Forbidden("acme: 401"), "rejected", "acme: 401 — Connect the account", 7, 15),
        (
            ValueError("a customer's own words"),
            "failed",
            "reconcile: ValueError; see the log",
            7,
            15,
        ),
    ],
)
def test_a_failure_is_kept_and_tried_again_but_never_before_it_may_be(
    chores: Chores,
    store: Store,
    error: Exception,
    how: str,
    why: str,
    least: float,
    most: float,
) -> None:
    """The reason in plain words, the pause at least what the helpdesk asked for; no message of an
    error that nobody expected is kept or logged."""
    told: list[str] = []

    def do(progress: Progress) -> Ended:
        raise error

    keeper = Keeper(chores, [chore(do)], told=lambda _, ended, __: told.append(ended))
    with capture_logs() as logs:
        assert keeper.run_due() == 1
    assert told == [how]
    (trouble,) = chores.troubled()
    assert trouble.why.startswith(why)
    assert least < pause(store) <= most
    assert "customer's own words" not in str(logs)


def test_the_pause_grows_with_each_failure(chores: Chores, store: Store) -> None:
    """Doubled each time, and no longer than half an hour."""

    def do(progress: Progress) -> Ended:
        raise errors.Unavailable("acme: no answer")

    keeper = Keeper(chores, [chore(do)])
    pauses = []
    for _ in range(12):
        keeper.run_due()
        pauses.append(pause(store))
        due_now(store)
    assert pauses[0] <= 15
    assert 7 < pauses[0] < pauses[2] < pauses[4]
    assert 880 < pauses[-1] <= 1800


def test_what_was_kept_on_the_way_survives_a_failure(chores: Chores, store: Store) -> None:
    """A long chore goes on from there."""
    seen: list[str | None] = []

    def do(progress: Progress) -> Ended:
        seen.append(progress.state)
        progress.keep("page-2")
        assert progress.state == "page-2"
        raise errors.Unavailable("acme: no answer")

    keeper = Keeper(chores, [chore(do)])
    keeper.run_due()
    due_now(store)
    keeper.run_due()
    assert seen == [None, "page-2"]


def test_of_two_keepers_one_does_it(database_url: str) -> None:
    """Two processes' keepers see the same chore due at the same moment: it is done once."""
    stores = [connect(database_url) for _ in range(2)]
    begun: list[int] = []
    together = threading.Barrier(2)
    may_end = threading.Event()

    def do(progress: Progress) -> Ended:
        begun.append(1)
        assert may_end.wait(20)
        return Ended()

    def run(store: Store) -> None:
        together.wait(20)
        Keeper(Chores(store), [chore(do)]).run_due()

    threads = [threading.Thread(target=run, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    until(lambda: sum(thread.is_alive() for thread in threads) == 1)  # one found nothing to do
    may_end.set()
    for thread in threads:
        thread.join(20)
    assert begun == [1]
    for store in stores:
        store.close()


def test_the_lease_is_renewed_while_it_runs(database_url: str) -> None:
    """A chore that takes longer than its lease stays one keeper's."""
    mine, theirs = connect(database_url), connect(database_url)
    done: list[str] = []
    outlived = threading.Event()

    def do(progress: Progress) -> Ended:
        assert outlived.wait(20)
        done.append("mine")
        return Ended("mine")

    thread = threading.Thread(target=Keeper(Chores(mine), [chore(do)], lease_seconds=0.6).run_due)
    thread.start()
    until(lambda: _held(theirs))
    other = Keeper(Chores(theirs), [chore(lambda _: Ended("theirs"))])
    for _ in range(20):  # two seconds: three leases
        assert other.run_due() == 0
        threading.Event().wait(0.1)
    outlived.set()
    thread.join(20)
    assert done == ["mine"]
    with theirs.read() as connection:
        assert connection.execute(select(CHORES.c.state)).scalar_one() == "mine"
    mine.close()
    theirs.close()


def _held(store: Store) -> bool:
    with store.read() as connection:
        return connection.execute(select(CHORES.c.lease_owner)).scalar_one_or_none() is not None


def test_a_lost_lease_ends_the_chore_and_keeps_nothing_of_it(chores: Chores, store: Store) -> None:
    """Somebody else took over: their state stands."""
    told: list[str] = []

    def do(progress: Progress) -> Ended:
        with store.begin() as connection:
            connection.execute(update(CHORES).values(lease_owner="them", state="theirs"))
        progress.keep("mine")
        raise AssertionError("it went on")

    Keeper(chores, [chore(do)], told=lambda _, how, __: told.append(how)).run_due()
    assert told == ["lease lost"]
    with store.read() as connection:
        assert connection.execute(select(CHORES.c.state)).scalar_one() == "theirs"


def test_it_runs_beside_and_ends_promptly(chores: Chores) -> None:
    """A chore that has begun is told to come to an end; nothing new is begun."""
    begun, ended = threading.Event(), threading.Event()

    def do(progress: Progress) -> Ended:
        begun.set()
        until(lambda: progress.stopping)
        ended.set()
        return Ended(again=timedelta(0))

    with Keeper(chores, [chore(do)]).running():
        assert begun.wait(20)
    assert ended.is_set()
    assert not [one for one in threading.enumerate() if one.name == "chores"]


def test_without_chores_nothing_runs(chores: Chores) -> None:
    """No thread and no look at the store."""
    with Keeper(chores, []).running():
        assert not [one for one in threading.enumerate() if one.name == "chores"]


class _Broken(Chores):
    """A store that is away twice, then breaks in a way nobody expected, then is back."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.troubles: list[Exception] = [
            errors.Unavailable("store: away"),
            errors.Unavailable("store: away"),
            RuntimeError("secret"),
        ]

    def claim(
        self, worker_id: str, lease_seconds: float, which: Collection[tuple[str, str]]
    ) -> Turn | None:
        if self.troubles:
            raise self.troubles.pop(0)
        return super().claim(worker_id, lease_seconds, which)

    def finish(self, turn: Turn, seconds: float, state: str | None) -> None:
        super().finish(turn, seconds, state)
        raise errors.Unavailable("store: away")


def test_a_store_that_is_away_is_waited_for(store: Store) -> None:
    """Neither looking nor ending takes the thread down."""
    done: list[Any] = []
    told: list[str] = []

    def do(progress: Progress) -> Ended:
        done.append(1)
        return Ended(again=timedelta(0) if len(done) == 1 else None)

    keeper = Keeper(
        _Broken(store), [chore(do)], poll=0.01, told=lambda _, how, __: told.append(how)
    )
    with capture_logs() as logs, keeper.running():
        until(lambda: len(told) == 2)
    assert told == ["not stored", "not stored"]
    assert "secret" not in str(logs)
