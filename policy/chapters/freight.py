"""Freight: who pays it."""

from __future__ import annotations

from policy.facts import Inspection, Problem, ReturnKind, Route


def F1(outside: bool | None) -> bool:
    """F1: the claim is known to come from outside the country or region of purchase."""
    return outside is True


def F2(kind: ReturnKind, problem: Problem | None) -> bool:
    """F2: the return is unexpected, or for a reason other than a defect."""
    return kind == "unexpected" or problem == "not_quality"


def F3(inspection: Inspection, problem: Problem | None) -> bool:
    """F3: returned as defective and found working, unless it was never said to be a defect."""
    return inspection == "no_fault_found" and problem != "not_quality"


def F4(route: Route) -> bool:
    """F4: the item is returned internationally (within a region counts as domestic)."""
    return route == "international"


def F5(kind: ReturnKind) -> bool:
    """F5: the return is unauthorised."""
    return kind == "unauthorized"
