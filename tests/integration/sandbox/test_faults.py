"""Faults on order, as the next requests suffer them."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from integration.sandbox.faults import Fault
from integration.sandbox.server import Sandbox


def url(sandbox: Sandbox, path: str) -> str:
    return f"{sandbox.base_url}/api/v2{path}"


@pytest.fixture
def ticket(sandbox: Sandbox, session: requests.Session) -> str:
    given = {"ticket": {"subject": "Broken", "comment": {"body": "x"}}}
    made = session.post(url(sandbox, "/tickets"), json=given, timeout=5).json()["ticket"]
    return url(sandbox, f"/tickets/{made['id']}.json")


CHANGE = {"ticket": {"subject": "Changed"}}


def subject(session: requests.Session, ticket: str) -> Any:
    return session.get(ticket, timeout=5).json()["ticket"]["subject"]


def test_status(sandbox: Sandbox, session: requests.Session, ticket: str) -> None:
    """The ordered answer is given so many times, to what matches, without carrying it out."""
    fault = Fault(r"/api/v2/tickets/\d+", "PUT", times=2, status=503, headers={"Retry-After": "7"})
    sandbox.state.faults.add(fault)
    assert subject(session, ticket) == "Broken"
    for _ in range(2):
        answer = session.put(ticket, json=CHANGE, timeout=5)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert subject(session, ticket) == "Broken"
    assert session.put(ticket, json=CHANGE, timeout=5).status_code == 200


def test_applied(sandbox: Sandbox, session: requests.Session, ticket: str) -> None:
    """A request can be carried out and answered badly all the same."""
    fault = Fault(method="PUT", status=502, body="<html>Bad gateway</html>", applied=True)
    sandbox.state.faults.add(fault)
    answer = session.put(ticket, json=CHANGE, timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert subject(session, ticket) == "Changed"


@pytest.mark.parametrize("applied", [True, False])
def test_cut(sandbox: Sandbox, session: requests.Session, ticket: str, applied: bool) -> None:
    """The connection can be cut, before or after the request was carried out."""
    sandbox.state.faults.add(Fault(method="PUT", cut=True, applied=applied))
    with pytest.raises(requests.ConnectionError):
        session.put(ticket, json=CHANGE, timeout=5)
    assert subject(session, ticket) == ("Changed" if applied else "Broken")


def test_half(sandbox: Sandbox, session: requests.Session, ticket: str) -> None:
    """An answer can break off in its middle: the request was carried out, and nobody can tell."""
    sandbox.state.faults.add(Fault(method="PUT", half=True))
    with session.put(ticket, json=CHANGE, timeout=5, stream=True) as answer:
        assert answer.status_code == 200
        promised = int(answer.headers["Content-Length"])
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            assert len(answer.content) == promised
    assert subject(session, ticket) == "Changed"
    garbage = Fault(method="GET", status=500, body="garbage", half=True)
    sandbox.state.faults.add(garbage)
    with session.get(ticket, timeout=5, stream=True) as answer:
        assert (answer.status_code, answer.raw.read(100, decode_content=False)[:3]) == (500, b"gar")
    assert subject(session, ticket) == "Changed"


@pytest.mark.parametrize("delayed", ["before", "after"])
def test_delay(sandbox: Sandbox, session: requests.Session, ticket: str, delayed: Any) -> None:
    """An answer can be late: a client gives up, and the work is done or still to come."""
    sandbox.state.faults.add(Fault(method="PUT", delay=0.4, delayed=delayed))
    with pytest.raises(requests.ReadTimeout):
        session.put(ticket, json=CHANGE, timeout=0.15)
    assert subject(session, ticket) == ("Changed" if delayed == "after" else "Broken")
    for _ in range(100):
        if subject(session, ticket) == "Changed":
            break
        time.sleep(0.02)
    assert subject(session, ticket) == "Changed"


def test_over_http(sandbox: Sandbox, session: requests.Session, ticket: str) -> None:
    """Faults can be ordered, looked at and forgotten over HTTP; unsound ones are refused."""
    place = f"{sandbox.base_url}/sandbox/faults"
    body = {"method": "GET", "path": r"/api/v2/tickets/\d+", "status": 200, "body": "garbage"}
    assert session.post(place, json=body, timeout=5).status_code == 201
    assert len(session.get(place, timeout=5).json()["waiting"]) == 1
    assert session.get(ticket, timeout=5).text == "garbage"
    session.post(place, json=[body, body], timeout=5)
    assert session.delete(place, timeout=5).status_code == 204
    assert subject(session, ticket) == "Broken"
    for wrong in ({"colour": "red"}, {"path": "("}, {"delayed": "never"}):
        assert session.post(place, json=wrong, timeout=5).status_code == 400
    assert requests.post(place, json=body, timeout=5).status_code == 401
