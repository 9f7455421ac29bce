"""Which presumptions a verdict rests on: those whose other value would change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policy.chapters.case import Item
from policy.chapters.returns import EXCUSABLE
from policy.clauses import mask
from policy.facts import UNKNOWN, Claim, Inspection
from policy.resolved import Resolved
from policy.tables import COVERED, EXPIRED, INSPECTION, LATE, Key, Row
from policy.unknowns import View, apart, possible

_X5 = mask("X5")
_SINGLE = ("order_number", "sales_invoice")
_INSPECTIONS: Final[tuple[Inspection, ...]] = (
    "wrong_item",
    "pending",
    "defect_confirmed",
    "not_returned",
    "no_fault_found",
)


def presumptions(
    claim: Claim,
    facts: Resolved,
    view: View,
    statuses: int,
    denied: int,
    lethal: int,
    replaced_days: tuple[int, ...],
    table: Mapping[Key, tuple[Row, ...]],
    buyer_pays: bool,
) -> tuple[str, ...]:
    """The presumed facts of which another value would change ``statuses`` or, for a claim that is
    accepted or inspected, who pays the freight; in the order of the table of facts.

    ``denied`` is what ``statuses`` would be were the claim refused for a reason of its own, which
    is what most other values come to. The alternative is judged as if it had been given. Only for
    claims that do not contradict themselves.
    """
    found: list[str] = []
    refusable = statuses != denied
    if facts.channel_presumed:
        found.append("purchase_channel")  # an authorised dealer's claim would be the dealer's
    if facts.proof_presumed and refusable:
        found.append("proof_of_purchase")
    if claim.transferred_ownership is UNKNOWN and facts.proof in _SINGLE and denied & ~statuses:
        # V3: the one proof would count as unknown, and might turn out insufficient.
        found.append("transferred_ownership")
    if refusable:
        if claim.free_product is UNKNOWN and facts.item == "original":
            found.append("free_product")
        if claim.third_party_maintenance is UNKNOWN:
            found.append("third_party_maintenance")
        if claim.fully_refunded is UNKNOWN:
            found.append("fully_refunded")
    problem, inspection, transport, item = (
        facts.problem,
        facts.inspection,
        facts.transport,
        facts.item,
    )
    if facts.shipped is None:
        if (facts.free or any(day & (EXPIRED | LATE) for day in view.days)) and (
            as_replacement(view, facts, "returned", lethal, replaced_days, table) != statuses
        ):
            found.append("replacement_shipped_on")
    elif claim.replaced_item_returned is UNKNOWN and (
        refusable
        or (
            transport
            and possible(view._replace(rows=table[problem, inspection, True, "not_returned"]))
            != statuses
        )
    ):
        found.append("replaced_item_returned")
    if statuses in (COVERED, INSPECTION) and not buyer_pays:
        if claim.return_kind is UNKNOWN:
            found.append("return_kind")
        if claim.return_route is UNKNOWN:
            found.append("return_route")
    label, transit = claim.return_label, claim.transit_loss_or_damage
    if (
        not transport
        and label != "own"
        and transit is not False
        and (problem is None or problem in EXCUSABLE or "not_returned" in (inspection, item))
        and possible(view._replace(rows=table[problem, inspection, True, item])) != statuses
    ):
        if label is UNKNOWN:
            found.append("return_label")
        if transit is UNKNOWN:
            found.append("transit_loss_or_damage")
    if claim.inspection is UNKNOWN:
        for other in _INSPECTIONS:
            if refusable and other == "wrong_item" and table[problem, other, transport, item]:
                found.append("inspection")  # E5, so the claim would be refused
                break
            rows = table[problem, other, transport, item]
            if rows and possible(view._replace(rows=rows)) != statuses:
                found.append("inspection")
                break
    return tuple(found)


def as_replacement(
    view: View,
    facts: Resolved,
    item: Item,
    lethal: int,
    replaced_days: tuple[int, ...],
    table: Mapping[Key, tuple[Row, ...]],
) -> int:
    """The statuses that would be possible were the item a replacement, sent on the most favourable
    day: the day the claim was opened. It would then be no gift, so X5 would fall away."""
    rows = table[facts.problem, facts.inspection, facts.transport, item]
    statuses, alive = apart(facts.channel, facts.proof is None, lethal & ~_X5)
    return possible(view._replace(rows=rows, days=replaced_days, apart=statuses, alive=alive))
