"""What people at the screen do with a sandbox, and how it is served."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest
import requests

from integration.sandbox.errors import ApiError
from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox, serve

GIVEN = {"subject": "Broken", "comment": {"body": "It does not work."}}


def test_customer_and_agent(api: Any, receiver: Any) -> None:
    """A customer files a ticket, an agent edits it in the browser, the customer answers."""
    state = api.state
    webhook = api.webhook(receiver.url)
    not_app = {"field": "current_via_id", "operator": "is_not", "value": "5"}
    called = ("notification_webhook", [webhook["id"], "{}"])
    api.trigger("T", {"all": [not_app]}, called)
    ticket = state.file_ticket(GIVEN, "Customer 3", "customer3@example.com")
    key = ticket["id"]
    assert ticket["via"]["channel"] == "email"
    note = {"html_body": "<p>Looks <b>fine</b></p>", "public": False}
    edited = state.agent_edit(key, {"status": "pending", "comment": note})
    assert edited["status"] == "pending"
    assert state.customer_reply(key, "Here is the photo <b>")["status"] == "open"
    api.update(key, priority="low")
    assert state.webhooks_idle()
    assert len(receiver.deliveries) == 3
    detail = state.ticket_detail(key)
    assert [c["public"] for c in detail.comments] == [True, False, True]
    authors = [detail.users[c["author_id"]]["name"] for c in detail.comments]
    assert authors == ["Customer 3", "Agent", "Customer 3"]
    assert [audit["via"]["channel"] for audit in detail.audits] == ["email", "web", "email", "api"]
    assert detail.comments[2]["body"] == "Here is the photo <b>"


def test_tickets_for_agent(api: Any) -> None:
    """The agent's list has the newest ticket first and no deleted one."""
    one, two, three = (api.ticket()["id"] for _ in range(3))
    api.ok("DELETE", f"/tickets/{two}")
    assert [row["id"] for row in api.state.tickets_for_agent()] == [three, one]
    with pytest.raises(ApiError) as caught:
        api.state.ticket_detail(two)
    assert caught.value.status == 404


def test_agent_edit_can_be_refused(api: Any, clock: Any) -> None:
    """An agent's edit is checked as an update over the API is."""
    ticket = api.ticket()
    clock.pass_(seconds=1)
    api.update(ticket["id"], subject="Moved on")
    stale = {"safe_update": True, "updated_stamp": ticket["updated_at"], "subject": "x"}
    with pytest.raises(ApiError) as caught:
        api.state.agent_edit(ticket["id"], stale)
    assert caught.value.status == 409


def test_two_writers(sandbox: Sandbox, session: requests.Session) -> None:
    """Many writers at once lose nothing: every tag that was added is there."""
    base = f"{sandbox.base_url}/api/v2"
    key = session.post(f"{base}/tickets", json={"ticket": GIVEN}, timeout=5).json()["ticket"]["id"]
    headers = dict(session.headers)

    def add(n: int) -> None:
        given = {"tags": [f"t{n}"]}
        requests.put(f"{base}/tickets/{key}/tags", json=given, headers=headers, timeout=5)

    threads = [threading.Thread(target=add, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sandbox.state.tickets[key].tags) == sorted(f"t{n}" for n in range(12))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_loopback_alone(host: str) -> None:
    """Any address but loopback is refused before anything is opened."""
    with pytest.raises(ValueError, match="loopback"):
        serve(0, host=host)
    with pytest.raises(ValueError, match="loopback"), running_sandbox(host=host):
        pass


def test_links_lead_back(sandbox: Sandbox, session: requests.Session) -> None:
    """A page's link to the next one can be followed as it is."""
    base = f"{sandbox.base_url}/api/v2"
    for _ in range(3):
        session.post(f"{base}/tickets", json={"ticket": GIVEN}, timeout=5)
    first = session.get(f"{base}/tickets.json?per_page=2", timeout=5).json()
    assert len(session.get(first["next_page"], timeout=5).json()["tickets"]) == 1
    cursor = session.get(f"{base}/tickets.json?page[size]=2", timeout=5).json()
    assert len(session.get(cursor["links"]["next"], timeout=5).json()["tickets"]) == 1


def test_serve_until_interrupted() -> None:
    """``serve`` says what it serves, answers, and ends quietly when interrupted."""
    served: list[Sandbox] = []

    def ready(sandbox: Sandbox) -> None:
        served.append(sandbox)
        raise KeyboardInterrupt

    serve(0, Options(limits=Limits(enabled=False)), ready=ready)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", served[0].port), timeout=1)


def test_closing_ends_retries(receiver: Any) -> None:
    """A sandbox that closes does not wait for the retries it still owes."""
    receiver.answers += [(503, {"Retry-After": "59"}, 0.0)]
    with running_sandbox() as sandbox, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {sandbox.token}"
        base = f"{sandbox.base_url}/api/v2"
        webhook = {
            "name": "N",
            "status": "active",
            "endpoint": receiver.url,
            "http_method": "POST",
            "request_format": "json",
        }
        key = session.post(f"{base}/webhooks", json={"webhook": webhook}, timeout=5).json()
        trigger = {
            "title": "T",
            "conditions": {"all": [{"field": "update_type", "operator": "is", "value": "Create"}]},
            "actions": [{"field": "notification_webhook", "value": [key["webhook"]["id"], "{}"]}],
        }
        session.post(f"{base}/triggers", json={"trigger": trigger}, timeout=5)
        session.post(f"{base}/tickets", json={"ticket": GIVEN}, timeout=5)
        assert not sandbox.state.webhooks_idle(0.3)
    assert len(receiver.deliveries) == 1
