"""What the panel says where there is no verdict to show, and what to do about it."""

from __future__ import annotations

from typing import Any

import pytest
import responses

from integration.helpdesks import Bindings
from tests.integration.desk import COMPLETE, ticket
from tests.integration.manifest import panel_page
from tests.integration.manifest.conftest import Opened
from tests.integration.manifest.panel_page import Answered, Panel, window
from tests.integration.panel.conftest import FIELD_IDS, Serve, Service
from tests.integration.panel.test_reading import keep

TICKET = "https://one-account.zendesk.com/api/v2/tickets/7.json"
LATER: Answered = (503, {"status": 503, "type": "x"}, {"retry-after": "3"})


def test_something_is_there_at_once(beside: Panel, serve: Serve) -> None:
    """A skeleton while the service is slow, and nothing else is asked for meanwhile."""
    serve()
    beside.open(**window(holding=True))
    beside.until("host.held.length === 1")
    assert beside.frame.locator(".skeleton").is_visible()
    assert beside.frame.locator("#panel").get_attribute("aria-busy") == "true"
    beside.host("host.release()")
    beside.ready()
    assert beside.frame.locator(".skeleton").count() == 0
    assert len(beside.asked()) == 1


FATAL: list[tuple[Answered, str]] = [
    ((401, {}, {}), "An admin must enter the app's secret again"),
    ((404, {}, {}), "The service does not know this account."),
    ((409, {}, {}), "The account has withdrawn Warranty Desk's access."),
    ((422, {}, {}), "Warranty Desk cannot see this ticket"),
    ((400, {}, {}), "App and service do not understand each other."),
    ((200, "<html>Welcome</html>", {}), "The service does not know this account."),
    ((413, {}, {}), "App and service do not understand each other."),
    ((200, {"hello": 1}, {}), "The service does not know this account."),
]


def test_what_only_a_person_can_mend(beside: Panel, serve: Serve) -> None:
    """It is said who must do what; nothing is tried again by itself, and a button does."""
    serve()
    beside.answers += [failed for failed, _ in FATAL]
    beside.open(**window()).ready()
    for number, (_, said) in enumerate(FATAL, 1):
        beside.see(said)
        assert "Trying again in" not in beside.frame.locator("#panel").inner_text()
        assert len(beside.asked()) == number
        beside.press("Try again")
    beside.see("Covered", within="h1")


def test_settings_that_are_missing(beside: Panel) -> None:
    """No request is sent to nowhere."""
    beside.open(**window(settings={"service_url": "", "installation": "one"})).ready()
    beside.see("This app's settings are incomplete")
    assert beside.asked() == []


def test_a_service_that_is_away_comes_back(beside: Panel, serve: Serve) -> None:
    """Tried again by itself, not before it says."""
    serve()
    beside.answers.append(LATER)
    beside.open(**window()).ready()
    beside.see("Warranty Desk's service does not answer. Trying again in 3 seconds.")
    beside.see("Covered", within="h1")
    assert len(beside.asked()) == 2


def test_no_answer_at_all(beside: Panel, serve: Serve) -> None:
    """A button asks again before the time is over."""
    serve()
    beside.answers.append((0, "", {}))
    beside.open(**window()).ready()
    beside.see("Warranty Desk's service does not answer. Trying again in 2 seconds.")
    beside.press("Try again")
    beside.see("Covered", within="h1")


def test_the_last_verdict_stays_while_it_is_away(opened: Opened) -> None:
    """Marked as old; what may be done with it still can be."""
    panel = opened()
    panel.answers += [(429, {}, {"retry-after": "59"})]
    panel.host("host.type(given[0], 'warranty_problem_dropped')", FIELD_IDS["problem"])
    panel.see("Too many questions at once. Trying again in 59 seconds.")
    panel.see("it may be out of date")
    assert "old" in panel.frame.locator(".card").get_attribute("class").split()
    panel.see("Covered", within="h1")
    panel.press("Try again")
    panel.see("Not covered", within="h1")


def test_an_answer_from_memory_says_so(
    opened: Opened, service: Service, zendesk: responses.RequestsMock
) -> None:
    """With the moment from which it may have changed."""
    keep(service.store, ticket(COMPLETE))
    panel = opened()
    zendesk.upsert(responses.GET, TICKET, status=503)
    panel.host("host.fire('ticket.updated')")
    panel.see("The helpdesk could not be read just now.")
    panel.see("Covered", within="h1")


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("off", "Warranty Desk is switched off in this account."),
        ("shadow", "Trial run:"),
        ("notes", "Verdicts are written as private notes only"),
    ],
)
def test_each_mode_is_explained(opened: Opened, service: Service, mode: str, said: str) -> None:
    """In a line; and no word of what stands on the ticket, where nothing is to be written."""
    service.kept.change_settings("one", {"mode": mode}, version=1, who="a test")
    panel = opened()
    panel.see(said)
    assert "Not written on the ticket yet" not in panel.frame.locator("#panel").inner_text()


def test_an_account_that_is_not_set_up(opened: Opened, service: Service) -> None:
    """Who can do what about it."""
    service.store.save_bindings("one", Bindings())
    opened().see("An admin can finish it on the set-up page.")


@pytest.mark.parametrize("status", ["solved", "closed"])
def test_a_ticket_that_is_over(opened: Opened, status: str) -> None:
    """It shows what it was; there is nothing to reply, to decide or to wait for."""
    panel = opened(ticket={"status": status, "updated_at": "2026-05-05T10:00:00Z"})
    panel.see("This ticket is solved or closed")
    panel.see("Covered", within="h1")
    assert panel.frame.locator(".reply, .deciding, .next").count() == 0
    assert panel.button("Decide again").count() == 0
    assert "days left" not in panel.frame.locator(".card").inner_text()


def test_a_service_that_is_newer(beside: Panel, serve: Serve) -> None:
    """States, statuses and payers that this app has never heard of are shown by what it calls
    them; an answer without a verdict is no fault."""
    serve()

    def newer(answer: dict[str, Any]) -> dict[str, Any]:
        answer["state"] = "on_the_moon"
        answer["verdict"]["status"] = "exchanged"
        answer["headline"] = "EXCHANGED · at once"
        answer["counts"] |= {"status": "exchanged", "label": "Exchanged"}
        answer["freight"] |= {"payer": "carrier", "label": "The carrier"}
        return answer

    beside.rewrite = newer
    beside.open(**window()).ready()
    beside.see("The service knows more than this version of the app.")
    card = beside.frame.locator(".card").inner_text()
    assert "EXCHANGED" in card
    assert "The carrier" in card
    beside.rewrite = lambda answer: {"state": "paused", "mode": "full"}
    beside.host("host.fire('ticket.updated')")
    beside.frame.locator(".card").wait_for(state="detached")
    beside.see("The service knows more than this version of the app.")


def test_it_looks_again_when_it_is_shown_after_a_while(opened: Opened) -> None:
    """And not each time that an agent comes back to the tab."""
    panel = opened()
    panel.host("host.fire('app.activated')")
    panel.inside.evaluate("Date.now = ((now) => () => now() + 120_000)(Date.now)")
    panel.host("host.fire('app.activated')")
    panel.until("host.log.service.length === 2")


def test_outside_of_a_helpdesk(chromium: Any, service: Service) -> None:
    """The page says what it is."""
    with panel_page.panel(chromium, service) as panel:
        panel.page.goto("https://app.test/7/assets/panel.html")
        panel.page.get_by_text("this page works beside a ticket").wait_for()
