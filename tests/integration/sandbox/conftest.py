"""A sandbox with a clock that stands still, a client for it, and a place webhooks can go to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from werkzeug.test import TestResponse

from integration.sandbox.app import create_sandbox, state_of
from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox
from integration.sandbox.state import State


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 4, 9, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


class Api:
    """Speaks to a sandbox in the same process, as the app's own user."""

    def __init__(self, state: State, client: Any) -> None:
        self.state = state
        self.client = client

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.state.options.token}", **more.pop("headers", {})}
        answer: TestResponse = self.client.open(
            f"/api/v2{path}", method=method, json=body, headers=headers, **more
        )
        return answer

    def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.call(method, path, body, **more)
        assert answer.status_code < 300, (answer.status_code, answer.text)
        return answer.json if answer.text else None

    def refused(self, status: int, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.call(method, path, body, **more)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json

    def ticket(self, **given: Any) -> Any:
        given = {"subject": "Broken", "comment": {"body": "It does not work."}, **given}
        return self.ok("POST", "/tickets", {"ticket": given})["ticket"]

    def update(self, ticket_id: int, **patch: Any) -> Any:
        return self.ok("PUT", f"/tickets/{ticket_id}", {"ticket": patch})

    def field(self, kind: str, title: str, *options: str, **more: Any) -> int:
        given: dict[str, Any] = {"type": kind, "title": title, **more}
        if options:
            given["custom_field_options"] = [{"name": o.title(), "value": o} for o in options]
        made = self.ok("POST", "/ticket_fields", {"ticket_field": given})
        return int(made["ticket_field"]["id"])

    def trigger(self, title: str, conditions: Any, *actions: Any) -> Any:
        given = {
            "title": title,
            "conditions": conditions,
            "actions": [{"field": name, "value": value} for name, value in actions],
        }
        return self.ok("POST", "/triggers", {"trigger": given})["trigger"]

    def webhook(self, endpoint: str, **more: Any) -> Any:
        given = {
            "name": "Warranty engine",
            "status": "active",
            "endpoint": endpoint,
            "http_method": "POST",
            "request_format": "json",
            "subscriptions": ["conditional_ticket_events"],
            **more,
        }
        return self.ok("POST", "/webhooks", {"webhook": given})["webhook"]


@dataclass
class Delivery:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Takes webhooks; ``answers`` are used up first, then it says 200."""

    url: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    released: threading.Event = field(default_factory=threading.Event)

    def take(self, delivery: Delivery) -> tuple[int, dict[str, str], float]:
        with self.lock:
            self.deliveries.append(delivery)
            return self.answers.pop(0) if self.answers else (200, {}, 0.0)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            delivery = Delivery(self.command, self.path, headers, self.rfile.read(length))
            status, more, delay = found.take(delivery)
            found.released.wait(delay)
            try:
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")
            except ConnectionError:
                pass

        do_GET = do_POST = do_PUT = do_PATCH = handle_any

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield found
    found.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_api(clock: Clock) -> Iterator[Callable[..., Api]]:
    """Builds sandboxes in this process, each with options of its own."""
    made: list[State] = []

    def make(**options: Any) -> Api:
        chosen = {"limits": Limits(enabled=False), "clock": clock, "webhook_retry_pause": 0.0}
        app = create_sandbox(Options(**{**chosen, **options}))
        made.append(state_of(app))
        return Api(made[-1], app.test_client())

    yield make
    for state in made:
        state.close()


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    return make_api()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox on a port of its own."""
    with running_sandbox(Options(limits=Limits(enabled=False))) as served:
        yield served


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.headers["Authorization"] = f"Bearer {sandbox.token}"
        yield opened
