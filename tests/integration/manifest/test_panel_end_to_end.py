"""The panel as it is installed: beside a ticket of the sandbox's workspace, with the service behind
it and a worker, nothing of it faked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integration.catalogue import decision_option
from tests.integration.desk import COMPLETE
from tests.integration.workspace import WAIT, Workspace, chromium, running_workspace, visiting


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with running_workspace(tmp_path_factory.mktemp("workspace")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def test_from_the_first_look_to_an_agent_s_decision(browser: Any, workspace: Workspace) -> None:
    """The verdict is shown; the reply goes into the composer; one that contradicts is held back
    once; and a hold that is set in the panel is on the ticket once the agent has submitted it."""
    bought = (datetime.now(UTC).date() - timedelta(days=90)).isoformat()
    number = workspace.file({**COMPLETE, "purchase_date": bought})
    workspace.wait_until_written(number)
    with visiting(browser) as visit:
        visit.page.goto(workspace.url_of(number))
        app = visit.app()
        app.get_by_role("heading", name="Covered").wait_for()
        app.get_by_role("button", name="Insert reply").click()
        app.locator(".notice.bad", has_text="nothing was inserted").wait_for()
        visit.page.get_by_text("Public reply").first.click()
        app.get_by_role("button", name="Insert reply").click()
        app.locator(".notice.good", has_text="Inserted").wait_for()
        composer = visit.page.locator("#comment")
        assert "Your product is covered" in composer.input_value()
        composer.fill("Sorry, your product is not covered by the warranty.")
        app.get_by_role("button", name="Hold").click()
        app.get_by_text("Put on hold by an agent").first.wait_for()
        submit = visit.page.locator(".bar button").first
        submit.press("Enter")
        visit.page.get_by_text("Submit again to send it all the same.").first.wait_for()
        assert workspace.value(number, "agent_decision") is None
        submit.press("Enter")
        waited = 0
        while workspace.value(number, "agent_decision") != decision_option("hold"):
            # Not by sleeping: the browser's requests pass through this thread.
            visit.page.wait_for_timeout(100)
            waited += 100
            assert waited < WAIT, "it was not saved"
        assert visit.complaints == []
    (decided,) = [
        audit
        for audit in workspace.audits(number)
        if any(one.get("value") == decision_option("hold") for one in audit["events"])
    ]
    assert [one["public"] for one in decided["events"] if one["type"] == "Comment"] == [True]


def test_a_ticket_that_is_filed_on_the_phone(browser: Any, workspace: Workspace) -> None:
    """What is answered in the panel stands in the form, and the verdict follows."""
    with visiting(browser) as visit:
        visit.page.goto(workspace.new_ticket_url)
        app = visit.app()
        app.get_by_role("heading", name="Ask next").wait_for()
        app.locator(".next").get_by_label("Bought from").select_option(label="Unauthorised seller")
        app.get_by_role("heading", name="Not covered").wait_for()
        field = visit.page.get_by_label("Bought from").first
        assert field.input_value() == "warranty_purchase_channel_unauthorized_seller"
        assert visit.complaints == []
