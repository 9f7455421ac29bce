"""The incremental export: its pages in our shapes, and what is made of odd ones."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from integration import errors
from integration.helpdesks import Phase
from integration.helpdesks.zendesk import Account
from integration.helpdesks.zendesk_export import ZendeskExport
from integration.helpdesks.zendesk_wire import open_line
from tests.integration.helpdesks.conftest import API, BINDINGS, TICKET

EXPORT = f"{API}/incremental/tickets/cursor.json"
SINCE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def export(account: Account) -> ZendeskExport:
    return ZendeskExport(open_line(account), BINDINGS)


def page(*tickets: object, **more: object) -> dict[str, Any]:
    return {
        "tickets": list(tickets),
        "after_url": f"{EXPORT}?cursor=Mi4wfHw%3D",
        "after_cursor": "Mi4wfHw=",
        "before_cursor": None,
        "end_of_stream": True,
        **more,
    }


def row(number: int, **more: object) -> dict[str, Any]:
    return {**copy.deepcopy(TICKET), "id": number, **more}


def asked(zendesk: responses.RequestsMock) -> dict[str, list[str]]:
    return parse_qs(urlsplit(zendesk.calls[-1].request.url or "").query)


def test_the_first_page_is_asked_for_by_time(
    zendesk: responses.RequestsMock, export: ZendeskExport
) -> None:
    """In whole seconds, with the tickets that an AI agent handles, as many as there may be."""
    zendesk.get(EXPORT, json=page())
    found = export.changed(None, SINCE)
    assert (found.tickets, found.cursor, found.end, found.unreadable) == ((), "Mi4wfHw=", True, 0)
    assert asked(zendesk) == {
        "start_time": [str(int(SINCE.timestamp()))],
        "support_type_scope": ["all"],
        "per_page": ["1000"],
    }


def test_a_cursor_goes_back_as_it_came(
    zendesk: responses.RequestsMock, export: ZendeskExport
) -> None:
    """Signs that mean something in an address are escaped; no time goes with it."""
    zendesk.get(EXPORT, json=page())
    export.changed("a+b/c=&d", SINCE)
    assert asked(zendesk)["cursor"] == ["a+b/c=&d"]
    assert "start_time" not in asked(zendesk)


def test_tickets_come_whole_and_in_order(
    zendesk: responses.RequestsMock, export: ZendeskExport
) -> None:
    """Fields in our terms, tags, status and times, as if each had been read."""
    zendesk.get(EXPORT, json=page(row(2), row(1, status="closed"), end_of_stream=False))
    found = export.changed("c", SINCE)
    assert [(one.ref.id, one.phase) for one in found.tickets] == [
        ("2", Phase.OPEN),
        ("1", Phase.CLOSED),
    ]
    first = found.tickets[0]
    assert first.ref.installation == "inst"
    assert first.fields["verdict"] == "needs"
    assert first.tags == {"vip", "v_needs"}
    assert first.updated_at == datetime(2026, 11, 23, 9, 15, 4, tzinfo=UTC)
    assert found.end is False


def test_deleted_tickets_are_left_out(
    zendesk: responses.RequestsMock, export: ZendeskExport
) -> None:
    """They are no trouble: nobody has to look at them."""
    zendesk.get(EXPORT, json=page(row(1, status="deleted"), row(2)))
    found = export.changed("c", SINCE)
    assert [one.ref.id for one in found.tickets] == ["2"]
    assert found.unreadable == 0


def test_what_is_not_understood_is_counted_and_spoils_no_page(
    zendesk: responses.RequestsMock, export: ZendeskExport
) -> None:
    """A row of another shape, a ticket without its times, fields that are none."""
    odd = [None, "ticket", {}, row(3, created_at="yesterday"), row(4, custom_fields=[7])]
    zendesk.get(EXPORT, json=page(row(1), *odd, row(2)))
    found = export.changed("c", SINCE)
    assert [one.ref.id for one in found.tickets] == ["1", "2"]
    assert found.unreadable == 5


@pytest.mark.parametrize("cursor", [None, "", 7])
def test_no_cursor_is_none(
    zendesk: responses.RequestsMock, export: ZendeskExport, cursor: object
) -> None:
    """An empty page may come without one."""
    zendesk.get(EXPORT, json=page(after_cursor=cursor))
    assert export.changed(None, SINCE).cursor is None


@pytest.mark.parametrize(
    "answer",
    [{}, {"tickets": None, "end_of_stream": True}, {"tickets": [], "end_of_stream": "yes"}],
)
def test_a_page_of_another_shape_is_for_another_try(
    zendesk: responses.RequestsMock, export: ZendeskExport, answer: dict[str, object]
) -> None:
    """Unknown is not the end of the stream, and not an empty page."""
    zendesk.get(EXPORT, json=answer)
    with pytest.raises(errors.Unavailable):
        export.changed("c", SINCE)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Invalid),
        (422, errors.Invalid),
        (401, errors.Forbidden),
        (403, errors.Forbidden),
        (429, errors.RateLimited),
        (503, errors.Unavailable),
    ],
)
def test_refusals_are_sorted_and_tell_no_cursor(
    zendesk: responses.RequestsMock,
    export: ZendeskExport,
    status: int,
    kind: type[errors.HelpdeskError],
) -> None:
    """By who must act, with the pause that Zendesk names."""
    body = {"error": "InvalidCursor", "description": "SECRET-WORDS"}
    zendesk.get(EXPORT, json=body, status=status, headers={"Retry-After": "41"})
    with pytest.raises(kind) as caught:
        export.changed("CURSOR-IS-OURS", SINCE)
    assert "CURSOR" not in str(caught.value)
    assert "SECRET" not in str(caught.value)
    if isinstance(caught.value, errors.Unavailable):
        assert caught.value.retry_after == 41
    assert len(zendesk.calls) == 1


def test_a_broken_line_is_for_another_try(
    zendesk: responses.RequestsMock, export: ZendeskExport
) -> None:
    """An answer that is no JSON, and none at all."""
    zendesk.get(EXPORT, body="<html>")
    with pytest.raises(errors.Unavailable):
        export.changed("c", SINCE)
    zendesk.reset()
    with pytest.raises(errors.Unavailable) as caught:
        export.changed("SECRET-CURSOR", SINCE)
    assert "SECRET" not in json.dumps(str(caught.value))
