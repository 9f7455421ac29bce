"""Reviews of which one slot takes several: their ends are stored beside the next."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from sqlalchemy.engine import Connection

from integration import errors
from integration.budgets import Health, Limits, Spent, spend
from integration.jobs import End, Job, Jobs
from integration.reviewing import Retry, ReviewResult
from integration.store import Store
from integration.worker import Worker

NUMBER = 200


class Reviewed(NamedTuple):
    next_due_at: datetime | None = None


@pytest.fixture
def jobs(store: Store) -> Jobs:
    plenty = Limits(updates=1_000_000, requests=1_000_000)
    found = Jobs(store, lambda installation: plenty)
    found.make_many_due("main", [str(number) for number in range(NUMBER)])
    return found


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a condition; fail where it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def nothing_left(jobs: Jobs) -> bool:
    backlog = jobs.backlog()
    return backlog.due == backlog.leased == backlog.scheduled == 0


@contextmanager
def running(jobs: Jobs, review: Callable[[str, str], ReviewResult], **how: Any) -> Iterator[None]:
    def several(installation: str, tickets: Sequence[str]) -> Callable[[str, str], ReviewResult]:
        return review

    how = {"slots": 2, "retry": Retry(attempts=2, first=0.01, longest=0.02), **how}
    worker, stop = Worker(jobs, review, several=several, **how), threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def test_ends_are_stored_several_at_once(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once, and told of once, with what it took."""
    gathered, told, finish = list[int](), Counter[str](), jobs.finish_several

    def counted(ends: Sequence[End]) -> list[Exception | None]:
        gathered.append(len(ends))
        return finish(ends)

    monkeypatch.setattr(jobs, "finish_several", counted)
    reviewed: Counter[str] = Counter()

    def review(installation: str, ticket: str) -> Reviewed:
        reviewed[ticket] += 1
        return Reviewed()

    with running(jobs, review, told=lambda how, seconds: told.update([how])):
        until(lambda: nothing_left(jobs))
    assert set(reviewed.values()) == {1}
    assert told == {"finished": NUMBER}
    assert max(gathered) > 4


def test_what_is_over_is_stored_before_the_worker_leaves(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is told to stop while ends wait stores them first: nothing stays held."""
    stored, go_on, finish = threading.Event(), threading.Event(), jobs.finish_several

    def slow(ends: Sequence[End]) -> list[Exception | None]:
        stored.set()
        assert go_on.wait(20)
        return finish(ends)

    monkeypatch.setattr(jobs, "finish_several", slow)
    with running(jobs, lambda installation, ticket: Reviewed()):
        assert stored.wait(20)
        threading.Timer(0.1, go_on.set).start()
    backlog = jobs.backlog()
    assert backlog.leased == 0
    assert backlog.due < NUMBER


def test_one_whose_end_fails_takes_no_other_with_it(jobs: Jobs) -> None:
    """It is tried again and then set aside; what marking it sends is counted with the review."""
    bad, found, set_aside = "77", list[Spent](), jobs.set_aside

    def keep(connection: Connection, job: Job, result: ReviewResult) -> None:
        if job.ticket_id == bad:
            raise RuntimeError("cannot be kept")

    def review(installation: str, ticket: str) -> Reviewed:
        spend("ticket_read")
        return Reviewed()

    def mark(installation: str, ticket: str, why: str) -> None:
        spend("ticket_update")

    def noted(job: Job, reason: str, *, spent: Spent, health: Health, pause: float = 0.0) -> None:
        found.append(spent)
        set_aside(job, reason, spent=spent, health=health, pause=pause)

    jobs.set_aside = noted  # type: ignore[method-assign,assignment]
    with running(jobs, review, keep=keep, mark=mark):
        until(lambda: jobs.backlog().set_aside == 1 and nothing_left(jobs))
    assert [one.ticket_id for one in jobs.waiting()] == [bad]
    assert [(one.requests, one.updates) for one in found] == [(2, 1)]


def test_a_store_that_is_away_for_a_moment_loses_no_review(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ends that cannot be stored leave their reviews held; each is done again once its lease has
    run out, and the worker goes on with the others."""
    finish, failed = jobs.finish_several, set[str]()

    def away(ends: Sequence[End]) -> list[Exception | None]:
        if not failed:
            failed.update(end.job.ticket_id for end in ends)
            return [errors.Unavailable("store: away")] * len(ends)
        return finish(ends)

    monkeypatch.setattr(jobs, "finish_several", away)
    reviewed: Counter[str] = Counter()

    def review(installation: str, ticket: str) -> Reviewed:
        reviewed[ticket] += 1
        return Reviewed()

    with running(jobs, review, lease_seconds=1.0):
        until(lambda: nothing_left(jobs))
    assert failed
    assert {ticket for ticket, times in reviewed.items() if times == 2} == failed
    assert len(reviewed) == NUMBER
