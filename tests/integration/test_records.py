"""What is kept of reviews: whole, in the review's own transaction, and for as long as it may."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from integration.backfill_counts import Tally
from integration.backfills import Backfills
from integration.chores import CHORES, Chores
from integration.forget import Forgotten, forget, retention
from integration.jobs import EVENTS, Job, Jobs, LeaseLost
from integration.keeper import Keeper
from integration.records import GIVEN, RECORDS, Record, Records
from integration.store import Store, connect

DAY = timedelta(days=1)
CREATED = datetime(2026, 5, 4, 10, 0, 0, 123000, tzinfo=UTC)


def record(ticket_id: str = "7", **more: object) -> Record:
    """A record of a review that found something in every part."""
    values: dict[str, object] = {
        "installation": "main",
        "ticket_id": ticket_id,
        "requester": "11",
        "ticket_created_at": CREATED,
        "did": "written",
        "facts": {"purchase_date": "2026-02-01", "order_number": GIVEN, "free_product": False},
        "misread": ("claim_country",),
        "status": "covered",
        "clauses": ("S1", "W1"),
        "freight_payer": "soocas",
        "remedy": "replacement",
        "warranty_ends_on": "2027-02-01",
        "claim_deadline": None,
        "asked": (),
        "shown": "covered",
        "decision": None,
        "edition": "2026-01",
        "facts_hash": "0123456789abcdef",
        "settings_hash": "fedcba9876543210",
        "wrote": {"fields": ["verdict"], "note": True},
        "outcome": {"tags": "rejected"},
        **more,
    }
    return Record(**values)  # type: ignore[arg-type]


def keep(store: Store, *kept: Record, delivery: str | None = None) -> None:
    for number, one in enumerate(kept):
        with store.begin() as connection:
            Records(store).add(
                connection, one, review=f"r{number}", reason="ticket_created", delivery_id=delivery
            )


def add(records: Records, connection: Connection) -> None:
    records.add(connection, record(), review="r", reason="x", delivery_id=None)


def age(store: Store, by: timedelta, ticket: str | None = None) -> None:
    """Make records and events so much older."""
    ms = by // timedelta(milliseconds=1)
    with store.begin() as connection:
        older = update(RECORDS).values(reviewed_at=RECORDS.c.reviewed_at - ms)
        if ticket is not None:
            older = older.where(RECORDS.c.ticket_id == ticket)
        connection.execute(older)
        connection.execute(update(EVENTS).values(received_at=EVENTS.c.received_at - ms))


def count(store: Store, table: object = RECORDS) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


@pytest.fixture
def records(store: Store) -> Records:
    return Records(store)


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return Jobs(store)


# -- keeping ---------------------------------------------------------------------------------------


def test_a_record_comes_back_as_it_was(records: Records, store: Store) -> None:
    """Each part, with when it was by the database's time, and which delivery it answered."""
    keep(store, record(), delivery="d1")
    (kept,) = records.of("main", "7")
    assert kept.record == record()
    assert (kept.review, kept.reason, kept.delivery_id) == ("r0", "ticket_created", "d1")
    assert abs(kept.reviewed_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_what_is_not_known_comes_back_as_not_known(records: Records, store: Store) -> None:
    """Nothing is never an empty text or a no."""
    bare = record(requester=None, facts={}, misread=(), clauses=(), warranty_ends_on=None)
    bare = replace(bare, shown=None, wrote={}, outcome={})
    keep(store, bare)
    (kept,) = records.of("main", "7")
    assert kept.record == bare
    assert kept.delivery_id is None


def test_a_history_is_one_ticket_s_newest_first(records: Records, store: Store) -> None:
    """Of one account; as many as are asked for."""
    keep(store, record(did="written"), record(did="unchanged"), record("8"))
    keep(store, record(installation="other"))
    assert [one.record.did for one in records.of("main", "7")] == ["unchanged", "written"]
    assert [one.record.did for one in records.of("main", "7", 1)] == ["unchanged"]
    newest = records.newest("main", "7")
    assert newest is not None
    assert newest.record.did == "unchanged"
    assert records.newest("main", "99") is None


@dataclass(frozen=True)
class Result:
    record: Record | None = None
    next_due_at: datetime | None = None


def test_a_worker_s_review_is_kept_with_what_it_answered(
    records: Records, jobs: Jobs, store: Store
) -> None:
    """The review's name in the log, why it was due, and the delivery; one without a record (it left
    the ticket alone) leaves none."""
    for number, result in enumerate((Result(record()), Result(None))):
        jobs.accept("main", f"d{number}", "7", "ticket_changed")
        job = jobs.claim("w", 60)
        assert job is not None
        jobs.finish(job, None, also=partial(_kept, records, job, result))
        if result.record is not None:
            (kept,) = records.of("main", "7")
            assert (kept.review, kept.reason, kept.delivery_id) == (job.id, "ticket_changed", "d0")
    assert count(store) == 1


def _kept(records: Records, job: Job, result: Result, connection: Connection) -> None:
    records.keep(connection, job, result)


def test_a_record_is_kept_with_the_end_of_its_review_or_not_at_all(
    records: Records, store: Store
) -> None:
    """It belongs to the caller's transaction."""

    def end() -> None:
        with store.begin() as connection:
            add(records, connection)
            raise LeaseLost("ticket 7: lease lost")

    with pytest.raises(LeaseLost):
        end()
    assert count(store) == 0


# -- retention -------------------------------------------------------------------------------------


def test_old_records_go_in_bounded_batches(records: Records, store: Store) -> None:
    """The oldest first, so many a transaction; younger ones stay."""
    keep(store, *(record(str(n)) for n in range(5)))
    age(store, 10 * DAY)
    keep(store, record("young"))
    assert records.prune(11 * DAY) == 0
    assert records.prune(9 * DAY, 3) == 3
    assert records.prune(9 * DAY, 3) == 2
    assert records.prune(9 * DAY, 3) == 0
    assert records.newest("main", "young")


def test_the_chore_keeps_what_may_be_kept(
    records: Records, jobs: Jobs, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records by the configured age, events for 30 days, in as many batches as it takes; hourly."""
    monkeypatch.setattr("integration.forget._MOST", 2)
    for number in range(10):  # the later ones are what the reviews that are due answer
        jobs.accept("main", f"d{number}", str(number % 5), "ticket_created")
    keep(store, *(record(str(n)) for n in range(5)))
    age(store, 31 * DAY)
    jobs.accept("main", "young", "9", "ticket_created")
    keep(store, record("9"))
    chore = retention(jobs, records, 40 * DAY)
    assert (chore.installation, chore.every) == ("", timedelta(hours=1))
    keeper = Keeper(Chores(store), [chore])
    assert keeper.run_due() == 1
    assert (count(store), count(store, EVENTS)) == (6, 6)
    assert Keeper(Chores(store), [retention(jobs, records, 30 * DAY)]).run_due() == 0, "not due yet"
    with store.begin() as connection:
        connection.execute(update(CHORES).values(next_at=0))
    assert Keeper(Chores(store), [retention(jobs, records, 30 * DAY)]).run_due() == 1
    assert count(store) == 1
    assert jobs.backlog().due == 6, "work is not let go by age"


# -- forgetting ------------------------------------------------------------------------------------


def test_a_ticket_is_forgotten_whole(records: Records, jobs: Jobs, store: Store) -> None:
    """Its records, its deliveries, its review; other tickets and other accounts keep theirs."""
    for account, ticket in (("main", "7"), ("main", "8"), ("other", "7")):
        jobs.accept(account, "d-" + ticket, ticket, "ticket_created")
        keep(store, record(ticket, installation=account))
    found = forget(store, jobs, records, "main", tickets=["7"])
    assert (found.tickets, found.records) == (("7",), 1)
    assert found.work == 2
    assert records.of("main", "7") == []
    assert jobs.backlog("main").due == 1
    assert (count(store), count(store, EVENTS)) == (2, 2)


def test_a_ticket_is_forgotten_by_the_runs_in_bulk_too(
    records: Records, jobs: Jobs, store: Store
) -> None:
    """A backfill that had it among its tickets no longer does."""
    runs = Backfills(store)
    run = runs.begin("main", {"view": "1"}, {})
    runs.found(run, ["7", "8"], None, Tally().to_json())
    forget(store, jobs, records, "main", tickets=["7"], backfills=runs, look=True)
    assert len(runs.waiting(run, 9)) == 2
    assert forget(store, jobs, records, "main", tickets=["7"], backfills=runs).work == 1
    assert [one.ticket_id for one in runs.waiting(run, 9)] == ["8"]


def test_a_person_s_tickets_are_found_by_their_records(
    records: Records, jobs: Jobs, store: Store
) -> None:
    """All that is kept of these tickets goes, also what names another requester, or nobody."""
    keep(store, record("7"), record("7", requester="12"), record("8", requester=None))
    keep(store, record("8"), record("9", requester="12"), record("7", installation="other"))
    found = forget(store, jobs, records, "main", requester="11")
    assert found == Forgotten(("7", "8"), 4, 0)
    assert count(store) == 2


def test_looking_forgets_nothing(records: Records, jobs: Jobs, store: Store) -> None:
    """It tells what would go."""
    jobs.accept("main", "d1", "7", "ticket_created")
    keep(store, record())
    looked = forget(store, jobs, records, "main", requester="11", look=True)
    assert count(store) == 1
    assert jobs.backlog().due == 1
    assert forget(store, jobs, records, "main", requester="11") == looked
    assert forget(store, jobs, records, "main", requester="11", look=True).tickets == ()


def test_many_tickets_at_once(records: Records, jobs: Jobs, store: Store) -> None:
    """More than a statement may name."""
    keep(store, record("1"), record("1200"))
    names = [str(number) for number in range(1201)]
    assert forget(store, jobs, records, "main", tickets=names).records == 2
    assert count(store) == 0


def test_a_review_in_flight_leaves_nothing_behind(
    records: Records, jobs: Jobs, store: Store
) -> None:
    """It ends after the ticket was forgotten: its lease is lost, and its record with it."""
    jobs.accept("main", "d1", "7", "ticket_created")
    job = jobs.claim("w", 60)
    assert job is not None
    forget(store, jobs, records, "main", tickets=["7"])
    with pytest.raises(LeaseLost):
        jobs.finish(job, None, also=lambda connection: add(records, connection))
    assert (count(store), count(store, EVENTS)) == (0, 0)
    assert jobs.claim("w", 60) is None


def test_a_review_that_ends_at_that_moment_leaves_nothing_behind(database_url: str) -> None:
    """Forgetting begins while the review's end is not committed yet: it waits for it, and takes
    the new record along."""
    mine, theirs = connect(database_url), connect(database_url)
    jobs, records = Jobs(mine), Records(mine)
    jobs.accept("main", "d1", "7", "ticket_created")
    job = jobs.claim("w", 60)
    assert job is not None
    ending, forgotten = threading.Event(), threading.Event()

    def also(connection: Connection) -> None:
        add(records, connection)
        ending.set()
        assert not forgotten.wait(0.5), "it did not wait for the review's end"

    def run() -> None:
        assert ending.wait(20)
        forget(theirs, Jobs(theirs), Records(theirs), "main", tickets=["7"])
        forgotten.set()

    thread = threading.Thread(target=run)
    thread.start()
    jobs.finish(job, None, also=also)
    thread.join(20)
    assert forgotten.is_set()
    assert (count(mine), count(mine, EVENTS)) == (0, 0)
    assert jobs.backlog().due == 0
    mine.close()
    theirs.close()


def test_what_is_forgotten_is_overwritten_in_the_file(sqlite_url: str) -> None:
    """SQLite only unlinks what is deleted; its bytes must go as well."""
    store = connect(sqlite_url)
    secret = "requester-of-whom-nothing-stays"
    keep(store, *(record(str(n), requester=secret) for n in range(50)), record("x", requester="y"))
    store.close()
    path = sqlite_url.removeprefix("sqlite:///")
    with open(path, "rb") as file:
        assert secret.encode() in file.read()
    forget(store, Jobs(store), Records(store), "main", requester=secret)
    store.close()
    with open(path, "rb") as file:
        assert secret.encode() not in file.read()
