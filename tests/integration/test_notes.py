"""The prose that agents and customers read."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from integration import claims, notes
from policy import FACTS, Verdict, decide
from tests.integration.desk import COMPLETE, NOW, ticket


def decided(facts: dict[str, object]) -> tuple[claims.Reading, Verdict]:
    reading = claims.read(ticket(facts), NOW, UTC)
    return reading, decide(reading.claim, reading.today)


def written(facts: dict[str, object], suggested: str | None = None, **aside: object) -> str:
    reading, verdict = decided(facts)
    markup = None if suggested is None else Markup(suggested)
    return str(notes.note(reading, verdict, markup, notes.Aside(**aside)))  # type: ignore[arg-type]


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
        ({**COMPLETE, "problem": "dropped"}, "NOT COVERED · the damage comes from abuse (X8)"),
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
    assert "<strong>Presumed</strong> until told otherwise:" in written(COMPLETE)
    assert "not a free product" in written(COMPLETE)
    assert "not a free product" not in written({**COMPLETE, "free_product": False})


def test_freight_remedy_dates_and_edition_are_there() -> None:
    """Who pays by which clause, what the buyer gets, the dates with the days left."""
    note = written({**COMPLETE, "return_route": "international"})
    assert "<strong>Freight:</strong> Buyer (F4: " in note
    assert "<strong>Remedy:</strong> replacement by the same model (R1, R4)" in note
    assert "<strong>Claim deadline:</strong> 2027-02-01 (272 days left)" in note
    assert "Policy edition soocas-1, decided on 2026-05-05." in note


# -- what is asked ---------------------------------------------------------------------------------


def asked(facts: dict[str, object]) -> tuple[str, ...]:
    return notes.questions(*decided(facts))


def test_an_order_number_answers_channel_and_proof_together() -> None:
    """One question, not two, for what one answer settles."""
    (one,) = asked(without("order_number"))
    assert "order number" in one
    assert "sales invoice" in one


def test_another_owner_is_asked_for_both_proofs() -> None:
    """V3: the order number alone would not do."""
    (one,) = asked({**COMPLETE, "transferred_ownership": True})
    assert "both the order number" in one
    assert "invoice" in one


def test_problem_and_evidence_are_asked_together() -> None:
    """One answer can carry both."""
    (one,) = asked(without("problem", "defect_evidence"))
    assert "What is wrong" in one
    assert "photo" in one


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("purchase_country", "claim_country"), "buy the product, and in which country is it now"),
        (("purchase_country",), "In which country did you buy"),
        (("claim_country",), "In which country is the product now"),
        (("purchase_date",), "On what day"),
        (("defect_evidence",), "photo or a short video"),
        (("problem",), "What is wrong"),
    ],
)
def test_each_missing_fact_is_asked_once_and_nothing_else(
    missing: tuple[str, ...], words: str
) -> None:
    """The freight's countries are in the same message as the status's questions."""
    (one,) = asked(without(*missing))
    assert words in one


def test_what_the_agent_must_do_is_not_asked_of_the_customer() -> None:
    """Troubleshooting is documented by the agent."""
    facts = without("troubleshooting")
    assert asked(facts) == ()
    assert "<strong>For you:</strong> go through the troubleshooting" in written(facts)


def test_a_complete_claim_asks_nothing() -> None:
    """Nobody is asked for what cannot matter."""
    assert asked(COMPLETE) == ()


def test_everything_is_asked_in_one_message() -> None:
    """Nothing known: all questions at once, none twice."""
    questions = asked({})
    assert len(questions) == len(set(questions)) == 4
    message = notes.reply([Markup("<p>Hello</p>")], questions)
    assert message.count("<li>") == 4
    assert message.startswith("<p>Hello</p>")


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
        decision="hold",
        reason=reason,
        kept=((f"Title {value}", value),),
        missing=(value,),
    )
    tags = {tag.partition(">")[0] for tag in note.split("<")[1:]}
    own = {"p", "strong", "em", "ul", "li", "blockquote", "br"}
    assert tags <= own | {f"/{tag}" for tag in own}


def test_the_suggested_reply_is_said_not_to_be_sent() -> None:
    """An agent knows that the customer has not seen it."""
    note = written(COMPLETE, "<p>Dear customer</p>")
    assert "Suggested reply (not sent):" in note
    assert "<blockquote><p>Dear customer</p></blockquote>" in note
