"""What an app beside a ticket is told, what it stops, and its frame, in a real browser."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.sandbox.freshdesk.beside import App, Desk, within
from tests.integration.workspace import WAIT, visiting


def test_an_app_is_activated(app: App) -> None:
    """As soon as it listens; hidden it is deactivated, and shown it is activated anew."""
    app.listen("app.deactivated")
    app.listen("app.activated")
    app.wait_for("app.activated")
    app.page.get_by_role("button", name="Hide Tried app").click()
    app.wait_for("app.deactivated")
    app.page.get_by_role("button", name="Show Tried app").click()
    assert len(app.wait_for("app.activated", 2)) == 2


def test_events_that_nobody_knows(app: App) -> None:
    """Those that the reference does not name are refused."""
    assert "no event" in app.listen("ticket.updated")["error"]["message"]
    assert "error" not in app.listen("ticket.sendReply")


def test_changes_before_they_are_saved(app: App) -> None:
    """Those of properties that have an event; those of custom fields are not told."""
    for name in ("ticket.statusChanged", "ticket.priorityChanged", "ticket.typeChanged"):
        app.listen(name)
    app.page.locator("#status").select_option("3")
    assert app.wait_for("ticket.statusChanged") == [{"old": 2, "new": 3}]
    app.page.locator("#type").select_option("Refund")
    assert app.wait_for("ticket.typeChanged") == [{"old": None, "new": "Refund"}]
    assert app.heard("ticket.priorityChanged") == []


def test_an_update_is_told_of(app: App, desk: Desk) -> None:
    """With what is changed; without a change there is nothing to tell. The reply that is being
    written stays."""
    app.listen("ticket.propertiesUpdated")
    update = app.page.get_by_role("button", name="Update", exact=True)
    update.click()
    app.page.get_by_text("Nothing was changed").wait_for()
    assert app.heard("ticket.propertiesUpdated") == []
    app.page.get_by_label("Reply to the customer").check()
    app.page.fill("#comment", "half a word")
    app.page.locator("#status").select_option("3")
    app.page.fill(f"#{desk.names['Text']}", "typed")
    update.click()
    app.saved()
    (told,) = app.heard("ticket.propertiesUpdated")
    assert told["changedAttributes"]["status"] == {"old": 2, "new": 3}
    assert told["changedAttributes"]["isCustomFieldsChanged"] is True
    assert app.page.input_value("#comment") == "half a word"
    assert app.page.get_by_label("Reply to the customer").is_checked()
    assert desk.ticket()["conversations"] == []


def test_an_app_stops_an_update(app: App, desk: Desk) -> None:
    """The agent is told why, and nothing is saved until it lets it."""
    app.listen("ticket.propertiesUpdated", "Not <yet>")
    app.page.locator("#status").select_option("3")
    app.page.get_by_role("button", name="Update", exact=True).click()
    app.page.get_by_text("Not saved. Tried app: Not <yet>").wait_for()
    assert desk.ticket()["status"] == 2


def test_an_app_stops_a_reply(app: App, desk: Desk) -> None:
    """It is told what is to be sent, as HTML; fields that are set and not saved stay so. A note is
    told of, and cannot be stopped."""
    app.listen("ticket.replyClick")
    app.listen("ticket.notesClick")
    app.listen("ticket.addNote", "Never")
    app.listen("ticket.sendReply", "Free shipping?")
    page, send = app.page, app.page.get_by_role("button", name="Send", exact=True)
    page.locator("#status").select_option("3")
    page.get_by_label("Reply to the customer").check()
    app.wait_for("ticket.replyClick")
    page.fill("#comment", "Dear <Kim>\none\n\ntwo")
    send.click()
    page.get_by_text("Not sent. Tried app: Free shipping?").wait_for()
    assert app.heard("ticket.sendReply") == [{"body": "<p>Dear &#60;Kim&#62;<br>one</p><p>two</p>"}]
    assert page.input_value("#comment") == "Dear <Kim>\none\n\ntwo"
    page.get_by_label("Private note").check()
    app.wait_for("ticket.notesClick")
    page.fill("#comment", "Inside")
    send.click()
    page.locator("#conversation .note").get_by_text("Inside").wait_for()
    app.wait_for("ticket.addNote")
    told = desk.ticket()
    assert [row["body_text"] for row in told["conversations"]] == ["Inside"]
    assert (told["status"], page.input_value("#status")) == (2, "3")


def test_an_app_that_lets_it_go(app: App, desk: Desk) -> None:
    """With ``done`` the reply is sent; one of several that is against it is enough."""
    app.listen("ticket.sendReply", "done")
    app.page.get_by_label("Reply to the customer").check()
    app.page.fill("#comment", "First")
    app.page.get_by_role("button", name="Send", exact=True).click()
    app.page.locator("#conversation .agent").get_by_text("First").wait_for()
    app.listen("ticket.sendReply", "No.")
    app.page.get_by_label("Reply to the customer").check()
    app.page.fill("#comment", "Second")
    app.page.get_by_role("button", name="Send", exact=True).click()
    app.page.get_by_text("Not sent. Tried app: No.").wait_for()
    assert [row["body_text"] for row in desk.ticket()["conversations"]] == ["First"]


def test_an_app_that_throws_keeps_nothing_back(browser: Any, desk: Desk) -> None:
    """The reply goes out, and the browser says what was thrown."""
    with visiting(browser) as visit:
        visit.page.goto(desk.url)
        app = within(visit)
        app.listen("ticket.sendReply", "throw")
        visit.page.get_by_label("Reply to the customer").check()
        visit.page.fill("#comment", "Dear")
        visit.page.get_by_role("button", name="Send", exact=True).click()
        visit.page.locator("#conversation .agent").get_by_text("Dear").wait_for()
        assert all("on purpose" in one for one in visit.complaints)
        assert visit.complaints


def test_what_others_save_is_known(app: App, desk: Desk) -> None:
    """Once the page has it; what is being written stays."""
    app.page.get_by_label("Private note").check()
    app.page.fill("#comment", "half a word")
    desk.api("PUT", desk.path, tags=["vip", "warranty_covered"])
    app.page.locator("#tags").get_by_text("warranty_covered").wait_for()
    assert app.value("data.get", "ticket")["ticket"]["tags"] == ["vip", "warranty_covered"]
    assert app.page.input_value("#comment") == "half a word"


# -- the frame -------------------------------------------------------------------------------------


def test_an_app_is_reloaded(app: App, desk: Desk) -> None:
    """By the button or by itself; its new page is a stranger, and is answered anew."""
    app.listen("ticket.propertiesUpdated", "Never")
    for again in ("button", "itself"):
        if again == "button":
            app.page.get_by_role("button", name="Reload Tried app").click()
        else:
            app.frame.evaluate("() => { location.reload(); }")
        app.page.locator(".frame.heard iframe").wait_for()
        app.frame = app.page.locator(".frame iframe").element_handle().content_frame()
        app.frame.wait_for_function("() => window.client && !window.heard.length", timeout=WAIT)
        assert app.value("data.get", "ticket")["ticket"]["id"] == desk.number
    app.page.locator("#status").select_option("3")
    app.page.get_by_role("button", name="Update", exact=True).click()
    app.saved()


def test_a_frame_that_stays_silent_is_given_up(browser: Any, desk: Desk) -> None:
    """It is said, and the ticket is usable."""
    with visiting(browser) as visit:
        visit.page.route("**/apps/client.js*", lambda route: route.fulfill(body=""))
        visit.page.clock.install()
        visit.page.goto(desk.url)
        told = visit.page.get_by_text("Tried app does not answer")
        visit.page.clock.run_for(9_000)
        assert not told.is_visible()
        visit.page.clock.run_for(2_000)
        told.wait_for()
        visit.page.locator("#status").select_option("3")
        visit.page.get_by_role("button", name="Update", exact=True).click()
        visit.page.get_by_text("Saved.", exact=True).wait_for()
    assert desk.ticket()["status"] == 3


def test_nobody_else_is_answered(app: App, desk: Desk) -> None:
    """Neither another window nor the page itself gets a port by saying hello."""
    guid = json.loads(app.page.locator("#host").inner_text())["app"]["guid"]
    app.page.evaluate(
        """(hello) => {
          window.ports = 0;
          window.addEventListener("message", (event) => { window.ports += event.ports.length; });
          window.postMessage({ hello }, "*");
        }""",
        guid,
    )
    assert (
        app.value("data.get", "ticket")["ticket"]["id"] == desk.number
    )  # its own port still holds
    assert app.page.evaluate("() => window.ports") == 0


def test_a_ticket_that_cannot_be_changed(browser: Any, desk: Desk) -> None:
    """The app is beside it all the same, and told so where it wants to change it."""
    desk.sandbox.account.ticket(desk.number).spam = True
    with visiting(browser) as visit:
        visit.page.goto(desk.url)
        app = within(visit)
        assert app.value("data.get", "ticket")["ticket"]["spam"] is True
        for given in (
            ["setValue", {"id": "status", "value": 3}],
            ["click", {"id": "reply", "text": "x"}],
        ):
            assert app.call("interface.trigger", *given)["error"]["message"]
        assert visit.complaints == []
