"""History in bulk in Freshdesk: one ticket at a time, in several requests each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integration import errors
from integration.backfill import Backfill
from integration.backfill_look import Options
from integration.backfill_share import Share
from integration.backfills import Backfills
from integration.budgets import Budgets, Spent, counting
from integration.config import Installation
from integration.helpdesks import Bindings
from integration.helpdesks.bulk import Page, Selection
from integration.helpdesks.freshdesk_bulk import FreshdeskBulk
from integration.pace import Pace
from integration.records import Records
from integration.sandbox.faults import Fault
from integration.sandbox.freshdesk.limits import Counters
from integration.sandbox.freshdesk.options import Plan
from integration.store import Store
from tests.integration.past import EVER, TODAY, Clock, complete
from tests.integration.past_freshdesk import PastFreshdesk, past_freshdesk


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What both engines are asked of a backfill stands in ``test_backfill``."""
    return sqlite_url


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[PastFreshdesk]:
    with past_freshdesk(monkeypatch) as opened:
        yield opened


def settled(account: PastFreshdesk) -> None:
    """What was changed just now is let rest."""
    account.while_waiting = lambda: setattr(account.clock, "behind", -timedelta(minutes=1))


# -- one ticket at a time --------------------------------------------------------------------------


def test_a_ticket_takes_no_more_requests_than_are_counted(
    account: PastFreshdesk, store: Store
) -> None:
    """Reading it, and what the port says of a batch: that is what a pace keeps room for."""
    ids = [account.file() for _ in range(4)]
    bulk = account.bulk()
    run = Backfills(store).begin("main", {}, {})
    worker = account.backfill(store, bulk=bulk)
    worker.read(run, EVER)
    account.forget_requests()
    assert worker.write(Backfills(store).enter(run, "writing")).written == 4
    proof = 1  # that the stamp is kept is looked at once
    assert account.requests() <= len(ids) * (1 + bulk.requests_a_batch) + proof
    assert account.requests("PUT") == len(ids)


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", r"/api/v2/tickets/\d+"),
        ("GET", r"/api/v2/tickets/\d+/conversations"),
        ("POST", r"/api/v2/tickets/\d+/notes"),
        ("PUT", r"/api/v2/tickets/\d+"),
    ],
)
def test_an_answer_that_never_came(
    account: PastFreshdesk, store: Store, method: str, path: str, applied: bool
) -> None:
    """Wherever a ticket's requests break off, carried out or not: one note, a verdict, and a
    record, on each."""
    ids = [account.file() for _ in range(2)]
    account.faults.add(Fault(path, method, cut=True, applied=applied))
    settled(account)
    _, tally = account.run(store)
    assert (tally.written, tally.failed) == (2, 0)
    for one in ids:
        assert account.verdict(one) == "covered"
        assert len(account.notes(one)) == 1
        assert [kept.record.did for kept in Records(store).of("main", one)] == ["written"]


def test_an_agent_who_saves_while_the_note_is_posted(account: PastFreshdesk, store: Store) -> None:
    """Nothing of theirs is undone: the ticket is read anew and decided by its newest state."""
    one = account.file()
    desk = account.place.sandbox.account
    react, meanwhile = desk.react, [{"problem": "dropped"}]

    def meddle(*happened: Any) -> None:
        react(*happened)
        if meanwhile and account.place.notes(int(one)):
            account.edit(one, past=False, values=meanwhile.pop(), additional_tags=["vip"])

    desk.react = meddle
    settled(account)
    _, tally = account.run(store)
    assert not meanwhile
    assert (tally.written, tally.failed) == (1, 0)
    assert account.verdict(one) == "not_covered"
    assert {"vip", "warranty_not_covered"} <= account.tags(one)


def test_a_ticket_that_is_refused_is_reported(account: PastFreshdesk, store: Store) -> None:
    """The account lacks an option: that ticket is named with why and what to do; the others are
    written."""
    bad = account.file(complete(TODAY - timedelta(days=600)))
    good = account.file()
    fields = account.place.sandbox.account.shelf("fields").values()
    row = next(one for one in fields if one["label"] == "Warranty: verdict")
    row["choices"] = [one for one in row["choices"] if one["value"] != "Not covered"]
    run, tally = account.run(store)
    assert (tally.written, tally.failed) == (1, 1)
    ((ticket, why),) = Backfills(store).failures(run)
    assert ticket == bad
    assert "Freshdesk refused verdict" in why
    assert "Check the named fields" in why
    assert account.verdict(good) == "covered"


@pytest.mark.parametrize(("method", "status"), [("GET", 401), ("PUT", 401), ("PUT", 403)])
def test_access_withdrawn_ends_it(
    account: PastFreshdesk, store: Store, method: str, status: int
) -> None:
    """In the middle of it: no ticket is called a failure that a new key would mend, and the run
    can be gone on with."""
    ids = [account.file() for _ in range(3)]
    path = r"/api/v2/tickets/\d+"
    account.faults.add(Fault(path, method, status=status, body={"code": "access_denied"}))
    settled(account)
    with pytest.raises(errors.Forbidden):
        account.run(store)
    run = Backfills(store).unfinished("main")
    assert run is not None
    assert Backfills(store).left(run) == 3
    assert account.backfill(store).write(run).written == 3
    assert [len(account.notes(one)) for one in ids] == [1, 1, 1]


def test_too_many_requests_of_others(account: PastFreshdesk, store: Store) -> None:
    """Others use the account up: not asked again before the time that Freshdesk names."""
    account.file()
    account.faults.add(Fault(r"/api/v2/tickets", status=429, headers={"Retry-After": "37"}))
    _, tally = account.run(store)
    assert tally.written == 1
    assert 37 <= account.waits[0] < 60


# -- reading ---------------------------------------------------------------------------------------


class Dying:
    """Ends before the third page."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.pages = inner, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def page(self, selection: Selection, after: str | None = None) -> Page:
        self.pages += 1
        if self.pages == 3:
            raise KeyboardInterrupt
        found: Page = self.inner.page(selection, after)
        return found


def file_many(account: PastFreshdesk, number: int) -> None:
    """File claims, a few in each second."""
    for _ in range(number):
        account.file()
    desk = account.place.sandbox.account
    first = min(one.updated_at for one in desk.tickets.values())
    for place, ticket in enumerate(sorted(desk.tickets.values(), key=lambda one: one.id)):
        ticket.updated_at = first + timedelta(seconds=place // 3)


def test_reading_goes_on_where_it_stopped(account: PastFreshdesk, store: Store) -> None:
    """Pages overlap by some seconds, because the list has no cursor: interrupted or not, each
    ticket counts once, and those that are left alone too."""
    file_many(account, 250)
    for one in (100, 101, 102, 250):
        account.kept(str(one)).attributes["status"] = 4
    runs = Backfills(store)
    run = runs.begin("main", {}, {})
    with pytest.raises(KeyboardInterrupt):
        account.backfill(store, bulk=Dying(account.bulk())).read(run, EVER)
    again = runs.unfinished("main")
    assert again is not None
    assert again.cursor is not None
    tally = account.backfill(store).read(again, EVER)
    assert (tally.selected, tally.left["solved"], runs.left(again)) == (250, 4, 246)
    assert account.requests("GET") == 3, "the two pages before are not read again"


# -- within the limits -----------------------------------------------------------------------------


class Ahead(Clock):
    """Time that passes only where somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.passed = datetime.now(UTC), 0.0

    def __call__(self) -> datetime:
        return self.began + timedelta(seconds=self.passed) - self.behind

    def seconds(self) -> float:
        return self.passed

    def wait(self, seconds: float) -> None:
        self.passed += seconds


class Unbounded(Budgets):
    """The budget that reviews share, where there are none: what is looked at is our own part."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, float]] = []

    def take(self, *_: Any, requests: float = 0, updates: float = 0, **__: Any) -> float:
        self.taken.append((requests, updates))
        return 0.0


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[PastFreshdesk, Ahead]]:
    """An account that counts what it is asked, in a time that nobody has to wait for."""
    clock = Ahead()
    with past_freshdesk(monkeypatch, clock=clock) as account:
        clock.passed = 120
        yield account, clock


def run_within(
    account: PastFreshdesk, clock: Ahead, store: Store, work: Callable[[Backfill], Any]
) -> Any:
    """Do a backfill's work with all that the app may take of the account's limits."""
    one = replace(account.installation, update_limit=80)
    with counting() as spent:
        share = Share(Unbounded(), one, 1.0, spent, clock.seconds)
        pace = Pace(share, clock.wait, clock.seconds, account.said.append)
        hands = replace(account.hands(store), pace=pace, clock=clock.seconds)
        return work(Backfill(one, account.bindings, Options(), hands))


def test_the_least_plan_is_never_asked_too_much(
    timed: tuple[PastFreshdesk, Ahead], store: Store
) -> None:
    """With everything that the app may take, 150 of 200 requests a minute: tickets with a short and
    with a long conversation are written, and Freshdesk never says that it was too much."""
    account, clock = timed
    ids = [account.file() for _ in range(60)]
    for one in ids[::4]:
        with account.an_hour_ago():
            for number in range(70):  # three pages, for each look whether the note is there
                account.place.answer(int(one), f"And another thing, {number}")
    account.place.sandbox.account.counters = Counters(Plan(200, 80, 80, 20, 20), limited=True)
    runs = Backfills(store)
    run = runs.begin("main", {}, {})
    began = clock.passed

    def work(worker: Backfill) -> Any:
        worker.read(run, EVER)
        return worker.write(runs.enter(run, "writing"))

    tally = run_within(account, clock, store, work)
    assert (tally.written, tally.failed) == (60, 0)
    assert account.refused() == 0
    sent = account.requests()
    assert sent > 60 * 6, "or nothing was tried"
    minutes = (clock.passed - began) / 60
    assert 0.6 * 150 <= sent / minutes <= 150 + 40  # a quarter may go at once


def test_lists_are_limited_more_than_the_rest(
    timed: tuple[PastFreshdesk, Ahead], store: Store
) -> None:
    """Of 200 requests a minute no more than 20 may be pages of a list: reading heeds that too (of a
    plan a tenth as large here)."""
    account, clock = timed
    file_many(account, 450)
    account.place.sandbox.account.counters = Counters(Plan(20, 8, 8, 2, 2), limited=True)
    tally = run_within(account, clock, store, lambda worker: worker.survey(EVER))
    assert tally.selected == 450
    assert account.requests("GET") >= 5
    assert account.refused() == 0


def test_what_is_sent_beyond_is_taken_with_the_next() -> None:
    """What was asked for and not sent is not given back; what was sent beyond is made up for."""
    one = Installation("main", helpdesk="freshdesk", subdomain="acme", api_key="k")
    budgets, spent = Unbounded(), Spent(limit=200)
    share = Share(budgets, one, 1.0, spent, lambda: 0.0)
    for requests, updates, sent, put in ((5, 1, 9, 2), (1, 0, 1, 0), (5, 1, 2, 0), (1, 0, 1, 0)):
        assert share(requests, updates) == 0.0
        spent.requests += sent
        spent.updates += put
    assert budgets.taken == [(5, 1), (1 + 4, 0 + 1), (5, 1), (1, 0)]


def test_a_small_share_comes_to_its_turn() -> None:
    """One per cent of the least plan is less than a ticket takes: it waits, and not for ever."""
    one = Installation("main", helpdesk="freshdesk", subdomain="acme", api_key="k")
    now = [0.0]
    share = Share(Unbounded(), one, 0.01, Spent(limit=200), lambda: now[0])
    bulk = FreshdeskBulk(None, Bindings())  # type: ignore[arg-type]
    for requests in (bulk.weight_of_page, 1, bulk.requests_a_batch):
        while seconds := share(requests, 0):
            now[0] += seconds
    assert 0 < now[0] < 1_800
