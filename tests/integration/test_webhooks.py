from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.contextvars import get_contextvars, merge_contextvars
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from integration import errors, problems, webhooks
from integration.helpdesks import Event, TicketRef
from integration.vendors import ZENDESK

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "/webhooks/zendesk/main"


@dataclass
class Helpdesk:
    """Stands for a helpdesk's proof: what it was asked, and what it shall say."""

    kind: str = "ticket_changed"
    error: Exception | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, headers: Iterable[tuple[str, str]], raw_body: bytes, **how: Any) -> Event:
        self.calls.append({"headers": dict(headers), "raw": raw_body, **how})
        if self.error:
            raise self.error
        return Event(TicketRef(how["installation"], "7"), self.kind, "d1", NOW)


@dataclass
class Promise:
    """Stands for the durable work."""

    answer: Callable[[], bool] = lambda: True
    accepted: list[tuple[str, str | None, str, str]] = field(default_factory=list)

    def __call__(
        self, installation: str, delivery_id: str | None, ticket_id: str, kind: str
    ) -> bool:
        new = self.answer()
        self.accepted.append((installation, delivery_id, ticket_id, kind))
        return new


@pytest.fixture
def helpdesk() -> Helpdesk:
    return Helpdesk()


@pytest.fixture
def promise() -> Promise:
    return Promise()


@pytest.fixture
def answers() -> list[tuple[int, str]]:
    """What was told of each answer, but for the time it took."""
    return []


@pytest.fixture
def client(helpdesk: Helpdesk, promise: Promise, answers: list[tuple[int, str]]) -> FlaskClient:
    def told(status: int, kind: str, seconds: float) -> None:
        assert 0 <= seconds < 5
        answers.append((status, kind))

    app = Flask(__name__)
    problems.init(app)
    app.register_blueprint(
        webhooks.blueprint(
            webhooks.Door(
                helpdesk="zendesk",
                authenticate=helpdesk,
                secrets={"main": ("secret-a", "secret-b")},
                accept=promise,
                now=lambda: NOW,
                max_age=timedelta(minutes=15),
                max_body=1000,
                proof=ZENDESK.proof,
                unproven=ZENDESK.unproven,
                told=told,
            )
        )
    )

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("Customer 3 wrote: my brush is broken")

    return app.test_client()


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    """The response's problem, which every refusal must be (RFC 9457)."""
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    found: dict[str, Any] = json.loads(response.data)
    assert {"type", "title", "status", "detail"} <= set(found)
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert len(response.data) < 500
    return found


def post(client: FlaskClient, data: bytes = b"{}", **how: Any) -> TestResponse:
    how.setdefault("content_type", "application/json")
    return client.post(how.pop("url", URL), data=data, **how)


def test_a_sound_delivery_is_accepted(
    client: FlaskClient, helpdesk: Helpdesk, promise: Promise
) -> None:
    """202 once the work is stored; the proof saw the raw bytes, the headers and the settings."""
    response = post(client, b'{"v": 1 }', headers={"X-Proof": "yes"})
    assert response.status_code == 202
    assert response.json == {"status": "accepted"}
    assert promise.accepted == [("main", "d1", "7", "ticket_changed")]
    (call,) = helpdesk.calls
    assert call["raw"] == b'{"v": 1 }'
    assert call["headers"]["X-Proof"] == "yes"
    assert call["secrets"] == ("secret-a", "secret-b")
    assert (call["installation"], call["now"]) == ("main", NOW)
    assert call["max_age"] == timedelta(minutes=15)


def test_a_repeated_delivery_is_answered_alike(client: FlaskClient, promise: Promise) -> None:
    """The helpdesk cannot tell a repeat from the first; nobody needs to send it again."""
    first = post(client)
    promise.answer = lambda: False
    second = post(client)
    assert (first.status_code, first.data) == (second.status_code, second.data)


def test_what_is_not_ours_is_left(
    client: FlaskClient, helpdesk: Helpdesk, promise: Promise
) -> None:
    """204 and nothing stored for a sound event of another kind."""
    helpdesk.kind = "agent_logged_in"
    response = post(client)
    assert (response.status_code, response.data) == (204, b"")
    assert promise.accepted == []


@pytest.mark.parametrize("kind", ["ticket_created", "ticket_changed"])
def test_both_kinds_of_event_are_ours(
    client: FlaskClient, helpdesk: Helpdesk, promise: Promise, kind: str
) -> None:
    """A ticket that was created or changed is due for review."""
    helpdesk.kind = kind
    assert post(client).status_code == 202
    assert promise.accepted[0][3] == kind


def test_nothing_is_promised_before_it_is_stored(client: FlaskClient, promise: Promise) -> None:
    """Store out of reach: 503 with a Retry-After below the 60 s that Zendesk re-sends within."""

    def away() -> bool:
        raise errors.Unavailable("store: database is locked")

    promise.answer = away
    response = post(client)
    problem(response, 503)
    assert 0 < int(response.headers["Retry-After"]) < 60
    assert b"locked" not in response.data


def test_a_named_wait_is_passed_on_below_a_minute(client: FlaskClient, promise: Promise) -> None:
    """Zendesk drops an event whose Retry-After is a minute or more."""

    def away() -> bool:
        raise errors.Unavailable("store: restarting", retry_after=300)

    promise.answer = away
    assert post(client).headers["Retry-After"] == "59"


def test_an_unproven_delivery_is_refused(
    client: FlaskClient, helpdesk: Helpdesk, promise: Promise
) -> None:
    """401, the same for every reason, so that nobody learns how near a forgery came."""
    helpdesk.error = errors.NotAuthentic("signature: it does not fit, secret-a")
    response = post(client, b'{"text": "Customer 3"}')
    one = problem(response, 401)
    helpdesk.error = errors.NotAuthentic("signature timestamp: too far from now")
    assert problem(post(client), 401) == one
    assert "WWW-Authenticate" in response.headers
    assert b"secret-a" not in response.data
    assert b"Customer" not in response.data
    assert promise.accepted == []


def test_a_malformed_delivery_is_told_what_was_expected(
    client: FlaskClient, helpdesk: Helpdesk, promise: Promise
) -> None:
    """400 names the field and what would have been right, not what was sent."""
    helpdesk.error = errors.Malformed("/ticket_id", "a ticket's number")
    response = post(client, b'{"ticket_id": "Customer 3"}')
    found = problem(response, 400)
    assert (found["field"], found["expected"]) == ("/ticket_id", "a ticket's number")
    assert b"Customer" not in response.data
    assert promise.accepted == []


def test_an_unknown_installation_is_not_found(
    client: FlaskClient, helpdesk: Helpdesk, promise: Promise
) -> None:
    """404 before any secret is looked at; the name is not repeated."""
    response = post(client, url="/webhooks/zendesk/another-one")
    problem(response, 404)
    assert b"another-one" not in response.data
    assert helpdesk.calls == promise.accepted == []


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_not_allowed(client: FlaskClient, method: str) -> None:
    """405 with the method that is."""
    response = client.open(URL, method=method)
    problem(response, 405)
    assert response.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "how",
    [
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": ""},
        {"headers": {"Content-Encoding": "gzip"}},
    ],
)
def test_only_plain_json_is_taken(
    client: FlaskClient, helpdesk: Helpdesk, how: dict[str, Any]
) -> None:
    """415 for anything else, before it is read."""
    problem(post(client, **how), 415)
    assert helpdesk.calls == []


def test_the_charset_may_be_named(client: FlaskClient) -> None:
    """application/json; charset=utf-8 is JSON too."""
    assert post(client, content_type="application/json; charset=utf-8").status_code == 202


class Counting(io.BytesIO):
    """A body that counts what was read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data

    def readinto(self, buffer: Any, /) -> int:
        size = super().readinto(buffer)
        self.taken += size
        return size


@pytest.mark.parametrize(("size", "read"), [(10_000_000, 10_000_000), (17_000_000, 0)])
def test_a_large_body_is_refused_by_its_length(
    client: FlaskClient, helpdesk: Helpdesk, size: int, read: int
) -> None:
    """413 by the declared length alone, before anything else is looked at. Within reason the body
    is let pass, so that the sender sees the answer; nothing of it is kept."""
    body = Counting(b"x" * size)
    tracemalloc.start()
    response = client.post("/webhooks/zendesk/nobody", input_stream=body, content_type="text/plain")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    problem(response, 413)
    assert body.taken == read
    assert most < 1_000_000
    assert helpdesk.calls == []


def chunked(client: FlaskClient, body: io.BytesIO) -> TestResponse:
    """Post as gunicorn hands over a body of unknown length."""
    return client.post(
        URL,
        input_stream=body,
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )


def test_a_large_body_of_unknown_length_is_read_to_the_limit(
    client: FlaskClient, helpdesk: Helpdesk
) -> None:
    """413, and no more was read than it takes to know."""
    body = Counting(b"x" * 10_000_000)
    problem(chunked(client, body), 413)
    assert body.taken <= 1001
    assert helpdesk.calls == []


@pytest.mark.parametrize(("size", "status"), [(999, 202), (1000, 202), (1001, 413)])
def test_the_limit_itself_is_allowed(client: FlaskClient, size: int, status: int) -> None:
    """A body of exactly the limit is taken, with a length and without; one byte more is not."""
    assert post(client, b"x" * size).status_code == status
    assert chunked(client, io.BytesIO(b"x" * size)).status_code == status


@pytest.mark.parametrize("overrides", [{}, {"wsgi.input_terminated": True}])
def test_a_truncated_body_is_refused(
    client: FlaskClient, helpdesk: Helpdesk, overrides: dict[str, Any]
) -> None:
    """400 where fewer bytes came than were announced; the proof is not even tried."""
    response = client.post(
        URL,
        input_stream=io.BytesIO(b'{"v": 1'),
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": "50", **overrides},
    )
    problem(response, 400)
    assert helpdesk.calls == []


def test_the_unforeseen_is_a_503_on_this_route(client: FlaskClient, helpdesk: Helpdesk) -> None:
    """Zendesk drops an event on a plain 500, so a mistake of ours asks for it again; the log
    says where it happened, and nothing of what was sent."""
    helpdesk.error = KeyError("Customer 3 wrote: my brush is broken")
    with capture_logs() as logged:
        response = post(client, b'{"text": "Customer 3"}', headers={"X-Proof": "of Customer 3"})
    problem(response, 503)
    assert "Retry-After" in response.headers
    assert "Customer" not in response.text
    (line,) = [entry for entry in logged if entry["log_level"] == "error"]
    assert line["error"] == ["KeyError"]
    assert "test_webhooks.py" in line["traceback"][-1]
    assert "Customer" not in str(logged)


def test_deliveries_are_logged_without_what_was_sent(
    client: FlaskClient, helpdesk: Helpdesk
) -> None:
    """A line for each delivery ties installation, delivery and ticket; no body, no header."""
    with capture_logs() as logged:
        post(client, b'{"text": "Customer 3"}', headers={"X-Proof": "of Customer 3"})
        helpdesk.error = errors.NotAuthentic("signature: does not fit")
        post(client, b'{"text": "Customer 3"}', headers={"X-Proof": "of Customer 3"})
    assert [entry["event"] for entry in logged] == ["delivery accepted", "delivery refused"]
    assert logged[0]["delivery"] == "d1"
    assert logged[0]["ticket"] == "7"
    assert "Customer" not in str(logged)


def test_every_answer_is_told(
    client: FlaskClient, helpdesk: Helpdesk, promise: Promise, answers: list[tuple[int, str]]
) -> None:
    """Whatever the answer, once, with its kind; what is no delivery is not among it."""
    post(client)
    promise.answer = lambda: False
    post(client)
    helpdesk.kind = "agent_logged_in"
    post(client)
    helpdesk.error = errors.NotAuthentic("signature: it does not fit")
    post(client)
    post(client, b"x" * 1001)
    post(client, url="/webhooks/zendesk/another-one")
    helpdesk.error = errors.Unavailable("store: away")
    post(client)
    helpdesk.error = KeyError("odd")
    post(client)
    client.get("/nothing/here")
    assert answers == [
        (202, "accepted"),
        (202, "repeated"),
        (204, "not_ours"),
        (401, "refused"),
        (413, "refused"),
        (404, "refused"),
        (503, "failed"),
        (503, "failed"),
    ]


def test_a_delivery_s_marks_end_with_it(
    client: FlaskClient, helpdesk: Helpdesk, promise: Promise
) -> None:
    """What is logged while a delivery is taken carries its ids, and nothing after it does."""

    def away() -> bool:
        raise errors.Unavailable("store: away")

    promise.answer = away
    with capture_logs(processors=[merge_contextvars]) as logged:
        post(client)
        helpdesk.error = errors.Unavailable("odd")
        post(client)
    first, second = logged
    assert (first["event"], first["delivery"], first["ticket"]) == (
        "delivery not stored",
        "d1",
        "7",
    )
    assert "delivery" not in second
    assert get_contextvars() == {}


def test_every_error_of_the_app_is_a_problem(client: FlaskClient) -> None:
    """An unknown address is a 404 problem; an exception elsewhere a 500 that says nothing."""
    problem(client.get("/nothing/here"), 404)
    with capture_logs() as logged:
        response = client.get("/broken")
    problem(response, 500)
    assert "Customer" not in response.text + str(logged)
