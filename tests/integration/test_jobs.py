from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError, ObjectNotExecutableError

from integration import errors
from integration.budgets import ACCOUNTS, Health, Limits, Spent
from integration.jobs import EVENTS, REVIEWS, Backlog, Job, Jobs, LeaseLost
from integration.store import Store, connect

SOON = datetime.now(UTC) + timedelta(days=3)


def plenty(installation: str) -> Limits:
    """Limits that nothing here comes near."""
    return Limits(updates=1_000_000, requests=1_000_000)


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return Jobs(store, plenty)


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
        r, a = REVIEWS.c, ACCOUNTS.c
        with store.begin() as connection:
            connection.execute(
                update(REVIEWS).values(due_at=r.due_at - by, lease_until=r.lease_until - by)
            )
            connection.execute(
                update(ACCOUNTS).values(
                    paused_until=a.paused_until - by,
                    served_at=a.served_at - by,
                    filled_at=a.filled_at - by,
                )
            )

    return shift


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for a condition; fail where it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


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
        patched.setattr(jobs._intake, "_due_now", object())  # no statement: cut off between the two
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


def test_many_become_due_at_once(jobs: Jobs, store: Store, row: Callable[..., Any]) -> None:
    """Twenty thousand tickets are made due as one each is, each once, in a time that a person
    waits for."""
    jobs.accept("main", "d1", "7", "ticket_created")
    jobs.set_aside(claimed(jobs), "no")
    jobs.make_due("main", "8", SOON)
    tickets = [str(number) for number in range(20_000)]
    began = time.monotonic()
    assert jobs.make_many_due("main", [*tickets, "7", "8"], "a view") == 20_000
    assert time.monotonic() - began < 30
    assert jobs.backlog() == Backlog(20_000, 0, 0, 0, pytest.approx(15, abs=15))
    assert (row("7").set_aside_at, row("7").attempts, row("7").generation) == (None, 0, 2)
    assert row("8").reason == "a view"
    assert jobs.make_many_due("main", [], "a view") == 0


# -- whose turn it is -----------------------------------------------------------------------------


def account(store: Store, installation: str = "main") -> Any:
    with store.read() as connection:
        return connection.execute(
            select(ACCOUNTS).where(ACCOUNTS.c.installation == installation)
        ).one_or_none()


def silent(jobs: Jobs, later: Callable[[float], None], times: int) -> None:
    """So many first reviews end without an answer of the helpdesk."""
    for _ in range(times):
        jobs.postpone(claimed(jobs), 3600, "no answer", health=Health.SILENT)
        later(1)


def test_installations_are_served_in_turn(jobs: Jobs) -> None:
    """One with thousands due does not come before another's one: three are served one by one,
    whoever had more and earlier."""
    jobs.make_many_due("flood", [str(number) for number in range(2000)])
    for ticket in ("1", "2"):
        jobs.make_due("small", ticket)
        jobs.make_due("third", ticket)
    first = Counter(claimed(jobs).installation for _ in range(3))
    second = Counter(claimed(jobs).installation for _ in range(3))
    assert first == second == {"flood": 1, "small": 1, "third": 1}
    assert [claimed(jobs).installation for _ in range(3)] == ["flood"] * 3


FULL = Limits().updates * Limits().share / 100 / 4
"""Ticket updates in the bucket of an account that has sent none lately."""


def test_a_claim_of_many_is_shared(store: Store) -> None:
    """Who claims several gets each installation's share, and of each what has been due longest;
    what they are expected to send is taken from the budget."""
    jobs = Jobs(store)
    jobs.make_many_due("flood", [str(number) for number in range(100)])
    for ticket in ("1", "2", "3"):
        jobs.make_due("small", ticket)
    found = jobs.claim_some("w", 60, 12, each=20)
    assert Counter(job.installation for job in found) == {"flood": 9, "small": 3}
    assert {job.ticket_id for job in found if job.installation == "small"} == {"1", "2", "3"}
    assert FULL - account(store, "flood").updates == pytest.approx(9, abs=1)
    assert not any(job.alone for job in found)


def test_a_claim_of_many_stays_within_the_budget(store: Store) -> None:
    """No more is claimed at once than the budget has left, also where there is but one account."""
    jobs = Jobs(store)
    jobs.make_many_due("main", [str(number) for number in range(100)])
    assert 5 <= len(jobs.claim_some("w", 60, 100)) <= FULL + 1


def test_what_is_given_back_was_never_claimed(store: Store, row: Callable[..., Any]) -> None:
    """Given back, a review is due as it was, for whomever, with its tries; what was taken from the
    budget is back in it. A lease that was lost is left alone."""
    jobs = Jobs(store)
    jobs.make_many_due("main", ["1", "2", "3"])
    one, two, three = jobs.claim_some("w", 60, 3)
    before = row(one.ticket_id)
    jobs.finish(three, None)
    jobs.give_back([three, one, two])
    after = row(one.ticket_id)
    assert (after.due_at, after.generation, after.attempts) == (before.due_at, 1, 0)
    assert (after.lease_owner, after.lease_until) == (None, None)
    assert account(store).updates == pytest.approx(FULL - 1, abs=1.1)
    assert {job.ticket_id for job in jobs.claim_some("v", 60, 3)} == {one.ticket_id, two.ticket_id}


def test_a_newcomer_is_served_next(jobs: Jobs) -> None:
    """Who was never served, or not for long, comes first."""
    jobs.make_many_due("flood", [str(number) for number in range(50)])
    for _ in range(5):
        claimed(jobs)
    jobs.make_due("new", "1")
    assert claimed(jobs).installation == "new"


def test_a_full_installation_leaves_the_slot_to_another(jobs: Jobs) -> None:
    """An installation that holds its slots is passed over, unless there is no other at all."""
    jobs.make_many_due("flood", ["1", "2", "3"])
    held = {"flood": 3}
    assert len(jobs.claim_some("w", 60, 1, held=held, each=3)) == 1
    jobs.make_due("small", "1")
    (job,) = jobs.claim_some("w", 60, 2, held=held, each=3)
    assert job.installation == "small"
    assert jobs.claim_some("w", 60, 1, held=held, each=3) == []
    assert len(jobs.claim_some("w", 60, 9, each=3)) == 2


def test_several_are_taken_as_one_by_one(jobs: Jobs) -> None:
    """In turn, none twice, none beyond what an installation may have, and no more than asked for
    or than there are."""
    jobs.make_many_due("flood", [f"{number:02}" for number in range(20)])
    jobs.make_due("small", "1")
    taken = jobs.claim_some("w", 60, 3)
    assert Counter(job.installation for job in taken) == {"flood": 2, "small": 1}
    taken += jobs.claim_some("w", 60, 9, held={"flood": 2}, each=6)
    assert Counter(job.installation for job in taken) == {"flood": 6, "small": 1}
    taken += jobs.claim_some("w", 60, 99)
    assert len({(job.installation, job.ticket_id) for job in taken}) == len(taken) == 21
    assert len({job.lease for job in taken}) == 21


def test_takers_of_several_do_not_stop_each_other(jobs: Jobs) -> None:
    """Many at once, over many accounts, ending what they took: all is done, each once."""
    for installation in "abcdef":
        jobs.make_many_due(installation, [str(number) for number in range(20)])
    done: list[tuple[str, str]] = []

    def work(name: int) -> None:
        misses = 0
        while misses < 3:  # on PostgreSQL a racing claim may come back with nothing
            taken = jobs.claim_some(str(name), 60, 4)
            misses += not taken
            for job in taken:
                jobs.finish(job, None, spent=Spent(2, 1))
                done.append((job.installation, job.ticket_id))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, range(6)))
    assert len(done) == len(set(done)) == 120


def test_an_account_in_trouble_is_left_alone(
    jobs: Jobs, store: Store, row: Callable[..., Any], later: Callable[[float], None]
) -> None:
    """After three reviews in a row without an answer its tickets wait, and use up no tries;
    another's go on."""
    jobs.make_many_due("main", ["1", "2", "3", "4", "5"])
    silent(jobs, later, 2)
    assert account(store).paused_until is None
    silent(jobs, lambda _: None, 1)
    left = account(store)
    assert left.troubles == 3
    assert 2000 <= left.paused_until - left.filled_at <= 5500
    assert jobs.claim("w", 60) is None
    assert (row("5").attempts, row("5").lease_owner) == (0, None)
    jobs.make_due("other", "1")
    assert claimed(jobs).installation == "other"


def test_an_account_in_trouble_is_tried_by_one(
    jobs: Jobs, store: Store, later: Callable[[float], None]
) -> None:
    """When its pause is over one review at a time tries it, of all processes; each that fails makes
    the pause longer, up to five minutes, and one that ends well ends the trouble."""
    jobs.make_many_due("main", [str(number) for number in range(40)])
    silent(jobs, later, 3)
    other = Jobs(store, plenty)
    for expected in (10, 20, 40, 80, 160, 300, 300):
        later(400)
        job = claimed(jobs)
        assert job.trial
        assert other.claim("x", 60) is None
        later(50)
        jobs.renew(job, 60)
        later(50)
        assert other.claim("x", 60) is None
        jobs.postpone(job, 3600, "no answer", health=Health.SILENT)
        left = account(store)
        pause = (left.paused_until - left.filled_at) / 1000
        assert expected / 2 - 1 <= pause <= expected + 1
        assert other.claim("x", 60) is None
    later(400)
    jobs.finish(claimed(jobs), None)
    assert account(store).troubles == 0
    assert not claimed(jobs).trial
    assert other.claim("x", 60) is not None


def test_a_trial_that_died_is_followed_by_another(
    jobs: Jobs, later: Callable[[float], None]
) -> None:
    """A worker killed while it tried an account does not lock it for good; and a trial that says
    nothing of the helpdesk makes room for the next at once."""
    jobs.make_many_due("main", [str(number) for number in range(9)])
    silent(jobs, later, 3)
    later(10)
    assert claimed(jobs).trial
    assert jobs.claim("w", 60) is None
    later(61)
    second = claimed(jobs)
    assert second.trial
    jobs.postpone(second, 3600, "a mistake of ours")
    assert claimed(jobs).trial


def test_one_ticket_cannot_bring_its_account_into_trouble(
    jobs: Jobs, store: Store, later: Callable[[float], None]
) -> None:
    """A helpdesk that fails on one ticket again and again is not away: only the first of its
    fruitless tries counts."""
    jobs.make_due("main", "7")
    for _ in range(6):
        silent(jobs, lambda _: later(3600), 1)
    assert account(store).troubles == 1
    jobs.make_due("main", "8")
    assert jobs.claim("w", 60) is not None


def test_what_says_nothing_of_the_helpdesk_counts_for_nothing(
    jobs: Jobs, store: Store, later: Callable[[float], None]
) -> None:
    """A conflict, or a mistake of ours, neither makes nor ends a trouble."""
    jobs.make_many_due("main", [str(number) for number in range(9)])
    silent(jobs, later, 2)
    for _ in range(3):
        jobs.postpone(claimed(jobs), 3600, "a conflict")
    assert account(store).troubles == 2
    jobs.set_aside(claimed(jobs), "refused")
    assert account(store).troubles == 0


def test_a_helpdesk_that_has_had_enough_is_left_alone(
    jobs: Jobs, store: Store, later: Callable[[float], None]
) -> None:
    """Retry-After holds for the whole account, and a shorter pause does not cut it short."""
    jobs.make_many_due("main", ["1", "2", "3", "4"])
    slow = claimed(jobs)
    jobs.postpone(claimed(jobs), 60, "429", pause=60)
    jobs.postpone(slow, 1, "429", pause=5)
    later(58)
    assert jobs.claim("w", 60) is None
    later(3)
    assert not claimed(jobs).trial


def test_work_whose_installation_has_no_account_is_found(jobs: Jobs, store: Store) -> None:
    """What a program of an older version accepted for a new installation is served, too."""
    jobs.make_due("main", "7")
    with store.begin() as connection:
        connection.execute(ACCOUNTS.delete())
    job = Jobs(store, plenty).claim("w", 60)
    assert job is not None
    assert job.ticket_id == "7"


# -- the end of a review keeps a record -----------------------------------------------------------


def mark(connection: Connection) -> None:
    """Something that is kept with a review's end."""
    connection.execute(insert(EVENTS).values(**ANYTHING))


ANYTHING = {
    "installation": "main",
    "delivery_id": "kept",
    "ticket_id": "7",
    "kind": "x",
    "received_at": 1,
}


def kept(store: Store) -> bool:
    with store.read() as connection:
        query = select(func.count()).where(EVENTS.c.delivery_id == "kept")
        return bool(connection.execute(query).scalar_one())


def test_a_review_ends_together_with_its_record(jobs: Jobs, store: Store) -> None:
    """What is to be done with the end is done in its transaction."""
    jobs.make_due("main", "7")
    jobs.finish(claimed(jobs), None, also=mark)
    assert kept(store)
    assert jobs.backlog() == Backlog(0, 0, 0, 0, None)


def test_a_record_that_fails_undoes_the_end(jobs: Jobs, store: Store) -> None:
    """Both or neither: the review is still held, and can be ended some other way."""
    jobs.make_due("main", "7")
    job = claimed(jobs)

    def fail(connection: Connection) -> None:
        mark(connection)
        raise RuntimeError("no record")

    with pytest.raises(RuntimeError, match="no record"):
        jobs.finish(job, None, also=fail)
    assert not kept(store)
    assert jobs.backlog().leased == 1
    jobs.postpone(job, 0, "no record")


def test_a_review_that_lost_its_lease_keeps_no_record(
    jobs: Jobs, store: Store, later: Callable[[float], None]
) -> None:
    """It is the heir's to say what happened."""
    jobs.make_due("main", "7")
    slept = claimed(jobs)
    later(61)
    claimed(jobs)
    with pytest.raises(LeaseLost):
        jobs.finish(slept, None, also=mark)
    assert not kept(store)


def test_the_reason_is_there_for_whoever_takes_over(
    jobs: Jobs, later: Callable[[float], None]
) -> None:
    """A reason that was kept before the end is known to the heir; who lost the lease keeps none."""
    jobs.make_due("main", "7")
    dead = claimed(jobs)
    jobs.explain(dead, "access refused")
    later(61)
    assert claimed(jobs).last_error == "access refused"
    with pytest.raises(LeaseLost):
        jobs.explain(dead, "something else")


# -- stored together ------------------------------------------------------------------------------


class Counted:
    """A store's transactions, counted; ``hold`` keeps the first of them open."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        self.begun, self.hold = threading.Event(), threading.Event()
        begin = store.begin

        @contextmanager
        def counted() -> Iterator[Connection]:
            self.number += 1
            with begin() as connection:
                yield connection
                if not self.begun.is_set():
                    self.begun.set()
                    assert self.hold.wait(10)

        monkeypatch.setattr(store, "begin", counted)


def test_events_that_arrive_together_are_stored_together(
    jobs: Jobs, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that come while one is being stored share the next transaction, and each is told about
    its own."""
    jobs.accept("main", "old", "7", "ticket_created")
    counted = Counted(store, monkeypatch)
    names = ["first", "old", "a", "a", "b"]
    with ThreadPoolExecutor(8) as threads:
        ends = [threads.submit(jobs.accept, "main", names[0], "7", "ticket_changed")]
        assert counted.begun.wait(10)
        ends += [
            threads.submit(jobs.accept, "main", name, "7", "ticket_changed") for name in names[1:]
        ]
        until(lambda: len(jobs._together._waiting) == 4)
        assert not any(end.done() for end in ends)
        counted.hold.set()
        news = [end.result(10) for end in ends]
    assert counted.number == 2
    assert (news[0], news[1], news[4], sorted(news[2:4])) == (True, False, True, [False, True])


def test_an_event_that_cannot_be_stored_is_its_own_trouble(
    jobs: Jobs, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came together with it is stored all the same."""
    counted = Counted(store, monkeypatch)
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(jobs.accept, "main", "d1", "7", "ticket_changed")
        assert counted.begun.wait(10)
        bad = threads.submit(jobs.accept, "main", "d2", "8", None)  # type: ignore[arg-type]
        good = [
            threads.submit(jobs.accept, "main", f"g{n}", str(n), "ticket_changed") for n in range(3)
        ]
        until(lambda: len(jobs._together._waiting) == 4)
        counted.hold.set()
        assert first.result(10)
        assert all(end.result(10) for end in good)
        with pytest.raises(IntegrityError):
            bad.result(10)
    assert jobs.backlog().due == 4


def test_who_waits_too_long_is_told_to_come_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting for others' transactions has an end; nothing is stored behind the sender's back
    later."""
    store = connect(database_url, 0.2)
    jobs = Jobs(store, plenty)
    jobs.accept("main", "d0", "7", "ticket_changed")
    counted = Counted(store, monkeypatch)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(jobs.accept, "main", "d1", "7", "ticket_changed")
        assert counted.begun.wait(10)
        with pytest.raises(errors.Unavailable, match="busy"):
            jobs.accept("main", "d2", "8", "ticket_changed")
        counted.hold.set()
        assert first.result(10)
    assert jobs.accept("main", "d2", "8", "ticket_changed")
    store.close()


def test_ends_that_come_together_are_stored_together(
    jobs: Jobs, store: Store, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose lease was lost changes nothing, and takes no other with it."""
    jobs.make_many_due("main", ["1", "2", "3", "4"])
    slept = claimed(jobs)
    later(61)
    claims = jobs.claim_some("w", 60, 4)  # all are due since the same moment: in any order
    (heir,) = (job for job in claims if job.ticket_id == slept.ticket_id)
    others = [job for job in claims if job is not heir]
    counted = Counted(store, monkeypatch)
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(jobs.finish, others[0], None)
        assert counted.begun.wait(10)
        ends = [threads.submit(jobs.finish, job, None) for job in (slept, *others[1:])]
        until(lambda: len(jobs._together._waiting) == 3)
        counted.hold.set()
        assert first.result(10) is None
        with pytest.raises(LeaseLost):
            ends[0].result(10)
        assert [end.result(10) for end in ends[1:]] == [None, None]
    assert jobs.backlog() == Backlog(0, 1, 0, 0, None)
    jobs.finish(heir, None)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_ends_that_wait_for_a_review_hold_no_account(
    jobs: Jobs, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever claims holds a review and waits for its account: were it held meanwhile by ends that
    wait for another review, the two could wait for each other."""
    jobs.make_many_due("main", ["1", "2", "3"])
    one, two, three = jobs.claim_some("w", 60, 3)
    r, a = REVIEWS.c, ACCOUNTS.c
    with ThreadPoolExecutor(3) as threads:
        with connect_again(store) as other, other.begin() as held:
            held.execute(select(r.ticket_id).where(r.ticket_id == "3").with_for_update())
            counted = Counted(store, monkeypatch)
            ends = [threads.submit(jobs.finish, one, None)]
            assert counted.begun.wait(10)
            ends += [threads.submit(jobs.finish, job, None) for job in (two, three)]
            until(lambda: len(jobs._together._waiting) == 2)
            counted.hold.set()
            ends[0].result(10)
            until(lambda: waits_for_a_lock(held))
            free = select(a.installation).with_for_update(nowait=True)
            assert held.execute(free).scalars().all() == ["main"]
        assert [end.result(10) for end in ends] == [None] * 3


@contextmanager
def connect_again(store: Store) -> Iterator[Store]:
    other = connect(store._engine.url.render_as_string(hide_password=False), 5)
    try:
        yield other
    finally:
        other.close()


def waits_for_a_lock(connection: Connection) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
    return bool(connection.exec_driver_sql(query + "current_database()").scalar())


# -- giving up and forgetting ---------------------------------------------------------------------


def test_what_is_given_up_waits_for_nobody(
    jobs: Jobs, row: Callable[..., Any], later: Callable[[float], None]
) -> None:
    """It is neither set aside nor due; a new event starts it afresh. Only what was set aside can be
    given up."""
    jobs.accept("main", "d1", "7", "ticket_created")
    assert not jobs.drop("main", "7")
    job = claimed(jobs)
    assert not jobs.drop("main", "7")
    jobs.set_aside(job, "no")
    assert not jobs.drop("other", "7")
    assert jobs.drop("main", "7")
    assert jobs.waiting() == []
    later(86_400 * 365)
    assert jobs.claim("w", 60) is None
    assert row().last_error is None
    jobs.accept("main", "d2", "7", "ticket_changed")
    assert claimed(jobs).attempts == 0


def test_what_is_forgotten_is_gone(jobs: Jobs, store: Store, row: Callable[..., Any]) -> None:
    """Events and reviews of the named tickets, of that installation alone, with the caller's
    transaction; a review under way finds its lease lost."""
    for number, ticket in enumerate(("7", "7", "8", "9")):
        jobs.accept("main", f"d{number}", ticket, "ticket_created")
    jobs.accept("other", "d1", "7", "ticket_created")
    job = claimed(jobs)
    assert job.installation == "main"
    with store.begin() as connection:
        assert jobs.forget(connection, "main", ["7", "8"]) == 5
        connection.rollback()
    assert row("8") is not None
    many = [str(number) for number in range(1000, 3000)]
    with store.begin() as connection:
        assert jobs.forget(connection, "main", {"7", "8", *many}) == 5
        assert jobs.forget(connection, "main", []) == 0
    assert jobs.show("main", "7") is None
    assert row("9") is not None
    assert row("7").installation == "other"
    with pytest.raises(LeaseLost):
        jobs.finish(job, None)
    with store.read() as connection:
        left = connection.execute(select(EVENTS.c.installation, EVENTS.c.ticket_id)).all()
    assert sorted(map(tuple, left)) == [("main", "9"), ("other", "7")]


def test_old_events_go_and_those_that_are_still_answered_stay(jobs: Jobs, store: Store) -> None:
    """By age, so many at a time, never one that a review names."""
    for number in range(10):
        jobs.accept("main", f"d{number}", "7", "ticket_changed")
    jobs.finish(claimed(jobs), None)
    for number in range(3):
        jobs.accept("main", f"e{number}", "8", "ticket_changed")
    with store.begin() as connection:
        day = 86_400_000
        connection.execute(update(EVENTS).values(received_at=EVENTS.c.received_at - 10 * day))
    jobs.accept("main", "young", "9", "ticket_changed")
    assert jobs.prune_events(timedelta(days=11)) == 0
    assert [jobs.prune_events(timedelta(days=9), most=5) for _ in range(4)] == [5, 5, 2, 0]
    with store.read() as connection:
        left = connection.execute(select(EVENTS.c.delivery_id)).scalars().all()
    assert sorted(map(str, left)) == ["e2", "young"]


def test_reviews_of_which_nothing_is_left_go(jobs: Jobs, store: Store) -> None:
    """Nothing to do about them and no event left: they go, a few at a time. What is due, held, set
    aside, or still has its event stays."""
    for ticket in ("idle", "older", "told", "due", "held", "aside"):
        jobs.make_due("main", ticket)
        if ticket == "told":
            jobs.accept("main", "d1", ticket, "ticket_created")
    for _ in range(6):
        job = jobs.claim("w", 60)
        assert job is not None
        if job.ticket_id in ("idle", "older", "told"):
            jobs.finish(job, None)
        elif job.ticket_id == "aside":
            jobs.set_aside(job, "why")
        elif job.ticket_id == "due":
            jobs.postpone(job, 60, "later")
    assert [jobs.prune_reviews(most=1) for _ in range(3)] == [1, 1, 0]
    with store.read() as connection:
        left = set(connection.execute(select(REVIEWS.c.ticket_id)).scalars())
    assert left == {"told", "due", "held", "aside"}


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


def test_all_that_is_known_of_a_review_is_shown(jobs: Jobs, later: Callable[[float], None]) -> None:
    """Since when, how often, why, due when, and the last events; moments are aware and UTC."""
    assert jobs.show("main", "7") is None
    assert jobs.installations_of("7") == []
    for number in range(7):
        jobs.accept("main", f"d{number}", "7", "ticket_changed")
    jobs.make_due("other", "7", SOON)
    assert jobs.installations_of("7") == ["main", "other"]
    job = claimed(jobs)
    shown = jobs.show("main", "7")
    assert shown is not None
    assert shown.held_until is not None
    assert timedelta(seconds=50) < shown.held_until - datetime.now(UTC) < timedelta(seconds=70)
    assert [one.delivery_id for one in shown.deliveries] == ["d6", "d5", "d4", "d3", "d2"]
    assert abs(shown.deliveries[0].received_at - datetime.now(UTC)) < timedelta(seconds=30)
    jobs.postpone(job, 600, "helpdesk: 503", spent=Spent(2, 1))
    shown = jobs.show("main", "7")
    assert shown is not None
    assert (shown.held_until, shown.attempts, shown.last_error) == (None, 1, "helpdesk: 503")
    assert shown.not_before == shown.due_at
    assert shown.writes == 1
    other = jobs.show("other", "7")
    assert other is not None
    assert other.due_at == SOON.replace(microsecond=SOON.microsecond // 1000 * 1000)
    assert other.deliveries == ()
    later(601)
    jobs.set_aside(claimed(jobs), "no access")
    shown = jobs.show("main", "7")
    assert shown is not None
    assert shown.set_aside_at is not None
    assert shown.set_aside_at.utcoffset() == timedelta(0)
    assert (shown.due_at, shown.not_before, shown.last_error) == (None, None, "no access")


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
        lambda: jobs.make_many_due("main", ["7"]),
        lambda: jobs.explain(job, "x"),
        lambda: jobs.show("main", "7"),
        lambda: jobs.drop("main", "7"),
        lambda: jobs.installations_of("7"),
        lambda: jobs.prune_events(timedelta(days=1)),
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
