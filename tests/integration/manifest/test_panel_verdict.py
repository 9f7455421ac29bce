"""What the panel shows of a ticket, beside a real ticket page's protocol and the real service."""

from __future__ import annotations

import itertools

import pytest

from integration import catalogue
from integration.stamp import Stamp
from tests.integration.desk import COMPLETE, option, ticket
from tests.integration.manifest import panel_page
from tests.integration.manifest.conftest import Opened
from tests.integration.manifest.panel_page import Panel, form, window
from tests.integration.panel.conftest import FIELD_IDS, Serve, Service
from tests.integration.panel.test_reading import keep

DENIED = {**COMPLETE, "purchase_date": "2024-02-01"}


def test_a_ticket_that_is_opened_costs_one_request(opened: Opened) -> None:
    """One question of the service, with all that it needs, and none of the helpdesk's own API."""
    panel = opened()
    panel.see("Covered", within="h1")
    panel.see("Suggested reply")
    (asked,) = panel.asked()
    assert asked["data"] == {
        "ticket": "7",
        "language": "en-US",
        "fields": True,
        "customer_language": "en-US",
    }
    assert asked["url"] == "https://warranty.example.com/panel/ticket"
    assert (asked["type"], asked["autoRetry"], asked["timeout"]) == ("POST", False, 12_000)
    assert panel.host("host.log.api") == []
    # Fields that the window only now tells of, as they are, are no change.
    for key, value in panel.host("Object.entries(host.form)"):
        panel.host("host.fire(`ticket.custom_field_${given[0]}.changed`, given[1])", key, value)
    panel.host("host.fire('app.activated', { firstLoad: true })")
    panel.press("Hold")  # asks, and would come after any other question
    panel.until("host.log.service.length >= 2")
    assert len(panel.asked()) == 2
    assert panel.asked()[1]["data"]["edited"] == {
        "agent_decision": catalogue.decision_option("hold")
    }


def test_a_verdict_at_a_glance(opened: Opened) -> None:
    """Status in words, with an icon and a colour; freight, remedy, the deadline with days left."""
    panel = opened()
    card = panel.frame.locator(".card")
    assert "good" in card.get_attribute("class")
    assert card.locator("h1 svg").count() == 1
    text = card.inner_text()
    for said in ("Covered", "SOOCAS", "replacement by the same model", "Feb 1, 2027"):
        assert said in text
    assert "272 days left" in text
    assert "Not written on the ticket yet." in text
    why = panel.frame.locator(".why").inner_text()
    assert "S1" in why
    assert "Defects in materials and workmanship" in why
    assert "The problem is a defect in quality." in why
    panel.frame.locator(".presumed summary").click()
    panel.see("not a free product")


def test_a_denial_names_its_clause(opened: Opened) -> None:
    """With the reason in the card itself."""
    panel = opened(DENIED)
    card = panel.frame.locator(".card").inner_text()
    assert "Not covered" in card
    assert "the warranty ended before the claim was opened (X3)" in card
    assert "Claim until" not in card
    assert "X3" in panel.frame.locator(".why .clause").all_inner_texts()


def test_what_is_missing_and_whom_to_ask(opened: Opened) -> None:
    """Each fact with its question, what matters most first; one that is yours says so; and what
    the verdict could still be, and that the deadline is provisional."""
    panel = opened({"order_number": "SO-1", "purchase_country": "DE"})
    card = panel.frame.locator(".card").inner_text()
    assert "Could still be:" in card
    assert "provisional" in card
    assert "3 questions" in card
    rows = panel.frame.locator(".missing li").all_inner_texts()
    assert len(rows) == 5
    first = panel.frame.locator(".next .question").inner_text()
    assert first in rows[0]
    assert any("Troubleshooting" in row and "yours to do" in row for row in rows)
    assert "5 facts are missing" in panel.frame.locator(".missing h2").inner_text()


def test_what_was_misread_and_markup_stay_text(opened: Opened) -> None:
    """Whatever stands in a field is shown letter for letter, and nothing of it is run."""
    nasty = "<img src=x onerror=\"document.title='owned'\"><b>{{setting.app_secret}}</b>"
    panel = opened(
        {
            **COMPLETE,
            "purchase_date": nasty,
            "agent_decision": "covered",
            "agent_decision_reason": nasty,
        },
        requester={"name": "<b>Kim</b>", "locale": "en"},
    )
    panel.see("Not understood")
    misread = panel.frame.locator(".misread").inner_text()
    assert nasty[:50] in misread
    assert "Expected: a date as YYYY-MM-DD" in misread
    assert nasty in panel.frame.locator(".card blockquote").inner_text()
    assert panel.frame.locator("#panel img, #panel b").count() == 0
    assert panel.inside.title() == "Warranty Desk"
    assert panel.frame.locator(".letter").inner_text().startswith("Hello,")


def test_an_agent_s_decision_stands_above_the_policy_s(opened: Opened) -> None:
    """What counts is said first and that a person decided it; the policy's verdict beside it."""
    panel = opened(
        {**COMPLETE, "agent_decision": "not_covered", "agent_decision_reason": "Seen in the photo"}
    )
    card = panel.frame.locator(".card").inner_text()
    assert card.startswith("Not covered")
    for said in ("Decided by an agent", "Seen in the photo", "The policy says: Covered"):
        assert said in card
    panel.see("Why the policy says so")
    panel.see("Undo the override")


def test_a_verdict_set_by_hand_is_said_to_be(opened: Opened) -> None:
    """One of ours, or one that is none of ours."""
    panel = opened({**COMPLETE, "verdict": "needs_review"})
    card = panel.frame.locator(".card").inner_text()
    assert card.startswith("Needs review")
    assert "Set by hand in the field; it stays" in card
    assert "The policy says: Covered" in card


def test_a_hold_and_a_decision_that_is_none(opened: Opened) -> None:
    """An option of nobody's is named as it stands."""
    panel = opened({**COMPLETE, "agent_decision": "wait_a_little"})
    card = panel.frame.locator(".card").inner_text()
    assert "No verdict" in card
    assert "“wait_a_little”" in card
    panel.see("Release the hold")
    assert panel.frame.locator(".reply").count() == 0


def test_what_stands_on_the_ticket_where_it_differs(opened: Opened) -> None:
    """As after a review, when a fact has changed since."""
    panel = opened(beside_shown("needs_information"))
    assert "On the ticket: Needs information." in panel.frame.locator(".card").inner_text()


def beside_shown(status: str) -> dict[str, object]:
    wrote = {**dict.fromkeys(catalogue.OUTCOME_FIELDS), "verdict": status}
    return {**COMPLETE, "verdict": status, "stamp": str(Stamp(wrote, "-", "-"))}


def test_the_timeline_is_a_picture_and_a_list(opened: Opened) -> None:
    """In their order, with how far each is; no two rows touch, and the picture reaches each."""
    panel = opened()
    rows = panel.frame.locator(".course li")
    assert [one.split("\n")[0] for one in rows.all_inner_texts()] == [
        "Purchase",
        "Refund window ends",
        "Claim opened",
        "Today",
        "Claim deadline",
        "Warranty ends",
    ]
    assert "in 272 days" in rows.nth(4).inner_text()
    assert "yesterday" in rows.nth(2).inner_text()
    panel.inside_until("document.querySelectorAll('.course circle').length === 6")
    for width in (320, 280):
        panel.page.set_viewport_size({"width": width, "height": 900})
        boxes = [rows.nth(at).bounding_box() for at in range(6)]
        for above, below in itertools.pairwise(boxes):
            assert above["y"] + above["height"] <= below["y"] + 0.5
    panel.inside_until(
        "Math.abs(document.querySelector('.course svg').getBoundingClientRect().height"
        " - document.querySelector('.course ol').getBoundingClientRect().height) < 1"
    )
    assert panel.frame.locator(".course .span").count() == 3


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_calendar_days_stay_what_they_are(chromium: object, service: Service, zone: str) -> None:
    """Wherever the agent sits, 1 February is 1 February."""
    with panel_page.panel(chromium, service, timezone_id=zone) as panel:
        panel.open(**window(None, form=form({"claim": "yes", "purchase_date": "2026-02-01"})))
        panel.frame.locator(".course .purchase time").wait_for()
        assert panel.frame.locator(".course .purchase time").inner_text() == "Feb 1, 2026"


def test_history_tells_of_each_change(opened: Opened, service: Service) -> None:
    """The newest first, with its clauses and the moment."""
    keep(service.store, ticket({**COMPLETE, "claim_country": None, "defect_evidence": None}))
    keep(service.store, ticket({**COMPLETE, "agent_decision": "hold"}))
    keep(service.store, ticket(DENIED))
    panel = opened()
    panel.see("History: 3 verdicts")
    panel.frame.locator(".history summary").click()
    rows = panel.frame.locator(".past li").all_inner_texts()
    assert rows[0].startswith("Not covered")
    assert "X3" in rows[0]
    assert panel.frame.locator(".past time").count() == 3
    assert "Put on hold by an agent" in rows[1]
    assert rows[2].startswith("Needs information")


def test_an_edit_that_was_put_back_counts_no_more(opened: Opened) -> None:
    """It must not lie over what a colleague saves meanwhile: the service is asked without it."""
    panel = opened()
    panel.host("host.type(given[0], given[1])", FIELD_IDS["problem"], "warranty_problem_dropped")
    panel.see("Not covered", within="h1")
    panel.see("With your changes, which are not saved yet.")
    panel.host("host.type(given[0], given[1])", FIELD_IDS["problem"], "own_defect")
    panel.frame.locator(".card.good").wait_for()
    assert "edited" not in panel.asked()[-1]["data"]


def test_edits_count_before_they_are_saved(opened: Opened) -> None:
    """As the agent types; a pause later, in one question; and what is unsaved is said to be."""
    panel = opened()
    wet = option("problem", "water_damage")
    for typed in ("warranty_problem_lost", "warranty_problem_dropped", str(wet)):
        panel.host("host.type(given[0], given[1])", FIELD_IDS["problem"], typed)
    panel.see("Not covered", within="h1")
    panel.see("With your changes, which are not saved yet.")
    assert len(panel.asked()) == 2
    assert panel.asked()[1]["data"] == {
        "ticket": "7",
        "language": "en-US",
        "customer_language": "en-US",
        "fields": False,
        "edited": {"problem": wet},
        "version": "2026-05-04T10:00:00Z",
    }
    assert "Verdict: Not covered." in panel.frame.locator("#said").inner_text()


def test_an_answer_that_comes_late_is_dropped(opened: Opened) -> None:
    """What was asked last is what is shown, whichever answer comes last."""
    panel = opened()
    panel.host("host.holding = true")
    panel.host("host.type(given[0], 'warranty_problem_dropped')", FIELD_IDS["problem"])
    panel.until("host.held.length === 1")
    panel.host("host.type(given[0], 'own_defect')", FIELD_IDS["problem"])
    panel.until("host.held.length === 2")
    panel.host("host.held.pop()()")  # the newer first
    panel.frame.locator(".card.good").wait_for()
    panel.host("host.release()")
    panel.host("host.holding = false")
    panel.host("host.type(given[0], 'warranty_problem_stolen')", FIELD_IDS["problem"])
    panel.frame.locator(".card.bad").wait_for()
    shown = panel.frame.locator("#said").inner_text()
    assert "X2" in panel.frame.locator(".why").inner_text()
    assert "Not covered" in shown


def test_a_save_is_read_anew(opened: Opened, serve: Serve) -> None:
    """What was edited is the ticket's own from then on."""
    panel = opened()
    panel.host("host.type(given[0], 'warranty_problem_dropped')", FIELD_IDS["problem"])
    panel.see("Not covered", within="h1")
    serve({**COMPLETE, "problem": "dropped"}, updated_at="2026-05-04T11:00:00Z")
    panel.host("host.fire('ticket.submit.done')")
    panel.host("host.fire('ticket.updated')")
    panel.until("host.log.service.length === 3")
    panel.see("Not written on the ticket yet.")
    asked = panel.asked()[2]["data"]
    assert "edited" not in asked
    assert "version" not in asked


def test_a_new_ticket_follows_what_is_filled_in(beside: Panel) -> None:
    """It asks the one question that matters next, and sets its answer in the window alone."""
    beside.open(**window(None, form=form({"claim": "", "order_number": "SO-1"}))).ready()
    beside.see("Ask next")
    seen = set()
    answers = {key: str(option(key, value)) for key, value in COMPLETE.items()}
    answers["problem"] = "own_defect"
    beside.host("host.type(given[0], 'yes')", FIELD_IDS["claim"])
    for _ in range(6):
        beside.frame.locator(".next .name, .why").first.wait_for()
        if beside.frame.locator(".next").count() == 0:
            break
        title = beside.frame.locator(".next .name").inner_text()
        assert title not in seen, "the same question twice"
        seen.add(title)
        key = next(k for k in answers if catalogue.FIELD[k].title.lower().endswith(title.lower()))
        answer = beside.frame.locator(".next .name + select, .next form input")
        if catalogue.FIELD[key].kind == "choice":
            answer.select_option(answers[key])
        else:
            answer.fill(answers[key])
            beside.press("Set")
        beside.inside.wait_for_function(
            "(title) => document.querySelector('.next .name')?.textContent !== title", arg=title
        )
    beside.see("Covered", within="h1")
    assert set(beside.set_fields()) <= set(answers)
    assert all(one["data"]["ticket"] is None for one in beside.asked())
    assert beside.host("host.log.api") == []
    beside.see("Insert reply")
