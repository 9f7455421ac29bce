"""The policy's sentences on a claim's facts, in the reader's language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from integration.panel import sentences
from integration.panel.translations import TRANSLATIONS
from integration.panel.words import words
from policy import CLAUSES, FACT, Claim, FactError, Settings, decide, parse_regions
from tests.integration.desk import COMPLETE

ABROAD = {
    "purchase_date": "2026-01-01",
    "purchase_country": "DE",
    "claim_country": "US",
    "order_number": "SO-1",
    "transferred_ownership": True,
}
TODAY = date(2026, 5, 5)
OPENED = {"claim_opened_on": "2026-05-04"}
RULINGS = [
    Settings(crossing, parse_regions("EU:DE,FR"))
    for crossing in ("buyer_freight", "not_covered", "review")
]
FOLDER = Path("tests/policy/stories")
SOUND = tomllib.loads((FOLDER / "sound.toml").read_text("utf-8"))["facts"]


def claims() -> Iterator[tuple[Claim, date]]:
    """The stories' claims; and each value of each fact, alone, beside a complete claim, and beside
    one of a replacement."""
    for path in sorted(FOLDER.glob("*.toml")):
        for story in tomllib.loads(path.read_text("utf-8")).get("story", []):
            facts = story.get("facts", SOUND | story.get("but", {}))
            for name in story.get("without", ()):
                facts.pop(name, None)
            yield Claim.from_record(facts), date.fromisoformat(story["on"])
    bases: list[dict[str, Any]] = [
        OPENED,
        OPENED | COMPLETE,
        OPENED | COMPLETE | {"replacement_shipped_on": "2026-04-01"},
        # Not covered whatever the rest turns out to be, by no one clause in every way.
        OPENED | ABROAD,
    ]
    for base in bases:
        for fact in FACT.values():
            for value in (None, *_values(fact.name)):
                try:
                    yield Claim.from_record({**base, fact.name: value}), TODAY
                except FactError:
                    continue  # no day on which the claim was opened


def _values(name: str) -> tuple[object, ...]:
    fact = FACT[name]
    if fact.kind == "boolean":
        return (True, False)
    if fact.kind == "date":
        return ("2024-01-01", "2025-05-03", "2026-01-01", "2027-01-01")
    return fact.values or ("US", "FR", "DE")


@pytest.fixture(scope="module")
def said() -> list[str]:
    """Every sentence of the policy's on those claims, each once."""
    found = {
        finding.because: None
        for claim, on in claims()
        for ruling in RULINGS
        for finding in decide(claim, on, ruling).findings
    }
    assert len(found) > 100
    return list(found)


def test_every_sentence_of_the_policy_is_known(said: list[str]) -> None:
    """None is left in English because its form was forgotten."""
    assert [one for one in said if sentences.known(one) is None] == []


def test_every_form_is_one_that_the_policy_says(said: list[str]) -> None:
    """No translation of a sentence that there is not any more."""
    known = {found[0] for one in said if (found := sentences.known(one))}
    assert known | {"because.not_given"} == set(sentences.ENGLISH)


def test_the_forms_say_it_as_the_policy_does(said: list[str]) -> None:
    """In English, a sentence filled in anew is the sentence."""
    for one in said:
        found = sentences.known(one)
        assert found is not None
        assert sentences.ENGLISH[found[0]].format_map(found[1]) == one


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_keeps_the_days_and_countries(language: str, said: list[str]) -> None:
    """What a sentence rests on stands in its translation, and nothing of the English is left."""
    for one in said:
        translated = words(language).because(one)
        pattern = r"\d{4}-\d\d-\d\d|\b[A-Z]{2}\b"
        assert sorted(re.findall(pattern, translated, re.ASCII)) == sorted(
            re.findall(pattern, one, re.ASCII)
        )
        assert not re.search(r"\b(the|of|is|not)\b|[{}]", translated), translated


def test_what_the_facts_are_is_said_too() -> None:
    """Problems, facts and values by the names that the panel has for them."""
    said = words("de").because
    assert said("The problem is water damage.") == "Das Problem: Wasserschaden."
    assert (
        said("Not known yet: the purchase date and the country of purchase.")
        == "Noch nicht bekannt: Kaufdatum, Land des Kaufs."
    )
    assert (
        said("The inspection (pending) and what the problem is (lost) contradict each other.")
        == "„Prüfung“ (Steht aus) und „Problem“ (Verloren) widersprechen einander."
    )
    assert (
        said("The purchase date (2027-01-01) lies in the future.")
        == "„Kaufdatum“ (2027-01-01) liegt in der Zukunft."
    )


def test_a_sentence_that_is_not_known_is_said_as_it_is() -> None:
    """In English rather than not at all; and nothing in it is filled in."""
    strange = "A comet {name} hit the item."
    for language in ("en", *TRANSLATIONS):
        assert words(language).because(strange) == strange


def test_every_clause_has_a_sentence() -> None:
    """The claims above leave out no clause that can be found."""
    spoken = {
        finding.clause
        for claim, on in claims()
        for ruling in RULINGS
        for finding in decide(claim, on, ruling).findings
    }
    assert spoken == set(CLAUSES)
