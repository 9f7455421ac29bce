"""The panel's words: in the reader's language, and in English they say what the note says."""

from __future__ import annotations

import string
from datetime import UTC, datetime

import pytest

from integration import notes
from integration.assess import assess
from integration.config import Installation
from integration.panel.headline import headline
from integration.panel.translations import TRANSLATIONS
from integration.panel.words import ENGLISH, words
from policy import FACT
from tests.integration.desk import COMPLETE, NOW, ticket

MAIN = Installation("main")


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_says_what_there_is_to_say(language: str) -> None:
    """Only keys that there are, each with the same places to fill in, and none empty."""
    for key, text in TRANSLATIONS[language].items():
        assert text.strip(), key
        assert placeholders(text) == placeholders(ENGLISH[key]), key


def test_the_translations_are_of_the_same_keys() -> None:
    """What one language says, all do: no panel is half in one and half in another."""
    keys = [set(texts) for texts in TRANSLATIONS.values()]
    assert all(one == keys[0] for one in keys)
    assert set(TRANSLATIONS) == {"de", "fr", "es", "zh-CN"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("de", "de"),
        ("de-CH", "de"),
        ("DE", "de"),
        ("zh-cn", "zh-CN"),
        ("zh_CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("es-419", "es"),
        ("en-US", "en"),
        ("ja", "en"),
    ],
)
def test_the_nearest_language_is_taken(asked: str, found: str) -> None:
    """And English where there is none near."""
    assert words(asked).language == found


def test_what_is_not_translated_is_said_in_english() -> None:
    """A sentence in English is better than none."""
    said = words("de")
    assert said("status.covered") == "Abgedeckt"
    assert said("clause.X3") == ENGLISH["clause.X3"]
    assert said.count("days.left", 3) == "noch 3 Tage"


PROBLEMS = FACT["problem"].values
CASES: list[dict[str, object]] = [
    {},
    COMPLETE,
    {**COMPLETE, "claim_country": None},
    {**COMPLETE, "purchase_date": "2024-02-01"},
    {**COMPLETE, "troubleshooting": None},
    {**COMPLETE, "inspection": "pending"},
    {**COMPLETE, "inspection": "no_fault_found"},
    {**COMPLETE, "purchase_channel": "authorized_dealer"},
    {**COMPLETE, "purchase_date": "2027-01-01"},
    {**COMPLETE, "claim_country": "US"},
    *({**COMPLETE, "problem": problem} for problem in PROBLEMS),
]


@pytest.mark.parametrize("facts", CASES, ids=str)
@pytest.mark.parametrize("day", [5, 30])
def test_the_headline_is_the_note_s(facts: dict[str, object], day: int) -> None:
    """Panel and note never say a verdict in two ways."""
    now = datetime(2026, 5, day, 12, tzinfo=UTC)
    given = {key: value for key, value in facts.items() if value is not None}
    found = assess(ticket(given), MAIN, now)
    said = headline(found.reading, found.verdict, words("en"))
    assert said == notes.headline(found.reading, found.verdict)


def test_the_headline_follows_the_language() -> None:
    """Status, remedy, freight and days in the reader's own words."""
    found = assess(ticket(COMPLETE), MAIN, NOW)
    said = headline(found.reading, found.verdict, words("de"))
    assert said == (
        "ABGEDECKT · Ersatz durch das gleiche Modell · Fracht: SOOCAS · Fall bis 2027-02-01 "
        "(noch 272 Tage)"
    )
