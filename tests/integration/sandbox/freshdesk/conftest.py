"""A small Freshdesk with a clock that stands still, and a client for it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from werkzeug.test import TestResponse

from integration.sandbox.freshdesk import Options, Sandbox, account_of, create_app, running_sandbox
from integration.sandbox.freshdesk.state import Account
from tests.integration.sandbox.freshdesk.beside import App, Desk, furnished_desk, within
from tests.integration.sandbox.freshdesk.hosting import FOLDER, Service, serving, settings
from tests.integration.workspace import chromium, visiting


def login(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:X".encode()).decode()}


class Api:
    """Speaks to a stand-in in the same process: as an administrator, or as ``key`` says."""

    def __init__(self, account: Account, client: Any) -> None:
        self.account = account
        self.client = client
        self.key = account.options.api_key

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> TestResponse:
        headers = {**login(more.pop("key", self.key)), **more.pop("headers", {})}
        place = path if path.startswith("/sandbox/") else f"/api/v2{path}"
        answer: TestResponse = self.client.open(
            place, method=method, json=body, headers=headers, **more
        )
        return answer

    def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.call(method, path, body, **more)
        assert answer.status_code < 300, (answer.status_code, answer.text)
        return answer.json if answer.text else None

    def refused(self, status: int, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.call(method, path, body, **more)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json if answer.text else None

    def problems(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The fields that a 400 complains of, with its codes."""
        found = self.refused(400, method, path, body, **more)
        assert found["description"] == "Validation failed"
        assert all(row["message"] for row in found["errors"])
        return {row["field"]: row["code"] for row in found["errors"]}

    def ticket(self, **given: Any) -> Any:
        given = {
            "subject": "Broken",
            "description": "<p>It does not work.</p>",
            "email": "customer@example.com",
            **given,
        }
        return self.ok("POST", "/tickets", given)

    def field(self, label: str, kind: str, *choices: str, **more: Any) -> str:
        given: dict[str, Any] = {"label": label, "label_for_customers": label, **more}
        given["type"] = f"custom_{kind}"
        if choices:
            given["choices"] = [{"value": one, "position": n} for n, one in enumerate(choices, 1)]
        return str(self.ok("POST", "/admin/ticket_fields", given)["name"])

    def webhook(self, url: str, *, kind: int = 1, **more: Any) -> Any:
        """A rule that calls a webhook with the ticket's number."""
        own = {"request_type", "content_type", "content_layout", "content", "custom_headers"}
        action = {
            "field_name": "trigger_webhook",
            "request_type": "POST",
            "content_type": "JSON",
            "content_layout": "2",
            "url": url,
            "content": {"ticket_id": "{{ticket.id}}"},
            **{key: more.pop(key) for key in own | {"auth_header", "api_key"} if key in more},
        }
        given: dict[str, Any] = {"name": f"Webhook {kind}", "actions": [action], **more}
        if kind == 4:
            given = {
                "performer": {"type": 3},
                "events": [{"field_name": "ticket_action", "value": "update"}],
                **given,
            }
        return self.ok("POST", f"/automations/{kind}/rules", given)

    def settle(self) -> None:
        """Wait until all that is due is done."""
        assert self.account.idle(30)


@pytest.fixture
def make_api(clock: Any) -> Iterator[Callable[..., Api]]:
    """Builds stand-ins in this process, each with options of its own."""
    made: list[Account] = []

    def make(**options: Any) -> Api:
        app = create_app(Options(**{"limited": False, "clock": clock, **options}))
        made.append(account_of(app))
        return Api(made[-1], app.test_client())

    yield make
    for account in made:
        account.close()


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    return make_api()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A stand-in on a port of its own, with the machine's clock."""
    with running_sandbox(Options(limited=False)) as served:
        yield served


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.auth = (sandbox.api_key, "X")
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def furnished() -> Iterator[Desk]:
    with furnished_desk() as made:
        yield made


@pytest.fixture
def desk(furnished: Desk) -> Desk:
    """An account with the small app and a ticket of the test's own."""
    furnished.service.asked.clear()
    return furnished.with_ticket()


@pytest.fixture
def app(browser: Any, desk: Desk) -> Iterator[App]:
    """The small app beside that ticket."""
    with visiting(browser) as visit:
        visit.page.goto(desk.url)
        yield within(visit)
        assert visit.complaints == []


@pytest.fixture
def service() -> Iterator[Service]:
    """What the app asks."""
    with serving() as found:
        yield found


@pytest.fixture
def hosting(make_api: Callable[..., Api], service: Service) -> Api:
    """An account with the small app, all its settings in place, and installed."""
    api = make_api(app_folder=FOLDER, app_settings=settings(service))
    api.settle()
    return api
