from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from integration import errors
from integration.budgets import ACCOUNTS, Limits, Spent
from integration.jobs import EVENTS, REVIEWS, End, Job, Jobs, LeaseLost
from integration.store import Away, Store

SOON = datetime.now(UTC) + timedelta(days=3)


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return Jobs(store, lambda installation: Limits(updates=1_000, requests=1_000, share=100))


def held(jobs: Jobs, number: int, installation: str = "main") -> list[Job]:
    """So many reviews of an installation, claimed."""
    jobs.make_many_due(installation, [str(ticket) for ticket in range(number)])
    claims = jobs.claim_some("w", 60, number)
    assert len(claims) == number
    return claims


def rows(store: Store) -> dict[str, Any]:
    with store.read() as connection:
        return {row.ticket_id: row for row in connection.execute(select(REVIEWS))}


def account(store: Store) -> Any:
    with store.read() as connection:
        return connection.execute(select(ACCOUNTS)).one()


def keeping(ticket: str) -> Callable[[Connection], object]:
    """Stores something of its own with the end of a ticket's review."""
    values = {"installation": "main", "ticket_id": ticket, "kind": "kept", "received_at": 0}
    return lambda connection: connection.execute(insert(EVENTS).values(values))


def kept(store: Store) -> list[str]:
    with store.read() as connection:
        query = select(EVENTS.c.ticket_id).where(EVENTS.c.kind == "kept")
        return sorted(connection.execute(query).scalars())


def test_several_reviews_end_in_one_transaction(
    jobs: Jobs, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with its own next day, its own writes and its own record."""
    claims = held(jobs, 4)
    begun, begin = [], store.begin

    @contextmanager
    def counted() -> Iterator[Connection]:
        begun.append(1)
        with begin() as connection:
            yield connection

    monkeypatch.setattr(store, "begin", counted)
    dated = {claims[1].ticket_id, claims[2].ticket_id}
    ends = [
        End(
            job,
            SOON if job.ticket_id in dated else None,
            Spent(requests=3, updates=int(job is not claims[0])),
            keeping(job.ticket_id),
        )
        for job in claims
    ]
    assert jobs.finish_several(ends) == [None] * 4
    assert len(begun) == 1
    found = rows(store)
    assert {ticket for ticket, row in found.items() if row.due_at is not None} == dated
    assert all(row.lease_owner is None for row in found.values())
    silent = found.pop(claims[0].ticket_id)
    assert (silent.writes, silent.writes_since) == (0, None)
    assert {row.writes for row in found.values()} == {1}
    assert kept(store) == ["0", "1", "2", "3"]


def test_what_several_have_sent_is_settled_together(jobs: Jobs, store: Store) -> None:
    """What was taken for them and not sent is put back, what was sent beyond is taken, and the
    account's limit is what the helpdesk told last."""
    claims = held(jobs, 4)
    with store.begin() as connection:
        connection.execute(update(ACCOUNTS).values(updates=100, requests=100))
    told = [None, 900, 1_000, None]
    ends = [
        End(job, None, Spent(requests=2, updates=0, limit=limit))
        for job, limit in zip(claims, told, strict=True)
    ]
    taken = claims[0].buckets.requests_a_review
    assert jobs.finish_several(ends) == [None] * 4
    row = account(store)
    # The buckets are refilled by 12.5 a second meanwhile.
    assert 104 <= row.updates < 120
    assert 100 + 4 * (taken - 2) <= row.requests < 120 + 4 * (taken - 2)
    assert row.request_limit == 1_000


def test_a_lost_lease_is_nobody_elses_loss(jobs: Jobs, store: Store) -> None:
    """The others end; of that one nothing is changed, nor kept."""
    claims = held(jobs, 3)
    lost = claims[1].ticket_id
    with store.begin() as connection:
        mine = REVIEWS.c.ticket_id == lost
        connection.execute(update(REVIEWS).where(mine).values(lease_owner="another/1"))
    found = jobs.finish_several([End(job, None, Spent(), keeping(job.ticket_id)) for job in claims])
    assert [type(one) for one in found] == [type(None), LeaseLost, type(None)]
    assert kept(store) == sorted({"0", "1", "2"} - {lost})
    after = rows(store)
    assert after[lost].lease_owner == "another/1"
    assert after[lost].due_at is not None
    assert all(row.due_at is None for ticket, row in after.items() if ticket != lost)


def test_a_record_that_cannot_be_kept_is_its_own_reviews_trouble(jobs: Jobs, store: Store) -> None:
    """That review is still held; the others ended, each kept once."""
    claims = held(jobs, 3)

    def fails(connection: Connection) -> None:
        keeping("half")(connection)
        raise RuntimeError("no")

    bad = claims[0].ticket_id
    ends = [
        End(job, None, Spent(), fails if job.ticket_id == bad else keeping(job.ticket_id))
        for job in claims
    ]
    found = jobs.finish_several(ends)
    assert [str(one) for one in found] == ["no", "None", "None"]
    assert kept(store) == sorted({"0", "1", "2"} - {bad})
    assert rows(store)[bad].lease_owner is not None


def test_a_store_that_is_away_is_said_for_each(
    jobs: Jobs, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked once, and not once more for each."""
    claims, asked = held(jobs, 3), []

    def away() -> None:
        asked.append(1)
        raise Away("store: busy")

    monkeypatch.setattr(store, "begin", away)
    found = jobs.finish_several([End(job, None, Spent()) for job in claims])
    assert [isinstance(one, errors.Unavailable) for one in found] == [True] * 3
    assert len(asked) == 1


def test_an_event_that_came_in_meanwhile_keeps_its_ticket_due(jobs: Jobs, store: Store) -> None:
    """Of several that end together, that one is due at once."""
    claims = held(jobs, 3)
    moved = claims[2].ticket_id
    jobs.accept("main", "d1", moved, "ticket_changed")
    assert jobs.finish_several([End(job, SOON, Spent()) for job in claims]) == [None] * 3
    (again,) = jobs.claim_some("w", 60, 3)
    assert (again.ticket_id, again.delivery) == (moved, "d1")
