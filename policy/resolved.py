"""A claim after presumptions: worked out once, on the claim as given."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from policy.chapters.case import Item
from policy.chapters.evidence import V3
from policy.facts import (
    UNKNOWN,
    Channel,
    Claim,
    Evidence,
    Inspection,
    Preference,
    Problem,
    Proof,
    ReturnKind,
    Route,
    Stock,
    Troubleshooting,
)


class Resolved(NamedTuple):
    """The facts that decide, with presumptions in place; None where a fact stays unknown.

    ``channel_presumed`` and ``proof_presumed`` tell whether an order number spoke for them.
    """

    opened: date
    purchase: date | None
    shipped: date | None
    channel: Channel | None
    channel_presumed: bool
    country: str | None
    claim_country: str | None
    proof: Proof | None
    proof_presumed: bool
    problem: Problem | None
    evidence: Evidence | None
    troubleshooting: Troubleshooting | None
    free: bool
    third_party: bool
    refunded: bool
    item: Item
    kind: ReturnKind
    route: Route
    transport: bool
    inspection: Inspection
    preference: Preference
    stock: Stock


def resolve(claim: Claim) -> Resolved:
    """The claim with what is presumed presumed and what is settled settled."""
    proof, proof_presumed = _proof(claim)
    channel, channel_presumed = _channel(claim)
    inspection: Inspection = "not_required"
    if claim.inspection is not UNKNOWN:
        inspection = claim.inspection
    problem, evidence, troubleshooting = (
        claim.problem,
        claim.defect_evidence,
        claim.troubleshooting,
    )
    if inspection == "defect_confirmed":
        # SOOCAS has seen the defect itself: that settles both, whatever they say.
        evidence, troubleshooting = "verified", "documented"
        if problem is UNKNOWN:
            problem = "quality_defect"
    shipped = claim.replacement_shipped_on
    item: Item = "original"
    if shipped is not UNKNOWN:
        returned = claim.replaced_item_returned
        item = "returned" if returned is UNKNOWN else returned
    return Resolved(
        claim.claim_opened_on,
        None if claim.purchase_date is UNKNOWN else claim.purchase_date,
        None if shipped is UNKNOWN else shipped,
        channel,
        channel_presumed,
        None if claim.purchase_country is UNKNOWN else claim.purchase_country,
        None if claim.claim_country is UNKNOWN else claim.claim_country,
        proof,
        proof_presumed,
        None if problem is UNKNOWN else problem,
        None if evidence is UNKNOWN else evidence,
        None if troubleshooting is UNKNOWN else troubleshooting,
        claim.free_product is True,
        claim.third_party_maintenance is True,
        claim.fully_refunded is True,
        item,
        "expected" if claim.return_kind is UNKNOWN else claim.return_kind,
        "domestic" if claim.return_route is UNKNOWN else claim.return_route,
        claim.return_label == "prepaid" and claim.transit_loss_or_damage is True,
        inspection,
        "replacement" if claim.remedy_preference is UNKNOWN else claim.remedy_preference,
        "same_model" if claim.replacement_stock is UNKNOWN else claim.replacement_stock,
    )


def _proof(claim: Claim) -> tuple[Proof | None, bool]:
    """The proof of purchase (None: unknown), and whether it was presumed."""
    given = claim.proof_of_purchase
    presumed = False
    if given is UNKNOWN:
        if claim.order_number is UNKNOWN:
            return None, False
        given, presumed = "order_number", True
    elif given == "sales_invoice" and claim.order_number is not UNKNOWN:
        given = "both"
    if claim.transferred_ownership is True and V3(given, True):
        return None, False
    return given, presumed


def _channel(claim: Claim) -> tuple[Channel | None, bool]:
    """The channel (None: unknown), and whether it was presumed: the official store's own order
    number speaks for it, even where V3 asks for more proof of the owner."""
    if claim.purchase_channel is not UNKNOWN:
        return claim.purchase_channel, False
    if claim.order_number is not UNKNOWN or claim.proof_of_purchase in ("order_number", "both"):
        return "official_store", True
    return None, False
