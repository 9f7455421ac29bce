"""An app beside a ticket in a real browser, as a test speaks through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import requests

from integration.sandbox.freshdesk import Options, Sandbox, running_sandbox
from tests.integration.sandbox.freshdesk.hosting import FOLDER, Service, serving, settings
from tests.integration.workspace import WAIT, Visit


@dataclass
class Desk:
    """A stand-in with an app, the service behind it, a field of each kind by its label, and a
    ticket."""

    sandbox: Sandbox
    service: Service
    names: dict[str, str]
    number: int = 0

    @property
    def path(self) -> str:
        return f"/api/v2/tickets/{self.number}"

    @property
    def url(self) -> str:
        return f"{self.sandbox.base_url}/agent/tickets/{self.number}"

    def api(self, method: str, path: str, **given: Any) -> Any:
        answer = requests.request(
            method,
            f"{self.sandbox.base_url}{path}",
            json=given or None,
            auth=(self.sandbox.api_key, "X"),
            timeout=30,
        )
        assert answer.ok, answer.text
        return answer.json()

    def field(self, label: str, kind: str, *choices: str) -> str:
        """A new field; the name that it was given."""
        given: dict[str, Any] = {"label": label, "label_for_customers": label}
        if choices:
            given["choices"] = [{"value": one, "position": n} for n, one in enumerate(choices, 1)]
        made = self.api("POST", "/api/v2/admin/ticket_fields", **given, type=f"custom_{kind}")
        return str(made["name"])

    def ticket(self) -> Any:
        return self.api("GET", f"{self.path}?include=conversations")

    def with_ticket(self) -> Desk:
        """The same, with a ticket of its own: filed quietly, so that no handler runs."""
        ticket = {
            "subject": "Broken",
            "description": "<p>It broke.</p>",
            "email": "kim@example.com",
            "name": "Kim Sample",
            "tags": ["vip"],
            "custom_fields": {self.names["Text"]: "</script><img src=x>"},
        }
        (number,) = self.api("POST", "/sandbox/tickets", ticket=ticket, quiet=True)["ids"]
        return replace(self, number=number)


@contextmanager
def furnished_desk() -> Iterator[Desk]:
    """A stand-in for as long as the block lasts, without a ticket."""
    with serving() as service:
        app: dict[str, Any] = {"app_folder": FOLDER, "app_settings": settings(service)}
        with running_sandbox(Options(limited=False, app_name="Tried app", **app)) as sandbox:
            made = Desk(sandbox, service, {})
            for label, kind in (("Text", "text"), ("Day", "date"), ("Box", "checkbox")):
                made.names[label] = made.field(label, kind)
            made.names["Colour"] = made.field("Colour", "dropdown", "Red", "Blue")
            assert sandbox.account.idle(30)
            yield made


@dataclass
class App:
    """The app in its frame, as a test speaks through it."""

    visit: Visit
    frame: Any

    @property
    def page(self) -> Any:
        return self.visit.page

    def call(self, path: str, *given: Any) -> Any:
        """A method of the client by its path: ``{value}`` or ``{error}``."""
        code = "([path, given]) => plainly(path.split('.').reduce((at, one) => at[one], client)"
        return self.frame.evaluate(f"{code}(...given))", [path, list(given)])

    def value(self, path: str, *given: Any) -> Any:
        found = self.call(path, *given)
        assert "error" not in found, found
        return found.get("value")

    def listen(self, name: str, how: str | None = None) -> Any:
        return self.frame.evaluate("([name, how]) => listen(name, how)", [name, how])

    def heard(self, name: str) -> list[Any]:
        return [data for told, data in self.frame.evaluate("heard") if told == name]

    def wait_for(self, name: str, count: int = 1) -> list[Any]:
        self.frame.wait_for_function(
            "([name, count]) => heard.filter(([told]) => told === name).length >= count",
            arg=[name, count],
            timeout=WAIT,
        )
        return self.heard(name)

    def saved(self) -> None:
        self.page.get_by_text("Saved.", exact=True).wait_for()


def within(visit: Visit) -> App:
    frame = visit.app()
    frame.wait_for_function("() => window.client !== undefined", timeout=WAIT)
    return App(visit, frame)


def text_of(answer: Any) -> str:
    """What the browser was sent; nothing of an answer without a body."""
    try:
        return str(answer.text())
    except Exception:  # a redirect
        return ""
