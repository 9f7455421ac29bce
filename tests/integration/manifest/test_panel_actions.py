"""What an agent does with the panel: reply, macro, decide, take back, try out, mark, submit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integration import catalogue
from integration.catalogue import decision_option
from tests.integration.desk import COMPLETE
from tests.integration.manifest.conftest import Opened
from tests.integration.manifest.panel_page import Panel, form, window
from tests.integration.panel.conftest import BINDINGS, FIELD_IDS, Serve

OPEN = {"order_number": "SO-1", "purchase_country": "DE"}
SAVED = "PUT /api/v2/tickets/7.json"


def invoked(panel: Panel, what: str) -> list[Any]:
    return [given for name, *given in panel.host("host.log.invoked") if name == what]


# -- the reply ------------------------------------------------------------------------------------


def test_one_reply_asks_for_all_of_it(opened: Opened) -> None:
    """With the customer's first name, shown before it goes into the composer, and never sent."""
    panel = opened(OPEN)
    letter = panel.frame.locator(".letter").inner_text()
    assert letter.startswith("Hello Kim,")
    assert "On what day did you buy the product?" in letter
    assert panel.host("host.comment.text") == ""
    panel.press("Insert reply")
    panel.see("Inserted. Read it once more, then submit.")
    text = panel.host("host.comment.text")
    assert "<p>Hello Kim,</p>" in text
    assert "<li>On what day did you buy the product?</li>" in text
    assert [one for one in panel.host("host.log.set") if one[0] == "comment.type"] == []
    assert panel.frame.locator("#said").inner_text().startswith("Inserted.")


NAMES = {
    "Zoë O’Neill": "Hello Zoë,",
    "Doe, Jane": "Hello,",
    "kim@example.com": "Hello,",
    "<i>Kim</i>": "Hello,",
    "$& $1": "Hello,",
    "Dr. Sample": "Hello,",
    "": "Hello,",
    "Anne-Marie": "Hello Anne-Marie,",
}


def test_only_a_plain_name_is_a_greeting_s(opened: Opened) -> None:
    """What is no plain first name is left out; another requester is greeted at once."""
    panel = opened()
    for name, greeting in NAMES.items():
        panel.host("host.requester.name = given[0]", name)
        panel.host("host.fire('ticket.requester.id.changed')")
        panel.inside_until(
            f"document.querySelector('.letter').textContent.startsWith({json.dumps(greeting)})"
        )
        panel.host("host.comment.text = ''")
        panel.press("Insert reply")
        panel.until("host.comment.text !== ''")
        assert f"<p>{greeting}</p>" in panel.host("host.comment.text")


@pytest.mark.parametrize("text", ["<p> </p>", "<p>Suspicious customer</p>", "<p><img src='x'></p>"])
@pytest.mark.parametrize("button", ["Insert reply", "Apply macro"])
def test_a_note_never_becomes_a_reply(opened: Opened, text: str, button: str) -> None:
    """Not even an empty one, on which a file may hang: it is the agent who switches. Both are said
    beforehand, and when it is tried."""
    note = {"type": "internalNote", "text": text}
    panel = opened({**COMPLETE, "purchase_channel": "authorized_dealer"}, comment=note)
    panel.see("The composer is on an internal note.")
    panel.press(button)
    panel.see("nothing was inserted")
    assert panel.host("host.comment") == note
    panel.host("host.comment.type = 'publicReply'")
    panel.host("host.fire('comment.type.changed')")
    panel.press("Insert reply")
    panel.see("Inserted. Read it once more")


def test_an_old_workspace_takes_the_reply_too(opened: Opened) -> None:
    """By its older command; and where neither works, the agent is told what to do."""
    panel = opened(refuses=["ticket.editor.insert"])
    panel.press("Insert reply")
    panel.see("Inserted. Read it once more")
    assert "Hello Kim," in panel.host("host.comment.text")
    panel.host("host.refuses.push('comment.appendHtml')")
    panel.press("Insert reply")
    panel.see("That did not work. Copy the text from here")


def test_the_fitting_macro_is_applied_in_the_window(opened: Opened) -> None:
    """The one of the verdict, by the agent's own hand: the helpdesk's audit names them."""
    panel = opened({**COMPLETE, "purchase_channel": "authorized_dealer"})
    panel.press("Apply macro “Warranty: refer to dealer”")
    panel.see("Macro applied.")
    assert invoked(panel, "macro") == [[int(BINDINGS.macros["status:refer_to_dealer"])]]
    assert panel.host("host.log.api") == []


# -- deciding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["accept", "hold"])
def test_accept_and_hold(opened: Opened, what: str) -> None:
    """One click sets the field in the window; the agent submits it; another takes it back."""
    panel = opened()
    panel.press(what.capitalize())
    panel.see("Set in the ticket's fields. It counts once you submit the ticket.")
    assert panel.set_fields() == {"agent_decision": decision_option(what)}
    panel.see("Accepted by an agent" if what == "accept" else "Put on hold by an agent")
    panel.press("Undo" if what == "accept" else "Release the hold")
    panel.see("Taken back in the ticket's fields.")
    assert panel.set_fields() == {"agent_decision": ""}
    panel.button("Accept").wait_for()
    assert panel.host("host.log.api") == []


def test_an_override_needs_a_status_and_a_reason(opened: Opened) -> None:
    """Neither may be missing; with both, what counts is shown at once."""
    panel = opened()
    panel.press("Override …")
    panel.press("Set my decision")
    panel.see("Choose a verdict.")
    panel.see("Say why.")
    panel.frame.locator(".override").get_by_label("Verdict").select_option(label="Not covered")
    panel.frame.get_by_label("Reason").fill("   ")
    panel.press("Set my decision")
    panel.see("Say why.")
    assert panel.host("host.log.set") == []
    panel.frame.get_by_label("Reason").fill("  Seen in the photo ")
    panel.press("Set my decision")
    panel.see("Decided by an agent", within=".card")
    assert panel.set_fields() == {
        "agent_decision": decision_option("not_covered"),
        "agent_decision_reason": "Seen in the photo",
    }
    panel.see("The policy says: Covered")
    panel.press("Undo the override")
    panel.see("Covered", within="h1")
    assert panel.set_fields() == {"agent_decision": "", "agent_decision_reason": ""}


def test_a_form_without_the_field(opened: Opened, serve: Serve) -> None:
    """The decision is saved by the agent's own session, unless the ticket has changed meanwhile."""
    given = form({})
    lacking = (FIELD_IDS["agent_decision"], FIELD_IDS["agent_decision_reason"])
    panel = opened(
        form={number: value for number, value in given.items() if number not in lacking},
        api={SAVED: 409},
    )
    panel.see("saved at once, in your name")
    panel.press("Hold")
    panel.see("The ticket was changed meanwhile, so nothing was saved.")
    panel.host("host.api[given[0]] = 200", SAVED)
    serve({**COMPLETE, "agent_decision": "hold"}, updated_at="2026-05-04T12:00:00Z")
    panel.press("Hold")
    panel.see("Saved on the ticket, in your name.")
    assert panel.host("host.log.api")[1]["data"] == {
        "ticket": {
            "safe_update": True,
            "updated_stamp": "2026-05-04T10:00:00Z",
            "custom_fields": [
                {"id": int(FIELD_IDS["agent_decision"]), "value": decision_option("hold")}
            ],
        }
    }
    assert panel.host("host.log.set") == []
    panel.see("Put on hold by an agent")


def test_a_field_that_cannot_be_set_is_said(opened: Opened) -> None:
    """With the field's name, so that the agent can."""
    path = f"ticket.customField:custom_field_{FIELD_IDS['agent_decision']}"
    panel = opened(refuses=[path])
    panel.press("Accept")
    panel.see("Set the field “Warranty: agent decision” in the ticket's form.")


# -- what if --------------------------------------------------------------------------------------


def test_a_what_if_stands_beside_and_is_not_written(opened: Opened) -> None:
    """Facts may be set and be unknown; reset ends it."""
    panel = opened()
    panel.frame.locator("summary", has_text="What if").click()
    panel.see("Nothing of it is written.")
    add = panel.frame.get_by_label("Change a fact …")
    add.select_option(label="Free product")
    panel.frame.get_by_label("Free product", exact=True).select_option(label="Yes")
    panel.see("Would be")
    panel.frame.locator(".side.bad").wait_for()
    sides = panel.frame.locator(".side").all_inner_texts()
    assert "Covered" in sides[0]
    assert "Not covered" in sides[1]
    assert "X5" in panel.frame.locator(".would").inner_text()
    assert panel.frame.locator("h1").inner_text() == "Covered"
    panel.frame.get_by_label("Free product", exact=True).select_option(label="Unknown")
    add.select_option(label="Purchase date")
    day = panel.frame.get_by_label("Purchase date", exact=True)
    assert day.input_value() == COMPLETE["purchase_date"]
    day.fill("")
    day.dispatch_event("change")
    panel.frame.locator(".side.todo").wait_for()
    tried = panel.asked()[-1]["data"]
    assert tried["what_if"] == {"free_product": None, "purchase_date": None}
    assert "edited" not in tried
    panel.press("Without this: Free product")
    panel.until("!('free_product' in host.log.service.at(-1).data.what_if)")
    panel.press("Back to the facts as they are")
    panel.frame.locator(".would").wait_for(state="detached")
    panel.until("!host.log.service.at(-1).data.what_if")
    assert panel.host("host.log.set") == []


# -- again, marking -------------------------------------------------------------------------------


def test_deciding_again_is_asked_for_and_awaited(opened: Opened, serve: Serve) -> None:
    """Until the ticket or its history has moved."""
    panel = opened()
    panel.press("Decide again")
    panel.see("Being decided again …")
    panel.until("host.log.service.some((one) => one.url.endsWith('/panel/again'))")
    again = next(one for one in panel.asked() if one["url"].endswith("/panel/again"))
    assert again["data"] == {"ticket": "7"}
    serve({**COMPLETE, "problem": "dropped"}, updated_at="2026-05-04T12:00:00Z")
    panel.see("Decided again.")
    panel.see("Not covered", within="h1")


def test_a_ticket_that_is_no_claim_can_be_marked(opened: Opened, serve: Serve) -> None:
    """By the agent, in the window; the verdict is there at once."""
    panel = opened(ticket={"tags": ["vip"]}, form=form({}))
    panel.see("This ticket is not marked as a warranty claim")
    assert panel.frame.locator(".card, .reply, .deciding").count() == 0
    panel.press("It is a warranty claim")
    panel.see("Covered", within="h1")
    assert panel.set_fields() == {"claim": "yes"}


def test_a_fact_the_form_lacks_is_named(beside: Panel) -> None:
    """In place of a control that could not set it."""
    given = form({"claim": "yes"})
    lacking = {key: number for key, number in FIELD_IDS.items() if key == "problem"}
    beside.open(
        **window(None, form={k: v for k, v in given.items() if k not in lacking.values()})
    ).ready()
    beside.see("“Warranty: problem” is not on this ticket's form.")
    assert catalogue.FIELD["problem"].title in beside.frame.locator(".missing").inner_text()


# -- before it is sent ----------------------------------------------------------------------------

PROMISE = "<p>Good news:</p><p>We\u00a0will <b>replace</b> it and send a prepaid label.</p>"


def test_a_reply_that_contradicts_is_warned_of_once(opened: Opened) -> None:
    """Every way in which it does at once; who submits again means it."""
    panel = opened({**COMPLETE, "problem": "dropped"})
    panel.host("host.comment.text = given[0]", PROMISE)
    said = panel.host("host.submit()")
    assert "“we will replace”" in said
    assert "“Not covered”" in said
    assert "“prepaid label”" in said
    assert said.endswith("Submit again to send it all the same.")
    panel.see("“we will replace”")
    assert panel.host("host.submit()") is None
    panel.host("host.fire('ticket.submit.done')")
    panel.frame.get_by_role("alert").wait_for(state="detached")


def test_notes_and_replies_that_fit_are_let_through(opened: Opened) -> None:
    """An internal note may say anything; the suggested reply contradicts nothing."""
    panel = opened({**COMPLETE, "problem": "dropped"})
    panel.host("host.comment = { type: 'internalNote', text: given[0] }", PROMISE)
    assert panel.host("host.submit()") is None
    panel.host("host.comment = { type: 'publicReply', text: '' }")
    assert panel.host("host.submit()") is None
    panel.press("Insert reply")
    panel.until("host.comment.text !== ''")
    assert panel.host("host.submit()") is None


def test_the_payer_is_looked_at_too(opened: Opened) -> None:
    """With a claim that is covered, the buyer paying is what contradicts."""
    panel = opened()
    panel.host("host.comment.text = 'The return is at your own expense.'")
    assert "the freight is paid by: SOOCAS" in panel.host("host.submit()")


def test_a_save_never_waits(opened: Opened) -> None:
    """Neither for the service nor for a window that does not answer."""
    panel = opened({**COMPLETE, "problem": "dropped"})
    panel.host("host.holding = true")
    panel.host("host.fire('ticket.requester.id.changed')")
    panel.until("host.held.length === 1")
    panel.host("host.comment.text = given[0]", PROMISE)
    assert "we will replace" in panel.host("host.submit()")
    panel.host("host.comment.text = 'We will refund you.'")
    panel.host("host.silent.push('comment.text')")
    assert panel.host("host.submit()") is None
    panel.host("host.silent.pop()")
    panel.host("host.release()")
