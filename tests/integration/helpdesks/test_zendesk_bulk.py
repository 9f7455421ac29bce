"""Zendesk's side of many tickets at once: what is asked, what is sent, what an answer means."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from markupsafe import Markup

from integration import errors
from integration.helpdesks import Change, Message, Ticket
from integration.helpdesks.bulk import Batch, Created, Found, InView, Report, Row, Stage
from integration.helpdesks.zendesk import Account
from integration.helpdesks.zendesk_bulk import ZendeskBulk
from integration.helpdesks.zendesk_wire import open_line
from tests.integration.helpdesks.conftest import API, BINDINGS

NOTE = Message("private_note", Markup("<p>Covered</p>"), "note:1")


@pytest.fixture
def bulk(account: Account) -> ZendeskBulk:
    return ZendeskBulk(open_line(account), BINDINGS)


@pytest.fixture
def read(
    bulk: ZendeskBulk, zendesk: responses.RequestsMock, ticket: dict[str, Any]
) -> Callable[..., Ticket]:
    """A ticket as read, with other values."""

    def one(**values: Any) -> Ticket:
        rows = {"tickets": [{**ticket, **values}]}
        zendesk.add(responses.GET, f"{API}/tickets/show_many.json", json=rows)
        found = bulk.get_many([str({**ticket, **values}["id"])])["4016"]
        assert found is not None
        return found

    return one


def asked(zendesk: responses.RequestsMock) -> dict[str, list[str]]:
    return parse_qs(urlsplit(str(zendesk.calls[-1].request.url)).query)


def sent(zendesk: responses.RequestsMock) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(zendesk.calls[-1].request.body)["tickets"]
    return rows


def job(zendesk: responses.RequestsMock) -> None:
    answer = {"job_status": {"id": "V3-1", "status": "queued", "results": None}}
    zendesk.add(responses.PUT, f"{API}/tickets/update_many.json", json=answer)


# -- reading ---------------------------------------------------------------------------------------


def test_a_search_is_exported_page_by_page(
    bulk: ZendeskBulk, zendesk: responses.RequestsMock, ticket: dict[str, Any]
) -> None:
    """The type is asked for beside the query, and what is none of it is passed over; the next page
    begins where this one says."""
    results = [
        {**ticket, "result_type": "ticket"},
        {"id": 1, "result_type": "user", "name": "x"},
        {"id": 4017, "result_type": "ticket", "status": "open"},
        {**ticket, "id": 4018, "status": "deleted"},
    ]
    more = {"results": results, "meta": {"has_more": True, "after_cursor": "next"}}
    zendesk.add(responses.GET, f"{API}/search/export.json", json=more)
    page = bulk.page(Found("tags:a b"))
    assert asked(zendesk) == {
        "query": ["tags:a b"],
        "filter[type]": ["ticket"],
        "page[size]": ["100"],
    }
    assert [one.ref.id for one in page.tickets] == ["4016"]
    assert (page.next, page.unreadable) == ("next", ("4017",))
    last = {"results": [], "meta": {"has_more": False, "after_cursor": "next"}}
    zendesk.replace(responses.GET, f"{API}/search/export.json", json=last)
    assert bulk.page(Found("tags:a b"), "next").next is None
    assert asked(zendesk)["page[after]"] == ["next"]


def test_days_are_asked_for_as_moments(bulk: ZendeskBulk, zendesk: responses.RequestsMock) -> None:
    """A bare date would be a day of the account's own time zone."""
    zendesk.add(responses.GET, f"{API}/search/export.json", json={"results": [], "meta": {}})
    east = timezone(timedelta(hours=2))
    bulk.page(Created(datetime(2026, 5, 1, tzinfo=east), datetime(2026, 6, 1, tzinfo=east)))
    assert asked(zendesk)["query"] == ["created>=2026-04-30T22:00:00Z created<2026-05-31T22:00:00Z"]
    bulk.page(Created(datetime(2026, 5, 1, tzinfo=east)))
    assert asked(zendesk)["query"] == ["created>=2026-04-30T22:00:00Z"]


def test_a_view_s_tickets(
    bulk: ZendeskBulk, zendesk: responses.RequestsMock, ticket: dict[str, Any]
) -> None:
    """By cursor too; what is no view's id is asked of nobody."""
    answer = {"tickets": [ticket], "meta": {"has_more": False}}
    zendesk.add(responses.GET, f"{API}/views/77/tickets.json", json=answer)
    assert [one.ref.id for one in bulk.page(InView("77")).tickets] == ["4016"]
    with pytest.raises(errors.NotFound):
        bulk.page(InView("../users"))
    assert len(zendesk.calls) == 1


def test_an_error_does_not_repeat_the_query(
    bulk: ZendeskBulk, zendesk: responses.RequestsMock
) -> None:
    """It may name a person."""
    zendesk.add(responses.GET, f"{API}/search/export.json", status=503)
    with pytest.raises(errors.Unavailable) as caught:
        bulk.page(Found("requester:customer1@example.com"))
    assert "customer1" not in str(caught.value)
    zendesk.replace(responses.GET, f"{API}/search/export.json", json={"results": "none"})
    with pytest.raises(errors.Unavailable, match="no list"):
        bulk.page(Found("x"))


def test_many_are_read_by_id(
    bulk: ZendeskBulk, zendesk: responses.RequestsMock, ticket: dict[str, Any]
) -> None:
    """One request; who is not there is missing, who was not asked for is not there, and one that
    cannot be understood is there, unread."""
    rows = [ticket, {**ticket, "id": 99}, {**ticket, "id": 5, "status": "deleted"}]
    rows.append({**ticket, "id": 7, "created_at": "yesterday"})
    zendesk.add(responses.GET, f"{API}/tickets/show_many.json", json={"tickets": rows})
    found = bulk.get_many(["4016", "5", "6", "7"])
    assert {key: one is not None for key, one in found.items()} == {"4016": True, "7": False}
    assert asked(zendesk) == {"ids": ["4016,5,6,7"]}
    for wrong in ([], ["1"] * 101, ["1/../2"]):
        with pytest.raises(ValueError, match="ids"):
            bulk.get_many(wrong)


# -- writing ---------------------------------------------------------------------------------------


def test_a_row_is_whole_in_itself(
    bulk: ZendeskBulk, zendesk: responses.RequestsMock, read: Callable[..., Ticket]
) -> None:
    """Its fields, the whole list of its tags, a note that is private in so many words, and the
    version it was read in."""
    base = read()
    job(zendesk)
    change = Change(
        fields={"verdict": "covered", "note": "s"},
        add_tags=frozenset({"warranty_covered"}),
        audit={"app": "warranty-desk"},
    )
    batch = bulk.apply_many([Row(base, change, (NOTE,))])
    assert batch == Batch("V3-1", ("4016",))
    (row,) = sent(zendesk)
    assert row["id"] == 4016
    assert row["safe_update"] is True
    assert row["updated_stamp"] == "2026-11-23T09:15:04Z"
    assert row["comment"] == {"html_body": "<p>Covered</p>", "public": False}
    assert row["custom_fields"] == [{"id": 1, "value": "v_covered"}, {"id": 2, "value": "s"}]
    # the old option's tag goes, what others set and the tags of other fields' options stay
    assert set(row["tags"]) == {"vip", "v_covered", "warranty_covered"}
    assert row["metadata"] == {"app": "warranty-desk", "message": "note:1"}
    assert "status" not in row


def test_rows_without_a_difference_are_not_sent(
    bulk: ZendeskBulk, zendesk: responses.RequestsMock, read: Callable[..., Ticket]
) -> None:
    """Nor is a batch that has no other."""
    base = read()
    assert bulk.apply_many([Row(base, Change(fields={"verdict": "needs"}))]) == Batch(None, ())
    assert bulk.poll(Batch(None, ())) == Report(Stage.ENDED)
    assert len(zendesk.calls) == 1


def test_rows_that_cannot_be_sent_are_named(
    bulk: ZendeskBulk, zendesk: responses.RequestsMock, read: Callable[..., Ticket]
) -> None:
    """A closed ticket, a key without a field: the others go."""
    job(zendesk)
    closed = bulk.apply_many([Row(read(status="closed"), Change(fields={"note": "s"}))])
    assert closed.job is None
    assert isinstance(closed.refused["4016"], errors.Unwritable)
    base = read()
    lacking = replace(base, ref=replace(base.ref, id="4017"))
    rows = [Row(lacking, Change(fields={"nothing": "s"})), Row(base, Change(fields={"note": "s"}))]
    batch = bulk.apply_many(rows)
    assert (batch.job, batch.ids) == ("V3-1", ("4016",))
    assert isinstance(batch.refused["4017"], errors.FieldGone)
    assert [row["id"] for row in sent(zendesk)] == [4016]


def test_nobody_but_agents_is_written_to(bulk: ZendeskBulk, read: Callable[..., Ticket]) -> None:
    """A public reply in bulk is a mistake of ours."""
    reply = Message("public_reply", Markup("<p>Hello</p>"), "reply:1")
    with pytest.raises(ValueError, match="nobody"):
        bulk.apply_many([Row(read(), Change(fields={"note": "s"}), (reply,))])


def test_an_answer_without_a_job_is_of_unknown_fate(
    bulk: ZendeskBulk, zendesk: responses.RequestsMock, read: Callable[..., Ticket]
) -> None:
    """It was handed over; whether anything came of it, the tickets tell."""
    zendesk.add(responses.PUT, f"{API}/tickets/update_many.json", json={"job_status": {}})
    with pytest.raises(errors.Unavailable) as caught:
        bulk.apply_many([Row(read(), Change(fields={"note": "s"}))])
    assert caught.value.ambiguous


# -- a job -----------------------------------------------------------------------------------------


def polled(
    bulk: ZendeskBulk, zendesk: responses.RequestsMock, status: str, results: object
) -> Report:
    answer = {"job_status": {"id": "V3-1", "status": status, "results": results}}
    zendesk.add(responses.GET, f"{API}/job_statuses/V3-1.json", json=answer)
    return bulk.poll(Batch("V3-1", ("1", "2", "3")))


@pytest.mark.parametrize("status", ["queued", "working", "never heard of"])
def test_a_job_under_way(bulk: ZendeskBulk, zendesk: responses.RequestsMock, status: str) -> None:
    """Nothing is known of its tickets yet."""
    assert polled(bulk, zendesk, status, None) == Report(Stage.RUNNING)


def test_a_job_s_results_go_by_ticket(bulk: ZendeskBulk, zendesk: responses.RequestsMock) -> None:
    """Written or not and why, each for itself; a failure that names its row alone is understood,
    another ticket is not ours, and of a ticket that is in none nothing is said."""
    results = [
        {"id": 1, "action": "update", "success": True, "status": "Updated"},
        {"index": 1, "success": False, "error": "UpdateConflict", "details": "SECRET"},
        {"id": 77, "success": True},
        "what is this",
    ]
    report = polled(bulk, zendesk, "completed", results)
    assert (report.stage, report.written) == (Stage.ENDED, {"1"})
    assert list(report.failed) == ["2"]
    assert isinstance(report.failed["2"], errors.Conflict)
    assert "SECRET" not in str(report.failed["2"])


@pytest.mark.parametrize(
    ("code", "details", "kind"),
    [
        ("UpdateConflict", "", errors.Conflict),
        ("RecordNotFound", "", errors.NotFound),
        ("Forbidden", "", errors.Forbidden),
        ("PermissionDenied", "", errors.Forbidden),
        ("RecordInvalid", "Verdict: x is not valid", errors.Invalid),
        ("RecordInvalid", "Status: closed prevents ticket update", errors.Unwritable),
        ("TicketUpdateError", "", errors.Unavailable),
        ("<b>text of a ticket</b>", "", errors.Unavailable),
        (None, None, errors.Unavailable),
    ],
)
def test_why_a_row_failed(
    bulk: ZendeskBulk,
    zendesk: responses.RequestsMock,
    code: object,
    details: object,
    kind: type[errors.HelpdeskError],
) -> None:
    """By its code alone; what is not known may come right another time."""
    results = [{"id": 3, "success": False, "error": code, "details": details}]
    error = polled(bulk, zendesk, "completed", results).failed["3"]
    assert type(error) is kind
    assert "<b>" not in str(error)


@pytest.mark.parametrize("results", [None, [], {"success": True}])
@pytest.mark.parametrize("status", ["failed", "killed"])
def test_a_job_that_was_given_up(
    bulk: ZendeskBulk, zendesk: responses.RequestsMock, status: str, results: object
) -> None:
    """It says nothing of its tickets."""
    assert polled(bulk, zendesk, status, results) == Report(Stage.BROKEN)


def test_it_belongs_to_one_thread(bulk: ZendeskBulk) -> None:
    """As its line does."""
    caught: list[BaseException] = []

    def use() -> None:
        try:
            bulk.poll(Batch(None, ()))
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert caught
