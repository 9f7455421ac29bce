"""The prose that agents and customers read."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from integration import claims, notes
from integration.decisions import Decision
from integration.replies import Reply
from policy import FACTS, Verdict, decide
from tests.integration.desk import COMPLETE, NOW, ticket


def decided(facts: dict[str, object]) -> tuple[claims.Reading, Verdict]:
    reading = claims.read(ticket(facts), NOW, UTC)
    return reading, decide(reading.claim, reading.today)


def written(facts: dict[str, object], reply: Reply | None = None, **aside: object) -> str:
    reading, verdict = decided(facts)
    return str(notes.note(reading, verdict, reply or Reply(), notes.Aside(**aside)))  # type: ignore[arg-type]


def without(*facts: str) -> dict[str, object]:
    return {key: value for key, value in COMPLETE.items() if key not in facts}


def test_the_first_line_is_the_verdict() -> None:
    """At a glance: status, remedy, freight, deadline with the days left."""
    assert written(COMPLETE).startswith(
        "<p><strong>COVERED · replacement by the same model · freight: SOOCAS · "
        "claim until 2027-02-01 (272 days left)</strong></p>"
    )


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        (
            {**COMPLETE, "purchase_date": "2025-01-01"},
            "NOT COVERED · the warranty ended before the claim was opened (X3)",
        ),
        (
            {**COMPLETE, "inspection": "no_fault_found"},
            "NOT COVERED · the inspection found it in working order (S1, F3) · freight: Buyer",
        ),
        ({**COMPLETE, "problem": "dropped"}, "NOT COVERED · dropped (X8)"),
        (without("defect_evidence"), "NEEDS INFORMATION · 1 question to the customer · claim"),
        ({**COMPLETE, "purchase_channel": "authorized_dealer"}, "REFER TO DEALER<"),
        (
            {**COMPLETE, "problem": "damaged_on_delivery"},
            "NEEDS REVIEW · it was damaged on delivery, on which the policy is silent (P2)",
        ),
        ({**COMPLETE, "purchase_date": "2027-01-01"}, "the facts contradict each other (P1)"),
        ({**COMPLETE, "inspection": "pending"}, "AWAITING INSPECTION · freight: SOOCAS"),
    ],
)
def test_the_first_line_says_why(facts: dict[str, object], line: str) -> None:
    """A denial never stands there without its reason."""
    assert line in written(facts).partition("</p>")[0]


def test_each_deciding_clause_comes_with_its_sentence_and_its_facts() -> None:
    """The clause, why it applies with the dates it rests on, and what the policy says."""
    note = written({**COMPLETE, "purchase_date": "2025-01-01"})
    assert (
        "<strong>X3</strong> The claim was opened on 2026-05-04, 123 days after the warranty ended "
        "on 2026-01-01. <em>Not covered once the warranty period has expired.</em>" in note
    )


def test_what_was_presumed_is_said() -> None:
    """A verdict that rests on silence says on which."""
    assert "<strong>Presumed</strong>, as nobody said otherwise:" in written(COMPLETE)
    assert "not a free product" in written(COMPLETE)
    assert "not a free product" not in written({**COMPLETE, "free_product": False})


def test_freight_remedy_dates_and_edition_are_there() -> None:
    """Who pays by which clause, what the buyer gets, the dates with the days left."""
    note = written({**COMPLETE, "return_route": "international"})
    assert "<strong>Freight:</strong> Buyer (F4: " in note
    assert "<strong>Remedy:</strong> replacement by the same model (R1, R4)" in note
    assert "<strong>Warranty and claim until:</strong> 2027-02-01 (272 days left)" in note
    assert "Policy edition soocas-1, decided on 2026-05-05." in note


# -- safety ----------------------------------------------------------------------------------------

_TEXT = st.text(alphabet=st.sampled_from("<>&\"'/ab script{}"), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(
    value=_TEXT,
    key=st.sampled_from([fact.name for fact in FACTS]),
    reason=_TEXT,
)
def test_nothing_from_a_ticket_becomes_markup(value: str, key: str, reason: str) -> None:
    """Whatever stands in a field, the note has no tags but its own."""
    note = written(
        {**COMPLETE, key: value},
        reply=Reply(None, (value,)),
        decision=Decision("hold", reason, value),
        kept=(("claim_deadline", f"Title {value}", value),),
        due_date=value,
    )
    tags = {tag.partition(">")[0] for tag in note.split("<")[1:]}
    own = {"p", "strong", "em", "ul", "li", "blockquote", "br"}
    assert tags <= own | {f"/{tag}" for tag in own}


def test_a_note_sets_off_no_placeholder_of_the_helpdesk() -> None:
    """What a helpdesk would fill in is broken up; control characters are dropped."""
    note = written(COMPLETE, decision=Decision("hold", "{{ticket.requester}} {% if \x00\x07 %}"))
    assert "{{" not in note
    assert "{%" not in note
    assert "\x00" not in note
    assert "\x07" not in note


def test_whether_the_reply_was_sent_is_said() -> None:
    """An agent knows whether the customer has seen it, and does not send it twice."""
    reply = Reply(Markup("<p>Dear customer</p>"))
    note = written(COMPLETE, reply)
    assert "Suggested reply (not sent):" in note
    assert "<blockquote><p>Dear customer</p></blockquote>" in note
    assert "Suggested reply (sent to the customer by itself):" in written(
        COMPLETE, reply, sent=True
    )


# -- what counts -----------------------------------------------------------------------------------


def test_an_agents_decision_comes_first() -> None:
    """The first line is the verdict that counts; the policy's stands below, named as such."""
    dropped = {**COMPLETE, "problem": "dropped"}
    note = written(dropped, decision=Decision("covered", "Goodwill"), status="covered")
    assert note.startswith("<p><strong>AGENT&#39;S DECISION: COVERED</strong></p>")
    assert "Reason: Goodwill" in note
    assert "<p>The policy says: NOT COVERED · dropped (X8)</p>" in note


def test_a_verdict_by_hand_comes_first() -> None:
    """A field that somebody else wrote is what counts, and the note does not hide it at its end."""
    note = written(COMPLETE, kept=(("verdict", "Warranty: verdict", "Needs review"),))
    assert note.startswith("<p><strong>SET BY HAND: Needs review</strong></p>")
    assert "which this app did not write" in note


def test_a_decision_that_is_none_counts_as_a_hold() -> None:
    """An option of an admin's own making is not passed over in silence."""
    note = written(COMPLETE, decision=Decision("hold", unclear="Ask the boss"))
    assert "says ‘Ask the boss’, which is none of its options, so it counts as a hold." in note


def test_what_the_agent_must_do_is_said() -> None:
    """Troubleshooting is documented by the agent, and the first line says so."""
    facts = {key: value for key, value in COMPLETE.items() if key != "troubleshooting"}
    note = written(facts)
    assert "NEEDS INFORMATION · the troubleshooting is yours to document" in note
    assert "<strong>For you:</strong> go through the troubleshooting" in note
    first = written(without("troubleshooting", "claim_country")).partition("</p>")[0]
    assert "the troubleshooting is yours to document · 1 question about the freight · " in first
    first = written(without("troubleshooting", "claim_country", "purchase_date")).partition("</p>")[
        0
    ]
    assert "NEEDS INFORMATION · 2 questions to the customer" in first
    assert "yours to document" not in first


def test_an_impossible_date_is_not_counted_down() -> None:
    """Days left until a deadline that comes from a contradiction mean nothing."""
    first = written({**COMPLETE, "purchase_date": "2027-01-01"}).partition("</p>")[0]
    assert "claim until" not in first


def test_a_plain_note_is_short() -> None:
    """An agent has 80 tickets a day."""
    for facts in (COMPLETE, {**COMPLETE, "purchase_date": "2025-01-01"}, {}):
        words = Markup(written(facts)).striptags().split()
        assert len(words) < 150, len(words)
