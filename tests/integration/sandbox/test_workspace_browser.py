"""The workspace in a real browser, with an app that speaks through the framework's own SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from integration.sandbox import fields, macros
from integration.sandbox.api.apps import apps
from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox
from tests.integration.sandbox.test_packages import FOLDER, KEY, SECRET
from tests.integration.sandbox.test_views_browser import PROBE
from tests.integration.workspace import WAIT, Visit, chromium, sdk, visiting

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sdk()
    with chromium() as found:
        yield found


@dataclass
class Desk:
    """A sandbox with the app, a ticket and a field of each kind; ``ids`` are the fields'."""

    sandbox: Sandbox
    ids: dict[str, int]
    ticket: int
    macro: int

    @property
    def url(self) -> str:
        return f"{self.sandbox.base_url}/agent/tickets/{self.ticket}"

    def record(self) -> Any:
        return self.sandbox.state.ticket_detail(self.ticket)

    def value(self, name: str) -> Any:
        rows = self.record().ticket["custom_fields"]
        return next(row["value"] for row in rows if row["id"] == self.ids[name])

    def path(self, name: str) -> str:
        return f"ticket.customField:custom_field_{self.ids[name]}"


@pytest.fixture
def desk(receiver: Any) -> Iterator[Desk]:
    settings = {
        "service_url": receiver.url.removesuffix("/hook"),
        "app_secret": SECRET,
        "api_key": KEY,
    }
    options = Options(limits=Limits(enabled=False), app_folder=FOLDER, app_settings=settings)
    with running_sandbox(options) as sandbox:
        state = sandbox.state
        ids = {row["title"]: row["id"] for row in state.custom_fields()}  # the package's own
        rows: list[tuple[str, str, list[str]]] = [
            *(("checkbox", "Claim", []), ("date", "Bought", [])),
            *(("tagger", "Choice", ["w_a", "w_b"]), ("multiselect", "Several", ["m_a", "m_b"])),
        ]
        for kind, title, choices in rows:
            given: dict[str, Any] = {"type": kind, "title": title}
            if choices:
                given["custom_field_options"] = [{"name": o.upper(), "value": o} for o in choices]
            ids[title] = state.keep("ticket_fields", fields.shape(state, given, None))["id"]
        actions = [
            {"field": "priority", "value": "high"},
            {"field": "comment_value", "value": "From the macro."},
        ]
        macro = macros.shape(state, {"title": "Do it", "actions": actions}, None)
        made = state.keep("macros", macro)
        given = {"subject": "Broken", "comment": {"body": "It broke."}, "tags": ["vip"]}
        ticket = state.file_ticket(given, "Customer 3", "customer3@example.com")
        yield Desk(sandbox, ids, int(ticket["id"]), int(made["id"]))


@dataclass
class App:
    """The app in its frame, as a test speaks through it."""

    visit: Visit
    frame: Any

    def call(self, how: str, *given: Any) -> Any:
        """``client.get``, ``set``, ``invoke`` or ``request``: ``{value}`` or ``{error}``."""
        return self.frame.evaluate("([how, given]) => plainly(client[how](...given))", [how, given])

    def get(self, path: str) -> Any:
        """What stands there; None where that is an error."""
        return self.call("get", path).get("value", {}).get(path)

    def listen(self, *names: str) -> None:
        for name in names:
            self.frame.evaluate("(name) => listen(name)", name)
        self.call("get", "ticket.id")  # messages keep their order: by now they are heard

    def heard(self, name: str) -> list[Any]:
        return [said for told, said in self.frame.evaluate("heard") if told == name]

    def wait_for(self, name: str, count: int = 1) -> list[Any]:
        self.frame.wait_for_function(
            "([name, count]) => heard.filter(([told]) => told === name).length >= count",
            arg=[name, count],
            timeout=WAIT,
        )
        return self.heard(name)


@pytest.fixture
def app(browser: Any, desk: Desk) -> Iterator[App]:
    with visiting(browser) as visit:
        visit.page.goto(desk.url)
        yield App(visit, visit.app())
        assert visit.complaints == []


def forgive(app: App, words: str) -> None:
    """The browser complained of just what the test did on purpose."""
    assert all(words in one for one in app.visit.complaints), app.visit.complaints
    app.visit.complaints.clear()


def submit(app: App) -> None:
    app.visit.page.locator(".bar button").click()


# -- the handshake ---------------------------------------------------------------------------------


def test_the_app_is_told_where_it_is(app: App, desk: Desk) -> None:
    """Metadata and context as the framework has them, with the settings that are not secure."""
    (one,) = apps(desk.sandbox.app).installations.values()
    told = app.frame.evaluate("registered")
    assert told["metadata"]["settings"]["plain"] == "as ever"
    assert {"app_secret", "api_key"}.isdisjoint(told["metadata"]["settings"])
    assert told["metadata"]["appId"] == one.app_id
    assert told["metadata"]["installationId"] == one.id
    assert (told["metadata"]["name"], told["metadata"]["version"]) == ("Tried app", "1.2.3")
    context = told["context"]
    assert (context["location"], context["ticketId"]) == ("ticket_sidebar", desk.ticket)
    assert context["account"] == {"subdomain": "sandbox"}
    assert context["instanceGuid"] == app.frame.evaluate("client._instanceGuid")
    here, there = app.visit.page.url, app.frame.url
    assert here.startswith("http://127.0.0.1:")
    assert there.startswith("http://localhost:")


def test_an_app_is_reloaded_by_itself(app: App) -> None:
    """Its new document is a stranger: what the old one listened for is forgotten."""
    app.frame.evaluate("() => client.on('ticket.save', () => 'never')")
    app.call("get", "ticket.id")
    app.visit.page.get_by_role("button", name="Reload Tried app").click()
    frame = app.visit.page.locator(".frame iframe").element_handle().content_frame()
    frame.wait_for_function("() => window.registered !== undefined", timeout=WAIT)
    submit(app)
    app.visit.page.get_by_text("Nothing was changed, so nothing was saved.").wait_for()


def test_an_app_that_stays_silent_is_given_up(browser: Any, desk: Desk) -> None:
    """Without the internet there is no framework: the tray says so, and the ticket is usable."""
    with visiting(browser) as visit:
        visit.page.unroute_all()
        visit.page.context.unroute_all()
        visit.page.context.route("https://**/*", lambda route: route.abort("internetdisconnected"))
        visit.page.clock.install()
        visit.page.goto(desk.url)
        told = visit.page.get_by_text("Tried app does not answer.")
        visit.page.clock.run_for(9_000)
        assert not told.is_visible()
        visit.page.clock.run_for(2_000)
        told.wait_for()
        assert "without the internet" in told.inner_text()
        visit.page.get_by_label("Priority").select_option("low")
        visit.page.locator(".bar button").click()
        visit.page.get_by_text("Saved.", exact=True).wait_for()
    assert desk.record().ticket["priority"] == "low"


# -- what stands there -----------------------------------------------------------------------------


def test_what_an_app_gets(app: App, desk: Desk) -> None:
    """The ticket, its people, the account, by the paths of the framework."""
    for path, value in {
        "ticket.id": desk.ticket,
        "ticket.subject": "Broken",
        "ticket.status": "new",
        "ticket.isNew": False,
        "ticket.tags": ["vip"],
        "ticket.requester.email": "customer3@example.com",
        "ticket.requester.locale": "en-US",
        "ticket.assignee.user": None,
        "ticket.assignee.user.name": None,
        "ticket.comment.type": "internalNote",
        "comment.text": "",
        "currentUser.role": "admin",
        "currentUser.locale": "en-US",
        "currentAccount.subdomain": "sandbox",
        "colorScheme": "light",
        desk.path("Claim"): "no",
        desk.path("Colour"): None,
        desk.path("Several"): [],
        "ticketFields:status.label": "Status",
        f"ticketFields:custom_field_{desk.ids['Choice']}.optionValues:w_b.label": "W_B",
    }.items():
        assert app.call("get", path) == {"value": {"errors": {}, path: value}}, path
    found = app.get("requirement:colour")
    assert found == {"requirement_type": "ticket_fields", "requirement_id": desk.ids["Colour"]}
    assert app.get("ticket.comments")[0]["author"]["name"] == "Customer 3"
    assert app.get("ticket")["requester"]["name"] == "Customer 3"


def test_what_is_not_there_is_an_error_of_its_path(app: App) -> None:
    """Alone it rejects; among others only its own path is wrong."""
    alone = app.call("get", "ticket.nothing")["error"]
    assert alone["message"].startswith('"ticket.nothing" ')
    both = app.call("get", ["ticket.id", "nothing", "currentUser.constructor"])["value"]
    assert both["ticket.id"]
    assert set(both["errors"]) == {"nothing", "currentUser.constructor"}
    assert both["errors"]["nothing"]["path"] == "nothing"
    for how, given in (
        ("set", ("ticket.id", 7)),
        ("set", ("ticket.customField:custom_field_1", "x")),
        ("invoke", ("ticket.fly",)),
        ("invoke", ("ticketFields:custom_field_1.hide",)),
        ("get", ("requirement:nothing",)),
    ):
        assert "error" in app.call(how, *given), (how, given)


def test_what_an_app_sets_stands_in_the_form_until_it_is_saved(app: App, desk: Desk) -> None:
    """Fields, tags, status and the reply: in the window at once, on the ticket by the agent's own
    submit, in one update that names the agent."""
    given = {
        desk.path("Claim"): "yes",
        desk.path("Colour"): "blue",
        desk.path("Bought"): "2026-02-01",
        desk.path("Choice"): "w_b",
        desk.path("Several"): ["m_b"],
        "ticket.status": "open",
        "ticket.priority": "high",
        "comment.type": "publicReply",
    }
    assert app.call("set", given) == {"value": {"errors": {}, **given}}
    app.call("invoke", "ticket.tags.add", "more")
    app.call("invoke", "ticket.tags.remove", "vip")
    app.call("invoke", "comment.appendText", "Hello,")
    app.call("invoke", "ticket.comment.appendHtml", f"<p>we <b>see</b> it.</p>{HOSTILE}")
    assert app.get("comment.text") == "Hello,\n\nwe see it."
    assert app.get("ticket.tags") == ["more"]
    assert desk.value("Colour") is None
    assert app.call("set", desk.path("Choice"), "w_c").get("error")
    submit(app)
    app.visit.page.get_by_text("Saved.", exact=True).wait_for()
    detail = desk.record()
    assert desk.value("Claim") is True
    assert [desk.value(name) for name in ("Colour", "Bought", "Choice", "Several")] == [
        *("blue", "2026-02-01", "w_b", ["m_b"])
    ]
    assert (detail.ticket["status"], detail.ticket["priority"]) == ("open", "high")
    assert set(detail.ticket["tags"]) == {"more", "w_b", "m_b"}
    assert (detail.comments[-1]["body"], detail.comments[-1]["public"]) == (
        "Hello,\n\nwe see it.",
        True,
    )
    (audit,) = detail.audits[1:]
    assert audit["author_id"] == desk.sandbox.state.agent["id"]
    assert app.visit.page.title().startswith(f"#{desk.ticket}")
    forgive(app, "inline event handler violates")


def test_text_goes_where_the_cursor_is(app: App) -> None:
    """By ``ticket.editor.insert``."""
    box = app.visit.page.get_by_label("Text", exact=True)
    box.fill("ab")
    box.press("ArrowLeft")
    app.call("invoke", "ticket.editor.insert", "<i>-</i>")
    assert box.input_value() == "a-b"


def test_a_macro_is_applied_in_the_window(app: App, desk: Desk) -> None:
    """Its text and values are in the form beside what was typed; nothing is saved; the audit of the
    save names it."""
    app.call("set", "comment.text", "Mine.")
    app.listen("ticket.priority.changed", "comment.text.changed")
    assert "value" in app.call("invoke", "macro", desk.macro)
    assert app.get("comment.text") == "Mine.\n\nFrom the macro."
    assert app.heard("ticket.priority.changed") == ["high"]
    assert desk.record().ticket["priority"] is None
    assert "error" in app.call("invoke", "macro", 1)
    submit(app)
    app.visit.page.get_by_text("Saved.", exact=True).wait_for()
    events = [event["type"] for event in desk.record().audits[-1]["events"]]
    assert "AgentMacroReference" in events


def test_fields_are_hidden_and_locked(app: App, desk: Desk) -> None:
    """As an app asks for it, also on the form that comes after a save; what is locked is kept."""
    name = f"custom_field_{desk.ids['Colour']}"
    page = app.visit.page
    app.call("set", desk.path("Colour"), "blue")
    app.call("invoke", f"ticketFields:{name}.disable")
    assert app.get(f"ticketFields:{name}.isEnabled") is False
    assert page.locator(f"#field-{desk.ids['Colour']}").evaluate("e => e.closest('.field').inert")
    app.call("invoke", f"ticketFields:custom_field_{desk.ids['Bought']}.hide")
    bought = page.locator(f"#field-{desk.ids['Bought']}")
    assert not bought.is_visible()
    option = f"ticketFields:custom_field_{desk.ids['Choice']}.optionValues:w_a.hide"
    app.call("invoke", option)
    submit(app)
    page.get_by_text("Saved.", exact=True).wait_for()
    assert not bought.is_visible()
    assert desk.value("Colour") == "blue"
    app.call("invoke", f"ticketFields:custom_field_{desk.ids['Bought']}.show")
    assert bought.is_visible()


# -- events ----------------------------------------------------------------------------------------


def test_what_the_agent_types_is_told(app: App, desk: Desk) -> None:
    """As it is typed, saved or not, to those who listen."""
    field = f"ticket.custom_field_{desk.ids['Colour']}.changed"
    app.listen(field, "ticket.tags.changed", "ticket.status.changed", "*.changed")
    page = app.visit.page
    page.locator(f"#field-{desk.ids['Colour']}").fill("red")
    assert app.wait_for(field) == ["red"]
    page.get_by_role("checkbox", name="vip").uncheck()
    assert app.wait_for("ticket.tags.changed") == [[]]
    page.get_by_label("Status").select_option("pending")
    assert app.wait_for("ticket.status.changed") == ["pending"]
    assert app.heard("*.changed")[0] == {
        "propertyName": field.removesuffix(".changed"),
        "newValue": "red",
        "oldValue": None,
    }
    app.frame.evaluate(f"() => client.off({field!r}, client._messageHandlers[{field!r}][0])")
    page.locator(f"#field-{desk.ids['Colour']}").fill("green")
    app.wait_for("*.changed", 4)
    assert app.heard(field) == ["red"]


def test_what_others_do_is_told(app: App, desk: Desk) -> None:
    """A field that the service writes while the ticket is open: the form follows, and the app is
    told, without being loaded anew."""
    field = f"ticket.custom_field_{desk.ids['Choice']}.changed"
    app.listen(field, "ticket.updated", "ticket.comments.changed")
    values = [{"id": desk.ids["Choice"], "value": "w_a"}]
    note = {"body": "Decided.", "public": False}
    desk.sandbox.state.agent_edit(desk.ticket, {"custom_fields": values, "comment": note})
    assert app.wait_for(field) == ["w_a"]
    app.wait_for("ticket.updated")
    assert len(app.wait_for("ticket.comments.changed")[0]) == 2


def test_activation_and_colours_are_told(app: App) -> None:
    """When the app is first shown, and when the colours change."""
    app.listen("app.activated", "colorScheme.changed")
    assert app.wait_for("app.activated") == [{"firstLoad": True}]
    app.visit.page.emulate_media(color_scheme="dark")
    assert app.wait_for("colorScheme.changed") == ["dark"]
    assert app.get("colorScheme") == "dark"


# -- saving ----------------------------------------------------------------------------------------


def test_a_hook_stops_the_save(app: App, desk: Desk) -> None:
    """The agent reads why, what was typed is kept, and once the app agrees it is saved."""
    app.frame.evaluate(
        """() => {
          window.why = `Say first why: ${'<b>'}`;
          client.on('ticket.save', async () => { if (window.why) throw new Error(window.why); });
        }"""
    )
    app.listen("ticket.submit.start", "ticket.submit.done", "ticket.submit.fail", "ticket.saved")
    app.listen("ticket.updated")
    page = app.visit.page
    page.get_by_label("Priority").select_option("urgent")
    submit(app)
    told = page.get_by_role("alert")
    told.wait_for()
    assert told.inner_text() == "Not saved. Tried app: Say first why: <b>"
    assert page.get_by_label("Priority").input_value() == "urgent"
    assert desk.record().ticket["priority"] is None
    assert app.wait_for("ticket.submit.fail")
    assert not app.heard("ticket.submit.start")
    app.frame.evaluate("() => { window.why = null; }")
    submit(app)
    page.get_by_text("Saved.", exact=True).wait_for()
    assert desk.record().ticket["priority"] == "urgent"
    app.wait_for("ticket.saved")
    assert len(app.heard("ticket.submit.done")) == 1
    assert not app.heard("ticket.updated")  # that is for what others do
    assert not page.get_by_role("alert").count()


@pytest.mark.parametrize(("answer", "words"), [("false", "It gave no reason."), ("'No.'", "No.")])
def test_a_hook_that_only_says_no(app: App, desk: Desk, answer: str, words: str) -> None:
    """False and a text stop the save as well."""
    app.frame.evaluate(f"() => client.on('ticket.save', () => {answer})")
    app.call("get", "ticket.id")
    app.visit.page.get_by_label("Priority").select_option("low")
    submit(app)
    app.visit.page.get_by_text(f"Not saved. Tried app: {words}").wait_for()
    assert desk.record().ticket["priority"] is None


def test_what_a_hook_sets_is_saved_too(app: App, desk: Desk) -> None:
    """The app fills something in at the last moment."""
    app.frame.evaluate(
        "(path) => client.on('ticket.save', () => client.set(path, 'at last'))",
        desk.path("Colour"),
    )
    app.call("get", "ticket.id")
    submit(app)
    app.visit.page.get_by_text("Saved.", exact=True).wait_for()
    assert desk.value("Colour") == "at last"


def test_what_the_helpdesk_refuses_is_shown(app: App, desk: Desk) -> None:
    """Somebody else was quicker: the form stands on the newest state with what was typed, and the
    app, told that it failed, is still there."""
    app.listen("ticket.submit.fail", "ticket.submit.done")
    page = app.visit.page
    page.get_by_label("Priority").select_option("high")
    desk.sandbox.state.agent_edit(desk.ticket, {"type": "task"})
    submit(app)
    page.get_by_text("Not saved: the ticket was changed after you opened it.").wait_for()
    app.wait_for("ticket.submit.fail")
    forgive(app, "409 (CONFLICT)")
    assert page.get_by_label("Priority").input_value() == "high"
    assert app.get("ticket.type") == "task"
    submit(app)
    page.get_by_text("Saved.", exact=True).wait_for()
    assert desk.record().ticket["priority"] == "high"
    assert len(app.wait_for("ticket.submit.done")) == 1


def test_saving_is_forbidden_for_a_while(app: App, desk: Desk) -> None:
    """By ``disableSave``, until ``enableSave``."""
    page = app.visit.page
    app.call("invoke", "ticket.disableSave")
    page.get_by_label("Priority").select_option("low")
    submit(app)
    page.get_by_text("It does not let this ticket be saved yet.").wait_for()
    app.call("invoke", "ticket.enableSave")
    submit(app)
    page.get_by_text("Saved.", exact=True).wait_for()


# -- a new ticket ----------------------------------------------------------------------------------


def test_a_ticket_is_filed_beside_the_app(browser: Any, desk: Desk) -> None:
    """The app reads the form that is being filled in, fills some in itself, may stop it; the agent
    is who filed the ticket."""
    with visiting(browser) as visit:
        page = visit.page
        page.goto(f"{desk.sandbox.base_url}/agent/tickets/new")
        app = App(visit, visit.app())
        context = app.frame.evaluate("registered")["context"]
        assert context["location"] == "new_ticket_sidebar"
        assert "ticketId" not in context
        assert app.get("ticket.isNew") is True
        page.get_by_label("Customer's name").fill("Customer 9")
        page.get_by_label("Customer's e-mail").fill("customer9@example.com")
        assert app.get("ticket.requester.email") == "customer9@example.com"
        app.call("set", {"ticket.subject": "On the phone", desk.path("Colour"): "blue"})
        app.call("set", {"comment.text": "It fell.", "comment.type": "internalNote"})
        app.call("invoke", "ticket.tags.add", "by_phone")
        app.frame.evaluate("() => client.on('ticket.save', () => window.why)")
        app.frame.evaluate("() => { window.why = 'Not yet.'; }")
        app.call("get", "ticket.subject")
        page.get_by_role("button", name="Submit as new").click()
        page.get_by_text("Not saved. Tried app: Not yet.").wait_for()
        app.frame.evaluate("() => { window.why = undefined; }")
        page.get_by_role("button", name="Submit as new").click()
        page.get_by_text("The ticket is filed.").wait_for()
        assert visit.complaints == []
        filed = desk.sandbox.state.ticket_detail(int(page.url.rpartition("/")[2].split("?")[0]))
    assert filed.ticket["subject"] == "On the phone"
    assert filed.ticket["tags"] == ["by_phone"]
    assert filed.comments[0]["public"] is False
    assert filed.users[filed.ticket["requester_id"]]["email"] == "customer9@example.com"
    assert filed.audits[0]["author_id"] == desk.sandbox.state.agent["id"]


# -- the window ------------------------------------------------------------------------------------


def test_the_app_makes_its_frame_as_high_as_it_is(app: App) -> None:
    """In pixels, within bounds."""
    frame = app.visit.page.locator(".frame iframe")
    app.call("invoke", "resize", {"width": "100%", "height": "432px"})
    assert frame.evaluate("e => e.offsetHeight") == 432
    app.call("invoke", "resize", {"height": "99999px"})
    assert frame.evaluate("e => e.offsetHeight") == 4000
    app.call("invoke", "resize", {"height": "calc(1px)"})
    assert frame.evaluate("e => e.offsetHeight") == 4000


def test_a_notice_is_shown_as_text(app: App) -> None:
    """What an app says is no markup of the page."""
    app.call("invoke", "notify", f"Done {HOSTILE}<b>well</b>", "notice", {"sticky": True})
    notice = app.visit.page.locator("#notices p")
    notice.wait_for()
    assert notice.inner_text().startswith("Done well")
    assert app.visit.page.locator("#notices img").count() == 0
    notice.get_by_role("button", name="Close").click()
    notice.wait_for(state="detached")
    forgive(app, "inline event handler violates")


def test_an_app_leads_to_another_ticket(app: App, desk: Desk) -> None:
    """By ``routeTo``; it cannot lead out of the helpdesk."""
    given = {"subject": "Another", "comment": {"body": "x"}}
    other = desk.sandbox.state.file_ticket(given, "C", "c@example.com")
    assert "error" in app.call("invoke", "routeTo", "https://elsewhere.example.com")
    app.frame.evaluate("(id) => { client.invoke('routeTo', 'ticket', id); }", other["id"])
    app.visit.page.wait_for_url(f"**/agent/tickets/{other['id']}")


# -- requests --------------------------------------------------------------------------------------


def test_a_request_goes_through_the_helpdesk(app: App, receiver: Any) -> None:
    """What comes back is what jQuery would give; a secret is filled in on the way, and no answer
    that the browser gets has it."""
    seen: list[str] = []
    app.visit.page.context.on("response", lambda answer: seen.append(answer.text()))
    url = {"url": "{{setting.service_url}}/hook", "secure": True}
    sent = {**url, "type": "POST", "headers": {"X-Key": "{{setting.api_key}}"}, "data": "x"}
    assert app.call("request", sent) == {"value": "ok"}
    assert receiver.deliveries[0].headers["x-key"] == KEY
    whole = app.call("request", {**sent, "httpCompleteResponse": True})["value"]
    assert (whole["status"], whole["responseText"]) == (200, "ok")
    receiver.answers.append((503, {"Retry-After": "7", "Content-Type": "application/json"}, 0.0))
    failed = app.call("request", sent)["error"]
    assert (failed["status"], failed["responseText"]) == (503, "ok")
    assert failed["headers"]["retry-after"] == "7"
    receiver.answers.append((200, {}, 30.0))
    slow = app.call("request", {**sent, "timeout": 100})["error"]
    assert (slow["status"], slow["statusText"]) == (0, "timeout")
    receiver.released.set()
    me = app.call("request", "/api/v2/users/me.json")["value"]
    assert me["user"]["role"] == "admin"
    elsewhere = app.call("request", "http://elsewhere.example.com/")["error"]
    assert (elsewhere["status"], elsewhere["responseJSON"]["error"]) == (403, "Forbidden")
    app.visit.page.reload()
    app.visit.app()
    assert seen
    told = "".join(seen) + app.visit.page.content()
    assert SECRET not in told
    assert KEY not in told


# -- strangers -------------------------------------------------------------------------------------

_MESSAGE = """(guid) => JSON.stringify({
  id: 1, request: "set", params: { "ticket.priority": "low" }, appGuid: guid })"""


def test_messages_of_strangers_are_ignored(app: App, desk: Desk) -> None:
    """From the page itself, from another frame of the very origin, with another guid, from the
    app's own frame once another origin is loaded in it; and what is no message harms nothing."""
    page = app.visit.page
    guid = app.frame.evaluate("client._appGuid")
    text = page.evaluate(_MESSAGE, guid)
    page.evaluate("(text) => window.postMessage(text, '*')", text)
    page.evaluate(
        """(url) => new Promise((loaded) => {
          const other = document.createElement('iframe');
          other.id = 'stranger';
          other.src = url;
          other.onload = loaded;
          document.body.append(other);
        })""",
        app.frame.url.partition("?")[0].replace("app.html", "app.js"),
    )
    stranger = page.locator("#stranger").element_handle().content_frame()
    stranger.evaluate("(text) => parent.postMessage(text, '*')", text)
    forged = page.evaluate(_MESSAGE, "another-guid")
    app.frame.evaluate("(text) => parent.postMessage(text, '*')", forged)
    for odd in ("'{'", "null", "7", "{}", "[1]", "JSON.stringify(null)"):
        app.frame.evaluate(f"() => parent.postMessage({odd}, '*')")
    assert app.get("ticket.priority") is None
    app.frame.evaluate("(text) => parent.postMessage(text, '*')", text)
    assert app.get("ticket.priority") == "low"  # so the message itself was good
    app.frame.evaluate("() => client.set('ticket.priority', null)")
    assert app.get("ticket.priority") is None
    # The very frame, with a document of another origin in it.
    frame = page.locator(".frame iframe")
    frame.evaluate("e => new Promise((done) => { e.onload = done; e.src = 'about:blank'; })")
    other = frame.element_handle().content_frame()
    other.evaluate("(text) => parent.postMessage(text, '*')", text)
    page.evaluate("() => new Promise((done) => setTimeout(done))")
    assert page.get_by_label("Priority").input_value() == ""
    forgive(app, "sandbox attribute")


def test_an_apps_page_is_framed_by_the_workspace_alone(app: App, desk: Desk) -> None:
    """Another site's page cannot show it; and the workspace lets itself be shown by none."""
    answer = requests.get(app.frame.url, timeout=10)
    assert answer.headers["Content-Security-Policy"] == (f"frame-ancestors {desk.sandbox.base_url}")
    page = requests.get(desk.url, timeout=10)
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_an_app_cannot_lead_the_window_away(app: App) -> None:
    """Its frame may not navigate what is around it."""
    before = app.visit.page.url
    app.frame.evaluate("() => { try { top.location = 'about:blank'; } catch {} }")
    app.call("get", "ticket.id")
    assert app.visit.page.url == before
    forgive(app, "top")


def test_nothing_of_a_ticket_runs(browser: Any, desk: Desk) -> None:
    """Markup in a ticket, in its tags and names, is text for the host as well."""
    given = {
        "subject": f"</script>{HOSTILE}",
        "comment": {"html_body": f"<p>x</p>{HOSTILE}"},
        "tags": ["</script><b>"],
        "custom_fields": [{"id": desk.ids["Colour"], "value": f"</script>{HOSTILE}"}],
    }
    made = desk.sandbox.state.file_ticket(given, f"</script>{HOSTILE}", "c9@example.com")
    with visiting(browser) as visit:
        visit.page.goto(f"{desk.sandbox.base_url}/agent/tickets/{made['id']}")
        app = App(visit, visit.app())
        assert app.get("ticket.subject") == given["subject"]
        assert app.get(desk.path("Colour")) == f"</script>{HOSTILE}"
        assert visit.page.title() != "owned"
        assert visit.page.locator("img[src='x']").count() == 0
        assert visit.complaints == []


# -- how it looks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "dark"), [(320, False), (1024, False), (1280, False), (1280, True)]
)
def test_pages_fit_and_can_be_read(browser: Any, desk: Desk, width: int, dark: bool) -> None:
    """The workspace fits, contrasts by 4.5 to 1, names its inputs, and its targets are at least 24
    pixels; at 1024 and more the apps stand beside the ticket."""
    scheme = "dark" if dark else "light"
    size = {"width": width, "height": 900}
    with visiting(browser, viewport=size, color_scheme=scheme) as visit:
        for path in (f"/agent/tickets/{desk.ticket}", "/agent/tickets/new"):
            visit.page.goto(desk.sandbox.base_url + path)
            visit.app()
            visit.page.evaluate(f"() => {{ {PROBE} }}")
            found = json.loads(visit.page.locator("#report").inner_text())
            assert (found["width"], found["dark"]) == (width, dark)
            assert (found["scroll"], found["wide"]) == (width, []), path
            assert (found["dim"], found["nameless"], found["small"]) == ([], [], []), path
            sheet = visit.page.locator("#sheet").bounding_box()
            tray = visit.page.locator(".tray").bounding_box()
            beside = tray["x"] >= sheet["x"] + sheet["width"]
            assert beside is (width >= 1024)
