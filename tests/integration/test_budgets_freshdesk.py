"""What a review in Freshdesk takes of its account's limits, which are small."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from integration.budgets import Limits, Spent, counting
from integration.jobs import Jobs
from integration.sandbox.faults import Fault
from integration.store import Store
from integration.vendors import FRESHDESK
from tests.integration.past_freshdesk import PastFreshdesk, past_freshdesk
from tests.integration.test_budgets import later

__all__ = ["later"]

GROWTH = Limits(updates=80, requests=0, share=75, requests_a_review=FRESHDESK.requests_a_review)
"""The least plan with an API: 200 requests and 80 updates a minute."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What both engines are asked of budgets stands in ``test_budgets``."""
    return sqlite_url


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[PastFreshdesk]:
    with past_freshdesk(monkeypatch) as opened:
        yield opened


def test_no_review_sends_more_than_is_expected(account: PastFreshdesk) -> None:
    """A verdict with its note and its reply's words, and the same again with another verdict; one
    that finds all as it should be sends one request. A PUT counts as an update, and as one."""
    one = account.file(tags=["vip"])
    seen = {}
    for name, facts in (("covered", {}), ("as it was", {}), ("dropped", {"problem": "dropped"})):
        if facts:
            account.edit(one, values=facts)
        with counting() as spent:
            account.review(one)
        seen[name] = spent
    assert 8 <= seen["covered"].requests <= FRESHDESK.requests_a_review
    assert 8 <= seen["dropped"].requests <= FRESHDESK.requests_a_review
    assert seen["covered"].updates == seen["dropped"].updates == 1
    assert (seen["as it was"].requests, seen["as it was"].updates) == (1, 0)


def test_a_refused_due_date_is_expected_too(account: PastFreshdesk) -> None:
    """The rest of the PUT then goes alone: that is one more."""
    account.installation = replace(account.installation, due_date_tasks=True)
    one = account.file()
    row = {"field": "due_by", "message": "It cannot be changed", "code": "inaccessible_field"}
    body = {"description": "Validation failed", "errors": [row]}
    account.faults.add(Fault(r"/api/v2/tickets/\d+", "PUT", status=400, body=body))
    with counting() as spent:
        account.review(one)
    assert account.requests("PUT") == 2
    assert account.verdict(one) == "covered"
    assert spent.requests <= FRESHDESK.requests_a_review + 1


def test_a_reply_to_the_customer_is_little_more(account: PastFreshdesk) -> None:
    """What it takes beyond is paid back at the review's end."""
    account.installation = replace(account.installation, public_replies=frozenset({"covered"}))
    one = account.file()
    with counting() as spent:
        account.review(one)
    assert len(account.place.replies(int(one))) == 1
    assert FRESHDESK.requests_a_review < spent.requests <= FRESHDESK.requests_a_review + 5


Sends = list[tuple[int, int, int]]
"""When, how many requests, how many updates."""


def worked(
    jobs: Jobs,
    later: Callable[[float], None],
    come: dict[int, int],
    sent: tuple[int, int],
    slots: int,
) -> Sends:
    """What is sent in three minutes in which, at some seconds, so many reviews fall due; ``slots``
    of them are under way at once, and each sends so many requests and updates."""
    sends: Sends = []
    for second in range(0, 180, 2):
        if number := come.get(second):
            jobs.make_many_due("main", [f"{second}-{n}" for n in range(number)])
        while some := [job for _ in range(slots) if (job := jobs.claim("w", 60)) is not None]:
            for job in some:
                sends.append((second, *sent))
                jobs.finish(job, None, spent=Spent(*sent, 200))
        later(2)
    return sends


def most(sends: Sends, which: int) -> int:
    """The most requests (1) or updates (2) that any minute saw."""
    starts = {one[0] for one in sends}
    return max(sum(o[which] for o in sends if start <= o[0] < start + 60) for start in starts)


@pytest.mark.parametrize("slots", [1, 8])
@pytest.mark.parametrize("sent", [(1, 0), (10, 1), (14, 2)])
def test_the_least_plan_has_room_for_all_that_begin(
    store: Store, later: Callable[[float], None], slots: int, sent: tuple[int, int]
) -> None:
    """A backlog, however many reviews are under way at once, and whether each sends nothing but a
    question, a note, or a reply as well: no minute sees the account's 200 requests or 80 updates
    used up; and most of the app's share of them is used."""
    jobs = Jobs(store, lambda installation: GROWTH)
    sends = worked(jobs, later, {0: 160 if sent == (1, 0) else 100}, sent, slots)
    assert most(sends, 1) <= 200
    assert most(sends, 2) <= 80
    assert len(sends) == 160 or sum(one[1] for one in sends) > 0.8 * 150 * 3


def test_two_bursts_within_a_minute(store: Store, later: Callable[[float], None]) -> None:
    """Also where the app may take all that there is: what begins at once has been taken before, so
    that a bucket which has just filled up again does not give more than there is."""
    jobs = Jobs(store, lambda installation: replace(GROWTH, share=100))
    sends = worked(jobs, later, {0: 12, 56: 12}, (10, 1), 12)
    assert len(sends) == 24
    assert most(sends, 1) <= 200
