"""The panel's words: in the reader's language, and in English they say what the note says."""

from __future__ import annotations

import string
from datetime import UTC, datetime

import pytest

from integration import notes
from integration.assess import assess
from integration.catalogue import FIELD
from integration.config import Installation
from integration.languages import LANGUAGES
from integration.panel.headline import headline
from integration.panel.translations import TRANSLATIONS
from integration.panel.words import ENGLISH, option_key, words
from policy import FACT
from tests.integration.desk import COMPLETE, NOW, ticket

MAIN = Installation("main")


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_says_all_there_is_to_say(language: str) -> None:
    """No panel is half in one language and half in another: every key, each with the same places to
    fill in, and none empty."""
    texts = TRANSLATIONS[language]
    assert set(texts) == set(ENGLISH)
    for key, text in texts.items():
        assert text.strip() == text != "", key
        assert placeholders(text) == placeholders(ENGLISH[key]), key


SAME: dict[str, set[str]] = {
    # Words that are the same in both.
    "de": {"payer.soocas", "fact.problem", "option.return_route.international"},
    "fr": {"payer.soocas", "option.return_route.international", "fact.inspection"},
    "es": {"payer.soocas", "option.no"},
    "zh-CN": {"payer.soocas"},
}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_is_no_copy(language: str) -> None:
    """Nothing was left in English by mistake."""
    texts = TRANSLATIONS[language]
    assert {key for key, text in texts.items() if text == ENGLISH[key]} == SAME[language]


def test_there_are_the_languages_of_the_package() -> None:
    """Those that its own files are translated to."""
    assert set(TRANSLATIONS) == {"de", "fr", "es", "zh-CN"}
    assert {*TRANSLATIONS, "en"} == set(LANGUAGES)


def test_every_value_of_a_fact_has_a_label() -> None:
    """As it stands in the ticket's field; a yes is a yes for every fact."""
    for fact in FACT.values():
        options = FIELD[fact.name].options
        values = (FIELD[fact.name].values or {}).values()
        if fact.kind in ("choice", "boolean"):
            for (_, label), value in zip(options, values, strict=True):
                assert ENGLISH[option_key(fact.name, value)] == label


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


def test_a_language_that_there_is_not_is_said_in_english() -> None:
    """A sentence in English is better than none."""
    assert words("ja")("clause.X3") == ENGLISH["clause.X3"]
    assert words("de")("clause.X3") == "Nach Ablauf der Garantiezeit nicht abgedeckt."
    assert words("de").count("days.left", 3) == "noch 3 Tage"


PROBLEMS = FACT["problem"].values
CASES: list[dict[str, object]] = [
    {},
    COMPLETE,
    {**COMPLETE, "claim_country": None},
    {**COMPLETE, "purchase_date": "2024-02-01"},
    {**COMPLETE, "troubleshooting": None},
    {**COMPLETE, "troubleshooting": None, "claim_country": None},
    {**COMPLETE, "troubleshooting": None, "claim_country": None, "purchase_date": None},
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


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "the troubleshooting is yours to document · 1 question about the freight"),
        ("de", "die Fehlersuche ist von Ihnen festzuhalten · 1 Frage zur Fracht"),
        ("fr", "le dépannage est à consigner par vous · 1 question sur le port"),
        ("es", "debe usted registrar la solución de problemas · 1 pregunta sobre el envío"),
        ("zh-CN", "故障排查需由您记录 · 关于运费的 1 个问题"),
    ],
)
def test_what_waits_for_the_agent_does_not_wait_for_the_customer(language: str, line: str) -> None:
    """Whose turn it is for the status, and that the question is about the freight alone."""
    facts = {k: v for k, v in COMPLETE.items() if k not in ("troubleshooting", "claim_country")}
    found = assess(ticket(facts), MAIN, NOW)
    said = headline(found.reading, found.verdict, words(language))
    assert said.split(" · ", 1)[1].startswith(line)


@pytest.mark.parametrize("language", TRANSLATIONS)
@pytest.mark.parametrize("facts", CASES, ids=str)
def test_no_english_is_left_in_a_headline(facts: dict[str, object], language: str) -> None:
    """A problem is named in the reader's language too."""
    given = {key: value for key, value in facts.items() if value is not None}
    found = assess(ticket(given), MAIN, NOW)
    said = headline(found.reading, found.verdict, words(language))
    english = headline(found.reading, found.verdict, words("en"))
    assert set(said.split(" · ")).isdisjoint(english.split(" · "))
