"""The search: its grammar, its pages, and that it is behind."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest


def found(api: Any, query: str, page: int = 1) -> list[int]:
    told = api.ok("GET", f"/search/tickets?query={quote(query)}&page={page}")
    return [row["id"] for row in told["results"]]


@pytest.fixture
def searched(make_api: Any) -> Any:
    """Four tickets, and an index that is not behind."""
    api = make_api(search_lag=0.0, field_names="plain")
    choice = api.field("Verdict", "dropdown", "Covered", "Not covered")
    number = api.field("Count", "number")
    api.ticket(tags=["claim", "vip"], priority=4, custom_fields={choice: "Covered", number: 3})
    api.ticket(tags=["claim"], status=3, type="Refund", custom_fields={choice: "Not covered"})
    api.account.shift(86_400)
    api.ticket(status=5, custom_fields={number: 9})
    api.ticket(tags=["vip"])
    api.ok("DELETE", "/tickets/4")
    return api


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status:2", [1]),
        ("status:2 OR status:3", [2, 1]),
        ("tag:'claim'", [2, 1]),
        ("tag:'claim' AND tag:'vip'", [1]),
        ("tag:'claim' AND (status:3 OR status:5)", [2]),
        ("status:5 OR tag:'claim' AND status:3", [3, 2]),
        ("cf_verdict:'Not covered'", [2]),
        ("cf_verdict:null", [3]),
        ("cf_count:>3", [3, 1]),
        ("cf_count:<3", [1]),
        ("priority:>4", [1]),
        ("type:'Refund'", [2]),
        ("type:null AND agent_id:null", [3, 1]),
        ("created_at:'2026-05-04'", [2, 1]),
        ("created_at:>'2026-05-05'", [3]),
        ("created_at:<'2026-05-04'", [2, 1]),
        ("tag:'nobody'", []),
    ],
)
def test_what_is_found(searched: Any, query: str, numbers: list[int]) -> None:
    """Newest first, and nothing that was deleted; the two comparisons include their value."""
    assert found(searched, f'"{query}"') == numbers


@pytest.mark.parametrize(
    "query",
    [
        "status:2",
        '"status:2',
        '""',
        '"status"',
        '"status:2 status:3"',
        '"status:2 AND"',
        '"(status:2"',
        '"status:2)"',
        '"status:open"',
        '"tag:\'a"',
        '"' + "status:2 OR " * 50 + 'status:2"',
    ],
)
def test_what_is_not_understood(searched: Any, query: str) -> None:
    """It is refused: without its double quotes, too long, or no sentence of the grammar."""
    path = f"/search/tickets?query={quote(query)}"
    assert searched.problems("GET", path) == {"query": "invalid_value"}


def test_fields_there_are_not(searched: Any) -> None:
    """The field is ``tag``, and a custom one must exist."""
    for name in ("tags", "subject", "cf_gone"):
        path = "/search/tickets?query=" + quote(f'"{name}:null"')
        assert searched.problems("GET", path) == {name: "invalid_field"}
    assert searched.problems("GET", "/search/tickets") == {"query": "missing_field"}
    path = "/search/tickets?query=%22status:2%22&per_page=50"
    assert searched.problems("GET", path) == {"per_page": "invalid_field"}


def test_thirty_a_page_and_ten_pages(make_api: Any) -> None:
    """``total`` counts them all, and beyond the tenth page nothing is told."""
    api = make_api(search_lag=0.0)
    api.ok("POST", "/sandbox/tickets", {"count": 310, "ticket": {}})
    query = quote('"status:2"')
    told = api.ok("GET", f"/search/tickets?query={query}&page=10")
    assert (told["total"], len(told["results"])) == (310, 30)
    assert found(api, '"status:2"')[0] == 310
    path = f"/search/tickets?query={query}&page=11"
    assert api.problems("GET", path) == {"page": "invalid_value"}


def test_it_is_behind(api: Any) -> None:
    """What was written is found minutes later, and until then as it was."""
    api.ticket(tags=["old"])
    assert found(api, "\"tag:'old'\"") == []
    api.account.shift(120)
    assert found(api, "\"tag:'old'\"") == [1]
    api.ok("PUT", "/tickets/1", {"tags": ["new"]})
    api.account.shift(60)
    api.ok("PUT", "/tickets/1", {"tags": ["newest"]})
    assert (found(api, "\"tag:'old'\""), found(api, "\"tag:'new'\"")) == ([1], [])
    api.account.shift(60)
    assert (found(api, "\"tag:'old'\""), found(api, "\"tag:'new'\"")) == ([], [1])
    api.account.shift(60)
    assert (found(api, "\"tag:'new'\""), found(api, "\"tag:'newest'\"")) == ([], [1])
