"""Claims to measure with: sound ones with facts left out, and a mix as varied as real ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations
from random import Random
from typing import Any, Final

from policy import FACT, FACTS

TODAY: Final = date(2026, 3, 10)
OPENED: Final = date(2026, 3, 5)

COMPLETE: Final[dict[str, Any]] = {
    "claim_opened_on": OPENED.isoformat(),
    "purchase_date": "2025-11-20",
    "purchase_channel": "official_store",
    "purchase_country": "DE",
    "claim_country": "DE",
    "order_number": "W-10023",
    "serial_number": "SN-4711",
    "product_model": "X3",
    "proof_of_purchase": "both",
    "problem": "quality_defect",
    "defect_evidence": "verified",
    "troubleshooting": "documented",
}
"""Nothing left to ask; the facts that nobody is asked for are presumed, as in most claims."""

_MISSABLE: Final = tuple(
    name for name in COMPLETE if FACT[name].asked and FACT[name].kind != "text"
)
_PRESUMABLE: Final = tuple(fact for fact in FACTS if fact.presumed is not None)


def without(count: int) -> Iterator[dict[str, Any]]:
    """The complete claim with every choice of that many facts missing that could be asked for.

    The order number goes with the facts that it would speak for.
    """
    for missing in combinations(_MISSABLE, count):
        record = {name: value for name, value in COMPLETE.items() if name not in missing}
        if {"purchase_channel", "proof_of_purchase"} & set(missing):
            del record["order_number"]
        if "purchase_channel" in missing and "proof_of_purchase" in record:
            record["proof_of_purchase"] = "sales_invoice"  # which does not speak for the channel
        yield record


def mix(count: int, seed: int = 20260310) -> Iterator[dict[str, Any]]:
    """Different claims, the same ones for the same seed: dates on both sides of every term, facts
    missing by ones, threes and more, now and then one that speaks against the claim."""
    random = Random(seed)  # noqa: S311 - to vary, not to hide
    for number in range(count):
        opened = TODAY - timedelta(random.choice((0, 2, 5, 12, 29, 31, 45)))
        bought = opened - timedelta(random.choice((3, 20, 30, 31, 90, 200, 364, 367, 500)))
        record = {
            **COMPLETE,
            "id": number,
            "claim_opened_on": opened.isoformat(),
            "purchase_date": bought.isoformat(),
        }
        if random.random() < 0.15:
            shipped = opened - timedelta(random.choice((1, 40, 80, 100)))
            record["replacement_shipped_on"] = max(bought, shipped).isoformat()
        if random.random() < 0.1:
            record["purchase_channel"] = random.choice(FACT["purchase_channel"].values)
        for name in random.sample(_MISSABLE, random.choice((0, 0, 1, 1, 2, 3, 5))):
            del record[name]
        if random.random() < 0.4:
            del record["order_number"]
        if random.random() < 0.3:
            record["claim_country"] = random.choice(("FR", "US"))
        for fact in random.sample(_PRESUMABLE, random.choice((0, 0, 1, 2, 4))):
            record[fact.name] = random.choice(fact.values or (True, False))
        if random.random() < 0.4:
            record["problem"] = random.choice(FACT["problem"].values)
        elif random.random() < 0.1:
            record |= {"problem": "not_quality", "purchase_date": opened.isoformat()}
        yield record
