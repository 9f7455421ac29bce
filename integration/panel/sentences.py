# ruff: noqa: E501 - one text a line reads as the table it is
"""The sentences on a claim's facts, in the reader's language.

The policy says them in English, with the facts' values in them; here each is known by its form, so
that its values can stand in a translation. A form that is not known is said in English: a sentence
that is new in the policy is never lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from policy import FACT, FACT_NAMES

Say = Callable[..., str]
"""The text of a key in the reader's language, with values filled in."""

ENGLISH: Final[Mapping[str, str]] = {
    "because.contradict": "{first} ({was}) and {second} ({other}) contradict each other.",
    "because.future": "{first} ({was}) lies in the future.",
    "because.open": "Not known yet: {facts}.",
    "because.any_problem": "The problem is not known, and whatever it turns out to be, this is the outcome.",
    "because.problem": "The problem is {problem}.",
    "because.not_given": "not given",
    "because.working": "The inspection found the item in working order.",
    "because.confirmed": "The inspection confirmed a defect in materials or workmanship.",
    "because.term": "Bought on {bought}, covered until {ends}; the claim was opened on {opened}.",
    "because.term.any": "On every purchase date that is possible, the claim was opened within the warranty.",
    "because.region": "Bought in {bought} and claimed in {claimed}, which count as one region.",
    "because.region.same": "Bought and claimed in {country}.",
    "because.region.outside": "Bought in {bought}, claimed in {claimed}, which is outside the region of purchase.",
    "because.region.if": "If the claim is from outside the region of purchase, that stands against it.",
    "because.replacement": "The item is a replacement sent on {shipped}, and its own term still ran when the claim was opened on {opened}.",
    "because.replacement.keeps": "A replacement keeps the original's warranty, or three months if that is longer.",
    "because.same_model": "The same model is in stock, and the buyer did not ask for a refund.",
    "because.other_model": "Only another model is in stock.",
    "because.prefers_refund": "The buyer prefers a refund.",
    "because.no_stock": "No replacement is in stock.",
    "because.refunded": "The purchase was refunded in full.",
    "because.steps": "The buyer's troubleshooting is documented.",
    "because.steps.if": "If troubleshooting is declined, that stands against the claim.",
    "because.steps.declined": "The buyer declined the troubleshooting.",
    "because.evidence": "The evidence of the defect was verified.",
    "because.evidence.if": "If no evidence of the defect can be had, that stands against the claim.",
    "because.evidence.none": "The buyer was asked, and no sufficient evidence of the defect can be had.",
    "because.inspect": "The item is to be inspected, and the result is not in yet.",
    "because.inspect.other": "Instead of the item for inspection, another item was sent back.",
    "because.inspect.late": "The item for inspection was not sent back in time.",
    "because.replaced.other": "Instead of the replaced item, another item was sent back.",
    "because.replaced.late": "The replaced item was not sent back in time.",
    "because.order.given": "The order number of the official website was given.",
    "because.order.shown": "The order number of the official website was shown.",
    "because.invoice": "A sales invoice was shown.",
    "because.changed_hands": "The item changed hands, so one proof of purchase is not enough.",
    "because.proof.if": "If the proof of purchase turns out insufficient, that stands against the claim.",
    "because.proof.none": "The buyer was asked, and no sufficient proof of purchase can be had.",
    "because.lost": "The item was lost.",
    "because.stolen": "The item was stolen.",
    "because.late.one": "The claim was opened on {opened}, 1 day after the warranty ended on {ends}.",
    "because.late.other": "The claim was opened on {opened}, {count} days after the warranty ended on {ends}.",
    "because.late.any": "The purchase date is not known; on days that it could be, the warranty had ended.",
    "because.refund.within": "The problem is no matter of quality, and the claim was opened on {opened}, within the days for a refund, which end on {ends}.",
    "because.refund.after": "The problem is no matter of quality, and the claim was opened on {opened}, after the days for a refund, which ended on {ends}.",
    "because.refund.if": "If the problem is no matter of quality, the 30 days for a refund decide.",
    "because.free": "The item was free.",
    "because.third_party": "A third party worked on the item.",
    "because.seller": "The item was bought from a seller whom SOOCAS has not authorised.",
    "because.dealer": "The item was bought from an authorised dealer.",
    "because.window": "The claim was opened on {opened} and stays open until {ends}.",
    "because.window.open": "The claim can be processed until {ends}.",
    "because.window.over": "The claim could be processed until {ends}; that day is past.",
    "because.window.any": "The purchase date is not known; on days that it could be, the claim's time is up.",
    "because.return.unexpected": "The return was not expected.",
    "because.return.reason": "The return is for a reason other than a defect.",
    "because.return.international": "The item is returned internationally.",
    "because.return.unauthorized": "The return was not authorised.",
    "because.transit": "The item was lost or damaged on the way, on a label that SOOCAS prepaid.",
    "because.delivery": "The item was damaged on delivery; the policy does not say who bears that.",
}
"""Each sentence by a key; ``because.not_given`` is a value in one."""

_PROBLEMS: Final[Mapping[str, str]] = {
    "a defect in quality": "quality_defect",
    "that the item was lost": "lost",
    "that the item was stolen": "stolen",
    "that the item was dropped": "dropped",
    "extreme temperature": "extreme_temperature",
    "water damage": "water_damage",
    "improper operation": "improper_operation",
    "damage from an external source": "external_damage",
    "damage on delivery": "damaged_on_delivery",
    "no matter of quality": "not_quality",
}
_FACT_OF: Final[Mapping[str, str]] = {name.lower(): fact for fact, name in FACT_NAMES.items()}
_PLACE: Final = re.compile(r"\\{(\w+)\\}")


def _any_of(texts: Mapping[str, str]) -> str:
    return "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))


_NAMES: Final = f"(?i:{_any_of(_FACT_OF)})"
_FORMS: Final[Mapping[str, str]] = {
    "first": _NAMES,
    "second": _NAMES,
    "facts": f"{_NAMES}(?: and {_NAMES})*",
    "problem": _any_of(_PROBLEMS),
    "count": r"\d+",
    **dict.fromkeys(("opened", "ends", "shipped"), r"\d{4}-\d\d-\d\d"),
}
"""What may stand in a place; elsewhere whatever does, a country or a value."""


def _pattern(text: str) -> re.Pattern[str]:
    form = _PLACE.sub(lambda one: f"(?P<{one[1]}>{_FORMS.get(one[1], '.+?')})", re.escape(text))
    return re.compile(form)


_PATTERNS: Final = tuple(
    (key, _pattern(text)) for key, text in ENGLISH.items() if key != "because.not_given"
)


def known(sentence: str) -> tuple[str, dict[str, str]] | None:
    """The key of a sentence, and what stands in its places; None for one that is not known."""
    for key, pattern in _PATTERNS:
        found = pattern.fullmatch(sentence)
        if found is not None:
            return key, found.groupdict()
    return None


def translated(sentence: str, say: Say) -> str:
    """A sentence of the policy's, as ``say`` has it; as it stands where its form is not known."""
    found = known(sentence)
    if found is None:
        return sentence
    key, places = found
    values = {name: _value(name, text, places, say) for name, text in places.items()}
    return say(key, **values) if values else say(key)


def _value(place: str, text: str, places: Mapping[str, str], say: Say) -> str:
    if place == "problem":
        return say(f"problem.{_PROBLEMS[text]}")
    if place in ("first", "second"):
        return say(f"fact.{_FACT_OF[text.lower()]}")
    if place == "facts":
        names = re.findall(_NAMES, text)
        return ", ".join(say(f"fact.{_FACT_OF[name.lower()]}") for name in names)
    if place in ("was", "other"):
        fact = _FACT_OF[places["first" if place == "was" else "second"].lower()]
        return _worth(fact, text, say)
    return text


def _worth(fact: str, text: str, say: Say) -> str:
    """The value of a fact in a contradiction: one of its named values, a date, or that there is
    none."""
    if text == "not given":
        return say("because.not_given")
    value = text.replace(" ", "_")
    return say(f"option.{fact}.{value}") if value in FACT[fact].values else text
