"""The agent's pages in a real browser: narrow and wide, light and dark, and fresh by themselves."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from integration.sandbox.freshdesk import Options, Sandbox, running_sandbox
from tests.integration.sandbox.test_views_browser import CHROMIUM, PROBE

try:
    from playwright import sync_api as playwright
except ImportError:
    playwright = None  # type: ignore[assignment]

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
WAIT = 30_000  # milliseconds: the machine may be busy
PATHS = (
    *("/agent/tickets", "/agent/tickets/1", "/agent/new", "/agent/tickets/new"),
    *("/agent/webhooks", "/agent/apps", "/agent/nowhere"),
)


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
def furnished() -> Iterator[tuple[Sandbox, requests.Session]]:
    """An account with a ticket of every kind, and hostile words wherever they may stand."""
    with running_sandbox(Options(limited=False)) as served, requests.Session() as session:
        session.auth = (served.api_key, "X")
        url = f"{served.base_url}/api/v2"

        def post(path: str, **given: Any) -> Any:
            answer = session.post(f"{url}{path}", json=given, timeout=30)
            assert answer.ok, answer.text
            return answer.json()

        label = {"label": "Warranty: verdict", "label_for_customers": "Verdict"}
        choices = [{"value": "Covered", "position": 1}, {"value": "Not covered", "position": 2}]
        kind = {"type": "custom_dropdown", "choices": choices, "customers_can_edit": True}
        name = post("/admin/ticket_fields", **label, **kind)["name"]
        action = {
            "field_name": "trigger_webhook",
            "url": "http://127.0.0.1:9/",
            "request_type": "POST",
            "content_type": "JSON",
            "content_layout": "2",
            "content": {"ticket_id": "{{ticket.id}}"},
        }
        post("/automations/1/rules", name="Warranty", actions=[action])
        about = {"description": HOSTILE, "email": "c@example.com", "name": "Sample Customer"}
        post("/tickets", subject=HOSTILE, tags=["warranty_claim"], **about)
        for status, value in ((3, "Covered"), (6, "Not covered"), (4, None)):
            post("/tickets", subject="Dead", status=status, custom_fields={name: value}, **about)
        post("/tickets/1/notes", body=HOSTILE + "<p>Covered</p>")
        post("/tickets/1/reply", body="<p>Dear customer</p>")
        assert served.account.idle(30)
        yield served, session


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_can_be_read(browser: Any, furnished: Any, width: int, scheme: str) -> None:
    """Nothing reaches over the edge, contrast is enough, every input has a name, every control is
    large enough, and what others wrote never runs."""
    served, _ = furnished
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for path in PATHS:
        page.goto(f"{served.base_url}{path}", timeout=WAIT)
        page.evaluate(f"() => {{ {PROBE} }}")
        found = json.loads(page.inner_text("#report"))
        wrong = {name: found[name] for name in ("wide", "dim", "nameless", "small") if found[name]}
        assert not wrong, (path, wrong)
        assert found["scroll"] <= width, path
        assert found["dark"] is (scheme == "dark")
        assert "owned" not in page.title().replace(HOSTILE, "")
    assert errors == []
    context.close()


def test_a_page_keeps_itself_fresh(browser: Any, furnished: Any) -> None:
    """A note that comes by the API appears by itself, and what is being typed stays."""
    served, session = furnished
    page = browser.new_context().new_page()
    page.goto(f"{served.base_url}/agent/tickets/2", timeout=WAIT)
    page.fill("#comment", "half a word")
    url = f"{served.base_url}/api/v2/tickets/2"
    assert session.post(f"{url}/notes", json={"body": "Fresh as dew"}, timeout=30).ok
    page.wait_for_selector("#conversation .note >> text=Fresh as dew", timeout=WAIT)
    assert page.input_value("#comment") == "half a word"
    page.context.close()


def test_an_agent_works_a_ticket(browser: Any, furnished: Any) -> None:
    """Changes a status, adds a tag and answers, all with one button."""
    served, session = furnished
    page = browser.new_context().new_page()
    page.goto(f"{served.base_url}/agent/tickets/3", timeout=WAIT)
    page.select_option("#status", "3")
    page.fill("#new_tags", "by_hand")
    page.check("input[name=mode][value=public]")
    page.fill("#comment", "Dear customer")
    page.click(".bar button")
    page.wait_for_selector("#told >> text=Saved.", timeout=WAIT)
    told = session.get(f"{served.base_url}/api/v2/tickets/3?include=conversations", timeout=30)
    assert (told.json()["status"], told.json()["tags"]) == (3, ["by_hand"])
    assert [row["private"] for row in told.json()["conversations"]] == [False]
    page.context.close()
