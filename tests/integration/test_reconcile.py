"""What a webhook loses, reconciliation finds; what it knows already, it leaves alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from integration import catalogue, errors, reconcile
from integration.budgets import Limits
from integration.chores import CHORES, Chores
from integration.config import Installation
from integration.connections import Connections
from integration.doctor_store import unreadable
from integration.helpdesks import Bindings, Phase, Ticket, TicketRef
from integration.helpdesks.zendesk_export import Page
from integration.jobs import REVIEWS, Jobs
from integration.jobs_standing import standing
from integration.keeper import Keeper
from integration.reconcile import Reconciler
from integration.records import Kept, Records
from integration.review import Reviewer
from integration.sandbox.faults import Fault
from integration.sandbox.freshdesk import telling
from integration.sandbox.options import Options
from integration.store import Store
from integration.worker import Worker
from tests.integration.desk import BINDINGS, COMPLETE, NOW, Desk, ticket
from tests.integration.live import until
from tests.integration.places import HELPDESKS, MAKERS, Place
from tests.integration.test_records import record

MINUTES = timedelta(minutes=5)


# -- what is made due, and what is not -------------------------------------------------------------


@dataclass
class Pages:
    """A helpdesk's list, page by page; ``asked`` is how each was asked for."""

    pages: list[Page | Exception]
    asked: list[tuple[str | None, datetime]] = field(default_factory=list)

    def changed(self, cursor: str | None, since: datetime) -> Page:
        self.asked.append((cursor, since))
        page = self.pages.pop(0)
        if isinstance(page, Exception):
            raise page
        return page


def page(
    *tickets: Ticket, cursor: str | None = "c1", end: bool = True, unreadable: int = 0
) -> Page:
    return Page(tickets, cursor, end, unreadable)


@dataclass
class Round:
    """A reconciliation over given pages, on a real store, with the place already known."""

    store: Store
    pages: Pages = field(default_factory=lambda: Pages([]))
    bindings: Bindings | None = field(default_factory=lambda: BINDINGS)
    newest: Callable[[str, str], Kept | None] = lambda installation, ticket_id: None
    now: datetime = NOW
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.store)
        self.chores = Chores(self.store)

    def reconciler(self) -> Reconciler:
        return Reconciler(
            Installation("main"),
            load_bindings=lambda _: self.bindings,
            connect=lambda installation, bindings: self.pages,
            work=self.jobs,
            standing=partial(standing, self.store),
            newest=self.newest,
            take=lambda: self.waits.pop(0) if self.waits else 0.0,
            now=lambda: self.now,
        )

    def run(self, *pages: Page | Exception) -> None:
        """One round, whenever it is due."""
        self.pages.pages += pages
        with self.store.begin() as connection:
            connection.execute(update(CHORES).values(next_at=0))
        assert Keeper(self.chores, [self.reconciler().chore(MINUTES)]).run_due() == 1

    def see(self, *tickets: Ticket) -> list[str]:
        """Which of these one page makes due, by a round that is not the first."""
        self.run(page(cursor="c0"))
        self.run(page(*tickets))
        with self.store.read() as connection:
            due = select(REVIEWS.c.ticket_id).where(REVIEWS.c.reason == reconcile.REASON)
            return sorted(connection.execute(due.order_by(REVIEWS.c.ticket_id)).scalars())

    def row(self) -> Any:
        with self.store.read() as connection:
            return connection.execute(select(CHORES)).one()

    @property
    def state(self) -> str | None:
        return self.chores.state("main", reconcile.NAME)


@pytest.fixture
def desk(store: Store) -> Round:
    return Round(store)


def numbered(number: int, base: Ticket) -> Ticket:
    return replace(base, ref=TicketRef("main", str(number)))


def carried(number: int = 7) -> tuple[Ticket, datetime]:
    """A ticket that carries all it should, and the day on which that changes by itself."""
    helpdesk = Desk(numbered(number, ticket(COMPLETE)))
    review = Reviewer(
        {"main": Installation("main")}, lambda *_: helpdesk, lambda _: BINDINGS, lambda: NOW
    )
    due = review("main", str(number)).next_due_at
    assert due is not None
    return helpdesk.ticket, due


def test_a_claim_that_was_never_reviewed_becomes_due(desk: Round) -> None:
    """Its webhook was lost; nothing of it is in the store."""
    assert desk.see(ticket(COMPLETE)) == ["7"]


def test_what_is_no_work_is_left_alone(desk: Round) -> None:
    """Solved, closed, no claim."""
    others = [
        numbered(1, ticket(COMPLETE, phase=Phase.SOLVED)),
        numbered(2, ticket(COMPLETE, phase=Phase.CLOSED)),
        numbered(3, ticket(COMPLETE, tags=frozenset())),
    ]
    assert desk.see(*others) == []


def test_a_ticket_that_carries_its_verdict_is_left_alone(desk: Round) -> None:
    """What the app's own update looks like in the list, once the coming day is scheduled."""
    done, due = carried()
    desk.jobs.make_due("main", "7", due, reason="date reached")
    assert desk.see(done) == []


def test_a_day_that_nobody_scheduled_is_scheduled(desk: Round) -> None:
    """Without it a deadline would pass unseen: where there is no row, none is due, or too late."""
    done, days = zip(*(carried(n) for n in (1, 2, 3)), strict=True)
    desk.jobs.make_due("main", "2", days[1] + timedelta(days=3), reason="date reached")
    desk.jobs.make_due("main", "3", days[2], reason="date reached")
    assert desk.see(*done) == ["1", "2"]


def test_a_changed_fact_makes_it_due(desk: Round) -> None:
    """Whatever day is scheduled."""
    done, due = carried()
    desk.jobs.make_due("main", "7", due, reason="date reached")
    changed = replace(done, fields={**done.fields, "purchase_country": "FR"})
    assert desk.see(changed) == ["7"]


def test_what_is_due_or_in_work_or_waits_for_another_try_is_left_to_that(desk: Round) -> None:
    """Its review reads the newest state anyway."""
    for number in (1, 2, 3):
        desk.jobs.accept("main", f"d{number}", str(number), "ticket_changed")
    assert desk.jobs.claim("w", 60)
    job = desk.jobs.claim("w", 60)
    assert job is not None
    desk.jobs.postpone(job, 600, "acme: no answer")
    assert desk.see(*(numbered(n, ticket(COMPLETE)) for n in (1, 2, 3))) == []


def test_a_ticket_set_aside_waits_until_somebody_changes_it(desk: Round) -> None:
    """The app's own mark on it is not a change that starts it again."""
    for number in (1, 2):
        desk.jobs.accept("main", f"d{number}", str(number), "ticket_changed")
        job = desk.jobs.claim("w", 60)
        assert job is not None
        desk.jobs.set_aside(job, "a field is gone")
    (first, _) = desk.jobs.waiting()
    marked = replace(ticket(COMPLETE), updated_at=first.since - timedelta(seconds=1))
    mended = replace(ticket(COMPLETE), updated_at=first.since + timedelta(seconds=30))
    assert desk.see(numbered(1, marked), numbered(2, mended)) == ["2"]
    assert [one.ticket_id for one in desk.jobs.waiting()] == ["1"]


def test_a_ticket_without_our_fields_is_to_be_seen_by_a_person(desk: Round) -> None:
    """Its review sets it aside and says which field is gone: unknown is no reason to be silent."""
    whole = ticket(COMPLETE)
    bare = replace(whole, fields={k: v for k, v in whole.fields.items() if k != "stamp"})
    assert desk.see(bare) == ["7"]


def test_a_ticket_that_cannot_be_judged_spoils_no_page(
    desk: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It becomes due, so that a person sees it in the end; the others are judged; nothing of it
    is logged."""
    judge = reconcile.assess

    def assess(one: Ticket, *rest: Any) -> Any:
        if one.ref.id == "1":
            raise RuntimeError(f"odd: {one.fields['order_number']}")
        return judge(one, *rest)

    monkeypatch.setattr(reconcile, "assess", assess)
    secret = ticket({**COMPLETE, "order_number": "SO-SECRET"})
    with capture_logs() as logs:
        assert desk.see(numbered(1, secret), numbered(2, secret)) == ["1", "2"]
    assert "SO-SECRET" not in str(logs)


def test_what_is_unreadable_is_counted(desk: Round) -> None:
    """In the log, with how many were seen."""
    desk.run(page())
    with capture_logs() as logs:
        desk.run(page(ticket(COMPLETE), unreadable=3))
    (line,) = [one for one in logs if one["event"] == "tickets reconciled"]
    assert (line["seen"], line["due"], line["unreadable"]) == (1, 1, 3)


def test_what_is_unreadable_is_remembered(desk: Round) -> None:
    """How many of late and when the last was met, beside the place in the list, so that an admin
    can be told; a week after the last it is over."""
    desk.run(page())
    assert reconcile.unreadable_of(desk.state) is None
    desk.run(page(unreadable=3))
    desk.now += timedelta(days=2)
    desk.run(page(unreadable=1))
    found = reconcile.unreadable_of(desk.state)
    assert found is not None
    assert (found.number, found.last) == (4, desk.now)
    (told,) = unreadable(desk.state, desk.now)
    assert told.state == "unknown"
    assert told.said.startswith("4 changed tickets could not be read, the last on 2026-")
    desk.now += timedelta(days=6)
    desk.run(page())
    assert unreadable(desk.state, desk.now)
    desk.now += timedelta(days=2)
    assert unreadable(desk.state, desk.now) == []
    desk.run(page(unreadable=1))
    found = reconcile.unreadable_of(desk.state)
    assert found is not None
    assert found.number == 1


@pytest.mark.parametrize("kept", ["7", {"number": "x"}, {"number": 1, "last": "2026-11-23"}, []])
def test_a_place_is_good_whatever_stands_beside_it(kept: object) -> None:
    """What is remembered of unreadable tickets may be wrong; where to read on must not be lost."""
    values = {"cursor": "c1", "since": NOW.isoformat(), "first": False, "unreadable": kept}
    place = reconcile._place(json.dumps(values))
    assert place is not None
    assert (place.cursor, place.unreadable) == ("c1", None)


def test_somebody_who_takes_off_what_was_written_makes_no_endless_round(desk: Round) -> None:
    """An account's own trigger removes a tag of ours at every update. It is put back once; where
    the last review was made due here and wrote, and no fact has changed since, that is enough."""
    done, due = carried()
    undone = replace(done, tags=done.tags - {"warranty_covered"})
    desk.jobs.make_due("main", "7", due, reason="date reached")
    assert desk.see(undone) == ["7"]
    job = desk.jobs.claim("w", 60)
    assert job is not None
    desk.jobs.finish(job, due)
    written = Kept(record(did="written"), NOW, "r1", reconcile.REASON, None)
    desk.newest = lambda installation, ticket_id: written
    assert desk.see(undone) == []
    changed = replace(undone, fields={**undone.fields, "purchase_country": "FR"})
    assert desk.see(changed) == ["7"]


# -- the place in the list -------------------------------------------------------------------------


def test_the_first_run_reviews_no_history(desk: Round) -> None:
    """It reads to the end of the list and keeps that place; what changes later is seen."""
    old = [numbered(n, ticket(COMPLETE)) for n in (1, 2)]
    desk.run(page(old[0], cursor="c1", end=False), page(old[1], cursor="c2"))
    assert desk.jobs.backlog().due == 0
    desk.run(page(numbered(3, ticket(COMPLETE)), cursor="c3"))
    assert desk.jobs.backlog().due == 1
    asked = desk.pages.asked
    assert [cursor for cursor, _ in asked] == [None, "c1", "c2"]
    assert timedelta(minutes=1) < NOW - asked[0][1] < timedelta(minutes=5)


def test_without_a_cursor_the_time_is_kept(desk: Round) -> None:
    """An empty list may give none: the next round asks by time, and reviews what it finds."""
    desk.run(page(cursor=None))
    desk.now += MINUTES
    desk.run(page(ticket(COMPLETE), cursor="c1"))
    assert [cursor for cursor, _ in desk.pages.asked] == [None, None]
    assert desk.pages.asked[1][1] <= NOW - timedelta(minutes=1)
    assert desk.jobs.backlog().due == 1


def test_a_cursor_is_kept_only_once_its_page_is_due(
    desk: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store fails while tickets are made due: the page is asked for again."""
    desk.run(page(cursor="c0"))

    def fail(*_: object, **__: object) -> None:
        raise errors.Unavailable("store: away")

    with monkeypatch.context() as broken:
        broken.setattr(Jobs, "make_many_due", fail)
        desk.run(page(ticket(COMPLETE), cursor="c1"))
    assert desk.row().last_error == "store: away"
    desk.run(page(ticket(COMPLETE), cursor="c1"))
    assert [cursor for cursor, _ in desk.pages.asked] == [None, "c0", "c0"]
    assert desk.jobs.backlog().due == 1


def test_broken_off_between_due_and_cursor_the_page_is_seen_again(
    desk: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is harmless: a ticket is due once."""
    desk.run(page(cursor="c0"))
    with monkeypatch.context() as broken:
        broken.setattr(Chores, "keep", lambda *_: (_ for _ in ()).throw(errors.Unavailable("x")))
        desk.run(page(ticket(COMPLETE), cursor="c1"))
    assert desk.jobs.backlog().due == 1
    desk.run(page(ticket(COMPLETE), cursor="c1"))
    assert [cursor for cursor, _ in desk.pages.asked] == [None, "c0", "c0"]
    job = desk.jobs.claim("w", 60)
    assert job is not None
    assert job.generation == 1


def test_a_failure_between_pages_keeps_the_pages_before(desk: Round) -> None:
    """The next round goes on after them."""
    desk.run(page(cursor="c0"))
    one, two = (numbered(n, ticket(COMPLETE)) for n in (1, 2))
    desk.run(page(one, cursor="c1", end=False), errors.Unavailable("acme: no answer"))
    assert desk.row().last_error == "acme: no answer"
    desk.run(page(two, cursor="c2"))
    assert [cursor for cursor, _ in desk.pages.asked] == [None, "c0", "c1", "c1"]
    assert desk.jobs.backlog().due == 2


def test_a_cursor_that_is_not_taken_any_more_starts_at_the_kept_time(desk: Round) -> None:
    """Never from nothing, and not as a first run: what changed since is reviewed."""
    desk.run(page(cursor="c0"))
    desk.now += timedelta(days=2)
    refused = errors.Invalid("acme ticket export: answered 422 InvalidCursor")
    desk.run(refused, page(ticket(COMPLETE), cursor="c9"))
    assert [cursor for cursor, _ in desk.pages.asked] == [None, "c0", None]
    assert desk.pages.asked[-1][1] == NOW - timedelta(minutes=2)
    assert desk.jobs.backlog().due == 1
    desk.run(page(cursor="c10"))
    assert desk.pages.asked[-1][0] == "c9"


def test_a_time_that_is_too_recent_is_tried_again_soon(desk: Round) -> None:
    """Our clock is ahead of the helpdesk's: the time is kept, so that it comes to be old enough."""
    desk.run(errors.Invalid("acme ticket export: answered 422 StartTimeTooRecent"))
    assert desk.row().failures == 1
    desk.now += MINUTES
    desk.run(page(cursor="c0"))
    assert desk.pages.asked[0] == desk.pages.asked[1] == (None, NOW - timedelta(minutes=2))


def test_a_list_that_does_not_lead_on_is_no_endless_round(desk: Round) -> None:
    """The same cursor again, or none, before the end."""
    desk.run(page(cursor="c0"))
    for odd in ("c0", None):
        desk.run(page(cursor=odd, end=False))
        assert "does not lead on" in desk.row().last_error


def test_a_long_list_is_read_a_few_pages_a_minute(desk: Round) -> None:
    """Half of what the helpdesk allows; the rest a minute later, which is no failure."""
    desk.run(page(cursor="c0"))
    pages = [page(cursor=f"c{n}", end=False) for n in range(1, 20)]
    desk.run(*pages)
    assert len(desk.pages.asked) == 6
    row = desk.row()
    assert row.failures == 0
    assert '"c5"' in row.state


def test_a_spent_budget_is_waited_for(desk: Round) -> None:
    """Nothing is asked before there is leave to; the place is kept."""
    desk.run(page(cursor="c0"))
    desk.waits = [17.0]
    desk.run()
    assert len(desk.pages.asked) == 1
    assert desk.row().failures == 0
    desk.run(page(cursor="c1"))
    assert desk.pages.asked[-1][0] == "c0"


@pytest.mark.parametrize("state", [None, "", "{}", "[]", "garbage", '{"cursor": 7, "since": "x"}'])
def test_a_state_that_we_could_not_have_written_is_a_first_run(
    desk: Round, state: str | None
) -> None:
    """It reviews nothing, and goes on from there."""
    desk.run(page(cursor="c0"))
    with desk.store.begin() as connection:
        connection.execute(update(CHORES).values(state=state))
    desk.run(page(ticket(COMPLETE), cursor="c1"))
    assert desk.jobs.backlog().due == 0
    assert '"c1"' in desk.row().state


def test_without_bindings_nothing_is_asked(desk: Round) -> None:
    """An account where nothing is put in place yet has no claims."""
    desk.bindings = None
    desk.run()
    assert desk.pages.asked == []
    assert desk.row().failures == 0


# -- the whole of it, in front of a helpdesk -------------------------------------------------------

TODAY = datetime.now(UTC).date()
FACTS = {**COMPLETE, "purchase_date": (TODAY - timedelta(days=90)).isoformat()}


@dataclass
class Account:
    """A helpdesk that no webhook comes from, and the store of an app connected to it."""

    place: Place
    store: Store
    page_size: int = 1000

    def __post_init__(self) -> None:
        self.installations = {"main": self.place.installation}
        self.jobs = Jobs(self.store, lambda _: Limits(10_000, 100_000, 100))
        self.chores = Chores(self.store)
        self.store.prepare()
        self.store.save_bindings("main", self.place.bindings)
        self.place.deafen()

    def keeper(self, **more: Any) -> Keeper:
        reconciler = Reconciler(
            self.installations["main"],
            load_bindings=self.store.load_bindings,
            connect=lambda installation, bindings: self.place.changes(bindings, self.page_size),
            work=self.jobs,
            standing=partial(standing, self.store),
            newest=Records(self.store).newest,
        )
        return Keeper(self.chores, [reconciler.chore(MINUTES)], **more)

    def reconcile(self) -> int:
        """One round now; how many reviews are due after it."""
        self.due_now()
        assert self.keeper().run_due() == 1
        return self.jobs.backlog().due

    def due_now(self) -> None:
        with self.store.begin() as connection:
            connection.execute(update(CHORES).values(next_at=0))

    def file(self, facts: Mapping[str, object] = FACTS) -> int:
        values = {"claim": True, **facts}
        return self.place.file(values, "Customer 1", "customer1@example.com", "Broken", "Please.")

    def edit(self, ticket_id: int, **facts: object) -> None:
        self.place.change(ticket_id, facts)

    def work(self) -> None:
        """Have a worker review until nothing is due."""
        stop = threading.Event()
        review = Reviewer(
            self.installations,
            Connections(),
            self.store.load_bindings,
            lambda: datetime.now(UTC),
        )
        thread = threading.Thread(target=Worker(self.jobs, review).run, args=(stop,))
        thread.start()
        try:
            until(lambda: (left := self.jobs.backlog()).due + left.leased == 0)
        finally:
            stop.set()
            thread.join()

    def verdict(self, ticket_id: int) -> object:
        return self.place.fields(ticket_id)["verdict"]

    def exports(self) -> int:
        return self.place.exports()

    def last(self) -> Any:
        with self.store.read() as connection:
            return connection.execute(select(CHORES)).one()


@contextmanager
def connected(monkeypatch: pytest.MonkeyPatch, store: Store, helpdesk: str) -> Iterator[Account]:
    options = Options(export_lag=0) if helpdesk == "zendesk" else None
    with MAKERS[helpdesk](monkeypatch, "http://127.0.0.1:9", options) as place:
        yield Account(place, store)


@pytest.fixture(params=HELPDESKS)
def account(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, store: Store
) -> Iterator[Account]:
    with connected(monkeypatch, store, request.param) as running:
        yield running


def test_lost_webhooks_are_found_within_one_round(account: Account) -> None:
    """Tickets filed and changed while no webhook came are reviewed; those from before the first
    round, those deleted, and those that the app wrote itself are not."""
    with account.place.earlier():
        history = account.file()
    assert account.reconcile() == 0, "a first run reviews no history"

    filed = [account.file(), account.file({**FACTS, "problem": "dropped"})]
    deleted = account.file()
    account.place.delete(deleted)
    assert account.jobs.backlog().due == 0, "a webhook came after all"
    assert account.reconcile() == 2
    account.work()
    assert [account.verdict(one) for one in filed] == [
        catalogue.status_tag("covered"),
        catalogue.status_tag("not_covered"),
    ]
    assert account.verdict(history) is None

    assert account.reconcile() == 0, "the app's own updates are no news"
    account.edit(filed[1], problem="quality_defect")
    assert account.reconcile() == 1
    account.work()
    assert account.verdict(filed[1]) == catalogue.status_tag("covered")
    assert account.reconcile() == 0
    assert account.jobs.waiting() == []


def test_a_restart_between_pages_goes_on_there(account: Account) -> None:
    """The helpdesk fails after the first page; another keeper reads the others, not that one."""
    account.page_size = 2
    with account.place.earlier():
        account.file()
    assert account.reconcile() == 0
    before = account.exports()
    for _ in range(5):
        account.file()
    made = Jobs.make_many_due
    seen: list[int] = []

    def counted(jobs: Jobs, installation: str, tickets: Any, reason: str) -> Any:
        seen.append(len(tickets))
        if len(seen) == 1:
            account.place.faults.add(Fault(account.place.listed, "GET", status=503))
        return made(jobs, installation, tickets, reason)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Jobs, "make_many_due", counted)
        assert account.reconcile() == 2
        assert account.last().failures == 1
        assert account.reconcile() == 5
    assert sum(seen) == 5, "each is made due once"
    if account.place.helpdesk == "zendesk":  # Freshdesk's pages overlap by a second
        assert seen == [2, 2, 1]
        assert account.exports() - before == 4, "page one, the failure, and two pages more"
    assert account.last().failures == 0


def test_too_many_requests_are_waited_for(account: Account) -> None:
    """429: no try comes before Retry-After has passed, the cursor stays, and nothing is lost."""
    with account.place.earlier():
        account.file()
    assert account.reconcile() == 0
    state = account.last().state
    account.file()
    busy = Fault(account.place.listed, "GET", status=429, headers={"Retry-After": "77"})
    account.place.faults.add(busy)
    began = datetime.now(UTC)
    assert account.reconcile() == 0
    (trouble,) = account.chores.troubled()
    assert trouble.next_at - began >= timedelta(seconds=76)
    assert "429" in trouble.why
    assert account.last().state == state
    assert account.keeper().run_due() == 0
    assert account.reconcile() == 1


def test_a_cursor_that_is_no_cursor_loses_nothing(account: Account) -> None:
    """The helpdesk answers 400: reading starts again at the time of the last good page."""
    assert account.reconcile() == 0
    with account.store.begin() as connection:
        state = connection.execute(select(CHORES.c.state)).scalar_one()
        place = reconcile._place(state)
        assert place is not None
        broken = str(replace(place, cursor="not-a-cursor"))
        connection.execute(update(CHORES).values(state=broken))
    account.file()
    with capture_logs() as logs:
        assert account.reconcile() == 1
    assert "export's cursor not taken" in [one["event"] for one in logs]
    assert account.reconcile() == 1, "it is due once"


def test_of_two_keepers_one_reads(account: Account) -> None:
    """Two workers, one round: the list is read once."""
    account.reconcile()
    account.file()
    before = account.exports()
    account.due_now()
    together = threading.Barrier(2)

    def run() -> None:
        keeper = account.keeper()
        together.wait(20)
        keeper.run_due()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert account.exports() - before == 1
    assert account.jobs.backlog().due == 1


def test_what_freshdesk_tells_and_nobody_understands_is_said(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    """A ticket on the list that is none as documented is counted and told of; the others on the
    page are seen all the same."""
    with connected(monkeypatch, store, "freshdesk") as account:
        assert account.reconcile() == 0
        account.file()
        native = account.place.sandbox.account
        with native.lock:
            row = telling.listed(native, native.ticket(1))
        spoilt = [{**row, "id": 77, "status": "open"}, row, {"id": "x"}]
        account.place.faults.add(Fault(account.place.listed, "GET", status=200, body=spoilt))
        assert account.reconcile() == 1
        found = reconcile.unreadable_of(account.last().state)
        assert found is not None
        assert found.number == 2
        (check,) = unreadable(account.last().state, datetime.now(UTC))
        assert "2 changed tickets could not be read" in check.said


def test_what_was_filed_in_the_round_before_is_still_found(account: Account) -> None:
    """A ticket that came onto the list late, and a long row of changes within one second, at the
    end of which the list was left: each is found, and made due once."""
    assert account.reconcile() == 0
    tickets = [account.file() for _ in range(12)]
    account.page_size = 5
    assert account.reconcile() == len(tickets)
    account.work()
    assert {account.verdict(one) for one in tickets} == {catalogue.status_tag("covered")}
    assert account.reconcile() == 0
