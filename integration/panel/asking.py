"""What is missing, and what to ask next: the question whose answers leave the least to ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from integration import claims, replies
from integration.assess import Assessment, judged
from integration.config import Installation
from integration.helpdesks import Bindings
from integration.languages import ENGLISH, Language, nearest
from integration.panel.fields import options
from integration.panel.words import Words
from integration.records import GIVEN
from policy import FACT, UNKNOWN, Ask, Verdict

_PURCHASED: Final = (10, 100, 400)
"""Days before the claim: still within a refund's, within the warranty's, and after both."""
_COUNTRIES: Final = ("DE", "US")
_BY_ORDER: Final = ("purchase_channel", "proof_of_purchase")


def missing(
    found: Assessment, bindings: Bindings, words: Words, customer: Language = ENGLISH
) -> list[dict[str, Any]]:
    """Each fact that is asked for, once: whom to ask, in which field (the helpdesk's number) the
    answer belongs, and how to ask for it alone.

    To be said aloud there is ``ask``, in the agent's language, and ``ask_customer``, in the
    customer's. ``options`` are the answers to choose from, labelled in the agent's language (None
    where any may be given: a date, a country); ``hint`` says when to choose which. ``also`` are
    fields that the same answer may fill. ``question`` is as in the note, in English.
    """
    return [
        {
            "fact": ask.fact,
            "title": words(f"fact.{ask.fact}"),
            "of": ask.of,
            "field": bindings.fields.get(ask.fact),
            "question": _question(found, ask, words, ENGLISH),
            "kind": FACT[ask.fact].kind,
            "ask": _question(found, ask, words, nearest(words.language)),
            "ask_customer": _aloud(found, ask, words, customer),
            "options": options(ask.fact, bindings, words) if FACT[ask.fact].values else None,
            "hint": words(f"hint.{ask.fact}"),
            "also": [
                {"fact": fact, "title": words(f"fact.{fact}"), "field": bindings.fields.get(fact)}
                for fact in _also(found, ask)
            ],
        }
        for ask in asks(found.verdict)
    ]


def asks(verdict: Verdict) -> list[Ask]:
    """What a verdict asks for, for the status first, then for the freight."""
    return list({ask.fact: ask for ask in (*verdict.ask, *verdict.freight.ask)}.values())


def next_question(found: Assessment, installation: Installation) -> str | None:
    """The fact to ask for next: the one that, over its answers, leaves the least to ask."""
    wanted = asks(found.verdict)
    if len(wanted) < 2:
        return wanted[0].fact if wanted else None
    facts = claims.told(found.reading, GIVEN)
    day = found.verdict.decided_on

    def left(fact: str) -> float:
        verdicts = [
            judged({**facts, fact: answer}, day, installation) for answer in _answers(found, fact)
        ]
        open_ = [len(asks(one)) for one in verdicts if one is not None]
        return sum(open_) / len(open_) if open_ else float("inf")

    return min((ask.fact for ask in wanted), key=left)


def _answers(found: Assessment, name: str) -> Sequence[str | bool]:
    fact, claim = FACT[name], found.reading.claim
    if fact.kind == "date":
        opened = claim.claim_opened_on
        return [_before(opened, days).isoformat() for days in _PURCHASED]
    if fact.kind == "country":
        known = (claim.purchase_country, claim.claim_country)
        there = next((one for one in known if isinstance(one, str)), _COUNTRIES[0])
        return [there, next(one for one in _COUNTRIES if one != there)]
    return (True, False) if fact.kind == "boolean" else fact.values or (GIVEN,)


def _before(day: date, days: int) -> date:
    return day - timedelta(days) if day.toordinal() > days else date.min


def _question(found: Assessment, ask: Ask, words: Words, language: Language) -> str | None:
    if ask.of == "agent":
        return words(f"ask.{ask.fact}")
    verdict = found.verdict
    alone = verdict._replace(ask=(ask,), freight=verdict.freight._replace(ask=()))
    return next(iter(replies.questions(found.reading, alone, language)), None)


def _aloud(found: Assessment, ask: Ask, words: Words, customer: Language) -> str | None:
    if ask.of == "agent":
        return customer(f"spoken.{ask.fact}")
    return _question(found, ask, words, customer)


def _also(found: Assessment, ask: Ask) -> tuple[str, ...]:
    """An order number settles where the product was bought, and proves it."""
    claim = found.reading.claim
    told = claim.order_number is not UNKNOWN or claim.proof_of_purchase == "order_number"
    return () if told or ask.fact not in _BY_ORDER else ("order_number",)
