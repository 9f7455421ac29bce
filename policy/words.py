"""The sentences of findings: why a clause speaks as it does, with the values of its facts.

Dates are written as YYYY-MM-DD, which no reader takes for another day.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from policy.chapters.remedy import RemedyKind
from policy.facts import UNKNOWN, Claim

if TYPE_CHECKING:
    from policy.findings import Finding, Ground

PROBLEMS: Final[dict[str, str]] = {
    "quality_defect": "a defect in quality",
    "lost": "that the item was lost",
    "stolen": "that the item was stolen",
    "dropped": "that the item was dropped",
    "extreme_temperature": "extreme temperature",
    "water_damage": "water damage",
    "improper_operation": "improper operation",
    "external_damage": "damage from an external source",
    "damaged_on_delivery": "damage on delivery",
    "not_quality": "no matter of quality",
}
"""Each problem, to follow 'The problem is …'."""

NAMES: Final[dict[str, str]] = {
    "claim_opened_on": "the day the claim was opened",
    "purchase_date": "the purchase date",
    "purchase_channel": "where the item was bought",
    "purchase_country": "the country of purchase",
    "claim_country": "the country of the claim",
    "order_number": "the order number",
    "serial_number": "the serial number",
    "product_model": "the product model",
    "proof_of_purchase": "the proof of purchase",
    "transferred_ownership": "whether the item changed hands",
    "free_product": "whether the item was free",
    "problem": "what the problem is",
    "defect_evidence": "evidence of the defect",
    "third_party_maintenance": "whether a third party worked on the item",
    "troubleshooting": "the documented troubleshooting",
    "fully_refunded": "whether the purchase was fully refunded",
    "replacement_shipped_on": "when the item was sent as a replacement",
    "replaced_item_returned": "whether the replaced item came back",
    "return_kind": "the kind of return",
    "return_route": "the route of the return",
    "return_label": "the return label",
    "transit_loss_or_damage": "loss or damage on the way",
    "inspection": "the inspection",
    "remedy_preference": "the remedy the buyer prefers",
    "replacement_stock": "the stock for a replacement",
}
"""Each fact, to stand in a sentence."""

REMEDIES: Final[dict[RemedyKind, str]] = {
    "replacement_same_model": "replacement by the same model",
    "replacement_new_product": "replacement by another new product",
    "refund": "refund",
    "none": "none",
}
"""Each remedy, in a list."""

REASONS: Final[dict[str, str]] = {
    "S1": "the inspection found it in working order",
    "W2": "claimed outside the country or region of purchase",
    "R5": "the purchase was fully refunded",
    "E2": "the troubleshooting was declined",
    "E3": "the defect cannot be shown",
    "E4": "the item is to be inspected",
    "E5": "the wrong item, or none, was sent back",
    "D2": "the time for processing the claim is over",
    "X1": "there is no sufficient proof of purchase",
    "X2": "the item was lost or stolen",
    "X3": "the warranty ended before the claim was opened",
    "X4": "the refund window ended before the claim was opened",
    "X5": "the product was free",
    "X6": "a third party worked on it",
    "X7": "the damage comes from an external source",
    "X8": "the damage comes from abuse",
    "X9": "the seller was not authorised",
    "U2": "the authorised dealer who sold it handles it",
    "P1": "the facts contradict each other",
    "P2": "it was damaged on delivery, on which the policy is silent",
}
"""Why a clause denies, defers or hands on a claim, to follow the status."""

PRESUMPTIONS: Final[dict[str, str]] = {
    "purchase_channel": "bought from the official store",
    "proof_of_purchase": "the order number proves the purchase",
    "transferred_ownership": "still with its first owner",
    "free_product": "not a free product",
    "third_party_maintenance": "no third party worked on it",
    "fully_refunded": "not fully refunded",
    "replacement_shipped_on": "not itself a replacement",
    "replaced_item_returned": "the item it replaced came back",
    "return_kind": "an expected return",
    "return_route": "a domestic return",
    "return_label": "the buyer's own return label",
    "transit_loss_or_damage": "no loss or damage on the way",
    "inspection": "no inspection required",
}
"""What each presumed fact is presumed to be."""


def because(finding: Finding) -> str:
    """One plain sentence on why a clause speaks as it does."""
    return _SENTENCES[finding.clause](finding, finding.ground)


def contradiction(facts: tuple[str, ...], claim: Claim) -> str:
    """What a contradiction between facts is, with their values."""
    parts = []
    for fact in facts:
        value = getattr(claim, fact)
        shown = "not given" if value is UNKNOWN else str(value).replace("_", " ")
        parts.append(f"{NAMES[fact]} ({shown})")
    if len(parts) == 1:
        return f"{parts[0].capitalize()} lies in the future."
    return f"{_first_up(parts[0])} and {parts[1]} contradict each other."


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_open(finding: Finding, ground: Ground) -> str:
    missing = [NAMES[fact] for fact in finding.facts if getattr(ground.claim, fact) is UNKNOWN]
    return f"Not known yet: {' and '.join(missing or [NAMES[fact] for fact in finding.facts])}."


def _problem(finding: Finding, ground: Ground) -> str:
    if ground.facts.problem is None:
        return "The problem is not known, and whatever it turns out to be, this is the outcome."
    return f"The problem is {PROBLEMS[ground.facts.problem]}."


def _s1(finding: Finding, ground: Ground) -> str:
    if finding.outcome == "against":
        return "The inspection found the item in working order."
    if finding.outcome == "open":
        return _is_open(finding, ground)
    if ground.facts.inspection == "defect_confirmed":
        return "The inspection confirmed a defect in materials or workmanship."
    return _problem(finding, ground)


def _w1(finding: Finding, ground: Ground) -> str:
    if ground.days is None:
        if finding.outcome == "open":
            return _is_open(finding, ground)
        return "On every purchase date that is possible, the claim was opened within the warranty."
    opened, ends = ground.facts.opened, ground.days.original_ends
    bought = ground.facts.purchase
    return f"Bought on {bought}, covered until {ends}; the claim was opened on {opened}."


def _w2(finding: Finding, ground: Ground) -> str:
    bought, claimed = ground.facts.country, ground.facts.claim_country
    if bought is None or claimed is None:
        if finding.outcome == "against":
            return "If the claim is from outside the region of purchase, that stands against it."
        return _is_open(finding, ground)
    if finding.outcome == "for":
        if bought == claimed:
            return f"Bought and claimed in {bought}."
        return f"Bought in {bought} and claimed in {claimed}, which count as one region."
    return f"Bought in {bought}, claimed in {claimed}, which is outside the region of purchase."


def _r4(finding: Finding, ground: Ground) -> str:
    if finding.outcome == "applies":
        return "A replacement keeps the original's warranty, or three months if that is longer."
    shipped, opened = ground.facts.shipped, ground.facts.opened
    return (
        f"The item is a replacement sent on {shipped}, and its own term still ran when the claim "
        f"was opened on {opened}."
    )


def _e5(finding: Finding, ground: Ground) -> str:
    facts = ground.facts
    sent = facts.inspection if "inspection" in finding.facts else facts.item
    what = "item for inspection" if "inspection" in finding.facts else "replaced item"
    if sent == "wrong_item":
        return f"Instead of the {what}, another item was sent back."
    return f"The {what} was not sent back in time."


def _x3(finding: Finding, ground: Ground) -> str:
    if ground.days is None:
        # Holds for every such day, or only for some while other clauses deny the rest.
        return "The purchase date is not known; on days that it could be, the warranty had ended."
    opened, ends = ground.facts.opened, ground.days.warranty_ends
    late = (opened - ends).days
    return (
        f"The claim was opened on {opened}, {late} day{'s' * (late != 1)} after the warranty "
        f"ended on {ends}."
    )


def _x4(finding: Finding, ground: Ground) -> str:
    if ground.days is None or ground.facts.problem != "not_quality":
        return "If the problem is no matter of quality, the 30 days for a refund decide."
    opened, ends = ground.facts.opened, ground.days.refund_ends
    when = f"within the days for a refund, which end on {ends}"
    if opened > ends:
        when = f"after the days for a refund, which ended on {ends}"
    return f"The problem is no matter of quality, and the claim was opened on {opened}, {when}."


def _d1(finding: Finding, ground: Ground) -> str:
    return f"The claim was opened on {ground.facts.opened} and stays open until {ground.deadline}."


def _d2(finding: Finding, ground: Ground) -> str:
    if finding.outcome == "for":
        return f"The claim can be processed until {ground.deadline}."
    if ground.days is None:
        return "The purchase date is not known; on days that it could be, the claim's time is up."
    return f"The claim could be processed until {ground.days.claim_ends}; that day is past."


def _e1(finding: Finding, ground: Ground) -> str:
    return _is_open(finding, ground)


def _e2(finding: Finding, ground: Ground) -> str:
    if finding.outcome == "open":
        return _is_open(finding, ground)
    if finding.outcome == "for":
        return "The buyer's troubleshooting is documented."
    if ground.facts.troubleshooting is None:
        return "If troubleshooting is declined, that stands against the claim."
    return "The buyer declined the troubleshooting."


def _e3(finding: Finding, ground: Ground) -> str:
    if finding.outcome == "open":
        return _is_open(finding, ground)
    if finding.outcome == "for":
        return "The evidence of the defect was verified."
    if ground.facts.evidence is None:
        return "If no evidence of the defect can be had, that stands against the claim."
    return "The buyer was asked, and no sufficient evidence of the defect can be had."


def _v1(finding: Finding, ground: Ground) -> str:
    if ground.claim.order_number is not UNKNOWN:
        return "The order number of the official website was given."
    return "The order number of the official website was shown."


def _v3(finding: Finding, ground: Ground) -> str:
    return "The item changed hands, so one proof of purchase is not enough."


def _x1(finding: Finding, ground: Ground) -> str:
    if ground.facts.proof is None:
        return "If the proof of purchase turns out insufficient, that stands against the claim."
    return "The buyer was asked, and no sufficient proof of purchase can be had."


def _x2(finding: Finding, ground: Ground) -> str:
    if ground.facts.problem is None:
        return _problem(finding, ground)
    return f"The item was {ground.facts.problem}."


def _f2(finding: Finding, ground: Ground) -> str:
    if ground.facts.kind == "unexpected":
        return "The return was not expected."
    return "The return is for a reason other than a defect."


def _f4(finding: Finding, ground: Ground) -> str:
    return "The item is returned internationally."


def _p1(finding: Finding, ground: Ground) -> str:
    return contradiction(finding.facts, ground.claim)


def _said(text: str) -> Callable[[Finding, Ground], str]:
    return lambda finding, ground: text


def _r1(finding: Finding, ground: Ground) -> str:
    return "The same model is in stock, and the buyer did not ask for a refund."


def _r3(finding: Finding, ground: Ground) -> str:
    if ground.facts.preference == "refund":
        return "The buyer prefers a refund."
    return "No replacement is in stock."


def _u(finding: Finding, ground: Ground) -> str:
    if finding.outcome == "open":
        return _is_open(finding, ground)
    return "The item was bought from a seller whom SOOCAS has not authorised."


_SENTENCES: Final[dict[str, Callable[[Finding, Ground], str]]] = {
    "S1": _s1,
    "W1": _w1,
    "W2": _w2,
    "R1": _r1,
    "R2": _said("Only another model is in stock."),
    "R3": _r3,
    "R4": _r4,
    "R5": _said("The purchase was refunded in full."),
    "E1": _e1,
    "E2": _e2,
    "E3": _e3,
    "E4": _said("The item is to be inspected, and the result is not in yet."),
    "E5": _e5,
    "V1": _v1,
    "V2": _said("A sales invoice was shown."),
    "V3": _v3,
    "D1": _d1,
    "D2": _d2,
    "F1": _w2,
    "F2": _f2,
    "F3": _said("The inspection found the item in working order."),
    "F4": _f4,
    "F5": _said("The return was not authorised."),
    "X1": _x1,
    "X2": _x2,
    "X3": _x3,
    "X4": _x4,
    "X5": _said("The item was free."),
    "X6": _said("A third party worked on the item."),
    "X7": _problem,
    "X8": _problem,
    "X9": _u,
    "T1": _said("The item was lost or damaged on the way, on a label that SOOCAS prepaid."),
    "U1": _u,
    "U2": _said("The item was bought from an authorised dealer."),
    "P1": _p1,
    "P2": _said("The item was damaged on delivery; the policy does not say who bears that."),
}
