"""What customers may read: whole in every language, and in words that the policy means."""

from __future__ import annotations

import re
import string
from datetime import date

import pytest

from integration.catalogue import MACROS
from integration.languages import ENGLISH, LANGUAGES, nearest
from policy import CLAUSES, FACTS

TRANSLATED = [tag for tag in LANGUAGES if tag != "en"]


def places(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_language_says_all_there_is_to_say(tag: str) -> None:
    """Every text, each with the same places to fill in, trimmed, and nothing else."""
    texts = LANGUAGES[tag].texts
    assert set(texts) == set(ENGLISH.texts)
    for key, text in texts.items():
        assert text.strip() == text != "", key
        assert places(text) == places(ENGLISH.texts[key]), key
        assert "\n" not in text, key


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("key", ["question.first_owner_order", "question.first_owner_both"])
def test_the_question_for_the_seller_comes_after_the_other(tag: str, key: str) -> None:
    """Where the seller is not known either, the question goes on by one sentence."""
    texts = LANGUAGES[tag].texts
    assert texts[f"{key}_or_seller"].startswith(texts[key])
    more = texts[f"{key}_or_seller"].removeprefix(texts[key])
    assert len(more.strip()) > 10
    assert more[-1] in ".。"


@pytest.mark.parametrize("tag", TRANSLATED)
def test_nothing_is_left_in_english(tag: str) -> None:
    """No text was copied and forgotten."""
    for key, text in LANGUAGES[tag].texts.items():
        assert text != ENGLISH.texts[key], key
        assert not re.search(r"\b(the|your|you|warranty)\b", text, re.IGNORECASE), key


def test_the_english_texts_are_the_macros_own() -> None:
    """Greeting and text together are the macro, but for the name."""
    for macro in MACROS:
        greeting = "" if macro.key.startswith("freight") else f"{ENGLISH('greeting')}\n\n"
        without_name = macro.text.replace(" {{ticket.requester.first_name}}", "")
        assert greeting + ENGLISH(macro.key) == without_name
    assert ENGLISH("greeting.named", name="Kim") == "Hello Kim,"


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_clause_that_denies_has_a_reason(tag: str) -> None:
    """No denial goes out without one; and of a clause that there is."""
    keys = [key for key in LANGUAGES[tag].texts if key.startswith("denial.")]
    clauses = {key.split(".")[1] for key in keys}
    assert clauses == {"S1", "R5", "E2", "E3", "E5", "D2", "W2"} | {f"X{n}" for n in range(1, 10)}
    assert clauses <= set(CLAUSES)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_what_an_agent_does_can_be_spoken_of(tag: str) -> None:
    """Each fact that is asked of the agent has words for the phone."""
    for fact in FACTS:
        if fact.asked == "agent":
            assert LANGUAGES[tag](f"spoken.{fact.name}")[-1] in "?？"


@pytest.mark.parametrize(
    ("tag", "threats"),
    [
        ("en", "denied|reject|refuse|legal|liable|terms and conditions"),
        ("de", "abgelehnt|ablehnen|verweiger|rechtlich|haft(en|ung)|AGB|\\b(du|dein|dir|dich)\\b"),
        ("fr", "refus|rejet|juridique|responsab|\\b(tu|ton|ta|tes|toi)\\b"),
        ("es", "rechaz|deneg|legal|responsab|\\b(tú|tu|tus|te|vosotros|vuestr[oa])\\b"),
        ("zh-CN", "拒绝|法律|责任|你"),
    ],
)
def test_nobody_is_threatened_or_spoken_to_too_closely(tag: str, threats: str) -> None:
    """A refusal is friendly, and polite in the language's own way."""
    for key, text in LANGUAGES[tag].texts.items():
        assert not re.search(threats, text, re.IGNORECASE), (key, text)


@pytest.mark.parametrize(
    ("tag", "first", "later"),
    [
        ("en", "1 January 2026", "31 August 2026"),
        ("de", "1. Januar 2026", "31. August 2026"),
        ("fr", "1er janvier 2026", "31 août 2026"),
        ("es", "1 de enero de 2026", "31 de agosto de 2026"),
        ("zh-CN", "2026年1月1日", "2026年8月31日"),
    ],
)
def test_a_day_is_written_out(tag: str, first: str, later: str) -> None:
    """As its readers write it, so that nobody takes the month for the day."""
    language = LANGUAGES[tag]
    assert language.date(date(2026, 1, 1)) == first
    assert language.date(date(2026, 8, 31)) == later
    written = {language.date(date(2026, month, 11)) for month in range(1, 13)}
    assert len(written) == 12


def test_french_signs_do_not_stand_alone_on_a_line() -> None:
    """The space before them does not break."""
    for text in LANGUAGES["fr"].texts.values():
        assert not re.search(r" [:;?!»]|« ", text), text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("de", "de"),
        ("de-CH", "de"),
        ("de-x-informal", "de"),
        ("fr_CA", "fr"),
        ("es-419", "es"),
        ("ZH-cn", "zh-CN"),
        ("zh", "zh-CN"),
        ("zh-Hans-HK", "zh-CN"),
        ("zh-TW", "en"),
        ("zh-Hant", "en"),
        ("en-GB", "en"),
        ("ja", "en"),
        ("deu", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_nearest_language_is_taken(asked: str | None, found: str) -> None:
    """And English where there is none; nobody who reads traditional characters gets the others."""
    assert nearest(asked).tag == found


def test_a_text_that_there_is_not_is_an_error() -> None:
    """Never a message with a key in it."""
    with pytest.raises(KeyError):
        ENGLISH("no such text")
