"""Remedy: what a covered buyer gets."""

from __future__ import annotations

from typing import Literal

from policy.facts import Preference, Stock

RemedyKind = Literal["refund", "replacement_same_model", "replacement_new_product", "none"]


def R3(preference: Preference, stock: Stock) -> bool:
    """R3: a refund, where the buyer prefers it or no replacement can be had."""
    return preference == "refund" or stock == "none"


def R2(stock: Stock) -> bool:
    """R2: a new product of another model, where only that is in stock."""
    return stock == "other_model"


def R1(preference: Preference, stock: Stock) -> RemedyKind:
    """R1: the same model, unless R3 or R2 applies."""
    if R3(preference, stock):
        return "refund"
    return "replacement_new_product" if R2(stock) else "replacement_same_model"
