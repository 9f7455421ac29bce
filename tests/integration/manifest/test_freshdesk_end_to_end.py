"""Freshdesk's app as it is installed: the bundle beside a ticket of the stand-in, with the service
behind it and a worker, nothing of it faked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integration.catalogue import decision_option
from integration.commands.demo import INSTALLATION, PACKAGES
from integration.commands.stage import Stage
from tests.integration.desk import COMPLETE
from tests.integration.manifest.test_panel_end_to_end import browser
from tests.integration.workspace import WAIT, Visit, visiting

__all__ = ["browser"]

BOUGHT = (datetime.now(UTC).date() - timedelta(days=90)).isoformat()
FACTS = {**COMPLETE, "purchase_date": BOUGHT}
PERSON = {"name": "Kim Sample", "email": "kim@example.com"}
NARROW = 320


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    app = PACKAGES / "freshdesk"
    with Stage(folder, INSTALLATION, helpdesk="freshdesk", app=app) as running:
        yield running


def filed(stage: Stage, facts: dict[str, Any]) -> int:
    """A claim, once a worker has written its verdict on it."""
    number = stage.file("Does not charge", "It does not charge any more.", facts, PERSON)
    waited = 0.0
    while not stage.reviewed([number]):
        assert waited < WAIT / 1000, stage.log_of("worker")
        stage.stopping.wait(0.1)
        waited += 0.1
    return number


def beside(visit: Visit, stage: Stage, number: int) -> Any:
    """The app's frame beside a ticket, as narrow as a sidebar is."""
    visit.page.goto(f"{stage.sandbox_url}/agent/tickets/{number}")
    app = visit.app()
    app.frame_element().evaluate(f"(frame) => {{ frame.style.width = '{NARROW}px'; }}")
    app.locator("#panel[aria-busy=false]").wait_for()
    return app


def until(visit: Visit, claim: Any) -> None:
    """Waits while the browser goes on: its requests pass through this thread."""
    waited = 0
    while not claim():
        visit.page.wait_for_timeout(100)
        waited += 100
        assert waited < WAIT, "it did not come true"


def test_from_the_first_look_to_an_agent_s_decision(browser: Any, stage: Stage) -> None:
    """The verdict is shown; the reply goes into the editor; one that contradicts is held back once;
    a hold that is set in the panel is on the ticket once the agent has clicked Update."""
    number = filed(stage, FACTS)
    with visiting(browser) as visit:
        app = beside(visit, stage, number)
        app.get_by_role("heading", name="Covered").wait_for()
        assert app.evaluate("innerWidth") == NARROW
        assert app.evaluate("document.documentElement.scrollWidth") <= NARROW
        said = app.locator("#panel").inner_text()
        assert "Hello Kim," in said
        assert "canned responses" in said
        assert "macro" not in said.lower()

        app.get_by_role("button", name="Insert reply").click()
        app.locator(".notice.good", has_text="then send it").wait_for()
        editor = visit.page.locator("#comment")
        assert editor.input_value().startswith("Hello Kim,")
        editor.fill("Sorry, your product is not covered by the warranty.")
        send = visit.page.get_by_role("button", name="Send", exact=True)
        send.click()
        visit.page.get_by_text("Send again to send it all the same.").first.wait_for()
        assert stage.seen([number])[0].public == 1
        send.click()
        until(visit, lambda: stage.seen([number])[0].public == 2)

        app.get_by_role("button", name="Hold").click()
        app.get_by_text("counts once you click Update").first.wait_for()
        assert not stage.seen([number])[0].fields["agent_decision"]
        visit.page.get_by_role("button", name="Update", exact=True).click()
        hold = decision_option("hold")
        until(visit, lambda: stage.seen([number])[0].fields["agent_decision"] == hold)
        app.get_by_text("Put on hold by an agent").first.wait_for()
        assert visit.complaints == []


def test_what_is_missing_is_answered_in_the_panel(browser: Any, stage: Stage) -> None:
    """It stands in the form, the verdict follows at once, and on the ticket after Update."""
    number = filed(stage, {**FACTS, "problem": None})
    with visiting(browser) as visit:
        app = beside(visit, stage, number)
        app.get_by_role("heading", name="Needs information").wait_for()
        app.locator(".next").get_by_label("Problem").select_option(label="Dropped")
        app.get_by_role("heading", name="Not covered").wait_for()
        unsaved = app.get_by_text("which are not saved yet")
        unsaved.wait_for()
        visit.page.get_by_role("button", name="Update", exact=True).click()
        until(visit, lambda: stage.seen([number])[0].fields["verdict"] == "warranty_not_covered")
        unsaved.wait_for(state="hidden")
        app.get_by_role("heading", name="Not covered").wait_for()
        assert app.evaluate("document.documentElement.scrollWidth") <= NARROW
        assert visit.complaints == []
