"""Many tickets of Freshdesk: the list of changes, what was filed last, history in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from markupsafe import Markup

from integration import errors
from integration.helpdesks import Change, Message, Phase, Ticket
from integration.helpdesks.bulk import Bulk, Created, Found, InView, Row, Stage
from integration.helpdesks.freshdesk_bulk import FreshdeskBulk
from integration.helpdesks.freshdesk_export import FreshdeskExport, Page
from integration.helpdesks.freshdesk_lately import lately
from integration.helpdesks.freshdesk_wire import open_line
from integration.reconcile import Changes
from tests.integration.helpdesks.fake_freshdesk import TICKET, FakeFreshdesk, iso
from tests.integration.helpdesks.test_contract_freshdesk import ACCOUNT, BINDINGS

SINCE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOTE = Message("private_note", Markup("<p>Covered</p>"), "note:0123")


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as one:
        yield one


@pytest.fixture
def fake(mock: responses.RequestsMock) -> FakeFreshdesk:
    one = FakeFreshdesk().serve(mock)
    one.tickets.clear()
    return one


def file(fake: FakeFreshdesk, number: int, seconds: int = 0, **more: Any) -> None:
    """A ticket that changed so many seconds after ``SINCE``."""
    at = iso(SINCE + timedelta(seconds=seconds))
    fields = dict(TICKET["custom_fields"])
    fake.tickets[number] = {
        **TICKET,
        "id": number,
        "created_at": at,
        "updated_at": at,
        "custom_fields": fields,
        **more,
    }
    fake.talks[number] = []


def export(size: int = 100) -> FreshdeskExport:
    return FreshdeskExport(open_line(ACCOUNT), BINDINGS, page_size=size)


def ids(page: Page | list[Ticket]) -> list[str]:
    return [one.ref.id for one in (page.tickets if isinstance(page, Page) else page)]


def read_on(one: FreshdeskExport, cursor: str | None = None) -> tuple[list[str], str]:
    """Everything up to the end, and where that is."""
    found: list[str] = []
    for _ in range(50):
        page = one.changed(cursor, SINCE)
        found += ids(page)
        assert page.end or page.cursor != cursor
        cursor = page.cursor
        if page.end:
            return found, cursor
    raise AssertionError("it does not end")


def test_it_is_a_list_of_changes(fake: FakeFreshdesk) -> None:
    """It fits what reconciliation asks, and asks by time, the oldest change first."""
    port: Changes = export()
    file(fake, 2, 20)
    file(fake, 1, 10, status=5)
    file(fake, 3, -10)
    page = port.changed(None, SINCE)
    assert [(t.ref.id, t.phase) for t in page.tickets] == [("1", Phase.CLOSED), ("2", Phase.OPEN)]
    assert (page.end, page.unreadable) == (True, 0)


def test_what_is_asked(fake: FakeFreshdesk, mock: responses.RequestsMock) -> None:
    """One request a page, a hundred tickets each."""
    export().changed(None, SINCE)
    asked = parse_qs(urlsplit(mock.calls[0].request.url or "").query)
    assert asked == {
        "updated_since": ["2026-11-23T09:00:00Z"],
        "order_by": ["updated_at"],
        "order_type": ["asc"],
        "per_page": ["100"],
        "page": ["1"],
    }
    assert len(mock.calls) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_nothing_is_passed_over(fake: FakeFreshdesk, size: int) -> None:
    """In pages of any size, with several tickets a second: each comes at least once."""
    for number in range(1, 13):
        file(fake, number, 5 * (number // 3))
    found, _ = read_on(export(size))
    assert set(found) == set(map(str, fake.tickets))


def test_what_changes_while_it_is_read_hides_nobody(fake: FakeFreshdesk) -> None:
    """A ticket on a page read already moves to the end; the others do not move up unread."""
    for number in range(1, 10):
        file(fake, number, 10 * number)
    one, found, cursor, end = export(3), list[str](), None, False
    later = 200
    while not end:
        page = one.changed(cursor, SINCE)
        found += ids(page)
        cursor, end = page.cursor, page.end
        if later < 260:
            first = int(page.tickets[0].ref.id)
            fake.tickets[first]["updated_at"] = iso(SINCE + timedelta(seconds=later))
            later += 10
    assert set(found) == set(map(str, range(1, 10)))


def test_a_whole_page_of_one_second(fake: FakeFreshdesk) -> None:
    """After a change in bulk: read on by number, and not in a circle. The next round begins with
    that second again: until then its tickets may stand in another order."""
    for number in range(1, 9):
        file(fake, number, 5)
    one = export(3)
    found, cursor = read_on(one)
    assert set(found) == set(map(str, range(1, 9)))
    again, cursor = read_on(one, cursor)
    assert set(again) == set(found)
    file(fake, 99, 300)
    found, cursor = read_on(one, cursor)
    assert "99" in found
    assert read_on(one, cursor)[0] == ["99"]


def test_what_changes_after_a_whole_page_of_one_second_is_seen(fake: FakeFreshdesk) -> None:
    """Three tickets fill a page to the last one, and then change again within the minute: the list
    is no longer than it was, and they are seen all the same."""
    for number in range(1, 4):
        file(fake, number, 5)
    one = export(3)
    _, cursor = read_on(one)
    for later in (20, 40):
        file(fake, 2, later)
        found, cursor = read_on(one, cursor)
        assert "2" in found


def test_it_goes_on_from_where_it_was(fake: FakeFreshdesk) -> None:
    """The next round sees what came since, and of the time before only the last minute again: what
    changed then may not have been on the list yet."""
    file(fake, 1, 0)
    file(fake, 2, 600)
    _, cursor = read_on(export())
    file(fake, 3, 570)  # it came late
    file(fake, 4, 900)
    assert read_on(export(), cursor)[0] == ["3", "2", "4"]
    file(fake, 5, 100)
    assert "5" not in read_on(export(), cursor)[0]


def test_odd_tickets(fake: FakeFreshdesk) -> None:
    """Deleted ones are left out, unreadable ones counted; neither stops the others."""
    file(fake, 1, 1, deleted=True)
    file(fake, 2, 2, status="x")
    file(fake, 3, 3)
    page = export().changed(None, SINCE)
    assert (ids(page), page.unreadable, page.unread) == (["3"], 1, ("2",))


@pytest.mark.parametrize("cursor", ["", "x", "2026-11-23T09:00:00Z/0", "2026-11-23T09:00:00Z/301"])
def test_a_cursor_of_others_is_not_taken(fake: FakeFreshdesk, cursor: str) -> None:
    """Invalid: whoever keeps it begins by time again. Nothing is asked."""
    with pytest.raises(errors.Invalid):
        export().changed(cursor, SINCE)
    assert fake.asked == []


def test_a_list_that_is_none(fake: FakeFreshdesk) -> None:
    """Is 'not now'."""
    fake.refuse("GET", "tickets", 200, {"tickets": []})
    with pytest.raises(errors.Unavailable):
        export().changed(None, SINCE)


def test_what_was_filed_last(fake: FakeFreshdesk) -> None:
    """The newest first; with a tag, also those whose checkbox stands for it."""
    file(fake, 1, 10)
    file(fake, 2, 30, custom_fields={**TICKET["custom_fields"], "cf_claim_41": True})
    file(fake, 3, 20, tags=["warranty_claim"])
    file(fake, 4, 40, status="x")
    line = open_line(ACCOUNT)
    assert ids(lately(line, BINDINGS, 3)) == ["2", "3"]
    assert ids(lately(line, BINDINGS, 5, tag="warranty_claim")) == ["2", "3"]
    assert ids(lately(line, BINDINGS, 1, tag="warranty_claim")) == ["2"]


# -- in bulk --------------------------------------------------------------------------------------


@pytest.fixture
def bulk() -> FreshdeskBulk:
    return FreshdeskBulk(open_line(ACCOUNT), BINDINGS)


def test_it_is_bulk_one_by_one(fake: FakeFreshdesk, bulk: FreshdeskBulk) -> None:
    """It fits the port, says that a batch is one ticket, and writes it with its own values."""
    port: Bulk = bulk
    assert port.most == 1
    file(fake, 7)
    base = port.get_many(["7"])["7"]
    assert base is not None
    change = Change(fields={"verdict": "covered"}, add_tags=frozenset({"wd"}))
    report = port.poll(port.apply_many([Row(base, change, (NOTE,))]))
    assert report.stage is Stage.ENDED
    assert (set(report.written), dict(report.failed)) == ({"7"}, {})
    assert fake.tickets[7]["custom_fields"]["cf_verdict_88123"] == "Covered"
    assert fake.tickets[7]["tags"] == ["vip", "blender", "wd"]
    assert [one["private"] for one in fake.talks[7]] == [True]


def test_what_stands_against_a_row(fake: FakeFreshdesk, bulk: FreshdeskBulk) -> None:
    """A ticket that moved on comes again, a refused one says why, a limit is everybody's."""
    file(fake, 7)
    base = bulk.get_many(["7"])["7"]
    assert base is not None
    row = Row(base, Change(fields={"note": "x"}))
    fake.edit(7, cf_note="an agent's")
    report = bulk.poll(bulk.apply_many([row]))
    assert isinstance(report.failed["7"], errors.Conflict)
    fake.tickets[7]["spam"] = True
    base = bulk.get_many(["7"])["7"]
    assert base is not None
    batch = bulk.apply_many([Row(base, Change(fields={"note": "x"}))])
    assert isinstance(batch.refused["7"], errors.Unwritable)
    assert bulk.poll(batch).stage is Stage.ENDED
    fake.refuse("GET", "tickets/7", 429, Retry_After="9")
    with pytest.raises(errors.RateLimited):
        bulk.apply_many([row])


def test_what_became_of_it_is_known_at_once(fake: FakeFreshdesk, bulk: FreshdeskBulk) -> None:
    """Nothing is to be asked after; and a ticket takes no more requests than the port says, beside
    the one that read it."""
    file(fake, 7)
    base = bulk.get_many(["7"])["7"]
    assert base is not None
    fake.asked.clear()
    change = Change(fields={"verdict": "covered"}, add_tags=frozenset({"wd"}))
    batch = bulk.apply_many([Row(base, change, (NOTE,))])
    assert (batch.job, batch.ids) == (None, ("7",))
    assert batch.report == bulk.poll(batch)
    assert len(fake.asked) == bulk.requests_a_batch
    with pytest.raises(errors.NotFound, match="job"):
        bulk.poll(replace(batch, job="V3-7"))


def test_a_key_that_may_not_write_is_everybody_s(fake: FakeFreshdesk, bulk: FreshdeskBulk) -> None:
    """No ticket is to blame: the next would fare no better."""
    file(fake, 7)
    base = bulk.get_many(["7"])["7"]
    assert base is not None
    fake.refuse("PUT", "tickets/7", 403, {"code": "access_denied"})
    with pytest.raises(errors.Forbidden):
        bulk.apply_many([Row(base, Change(fields={"note": "x"}))])


def test_nobody_but_agents_is_written_to(fake: FakeFreshdesk, bulk: FreshdeskBulk) -> None:
    """History is no reason to write to a customer; nor is more than one row taken."""
    file(fake, 7)
    base = bulk.get_many(["7"])["7"]
    assert base is not None
    reply = Message("public_reply", Markup("<p>x</p>"), "reply:1")
    with pytest.raises(ValueError, match="agents"):
        bulk.apply_many([Row(base, Change(), (reply,))])
    with pytest.raises(ValueError, match="one"):
        bulk.apply_many([Row(base, Change()), Row(base, Change())])
    assert fake.writes == []
    assert bulk.poll(bulk.apply_many([])).stage is Stage.ENDED


def test_one_ticket_at_a_time(fake: FakeFreshdesk, bulk: FreshdeskBulk) -> None:
    """One that is gone is missing, one that makes no sense is None, being away is not either."""
    file(fake, 7, status="x")
    assert bulk.get_many(["7"]) == {"7": None}
    assert bulk.get_many(["8"]) == {}
    fake.refuse("GET", "tickets/7", 503)
    with pytest.raises(errors.Unavailable):
        bulk.get_many(["7"])
    with pytest.raises(ValueError, match="one"):
        bulk.get_many(["7", "8"])


def test_by_the_day_they_were_created(fake: FakeFreshdesk, bulk: FreshdeskBulk) -> None:
    """Of what changed since, those created within; older ones are not meant."""
    file(fake, 1, -900, updated_at=iso(SINCE + timedelta(hours=1)))
    file(fake, 2, 60)
    file(fake, 3, 7200)
    until = SINCE + timedelta(hours=1)
    page = bulk.page(Created(SINCE, until))
    assert [one.ref.id for one in page.tickets] == ["2"]
    assert page.next is None
    assert [t.ref.id for t in bulk.page(Created(SINCE)).tickets] == ["2", "3"]


def test_pages_overlap_and_no_ticket_comes_twice(fake: FakeFreshdesk, bulk: FreshdeskBulk) -> None:
    """The list goes on a second before where it was: what was there already is left out, also by
    somebody else who goes on; a cursor that is none of it is said to be."""
    for number in range(1, 251):
        file(fake, number, number // 3)
    found: list[str] = []
    after: str | None = None
    for _ in range(9):
        page = FreshdeskBulk(open_line(ACCOUNT), BINDINGS).page(Created(SINCE), after)
        found += [one.ref.id for one in page.tickets]
        if (after := page.next) is None:
            break
    assert found == [str(number) for number in range(1, 251)]
    for wrong in ("x", "2026-01-01T00:00:00Z/1", "2026-01-01T00:00:00Z/1#x"):
        with pytest.raises(errors.Invalid, match="cursor"):
            bulk.page(Created(SINCE), wrong)


def test_by_a_search(fake: FakeFreshdesk, bulk: FreshdeskBulk) -> None:
    """Thirty a page; the query stands between double quotes, as it was given."""
    for number in range(1, 36):
        file(fake, number)
    first = bulk.page(Found("tag:'warranty_claim'"))
    second = bulk.page(Found("tag:'warranty_claim'"), first.next)
    assert (len(first.tickets), first.next, len(second.tickets), second.next) == (30, "2", 5, None)


def test_a_search_that_finds_too_much_is_refused(fake: FakeFreshdesk, bulk: FreshdeskBulk) -> None:
    """Freshdesk shows three hundred: the others would be left out in silence."""
    fake.refuse("GET", "search/tickets", 200, {"total": 301, "results": []})
    with pytest.raises(errors.Invalid, match="301"):
        bulk.page(Found("status:2"))
    for query in ("", 'a" OR "b', "x" * 513):
        with pytest.raises(errors.Invalid):
            bulk.page(Found(query))
    with pytest.raises(errors.Invalid, match="view"):
        bulk.page(InView("1"))
    with pytest.raises(errors.Invalid, match="cursor"):
        bulk.page(Found("status:2"), "x")
