"""What a reply would say that contradicts the verdict."""

from __future__ import annotations

import pytest

from integration.assess import assess
from integration.catalogue import MACROS, PAYER_LABELS, STATUS_LABELS
from integration.config import Installation
from integration.panel import replying
from integration.panel.contradictions import contradictions
from tests.integration.desk import NOW, ticket
from tests.integration.panel.test_words import CASES

MAIN = Installation("main")


def warned(reply: str, status: str, payer: str) -> set[str]:
    """What the app would warn of."""
    text = " ".join(reply.lower().split())
    found = contradictions(status, payer)
    return {about for about, phrases in found.items() if any(one in text for one in phrases)}


@pytest.mark.parametrize("facts", CASES, ids=str)
def test_the_app_never_warns_of_its_own_suggestion(facts: dict[str, object]) -> None:
    """Whatever the verdict, the reply that it suggests does not contradict it."""
    found = assess(ticket({k: v for k, v in facts.items() if v is not None}), MAIN, NOW)
    message = replying.message(found)
    if message is not None:
        payer = str(found.intent.outcome["freight_payer"])
        assert warned(message["text"], found.verdict.status, payer) == set(), message["text"]


@pytest.mark.parametrize("status", STATUS_LABELS)
def test_nor_of_the_macro_that_fits(status: str) -> None:
    """Each status's own macro goes with it."""
    (text,) = (macro.text for macro in MACROS if macro.key == f"status:{status}")
    for payer in PAYER_LABELS:
        assert warned(text, status, payer) == set()


@pytest.mark.parametrize(
    ("reply", "status", "payer", "about"),
    [
        ("We  will\ncover the shipping of this return.", "covered", "buyer", "freight"),
        ("Please send it at your own expense.", "covered", "soocas", "freight"),
        ("Here is a prepaid label.", "needs_information", "undetermined", "freight"),
        ("Here is a prepaid label.", "not_covered", "not_applicable", "freight"),
        ("Wir übernehmen die Versandkosten.", "covered", "buyer", "freight"),
        ("Le retour est à vos frais.", "covered", "soocas", "freight"),
        ("运费由我们承担。", "covered", "buyer", "freight"),
        ("Your brush is covered by the warranty.", "not_covered", "not_applicable", "coverage"),
        ("Ihr Gerät ist von der Garantie abgedeckt.", "not_covered", "x", "coverage"),
        ("This isn’t covered, sorry.", "covered", "soocas", "coverage"),
        ("Su producto está cubierto.", "needs_review", "undetermined", "coverage"),
        ("您的产品属于保修范围。", "not_covered", "x", "coverage"),
        ("Leider ist die Garantie abgelaufen.", "covered", "soocas", "coverage"),
    ],
)  # fmt: skip
def test_a_reply_that_contradicts_the_verdict_is_warned_of(
    reply: str, status: str, payer: str, about: str
) -> None:
    """In the customer's language, whichever the agent's is."""
    assert about in warned(reply, status, payer)


@pytest.mark.parametrize(
    ("reply", "status", "payer"),
    [
        ("Your brush is not covered by the warranty.", "not_covered", "not_applicable"),
        ("Ihr Gerät fällt nicht unter die Garantie.", "not_covered", "not_applicable"),
        ("Ihr Gerät ist nicht von der Garantie abgedeckt.", "not_covered", "not_applicable"),
        ("Votre produit n’est pas couvert par la garantie.", "not_covered", "not_applicable"),
        ("Su producto no está cubierto por la garantía.", "not_covered", "not_applicable"),
        ("您的产品不属于保修范围，我们不会为您更换。", "not_covered", "not_applicable"),
        ("Your brush is covered, and we cover the shipping.", "covered", "soocas"),
        ("You do not need to pay the shipping.", "covered", "soocas"),
        ("您不需要承担运费。", "covered", "soocas"),
        ("The freight for this return is borne by the buyer.", "covered", "buyer"),
    ],
)
def test_a_reply_that_agrees_is_not(reply: str, status: str, payer: str) -> None:
    """A phrase is chosen so that its denial does not contain it."""
    assert warned(reply, status, payer) == set()


def test_phrases_are_as_they_are_looked_for() -> None:
    """In lower case, with single spaces, each once."""
    for status in STATUS_LABELS:
        for payer in PAYER_LABELS:
            for phrases in contradictions(status, payer).values():
                assert len(phrases) == len(set(phrases))
                for phrase in phrases:
                    assert phrase == " ".join(phrase.lower().split())


def test_where_nothing_is_shown_nothing_contradicts() -> None:
    """Nobody is warned on a ticket without a verdict."""
    assert contradictions(None, None) == {"freight": [], "coverage": []}
