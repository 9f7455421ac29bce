"""What tests and measurements need beside the API."""

from __future__ import annotations

from typing import Any

import pytest


def test_many_tickets_at_once(api: Any, receiver: Any) -> None:
    """As their customers file them, with a number in each subject; rules run."""
    api.webhook(receiver.url)
    given = {"count": 3, "ticket": {"subject": "Claim {number}", "tags": ["x"]}}
    assert api.ok("POST", "/sandbox/tickets", given) == {"ids": [1, 2, 3]}
    api.settle()
    assert len(receiver.deliveries) == 3
    subjects = [row["subject"] for row in api.ok("GET", "/tickets?order_type=asc")]
    assert subjects == ["Claim 1", "Claim 2", "Claim 3"]


def test_quietly_and_long_ago(api: Any, receiver: Any) -> None:
    """No rule runs, and they are from before; what follows is of today."""
    api.webhook(receiver.url)
    api.ok("POST", "/sandbox/tickets", {"ticket": {}, "quiet": True, "age": 86_400})
    api.settle()
    assert receiver.deliveries == []
    assert api.ok("GET", "/tickets/1")["created_at"] == "2026-05-03T09:00:00Z"
    assert api.ticket()["created_at"] == "2026-05-04T09:00:00Z"
    api.settle()
    assert len(receiver.deliveries) == 1


def test_each_its_own(api: Any) -> None:
    """A list of tickets; one that is wrong is refused."""
    rows = [{"subject": "a"}, {"subject": "b", "email": "b@example.com"}]
    assert len(api.ok("POST", "/sandbox/tickets", {"tickets": rows})["ids"]) == 2
    api.problems("POST", "/sandbox/tickets", {"tickets": [{"status": 99}]})
    for odd in ({"count": 0}, {"count": 10**6}, {"age": 5}, {"speed": 1}, {"ticket": 4}):
        api.problems("POST", "/sandbox/tickets", {"ticket": {}, **odd})


def test_the_clock_is_shifted(api: Any) -> None:
    """Forth and back; it says what waits."""
    assert api.ok("GET", "/sandbox/clock") == {"now": "2026-05-04T09:00:00Z", "waiting": []}
    api.ok("POST", "/sandbox/clock", {"seconds": 86_400})
    assert api.ticket()["created_at"] == "2026-05-05T09:00:00Z"
    assert api.ok("POST", "/sandbox/clock", {"seconds": -3600})["now"] == "2026-05-05T08:00:00Z"
    for odd in ("1", True, None, float(10**30)):
        api.problems("POST", "/sandbox/clock", {"seconds": odd})


def test_requests_are_counted_by_kind(api: Any) -> None:
    """Without numbers and content, refused ones too; afresh when asked to; writes one by one."""
    api.ticket()
    for body in ({"status": 3}, {"status": 4}, {"status": 99}):
        api.call("PUT", "/tickets/1", body, headers={"User-Agent": "warranty/1"})
    rows = api.ok("GET", "/sandbox/requests")["requests"]
    counts = {(row["client"], row["method"], row["path"], row["status"]): row for row in rows}
    path = "/api/v2/tickets/{id}"
    assert counts["warranty", "PUT", path, 200]["count"] == 2
    assert counts["warranty", "PUT", path, 400]["count"] == 1
    writes = api.ok("GET", "/sandbox/requests?writes")["writes"]
    assert [row["status"] for row in writes] == [201, 200, 200, 400]
    api.ok("DELETE", "/sandbox/requests")
    assert api.ok("GET", "/sandbox/requests") == {"requests": []}


@pytest.mark.parametrize("what", ["emails", "deliveries"])
def test_what_was_sent_can_be_forgotten(api: Any, receiver: Any, what: str) -> None:
    """Both start empty again."""
    api.webhook(receiver.url)
    api.ticket()
    api.ok("POST", "/tickets/1/reply", {"body": "x"})
    assert api.ok("POST", "/sandbox/idle") == {"idle": True}
    assert len(api.ok("GET", f"/sandbox/{what}")[what]) == 1
    api.ok("DELETE", f"/sandbox/{what}")
    assert api.ok("GET", f"/sandbox/{what}")[what] == []


def test_a_customer_without_words_is_refused(api: Any) -> None:
    """And one on a ticket that is not there."""
    api.ticket()
    assert api.problems("POST", "/sandbox/tickets/1/customer", {"text": " "})
    api.refused(404, "POST", "/sandbox/tickets/2/customer", {"text": "x"})
