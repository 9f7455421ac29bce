"""The Freshdesk app's sidebar in a real browser, beside a stand-in of the vendor's client. What it
shows is made by the service's own code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from integration.manifest.freshdesk_making import APPCLIENT
from integration.manifest.kinds import FOLDER
from tests.integration.desk import COMPLETE
from tests.integration.manifest.panel_page import AXE, HERE, TYPES, WAIT
from tests.integration.panel.conftest import Serve
from tests.integration.panel.freshdesk import FIELDS, NAME, Fresh, custom_fields

APP = FOLDER / "freshdesk" / "app"
CLIENT = "https://client.test/client.js"
PATHS = {"getVerdict": "ticket", "again": "again"}
SAID = '<p>Sorry, your product is not covered.</p><img src="x" onerror="window.broken = true">'


@dataclass
class Sidebar:
    """The app's page. ``statuses`` come before the service's answers, one by one."""

    page: Any
    fresh: Fresh
    asked: list[tuple[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def answer(self, template: str, body: str) -> dict[str, Any]:
        """As the platform, which puts secret and name into the headers."""
        self.asked.append((template, body))
        if self.statuses:
            return {"status": self.statuses.pop(0), "text": "{}"}
        headers = {**self.fresh.headers(), "Content-Type": "application/json"}
        path = f"/panel/{PATHS[template]}"
        answered = self.fresh.service.client.post(path, data=body, headers=headers)
        return {"status": answered.status_code, "text": answered.text}

    def see(self, text: str) -> None:
        self.page.locator("#panel").get_by_text(text).first.wait_for(timeout=WAIT)

    def did(self, what: str) -> list[Any]:
        done: list[Any] = self.page.evaluate(f"window.did.{what}")
        return done

    def fire(self, name: str, data: Mapping[str, Any]) -> str | None:
        became: str | None = self.page.evaluate("([...given]) => fire(...given)", [name, data])
        return became


Open = Callable[..., Sidebar]


@pytest.fixture
def opening(chromium: Any, fresh: Fresh, filed: Serve) -> Iterator[Open]:
    """Opens the sidebar beside a ticket with these facts, as high and wide as is said."""
    contexts: list[Any] = []
    faults: list[str] = []

    def routed(route: Any) -> None:
        url = route.request.url.partition("?")[0]
        path = APP / url.removeprefix("https://app.test/")
        if url == CLIENT:
            path = HERE / "freshdesk_client.js"
        if not path.is_file():
            route.fulfill(status=404, body="")
            return
        data = path.read_bytes().replace(APPCLIENT.encode(), CLIENT.encode())
        route.fulfill(body=data, content_type=TYPES.get(path.suffix, "image/svg+xml"))

    def opened(
        facts: Mapping[str, Any] | None = None,
        *,
        width: int = 320,
        language: str = "en",
        statuses: tuple[int, ...] = (),
        **options: Any,
    ) -> Sidebar:
        known = COMPLETE if facts is None else facts
        filed(known)
        given = {
            "iparams": {"service_host": "warranty.example.com", "installation": NAME},
            "page": {
                "ticket": {"id": 7, "custom_fields": custom_fields(known)},
                "contact": {"name": "Kim Sample", "language": language},
                "loggedInUser": {"contact": {"language": language}},
            },
        }
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        context.set_default_timeout(WAIT)
        context.route("**/*", routed)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        made = Sidebar(page, fresh, statuses=list(statuses))
        page.expose_function("askService", made.answer)
        page.add_init_script(f"window.given = {json.dumps(given)}")
        page.goto("https://app.test/index.html")
        page.locator("#panel[aria-busy=false]").wait_for(timeout=WAIT)
        return made

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def test_a_verdict_is_shown(opening: Open) -> None:
    """Asked for by the ticket's number alone; the page grows with it, up to what is allowed."""
    sidebar = opening()
    sidebar.see("Covered")
    sidebar.see("SOOCAS")
    assert [template for template, _ in sidebar.asked] == ["getVerdict"]
    heights = [int(one.removesuffix("px")) for one in sidebar.did("heights")]
    assert heights
    assert max(heights) <= 700


@pytest.mark.parametrize("width", [280, 320, 480])
def test_nothing_is_wider_than_the_sidebar(opening: Open, width: int) -> None:
    """At any width that the helpdesk gives it, in a language with long words."""
    sidebar = opening({}, width=width, language="de")
    sidebar.page.locator(".missing").wait_for(timeout=WAIT)
    assert sidebar.page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_is_light_as_the_page_around_it(opening: Open) -> None:
    """Whatever the agent's system prefers: the helpdesk tells an app of no other scheme."""
    sidebar = opening(color_scheme="dark")
    sidebar.see("Covered")
    colour = sidebar.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == "rgb(255, 255, 255)"


@pytest.mark.skipif(not AXE.is_file(), reason="tests/node_modules is not installed")
def test_everybody_can_use_it(opening: Open) -> None:
    """No rule of accessibility is broken, neither with a verdict nor with questions."""
    for facts in (None, {}):
        sidebar = opening(facts)
        sidebar.page.locator(".deciding").wait_for(timeout=WAIT)
        sidebar.page.add_script_tag(path=str(AXE))
        found = sidebar.page.evaluate("axe.run().then(({ violations }) => violations)")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_what_an_agent_does_goes_into_the_page(opening: Open) -> None:
    """A fact into its field, the reply into the reply's editor; the service hears of the fact."""
    sidebar = opening({})
    day = sidebar.page.locator("[data-k^=answer-]").first
    day.wait_for(timeout=WAIT)
    key = str(day.get_attribute("data-k")).removeprefix("answer-")
    sidebar.page.get_by_role("button", name="Insert reply").click()
    sidebar.see("Inserted. Read it once more")
    ((what, values),) = sidebar.did("triggered")
    assert (what, values["id"]) == ("click", "reply")
    assert values["text"].startswith("<p>Hello Kim,</p>")
    value = day.evaluate("(one) => [...one.options].at(-1).value")
    day.select_option(value)
    sidebar.see("Set in the ticket's field")
    assert sidebar.did("triggered")[1] == ["setValue", {"id": FIELDS[key], "value": value}]
    sidebar.page.wait_for_function("window.did.asked > 1", timeout=WAIT)
    sidebar.see("not saved yet")
    assert f'"edited":{{"{key}":"{value}"}}' in sidebar.asked[-1][1]


def test_a_reply_that_contradicts_is_held_back_once(opening: Open) -> None:
    """Its words are looked at as words: nothing in it is run. Sent again, it goes out."""
    sidebar = opening()
    sidebar.see("Covered")
    said = sidebar.fire("ticket.sendReply", {"body": SAID})
    assert said is not None
    assert "is not covered" in said
    sidebar.see("is not covered")
    assert sidebar.fire("ticket.sendReply", {"body": SAID}) == "done"
    assert sidebar.page.evaluate("window.broken") is None


def test_a_service_that_is_away_is_said_and_asked_again(opening: Open) -> None:
    """With what to do about it."""
    sidebar = opening(statuses=(502,))
    sidebar.see("service does not answer")
    sidebar.page.get_by_role("button", name="Try again").click()
    sidebar.see("Covered")
