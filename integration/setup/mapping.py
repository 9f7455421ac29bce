"""Which ticket fields of an account could stand for ours: suggested by name and type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from integration.vendors import OwnField

_ALIKE: Final = 0.82
"""How alike two names are at least for one to be suggested; an admin looks at it all the same."""
_OTHER_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "purchase_date": ("date of purchase", "bought on", "order date", "invoice date"),
    "purchase_country": ("country", "purchase country"),
    "claim_country": ("current country", "shipping country"),
    "purchase_channel": ("sales channel", "shop", "store", "seller", "place of purchase"),
    "order_number": ("order", "order id", "order no", "order reference"),
    "serial_number": ("serial", "serial no", "sn", "device serial number"),
    "product_model": ("model", "product", "device model", "product name", "device"),
    "problem": ("issue", "fault", "defect", "kind of problem", "problem type"),
    "fully_refunded": ("refunded",),
    "free_product": ("gift",),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A field of the account that is of the right type; ``alike`` says how near its name is."""

    id: str
    title: str
    alike: float

    @property
    def suggested(self) -> bool:
        """Whether its name says the same."""
        return self.alike >= _ALIKE


def candidates(own: Mapping[str, Iterable[OwnField]]) -> dict[str, list[Candidate]]:
    """For each fact's field, by key, the account's ``own`` fields that could stand for it, the
    likeliest first."""
    found = {}
    for key, some in own.items():
        alike = [Candidate(one.id, one.title, _alike(key, one.title)) for one in some]
        found[key] = sorted(alike, key=lambda c: (-c.alike, c.title))
    return found


def suggestions(found: Mapping[str, Iterable[Candidate]]) -> dict[str, str]:
    """Which field stands for which fact most likely: ids by key. Each field stands for one fact at
    most, the one whose name is nearest."""
    pairs = [(one, key) for key, some in found.items() for one in some if one.suggested]
    chosen: dict[str, str] = {}
    for one, key in sorted(pairs, key=lambda pair: -pair[0].alike):
        if key not in chosen and one.id not in chosen.values():
            chosen[key] = one.id
    return chosen


def _alike(key: str, title: str) -> float:
    """How near a field's title is to what a fact is called: 1 for the same words."""
    names = (key.replace("_", " "), *_OTHER_NAMES.get(key, ()))
    plain = _plain(title)
    return max(SequenceMatcher(None, plain, _plain(name)).ratio() for name in names)


def _plain(text: str) -> str:
    words = re.sub(r"[^a-z0-9]+", " ", text.lower()).split()
    return " ".join(word for word in words if word not in ("of", "the", "warranty", "number", "no"))
