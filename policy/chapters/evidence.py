"""Requirements: what a claim must come with."""

from __future__ import annotations

from policy.chapters.case import Case
from policy.chapters.returns import excused_problem
from policy.facts import Evidence, Proof, Troubleshooting


def requires_evidence(case: Case) -> bool:
    """Whether E2 and E3 apply: there is a defect to show, and SOOCAS has not seen it itself.

    Not for a return that is no matter of quality, an item damaged on delivery, or what T1 excuses;
    and an inspection that confirmed the defect has settled both.
    """
    return not (
        case.problem in ("not_quality", "damaged_on_delivery")
        or excused_problem(case)
        or case.inspection == "defect_confirmed"
    )


def E2(troubleshooting: Troubleshooting) -> bool:
    """E2: not covered where the buyer declined the troubleshooting that must be documented."""
    return troubleshooting == "declined"


def E3(evidence: Evidence) -> bool:
    """E3: not covered where no verifiable evidence of the defect can be had."""
    return evidence == "insufficient"


def V3(proof: Proof, transferred_ownership: bool) -> bool:
    """V3: from another owner than the first, one kind of proof is not enough."""
    return transferred_ownership and proof in ("order_number", "sales_invoice")
