"""Lists of tickets: which ones, in which order, a page at a time."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest


def numbers(rows: Any) -> list[int]:
    return [row["id"] for row in rows]


def test_pages_lead_on_by_their_link(api: Any) -> None:
    """Following it, every ticket is met once; the last page has none."""
    api.ok("POST", "/sandbox/tickets", {"count": 65, "ticket": {}})
    seen, path = [], "/tickets?per_page=20&order_by=created_at&order_type=asc"
    while path:
        answer = api.call("GET", path)
        seen += numbers(answer.json)
        link = answer.headers.get("Link", "")
        assert not link or link.endswith('>;rel="next"')
        address = urlsplit(link.partition(">")[0].removeprefix("<"))
        path = f"/tickets?{address.query}" if link else ""
        assert not link or parse_qs(address.query)["per_page"] == ["20"]
    assert seen == list(range(1, 66))


def test_thirty_a_page_and_a_hundred_at_most(api: Any) -> None:
    """More is refused, as is a page that is none; after 300 there are no more."""
    api.ok("POST", "/sandbox/tickets", {"count": 101, "ticket": {}})
    assert len(api.ok("GET", "/tickets")) == 30
    assert len(api.ok("GET", "/tickets?per_page=100")) == 100
    assert api.ok("GET", "/tickets?page=300") == []
    for odd in ("per_page=101", "per_page=0", "page=0", "page=x", "page=301", "page=-1"):
        name = odd.partition("=")[0]
        assert api.problems("GET", f"/tickets?{odd}") == {name: "invalid_value"}


def test_the_last_thirty_days_unless_asked(api: Any, clock: Any) -> None:
    """By when they were filed; ``updated_since`` lists what changed since, however old."""
    api.ticket()
    clock.pass_(days=31)
    api.ticket()
    assert numbers(api.ok("GET", "/tickets")) == [2]
    assert numbers(api.ok("GET", "/tickets?updated_since=2026-05-04T09:00:00Z")) == [2, 1]
    assert numbers(api.ok("GET", "/tickets?updated_since=2026-05-04T09:00:01Z")) == [2]
    api.ok("PUT", "/tickets/1", {"status": 3})
    assert numbers(api.ok("GET", "/tickets?updated_since=2026-05-05T09:00:00Z")) == [2, 1]


def test_order(api: Any, clock: Any) -> None:
    """Newest first by default; by when they changed, their status or when they are due."""
    for priority in (1, 4, 2):
        api.ticket(priority=priority)
        clock.pass_(minutes=1)
    api.ok("PUT", "/tickets/1", {"status": 3})
    assert numbers(api.ok("GET", "/tickets")) == [3, 2, 1]
    assert numbers(api.ok("GET", "/tickets?order_by=updated_at")) == [1, 3, 2]
    assert numbers(api.ok("GET", "/tickets?order_by=updated_at&order_type=asc")) == [2, 3, 1]
    assert numbers(api.ok("GET", "/tickets?order_by=due_by&order_type=asc")) == [2, 3, 1]
    assert numbers(api.ok("GET", "/tickets?order_by=status")) == [1, 3, 2]


def test_filters(api: Any) -> None:
    """By person, and spam and deleted ones only where they are asked for."""
    for who in ("a", "b", "c"):
        api.ticket(email=f"{who}@example.com")
    api.ok("PUT", "/sandbox/tickets/2/spam")
    api.ok("DELETE", "/tickets/3")
    assert numbers(api.ok("GET", "/tickets")) == [1]
    assert numbers(api.ok("GET", "/tickets?filter=spam")) == [2]
    assert numbers(api.ok("GET", "/tickets?filter=deleted")) == [3]
    assert numbers(api.ok("GET", "/tickets?email=A@example.com")) == [1]
    assert numbers(api.ok("GET", "/tickets?email=z@example.com")) == []
    who = api.ok("GET", "/tickets/1")["requester_id"]
    assert numbers(api.ok("GET", f"/tickets?requester_id={who}")) == [1]


def test_new_and_my_open(api: Any) -> None:
    """Open ones of nobody or of the one who asks."""
    me, other = (row["id"] for row in api.ok("GET", "/agents")[:2])
    for agent in (None, me, other):
        api.ticket(responder_id=agent)
    api.ticket(status=3)
    assert numbers(api.ok("GET", "/tickets?filter=new_and_my_open")) == [2, 1]


def test_texts_come_only_when_included(api: Any) -> None:
    """Description, person and times."""
    api.ticket()
    (row,) = api.ok("GET", "/tickets")
    assert not {"description", "requester", "stats"} & set(row)
    (row,) = api.ok("GET", "/tickets?include=description,requester,stats")
    assert row["description_text"] == "It does not work."
    assert row["requester"]["email"] == "customer@example.com"
    assert row["stats"]["status_updated_at"] == "2026-05-04T09:00:00Z"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("tags=x", "tags"),
        ("order_by=id", "order_by"),
        ("order_type=up", "order_type"),
        ("filter=all", "filter"),
        ("updated_since=yesterday", "updated_since"),
        ("updated_since=2026-05-04", "updated_since"),
        ("requester_id=x", "requester_id"),
        ("include=conversations", "include"),
    ],
)
def test_what_a_list_does_not_know(api: Any, query: str, field: str) -> None:
    """It is refused, and not ignored."""
    assert set(api.problems("GET", f"/tickets?{query}")) == {field}
