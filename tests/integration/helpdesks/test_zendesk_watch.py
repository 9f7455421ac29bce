"""Of each request to Zendesk its kind, its answer, and what that says of the account's limit."""

from __future__ import annotations

import pytest
import requests
import responses

from integration.helpdesks.zendesk_watch import WatchedAdapter, kind_of, limit_of

API = "https://acme.zendesk.com/api/v2"


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "tickets/7.json", "ticket_read"),
        ("PUT", "tickets/7.json", "ticket_update"),
        ("GET", "tickets/7/macros/5/apply.json", "macro_preview"),
        ("GET", "tickets/show_many.json?ids=1,2", "tickets_read"),
        ("PUT", "tickets/update_many.json", "tickets_update"),
        ("GET", "job_statuses/V3-abc.json", "job_status"),
        ("GET", "incremental/tickets/cursor.json?cursor=x", "export"),
        ("GET", "search/export.json?query=x", "search"),
        ("GET", "views/12/tickets.json?page[size]=100", "view"),
        ("GET", "users/7.json", "other"),
        ("DELETE", "tickets/7.json", "other"),
    ],
)
def test_kinds(method: str, path: str, kind: str) -> None:
    """What a request is for, without an id."""
    assert kind_of(method, f"{API}/{path}") == kind


@pytest.mark.parametrize(
    ("said", "limit"),
    [
        ("700", 700),
        ("1", 1),
        ("1000000", 1_000_000),
        ("0", None),
        ("-5", None),
        ("1000001", None),
        ("7e2", None),
        ("many", None),
        ("٧", None),
        ("", None),
        (None, None),
    ],
)
def test_limits(said: str | None, limit: int | None) -> None:
    """A whole number that may be one; anything else is not known."""
    assert limit_of({} if said is None else {"X-Rate-Limit": said}) == limit


def test_every_request_is_told_and_spent() -> None:
    """Sound answers, refusals, and those that never came."""
    told: list[tuple[str, str]] = []
    spent: list[tuple[str, int | None]] = []
    session = requests.Session()
    session.mount(
        "https://",
        WatchedAdapter(lambda *row: told.append(row), lambda *row: spent.append(row)),
    )
    url = f"{API}/tickets/7.json"
    with responses.RequestsMock() as zendesk:
        zendesk.get(url, json={}, headers={"X-Rate-Limit": "400"})
        zendesk.put(url, status=429)
        zendesk.get(f"{API}/views/1/tickets.json", body=requests.ReadTimeout())
        session.get(url)
        session.put(url)
        with pytest.raises(requests.ReadTimeout):
            session.get(f"{API}/views/1/tickets.json")
    assert told == [("ticket_read", "200"), ("ticket_update", "429"), ("view", "timeout")]
    assert spent == [("ticket_read", 400), ("ticket_update", None), ("view", None)]
