from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update
from structlog.testing import capture_logs

from integration import errors, reasons
from integration import worker as worker_module
from integration.budgets import ACCOUNTS, Limits, spend
from integration.jobs import REVIEWS, Job, Jobs
from integration.reviewing import Retry, ReviewResult
from integration.store import Away, Store, connect
from integration.worker import Worker

QUICK = Retry(first=0.01, longest=0.02)


def plenty(installation: str) -> Limits:
    """Limits that nothing here comes near."""
    return Limits(updates=1_000_000, requests=1_000_000)


@dataclass(frozen=True)
class Reviewed:
    next_due_at: datetime | None = None


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    opened = connect(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return Jobs(store, plenty)


@contextmanager
def running(jobs: Jobs, review: Callable[[str, str], Reviewed], **how: Any) -> Iterator[Worker]:
    how = {"slots": 2, "lease_seconds": 60, "retry": QUICK, **how}
    worker = Worker(jobs, review, **how)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield worker
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for a condition; fail where it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def row(store: Store, ticket: str = "7") -> Any:
    with store.read() as connection:
        return connection.execute(
            select(REVIEWS).where(REVIEWS.c.ticket_id == ticket)
        ).one_or_none()


def idle(jobs: Jobs) -> bool:
    backlog = jobs.backlog()
    return backlog.due == backlog.leased == backlog.scheduled == 0


# -- what is reviewed -----------------------------------------------------------------------------


def test_what_is_due_is_reviewed(jobs: Jobs, store: Store) -> None:
    """Each due ticket is reviewed once, and the next day is taken from the review."""
    reviewed: list[tuple[str, str]] = []
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    def review(installation: str, ticket: str) -> Reviewed:
        reviewed.append((installation, ticket))
        return Reviewed(tomorrow)

    for number in range(10):
        jobs.accept("main", f"d{number}", str(number), "ticket_created")
    with running(jobs, review):
        until(lambda: jobs.backlog().scheduled == 10)
    assert Counter(reviewed) == Counter({("main", str(number)): 1 for number in range(10)})
    assert row(store, "3").due_at == int(tomorrow.timestamp() * 1000)


def test_a_burst_before_the_review_is_one_review(jobs: Jobs) -> None:
    """Fifty events on one ticket are one review of its newest state."""
    reviewed = []
    for number in range(50):
        jobs.accept("main", f"d{number}", "7", "ticket_changed")

    def review(installation: str, ticket: str) -> Reviewed:
        reviewed.append(ticket)
        return Reviewed()

    with running(jobs, review):
        until(lambda: idle(jobs))
    assert reviewed == ["7"]


def test_a_burst_during_the_review_is_one_more(jobs: Jobs) -> None:
    """Where the ticket moved on during its review there is exactly one other, which sees it all."""
    state = {"version": 0}
    seen = []
    begun, go_on = threading.Event(), threading.Event()

    def review(installation: str, ticket: str) -> Reviewed:
        seen.append(state["version"])
        begun.set()
        assert go_on.wait(10)
        return Reviewed()

    jobs.accept("main", "first", "7", "ticket_created")
    with running(jobs, review):
        assert begun.wait(10)
        for number in range(1, 51):
            state["version"] = number
            jobs.accept("main", f"d{number}", "7", "ticket_changed")
        go_on.set()
        until(lambda: idle(jobs))
    assert seen == [0, 50]


def test_slots_bound_what_is_done_at_once(jobs: Jobs) -> None:
    """As many reviews as slots run at once, and while all are taken nothing is claimed."""
    claims = []
    claim = jobs.claim_some

    def counted(*how: Any, **more: Any) -> list[Job]:
        claims.append(1)
        return claim(*how, **more)

    jobs.claim_some = counted  # type: ignore[method-assign]
    go_on = threading.Event()
    begun = []

    def review(installation: str, ticket: str) -> Reviewed:
        begun.append(ticket)
        assert go_on.wait(10)
        return Reviewed()

    for number in range(5):
        jobs.accept("main", f"d{number}", str(number), "ticket_created")
    with running(jobs, review, slots=2):
        until(lambda: len(begun) == 2)
        time.sleep(0.3)
        assert (len(begun), len(claims)) == (2, 1)
        go_on.set()
        until(lambda: idle(jobs))
    assert len(begun) == 5


def test_an_idle_worker_looks_now_and_then(jobs: Jobs) -> None:
    """An empty table is looked at a few times a second at most."""
    claims = []

    def nothing(*how: Any, **more: Any) -> list[Job]:
        claims.append(1)
        return []

    jobs.claim_some = nothing  # type: ignore[method-assign]
    with running(jobs, lambda *_: Reviewed()):
        time.sleep(0.7)
    assert 1 <= len(claims) <= 4


# -- what goes wrong ------------------------------------------------------------------------------


def failing(*endings: Exception) -> tuple[list[str], Callable[[str, str], Reviewed]]:
    """A review that fails with each of ``endings`` in turn, and succeeds after."""
    left = list(endings)
    tried: list[str] = []

    def review(installation: str, ticket: str) -> Reviewed:
        tried.append(ticket)
        if left:
            raise left.pop(0)
        return Reviewed()

    return tried, review


def test_a_conflict_is_reviewed_anew_at_once(jobs: Jobs) -> None:
    """The ticket changed between reading and writing: read it again, without a wait."""
    tried, review = failing(*[errors.Conflict("ticket 7: changed")] * 3)
    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review, retry=Retry(first=3600)):
        until(lambda: idle(jobs))
    assert len(tried) == 4


def test_a_ticket_in_constant_conflict_is_postponed(jobs: Jobs, store: Store) -> None:
    """Reviewing anew at once has an end; then it waits like any other failure."""
    tried, review = failing(*[errors.Conflict("ticket 7: changed")] * 4)
    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review, retry=Retry(first=3600)):
        until(lambda: row(store).attempts == 1)
    assert len(tried) == 4
    assert row(store).set_aside_at is None


def test_what_is_unavailable_is_tried_again(jobs: Jobs, store: Store) -> None:
    """A helpdesk that does not answer for a while costs time, nothing else."""
    tried, review = failing(*[errors.Unavailable("helpdesk: 503")] * 3)
    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review):
        until(lambda: idle(jobs))
    assert len(tried) == 4
    assert (row(store).attempts, row(store).last_error) == (0, None)


def test_retry_after_is_kept(jobs: Jobs, store: Store) -> None:
    """Never tried again before the helpdesk said, and the thread does not wait for it."""
    tried, review = failing(errors.RateLimited("helpdesk: 429", retry_after=300))
    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review):
        until(lambda: row(store).attempts == 1)
    left = row(store)
    assert 299 < left.due_at / 1000 - time.time() < 331
    assert "helpdesk: 429" in left.last_error
    assert tried == ["7"]


def test_what_stays_unavailable_is_set_aside(jobs: Jobs, store: Store) -> None:
    """After a bounded number of tries a person has to look."""
    tried, review = failing(*[errors.Unavailable("helpdesk: 503")] * 99)
    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review, retry=Retry(attempts=4, first=0.01, longest=0.02)):
        until(lambda: jobs.backlog().set_aside == 1)
    assert len(tried) == 4
    why = row(store).last_error
    assert "could not be reached" in why
    assert "(helpdesk: 503), tried 4 times — " in why
    assert "warranty reviews retry" in why


def test_what_is_rejected_is_set_aside_at_once(jobs: Jobs, store: Store) -> None:
    """Trying again cannot help; the row says what happened and what a person can do."""
    tried, review = failing(errors.NotFound("ticket 7: not found"))
    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review):
        until(lambda: jobs.backlog().set_aside == 1)
    assert tried == ["7"]
    why = row(store).last_error
    assert why == reasons.of(errors.NotFound("ticket 7: not found"))
    assert why.endswith(f"(ticket 7: not found) — {errors.NotFound.advice}")


def test_the_unforeseen_does_not_stop_the_worker(jobs: Jobs, store: Store) -> None:
    """Any other exception is tried again, is logged with its place, and tells nothing of the
    ticket; other tickets go on."""
    tried, review = failing(
        ValueError("Customer 3 wrote: my brush is broken"), *[RuntimeError("Customer 3")] * 2
    )
    for ticket in ("7", "8"):
        jobs.accept("main", f"d{ticket}", ticket, "ticket_created")
    with capture_logs() as logged, running(jobs, review, slots=1):
        until(lambda: idle(jobs))
    assert Counter(tried).total() == 5
    failed = [entry for entry in logged if entry["event"] == "review failed"]
    assert [entry["error"] for entry in failed] == [
        ["ValueError"],
        ["RuntimeError"],
        ["RuntimeError"],
    ]
    assert "test_worker.py" in failed[0]["traceback"][-1]
    assert "Customer" not in str(logged)


def test_the_unforeseen_is_bounded_too(jobs: Jobs, store: Store) -> None:
    """A mistake of ours on one ticket ends with a person, and keeps no ticket text."""
    tried, review = failing(*[ValueError("Customer 3 wrote")] * 99)
    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review, retry=Retry(attempts=3, first=0.01, longest=0.02)):
        until(lambda: jobs.backlog().set_aside == 1)
    assert len(tried) == 3
    assert "ValueError" in row(store).last_error
    assert "Customer" not in row(store).last_error


def test_a_ticket_that_kills_its_worker_is_set_aside(jobs: Jobs, store: Store) -> None:
    """Leases that ran out count as tries, so such a ticket does not go round for ever."""
    tried, review = failing()
    jobs.accept("main", "d1", "7", "ticket_created")
    with store.begin() as connection:
        connection.execute(update(REVIEWS).values(attempts=11, lease_owner="dead", lease_until=1))
    with running(jobs, review):
        until(lambda: jobs.backlog().set_aside == 1)
    assert tried == []


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (None, reasons.BROKE_OFF),
        ("Access refused — Connect the account again.", "Access refused — Connect"),
        # what an earlier try left, which was to be tried again
        ("The helpdesk could not be reached (503)", "(503), tried 12 times — Once the cause"),
    ],
)
def test_a_ticket_whose_worker_died_says_what_to_do(
    jobs: Jobs, store: Store, kept: str | None, told: str
) -> None:
    """Also where the last try that lived to say why did not know that it was the last."""
    jobs.accept("main", "d1", "7", "ticket_created")
    values = {"attempts": 11, "lease_owner": "dead", "lease_until": 1, "last_error": kept}
    with store.begin() as connection:
        connection.execute(update(REVIEWS).values(values))
    with running(jobs, failing()[1]):
        until(lambda: jobs.backlog().set_aside == 1)
    assert told in row(store).last_error
    assert " — " in row(store).last_error


@pytest.mark.parametrize(("before", "marks"), [(11, 1), (13, 1), (14, 0)])
def test_a_ticket_that_kills_who_marks_it_is_set_aside_without_a_mark(
    jobs: Jobs, store: Store, before: int, marks: int
) -> None:
    """Reading it may be what kills: then it must not go round for ever either."""
    marked: list[str] = []

    def mark(installation: str, ticket: str, why: str) -> None:
        marked.append(ticket)

    jobs.accept("main", "d1", "7", "ticket_created")
    with store.begin() as connection:
        connection.execute(
            update(REVIEWS).values(attempts=before, lease_owner="dead", lease_until=1)
        )
    with running(jobs, failing()[1], mark=mark):
        until(lambda: jobs.backlog().set_aside == 1)
    assert len(marked) == marks


def test_a_store_that_goes_away_is_waited_for(jobs: Jobs) -> None:
    """The worker goes on where it was when the store is back."""
    tried, review = failing()
    claim = jobs.claim_some
    left = [errors.Unavailable("store: locked"), RuntimeError("store: odd")]

    def flaky(*how: Any, **more: Any) -> list[Job]:
        if left:
            raise left.pop(0)
        return claim(*how, **more)

    jobs.claim_some = flaky  # type: ignore[method-assign]
    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review):
        until(lambda: idle(jobs))
    assert tried == ["7"]


def test_an_end_that_could_not_be_stored_is_reviewed_again(jobs: Jobs) -> None:
    """The store went away after the review: the lease runs out, and nothing is lost."""
    tried, review = failing()
    finish = jobs.finish
    left = [errors.Unavailable("store: locked")]

    def flaky(job: Job, next_due_at: datetime | None, **how: Any) -> None:
        if left:
            raise left.pop(0)
        finish(job, next_due_at, **how)

    jobs.finish = flaky  # type: ignore[method-assign]
    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review, lease_seconds=0.2):
        until(lambda: idle(jobs))
    assert tried == ["7", "7"]


# -- how long to wait -----------------------------------------------------------------------------


def test_waits_grow_and_are_spread() -> None:
    """Each wait is between half and all of a time that doubles up to an hour."""
    retry, chance = Retry(), random.Random(1)
    for attempts, full in [(0, 5), (1, 10), (5, 160), (9, 2560), (10, 3600), (500, 3600)]:
        waits = [retry.wait(attempts, None, chance) for _ in range(200)]
        assert full / 2 <= min(waits) < full * 0.6
        assert full * 0.9 < max(waits) <= full


def test_no_wait_is_shorter_than_what_was_asked_for() -> None:
    """Retry-After is a floor; our own growing wait counts where it is longer."""
    retry, chance = Retry(), random.Random(1)
    waits = [retry.wait(0, 60, chance) for _ in range(200)]
    assert min(waits) >= 60
    assert max(waits) <= 66
    assert len(set(waits)) > 100
    assert min(retry.wait(9, 1, chance) for _ in range(200)) >= 1280


# -- leases and leaving ---------------------------------------------------------------------------


def test_a_long_review_keeps_its_lease(jobs: Jobs) -> None:
    """Leases are renewed while the work runs, also after a renewal that failed."""
    renew = jobs.renew
    left = [errors.Unavailable("store: locked")]

    def flaky(job: Job, lease_seconds: float) -> None:
        if left:
            raise left.pop(0)
        renew(job, lease_seconds)

    jobs.renew = flaky  # type: ignore[method-assign]
    taken: list[Job | None] = []

    def review(installation: str, ticket: str) -> Reviewed:
        until_then = time.monotonic() + 1.5
        while time.monotonic() < until_then:
            taken.append(jobs.claim("other", 60))
            time.sleep(0.05)
        return Reviewed()

    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review, lease_seconds=0.8):
        until(lambda: idle(jobs))
    assert set(taken) == {None}


def test_a_worker_that_slept_past_its_lease_changes_nothing(jobs: Jobs, store: Store) -> None:
    """What somebody else holds meanwhile stays theirs."""
    heirs = []

    def review(installation: str, ticket: str) -> Reviewed:
        with store.begin() as connection:
            connection.execute(update(REVIEWS).values(lease_until=1))
        heirs.append(jobs.claim("other", 60))
        return Reviewed()

    jobs.accept("main", "d1", "7", "ticket_created")
    with capture_logs() as logged, running(jobs, review, slots=1):
        until(lambda: any("lease lost" in entry["event"] for entry in logged))
    (heir,) = heirs
    assert heir is not None
    assert row(store).lease_owner == heir.lease


def test_stopping_finishes_what_began_and_takes_nothing_new(jobs: Jobs, store: Store) -> None:
    """After the stop the running review ends and is stored; what waits is left for the next."""
    begun, go_on = threading.Event(), threading.Event()
    reviewed = []

    def review(installation: str, ticket: str) -> Reviewed:
        begun.set()
        assert go_on.wait(10)
        reviewed.append(ticket)
        return Reviewed()

    for ticket in ("7", "8"):
        jobs.accept("main", f"d{ticket}", ticket, "ticket_created")
    stop = threading.Event()
    thread = threading.Thread(target=Worker(jobs, review, slots=1).run, args=(stop,))
    thread.start()
    assert begun.wait(10)
    stop.set()
    go_on.set()
    thread.join(10)
    assert not thread.is_alive()
    assert len(reviewed) == 1
    backlog = jobs.backlog()
    assert (backlog.due, backlog.leased) == (1, 0)


def test_stopping_gives_back_what_was_claimed_ahead(both: Jobs) -> None:
    """What a slot took along and did not begin is due again at once when the worker stops, as if it
    had never been claimed."""
    many, go_on = threading.Event(), threading.Event()
    reviewed = []

    def review(installation: str, ticket: str) -> Reviewed:
        if many.is_set():
            assert go_on.wait(20)
        reviewed.append(ticket)
        return Reviewed()

    def several(installation: str, tickets: Sequence[str]) -> Callable[[str, str], Reviewed]:
        if len(tickets) > 5:
            many.set()
        return review

    both.make_many_due("main", [str(number) for number in range(2000)])
    stop = threading.Event()
    worker = Worker(both, review, several=several, slots=2)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    assert many.wait(30)
    stop.set()
    go_on.set()
    thread.join(30)
    assert not thread.is_alive()
    backlog = both.backlog()
    assert (backlog.due, backlog.leased) == (2000 - len(reviewed), 0)
    rest = both.claim_some("w", 60, 2000)
    assert len(rest) == 2000 - len(reviewed)
    assert {job.attempts for job in rest} == {0}


# -- signs of life and counts ----------------------------------------------------------------------


@dataclass
class Heart:
    """Stands for the store's signs of life; ``trouble`` is raised as long as it is there."""

    trouble: Exception | None = None
    beats: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def beat(self, worker_id: str) -> None:
        self.beats.append(worker_id)
        if self.trouble is not None:
            raise self.trouble

    def leave(self, worker_id: str) -> None:
        self.left.append(worker_id)
        if self.trouble is not None:
            raise self.trouble


def test_a_worker_gives_signs_of_life_until_it_stops(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first before any work, then one a beat, also while all its slots are busy."""
    monkeypatch.setattr(worker_module, "BEAT", timedelta(milliseconds=50))
    heart = Heart()
    go_on = threading.Event()

    def review(installation: str, ticket: str) -> Reviewed:
        assert heart.beats
        assert go_on.wait(10)
        return Reviewed()

    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review, slots=1, heart=heart, worker_id="w:1"):
        until(lambda: len(heart.beats) >= 3)
        assert heart.left == []
        go_on.set()
    assert set(heart.beats) == {"w:1"}
    assert heart.left == ["w:1"]
    beats = len(heart.beats)
    time.sleep(0.1)
    assert len(heart.beats) == beats


@pytest.mark.parametrize("trouble", [errors.Unavailable("store: away"), RuntimeError("Customer 3")])
def test_a_sign_of_life_that_cannot_be_stored_stops_no_work(jobs: Jobs, trouble: Exception) -> None:
    """It is logged without its values, and the tickets are reviewed."""
    heart = Heart(trouble)
    jobs.accept("main", "d1", "7", "ticket_created")
    with (
        capture_logs() as logged,
        running(jobs, lambda *_: Reviewed(), heart=heart),
    ):
        until(lambda: idle(jobs))
    assert {"no sign of life stored", "leaving not stored"} <= {one["event"] for one in logged}
    assert "Customer" not in str(logged)


def test_how_each_review_ended_is_told(jobs: Jobs) -> None:
    """Once each: by the review's own word, or by what became of it."""

    @dataclass(frozen=True)
    class Done(Reviewed):
        did: str = "unchanged"

    told: list[str] = []
    ends = {"1": None, "2": errors.Invalid("no"), "3": errors.Unavailable("later", retry_after=60)}

    def review(installation: str, ticket: str) -> Reviewed:
        error = ends[ticket]
        if error is not None:
            raise error
        return Done()

    def tell(how: str, seconds: float) -> None:
        assert 0 <= seconds < 5
        told.append(how)

    for ticket in ends:
        jobs.accept("main", f"d{ticket}", ticket, "ticket_created")
    with running(jobs, review, told=tell):
        until(lambda: len(told) == 3)
    assert sorted(told) == ["postponed", "set aside", "unchanged"]


def test_what_stands_beside_a_worker_stays_as_long_as_its_last_review(jobs: Jobs) -> None:
    """It is entered before the first review and left after the last has ended."""
    events: list[str] = []

    @contextmanager
    def beside() -> Iterator[None]:
        events.append("entered")
        yield
        events.append("left")

    def review(installation: str, ticket: str) -> Reviewed:
        events.append("began")
        time.sleep(0.1)
        events.append("ended")
        return Reviewed()

    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review, beside=beside):
        until(lambda: "began" in events)
    assert events == ["entered", "began", "ended", "left"]


# -- processes ------------------------------------------------------------------------------------


class Witness:
    """Worker processes and what they wrote down of their reviews."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.store = connect(url)
        self.jobs = Jobs(self.store, plenty)
        self.path = folder / "witness.sqlite"
        self.killed: dict[int, float] = {}
        self.processes: list[subprocess.Popen[bytes]] = []
        with self.open() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE work (key PRIMARY KEY, ticket, pid, began, ended)")
            connection.execute("CREATE TABLE marks (ticket, pid, why)")

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        connection.row_factory = sqlite3.Row
        yield connection
        connection.close()

    def work(self) -> list[sqlite3.Row]:
        with self.open() as connection:
            return connection.execute("SELECT * FROM work ORDER BY began").fetchall()

    def marks(self) -> list[sqlite3.Row]:
        with self.open() as connection:
            return connection.execute("SELECT * FROM marks ORDER BY rowid").fetchall()

    def start(
        self,
        *,
        slots: int = 3,
        lease: float = 1,
        takes: tuple[float, float],
        ends: str = "well",
    ) -> subprocess.Popen[bytes]:
        script = Path(__file__).with_name("slow_worker.py")
        arguments = [self.url, self.path, slots, lease, *takes, ends]
        process = subprocess.Popen(
            [sys.executable, script, *map(str, arguments)], stderr=subprocess.DEVNULL
        )
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        self.killed[process.pid] = time.time()
        process.kill()
        process.wait()


@pytest.fixture
def witness(database_url: str, tmp_path: Path) -> Iterator[Witness]:
    witness = Witness(database_url, tmp_path)
    yield witness
    for process in witness.processes:
        process.kill()
        process.wait()
    witness.store.close()


def test_killed_workers_lose_nothing_and_double_nothing(witness: Witness) -> None:
    """Workers die by SIGKILL at random moments and are started again: every event is followed by
    a review that saw it, and no ticket was ever worked on twice at once."""
    chance = random.Random()
    jobs = witness.jobs
    takes = (0.02, 0.25)
    workers = [witness.start(takes=takes) for _ in range(2)]
    promised: dict[str, float] = {}
    try:
        number = 0
        kills = 0
        next_kill = None
        while kills < 4:
            number += 1
            ticket = str(chance.randrange(40))
            before = time.time()
            assert jobs.accept("main", f"d{number}", ticket, "ticket_changed")
            promised[ticket] = before
            time.sleep(0.005)
            if next_kill is None:
                # Both have come up and are at work: a kill before that would prove nothing.
                if {one.pid for one in workers} <= {one["pid"] for one in witness.work()}:
                    next_kill = time.time() + chance.uniform(0.0, 0.5)
            elif time.time() > next_kill:
                victim = chance.randrange(2)
                witness.kill(workers[victim])
                workers[victim] = witness.start(takes=takes)
                kills += 1
                next_kill = None
        until(lambda: idle(jobs), 20)
    finally:
        for process in workers:
            process.terminate()
        for process in workers:
            assert process.wait(20) == 0

    by_ticket = defaultdict(list)
    for one in witness.work():
        by_ticket[one["ticket"]].append(one)
    for ticket, before in promised.items():
        complete = [one["began"] for one in by_ticket[ticket] if one["ended"]]
        assert max(complete) >= before, f"ticket {ticket}: an event was lost"
    broken_off = 0
    for ticket, reviews in by_ticket.items():
        for one, following in zip(reviews, [*reviews[1:], None], strict=True):
            broken_off += one["ended"] is None
            end = one["ended"] or witness.killed[one["pid"]]
            assert following is None or following["began"] >= end, f"ticket {ticket}: twice at once"
    assert broken_off > 0, "no kill hit a review: this proved nothing"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sigterm_lets_the_review_end(witness: Witness) -> None:
    """On SIGTERM the process ends what it began, takes nothing new and leaves with 0."""
    jobs = witness.jobs
    for ticket in ("7", "8"):
        jobs.accept("main", f"d{ticket}", ticket, "ticket_created")
    process = witness.start(slots=1, takes=(0.8, 0.8))
    until(lambda: len(witness.work()) == 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    (one,) = witness.work()
    assert one["ended"]
    assert (jobs.backlog().due, jobs.backlog().leased) == (1, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_second_signal_leaves_at_once(witness: Witness) -> None:
    """Who asks twice is not kept waiting; the lease brings the ticket back."""
    jobs = witness.jobs
    jobs.accept("main", "d1", "7", "ticket_created")
    process = witness.start(slots=1, takes=(60, 60))
    until(lambda: len(witness.work()) == 1)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == -signal.SIGINT
    assert time.monotonic() - began < 1
    until(lambda: jobs.backlog().due == 1, 5)


# -- the mark of what was set aside ----------------------------------------------------------------


@pytest.mark.parametrize("trouble", [None, errors.Forbidden("no"), RuntimeError("odd")])
def test_a_ticket_set_aside_is_marked_where_that_can_be_had(
    sqlite_url: str, trouble: Exception | None
) -> None:
    """The mark is tried once, before the ticket is let go; it failing keeps nothing from being set
    aside."""
    store = connect(sqlite_url)
    store.prepare()
    jobs = Jobs(store)
    jobs.accept("main", "d1", "7", "ticket_created")
    marked: list[tuple[str, str, str]] = []
    stop = threading.Event()

    def review(installation: str, ticket: str) -> ReviewResult:
        raise errors.Invalid("ticket 7: refused")

    def mark(installation: str, ticket: str, why: str) -> None:
        marked.append((installation, ticket, why))
        assert jobs.waiting() == []
        if trouble is not None:
            raise trouble

    worker = Worker(jobs, review, mark=mark)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    for _ in range(200):
        if jobs.waiting():
            break
        stop.wait(0.05)
    stop.set()
    thread.join()
    (waiting,) = jobs.waiting()
    store.close()
    assert (waiting.ticket_id, marked) == ("7", [("main", "7", waiting.why)])
    assert "refused" in waiting.why
    assert errors.Invalid.advice in waiting.why


@pytest.mark.parametrize("tries_before", [0, 11])
def test_a_worker_killed_between_mark_and_end_changes_nothing_of_it(
    witness: Witness, tries_before: int
) -> None:
    """Whoever takes over sets the review aside for the same reason, once; also where it was the
    last try that there was."""
    jobs = witness.jobs
    jobs.accept("main", "d1", "7", "ticket_created")
    with witness.store.begin() as connection:
        connection.execute(update(REVIEWS).values(attempts=tries_before))
    killed = witness.start(takes=(0, 0), ends="refused")
    until(lambda: len(witness.marks()) == 1, 20)
    assert jobs.waiting() == []
    witness.kill(killed)
    heir = witness.start(takes=(0, 0), ends="refused, quick")
    until(lambda: jobs.waiting() != [], 20)
    heir.terminate()
    assert heir.wait(20) == 0
    (waiting,) = jobs.waiting()
    assert {one["why"] for one in witness.marks()} == {waiting.why}
    assert waiting.why == reasons.of(errors.Forbidden("ticket 7: no"))
    assert len(witness.marks()) == 2
    assert idle(jobs)


# -- several at once ------------------------------------------------------------------------------


def test_a_backlog_is_reviewed_several_at_once(both: Jobs) -> None:
    """Where much is due, tickets are taken together, each reviewed once and ended by itself; one
    that fails harms no other."""
    chunks: list[int] = []
    reviewed: Counter[str] = Counter()

    def review(installation: str, ticket: str) -> Reviewed:
        reviewed[ticket] += 1
        if ticket == "400":
            raise errors.Rejected("ticket 400: no")
        return Reviewed()

    def several(installation: str, tickets: Sequence[str]) -> Callable[[str, str], Reviewed]:
        left = list(tickets)
        chunks.append(len(left))

        def one(installation: str, ticket: str) -> Reviewed:
            assert ticket == left.pop(0), "in their order"
            return review(installation, ticket)

        return one

    both.make_many_due("main", [str(number) for number in range(800)])
    with running(both, review, several=several):
        until(lambda: both.backlog().set_aside == 1 and idle(both), 60)
    assert set(reviewed.values()) == {1}
    assert len(reviewed) == 800
    assert max(chunks) > 4
    assert [one.ticket_id for one in both.waiting()] == ["400"]


def test_a_few_are_never_taken_together(jobs: Jobs) -> None:
    """No more due than there are slots: each has a slot of its own."""

    def several(installation: str, tickets: Sequence[str]) -> Callable[[str, str], Reviewed]:
        raise AssertionError(tickets)

    jobs.make_many_due("main", ["1", "2"])
    with running(jobs, lambda installation, ticket: Reviewed(), several=several):
        until(lambda: idle(jobs))


# -- fair to all accounts --------------------------------------------------------------------------


class Desks:
    """Helpdesks of several accounts; those that hang let no review end before they are told to."""

    def __init__(self, *hanging: str) -> None:
        self.hanging = set(hanging)
        self.go_on = threading.Event()
        self.lock = threading.Lock()
        self.done: Counter[str] = Counter()
        self.under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.error: Exception | None = None

    def __call__(self, installation: str, ticket: str) -> Reviewed:
        with self.lock:
            self.under_way[installation] += 1
            self.most[installation] = max(self.most[installation], self.under_way[installation])
        try:
            if installation in self.hanging:
                assert self.go_on.wait(20)
                if self.error is not None:
                    raise self.error
        finally:
            with self.lock:
                self.under_way[installation] -= 1
                self.done[installation] += 1
        return Reviewed()


@pytest.fixture
def both(database_url: str) -> Iterator[Jobs]:
    """The work on each of the engines."""
    store = connect(database_url)
    yield Jobs(store, plenty)
    store.close()


@pytest.mark.parametrize("others", [("b",), ("b", "c")])
def test_an_account_that_hangs_delays_no_other(both: Jobs, others: tuple[str, ...]) -> None:
    """While every review of one account hangs, those of the others all end: one slot is never its
    own."""
    desks = Desks("a")
    for other in others:
        both.make_due(other, "0", datetime.now(UTC) + timedelta(days=1))
    both.make_many_due("a", [str(number) for number in range(50)])
    with running(both, desks, slots=4):
        until(lambda: desks.under_way["a"] == 3)
        for other in others:
            both.make_many_due(other, [str(number) for number in range(1, 21)])
        until(lambda: all(desks.done[other] == 20 for other in others), 20)
        assert (desks.done["a"], desks.under_way["a"]) == (0, 3)
        desks.go_on.set()
        until(lambda: desks.done["a"] == 50, 20)


def test_one_slot_is_left_where_there_are_others(both: Jobs) -> None:
    """Where there is another account, none takes all slots, even while the other has nothing due;
    a freed slot is taken again at once."""
    both.make_due("b", "0", datetime.now(UTC) + timedelta(days=1))
    both.make_many_due("a", [str(number) for number in range(12)])
    desks = Desks("a")
    with running(both, desks, slots=4):
        until(lambda: desks.under_way["a"] == 3)
        time.sleep(0.5)
        assert desks.under_way["a"] == 3
        both.make_due("b", "1")
        until(lambda: desks.done["b"] == 1)
        desks.go_on.set()
        until(lambda: desks.done["a"] == 12)
    assert desks.most["a"] == 3


def test_a_single_account_has_all_slots(both: Jobs) -> None:
    """Nobody to share with: nothing is held back."""
    both.make_many_due("a", [str(number) for number in range(8)])
    desks = Desks("a")
    with running(both, desks, slots=3):
        until(lambda: desks.under_way["a"] == 3)
        desks.go_on.set()
        until(lambda: idle(both))


def test_a_flood_delays_no_other(both: Jobs) -> None:
    """A ticket of another account has its turn next, whatever is due in the first."""
    seen: list[str] = []

    def review(installation: str, ticket: str) -> Reviewed:
        seen.append(installation)
        time.sleep(0.005)
        return Reviewed()

    both.make_many_due("flood", [str(number) for number in range(3000)])
    with running(both, review, slots=2):
        until(lambda: len(seen) > 5)
        both.make_due("small", "1")
        at = len(seen)
        until(lambda: "small" in seen)
    assert seen.index("small") - at < 100


def test_an_account_whose_reviews_all_time_out_is_left_alone(both: Jobs) -> None:
    """Its first reviews end without an answer, then it is left alone: its other tickets are not
    tried, and another account has the slots."""
    desks = Desks("a")
    desks.error = errors.Unavailable("helpdesk: no answer")
    desks.go_on.set()
    both.make_many_due("a", [str(number) for number in range(50)])
    both.make_due("b", "0", datetime.now(UTC) + timedelta(days=1))
    with running(both, desks, slots=4, retry=Retry(first=3600)):
        until(lambda: desks.done["a"] >= 3)
        time.sleep(1)
        both.make_many_due("b", [str(number) for number in range(1, 21)])
        until(lambda: desks.done["b"] == 20)
    assert desks.done["a"] <= 5
    assert both.backlog("a").due >= 45


@pytest.mark.parametrize(
    ("error", "troubles", "paused"),
    [
        (errors.Unavailable("helpdesk: 503"), 1, False),
        (errors.RateLimited("helpdesk: 429", retry_after=120), 0, True),
        (errors.RateLimited("helpdesk: 429"), 0, True),
        (errors.Conflict("ticket 7: changed"), 0, False),
        (Away("store: locked"), 0, False),
        (ValueError("odd"), 0, False),
        (errors.NotFound("ticket 7"), 0, False),
    ],
)
def test_what_an_error_says_of_the_account(
    jobs: Jobs, store: Store, error: Exception, troubles: int, paused: bool
) -> None:
    """No answer is a trouble; a 429 pauses the account for as long as it says, some seconds at
    least; what is not the helpdesk's doing is neither."""
    _, review = failing(*[error] * 9)
    began = time.time()
    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review, retry=Retry(first=3600)):
        until(lambda: row(store).attempts == 1)
    with store.read() as connection:
        account = connection.execute(select(ACCOUNTS)).one()
    assert account.troubles == troubles
    if paused:
        least = getattr(error, "retry_after", None) or 5
        assert began + least - 0.1 <= account.paused_until / 1000 <= time.time() + least + 0.1
    else:
        assert account.paused_until is None


# -- what a review leaves --------------------------------------------------------------------------


def test_what_a_review_sent_is_settled(jobs: Jobs, store: Store) -> None:
    """What it sent counts against the account's budget and its ticket's writes, and what the
    helpdesk told of the account's limit is kept."""

    def review(installation: str, ticket: str) -> Reviewed:
        spend("ticket_read")
        spend("ticket_update", 700)
        return Reviewed()

    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review):
        until(lambda: idle(jobs))
    with store.read() as connection:
        account = connection.execute(select(ACCOUNTS)).one()
    assert account.request_limit == 700
    assert (row(store).writes, row(store).writes_since is None) == (1, False)


def test_a_record_is_kept_with_the_end(jobs: Jobs, store: Store) -> None:
    """``keep`` is called once for a review that ended, in the transaction that ends it, and not for
    one that came to nothing."""
    kept: list[tuple[str, ReviewResult]] = []
    tried, review = failing(errors.Unavailable("helpdesk: 503"))

    def keep(connection: Connection, job: Job, result: ReviewResult) -> None:
        connection.execute(update(REVIEWS).values(reason="kept with it"))
        kept.append((job.ticket_id, result))

    jobs.accept("main", "d1", "7", "ticket_created")
    with running(jobs, review, keep=keep):
        until(lambda: idle(jobs))
    assert kept == [("7", Reviewed())]
    assert row(store).reason == "kept with it"
    assert len(tried) == 2


def test_a_record_that_cannot_be_kept_is_tried_again(jobs: Jobs, store: Store) -> None:
    """No end without its record: the review waits and is done again, a bounded number of times,
    and nothing is told of what was to be kept."""

    def keep(connection: Connection, job: Job, result: ReviewResult) -> None:
        raise RuntimeError("Customer 3")

    tried, review = failing()
    jobs.accept("main", "d1", "7", "ticket_created")
    with (
        capture_logs() as logged,
        running(jobs, review, keep=keep, retry=Retry(attempts=3, first=0.01, longest=0.02)),
    ):
        until(lambda: jobs.backlog().set_aside == 1)
    assert len(tried) == 3
    assert "RuntimeError" in row(store).last_error
    assert "Customer" not in f"{row(store).last_error} {logged}"
