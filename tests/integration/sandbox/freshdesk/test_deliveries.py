"""Deliveries: tried again late, within the account's limit, and kept in a log."""

from __future__ import annotations

import socket
import time
from typing import Any


def log(api: Any) -> Any:
    return api.ok("GET", "/sandbox/deliveries")["deliveries"]


def test_a_failure_is_tried_again_after_5_30_and_60_minutes(api: Any, receiver: Any) -> None:
    """And then no more: the administrators get an e-mail."""
    receiver.answers = [(500, {}, 0.0)] * 4
    api.webhook(receiver.url)
    api.ticket()
    counts = []
    for minutes in (0, 4, 1, 29, 1, 59, 1, 600):
        api.account.shift(minutes * 60)
        api.settle()
        counts.append(len(receiver.deliveries))
    assert counts == [1, 1, 2, 2, 3, 3, 4, 4]
    (one,) = log(api)
    assert one["state"] == "failed"
    assert [attempt["status"] for attempt in one["attempts"]] == [500] * 4
    (email,) = api.ok("GET", "/sandbox/emails")["emails"]
    assert email["to"] == [api.ok("GET", "/agents/me")["contact"]["email"]]


def test_a_retry_that_is_answered_is_the_last(api: Any, receiver: Any) -> None:
    """The same body again."""
    receiver.answers = [(503, {}, 0.0)]
    api.webhook(receiver.url)
    api.ticket()
    api.settle()
    assert log(api)[0]["state"] == "retrying"
    assert log(api)[0]["next_at"] == "2026-05-04T09:05:00Z"
    api.account.shift(3600)
    api.settle()
    api.account.shift(36_000)
    api.settle()
    assert len({one.body for one in receiver.deliveries}) == 1
    assert len(receiver.deliveries) == 2
    assert log(api)[0]["state"] == "delivered"


def test_nobody_there_is_a_failure(make_api: Any) -> None:
    """As is any other way to get no answer."""
    api = make_api(webhook_retries=())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    api.webhook(f"http://127.0.0.1:{port}/")
    api.ticket()
    api.settle()
    assert (log(api)[0]["state"], log(api)[0]["attempts"][0]["status"]) == ("failed", None)


def test_what_cannot_be_sent_is_a_failure(make_api: Any, receiver: Any) -> None:
    """A header of letters that HTTP does not know; the next delivery goes out all the same."""
    api = make_api(webhook_retries=())
    api.webhook(receiver.url, custom_headers={"X-Webhook-Secret": "密"}, name="Odd")
    api.webhook(receiver.url)
    api.ticket()
    api.settle()
    assert [row["state"] for row in log(api)] == ["failed", "delivered"]


def test_redirects_are_not_followed(make_api: Any, receiver: Any) -> None:
    """A secret in a header does not travel on."""
    api = make_api(webhook_retries=())
    receiver.answers = [(302, {"Location": receiver.url}, 0.0)]
    api.webhook(receiver.url)
    api.ticket()
    api.settle()
    assert len(receiver.deliveries) == 1
    assert log(api)[0]["attempts"][0]["status"] == 302


def test_an_answer_that_does_not_come_in_time(make_api: Any, receiver: Any) -> None:
    """Is a failure; the receiver may have acted on it all the same."""
    api = make_api(webhook_retries=(), webhook_timeout=0.2)
    receiver.answers = [(200, {}, 60.0)]
    api.webhook(receiver.url)
    api.ticket()
    api.settle()
    assert log(api)[0]["attempts"][0]["answer"] == "ReadTimeout"
    until = time.monotonic() + 30
    while not receiver.deliveries and time.monotonic() < until:
        time.sleep(0.02)
    assert len(receiver.deliveries) == 1


def test_they_count_towards_the_limit(make_api: Any, receiver: Any) -> None:
    """What finds it used up waits an hour."""
    api = make_api(plan="growth", limited=True)
    api.webhook(receiver.url)
    api.ok("PUT", "/sandbox/limits", {"total": 2})
    api.ticket()
    api.settle()
    assert len(receiver.deliveries) == 1
    api.account.shift(60)
    with api.account.lock:  # no delivery takes what the second ticket needs
        for _ in range(2):
            api.ticket()
    api.settle()
    assert [row["state"] for row in log(api)] == ["delivered", "postponed", "postponed"]
    assert log(api)[1]["next_at"] == "2026-05-04T10:01:00Z"
    api.account.shift(3600)
    api.settle()
    assert [row["state"] for row in log(api)] == ["delivered"] * 3


def test_after_a_day_they_are_dropped(make_api: Any, receiver: Any) -> None:
    """With an e-mail."""
    api = make_api(limited=True)
    api.webhook(receiver.url)
    api.ok("PUT", "/sandbox/limits", {"total": 1})
    api.ticket()
    api.ok("PUT", "/sandbox/limits", {"total": 0})
    api.settle()
    for _ in range(25):
        api.account.shift(3600)
        api.settle()
    assert [row["state"] for row in log(api)] == ["dropped"]
    assert receiver.deliveries == []
    assert len(api.ok("GET", "/sandbox/emails")["emails"]) == 1


def test_the_log_tells_no_secret(api: Any, receiver: Any) -> None:
    """Which headers there were, and not what stood in them; it can be forgotten."""
    api.webhook(receiver.url, custom_headers={"X-Webhook-Secret": "s3cret"})
    api.ticket()
    api.settle()
    (one,) = log(api)
    assert one["headers"] == ["Content-Type", "X-Webhook-Secret"]
    assert "s3cret" not in str(one)
    assert (one["ticket_id"], one["body"]) == (1, '{"ticket_id": "1"}')
    api.ok("DELETE", "/sandbox/deliveries")
    assert log(api) == []
