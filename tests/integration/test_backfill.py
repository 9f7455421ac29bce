"""History in bulk, against a sandbox and a store on each engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from integration import catalogue, errors
from integration.backfill import Backfill
from integration.backfill_batch import MOST_TRIES
from integration.backfill_counts import Tally
from integration.backfill_look import Options
from integration.backfills import BACKFILLS, Backfills, fingerprint
from integration.helpdesks import Ticket
from integration.helpdesks.bulk import Batch, InView, Page, Report, Row, Selection
from integration.jobs import Jobs
from integration.pace import Pace, Stalled
from integration.records import Records
from integration.sandbox.faults import Fault
from integration.store import Store, connect
from tests.integration.past import EVER, TODAY, Past, complete, past
from tests.integration.past_freshdesk import past_freshdesk

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is the same on both engines."""
BOTH = pytest.mark.parametrize("account", ["zendesk", "freshdesk"], indirect=True)
"""For what is promised of both helpdesks; by default, the account is Zendesk's."""
JOB = r"/api/v2/job_statuses/.*"
UPDATE = r"/api/v2/tickets/update_many"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Past]:
    made = past_freshdesk if getattr(request, "param", "") == "freshdesk" else past
    with made(monkeypatch) as opened:
        yield opened


class Meddling:
    """The account's bulk side, with something happening after tickets are read and before or after
    changes are handed over."""

    def __init__(
        self,
        account: Past,
        after_reading: Callable[[Sequence[str]], object] = lambda ids: None,
        before_writing: Callable[[Sequence[Row]], object] = lambda rows: None,
        most: int = 100,
    ) -> None:
        self.inner = account.bulk()
        self.requests_a_batch = self.inner.requests_a_batch
        self.weight_of_page = self.inner.weight_of_page
        self.after_reading = after_reading
        self.before_writing = before_writing
        self.handed: list[list[str]] = []
        self.most = min(most, self.inner.most)

    def page(self, selection: Selection, after: str | None = None) -> Page:
        return self.inner.page(selection, after)

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Ticket | None]:
        found = self.inner.get_many(ids)
        self.after_reading(ids)
        return found

    def apply_many(self, rows: Sequence[Row]) -> Batch:
        self.before_writing(rows)
        self.handed.append([row.base.ref.id for row in rows])
        return self.inner.apply_many(rows)

    def poll(self, batch: Batch) -> Report:
        return self.inner.poll(batch)


def once(work: Callable[[], object]) -> Callable[[Any], None]:
    todo = [work]

    def run(_: Any) -> None:
        if todo:
            todo.pop()()

    return run


# -- what it does ----------------------------------------------------------------------------------


@BOTH
def test_tickets_of_the_past_get_their_verdict(account: Past, store: Store) -> None:
    """Fields, one private note, the tags that stood there and ours; a record of each, and the day
    on which each would change by itself."""
    ids = [account.file(tags=["vip", "from_shop"]) for _ in range(3)]
    _, tally = account.run(store)
    assert (tally.selected, tally.written, tally.failed) == (3, 3, 0)
    for one in ids:
        assert account.verdict(one) == "covered"
        assert len(account.notes(one)) == 1
        assert account.public(one) == 1
        by_itself = {catalogue.CLAIM_TAG} if account.tags_by_itself else set()
        assert {"vip", "from_shop", "warranty_covered", *by_itself} <= account.tags(one)
        assert account.ticked(one)
        (kept,) = Records(store).of("main", one)
        assert (kept.record.did, kept.record.status, kept.reason) == (
            "written",
            "covered",
            "backfill",
        )
        assert kept.review == "backfill-1"
        assert kept.record.wrote["note"] is True
    assert Jobs(store).backlog().scheduled == 3


@BOTH
@ON_SQLITE
def test_a_review_has_nothing_to_add(account: Past, store: Store) -> None:
    """What a backfill wrote is what a review would have written; and a second backfill finds it."""
    one = account.file()
    account.run(store)
    assert account.review(one) == "unchanged"
    _, tally = account.run(store)
    assert (tally.written, tally.left) == (0, {"up to date": 1})
    assert len(account.notes(one)) == 1


@ON_SQLITE
def test_a_survey_changes_nothing(account: Past, store: Store) -> None:
    """It counts what would be written, from which verdict to which, and why the others stay; it
    sends nothing but questions and keeps nothing."""
    covered = [account.file() for _ in range(4)]
    opened = (TODAY - timedelta(days=590)).isoformat()
    account.file({**complete(TODAY - timedelta(days=600)), "claim_opened_on": opened})
    solved = account.file()
    account.edit(solved, status="solved")
    closed = account.file()
    account.edit(closed, status="closed")
    account.file({"claim": None, **complete()})
    problem = account.sandbox.state.fields[int(account.bindings.fields["problem"])]
    problem["custom_field_options"].append({"id": 1, "name": "Own", "value": "admins_own"})
    unreadable = account.file({**complete(), "problem": "admins_own"})
    seen = account.file()
    account.review(seen)
    account.sandbox.state.requests.clear()
    tally = account.backfill(store).survey(EVER)
    assert tally.selected == 10
    assert tally.left == {"solved": 1, "closed": 1, "no claim": 1, "up to date": 1}
    assert tally.moves["none", "covered"] == 4
    assert tally.moves["none", "not_covered"] == 1
    assert set(tally.examples["none", "covered"]) < set(covered)
    assert tally.freight["soocas"] == 4
    assert (tally.past, tally.unreadable) == (1, 1)
    assert tally.to_write == 6
    assert account.requests("GET") == account.requests() == 1
    assert Backfills(store).all() == []
    assert Jobs(store).backlog().scheduled == 0
    assert account.notes(unreadable) == []


@BOTH
@ON_SQLITE
def test_a_ticket_that_lacks_a_field_is_left_alone(account: Past, store: Store) -> None:
    """Without its stamp's field nobody could tell what was written: nothing is."""
    one = account.file()
    account.bindings = replace(
        account.bindings, fields={**account.bindings.fields, "stamp": "999999"}
    )
    tally = account.backfill(store).survey(EVER)
    assert tally.left == {"field missing": 1}
    assert account.notes(one) == []


@BOTH
@ON_SQLITE
def test_solved_tickets_are_taken_in_on_request(account: Past, store: Store) -> None:
    """They get their verdict and stay solved; nothing is scheduled for them."""
    one = account.file()
    account.edit(one, status="solved")
    _, tally = account.run(store, Options(include_solved=True))
    assert (tally.written, account.verdict(one)) == (1, "covered")
    assert account.status(one) == "solved"
    assert Jobs(store).backlog().scheduled == 0


@BOTH
@ON_SQLITE
def test_tickets_are_made_claims_on_request(account: Past, store: Store) -> None:
    """Tag and checkbox are set with the verdict, in the same update."""
    one = account.file({"claim": None, **complete()}, tags=["vip"])
    assert catalogue.CLAIM_TAG not in account.tags(one)
    _, tally = account.run(store, Options(claims=True))
    assert (tally.marked, tally.written, account.verdict(one)) == (1, 1, "covered")
    assert {catalogue.CLAIM_TAG, "vip"} <= account.tags(one)
    assert account.ticked(one)
    assert account.requests("PUT") == 1
    assert account.review(one) == "unchanged"


@BOTH
@ON_SQLITE
def test_a_limit_ends_the_reading(account: Past, store: Store) -> None:
    """No more tickets than asked for are selected."""
    for _ in range(4):
        account.file()
    _, tally = account.run(store, Options(limit=3))
    assert (tally.selected, tally.written) == (3, 3)


@ON_SQLITE
def test_a_view_that_empties_as_it_is_written(account: Past, store: Store) -> None:
    """A view of tickets without a verdict loses them while they get one: none is passed over."""
    view = account.view(
        {"field": "current_tags", "operator": "not_includes", "value": "warranty_covered"}
    )
    ids = [account.file() for _ in range(150)]
    run = Backfills(store).begin("main", {"view": view}, {})
    worker = account.backfill(store)
    worker.read(run, InView(view))
    tally = worker.write(Backfills(store).enter(run, "writing"))
    assert tally.written == 150
    assert all(len(account.notes(one)) == 1 for one in ids)
    assert account.backfill(store).survey(InView(view)).selected == 0


def test_requests_a_ticket(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    """At most 0.05 requests a ticket, with jobs that take their time, from reading to the last
    answer; and only writes in batches."""
    with past(monkeypatch, job_pause=0.002) as account:
        store = connect(sqlite_url)
        ids = [account.file() for _ in range(500)]
        hands = account.hands(store)
        pace = Pace(lambda requests, updates: 0.0, time.sleep, time.monotonic)
        hands = replace(hands, pace=pace, clock=time.monotonic)
        worker = Backfill(account.installation, account.bindings, Options(), hands)
        run = Backfills(store).begin("main", {}, {})
        worker.read(run, EVER)
        tally = worker.write(Backfills(store).enter(run, "writing"))
        assert tally.written == 500
        assert account.requests() <= 0.05 * len(ids)
        assert account.requests("PUT") == account.requests("PUT", "update_many") == 5
        store.close()


# -- others write too ------------------------------------------------------------------------------


@BOTH
@ON_SQLITE
def test_an_agent_s_change_meanwhile_wins(account: Past, store: Store) -> None:
    """A ticket that changed between reading and writing is refused, read anew and decided by its
    newest state; the others of its batch are written at once."""
    one, other = account.file(), account.file()
    dropped = {"problem": "dropped"}
    meddling = Meddling(
        account,
        before_writing=once(
            lambda: account.edit(one, past=False, values=dropped, additional_tags=["vip"])
        ),
    )
    account.while_waiting = lambda: setattr(account.clock, "behind", -timedelta(minutes=1))
    _, tally = account.run(store, bulk=meddling)
    assert (tally.written, tally.failed) == (2, 0)
    first = [[one, other]] if meddling.most > 1 else [[one], [other]]
    assert [sorted(batch) for batch in meddling.handed] == [*first, [one]]
    assert account.verdict(one) == "not_covered"
    assert "vip" in account.tags(one)
    assert len(account.notes(one)) == 1


@BOTH
@ON_SQLITE
@pytest.mark.parametrize("when", ["after reading", "before writing"])
def test_a_webhook_s_review_meanwhile_is_not_said_twice(
    account: Past, store: Store, when: str
) -> None:
    """A worker reviews a ticket that a backfill has just read, or is about to write: one note."""
    one, other = account.file(), account.file()
    race = once(lambda: account.review(one))
    meddling = (
        Meddling(account, after_reading=race)
        if when == "after reading"
        else Meddling(account, before_writing=race)
    )
    account.while_waiting = lambda: setattr(account.clock, "behind", -timedelta(minutes=1))
    _, tally = account.run(store, bulk=meddling)
    assert len(account.notes(one)) == len(account.notes(other)) == 1
    assert (tally.written, tally.skipped) == (1, {"up to date": 1})
    assert account.verdict(one) == "covered"


@BOTH
@ON_SQLITE
def test_a_ticket_that_changed_just_now_is_left_for_a_moment(account: Past, store: Store) -> None:
    """Versions count seconds: within the second of its last change nothing is written."""
    one = account.file()
    account.edit(one, past=False, priority="low")
    written_after: list[float] = []
    meddling = Meddling(
        account, before_writing=lambda rows: written_after.append(sum(account.waits))
    )
    account.while_waiting = lambda: setattr(account.clock, "behind", -timedelta(minutes=1))
    _, tally = account.run(store, bulk=meddling)
    assert tally.written == 1
    assert written_after
    assert written_after[0] >= 3


@BOTH
def test_a_ticket_that_keeps_changing_is_left_to_a_person(account: Past, store: Store) -> None:
    """After some tries it is reported, with what to do, and the others are done."""
    one, other = account.file(), account.file()
    numbers = iter(range(1_000))

    def meddle(rows: Sequence[Row]) -> None:
        account.edit(one, past=False, subject=f"Version {next(numbers)}")

    def wait() -> None:
        account.clock.behind -= timedelta(minutes=1)

    account.while_waiting = wait
    run, tally = account.run(store, bulk=Meddling(account, before_writing=meddle))
    assert (tally.written, tally.failed) == (1, 1)
    ((ticket, why),) = Backfills(store).failures(run)
    assert ticket == one
    assert f"{MOST_TRIES} times" in why
    assert "Run the backfill again" in why
    assert account.notes(one) == []
    assert len(account.notes(other)) == 1


@BOTH
@ON_SQLITE
def test_a_ticket_that_is_gone_or_closed_meanwhile(account: Past, store: Store) -> None:
    """Neither is a failure: there is nothing to be done about them."""
    gone, closed, last = account.file(), account.file(), account.file()
    run = Backfills(store).begin("main", {}, {})
    worker = account.backfill(store)
    worker.read(run, EVER)
    with account.an_hour_ago():
        account.remove(gone)
    account.edit(closed, status="closed")
    tally = worker.write(Backfills(store).enter(run, "writing"))
    assert tally.skipped == {"gone": 1, "closed": 1}
    assert (tally.written, tally.failed) == (1, 0)
    assert account.verdict(last) == "covered"


# -- what goes wrong -------------------------------------------------------------------------------


def test_a_row_that_is_refused_is_reported(account: Past, store: Store) -> None:
    """The helpdesk lacks an option: that ticket is named with why and what to do, and stays named;
    the others are written."""
    bad = account.file(complete(TODAY - timedelta(days=600)))
    good = account.file()
    verdict = account.sandbox.state.fields[int(account.bindings.fields["verdict"])]
    verdict["custom_field_options"] = [
        one for one in verdict["custom_field_options"] if one["value"] != "warranty_not_covered"
    ]
    run, tally = account.run(store)
    assert (tally.written, tally.failed) == (1, 1)
    assert Backfills(store).failures(run) == [
        (
            bad,
            f"ticket {bad}: not written (RecordInvalid). "
            "Check the named fields' settings and options in the helpdesk.",
        )
    ]
    assert account.verdict(good) == "covered"
    assert account.notes(bad) == []


@pytest.mark.parametrize("applied", [True, False])
def test_an_answer_that_never_came(account: Past, store: Store, applied: bool) -> None:
    """Nobody knows whether a batch arrived: the tickets' stamps tell. One note each, and a record,
    either way."""
    ids = [account.file() for _ in range(3)]
    account.sandbox.state.faults.add(Fault(UPDATE, "PUT", cut=True, applied=applied))
    account.while_waiting = lambda: setattr(account.clock, "behind", -timedelta(minutes=1))
    _, tally = account.run(store)
    assert (tally.written, tally.failed) == (3, 0)
    for one in ids:
        assert len(account.notes(one)) == 1
        assert [kept.record.did for kept in Records(store).of("main", one)] == ["written"]


@ON_SQLITE
@pytest.mark.parametrize("status", ["working", "killed", "failed"])
def test_a_job_that_tells_nothing(account: Past, store: Store, status: str) -> None:
    """A job that never ends, or was given up: the tickets are read anew, and their stamps tell."""
    one = account.file()
    job = {"job_status": {"id": "x", "status": status, "results": None}}
    times = 1 if status != "working" else 40
    account.sandbox.state.faults.add(Fault(JOB, status=200, body=job, times=times))
    account.while_waiting = lambda: setattr(account.clock, "behind", -timedelta(minutes=1))
    _, tally = account.run(store)
    assert (tally.written, tally.failed, len(account.notes(one))) == (1, 0, 1)
    assert account.requests("PUT") == 1


@ON_SQLITE
def test_a_job_that_is_forgotten(account: Past, store: Store) -> None:
    """Zendesk keeps a job's data for a while: without it, the tickets tell."""
    one = account.file()
    account.sandbox.state.faults.add(Fault(JOB, status=404, body={"error": "RecordNotFound"}))
    account.while_waiting = lambda: setattr(account.clock, "behind", -timedelta(minutes=1))
    _, tally = account.run(store)
    assert (tally.written, len(account.notes(one))) == (1, 1)


@ON_SQLITE
def test_too_many_jobs_at_once(account: Past, store: Store) -> None:
    """With 30 jobs of others under way the batch waits for its turn, and is not lost."""
    one = account.file()
    busy = {f"V3-{number}": {"id": f"V3-{number}", "status": "working"} for number in range(30)}
    account.sandbox.state.jobs.update(busy)
    account.while_waiting = lambda: account.sandbox.state.jobs.pop("V3-7", None)
    _, tally = account.run(store)
    assert (tally.written, len(account.notes(one))) == (1, 1)
    assert account.requests("PUT") == 2


@ON_SQLITE
def test_retry_after_is_heeded(account: Past, store: Store) -> None:
    """Not asked again before the time that the helpdesk names, and the reason is said."""
    account.file()
    account.sandbox.state.faults.add(
        Fault(r"/api/v2/search/export", status=429, headers={"Retry-After": "37"}, body={})
    )
    _, tally = account.run(store)
    assert tally.written == 1
    assert 37 <= account.waits[0] < 60
    assert any("waiting" in words and "429" in words for words in account.said)


@ON_SQLITE
def test_an_outage_is_waited_out_with_a_bound(account: Past, store: Store) -> None:
    """It goes on when the helpdesk is back; where it stays away, it says so and can be gone on
    with."""
    one = account.file()
    down = Fault(r"/api/v2/tickets/.*", status=503, body="down", times=5)
    account.sandbox.state.faults.add(down)
    _, tally = account.run(store)
    assert tally.written == 1
    other = account.file()
    account.sandbox.state.faults.add(replace(down, times=1_000_000))
    with pytest.raises(Stalled, match=r"waited \d+ minutes"):
        account.run(store)
    run = Backfills(store).unfinished("main")
    assert run is not None
    assert Backfills(store).left(run) == 1
    account.sandbox.state.faults.clear()
    account.backfill(store).write(run)
    assert len(account.notes(one)) == len(account.notes(other)) == 1


@ON_SQLITE
def test_access_withdrawn_ends_it(account: Past, store: Store) -> None:
    """Nothing is tried again that a person must mend; the run can be gone on with."""
    account.file()
    account.sandbox.state.faults.add(Fault(UPDATE, status=403, body={"error": "Forbidden"}))
    with pytest.raises(errors.Forbidden):
        account.run(store)
    run = Backfills(store).unfinished("main")
    assert run is not None
    assert account.backfill(store).write(run).written == 1


@ON_SQLITE
def test_a_stamp_that_is_not_kept_ends_it(account: Past, store: Store) -> None:
    """Were the notes written without their stamps, they would be written again: the first batch is
    looked at."""
    for _ in range(3):
        account.file()
    reads: list[int] = []

    class Forgetful(Meddling):
        def get_many(self, ids: Sequence[str]) -> Mapping[str, Ticket | None]:
            reads.append(len(ids))
            return {
                key: replace(one, fields={**one.fields, "stamp": None})
                for key, one in super().get_many(ids).items()
                if one is not None
            }

    meddling = Forgetful(account, most=2)
    with pytest.raises(errors.FieldGone, match="was not kept"):
        account.run(store, bulk=meddling)
    assert reads == [2, 2]
    assert len(meddling.handed) == 1


@ON_SQLITE
def test_what_cannot_be_understood_is_not_taken_for_gone(account: Past, store: Store) -> None:
    """A ticket that is there and cannot be read fails, for a person to look at; the others are
    written."""
    tickets = [account.file() for _ in range(3)]

    class Garbled(Meddling):
        def get_many(self, ids: Sequence[str]) -> Mapping[str, Ticket | None]:
            return {**super().get_many(ids), str(tickets[0]): None}

    _, tally = account.run(store, bulk=Garbled(account))
    assert (tally.written, tally.failed, dict(tally.skipped)) == (2, 1, {})


@ON_SQLITE
def test_a_batch_that_is_refused_as_a_whole_is_halved(account: Past, store: Store) -> None:
    """One row too many for the helpdesk does not keep the others from being written."""
    ids = [account.file() for _ in range(4)]

    class Picky(Meddling):
        def apply_many(self, rows: Sequence[Row]) -> Batch:
            if any(row.base.ref.id == ids[0] for row in rows):
                raise errors.Invalid("tickets: refused")
            return super().apply_many(rows)

    _, tally = account.run(store, bulk=Picky(account))
    assert (tally.written, tally.failed) == (3, 1)
    assert account.notes(ids[0]) == []


# -- going on --------------------------------------------------------------------------------------


def test_it_goes_on_where_it_stopped(account: Past, store: Store) -> None:
    """Interrupted between two batches: what was settled is neither read nor written again."""
    ids = [account.file() for _ in range(5)]
    calls: list[int] = []

    def interrupt(rows: Sequence[Row]) -> None:
        calls.append(len(rows))
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        account.run(store, bulk=Meddling(account, before_writing=interrupt, most=2))
    run = Backfills(store).unfinished("main")
    assert run is not None
    assert Backfills(store).left(run) == 3
    meddling = Meddling(account)
    tally = account.backfill(store, bulk=meddling).write(run)
    assert (tally.written, [len(one) for one in meddling.handed]) == (5, [3])
    assert [len(account.notes(one)) for one in ids] == [1] * 5


def test_a_batch_that_was_written_and_not_noted_is_known_by_its_stamp(
    account: Past, store: Store
) -> None:
    """Dead between the helpdesk's work and our own note of it: nothing is sent again, and it
    counts as written, with a record and its day."""
    one = account.file()

    class Dying(Meddling):
        def poll(self, batch: Batch) -> Report:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        account.run(store, bulk=Dying(account))
    assert len(account.notes(one)) == 1
    assert Records(store).of("main", one) == []
    account.clock.behind = -timedelta(minutes=1)
    run = Backfills(store).unfinished("main")
    assert run is not None
    tally = account.backfill(store).write(run)
    assert (tally.written, tally.failed, len(account.notes(one))) == (1, 0, 1)
    assert [kept.record.did for kept in Records(store).of("main", one)] == ["written"]
    assert Jobs(store).backlog().scheduled == 1
    assert account.requests("PUT") == 1


def test_reading_goes_on_from_its_cursor(account: Past, store: Store) -> None:
    """Interrupted while reading: what was read is not read again, and counts once."""
    for _ in range(150):
        account.file()
    runs = Backfills(store)
    run = runs.begin("main", {}, {})

    class Dying(Meddling):
        def page(self, selection: Selection, after: str | None = None) -> Page:
            if after is not None:
                raise KeyboardInterrupt
            return super().page(selection, after)

    with pytest.raises(KeyboardInterrupt):
        account.backfill(store, bulk=Dying(account)).read(run, EVER)
    again = runs.unfinished("main")
    assert again is not None
    assert again.cursor is not None
    tally = account.backfill(store).read(again, EVER)
    assert (tally.selected, runs.left(again)) == (150, 150)
    assert account.requests("GET", "search") == 2


def test_a_cursor_that_is_forgotten_begins_anew(account: Past, store: Store) -> None:
    """Zendesk forgets a cursor after an hour: everything is read again, and counts once."""
    for _ in range(3):
        account.file()
    runs = Backfills(store)
    run = runs.begin("main", {}, {})
    runs.found(run, ["1", "77"], "forgotten", {"selected": 100})
    again = runs.unfinished("main")
    assert again is not None
    tally = account.backfill(store).read(again, EVER)
    assert (tally.selected, runs.left(again)) == (3, 3)


def test_what_was_searched_for_is_not_kept(store: Store) -> None:
    """A query may name a person: it is kept for as long as it is needed, and the same command is
    known again without it."""
    runs, asked = Backfills(store), {"search": "requester:customer1@example.com"}
    run = runs.begin("main", asked, {})
    assert run.selection == asked
    run = runs.enter(run, "asking")
    assert "customer1" not in str(run)
    assert runs.unfinished("main", fingerprint(asked, {})) == run
    assert runs.unfinished("main", fingerprint({"search": "other"}, {})) is None


def test_a_ticket_is_forgotten(store: Store) -> None:
    """Its row and its number among the examples go, in any run; others stay."""
    runs = Backfills(store)
    run = runs.begin("main", {"view": "1"}, {})
    tally = Tally()
    for one in ("7", "8"):
        tally.move(one, "none", "covered")
    runs.found(run, ["7", "8"], None, tally.to_json())
    with store.begin() as connection:
        assert runs.forget(connection, "other", ["7"]) == 0
        assert runs.forget(connection, "main", ["7", "9"]) == 1
    kept = runs.unfinished("main")
    assert kept is not None
    assert Tally.from_json(kept.counts).examples == {("none", "covered"): ["8"]}
    assert Tally.from_json(kept.counts).to_write == 2
    assert [one.ticket_id for one in runs.waiting(run, 9)] == ["8"]


def test_a_run_that_nobody_touches_is_forgotten_by_age(store: Store) -> None:
    """With its tickets; one that is still worked on stays."""
    runs = Backfills(store)
    old = runs.begin("main", {"view": "1"}, {})
    runs.found(old, ["7"], None, Tally().to_json())
    with store.begin() as connection:
        connection.execute(update(BACKFILLS).values(touched_at=BACKFILLS.c.touched_at - 86_400_000))
    new = runs.begin("main", {"view": "2"}, {})
    runs.found(new, ["8"], None, Tally().to_json())
    assert runs.prune(timedelta(days=2)) == 0
    assert runs.prune(timedelta(hours=12)) == 1
    assert [one.ticket_id for one in runs.waiting(old, 9)] == []
    assert [one.ticket_id for one in runs.waiting(new, 9)] == ["8"]
