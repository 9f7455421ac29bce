"""The agent's workspace for tests: the sandbox with an installed app, the service behind it, and
the framework's own SDK in the place of the one that apps load from the internet."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from integration.commands.demo import INSTALLATION, PACKAGE
from integration.commands.stage import Stage
from integration.config import Config, Role
from integration.installations import Installations
from integration.store import connect
from integration.vault import Vault

try:
    from playwright import sync_api as playwright
except ImportError:
    playwright = None  # type: ignore[assignment]

SDK_URL: Final = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"
WAIT: Final = 30_000  # milliseconds: the machine may be busy
_MODULES: Final = Path(__file__).parents[1] / "node_modules" / "zendesk_app_framework_sdk" / "lib"
CHROMIUM: Final = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)


@cache
def sdk() -> str:
    """The SDK as one script, out of the modules that npm has it in. Skips where npm's packages are
    not installed (``npm ci`` in ``tests``)."""
    if not _MODULES.is_dir():
        _lacking("zendesk_app_framework_sdk (npm ci in tests)")
    parts = [
        f"modules[{name!r}] = function (require, module) {{\n{path.read_text()}\n}};"
        for path in sorted(_MODULES.rglob("*.js"))
        if (name := f"./{path.relative_to(_MODULES).with_suffix('').as_posix()}")
    ]
    return "\n".join(
        [
            "(function () {",
            "var modules = {}, made = {};",
            *parts,
            "function require(name) {",
            "  if (!made[name]) {",
            "    made[name] = { exports: {} };",
            "    modules[name](require, made[name]);",
            "  }",
            "  return made[name].exports;",
            "}",
            "window.ZAFClient = require('./index');",
            "})();",
        ]
    )


def sdk_routed(where: Any) -> Any:
    """A page or a context of playwright whose apps get the SDK from here; nothing else of the
    internet is there. Gives it back."""
    where.route(
        lambda url: "://127.0.0.1:" not in url and "://localhost:" not in url,
        lambda route: route.abort("internetdisconnected"),
    )
    where.route(
        SDK_URL, lambda route: route.fulfill(body=sdk(), content_type="application/javascript")
    )
    return where


def _lacking(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not installed, and in CI these tests must run")
    pytest.skip(f"{what} is not installed")


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; skips, with the reason, where there is none."""
    if CHROMIUM is None or playwright is None:
        _lacking("playwright" if playwright is None else "chromium")
    with playwright.sync_playwright() as driver:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        found = driver.chromium.launch(executable_path=CHROMIUM, args=options)
        try:
            yield found
        finally:
            found.close()


@dataclass
class Visit:
    """Somebody at the workspace; ``complaints`` is what the browser complains of."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    def app(self) -> Any:
        """The frame of the app beside the ticket (playwright's ``Frame``), once it is there."""
        element = self.page.wait_for_selector(".frame.heard iframe", timeout=WAIT)
        frame = element.content_frame()
        assert frame is not None
        return frame


@contextmanager
def visiting(browser: Any, **more: Any) -> Iterator[Visit]:
    """A visit in a fresh context of the browser (``more``: its options), with the SDK."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **more})
    try:
        sdk_routed(context)
        visit = Visit(context.new_page())
        visit.page.set_default_timeout(WAIT)
        visit.page.on(
            "console",
            lambda told: (
                visit.complaints.append(told.text) if told.type in ("error", "warning") else None
            ),
        )
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        yield visit
    finally:
        context.close()


class Workspace:
    """Sandbox, web app and worker as processes, with the app installed and connected."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.url = stage.sandbox_url
        self.installation = INSTALLATION

    def url_of(self, ticket: int | str) -> str:
        """Where the agent's page of a ticket is."""
        return f"{self.url}/agent/tickets/{ticket}"

    @property
    def new_ticket_url(self) -> str:
        """Where an agent files a ticket."""
        return f"{self.url}/agent/tickets/new"

    @property
    def nav_bar_url(self) -> str:
        """Where the app's own page is opened in the helpdesk."""
        assert self.stage.nav_bar is not None
        return self.stage.nav_bar

    def file(
        self, facts: Mapping[str, object] | None = None, *, claim: bool = True, **more: Any
    ) -> int:
        """File a ticket with facts by name, in the policy's words, as a customer does: its id.
        ``more`` is as the API has it under ``ticket``."""
        person = more.pop("requester", {"name": "Customer 1", "email": "customer1@example.com"})
        customer = self.stage.call("POST", "users/create_or_update.json", {"user": person})["user"]
        values = self.stage.claim_fields(facts or {}) if claim else []
        ticket = {
            "subject": "Does not charge",
            "comment": {"body": "It does not charge any more.", "author_id": customer["id"]},
            "requester_id": customer["id"],
            "submitter_id": customer["id"],
            "custom_fields": values,
            **more,
        }
        return int(self.stage.call("POST", "tickets.json", {"ticket": ticket})["ticket"]["id"])

    def ticket(self, ticket_id: int) -> dict[str, Any]:
        """A ticket as the API tells it."""
        found: dict[str, Any] = self.stage.call("GET", f"tickets/{ticket_id}.json")["ticket"]
        return found

    def value(self, ticket_id: int, key: str) -> Any:
        """What stands in a field of ours, by its key, in the helpdesk's own value."""
        native = int(self.stage.bindings.fields[key])
        rows = self.ticket(ticket_id)["custom_fields"]
        return next(row["value"] for row in rows if row["id"] == native)

    def audits(self, ticket_id: int) -> list[dict[str, Any]]:
        """Who changed what on a ticket, the oldest first."""
        found: list[dict[str, Any]] = self.stage.call("GET", f"tickets/{ticket_id}/audits.json")[
            "audits"
        ]
        return found

    def app_secret(self) -> str:
        """What the app signs its requests by, as the service has it."""
        config = Config.from_environ(self.stage._environ, Role.WEB)
        store = connect(config.database_url)
        try:
            return Installations(store, Vault(config.keys)).app_secret(self.installation)
        finally:
            store.close()

    def wait_until_written(self, ticket_id: int, seconds: float = 60.0) -> None:
        """Wait until the app has written its verdict on a ticket."""
        waited = 0.0
        while self.value(ticket_id, "stamp") is None:
            assert waited < seconds, self.stage.log_of("worker")
            self.stage.stopping.wait(0.2)
            waited += 0.2


@contextmanager
def running_workspace(folder: Path, app: Path = PACKAGE) -> Iterator[Workspace]:
    """Everything started, for as long as the block lasts; logs and store are in ``folder``.

    In a test's module::

        @pytest.fixture(scope="module")
        def workspace(tmp_path_factory):
            with running_workspace(tmp_path_factory.mktemp("workspace")) as running:
                yield running

        @pytest.fixture(scope="module")
        def browser():
            with chromium() as found:
                yield found

        def test_something(browser, workspace):
            ticket = workspace.file({"purchase_date": "2026-02-01"})
            with visiting(browser) as visit:
                visit.page.goto(workspace.url_of(ticket))
                visit.app().get_by_role("heading").first.wait_for()
    """
    sdk()  # without it there is nothing to try, so nothing is started
    with Stage(folder, INSTALLATION, app=app) as stage:
        yield Workspace(stage)
