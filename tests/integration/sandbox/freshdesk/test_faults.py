"""Faults on order, over a real connection, and the server itself."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from integration.sandbox.freshdesk import Options, running_sandbox, serve

TICKET = {"subject": "Broken", "description": "x", "email": "a@example.com"}


@pytest.fixture
def order(sandbox: Any, session: Any) -> Any:
    session.post(f"{sandbox.base_url}/api/v2/tickets", json=TICKET, timeout=30)

    def put(**fault: Any) -> None:
        answer = session.post(f"{sandbox.base_url}/sandbox/faults", json=fault, timeout=30)
        assert answer.status_code == 201

    return put


def status(sandbox: Any, session: Any) -> int:
    return int(session.get(f"{sandbox.base_url}/api/v2/tickets/1", timeout=30).json()["status"])


def update(sandbox: Any, session: Any, timeout: float = 30) -> requests.Response:
    url = f"{sandbox.base_url}/api/v2/tickets/1"
    answer: requests.Response = session.put(url, json={"status": 3}, timeout=timeout)
    return answer


def test_an_answer_of_ones_own(sandbox: Any, session: Any, order: Any) -> None:
    """429 with Retry-After, then all is well again; nothing was carried out."""
    order(method="PUT", path=r"/api/v2/tickets/\d+", status=429, headers={"Retry-After": "7"})
    answer = update(sandbox, session)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert status(sandbox, session) == 2
    assert update(sandbox, session).status_code == 200


def test_an_error_after_it_was_carried_out(sandbox: Any, session: Any, order: Any) -> None:
    """500, and the ticket is changed."""
    order(method="PUT", status=500, applied=True)
    assert update(sandbox, session).status_code == 500
    assert status(sandbox, session) == 3


def test_garbage(sandbox: Any, session: Any, order: Any) -> None:
    """200 with something that is no JSON."""
    order(method="PUT", status=200, body="<html>Maintenance</html>")
    answer = update(sandbox, session)
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize(
    ("fault", "after"), [({"cut": True}, 2), ({"cut": True, "applied": True}, 3)]
)
def test_a_connection_that_is_cut(
    sandbox: Any, session: Any, order: Any, fault: Any, after: int
) -> None:
    """Before it was carried out, or after."""
    order(method="PUT", **fault)
    with pytest.raises(requests.ConnectionError):
        update(sandbox, session)
    assert status(sandbox, session) == after


def test_half_an_answer(sandbox: Any, session: Any, order: Any) -> None:
    """What was promised does not all come; it was carried out."""
    order(method="PUT", half=True)
    with pytest.raises(requests.RequestException):
        update(sandbox, session)
    assert status(sandbox, session) == 3


@pytest.mark.parametrize(("delayed", "after"), [("before", 2), ("after", 3)])
def test_an_answer_too_late(
    sandbox: Any, session: Any, order: Any, delayed: str, after: int
) -> None:
    """A client that gave up does not know whether it was carried out."""
    order(method="PUT", delay=60.0, delayed=delayed)
    with pytest.raises(requests.Timeout):
        update(sandbox, session, timeout=1)
    until = time.monotonic() + (30 if after == 3 else 0)
    while status(sandbox, session) != after and time.monotonic() < until:
        time.sleep(0.02)
    assert status(sandbox, session) == after


def test_faults_can_be_seen_and_forgotten(sandbox: Any, session: Any, order: Any) -> None:
    """And what is no fault is refused."""
    order(status=500, times=3)
    url = f"{sandbox.base_url}/sandbox/faults"
    assert len(session.get(url, timeout=30).json()["waiting"]) == 1
    assert session.delete(url, timeout=30).status_code == 204
    assert session.get(url, timeout=30).json() == {"waiting": []}
    assert session.post(url, json={"speed": 1}, timeout=30).status_code == 400


def test_its_links_lead_to_itself(sandbox: Any, session: Any) -> None:
    """Under the port it was given."""
    answer = session.post(f"{sandbox.base_url}/api/v2/tickets", json=TICKET, timeout=30)
    assert session.get(answer.headers["Location"], timeout=30).json()["id"] == 1


def test_it_listens_on_this_machine_alone() -> None:
    """Any other address is refused."""
    with pytest.raises(ValueError, match="loopback"):
        serve(Options(), host="0.0.0.0", port=0)


def test_serving_until_interrupted() -> None:
    """``serve`` says what it serves, and ends quietly."""
    seen = []

    def ready(running: Any) -> None:
        seen.append((running.base_url, running.api_key, running.agent_key))
        raise KeyboardInterrupt

    serve(Options(api_key="a", agent_key="b"), port=0, ready=ready)
    assert seen[0][0].startswith("http://127.0.0.1:")
    assert seen[0][1:] == ("a", "b")


def test_nothing_outlives_it(receiver: Any) -> None:
    """What still waits is dropped when the stand-in ends."""
    receiver.answers = [(500, {}, 0.0)]
    with running_sandbox(Options(limited=False)) as running, requests.Session() as session:
        session.auth = (running.api_key, "X")
        action = {
            "field_name": "trigger_webhook",
            "url": receiver.url,
            "request_type": "POST",
            "content_type": "JSON",
            "content_layout": "2",
            "content": {"ticket_id": "{{ticket.id}}"},
        }
        rule = {"name": "Hook", "actions": [action]}
        url = f"{running.base_url}/api/v2"
        assert session.post(f"{url}/automations/1/rules", json=rule, timeout=30).ok
        assert session.post(f"{url}/tickets", json=TICKET, timeout=30).ok
        assert running.account.idle(30)
        assert len(running.account.agenda.waiting()) == 1
    assert running.account.agenda.waiting() == []
    assert len(receiver.deliveries) == 1
