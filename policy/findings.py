"""What was found, clause by clause. The words of a finding are made when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

from policy.chapters.window import Window
from policy.clauses import names
from policy.facts import UNKNOWN, Claim
from policy.resolved import Resolved
from policy.settings import Settings
from policy.tables import ENDED, Status

FindingOutcome = Literal["for", "against", "open", "applies"]
Sketch = tuple[str, FindingOutcome, tuple[str, ...]]


class Ground(NamedTuple):
    """What the words of a finding are made from."""

    claim: Claim
    facts: Resolved
    days: Window | None
    deadline: date | None
    today: date
    settings: Settings
    contradicting: tuple[str, ...]


class Finding(NamedTuple):
    """One clause's part in a verdict: whether it speaks ``for`` or ``against``, is ``open`` or
    simply ``applies`` (freight, remedy, transport), and the names of the facts it rests on."""

    clause: str
    outcome: FindingOutcome
    facts: tuple[str, ...]
    ground: Ground

    @property
    def because(self) -> str:
        """One plain sentence on why, with the facts' values."""
        from policy.words import because  # noqa: PLC0415 - words are made only when asked for

        return because(self)

    def __repr__(self) -> str:
        return f"Finding({self.clause!r}, {self.outcome!r}, {self.facts!r})"


# fmt: off
_FACTS: Final[dict[str, tuple[str, ...]]] = {
    "S1": ("problem",), "W1": ("purchase_date", "claim_opened_on"),
    "W2": ("purchase_country", "claim_country"), "F1": ("purchase_country", "claim_country"),
    "R4": ("replacement_shipped_on", "claim_opened_on"), "R5": ("fully_refunded",),
    "E2": ("troubleshooting",), "E3": ("defect_evidence",), "E4": ("inspection",),
    "F3": ("inspection",), "X1": ("proof_of_purchase",), "X2": ("problem",),
    "X3": ("purchase_date", "claim_opened_on"),
    "X4": ("problem", "purchase_date", "claim_opened_on"),
    "X5": ("free_product",), "X6": ("third_party_maintenance",), "X7": ("problem",),
    "X8": ("problem",), "X9": ("purchase_channel",), "U1": ("purchase_channel",),
    "U2": ("purchase_channel",), "T1": ("return_label", "transit_loss_or_damage"),
    "P2": ("problem",), "D2": ("purchase_date", "claim_opened_on"),
}
_FREIGHT: Final[dict[str, Sketch]] = {
    "F1": ("F1", "applies", _FACTS["F1"]), "F2": ("F2", "applies", ("return_kind", "problem")),
    "F3": ("F3", "applies", ("inspection", "problem")), "F4": ("F4", "applies", ("return_route",)),
    "F5": ("F5", "applies", ("return_kind",)),
}
_REMEDY: Final[dict[str, Sketch]] = {
    "R1": ("R1", "applies", ("remedy_preference", "replacement_stock")),
    "R2": ("R2", "applies", ("replacement_stock",)),
    "R3": ("R3", "applies", ("remedy_preference", "replacement_stock")),
    "R4": ("R4", "applies", ("purchase_date",)),
}
_OPEN: Final[dict[str, Sketch]] = {
    "purchase_date": ("W1", "open", ("purchase_date",)),
    "purchase_channel": ("U1", "open", ("purchase_channel",)),
    "purchase_country": ("W2", "open", ("purchase_country",)),
    "claim_country": ("W2", "open", ("claim_country",)),
    "proof_of_purchase": ("E1", "open", ("proof_of_purchase",)),
    "problem": ("S1", "open", ("problem",)),
    "defect_evidence": ("E3", "open", ("defect_evidence",)),
    "troubleshooting": ("E2", "open", ("troubleshooting",)),
}
_DECIDES: Final[dict[Status, FindingOutcome]] = {
    "needs_review": "open", "refer_to_dealer": "against", "not_covered": "against",
    "awaiting_inspection": "open", "refund_eligible": "for", "covered": "for",
    "needs_information": "open",
}
# fmt: on
_DECIDING: Final[dict[tuple[str, Status], Sketch]] = {
    (clause, status): (clause, "applies" if clause == "T1" else outcome, facts)
    for clause, facts in _FACTS.items()
    for status, outcome in _DECIDES.items()
}
_ORDER_NUMBER: Final[Sketch] = ("V1", "for", ("order_number",))
_PROOFS: Final[dict[str, tuple[Sketch, ...]]] = {
    "order_number": (("V1", "for", ("proof_of_purchase",)),),
    "sales_invoice": (("V2", "for", ("proof_of_purchase",)),),
    "both": (("V1", "for", ("proof_of_purchase",)), ("V2", "for", ("proof_of_purchase",))),
    "insufficient": (),
}
_MORE_PROOF: Final[Sketch] = ("V3", "open", ("transferred_ownership", "proof_of_purchase"))
_E2_FOR: Final[Sketch] = ("E2", "for", ("troubleshooting",))
_E3_FOR: Final[Sketch] = ("E3", "for", ("defect_evidence",))
_W1_FOR: Final[Sketch] = ("W1", "for", _FACTS["W1"])
_R4_FOR: Final[Sketch] = ("R4", "for", _FACTS["R4"])
_W2_FOR: Final[Sketch] = ("W2", "for", _FACTS["W2"])
_D2_FOR: Final[Sketch] = ("D2", "for", _FACTS["D2"])
_D1_FOR: Final[Sketch] = ("D1", "for", ("claim_opened_on",))


def find(
    status: Status,
    clauses: int,
    freight: int,
    remedy: int,
    ask: Sequence[str],
    evidence: bool,
    outside: bool | None,
    ground: Ground,
) -> tuple[Finding, ...]:
    """The findings of a verdict: what decided it first, then what is open, what speaks for the
    claim, and what freight and remedy rest on. Sets of clauses are given as integers."""
    facts, contradicting = ground.facts, ground.contradicting
    found: list[Sketch] = []
    if contradicting:
        found.append(("P1", "open", contradicting))
    else:
        for clause in names(clauses):
            if clause == "E5":
                found.append(("E5", "against", _sent_back(facts)))
            elif clause == "S1" and status == "not_covered":
                found.append(("S1", "against", ("inspection",)))
            else:
                found.append(_DECIDING[clause, status])
    found += [_OPEN[fact] for fact in ask]
    if not contradicting and status not in ENDED:
        _favourable(found, clauses, evidence, outside, ground)
    if freight:
        found += [_FREIGHT[clause] for clause in names(freight)]
    if remedy:
        found += [_REMEDY[clause] for clause in names(remedy)]
    # What the named tuple's own constructor comes down to, at half its cost.
    make = tuple.__new__
    return tuple([make(Finding, (*sketch, ground)) for sketch in found])


def _favourable(
    found: list[Sketch], clauses: int, evidence: bool, outside: bool | None, ground: Ground
) -> None:
    """Add what is known to speak for a claim that is still alive, where it does not decide."""
    claim, facts, days, *_ = ground
    if days is not None and not clauses and facts.opened <= days.warranty_ends:
        found.append(_W1_FOR if facts.opened <= days.original_ends else _R4_FOR)
    if outside is False:
        found.append(_W2_FOR)
    if facts.proof_presumed:
        found.append(_ORDER_NUMBER)
    elif facts.proof is not None:
        found += _PROOFS[facts.proof]
    elif claim.transferred_ownership is True and claim.proof_of_purchase is not UNKNOWN:
        found.append(_MORE_PROOF)
    if evidence:
        if facts.troubleshooting == "documented":
            found.append(_E2_FOR)
        if facts.evidence == "verified":
            found.append(_E3_FOR)
    found.append(_D1_FOR if days is None else _D2_FOR)


def _sent_back(facts: Resolved) -> tuple[str, ...]:
    """The facts that say that the wrong item, or none, was sent back."""
    inspected = facts.inspection in ("wrong_item", "not_returned")
    replaced = facts.item in ("wrong_item", "not_returned")
    return ("inspection",) * inspected + ("replaced_item_returned",) * replaced
