"""Returns: inspection, what was or was not sent back, and what happened on the way."""

from __future__ import annotations

from typing import Final

from policy.chapters.case import Case
from policy.facts import Problem

EXCUSABLE: Final[tuple[Problem, ...]] = (
    "lost",
    "external_damage",
    "dropped",
    "extreme_temperature",
    "water_damage",
)
"""T1: the problems that can come about on the way."""


def contradicts(case: Case) -> bool:
    """P1: inspection and problem cannot both be: a confirmed defect that is no defect, or an
    inspection of an item that is lost or stolen."""
    if case.inspection == "defect_confirmed":
        return case.problem != "quality_defect"
    inspected = case.inspection in ("pending", "no_fault_found", "wrong_item")
    return case.problem in ("lost", "stolen") and inspected


def excused_problem(case: Case) -> bool:
    """T1: loss or damage on a label that SOOCAS prepaid is SOOCAS's."""
    return case.transport and case.problem in EXCUSABLE


def T1(case: Case) -> bool:
    """T1: on a prepaid label, whether it excused something: the problem, or an item that never
    arrived."""
    missing = "not_returned" in (case.inspection, case.item)
    return excused_problem(case) or (case.transport and missing)


def E4(case: Case) -> bool:
    """E4: the item is awaited for inspection, or being inspected."""
    return case.inspection == "pending"


def E5(case: Case) -> bool:
    """E5: the wrong item was returned, or none (T1: unless it was lost on a prepaid label)."""
    sent = (case.inspection, case.item)
    return "wrong_item" in sent or ("not_returned" in sent and not case.transport)


def S1_F3(case: Case) -> bool:
    """S1, F3: returned as defective and found working: there is no defect to cover."""
    return case.inspection == "no_fault_found" and case.problem != "not_quality"


def R5(fully_refunded: bool) -> bool:
    """R5: after a full refund there is no warranty."""
    return fully_refunded


def with_soocas(case: Case) -> bool:
    """Whether the item is with SOOCAS, or its defect was seen there: D2 does not run then."""
    return case.inspection in ("pending", "defect_confirmed")
