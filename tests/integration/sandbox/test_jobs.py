"""Bulk jobs that take their time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from integration.sandbox.options import now_utc


@pytest.fixture
def api(make_api: Callable[..., Any]) -> Any:
    return make_api(job_pause=0.05, clock=now_utc)


def shown(api: Any, job: str) -> Any:
    return api.ok("GET", f"/job_statuses/{job}")["job_status"]


def finished(api: Any, job: str, seconds: float = 20) -> Any:
    ends = time.monotonic() + seconds
    while (status := shown(api, job))["status"] != "completed":
        assert time.monotonic() < ends, status
        threading.Event().wait(0.01)
    return status


def test_a_job_goes_from_queued_to_completed(api: Any) -> None:
    """Queued, then working with its progress, then completed: only then are there results."""
    rows = [{"id": api.ticket()["id"], "subject": f"New {n}"} for n in range(4)]
    answer = api.ok("PUT", "/tickets/update_many", {"tickets": rows})["job_status"]
    assert (answer["status"], answer["total"], answer["results"]) == ("queued", 4, None)
    seen = []
    ends = time.monotonic() + 20
    while not seen or seen[-1][0] != "completed":
        assert time.monotonic() < ends
        status = shown(api, answer["id"])
        seen.append((status["status"], status["progress"]))
        assert (status["results"] is None) == (status["status"] != "completed")
    states = [state for state, _ in seen]
    assert states == sorted(states, key=["queued", "working", "completed"].index)
    assert "working" in states
    assert seen[-1] == ("completed", 4)
    assert [row["success"] for row in status["results"]] == [True] * 4


def test_a_row_that_moved_on_conflicts_alone(api: Any) -> None:
    """``safe_update`` counts for each row by itself, at the moment its turn comes."""
    one, other = api.ticket(), api.ticket()
    later = "2100-01-01T00:00:00Z"
    rows = [
        {"id": one["id"], "priority": "low", "safe_update": True, "updated_stamp": later},
        {
            "id": other["id"],
            "priority": "low",
            "safe_update": True,
            "updated_stamp": "2020-01-01T00:00:00Z",
        },
    ]
    job = api.ok("PUT", "/tickets/update_many", {"tickets": rows})["job_status"]["id"]
    first, second = finished(api, job)["results"]
    assert first == {"action": "update", "status": "Updated", "success": True, "id": one["id"]}
    assert (second["id"], second["success"], second["error"]) == (
        other["id"],
        False,
        "UpdateConflict",
    )
    assert api.ok("GET", f"/tickets/{other['id']}")["ticket"]["priority"] is None


def test_a_job_does_not_hold_up_others(make_api: Callable[..., Any]) -> None:
    """While it works, tickets are read and changed."""
    api = make_api(job_pause=0.2, clock=now_utc)
    ids = [api.ticket()["id"] for _ in range(3)]
    rows = {"tickets": [{"id": one, "priority": "low"} for one in ids]}
    job = api.ok("PUT", "/tickets/update_many", rows)["job_status"]["id"]
    api.update(ids[2], subject="Meanwhile")
    assert shown(api, job)["status"] in ("queued", "working")
    assert finished(api, job)["progress"] == 3
    ticket = api.ok("GET", f"/tickets/{ids[2]}")["ticket"]
    assert (ticket["subject"], ticket["priority"]) == ("Meanwhile", "low")


def test_thirty_jobs_at_once(api: Any) -> None:
    """One more is refused until one of them has ended."""
    ticket = api.ticket()
    for number in range(30):
        api.state.jobs[str(number)] = {"id": str(number), "status": "queued"}
    rows = {"tickets": [{"id": ticket["id"], "priority": "low"}]}
    refused = api.refused(429, "PUT", "/tickets/update_many", rows)
    assert refused["error"] == "TooManyJobs"
    api.state.jobs["7"]["status"] = "completed"
    api.ok("PUT", "/tickets/update_many", rows)


def test_an_export_is_of_one_type(api: Any) -> None:
    """The type is asked for beside the query; without it, an export is refused."""
    ticket = api.ticket(subject="Agent")
    api.refused(400, "GET", "/search/export?query=Agent")
    found = api.ok("GET", "/search/export?query=Agent&filter[type]=ticket&page[size]=10")
    assert [(row["id"], row["result_type"]) for row in found["results"]] == [
        (ticket["id"], "ticket")
    ]
    people = api.ok("GET", "/search/export?query=Agent&filter[type]=user&page[size]=10")
    assert {row["result_type"] for row in people["results"]} == {"user"}
