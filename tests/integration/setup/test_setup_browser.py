"""The set-up page in a real browser: headless Chromium, the web app and a worker as processes, and
a sandbox helpdesk. The app is at ``localhost`` and the helpdesk at ``127.0.0.1``: two sites."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from integration.catalogue import CLAIM_TAG
from integration.sandbox import people
from integration.sandbox.api.apps import apps
from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox
from integration.vault import new_key
from tests.integration.live import free_port, until
from tests.integration.sandbox.test_views_browser import PROBE

try:
    from playwright import sync_api as playwright
except ImportError:
    playwright = None  # type: ignore[assignment]

CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
FOCUSED = """() => { const e = document.activeElement;
  return [e, ...(e.labels ?? [])].map((one) => one.textContent.trim()); }"""
"""What is written on the control that has the focus, or beside it."""
WAIT = 30_000  # milliseconds: the machine may be busy


@dataclass
class Stack:
    """A service and its sandbox; ``url`` is the service's."""

    sandbox: Sandbox
    url: str
    folder: Path
    pages: list[Any] = field(default_factory=list)

    def ticket(self, *tags: str, **more: Any) -> Any:
        given = {
            "subject": "Does not charge",
            "comment": {"body": "It broke."},
            "tags": list(tags),
            **more,
        }
        return self.sandbox.state.file_ticket(given, "Customer 1", "customer1@example.com")

    def own_field(self, kind: str, title: str) -> None:
        answer = requests.post(
            f"{self.sandbox.base_url}/api/v2/ticket_fields.json",
            json={"ticket_field": {"type": kind, "title": title}},
            headers={"Authorization": f"Bearer {self.sandbox.token}"},
            timeout=10,
        )
        answer.raise_for_status()

    def log(self) -> str:
        return "".join((self.folder / f"{name}.log").read_text() for name in ("web", "worker"))


@contextmanager
def stack(folder: Path, **more: str) -> Iterator[Stack]:
    """A sandbox, the web app and a worker; nothing is connected yet."""
    port = free_port()
    url = f"http://localhost:{port}"
    options = Options(
        limits=Limits(enabled=False),
        redirects=(f"{url}/setup/callback",),
        app_url=f"{url}/setup/zendesk",
    )
    with running_sandbox(options) as sandbox:
        environ = {
            "ZENPY_FORCE_SCHEME": "http",
            "ZENPY_FORCE_NETLOC": f"127.0.0.1:{sandbox.port}",
            "WARRANTY_OAUTH_CLIENT_ID": options.global_id,
            "WARRANTY_OAUTH_CLIENT_SECRET": options.global_secret,
            "WARRANTY_MARKETPLACE_ORGANIZATION_ID": "123",
            "WARRANTY_MARKETPLACE_APP_ID": "456",
            "WARRANTY_APP_KEY": apps(sandbox.app).public_key(options.app_id),
            **more,
        }
        running = Stack(sandbox, url, folder)
        with processes(running, environ):
            yield running


@contextmanager
def processes(running: Any, more: Mapping[str, str]) -> Iterator[None]:
    """The web app and a worker in front of a sandbox, with these settings."""
    folder, url = running.folder, running.url
    environ = {
        **{k: v for k, v in os.environ.items() if not k.startswith("WARRANTY_")},
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "DATABASE_URL": f"sqlite:///{folder / 'warranty.sqlite'}",
        "WARRANTY_KEYS": new_key(),
        "WARRANTY_URL": url,
        **more,
    }
    with ExitStack() as ending:
        web = ["gunicorn", "--bind", url.removeprefix("http://"), "--threads", "4"]
        commands = {
            "web": [*web, "integration.app:create_app()"],
            "worker": ["integration.cli", "worker"],
        }
        for name, command in commands.items():
            log = ending.enter_context((folder / f"{name}.log").open("ab"))
            process = subprocess.Popen(
                [sys.executable, "-m", *command], env=environ, cwd=folder, stdout=log, stderr=log
            )
            ending.callback(process.wait)
            # Killed, gunicorn would leave its children behind.
            ending.callback(process.terminate if name == "web" else process.kill)
        until(lambda: _ready(running), 60)
        yield


def _ready(running: Any) -> bool:
    try:
        return requests.get(f"{running.url}/readyz", timeout=5).ok
    except requests.RequestException:
        return False


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None or playwright is None:
        lacking = "playwright" if playwright is None else "chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{lacking} is not installed, and in CI these tests must run")
        pytest.skip(f"{lacking} is not installed")
    with playwright.sync_playwright() as driver:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        found = driver.chromium.launch(executable_path=CHROMIUM, args=options)
        yield found
        found.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A service that the first test connects and the later ones find connected."""
    with stack(tmp_path_factory.mktemp("served")) as running:
        for kind, title in (("date", "Date of purchase"), ("text", "Order number")):
            running.own_field(kind, title)
        running.own_field("text", f"Serial {HOSTILE}")
        for _ in range(3):
            running.ticket()
        yield running


@dataclass
class Visitor:
    """Somebody at a page, whose clicks and typed fields are counted; what the browser complains of
    is noted."""

    page: Any
    clicks: int = 0
    typed: int = 0
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(WAIT)
        self.page.on("console", lambda told: self.complaints.append(told.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def click(self, role: str, name: str, **more: Any) -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=name, exact=True, **more).click()

    def fill(self, label: str, value: str) -> None:
        self.typed += 1
        self.page.get_by_label(label, exact=True).locator("visible=true").fill(value)


@contextmanager
def visit(browser: Any, **more: Any) -> Iterator[Visitor]:
    context = browser.new_context(**{"viewport": {"width": 1000, "height": 900}, **more})
    try:
        visitor = Visitor(context.new_page())
        yield visitor
        assert visitor.complaints == []
    finally:
        context.close()


def verdict(running: Stack, ticket: Any) -> Any:
    """The verdict that stands on a ticket."""
    state = running.sandbox.state
    titles = {row["id"]: row["title"] for row in state.custom_fields()}
    values = state.tickets[ticket["id"]].values
    return next((v for k, v in values.items() if titles[k] == "Warranty: verdict"), None)


def connect(visitor: Visitor, running: Stack) -> None:
    visitor.page.goto(f"{running.url}/setup/")
    visitor.fill("Your account’s address", "sandbox")
    visitor.click("button", "Connect with Zendesk")
    visitor.click("button", "Allow")
    visitor.page.get_by_role("heading", name="Set up Warranty Desk").wait_for()


# -- from nothing to the first verdict -------------------------------------------------------------


def test_from_nothing_to_the_first_verdict(browser: Any, served: Stack) -> None:
    """An admin who has never seen the app connects an account by the marketplace's client, keeps
    the fields it has, tries it, switches it on, and sees a verdict on a ticket, without copying an
    id. How many clicks and seconds that took is printed."""
    with visit(browser) as one:
        began = time.monotonic()
        page = one.page
        connect(one, served)
        page.get_by_text("Nothing has been changed yet.").wait_for()
        assert page.get_by_label("Purchase date").evaluate("e => e.selectedOptions[0].text") == (
            "Date of purchase (suggested)"
        )
        one.click("button", "Put it in place")
        page.get_by_text("In place: created").wait_for()
        one.click("button", "Try it")
        page.get_by_role("table").filter(has_text="Needs information").wait_for()
        one.click("radio", "Full")
        one.click("button", "Switch it on")
        page.get_by_text("The verdict follows within seconds.").wait_for()
        setup_clicks = one.clicks
        ticket = served.ticket()
        page.goto(f"{served.sandbox.base_url}/agent/tickets/{ticket['id']}")
        one.click("checkbox", "Claim")
        one.clicks += 1
        page.get_by_role("button", name="Submit as agent").first.click()
        page.locator(".outcome .badge").filter(has_text="Needs information").wait_for()
        took = time.monotonic() - began
        print(
            f"\nfirst verdict: {setup_clicks} clicks in all of the set-up and {one.typed} field "
            f"typed, {one.clicks} with the ticket; {took:.1f} s"
        )
        assert verdict(served, ticket) == "warranty_needs_information"
        assert setup_clicks <= 6
        assert one.typed == 1
    assert took < 60


def test_by_own_client_without_scripts_and_mouse(browser: Any, tmp_path: Path) -> None:
    """The same by the account's own client, by the keyboard alone, in a browser without scripts:
    what a script would show by itself, “Refresh this page” shows."""
    with (
        stack(tmp_path) as running,
        visit(browser, java_script_enabled=False) as one,
    ):
        page, options = one.page, running.sandbox.state.options

        def focus(text: str) -> None:
            """Go on with the tabulator to a control, as whoever has no mouse."""
            for _ in range(80):
                page.keyboard.press("Tab")
                if text in page.evaluate(FOCUSED):
                    return
            raise AssertionError(f"{text} is not to be reached by the keyboard")

        def press(text: str) -> None:
            focus(text)
            with page.expect_navigation():
                page.keyboard.press("Enter")

        def wait_for(text: str) -> None:
            for _ in range(60):
                if page.get_by_text(text).count():
                    return
                time.sleep(0.3)
                press("Refresh this page")
            raise AssertionError(f"{text}: {page.inner_text('main')}")

        page.goto(f"{running.url}/setup/")
        focus("Connect by an OAuth client of your own account instead")
        page.keyboard.press("Enter")
        for label, value in (
            ("Your account’s address", "sandbox"),
            ("Identifier", options.client_id),
            ("Secret", options.client_secret),
        ):
            focus(label)
            page.keyboard.type(value)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Set up Warranty Desk").wait_for()
        wait_for("Nothing has been changed yet.")
        press("Put it in place")
        wait_for("In place: created")
        press("Try it")
        wait_for("There are no tickets in this account yet.")
        focus("Off")
        for _ in range(3):
            page.keyboard.press("ArrowDown")
        press("Switch it on")
        page.get_by_text("The verdict follows within seconds.").wait_for()
        ticket = running.ticket(CLAIM_TAG)
        until(lambda: verdict(running, ticket) == "warranty_needs_information", 30)
        assert options.client_secret not in running.log()


# -- inside the helpdesk ---------------------------------------------------------------------------


@contextmanager
def blocking(browser: Any, folder: Path) -> Iterator[Any]:
    """A browser that keeps no cookies for sites inside other sites."""
    (folder / "Default").mkdir(parents=True)
    blocked = {"profile": {"block_third_party_cookies": True, "cookie_controls_mode": 1}}
    (folder / "Default" / "Preferences").write_text(json.dumps(blocked))
    context = browser.browser_type.launch_persistent_context(
        str(folder),
        executable_path=CHROMIUM,
        args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    )
    try:
        yield context
    finally:
        context.close()


def test_inside_the_helpdesk(browser: Any, tmp_path: Path) -> None:
    """The helpdesk opens the page inside itself, in a browser that blocks other sites' cookies.
    Connecting opens in a tab of its own; from then on an admin does everything inside: looks,
    answers, examines. An agent sees the overview alone."""
    with stack(tmp_path) as running, blocking(browser, tmp_path / "profile") as context:
        one = Visitor(context.new_page())
        page = one.page
        (number,) = apps(running.sandbox.app).installations
        page.goto(f"{running.sandbox.base_url}/agent/apps/{number}")
        frame = page.frame_locator("iframe")
        assert frame.get_by_label("Your account’s address").first.input_value() == "sandbox"
        with page.expect_popup() as opened:
            frame.get_by_role("button", name="Connect with Zendesk").click()
        opened.value.get_by_role("button", name="Allow").click()
        opened.value.get_by_role("heading", name="Set up Warranty Desk").wait_for()
        opened.value.get_by_role("button", name="Sign out").click()
        opened.value.get_by_role("heading", name="Connect your Zendesk account").wait_for()
        page.reload()
        frame.get_by_role("heading", name="Set up Warranty Desk").wait_for()
        inner = next(each for each in page.frames if each.url.startswith(running.url))
        kept = inner.evaluate(
            "() => { document.cookie = 'x=1; Secure; SameSite=None'; return document.cookie; }"
        )
        assert kept == "", "the browser keeps a cookie of another site"
        assert frame.get_by_role("button", name="Sign out").count() == 0
        frame.get_by_text("Nothing has been changed yet.").wait_for()
        frame.get_by_label("Countries that count as one region").fill("EU:DE,FR")
        # By the keyboard: the page may still scroll to where it was while a mouse is pressed.
        frame.get_by_role("button", name="Save answers").press("Enter")
        frame.get_by_text("Saved.").wait_for()
        assert frame.get_by_text("none → EU:DE,FR").count() == 1
        frame.get_by_role("button", name="Examine the connection").press("Enter")
        frame.get_by_text("What was examined").wait_for()
        assert [c for c in context.cookies() if "warranty" in c["name"]] == []
        page.goto(f"{running.sandbox.base_url}/agent/apps/{number}?as={_agent(running)}")
        frame.get_by_role("heading", name="Overview").wait_for()
        assert frame.get_by_text("Set-up", exact=True).count() == 0
        assert one.complaints == []


def _agent(running: Stack) -> int:
    state = running.sandbox.state
    with state.lock:
        known = people.by_email(state, "agent2@example.com")
        found = known or people.add(state, "Agent 2", "agent2@example.com", "agent")
    return int(found["id"])


def _connected(one: Visitor, running: Stack) -> None:
    """Sign in, and have everything in place, whichever test came first."""
    page = one.page
    connect(one, running)
    page.locator("#s-place .mark").wait_for()
    if "done" not in page.inner_text("#s-place"):
        page.get_by_role("button", name="Put it in place").click()
        page.get_by_text("In place: created").wait_for()


# -- how it looks, and to whom ---------------------------------------------------------------------


def probe(page: Any) -> Any:
    """What the measuring script of the agent's views finds on this page."""
    page.evaluate(f"() => {{ {PROBE} }}")
    found = json.loads(page.inner_text("#report"))
    page.evaluate("() => document.getElementById('report').remove()")
    return found


def names(page: Any) -> list[str]:
    """The controls as a screen reader has them, in their order: role and name."""
    client = page.context.new_cdp_session(page)
    nodes = client.send("Accessibility.getFullAXTree")["nodes"]
    roles = {
        *("button", "link", "textbox", "checkbox", "radio", "combobox", "DisclosureTriangle"),
        *("heading", "table", "region"),
    }
    found = []
    for node in nodes:
        role = node.get("role", {}).get("value")
        if not node.get("ignored") and role in roles:
            found.append(f"{role}: {node.get('name', {}).get('value', '').strip()}")
    return found


SIZES = {
    "wide": (1280, 900, "light"),
    "dark": (1000, 900, "dark"),
    "phone, dark": (390, 844, "dark"),
    "320 pixels": (320, 640, "light"),
    "1280 pixels at 200 per cent": (640, 450, "light"),
}


def test_fits_and_can_be_read(browser: Any, served: Stack) -> None:
    """Nothing sticks out at any width and at 200 per cent; words contrast by 4.5 to 1 in light and
    dark; every control has a name; targets are at least 24 pixels. So it is for the page that
    connects, and for the other with everything unfolded, a mistake in it and every table shown;
    also where somebody has set letters of twice the size."""
    with visit(browser) as one:
        page = one.page
        page.goto(f"{served.url}/setup/")
        _measured_at_all_sizes(page)
        _connected(one, served)
        look(page)
        for section, errand in (("s-try", "try"), ("s-health", "examine")):
            page.locator(f"section[aria-labelledby={section}] form button").click()
            assert errand in (page.get_attribute("#page", "data-busy") or "")
        until(lambda: page.get_attribute("#page", "data-busy") == "", 30)
        page.locator("#regions").fill("nonsense")
        with page.expect_navigation():
            page.get_by_role("button", name="Save answers").click()
        assert page.locator("#regions-wrong").is_visible()
        one.complaints.clear()  # of the answer 422
        page.evaluate(
            "() => document.querySelectorAll('details').forEach((d) => { d.open = true })"
        )
        assert page.locator("table").count() >= 4
        _measured_at_all_sizes(page)
        page.evaluate("() => { document.documentElement.style.fontSize = '200%' }")
        _measured(page, *SIZES["wide"])


def _measured_at_all_sizes(page: Any) -> None:
    page.locator("summary").first.click()
    for size in SIZES.values():
        _measured(page, *size)
    page.locator("summary").first.click()


def _measured(page: Any, width: int, height: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    found = probe(page)
    assert (found["width"], found["dark"]) == (width, scheme == "dark")
    assert found["checked"] > 5
    assert (found["scroll"], found["wide"]) == (width, [])
    assert (found["dim"], found["nameless"], found["small"]) == ([], [], [])
    told = names(page)
    assert len(told) > 5
    assert [one for one in told if one.endswith(": ")] == []


def test_order_and_focus(browser: Any, served: Stack) -> None:
    """The tabulator goes through the page in the order in which it is read, first past the header,
    and where it is can be seen; names of buttons are told apart."""
    with visit(browser) as one:
        _connected(one, served)
        page = one.page
        until(lambda: page.get_attribute("#page", "data-busy") == "", 30)
        page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
        page.locator("body").focus()
        told: list[Any] = []
        for _ in range(80):
            page.keyboard.press("Tab")
            found = page.evaluate(
                """() => { const e = document.activeElement, s = getComputedStyle(e);
                if (e === document.body) return null;
                const all = [...document.querySelectorAll('*')];
                return [all.indexOf(e), e.tagName, e.textContent.trim() || e.name || e.id,
                        s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
            )
            if found is None or (told and found[0] == told[0][0]):
                break
            told.append(found)
        assert told[0][2] == "Skip to the content"
        places = [each[0] for each in told]
        assert places == sorted(places)
        assert [each for each in told if not each[3]] == []
        buttons = [each[2] for each in told if each[1] == "BUTTON"]
        assert len(buttons) == len(set(buttons)) >= 7


def look(page: Any) -> None:
    """Have the form with the fields before us, whichever test came first."""
    again = page.get_by_role("button", name="Look again").first
    again.click()
    page.get_by_role("button", name="Put in place again").wait_for()


def test_what_is_filled_in_is_left_alone(browser: Any, served: Stack) -> None:
    """While an errand runs, the page shows how it goes; what somebody has typed or chosen
    meanwhile, and where they are, stays."""
    with visit(browser) as one:
        _connected(one, served)
        page = one.page
        look(page)
        page.locator("summary", has_text="Use ticket fields").click()
        page.get_by_role("button", name="Try").first.click()
        page.locator("summary", has_text="Use ticket fields").click()
        # What the account's people call a field is text.
        assert HOSTILE in (page.locator("#field-serial_number").text_content() or "")
        assert page.locator("main img, main script").count() == 0
        assert page.title() == "Set-up · Warranty Desk"
        page.get_by_label("Serial number").select_option(label="Order number")
        page.locator("#regions").fill("EU:DE,F")
        page.get_by_role("heading", name="Try it on your last tickets tried").wait_for()
        until(lambda: page.get_attribute("#page", "data-busy") == "", 30)
        assert page.locator("#regions").input_value() == "EU:DE,F"
        assert page.locator("#regions").evaluate("e => e === document.activeElement")
        chosen = page.get_by_label("Serial number").evaluate("e => e.selectedOptions[0].text")
        assert chosen.startswith("Order number")
        assert page.locator("#news").inner_text() == "Tried: see the page."
