"""What an app beside a ticket may know and do, in a real browser."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.sandbox.freshdesk.beside import App, Desk, text_of, within
from tests.integration.sandbox.freshdesk.hosting import SECRET
from tests.integration.workspace import visiting


def test_the_objects_of_the_page(app: App, desk: Desk) -> None:
    """Each by its name, under its name; what is not there is an error."""
    ticket = app.value("data.get", "ticket")["ticket"]
    assert (ticket["id"], ticket["status"]) == (desk.number, 2)
    assert ticket["status_label"] == "Open"
    assert (ticket["tags"], ticket["priority_label"]) == (["vip"], "Low")
    assert ticket["custom_fields"] == {
        desk.names["Text"]: "</script><img src=x>",
        desk.names["Day"]: None,
        desk.names["Box"]: None,
        desk.names["Colour"]: None,
    }
    contact = app.value("data.get", "contact")["contact"]
    assert (contact["name"], contact["email"]) == ("Kim Sample", "kim@example.com")
    assert contact["language"] == "en"
    user = app.value("data.get", "loggedInUser")["loggedInUser"]
    assert (user["contact"]["name"], user["contact"]["language"]) == ("Agent Sample", "en")
    host = app.value("data.get", "currentHost")["currentHost"]
    assert host["subscribed_modules"] == ["support_ticket"]
    assert "Open" in app.value("data.get", "status_options")["status_options"]
    assert "no such object" in app.call("data.get", "toString")["error"]["message"]
    assert app.value("instance.context")["location"] == "ticket_sidebar"
    assert app.page.url.startswith("http://127.0.0.1:")
    assert app.frame.url.startswith("http://localhost:")


def test_secure_settings_are_not_for_pages(browser: Any, desk: Desk) -> None:
    """Neither by name nor among the others, in nothing that the browser is sent; the service gets
    them all the same."""
    told: list[str] = []
    with visiting(browser) as visit:
        visit.page.context.on("response", lambda answer: told.append(text_of(answer)))
        visit.page.goto(desk.url)
        app = within(visit)
        assert app.value("iparams.get") == {"host": desk.service.host, "plain": "as ever"}
        assert app.value("iparams.get", "plain") == {"plain": "as ever"}
        assert "not for pages" in app.call("iparams.get", "app_secret")["error"]["message"]
        assert "no such setting" in app.call("iparams.get", "other")["error"]["message"]
        app.value("request.invokeTemplate", "quick", {"body": "{}"})
        told.append(visit.page.content())
        assert visit.complaints == []
    assert desk.service.of("/quick")[0].headers["authorization"].startswith("Basic ")
    assert any("as ever" in one for one in told)
    assert not any(SECRET in one for one in told)


def test_requests(app: App, desk: Desk) -> None:
    """The answer is a text; an error is thrown with its status, the service's or a refusal's."""
    given = {"context": {"id": 7, "page": 1}, "body": json.dumps({"a": 1})}
    found = app.value("request.invokeTemplate", "ask", given)
    assert (found["status"], json.loads(found["response"])) == (200, {"state": "claim"})
    desk.service.answers = [(403, {"no": "way"})]
    failed = app.call("request.invokeTemplate", "quick")["error"]
    assert (failed["status"], failed["response"]) == (403, '{"no": "way"}')
    assert app.call("request.invokeTemplate", "nothing")["error"]["status"] == 400


# -- what an app does ------------------------------------------------------------------------------


def test_what_an_app_sets_waits_for_update(app: App, desk: Desk) -> None:
    """Fields by their names, properties by their values or their words; nothing is saved by it."""
    names = desk.names
    for name, value in (
        *((names["Text"], "written"), (names["Day"], "2026-02-01"), (names["Box"], True)),
        *((names["Colour"], "Blue"), ("status", "Pending"), ("priority", 3), ("tag", "by_app")),
    ):
        app.value("interface.trigger", "setValue", {"id": name, "value": value})
    assert desk.ticket()["status"] == 2
    app.page.get_by_role("button", name="Update", exact=True).click()
    app.saved()
    told = desk.ticket()
    assert told["custom_fields"] == {
        names["Text"]: "written",
        names["Day"]: "2026-02-01",
        names["Box"]: True,
        names["Colour"]: "Blue",
    }
    assert (told["status"], told["priority"], told["tags"]) == (3, 3, ["vip", "by_app"])
    assert app.value("data.get", "ticket")["ticket"]["status"] == 3
    for name, value in ((names["Text"], ""), (names["Colour"], "")):
        app.value("interface.trigger", "setValue", {"id": name, "value": value})
    app.page.get_by_role("button", name="Update", exact=True).click()
    app.page.wait_for_function(
        "(name) => document.getElementById('saved').textContent.includes(`\"${name}\": null`)",
        arg=names["Text"],
    )
    assert desk.ticket()["custom_fields"][names["Colour"]] is None


def test_what_an_app_cannot_do(app: App) -> None:
    """It is an error, and not silence."""
    for what, given in (
        ("setValue", {"id": "cf_nothing", "value": "x"}),
        ("setValue", {"id": "loaded", "value": "{}"}),
        ("setValue", {"id": "status", "value": "No such"}),
        ("setValue", {"id": "editor", "text": "x"}),  # none is open
        ("click", {"id": "openTicket"}),
        ("showNotify", {"type": "loud", "message": "x"}),
        ("showNotify", {"type": "info"}),
        ("showModal", {"template": "x.html"}),
        ("toString", {}),
    ):
        assert app.call("interface.trigger", what, given)["error"]["message"], (what, given)


def test_an_app_opens_the_editor(app: App, desk: Desk) -> None:
    """A reply is added to what is begun, and a note has a draft of its own."""
    page = app.page
    assert not page.locator("#comment").is_visible()
    html = "<p>Dear &lt;Kim&gt;</p><p>one<br>two</p>"
    app.value("interface.trigger", "click", {"id": "reply", "text": html})
    assert page.locator("#comment").input_value() == "Dear <Kim>\n\none\ntwo"
    assert page.get_by_label("Reply to the customer").is_checked()
    app.value("interface.trigger", "click", {"id": "openNote", "text": "Inside"})
    assert page.locator("#comment").input_value() == "Inside"
    app.value("interface.trigger", "click", {"id": "reply", "text": "<p>More</p>"})
    assert page.locator("#comment").input_value() == "Dear <Kim>\n\none\ntwo\n\nMore"
    app.value("interface.trigger", "setValue", {"id": "editor", "text": "Anew", "replace": True})
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator("#conversation .agent").get_by_text("Anew").wait_for()
    assert not page.locator("#comment").is_visible()
    (row,) = desk.ticket()["conversations"]
    assert (row["private"], row["source"], row["body_text"]) == (False, 0, "Anew")


def test_notices_and_height(app: App) -> None:
    """A notice is text; a frame is no higher than the platform lets it be."""
    given = {"type": "success", "title": "<b>Done", "message": "All of it"}
    app.value("interface.trigger", "showNotify", given)
    app.page.locator(".notices").get_by_text("<b>Done: All of it").wait_for()
    for height, found in (("420px", 420), ("5000px", 700)):
        app.value("instance.resize", {"height": height})
        assert app.page.locator(".frame iframe").bounding_box()["height"] == found
    assert app.call("instance.resize", {"height": "tall"})["error"]["message"]
