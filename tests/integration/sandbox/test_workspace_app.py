"""The app's own package in the workspace, unmodified, with the service behind it, nothing faked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.desk import COMPLETE
from tests.integration.workspace import (
    WAIT,
    Workspace,
    chromium,
    running_workspace,
    visiting,
)

BOUGHT = (datetime.now(UTC).date() - timedelta(days=90)).isoformat()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with running_workspace(tmp_path_factory.mktemp("workspace")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(workspace: Workspace) -> Iterator[Any]:
    with chromium() as found:
        yield found


def test_the_verdict_is_beside_the_ticket(browser: Any, workspace: Workspace) -> None:
    """The sidebar shows what the service decided, a field that is changed and submitted is decided
    again, and nothing that the browser is sent has the app's secret."""
    facts = {**COMPLETE, "purchase_date": BOUGHT, "defect_evidence": None}
    ticket = workspace.file({key: value for key, value in facts.items() if value is not None})
    workspace.wait_until_written(ticket)
    told: list[str] = []
    with visiting(browser) as visit:
        page = visit.page
        page.context.on("response", lambda answer: told.append(_text(answer)))
        page.goto(workspace.url_of(ticket))
        visit.app().get_by_text("Needs information").first.wait_for(timeout=WAIT)
        page.get_by_label("Evidence of the defect").select_option(label="Verified")
        page.locator(".bar button").click()
        page.get_by_text("Saved.", exact=True).wait_for()
        page.locator(".outcome .badge").filter(has_text="Covered").wait_for()
        assert visit.complaints == []
        told.append(page.content())
    assert workspace.value(ticket, "verdict") == "warranty_covered"
    agent = next(
        one["author_id"]
        for one in workspace.audits(ticket)
        for event in one["events"]
        if event.get("field_name") == workspace.stage.bindings.fields["defect_evidence"]
    )
    people = workspace.stage.call("GET", f"users/{agent}.json")["user"]
    assert people["email"] == "agent@example.com"
    secret = workspace.app_secret()
    assert len(secret) > 40
    assert any("/request" in one or "{" in one for one in told)
    assert not any(secret in one for one in told)


def test_it_is_beside_a_ticket_that_is_being_filed(browser: Any, workspace: Workspace) -> None:
    """Where there is no ticket yet, the sidebar asks for what is missing all the same."""
    with visiting(browser) as visit:
        visit.page.goto(workspace.new_ticket_url)
        visit.app().get_by_text("Needs information").first.wait_for(timeout=WAIT)
        assert visit.complaints == []


def test_its_own_page_opens_in_the_helpdesk(browser: Any, workspace: Workspace) -> None:
    """By a signed request, from the entry in the navigation bar."""
    with visiting(browser) as visit:
        visit.page.goto(f"{workspace.url}/agent/tickets")
        visit.page.get_by_role("link", name="Warranty Desk", exact=True).click()
        visit.page.wait_for_url(workspace.nav_bar_url)
        inside = visit.page.frame_locator("iframe.app")
        inside.get_by_text("sandbox.zendesk.com").first.wait_for(timeout=WAIT)
        assert visit.complaints == []


def _text(answer: Any) -> str:
    try:
        return str(answer.text())
    except Exception:
        return ""
