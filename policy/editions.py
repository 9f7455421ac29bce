"""The numbers of the policy, in editions.

An edition has a start only; it holds until the next one starts. A claim is judged by the edition in
force on its purchase date; before the first edition, the first.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple


class Edition(NamedTuple):
    """One edition of the policy's terms.

    ``holds_from`` is the first purchase date it applies to. ``warranty_months`` is W1's year,
    ``claim_days`` D1's 30 days, ``refund_days`` X4's 30 days, ``replacement_months`` R4's three
    months.
    """

    id: str
    holds_from: date
    warranty_months: int
    claim_days: int
    refund_days: int
    replacement_months: int


EDITIONS: Final[tuple[Edition, ...]] = (
    # The published text names no day from which it holds, so it holds for every purchase date.
    Edition("soocas-1", date.min, 12, 30, 30, 3),
)
"""Sorted by ``holds_from``."""


def edition_on(purchase: date, editions: tuple[Edition, ...] = EDITIONS) -> Edition:
    """The edition in force on a purchase date."""
    for edition in reversed(editions):
        if edition.holds_from <= purchase:
            return edition
    return editions[0]
