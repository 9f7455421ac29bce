"""Each account's share of its helpdesk's limits: never more, shared by all, settled at the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from integration.budgets import ACCOUNTS, Buckets, Budgets, Limits, Spent, counting, spend
from integration.budgets_buckets import REQUESTS, UPDATES, Bucket
from integration.jobs import REVIEWS, Job, Jobs
from integration.store import Store, connect, now_ms

TEN = Limits(updates=40, requests=100_000, share=100)
"""A bucket of ten updates, one more every two seconds."""


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return Jobs(store, lambda installation: TEN)


@pytest.fixture
def budgets(store: Store) -> Budgets:
    return Budgets(store)


@pytest.fixture
def later(store: Store) -> Callable[[float], None]:
    """Let so many seconds pass, as the accounts and reviews see it."""

    def shift(seconds: float) -> None:
        by = int(seconds * 1000)
        a, r = ACCOUNTS.c, REVIEWS.c
        with store.begin() as connection:
            connection.execute(
                update(ACCOUNTS).values(
                    filled_at=a.filled_at - by,
                    paused_until=a.paused_until - by,
                    served_at=a.served_at - by,
                )
            )
            connection.execute(
                update(REVIEWS).values(
                    due_at=r.due_at - by,
                    lease_until=r.lease_until - by,
                    writes_since=r.writes_since - by,
                )
            )

    return shift


@pytest.fixture
def account(store: Store) -> Callable[..., Any]:
    def look(installation: str = "main") -> Any:
        with store.read() as connection:
            return connection.execute(
                select(ACCOUNTS).where(ACCOUNTS.c.installation == installation)
            ).one()

    return look


@pytest.fixture
def leave(store: Store) -> Callable[..., None]:
    """Leave so much in an account's buckets, as of now or of some milliseconds later."""

    def put(updates: float, requests: float = 1000, ahead: int = 0) -> None:
        with store.begin() as connection:
            connection.execute(
                update(ACCOUNTS).values(
                    updates=updates, requests=requests, filled_at=now_ms() + ahead
                )
            )

    return put


def claim_all(jobs: Jobs) -> list[Job]:
    found = []
    while (job := jobs.claim("w", 60)) is not None:
        found.append(job)
    return found


def due(jobs: Jobs, number: int, installation: str = "main") -> None:
    jobs.make_many_due(installation, [f"{n:04}" for n in range(number)])


# -- counting -------------------------------------------------------------------------------------


def test_what_a_thread_sends_is_counted_for_it_alone() -> None:
    """Requests by the block they were sent in; what is sent outside of any is nobody's."""
    spend("ticket_update")

    def work(updates: int) -> Spent:
        with counting() as spent:
            spend("ticket_read")
            for _ in range(updates):
                spend("ticket_update", 400)
            spend("macro_preview")
        return spent

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(work, (1, 3))
    assert first == Spent(requests=3, updates=1, limit=400)
    assert second == Spent(requests=5, updates=3, limit=400)


# -- how much there is ----------------------------------------------------------------------------


@given(
    limit=st.floats(1, 5000),
    pauses=st.lists(st.integers(0, 20_000), min_size=1, max_size=60),
)
def test_no_minute_sees_more_than_the_limit(limit: float, pauses: list[int]) -> None:
    """Whoever takes whatever there is at any moment has never had more than the limit within a
    minute."""
    bucket = Bucket.of(limit, 1)
    left, filled_at, now = bucket.size, 0, 0
    taken: deque[tuple[int, int]] = deque()
    for pause in pauses:
        now += pause
        left, filled_at = bucket.level(left, filled_at, now), now
        whole = int(left)
        left -= whole
        taken.append((now, whole))
        while taken[0][0] <= now - 60_000:
            taken.popleft()
        assert sum(number for _, number in taken) <= limit + 1e-6


def test_the_limit_is_reached_in_the_long_run() -> None:
    """Three quarters of it flow steadily, a quarter is there at once."""
    bucket = Bucket.of(75, 1)
    assert (bucket.size, bucket.rate * 60_000) == (18.75, 56.25)


@pytest.mark.parametrize("limits", [Limits(1, 1, 1), Limits(1, 1, 100), Limits(5, 3, 50)])
def test_the_smallest_limit_lets_a_review_begin_some_time(limits: Limits) -> None:
    """Slowly, but no limit that can be set stops the work for good."""
    buckets = Buckets.of(limits, None)
    for bucket, least in ((buckets.updates, UPDATES), (buckets.requests, REQUESTS)):
        assert bucket.size >= least
        assert bucket.rate > 0


def test_what_is_not_set_is_what_the_helpdesk_tells() -> None:
    """Requests: as set, else as told, else those of the smallest plan; always the share of it."""
    assert Buckets.of(Limits(), None).requests.size == 200 * 0.75 / 4
    assert Buckets.of(Limits(), 700).requests.size == 700 * 0.75 / 4
    assert Buckets.of(Limits(requests=400, share=50), 700).requests.size == 50


# -- taking and settling --------------------------------------------------------------------------


def test_no_more_begin_than_the_budget_has(jobs: Jobs, later: Callable[[float], None]) -> None:
    """Ten at once, then one every two seconds; the rest stay due, with no try used up."""
    due(jobs, 60)
    assert 10 <= len(claim_all(jobs)) <= 14
    assert jobs.backlog().due >= 46
    later(8)
    assert 4 <= len(claim_all(jobs)) <= 8


def test_many_workers_share_one_budget(database_url: str) -> None:
    """Two processes with four threads each take no more than one would have."""
    stores = [connect(database_url) for _ in range(2)]
    several = [Jobs(store, lambda installation: TEN) for store in stores]
    due(several[0], 60)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda n: len(claim_all(several[n % 2])), range(8)))
    for store in stores:
        store.close()
    assert 10 <= sum(found) <= 14  # some seconds may have passed


def test_an_account_without_budget_does_not_stop_another(
    jobs: Jobs, leave: Callable[..., None]
) -> None:
    """It is passed over, whether it lacks updates or requests."""
    due(jobs, 5, "a")
    leave(-100)
    due(jobs, 5, "b")
    assert {job.installation for job in claim_all(jobs)} == {"b"}
    leave(5, requests=-1_000_000)
    due(jobs, 9, "c")
    assert {job.installation for job in claim_all(jobs)} == {"c"}


def test_what_was_not_sent_is_given_back(
    jobs: Jobs, account: Callable[..., Any], leave: Callable[..., None]
) -> None:
    """A review that wrote nothing costs its requests alone."""
    due(jobs, 20)
    leave(3, 500)
    (first, second, third) = (jobs.claim("w", 60) for _ in range(3))
    assert first is not None
    assert second is not None
    assert third is not None
    assert account().updates == pytest.approx(0, abs=1)
    jobs.finish(first, None, spent=Spent(requests=1, updates=0))
    jobs.postpone(second, 60, "why", spent=Spent(requests=1, updates=0))
    jobs.set_aside(third, "why", spent=Spent(requests=1, updates=0))
    assert account().updates == pytest.approx(3, abs=1)


def test_what_was_sent_beyond_is_paid_for(
    jobs: Jobs, account: Callable[..., Any], leave: Callable[..., None]
) -> None:
    """A review that wrote more than expected leaves a debt that is paid before the next begins."""
    due(jobs, 20)
    leave(1.2)
    job = jobs.claim("w", 60)
    assert job is not None
    jobs.finish(job, None, spent=Spent(requests=9, updates=6))
    assert account().updates == pytest.approx(-4.8, abs=1)
    assert jobs.claim("w", 60) is None


def test_giving_back_fills_nothing_beyond_its_size(
    jobs: Jobs, account: Callable[..., Any], later: Callable[[float], None]
) -> None:
    """An account that rested for a day has its bucket full, and no more."""
    due(jobs, 1)
    job = jobs.claim("w", 60)
    assert job is not None
    later(30)
    jobs.finish(job, None, spent=Spent())
    assert account().updates == 10
    assert account().requests == 25_000
    due(jobs, 40)
    later(86_400)
    assert len(claim_all(jobs)) <= 14


def test_what_a_dead_worker_took_stays_taken(store: Store, later: Callable[[float], None]) -> None:
    """It may have sent it all: the heir's review takes its own."""
    jobs = Jobs(store, lambda installation: Limits(updates=4, share=100))
    due(jobs, 1)
    assert jobs.claim("w", 0.0) is not None
    assert jobs.claim("heir", 60) is None
    later(21)
    assert jobs.claim("heir", 60) is not None


def test_a_limit_that_was_told_is_kept_and_counts(
    store: Store, account: Callable[..., Any], leave: Callable[..., None]
) -> None:
    """The next review goes by it; one that tells nothing leaves it."""
    jobs = Jobs(store, lambda installation: Limits(updates=1000))
    due(jobs, 30)
    leave(100, 20)
    job = jobs.claim("w", 60)
    assert job is not None
    assert job.buckets.requests.size == 37.5
    jobs.finish(job, None, spent=Spent(requests=2, updates=1, limit=40))
    assert account().request_limit == 40
    assert account().requests == 7.5  # the bucket is smaller than was thought
    job = jobs.claim("w", 60)
    assert job is not None
    assert job.buckets.requests.size == 7.5
    jobs.finish(job, None, spent=Spent(requests=2, updates=1))
    assert account().request_limit == 40


@pytest.mark.parametrize("ahead", [3_600_000, 86_400_000 * 400])
def test_a_clock_set_back_does_not_stop_the_refilling(
    jobs: Jobs,
    budgets: Budgets,
    leave: Callable[..., None],
    later: Callable[[float], None],
    ahead: int,
) -> None:
    """A moment in the future is taken for now; from then on it is refilled as ever."""
    due(jobs, 30)
    leave(-1, ahead=ahead)
    assert jobs.claim("w", 60) is None
    later(6)
    assert jobs.claim("w", 60) is not None
    leave(-1, ahead=ahead)
    assert budgets.take("main", TEN, updates=1) > 0
    later(6)
    assert budgets.take("main", TEN, updates=1) == 0


# -- writes on one ticket -------------------------------------------------------------------------


def test_a_ticket_is_not_written_for_ever(store: Store, later: Callable[[float], None]) -> None:
    """Fourteen updates within ten minutes, then nobody begins it before they are over, whatever
    comes in; others go on."""
    jobs = Jobs(store, lambda installation: Limits(10**6, 10**6))
    for number in range(14):
        jobs.accept("main", f"d{number}", "7", "ticket_changed")
        job = jobs.claim("w", 60)
        assert job is not None, number
        jobs.finish(job, None, spent=Spent(2, 1))
        later(20)
    jobs.accept("main", "last", "7", "ticket_changed")
    assert jobs.claim("w", 60) is None
    shown = jobs.show("main", "7")
    assert shown is not None
    assert shown.not_before is not None
    assert shown.writes == 14
    jobs.accept("main", "other", "8", "ticket_changed")
    other = jobs.claim("w", 60)
    assert other is not None
    jobs.finish(other, None)
    later(310)
    assert jobs.claim("w", 60) is None
    later(15)
    job = jobs.claim("w", 60)
    assert job is not None
    jobs.finish(job, None, spent=Spent(2, 1))
    shown = jobs.show("main", "7")
    assert shown is not None
    assert (shown.writes, shown.not_before) == (1, None)


@pytest.mark.parametrize("end", ["postpone", "set_aside"])
def test_writes_count_however_the_review_ends(
    store: Store, later: Callable[[float], None], end: str
) -> None:
    """Also one that came to nothing after it had written; a longer wait of its own is kept."""
    jobs = Jobs(store, lambda installation: Limits(10**6, 10**6))
    jobs.make_due("main", "7")
    job = jobs.claim("w", 60)
    assert job is not None
    if end == "postpone":
        jobs.postpone(job, 3600, "why", spent=Spent(20, 15))
        wait = 3600
    else:
        jobs.set_aside(job, "why", spent=Spent(20, 15))
        wait = 600
    jobs.make_due("main", "7")
    later(wait - 20)
    assert jobs.claim("w", 60) is None
    later(30)
    assert jobs.claim("w", 60) is not None


# -- bulk work ------------------------------------------------------------------------------------


def test_bulk_work_leaves_room_for_reviews(
    jobs: Jobs, budgets: Budgets, account: Callable[..., Any], later: Callable[[float], None]
) -> None:
    """With a share of half it takes what leaves the bucket half full, and is told how long to
    wait; reviews still begin."""
    assert budgets.take("main", TEN, requests=2, updates=5, share=0.5) == 0
    wait = budgets.take("main", TEN, requests=2, updates=2, share=0.5)
    assert 2 <= wait <= 4
    assert account().updates == pytest.approx(5, abs=1)
    due(jobs, 2)
    assert len(claim_all(jobs)) == 2
    later(wait + 4.1)
    assert budgets.take("main", TEN, requests=2, updates=2, share=0.5) == 0


def test_more_than_a_bucket_is_had_when_it_is_full(
    budgets: Budgets, account: Callable[..., Any], later: Callable[[float], None]
) -> None:
    """And paid back before anybody gets more: in the long run it is the same."""
    assert budgets.take("main", TEN, updates=25, share=0.2) == 0
    assert account().updates == pytest.approx(-15, abs=1)
    wait = budgets.take("main", TEN, updates=25, share=0.2)
    assert 45 <= wait <= 50
    later(wait - 5)
    assert budgets.take("main", TEN, updates=25, share=0.2) > 0
    later(6)
    assert budgets.take("main", TEN, updates=25, share=0.2) == 0


def test_what_is_not_wanted_is_not_waited_for(budgets: Budgets, leave: Callable[..., None]) -> None:
    """Reading does not wait for updates that others have used up."""
    budgets.take("main", TEN, requests=1)
    leave(-20)
    assert budgets.take("main", TEN, requests=1) == 0
    assert budgets.take("main", TEN, updates=1) > 0


@pytest.mark.parametrize("share", [0, -1, 1.5])
def test_a_share_is_part_of_one(budgets: Budgets, share: float) -> None:
    """Anything else is refused, rather than waited for without end."""
    with pytest.raises(ValueError, match="share"):
        budgets.take("main", TEN, requests=1, share=share)


def test_a_pause_holds_for_reviews_and_for_bulk_work(
    jobs: Jobs, budgets: Budgets, later: Callable[[float], None]
) -> None:
    """For as long as it was asked for, also where a shorter one follows; and for that account
    alone."""
    budgets.pause("main", 120)
    budgets.pause("main", 5)
    due(jobs, 3)
    due(jobs, 1, "other")
    (job,) = claim_all(jobs)
    assert job.installation == "other"
    jobs.finish(job, None)
    assert 110 < budgets.take("main", TEN, requests=1) <= 120
    later(121)
    assert len(claim_all(jobs)) == 3
    assert budgets.take("main", replace(TEN, updates=80), requests=1) == 0


def test_racing_bulk_work_takes_no_more_than_there_is(database_url: str) -> None:
    """Takers that race each other get what one would have got."""
    store = connect(database_url)
    budgets = Budgets(store)
    with ThreadPoolExecutor(6) as threads:
        waits = list(threads.map(lambda _: budgets.take("main", TEN, updates=1), range(30)))
    store.close()
    assert 10 <= waits.count(0.0) <= 13
