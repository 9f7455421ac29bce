"""The words of the panel in the reader's language; in English where there is none near.

Everything that the app itself says to an agent goes through here, by a key. What stands on the
ticket does not, and what is written to customers has words of its own (``languages``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from integration.catalogue import ACCEPT, FIELD, HOLD, PAYER_LABELS, STATUS_LABELS
from integration.panel import sentences
from integration.panel.translations import TRANSLATIONS
from policy import CLAUSES, FACT, FACTS, PRESUMPTIONS, REASONS, REMEDIES

_DECISIONS: Final = {
    (FIELD["agent_decision"].values or {})[option]: label
    for option, label in FIELD["agent_decision"].options
}


def _title(fact: str) -> str:
    title = FIELD[fact].title.removeprefix("Warranty: ")
    return title[:1].upper() + title[1:]


def _options() -> Mapping[str, str]:
    """The label of each value that a fact is chosen from; a yes is a yes for every fact."""
    return {
        option_key(fact.name, value): label
        for fact in FACTS
        if fact.kind in ("choice", "boolean")
        for (_, label), value in zip(
            FIELD[fact.name].options, (FIELD[fact.name].values or {}).values(), strict=True
        )
    }


def option_key(fact: str, value: str | bool) -> str:
    """The key of a value's label."""
    if isinstance(value, bool):
        return "option.yes" if value else "option.no"
    return f"option.{fact}.{value}"


_HINTED: Final = tuple(fact.name for fact in FACTS if fact.asked and fact.kind != "text")

ENGLISH: Final[Mapping[str, str]] = {
    **{f"status.{key}": label for key, label in STATUS_LABELS.items()},
    **{f"payer.{key}": label for key, label in PAYER_LABELS.items()},
    **{f"remedy.{key}": text for key, text in REMEDIES.items()},
    **{f"clause.{key}": clause.sentence for key, clause in CLAUSES.items()},
    **{f"reason.{key}": text for key, text in REASONS.items()},
    **{f"fact.{key}": _title(key) for key in FACT},
    **{f"presumed.{key}": text for key, text in PRESUMPTIONS.items()},
    **{f"decision.{key}": label for key, label in _DECISIONS.items()},
    **_options(),
    **{f"problem.{value}": value.replace("_", " ") for value in FACT["problem"].values},
    **{f"hint.{name}": FIELD[name].help for name in _HINTED},
    **sentences.ENGLISH,
    "expected.date": "a date as YYYY-MM-DD",
    "expected.choice": "one of {options}",
    "expected.country": "an ISO 3166-1 alpha-2 country code, such as DE",
    "expected.text": "text",
    "timeline.purchase": "Purchase",
    "timeline.opened": "Claim opened",
    "timeline.today": "Today",
    "timeline.warranty_end": "Warranty ends",
    "timeline.claim_deadline": "Claim deadline",
    "timeline.refund_window": "Refund window ends",
    "ask.troubleshooting": "Go through the troubleshooting with the customer and document it.",
    "freight.open": "Missing: {facts}.",
    "headline.document": "the troubleshooting is yours to document",
    "headline.questions.one": "1 question to the customer",
    "headline.questions.other": "{count} questions to the customer",
    "headline.freight_questions.one": "1 question about the freight",
    "headline.freight_questions.other": "{count} questions about the freight",
    "headline.freight": "freight: {payer}",
    "headline.until": "claim until {day}",
    "days.left.one": "1 day left",
    "days.left.other": "{count} days left",
    "days.ago.one": "1 day ago",
    "days.ago.other": "{count} days ago",
    "days.last": "today is the last day",
}
assert {ACCEPT, HOLD} <= set(_DECISIONS)


@dataclass(frozen=True, slots=True)
class Words:
    """Texts by key. ``language`` is the one that they are in."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with ``values`` filled in. KeyError for a key that there is not."""
        text = self.texts.get(key) or ENGLISH[key]
        return text.format_map(values) if values else text

    def count(self, key: str, number: int) -> str:
        """A text that depends on a number of things."""
        return self(f"{key}.{'one' if number == 1 else 'other'}", count=number)

    def because(self, sentence: str) -> str:
        """A sentence of the policy's on a claim's facts, which it says in English."""
        return sentence if self.language == "en" else sentences.translated(sentence, self)


def words(language: str) -> Words:
    """The words in a language (``de``, ``de-CH``, ``zh-cn``), or the nearest there are."""
    wanted = language.replace("_", "-").lower()
    for name, texts in TRANSLATIONS.items():
        if name.lower() == wanted:
            return Words(name, texts)
    for name, texts in TRANSLATIONS.items():
        if name.partition("-")[0].lower() == wanted.partition("-")[0]:
            return Words(name, texts)
    return Words("en", {})
