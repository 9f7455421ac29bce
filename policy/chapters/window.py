"""The warranty period and the claim window: what has ended by when.

Every last day is included.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from policy.dates import add_days, add_months
from policy.editions import Edition


class Window(NamedTuple):
    """The days that a purchase date leads to.

    ``original_ends`` is W1's year alone, ``warranty_ends`` with a replacement's term (R4),
    ``refund_ends`` X4's 30 days, ``claim_ends`` the later of the warranty's end and D1's 30 days.
    """

    original_ends: date
    warranty_ends: date
    refund_ends: date
    claim_ends: date


def window(purchase: date, opened: date, shipped: date | None, terms: Edition) -> Window:
    """The days on which a claim's terms end, from its purchase date."""
    original = W1(purchase, terms)
    ends = original if shipped is None else max(original, R4(shipped, terms))
    return Window(original, ends, refund_ends(purchase, terms), max(ends, D1(opened, terms)))


def W1(purchase: date, terms: Edition) -> date:
    """W1: the last day of the warranty, one year from the purchase date."""
    return add_months(purchase, terms.warranty_months)


def R4(shipped: date, terms: Edition) -> date:
    """R4: the last day of a replacement's own term, three months from its dispatch."""
    return add_months(shipped, terms.replacement_months)


def D1(opened: date, terms: Edition) -> date:
    """D1: the last day before a claim lapses, 30 days after it was opened."""
    return add_days(opened, terms.claim_days)


def refund_ends(purchase: date, terms: Edition) -> date:
    """X4: the last day of the refund for what is no matter of quality, 30 days from purchase."""
    return add_days(purchase, terms.refund_days)


def X3(opened: date, days: Window) -> bool:
    """X3: the claim was opened after the warranty had ended."""
    return opened > days.warranty_ends


def X4(opened: date, days: Window) -> bool:
    """X4: the claim was opened after the 30 days for a refund."""
    return opened > days.refund_ends


def D2(today: date, days: Window) -> bool:
    """D2: nothing is processed after the warranty or the 30 days, whichever ends later."""
    return today > days.claim_ends


def own_term_only(opened: date, days: Window) -> bool:
    """R4: W1's year was over when the claim was opened; only a replacement's term may still run."""
    return opened > days.original_ends
