"""The incremental export and the search."""

from __future__ import annotations

from typing import Any

import pytest

EXPORT = "/incremental/tickets/cursor"


def test_export(api: Any, clock: Any) -> None:
    """Changes come in their order, page by page, each ticket once with its newest state."""
    ids = [api.ticket()["id"] for _ in range(3)]
    clock.pass_(seconds=90)
    api.update(ids[0], subject="New")
    clock.pass_(seconds=61)
    first = api.ok("GET", f"{EXPORT}?start_time=1&per_page=2")
    assert [t["id"] for t in first["tickets"]] == ids[1:]
    assert first["end_of_stream"] is False
    last = api.ok("GET", f"{EXPORT}?cursor={first['after_cursor']}")
    assert [(t["id"], t["subject"]) for t in last["tickets"]] == [(ids[0], "New")]
    assert last["end_of_stream"] is True
    again = api.ok("GET", f"{EXPORT}?cursor={last['after_cursor']}")
    assert again["tickets"] == []
    assert again["after_cursor"] == last["after_cursor"]
    api.update(ids[2], subject="Newer")
    clock.pass_(seconds=61)
    more = api.ok("GET", f"{EXPORT}?cursor={again['after_cursor']}")
    assert [t["id"] for t in more["tickets"]] == [ids[2]]


def test_export_lags(api: Any, clock: Any) -> None:
    """What happened in the last minute is not there yet, and comes later under the same cursor."""
    start = int(clock.now.timestamp()) - 100
    api.ticket()
    empty = api.ok("GET", f"{EXPORT}?start_time={start}")
    assert (empty["tickets"], empty["end_of_stream"]) == ([], True)
    clock.pass_(seconds=61)
    found = api.ok("GET", f"{EXPORT}?cursor={empty['after_cursor']}")
    assert len(found["tickets"]) == 1


def test_export_tells_of_deleted(api: Any, clock: Any) -> None:
    """A deleted ticket comes with status ``deleted``."""
    ticket = api.ticket()["id"]
    api.ok("DELETE", f"/tickets/{ticket}")
    clock.pass_(seconds=61)
    (row,) = api.ok("GET", f"{EXPORT}?start_time=1")["tickets"]
    assert row["status"] == "deleted"


def test_export_start(api: Any, clock: Any) -> None:
    """A start is needed, and must lie more than a minute back."""
    api.refused(400, "GET", EXPORT)
    body = api.refused(422, "GET", f"{EXPORT}?start_time={int(clock.now.timestamp())}")
    assert body["error"] == "StartTimeTooRecent"


@pytest.fixture
def filed(api: Any, clock: Any) -> dict[str, int]:
    """Three tickets, the last one a day younger."""
    field = api.field("tagger", "Decision", "w_in")
    ids = {"field": field}
    ids["a"] = api.ticket(subject="Blender smokes", tags=["vip"], priority="high")["id"]
    decided = [{"id": field, "value": "w_in"}]
    ids["b"] = api.ticket(subject="Brush silent", status="solved", custom_fields=decided)["id"]
    clock.pass_(days=1)
    person = {"name": "Customer 3", "email": "customer3@example.com"}
    ids["c"] = api.ticket(subject="Brush fell", requester=person)["id"]
    return ids


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type:ticket", "abc"),
        ("type:ticket tags:vip", "a"),
        ("type:ticket tags:vip tags:w_in", "ab"),
        ("type:ticket -tags:vip", "bc"),
        ("type:ticket tags:none", "c"),
        ("type:ticket status<solved", "ac"),
        ("type:ticket status:solved", "b"),
        ("type:ticket status:new status:solved", "abc"),
        ("type:ticket created>2026-05-04", "c"),
        ("type:ticket created<2026-05-05", "ab"),
        ("type:ticket created:2026-05-05", "c"),
        ("type:ticket brush", "bc"),
        ('type:ticket subject:"Brush fell"', "c"),
        ("type:ticket priority>=high", "a"),
        ("type:ticket requester:customer3@example.com", "c"),
        ("type:ticket assignee:none", "ac"),
        ("type:ticket custom_field_FIELD:w_in", "b"),
        ("type:ticket brush -tags:w_in", "c"),
    ],
)
def test_search(api: Any, filed: dict[str, int], query: str, found: str) -> None:
    """Each part of a query narrows the search as its words say."""
    query = query.replace("FIELD", str(filed["field"]))
    rows = api.ok("GET", "/search", query_string={"query": query})["results"]
    assert sorted(row["id"] for row in rows) == [filed[name] for name in found]
    assert {row["result_type"] for row in rows} == {"ticket"}


def test_search_users(api: Any, filed: dict[str, int]) -> None:
    """People are found by name or e-mail; what is not served is refused, not ignored."""
    del filed
    rows = api.ok("GET", "/search", query_string={"query": "type:user customer3"})["results"]
    assert [row["name"] for row in rows] == ["Customer 3"]
    api.refused(422, "GET", "/search", query_string={"query": "type:ticket moon:full"})
    api.refused(400, "GET", "/search")
