"""Every clause of the warranty: its id, where it stands in the published policy, and one sentence.

The ids are the interface: a finding, a story, a tag, a changelog entry names a clause by its id.
The sentences are this project's own words for the policy's. The order here is the order in which
clauses are listed everywhere.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Clause(NamedTuple):
    """One clause: ``id``, ``where`` in the policy it stands, and its ``sentence``."""

    id: str
    where: str
    sentence: str


def _c(clause_id: str, where: str, sentence: str) -> tuple[str, Clause]:
    return clause_id, Clause(clause_id, where, sentence)


# fmt: off
CLAUSES: Final[dict[str, Clause]] = dict((
    _c("S1", "opening", "Defects in materials and workmanship are covered, in normal use, within the warranty period."),
    _c("W1", "warranty period", "Products sold by the official website are covered for one year from the purchase date."),
    _c("W2", "territory", "The warranty applies only in the country or region of purchase."),
    _c("R1", "remedy", "A covered product is replaced by the same model of the same value."),
    _c("R2", "remedy", "Where the same model cannot be had, another new product is sent."),
    _c("R3", "remedy", "A refund is given where a replacement is not feasible or not what the buyer chose."),
    _c("R4", "remedy", "A replacement is covered as long as the original was, or for three months from its dispatch, whichever is longer."),
    _c("R5", "remedy", "After a full refund there is no warranty."),
    _c("E1", "requirement 1", "The buyer provides sufficient proof of purchase."),
    _c("E2", "requirement 2", "The buyer's troubleshooting is documented."),
    _c("E3", "requirement 3", "Verifiable evidence of the defect is required; a serial number alone is not enough."),
    _c("E4", "requirement 4", "The item may have to be returned for inspection."),
    _c("E5", "requirement 5", "If the wrong item or none is sent back, the replacement's warranty is void."),
    _c("V1", "voucher 1", "The order number of the official website proves the purchase."),
    _c("V2", "voucher 2", "A sales invoice proves the purchase."),
    _c("V3", "voucher 3", "In certain cases more than one proof of purchase may be asked for."),
    _c("D1", "claim window", "A claim lapses 30 days after it was opened."),
    _c("D2", "claim window", "Nothing is processed after the warranty period or the 30 days, whichever ends later."),
    _c("F1", "freight 1", "For a claim outside the country or region of purchase the buyer pays the freight."),
    _c("F2", "freight 2", "For an unexpected return, or one for a reason other than a defect, the buyer pays the freight."),
    _c("F3", "freight 3", "For an item returned as defective and found working the buyer pays the freight, and there is no 30-day refund."),
    _c("F4", "freight 4", "For a defective item returned internationally the buyer pays the freight."),
    _c("F5", "freight 5", "For an unauthorised return the buyer pays the freight."),
    _c("X1", "exclusion 1", "Not covered without adequate proof of purchase."),
    _c("X2", "exclusion 2", "Lost or stolen products are not covered."),
    _c("X3", "exclusion 3", "Not covered once the warranty period has expired."),
    _c("X4", "exclusion 4", "Problems that are no matter of quality are refunded within 30 days of purchase, and not covered after."),
    _c("X5", "exclusion 5", "Free products are not covered."),
    _c("X6", "exclusion 6", "Not covered after maintenance by a third party."),
    _c("X7", "exclusion 7", "Damage from external sources is not covered."),
    _c("X8", "exclusion 8", "Damage by abuse is not covered: falls, extreme temperatures, water, improper operation."),
    _c("X9", "exclusion 9", "Purchases from an unauthorised dealer are not covered."),
    _c("T1", "transport", "On a label that SOOCAS prepaid, loss or damage on the way is SOOCAS's."),
    _c("U1", "unauthorised products", "Only the official store and authorised dealers count; nothing else is guaranteed."),
    _c("U2", "dealers", "A product bought from an authorised dealer is handled by that dealer."),
    _c("P1", "not in the policy", "The facts contradict each other, so a person looks."),
    _c("P2", "not in the policy", "The policy is silent on this, so a person decides."),
))
# fmt: on

BIT: Final[dict[str, int]] = {clause: 1 << place for place, clause in enumerate(CLAUSES)}
"""Each clause as one bit, so that a set of clauses is one integer."""

_IDS: Final = tuple(CLAUSES)


def mask(*clauses: str) -> int:
    """The set of these clauses as one integer."""
    return sum(BIT[clause] for clause in clauses)


_NAMED: Final[dict[int, tuple[str, ...]]] = {0: ()}


def names(clauses: int) -> tuple[str, ...]:
    """The ids of a set of clauses, in the order of this page."""
    found = _NAMED.get(clauses)
    if found is None:
        found = tuple(_IDS[place] for place in range(clauses.bit_length()) if clauses >> place & 1)
        if len(_NAMED) < 4096:  # the combinations that occur are few; never unbounded
            _NAMED[clauses] = found
    return found
