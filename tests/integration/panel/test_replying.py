"""The reply and the macro that fit: as a review suggests them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from integration.assess import assess
from integration.config import Installation
from integration.languages import LANGUAGES
from integration.panel import replying
from tests.integration.desk import BINDINGS, COMPLETE, NOW, Desk, Stage, ticket
from tests.integration.panel.test_words import CASES

MAIN = Installation("main")
DECIDED: list[dict[str, object]] = [
    {**COMPLETE, "agent_decision": decision}
    for decision in ("accept", "hold", "not_covered", "covered", "needs_information")
]


def given(facts: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in facts.items() if value is not None}


@pytest.mark.parametrize("facts", [*CASES, *DECIDED], ids=str)
def test_the_macros_that_fit_are_those_of_a_review(facts: dict[str, object]) -> None:
    """Panel and note never suggest different things."""
    desk = Desk(ticket(given(facts)))
    found = assess(desk.ticket, MAIN, NOW)
    Stage(desk).review()
    assert replying.fitting(found) == desk.rendered


@pytest.mark.parametrize("facts", CASES, ids=str)
def test_the_reply_says_what_a_review_s_says(facts: dict[str, object]) -> None:
    """The same reasons and questions, with this app's own words in place of the macros'."""
    desk = Desk(ticket(given(facts)))
    message = replying.message(assess(desk.ticket, MAIN, NOW))
    Stage(desk).review()
    quoted = re.search(r"<blockquote>(.*)</blockquote>", desk.notes[0])
    if message is None:
        assert quoted is None
        return
    assert quoted is not None
    listed = re.findall(r"<li>(.*?)</li>", quoted[1])
    assert re.findall(r"<li>(.*?)</li>", message["html"]) == listed
    for line in listed:
        assert f"- {line}" in message["text"].replace("'", "&#39;")


def test_the_text_is_the_html_without_its_tags() -> None:
    """Paragraphs apart, one question a line, and no name that nobody knows here."""
    found = assess(ticket({**COMPLETE, "claim_country": "US", "purchase_date": None}), MAIN, NOW)
    message = replying.message(found)
    assert message is not None
    assert message["text"].startswith(f"{message['greeting']}\n\nthank you for writing to us.")
    assert "more from you:\n\n- On what day did you buy the product?" in message["text"]
    assert not re.search(r"[<>{}]", message["text"])
    assert not re.search(r"\n{3}| \n", message["text"])
    assert message["named"].format(name="Kim") == "Hello Kim,"


REVIEW: dict[str, object] = {**COMPLETE, "problem": "damaged_on_delivery"}
DEALER: dict[str, object] = {**COMPLETE, "purchase_channel": "authorized_dealer"}


def test_a_macro_that_the_account_lacks_is_not_offered() -> None:
    """Its reply is still there to insert."""
    found = assess(ticket(DEALER), MAIN, NOW)
    bindings: Any = type(BINDINGS)(fields=BINDINGS.fields)
    assert replying.macro(found, BINDINGS) is not None
    assert replying.macro(found, bindings) is None
    assert replying.message(found) is not None


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        (DEALER, "status:refer_to_dealer"),
        (REVIEW, "status:needs_review"),
        (COMPLETE, "status:covered"),
        ({**COMPLETE, "purchase_date": None}, "status:needs_information"),
        ({**COMPLETE, "problem": "dropped"}, "status:not_covered"),
        ({**COMPLETE, "agent_decision": "not_covered"}, "status:not_covered"),
        ({**COMPLETE, "agent_decision": "hold"}, None),  # nothing to say yet
    ],
    ids=str,
)
def test_the_macro_of_the_status_is_offered(facts: dict[str, object], key: str | None) -> None:
    """The one of what the ticket shows, whatever else the reply says."""
    found = assess(ticket(given(facts)), MAIN, NOW)
    offered = replying.macro(found, BINDINGS)
    assert (None if offered is None else offered["id"]) == (key and BINDINGS.macros[key])


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("facts", [*CASES, *DECIDED], ids=str)
def test_the_reply_is_in_the_customer_s_language(facts: dict[str, object], tag: str) -> None:
    """All of it: what it is made of are texts of that language and of no other, and it is the same
    reply that there is in English."""
    found = assess(ticket(given(facts)), MAIN, NOW)
    language, english = LANGUAGES[tag], replying.message(found)
    message = replying.message(found, language)
    assert (message is None) == (english is None)
    if message is None or english is None:
        return
    assert (message["language"], message["may_differ"]) == (tag, True)
    assert message["text"].startswith(f"{language('greeting')}\n\n")
    assert message["html"].startswith(f"<p>{language('greeting')}</p><p>")
    assert "Kim" in message["named"].format(name="Kim")
    assert message["asks"] == english["asks"]
    assert message["text"].count("\n- ") == english["text"].count("\n- ")
    rest = message["text"]
    for text in sorted(language.texts.values(), key=len, reverse=True):
        pieces = re.split(r"\{\w+\}", text)
        rest = re.sub(".{1,30}?".join(re.escape(piece) for piece in pieces), "", rest)
    assert not rest.replace("- ", "").strip()
