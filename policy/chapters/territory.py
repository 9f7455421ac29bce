"""Territory: the country or region of purchase."""

from __future__ import annotations

from policy.chapters.case import Case
from policy.settings import CrossBorder


def W2(outside: bool, case: Case, cross_border: CrossBorder) -> bool:
    """W2: a claim from outside is not covered, where the owner reads the policy so.

    Not for a return that is no matter of quality: its refund is no warranty service.
    """
    return outside and cross_border == "not_covered" and case.problem != "not_quality"


def W2_review(outside: bool, case: Case, cross_border: CrossBorder) -> bool:
    """W2, F1: a claim from outside goes to a person, where the owner asks for that."""
    return outside and cross_border == "review" and case.problem != "not_quality"
