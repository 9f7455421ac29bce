from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import ObjectNotExecutableError

from integration import errors
from integration.jobs import EVENTS, REVIEWS, Backlog, Job, Jobs, LeaseLost
from integration.store import Store, connect

SOON = datetime.now(UTC) + timedelta(days=3)


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return Jobs(store)


@pytest.fixture
def row(store: Store) -> Callable[..., Any]:
    def look(ticket: str = "7") -> Any:
        with store.read() as connection:
            return connection.execute(
                select(REVIEWS).where(REVIEWS.c.ticket_id == ticket)
            ).one_or_none()

    return look


@pytest.fixture
def later(store: Store) -> Callable[[float], None]:
    """Let so many seconds pass, as the tables see it."""

    def shift(seconds: float) -> None:
        by = int(seconds * 1000)
        r = REVIEWS.c
        with store.begin() as connection:
            connection.execute(
                update(REVIEWS).values(due_at=r.due_at - by, lease_until=r.lease_until - by)
            )

    return shift


def claimed(jobs: Jobs, lease: float = 60) -> Job:
    job = jobs.claim("w", lease)
    assert job is not None
    return job


# -- accepting ------------------------------------------------------------------------------------


def test_an_accepted_event_makes_its_ticket_due(
    jobs: Jobs, store: Store, row: Callable[..., Any]
) -> None:
    """Accepting records the event and makes the ticket's review due now."""
    assert jobs.accept("main", "d1", "7", "ticket_created")
    with store.read() as connection:
        event = connection.execute(select(EVENTS)).one()
    assert (event.installation, event.delivery_id, event.ticket_id, event.kind) == (
        "main",
        "d1",
        "7",
        "ticket_created",
    )
    assert row().due_at == pytest.approx(event.received_at, abs=1000)
    assert (row().generation, row().reason, row().attempts) == (1, "ticket_created", 0)
    assert claimed(jobs).ticket_id == "7"


def test_accepting_is_one_transaction(
    jobs: Jobs, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event whose review could not be made due is not recorded, so its repeat is no repeat."""
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "_due_now", object())  # no statement: cut off between the two
        with pytest.raises(ObjectNotExecutableError):
            jobs.accept("main", "d1", "7", "ticket_created")
    assert jobs.accept("main", "d1", "7", "ticket_created")
    assert claimed(jobs).ticket_id == "7"


def test_a_repeated_delivery_changes_nothing(
    jobs: Jobs, store: Store, row: Callable[..., Any]
) -> None:
    """The same delivery id again is reported as a repeat, and the tables stay as they were."""
    jobs.accept("main", "d1", "7", "ticket_created")
    jobs.finish(claimed(jobs), None)
    before = row()
    assert not jobs.accept("main", "d1", "7", "ticket_created")
    assert row() == before
    assert jobs.claim("w", 60) is None
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(EVENTS)).scalar() == 1


def test_a_delivery_id_is_unique_within_its_installation_alone(jobs: Jobs) -> None:
    """Two accounts may use the same delivery id; one without an id is never a repeat."""
    assert jobs.accept("main", "d1", "7", "ticket_created")
    assert jobs.accept("other", "d1", "7", "ticket_created")
    assert jobs.accept("main", None, "7", "ticket_created")
    assert jobs.accept("main", None, "7", "ticket_created")


def test_the_same_delivery_in_many_threads_is_accepted_once(jobs: Jobs) -> None:
    """Deliveries that race each other are one event."""
    jobs.backlog()
    with ThreadPoolExecutor(8) as threads:
        news = list(
            threads.map(lambda _: jobs.accept("main", "d1", "7", "ticket_created"), range(16))
        )
    assert news.count(True) == 1


def test_a_burst_on_one_ticket_is_one_review(jobs: Jobs, row: Callable[..., Any]) -> None:
    """Fifty events on one ticket make one row due, which is claimed once."""
    for number in range(50):
        jobs.accept("main", f"d{number}", "7", "ticket_changed")
    assert row().generation == 50
    jobs.finish(claimed(jobs), None)
    assert jobs.claim("w", 60) is None


def test_what_was_accepted_survives_a_killed_process(database_url: str) -> None:
    """Once accept returned, the event is stored, whatever becomes of the process."""
    program = (
        "import sys; from integration.jobs import Jobs; from integration.store import connect;"
        "jobs = Jobs(connect(sys.argv[1])); n = 0\n"
        "while True:\n"
        "    n += 1; jobs.accept('main', f'd{n}', f't{n}', 'ticket_created');"
        "    print(n, flush=True)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, database_url], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    promised = [int(process.stdout.readline()) for _ in range(40)]
    os.kill(process.pid, signal.SIGKILL)
    promised += [int(line) for line in process.stdout.read().split()]
    process.wait()
    process.stdout.close()
    store = connect(database_url)
    with store.read() as connection:
        stored = set(connection.execute(select(EVENTS.c.delivery_id)).scalars())
        due = set(connection.execute(select(REVIEWS.c.ticket_id)).scalars())
    store.close()
    assert {f"d{n}" for n in promised} <= stored
    assert {d.replace("d", "t") for d in stored} == due


# -- claiming -------------------------------------------------------------------------------------


def test_a_claimed_review_is_nobody_elses(jobs: Jobs) -> None:
    """One ticket is never worked on twice at once."""
    jobs.accept("main", "d1", "7", "ticket_created")
    claimed(jobs)
    assert jobs.claim("other", 60) is None
    jobs.accept("main", "d2", "7", "ticket_changed")
    assert jobs.claim("other", 60) is None


def test_workers_that_race_share_the_work(jobs: Jobs) -> None:
    """Eight claiming at once take forty reviews, each exactly once."""
    for number in range(40):
        jobs.accept("main", f"d{number}", str(number), "ticket_created")

    def work(name: int) -> list[str]:
        mine = []
        misses = 0
        while misses < 3:  # on PostgreSQL a racing claim may come back with nothing
            job = jobs.claim(str(name), 60)
            if job is None:
                misses += 1
            else:
                mine.append(job.ticket_id)
        return mine

    with ThreadPoolExecutor(8) as threads:
        taken = Counter(ticket for mine in threads.map(work, range(8)) for ticket in mine)
    assert taken == Counter({str(number): 1 for number in range(40)})


def test_the_longest_due_comes_first(jobs: Jobs) -> None:
    """Reviews are taken in the order in which they fell due, and none before it is due."""
    now = datetime.now(UTC)
    jobs.make_due("main", "tomorrow", now + timedelta(days=1))
    jobs.make_due("main", "second", now - timedelta(minutes=5))
    jobs.make_due("main", "first", now - timedelta(minutes=9))
    assert [claimed(jobs).ticket_id, claimed(jobs).ticket_id] == ["first", "second"]
    assert jobs.claim("w", 60) is None


def test_a_lease_that_ran_out_frees_the_ticket(jobs: Jobs, later: Callable[[float], None]) -> None:
    """A worker that died leaves a lease that runs out; the lost try is counted."""
    jobs.accept("main", "d1", "7", "ticket_created")
    dead = claimed(jobs, lease=60)
    later(59)
    assert jobs.claim("other", 60) is None
    later(2)
    heir = claimed(jobs)
    assert (heir.ticket_id, heir.attempts) == ("7", dead.attempts + 1)


def test_a_renewed_lease_does_not_run_out(jobs: Jobs, later: Callable[[float], None]) -> None:
    """Renewing holds the ticket for the whole time again."""
    jobs.accept("main", "d1", "7", "ticket_created")
    job = claimed(jobs, lease=60)
    later(50)
    jobs.renew(job, 60)
    later(50)
    assert jobs.claim("other", 60) is None
    jobs.finish(job, None)


# -- ending ---------------------------------------------------------------------------------------


def test_a_finished_review_is_due_again_on_the_day_it_named(
    jobs: Jobs, row: Callable[..., Any], later: Callable[[float], None]
) -> None:
    """A deadline is a due_at in the future."""
    jobs.accept("main", "d1", "7", "ticket_created")
    jobs.finish(claimed(jobs), SOON)
    assert row().due_at == int(SOON.timestamp() * 1000)
    assert jobs.claim("w", 60) is None
    later(3 * 86_400 + 60)
    assert claimed(jobs).reason == "date reached"


def test_a_finished_review_may_have_no_next_day(jobs: Jobs, row: Callable[..., Any]) -> None:
    """A verdict that no longer changes by itself leaves nothing due, and a clean row."""
    jobs.accept("main", "d1", "7", "ticket_created")
    jobs.finish(claimed(jobs), None)
    left = row()
    assert left.due_at is left.lease_owner is left.lease_until is left.last_error is None
    assert left.attempts == 0


def test_a_date_gone_by_is_no_loop(
    jobs: Jobs, row: Callable[..., Any], later: Callable[[float], None]
) -> None:
    """A review that names a past moment is due again a minute later, not at once."""
    jobs.accept("main", "d1", "7", "ticket_created")
    jobs.finish(claimed(jobs), datetime(2020, 1, 1, tzinfo=UTC))
    assert jobs.claim("w", 60) is None
    later(61)
    claimed(jobs)


def test_a_date_needs_its_zone(jobs: Jobs) -> None:
    """A naive moment is refused: whose midnight would it be?"""
    jobs.accept("main", "d1", "7", "ticket_created")
    with pytest.raises(ValueError, match="zone"):
        jobs.finish(claimed(jobs), datetime(2030, 1, 1))


def test_an_event_during_the_review_keeps_the_ticket_due(jobs: Jobs) -> None:
    """The review saw the state before the event, so there is another one; and only one."""
    jobs.accept("main", "d1", "7", "ticket_created")
    job = claimed(jobs)
    for number in range(5):
        jobs.accept("main", f"e{number}", "7", "ticket_changed")
    jobs.finish(job, SOON)
    again = claimed(jobs)
    assert again.reason == "ticket_changed"
    jobs.finish(again, None)
    assert jobs.claim("w", 60) is None


@pytest.mark.parametrize(
    "end",
    [
        lambda jobs, job: jobs.finish(job, None),
        lambda jobs, job: jobs.postpone(job, 5, "busy"),
        lambda jobs, job: jobs.set_aside(job, "no"),
        lambda jobs, job: jobs.renew(job, 60),
    ],
    ids=["finish", "postpone", "set_aside", "renew"],
)
def test_a_lost_lease_changes_nothing(
    jobs: Jobs,
    row: Callable[..., Any],
    later: Callable[[float], None],
    end: Callable[[Jobs, Job], None],
) -> None:
    """A worker that slept past its lease cannot touch what somebody else now holds."""
    jobs.accept("main", "d1", "7", "ticket_created")
    slept = claimed(jobs)
    later(61)
    heir = claimed(jobs)
    before = row()
    with pytest.raises(LeaseLost):
        end(jobs, slept)
    assert row() == before
    jobs.finish(heir, None)
    with pytest.raises(LeaseLost):
        end(jobs, slept)


def test_a_postponed_review_waits_its_time(
    jobs: Jobs, row: Callable[..., Any], later: Callable[[float], None]
) -> None:
    """A retry is a later due_at; the reason and the number of tries are kept."""
    jobs.accept("main", "d1", "7", "ticket_created")
    jobs.postpone(claimed(jobs), 30, "helpdesk: 503")
    assert (row().attempts, row().last_error) == (1, "helpdesk: 503")
    later(29)
    assert jobs.claim("w", 60) is None
    later(2)
    assert claimed(jobs).attempts == 1


def test_no_event_ends_a_wait_that_the_helpdesk_asked_for(
    jobs: Jobs, later: Callable[[float], None]
) -> None:
    """Never before Retry-After, also when the ticket changes meanwhile; but then."""
    jobs.accept("main", "d1", "7", "ticket_created")
    jobs.postpone(claimed(jobs), 30, "helpdesk: 429")
    jobs.accept("main", "d2", "7", "ticket_changed")
    assert jobs.claim("w", 60) is None
    assert jobs.backlog() == Backlog(0, 0, 1, 0, None)
    later(31)
    assert claimed(jobs).reason == "ticket_changed"


def test_what_is_set_aside_waits_for_a_person(
    jobs: Jobs, row: Callable[..., Any], later: Callable[[float], None]
) -> None:
    """Set aside is a column: kept with its reason, and never due by itself."""
    jobs.accept("main", "d1", "7", "ticket_created")
    jobs.set_aside(claimed(jobs), "ticket 7: not found")
    assert row().set_aside_at is not None
    assert row().last_error == "ticket 7: not found"
    later(86_400 * 365)
    assert jobs.claim("w", 60) is None


def test_a_new_event_is_a_fresh_start_for_what_was_set_aside(
    jobs: Jobs, row: Callable[..., Any]
) -> None:
    """The ticket changed, so it may go well now: due at once, with no tries counted."""
    jobs.accept("main", "d1", "7", "ticket_created")
    jobs.set_aside(claimed(jobs), "ticket 7: not found")
    jobs.accept("main", "d2", "7", "ticket_changed")
    assert (row().set_aside_at, row().attempts, row().last_error) == (None, 0, None)
    assert claimed(jobs).attempts == 0


def test_an_event_during_a_review_that_fails_for_good_is_not_lost(jobs: Jobs) -> None:
    """The ticket changed while we learned that it cannot be written: it is tried once more."""
    jobs.accept("main", "d1", "7", "ticket_created")
    job = claimed(jobs)
    jobs.accept("main", "d2", "7", "ticket_changed")
    jobs.set_aside(job, "ticket 7: not found")
    assert jobs.backlog().set_aside == 0
    assert claimed(jobs).attempts == 0


def test_a_long_reason_is_cut(jobs: Jobs, row: Callable[..., Any]) -> None:
    """A helpdesk's page of HTML does not fill the table."""
    jobs.accept("main", "d1", "7", "ticket_created")
    jobs.postpone(claimed(jobs), 1, "x" * 10_000)
    assert len(row().last_error) == 500


def test_a_review_knows_the_newest_delivery_that_it_answers(jobs: Jobs) -> None:
    """Of a burst the last one; a retry answers the same, asking for a review hides it not; what
    comes in during a review belongs to the next, and a review by date answers none."""
    jobs.accept("main", "d1", "7", "ticket_created")
    jobs.accept("main", "d2", "7", "ticket_changed")
    jobs.make_due("main", "7")
    first = claimed(jobs)
    assert first.delivery == "d2"
    jobs.postpone(first, 0, "why")
    again = claimed(jobs)
    assert again.delivery == "d2"
    assert again.id != first.id
    assert again.id in again.lease
    jobs.accept("main", "d3", "7", "ticket_changed")
    jobs.finish(again, None)
    last = claimed(jobs)
    assert last.delivery == "d3"
    jobs.finish(last, None)
    jobs.make_due("main", "7")
    assert claimed(jobs).delivery is None


# -- asking for a review --------------------------------------------------------------------------


def test_making_due_never_delays(jobs: Jobs, row: Callable[..., Any]) -> None:
    """A review asked for later than it is due anyway stays due when it was."""
    jobs.make_due("main", "7", SOON)
    jobs.make_due("main", "7", SOON + timedelta(days=1))
    assert row().due_at == int(SOON.timestamp() * 1000)
    jobs.make_due("main", "7")
    claimed(jobs)


def test_making_due_during_a_review_means_another(jobs: Jobs) -> None:
    """What asked for the review may have seen something that the running one has not."""
    jobs.make_due("main", "7")
    job = claimed(jobs)
    jobs.make_due("main", "7")
    jobs.finish(job, None)
    claimed(jobs)


def test_a_review_with_nothing_due_becomes_due_when_asked(jobs: Jobs) -> None:
    """Making due works on a row that was finished without a next day."""
    jobs.make_due("main", "7")
    jobs.finish(claimed(jobs), None)
    jobs.make_due("main", "7")
    claimed(jobs)


# -- looking --------------------------------------------------------------------------------------


def test_the_backlog_counts_every_review_once(jobs: Jobs, later: Callable[[float], None]) -> None:
    """Due, leased, scheduled and set aside, by installation or over all; and the oldest's age."""
    assert jobs.backlog() == Backlog(0, 0, 0, 0, None)
    for ticket in ("a", "b", "c"):
        jobs.make_due("main", ticket)
    jobs.set_aside(claimed(jobs), "no")
    jobs.finish(claimed(jobs), SOON)
    claimed(jobs)
    jobs.make_due("main", "d")
    jobs.make_due("other", "e")
    found = jobs.backlog("main")
    assert (found.due, found.leased, found.scheduled, found.set_aside) == (1, 1, 1, 1)
    assert jobs.backlog().due == 2
    later(30)
    assert jobs.backlog().oldest_due_seconds == pytest.approx(30, abs=5)


def test_a_store_out_of_reach_is_unavailable() -> None:
    """Every method says Unavailable, so that the caller answers 503 or waits."""
    jobs = Jobs(connect("sqlite:////nowhere/at/all/warranty.sqlite"))
    job = Job("main", "7", "x", 1, 0, "w/1")
    calls: list[Callable[[], object]] = [
        lambda: jobs.accept("main", "d1", "7", "ticket_created"),
        lambda: jobs.claim("w", 60),
        lambda: jobs.renew(job, 60),
        lambda: jobs.finish(job, None),
        lambda: jobs.postpone(job, 1, "x"),
        lambda: jobs.set_aside(job, "x"),
        lambda: jobs.make_due("main", "7"),
        jobs.backlog,
    ]
    for call in calls:
        with pytest.raises(errors.Unavailable):
            call()


def test_threads_share_one_store(jobs: Jobs) -> None:
    """Accepting and working go on in many threads of one process without getting in the way."""
    done: list[str] = []
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            job = jobs.claim("w", 60)
            if job is None:
                stop.wait(0.01)
            else:
                jobs.finish(job, None)
                done.append(job.ticket_id)

    with ThreadPoolExecutor(6) as threads:
        workers = [threads.submit(work) for _ in range(3)]
        list(
            threads.map(lambda n: jobs.accept("main", f"d{n}", str(n), "ticket_created"), range(60))
        )
        for _ in range(400):
            if len(done) >= 60:
                break
            stop.wait(0.02)
        stop.set()
        for worker in workers:
            worker.result()
    assert sorted(done, key=int) == [str(n) for n in range(60)]
