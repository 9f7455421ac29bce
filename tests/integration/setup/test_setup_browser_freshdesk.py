"""The set-up page of a Freshdesk account in a real browser; see ``test_setup_browser``."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from integration.catalogue import CLAIM_TAG
from integration.helpdesks.freshdesk_wire import STAND_IN
from integration.sandbox.faults import Fault
from integration.sandbox.freshdesk import Options, Sandbox, fields, filing, running_sandbox
from integration.sandbox.freshdesk.records import Ticket
from tests.integration.live import free_port, until
from tests.integration.setup.test_setup_browser import (
    FOCUSED,
    HOSTILE,
    SIZES,
    Visitor,
    _measured,
    _measured_at_all_sizes,
    browser,
    processes,
    visit,
)
from tests.integration.setup.test_work_freshdesk import RULES

__all__ = ["browser"]


@dataclass
class Stack:
    """A service and its small Freshdesk; ``url`` is the service's."""

    sandbox: Sandbox
    url: str
    folder: Path

    def ticket(self, *tags: str) -> Ticket:
        given = {
            "subject": "Does not charge",
            "description": "It broke.",
            "email": "customer1@example.com",
            "tags": list(tags),
        }
        with self.sandbox.account.lock:
            return filing.as_customer(self.sandbox.account, given)

    def own_field(self, kind: str, label: str) -> None:
        answer = requests.post(
            f"{self.sandbox.base_url}/api/v2/admin/ticket_fields",
            json={"type": kind, "label": label, "label_for_customers": label},
            auth=(self.sandbox.api_key, "X"),
            timeout=10,
        )
        answer.raise_for_status()

    def log(self) -> str:
        return "".join((self.folder / f"{name}.log").read_text() for name in ("web", "worker"))


@contextmanager
def stack(folder: Path, **more: Any) -> Iterator[Stack]:
    """A small Freshdesk, the web app and a worker; nothing is connected yet."""
    url = f"http://localhost:{free_port()}"
    # A plan whose limits a set-up does not come near: nobody here waits for a minute to pass.
    with running_sandbox(Options(plan="enterprise", limited=False, **more)) as sandbox:
        running = Stack(sandbox, url, folder)
        with processes(running, {STAND_IN: sandbox.base_url}):
            yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A service that the first test connects and the later ones find connected."""
    with stack(tmp_path_factory.mktemp("served")) as running:
        for kind, label in (("custom_date", "Date of purchase"), ("custom_text", "Order number")):
            running.own_field(kind, label)
        running.own_field("custom_text", f"Serial {HOSTILE}")
        for _ in range(3):
            running.ticket()
        yield running


def verdict(running: Stack, ticket: Ticket) -> Any:
    """The verdict that stands on a ticket."""
    account = running.sandbox.account
    with account.lock:
        titles = {name: row["label"] for name, row in fields.custom(account).items()}
        values = account.tickets[ticket.id].custom
        return next((v for k, v in values.items() if titles[k] == "Warranty: verdict"), None)


def connect(visitor: Visitor, running: Stack) -> None:
    visitor.page.goto(f"{running.url}/setup/")
    visitor.click("link", "Freshdesk")
    visitor.fill("Your account’s address", "sandbox")
    visitor.fill("An administrator’s API key", running.sandbox.api_key)
    visitor.click("button", "Connect with this key")
    visitor.page.get_by_role("heading", name="Set up Warranty Desk").wait_for()


def idle(page: Any) -> None:
    until(lambda: page.get_attribute("#page", "data-busy") == "", 30)


def test_from_nothing_to_the_first_verdict(browser: Any, served: Stack) -> None:
    """An admin who has never seen the app connects an account by a key, keeps the fields it has,
    tries it, switches it on, and sees a verdict on a ticket. How many clicks and seconds that took
    is printed: six clicks and two fields are little of ten minutes."""
    with visit(browser) as one:
        began = time.monotonic()
        page = one.page
        connect(one, served)
        page.get_by_text("Nothing has been changed yet.").wait_for()
        assert page.get_by_label("Purchase date").evaluate("e => e.selectedOptions[0].text") == (
            "Date of purchase (suggested)"
        )
        # What the account's people call a field is text.
        assert HOSTILE in (page.locator("#field-serial_number").text_content() or "")
        assert page.locator("main img, main script").count() == 0
        one.click("button", "Put it in place")
        page.get_by_text("In place: created").wait_for()
        one.click("button", "Try it")
        page.get_by_role("table").filter(has_text="Needs information").wait_for()
        one.click("radio", "Full")
        one.click("button", "Switch it on")
        page.get_by_text("The verdict follows within seconds.").wait_for()
        ticket = served.ticket(CLAIM_TAG)
        until(lambda: verdict(served, ticket) == "Needs information", 30)
        took = time.monotonic() - began
        print(f"\nfirst verdict: {one.clicks} clicks, {one.typed} fields typed, {took:.1f} s")
        assert (one.clicks, one.typed) == (6, 2)
        assert served.sandbox.api_key not in served.log()
        assert served.sandbox.api_key not in page.content()
    assert took < 60


def test_by_hand_without_scripts_and_mouse(browser: Any, tmp_path: Path) -> None:
    """Where Freshdesk takes no rule, an admin still gets there by the keyboard alone and without
    scripts: reads how to make them, has the secret shown, makes them, and has them examined."""
    with stack(tmp_path) as running, visit(browser, java_script_enabled=False) as one:
        page, account = one.page, running.sandbox.account
        taken = Fault(method="POST", path=RULES, status=400, body={"errors": []}, times=1_000)
        account.faults.add(taken)

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
                page.wait_for_timeout(300)
                press("Refresh this page")
            raise AssertionError(f"{text}: {page.inner_text('main')}")

        page.goto(f"{running.url}/setup/")
        press("Freshdesk")
        for label, value in (
            ("Your account’s address", "sandbox.freshdesk.com"),
            ("An administrator’s API key", running.sandbox.api_key),
        ):
            focus(label)
            page.keyboard.type(value)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Set up Warranty Desk").wait_for()
        wait_for("Nothing has been changed yet.")
        press("Put it in place")
        wait_for("Freshdesk did not take everything.")
        steps = page.locator("ol.by-hand")
        assert steps.count() == 2
        assert steps.first.is_visible()
        press("Show the webhook’s secret")
        shown = page.locator("#webhook-secret code").all_inner_texts()
        assert page.locator("#webhook-secret").is_visible()
        press("Refresh this page")
        assert page.locator("#webhook-secret").count() == 0
        assert shown[1] not in page.content()
        assert shown[1] not in running.log()
        account.faults.clear()
        for number, kind in enumerate((1, 4)):
            _by_hand(running, kind, steps.nth(number).locator("code"), shown)
        press("Examine the connection")
        wait_for("What was examined")
        found = page.locator("section[aria-labelledby=s-health] tr", has_text="Automation rule")
        assert found.count() == 2
        assert all("good" in row for row in found.all_inner_texts())


def _by_hand(running: Stack, kind: int, copied: Any, shown: list[str]) -> None:
    """Make a rule as the page says, of what can be copied from it."""
    url, header, body = copied.all_text_contents()
    assert header == shown[0]
    action = {
        "field_name": "trigger_webhook",
        "request_type": "POST",
        "url": url,
        "content_type": "JSON",
        "content_layout": "2",
        "content": body,
        "custom_headers": {header: shown[1]},
    }
    name = "Warranty: new claim" if kind == 1 else "Warranty: claim changed"
    more = {} if kind == 1 else {"performer": {"type": 3}, "events": [_ANY]}
    tagged = {"resource_type": "ticket", "field_name": "tag_names", "operator": "in"}
    found = {"name": "one", "match_type": "any", "properties": [{**tagged, "value": [CLAIM_TAG]}]}
    answer = requests.post(
        f"{running.sandbox.base_url}/api/v2/automations/{kind}/rules",
        json={"name": name, "conditions": [found], "actions": [action], **more},
        auth=(running.sandbox.api_key, "X"),
        timeout=10,
    )
    assert answer.ok, answer.text


_ANY = {"field_name": "ticket_action", "value": "update"}


def test_fits_and_can_be_read(browser: Any, served: Stack) -> None:
    """As Zendesk's: nothing sticks out at any width, words contrast, controls have names and are
    large enough; on the page that connects, also with a mistake in it, and on the other with
    everything unfolded, rules to be made by hand, and each secret shown."""
    with visit(browser) as one:
        page, account = one.page, served.sandbox.account
        page.goto(f"{served.url}/setup/?helpdesk=freshdesk")
        for size in SIZES.values():
            _measured(page, *size)
        one.fill("Your account’s address", "a-long-name.of-a-domain.which-is.example.com")
        one.fill("An administrator’s API key", "wrong")
        one.click("button", "Connect with this key")
        page.get_by_text("a domain of your own").first.wait_for()
        one.complaints.clear()  # of the answer 422
        for size in SIZES.values():
            _measured(page, *size)
        connect(one, served)
        idle(page)
        account.shelf("rules").clear()
        account.faults.add(
            Fault(method="POST", path=RULES, status=400, body={"errors": []}, times=1_000)
        )
        if page.get_by_role("button", name="Look again").count():
            page.get_by_role("button", name="Look again").first.click()
        page.get_by_role("button", name=re.compile("^Put ")).first.click()
        page.locator("ol.by-hand").first.wait_for()
        page.locator("section[aria-labelledby=s-health] form button").first.click()
        idle(page)
        for shows, found in (
            ("Show the webhook’s secret", "#webhook-secret"),
            ("Make a new", "#app-secret"),
        ):
            page.evaluate(
                "() => document.querySelectorAll('details').forEach((d) => { d.open = true })"
            )
            page.get_by_role("button", name=shows).click()
            page.locator(found).wait_for()
            page.evaluate(
                "() => document.querySelectorAll('details').forEach((d) => { d.open = true })"
            )
            _measured_at_all_sizes(page)
        page.evaluate("() => { document.documentElement.style.fontSize = '200%' }")
        _measured(page, *SIZES["wide"])
        account.faults.clear()
