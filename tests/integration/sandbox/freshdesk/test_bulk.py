"""Bulk updates and their jobs."""

from __future__ import annotations

from typing import Any


def test_the_same_for_each_in_the_background(api: Any) -> None:
    """202 with where to look; each ticket succeeds or fails for itself."""
    for _ in range(3):
        api.ticket(tags=["x"])
    api.ok("DELETE", "/tickets/2")
    action = {"ids": [1, 2, 3, 9], "properties": {"status": 3, "tags": ["y"]}}
    answer = api.call("POST", "/tickets/bulk_update", {"bulk_action": action})
    assert answer.status_code == 202
    job = answer.json["job_id"]
    assert answer.json["href"].endswith(f"/api/v2/jobs/{job}")
    api.settle()
    told = api.ok("GET", f"/jobs/{job}")
    assert (told["status"], told["progress"]) == ("PARTIAL", 100)
    assert {row["id"]: row["success"] for row in told["data"]} == {
        1: True,
        2: False,
        3: True,
        9: False,
    }
    assert [api.ok("GET", f"/tickets/{n}")["tags"] for n in (1, 2, 3)] == [["y"], ["x"], ["y"]]


def test_before_it_is_done_it_says_so(make_api: Any) -> None:
    """And the tickets can be changed meanwhile."""
    api = make_api(job_pause=600.0)
    api.ticket()
    action = {"ids": [1], "properties": {"status": 3}}
    job = api.ok("POST", "/tickets/bulk_update", {"bulk_action": action})["job_id"]
    assert api.ok("GET", f"/jobs/{job}")["status"] == "IN_PROGRESS"
    assert api.ok("PUT", "/tickets/1", {"priority": 4})["status"] == 2


def test_one_may_answer_them_all(api: Any) -> None:
    """A reply to each customer."""
    for who in ("a", "b"):
        api.ticket(email=f"{who}@example.com")
    action = {"ids": [1, 2], "reply": {"body": "Thank you."}}
    job = api.ok("POST", "/tickets/bulk_update", {"bulk_action": action})["job_id"]
    api.settle()
    assert api.ok("GET", f"/jobs/{job}")["status"] == "SUCCESS"
    sent = api.ok("GET", "/sandbox/emails")["emails"]
    assert [one["to"] for one in sent] == [["a@example.com"], ["b@example.com"]]


def test_all_may_fail(api: Any) -> None:
    """The job then failed, and says what was wrong with each."""
    api.ticket()
    action = {"ids": [1], "properties": {"status": 99}}
    job = api.ok("POST", "/tickets/bulk_update", {"bulk_action": action})["job_id"]
    api.settle()
    told = api.ok("GET", f"/jobs/{job}")
    assert told["status"] == "FAILED"
    assert told["data"][0]["error"]["errors"][0]["field"] == "status"


def test_what_a_job_must_have(api: Any) -> None:
    """Tickets, not too many, and something to do."""
    path = "/tickets/bulk_update"
    assert api.problems("POST", path, {}) == {"bulk_action": "missing_field"}
    for odd in ({"ids": []}, {"ids": ["1"]}, {"ids": list(range(101))}, {}):
        given = {"properties": {"status": 3}, **odd}
        assert set(api.problems("POST", path, {"bulk_action": given})) == {"ids"}
    assert set(api.problems("POST", path, {"bulk_action": {"ids": [1]}})) == {"properties"}
