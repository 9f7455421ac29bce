"""Exclusions: what the warranty does not cover."""

from __future__ import annotations

from policy.chapters.case import Case, Item
from policy.chapters.returns import excused_problem
from policy.facts import Channel, Proof


def X1(proof: Proof) -> bool:
    """X1: not covered without adequate proof of purchase; the buyer was asked and has no more."""
    return proof == "insufficient"


def X2(case: Case) -> bool:
    """X2: not covered if lost or stolen (T1: unless lost on a prepaid label)."""
    return case.problem in ("lost", "stolen") and not excused_problem(case)


def X5(free_product: bool, item: Item) -> bool:
    """X5: free products are not covered; an item sent under warranty is not a gift."""
    return free_product and item == "original"


def X6(third_party_maintenance: bool) -> bool:
    """X6: not covered after maintenance by a third party."""
    return third_party_maintenance


def X7(case: Case) -> bool:
    """X7: damage from external sources is not covered (T1: unless on a prepaid label)."""
    return case.problem == "external_damage" and not excused_problem(case)


def X8(case: Case) -> bool:
    """X8: abuse is not covered: falls, extreme temperatures, water (T1: unless on a prepaid label),
    improper operation."""
    abuse = ("dropped", "extreme_temperature", "water_damage", "improper_operation")
    return case.problem in abuse and not excused_problem(case)


def X9(channel: Channel) -> bool:
    """X9, U1: a purchase from an unauthorised seller is not covered."""
    return channel == "unauthorized_seller"


def U2(channel: Channel) -> bool:
    """U2: what an authorised dealer sold, that dealer handles."""
    return channel == "authorized_dealer"
