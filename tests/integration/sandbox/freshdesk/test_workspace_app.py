"""The app's own bundle beside a ticket, unmodified, in a real browser; the service behind it is a
small one that says what a test wants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from integration.sandbox.freshdesk import Options, running_sandbox
from tests.integration.sandbox.freshdesk.answering import answer, field
from tests.integration.sandbox.freshdesk.beside import Desk, text_of
from tests.integration.sandbox.freshdesk.hosting import BUNDLE, SECRET, serving
from tests.integration.sandbox.test_views_browser import PROBE
from tests.integration.workspace import WAIT, Visit, visiting


@dataclass
class AppDesk(Desk):
    """With the app's own bundle in the place of the small one."""

    def open(self, visit: Visit) -> Any:
        """The ticket's page, with the verdict in the panel: its frame."""
        visit.page.goto(self.url)
        frame = visit.app()
        frame.get_by_role("heading", name="Covered").wait_for(timeout=WAIT)
        return frame


@pytest.fixture(scope="module")
def furnished() -> Iterator[AppDesk]:
    with serving() as service:
        given = {"service_host": service.host, "installation": "main"}
        options = Options(limited=False, app_folder=BUNDLE, app_settings=given)
        with running_sandbox(options) as sandbox:
            made = AppDesk(sandbox, service, {})
            made.names["Text"] = order = made.field("Warranty: order number", "text")
            made.names["Box"] = claim = made.field("Warranty: claim", "checkbox")
            fields = {
                "order_number": field(order, "Warranty: order number", "text"),
                "claim": field(claim, "Warranty: claim", "checkbox", "control"),
            }
            service.usual = lambda asked: answer(asked.body, fields)
            # As in a demo: the service's secret is there once the stand-in runs.
            made.api("PUT", "/sandbox/app", settings={"app_secret": SECRET})
            assert sandbox.account.idle(30)
            yield made


def test_the_verdict_is_beside_the_ticket(browser: Any, desk: AppDesk) -> None:
    """What the service says, asked with the secret, which nothing has that the browser is sent; in
    the agent's language and with the customer's name."""
    told: list[str] = []
    with visiting(browser) as visit:
        visit.page.context.on("response", lambda one: told.append(text_of(one)))
        frame = desk.open(visit)
        assert "SOOCAS" in frame.locator(".card").inner_text()
        assert "Hello Kim," in frame.locator("#panel").inner_text()
        told.append(visit.page.content())
        assert visit.complaints == []
    asked = desk.service.of("/panel/ticket")[-1]
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert asked.headers["x-warranty-installation"] == "main"
    assert (asked.body["ticket"], asked.body["customer_language"]) == (str(desk.number), "en")
    assert any("Hello {name}" in one for one in told)
    assert not any(SECRET in one for one in told)


def test_the_suggested_reply_is_sent_by_the_agent(browser: Any, desk: AppDesk) -> None:
    """It is put into the editor; the agent sends it."""
    with visiting(browser) as visit:
        desk.open(visit).get_by_role("button", name="Insert reply").click()
        editor = visit.page.locator("#comment")
        visit.page.wait_for_function("() => document.getElementById('comment').value !== ''")
        assert editor.input_value() == "Hello Kim,\n\nyour product is covered."
        visit.page.get_by_role("button", name="Send", exact=True).click()
        visit.page.locator("#conversation .agent").get_by_text("Hello Kim,").wait_for()
        assert visit.complaints == []
    (said,) = desk.api("GET", f"{desk.path}/conversations")
    assert (said["private"], said["source"]) == (False, 0)


def test_a_reply_against_the_verdict_is_warned_of_once(browser: Any, desk: AppDesk) -> None:
    """It is not sent, and it is said why; who sends it again means it."""
    with visiting(browser) as visit:
        frame = desk.open(visit)
        visit.page.get_by_label("Reply to the customer").check()
        visit.page.fill("#comment", "Sorry, this is not covered.")
        send = visit.page.get_by_role("button", name="Send", exact=True)
        send.click()
        visit.page.get_by_text("Not sent. Warranty Desk:").wait_for()
        frame.get_by_role("alert").wait_for()
        assert desk.api("GET", f"{desk.path}/conversations") == []
        send.click()
        visit.page.locator("#conversation .agent").get_by_text("Sorry").wait_for()
        assert visit.complaints == []


def test_a_fact_that_is_saved_is_decided_anew(browser: Any, desk: AppDesk) -> None:
    """Once the agent has updated the ticket the service is asked with what stands there now."""
    with visiting(browser) as visit:
        desk.open(visit)
        desk.service.asked.clear()
        visit.page.get_by_label("Warranty: order number").fill("A-1")
        # The panel looks by itself, two seconds after the update.
        with visit.page.expect_response("**/request", timeout=WAIT):
            visit.page.get_by_role("button", name="Update", exact=True).click()
            visit.page.get_by_text("Saved.", exact=True).wait_for()
        assert visit.complaints == []
    assert desk.service.of("/panel/ticket")[0].body["ticket"] == str(desk.number)
    told = desk.ticket()
    assert told["custom_fields"][desk.names["Text"]] == "A-1"


def test_a_service_that_is_away_is_told(browser: Any, desk: AppDesk) -> None:
    """In the panel's own words, by the status of the platform's error."""
    desk.service.answers = [(401, {})]
    with visiting(browser) as visit:
        visit.page.goto(desk.url)
        visit.app().locator(".state.bad").wait_for(timeout=WAIT)
        assert visit.complaints == []


@pytest.mark.parametrize(
    ("width", "dark"), [(320, False), (1024, False), (1280, False), (1280, True)]
)
def test_pages_fit_and_can_be_read(browser: Any, desk: AppDesk, width: int, dark: bool) -> None:
    """The page of a ticket and that of the app fit, contrast by 4.5 to 1, name their inputs, and
    their targets are at least 24 pixels; from 1024 on the app stands beside the ticket, as wide as
    Freshdesk's sidebar."""
    scheme = "dark" if dark else "light"
    size = {"width": width, "height": 900}
    with visiting(browser, viewport=size, color_scheme=scheme) as visit:
        for path in (f"/agent/tickets/{desk.number}", "/agent/apps"):
            visit.page.goto(desk.sandbox.base_url + path)
            if path != "/agent/apps":
                visit.app()
                sheet = visit.page.locator("#sheet").bounding_box()
                frame = visit.page.locator(".frame iframe").bounding_box()
                assert (frame["x"] >= sheet["x"] + sheet["width"]) is (width >= 1024)
                assert width < 1024 or 300 <= frame["width"] <= 400
            visit.page.evaluate(f"() => {{ {PROBE} }}")
            found = json.loads(visit.page.locator("#report").inner_text())
            assert (found["width"], found["dark"]) == (width, dark)
            assert (found["scroll"], found["wide"]) == (width, []), path
            assert (found["dim"], found["nameless"], found["small"]) == ([], [], []), path
