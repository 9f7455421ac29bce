"""The panel in a real browser, beside a ticket page of our own that speaks the helpdesk's protocol.
The service's answers are made by the service's own code, the framework's SDK is the real one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration.panel.proof import LONGEST_LIFE
from tests.integration.panel.conftest import FIELD_IDS, URL, Service
from tests.integration.workspace import SDK_URL, WAIT, sdk

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ASSETS = ROOT / "manifest" / "zendesk" / "assets"
AXE = ROOT / "tests" / "node_modules" / "axe-core" / "axe.min.js"
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
}
SIDEBAR = {"width": 320, "height": 900}

Answered = tuple[int, Any, Mapping[str, str]]


@dataclass
class Panel:
    """A ticket page with the panel in it. ``answers`` come before the service's own, one by one;
    ``faults`` is what went wrong in the browser."""

    page: Any
    service: Service
    secret: str
    answers: list[Answered] = field(default_factory=list)
    rewrite: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def frame(self) -> Any:
        """Where the panel is looked for."""
        return self.page.frame_locator("iframe")

    @property
    def inside(self) -> Any:
        """The panel's own window."""
        return self.page.frame(url=lambda url: "panel.html" in url)

    def host(self, expression: str, *given: Any) -> Any:
        """A value of the ticket page: ``host`` is what ``host.js`` made."""
        return self.page.evaluate(f"([...given]) => {expression}", list(given))

    def open(self, **host: Any) -> Panel:
        """The ticket's page, with these parts of ``host`` set before the panel loads."""
        self.page.goto("https://desk.test/")
        self.host("Object.assign(host, given[0])", host)
        self.host("host.open()")
        return self

    def ready(self) -> Panel:
        """Once the panel has something to show, and nothing is being asked."""
        self.frame.locator("#panel[aria-busy=false]").wait_for(timeout=WAIT)
        return self

    def see(self, text: str, *, within: str = "#panel") -> None:
        """Waits until this text is shown, with nothing beside it that is no text."""
        self.frame.locator(within).get_by_text(text).first.wait_for(timeout=WAIT)
        assert "[object" not in self.frame.locator("#panel").inner_text()

    def until(self, expression: str, *given: Any) -> None:
        """Waits until something is so on the ticket page."""
        self.page.wait_for_function(f"([...given]) => {expression}", arg=list(given), timeout=WAIT)

    def inside_until(self, expression: str) -> None:
        """Waits until something is so in the panel."""
        self.inside.wait_for_function(expression, timeout=WAIT)

    def button(self, name: str) -> Any:
        return self.frame.get_by_role("button", name=name)

    def press(self, name: str) -> None:
        self.button(name).click(timeout=WAIT)

    def asked(self) -> list[dict[str, Any]]:
        """What was asked of the service, in its order."""
        given: list[dict[str, Any]] = self.host("host.log.service")
        return given

    def set_fields(self) -> dict[str, Any]:
        """What was set in the window, by our fields' keys."""
        numbers = {f"ticket.customField:custom_field_{n}": key for key, n in FIELD_IDS.items()}
        return {numbers.get(path, path): value for path, value in self.host("host.log.set")}

    def answer(self, options: dict[str, Any]) -> dict[str, Any]:
        """As the helpdesk's proxy: the proof is made, and the service asked."""
        if self.answers:
            status, body, headers = self.answers.pop(0)
            return {"status": status, "body": body, "headers": headers}
        assert options["secure"] is True
        assert options["cors"] is False
        assert options["headers"] == {"Authorization": "Bearer {{jwt.token}}"}
        proof = options["jwt"]
        assert proof["secret_key"] == "{{setting.app_secret}}"
        assert proof["expiry"] < LONGEST_LIFE
        made = self.service.token(
            **{**proof["claims"], "secret": self.secret, "algorithm": "HS256"}
        )
        path = options["url"].removeprefix(f"{URL}/panel/")
        answered = self.service.post(path, json.loads(options["data"]), token=made)
        body = answered.get_json()
        if self.rewrite is not None and answered.status_code == 200:
            body = self.rewrite(body)
        headers = {name.lower(): value for name, value in answered.headers.items()}
        return {"status": answered.status_code, "body": body, "headers": headers}


def routed(context: Any) -> None:
    """Serves the ticket page, the app's assets from another origin, and the SDK; nothing else."""
    script = sdk()

    def serve(route: Any) -> None:
        url = route.request.url.partition("?")[0]
        if url == SDK_URL:
            route.fulfill(body=script, content_type="text/javascript")
            return
        path = HERE / "host.html"
        host, _, asset = url.partition("/7/assets/")
        if host in ("https://app.test", "https://app.desk.test"):
            path = ASSETS / asset
        elif url != "https://desk.test/":
            path = HERE / url.removeprefix("https://desk.test/")
        if path.is_file():
            route.fulfill(body=path.read_bytes(), content_type=TYPES[path.suffix])
        else:
            route.fulfill(status=404, body="")

    context.route("**/*", serve)


@contextmanager
def panel(chromium: Any, service: Service, **options: Any) -> Iterator[Panel]:
    """A page for one test; ``options`` are the browser context's. At the end, nothing may have gone
    wrong in it unseen."""
    context = chromium.new_context(viewport=SIDEBAR, reduced_motion="reduce", **options)
    context.set_default_timeout(WAIT)
    routed(context)
    page = context.new_page()
    made = Panel(page, service, service.secrets["one"])
    page.on("pageerror", lambda error: made.faults.append(str(error)))
    page.on(
        "console",
        lambda line: made.faults.append(line.text) if line.type == "error" else None,
    )
    page.expose_function("askService", made.answer)
    yield made
    assert made.faults == []
    context.close()


def window(ticket: str | None = "7", **more: Any) -> dict[str, Any]:
    """The parts of ``host`` that any ticket page has."""
    location = "new_ticket_sidebar" if ticket is None else "ticket_sidebar"
    return {
        "context": {
            "location": location,
            "ticketId": ticket and int(ticket),
            "account": {"subdomain": "one-account"},
        },
        "settings": {"service_url": URL, "installation": "one"},
        **more,
    }


def form(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields on a form, all of ours, by their numbers, with these values by key."""
    return {number: values.get(key, "") for key, number in FIELD_IDS.items()}
