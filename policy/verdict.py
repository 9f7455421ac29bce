"""decide(): the chapters in order, from a claim to its verdict."""

from __future__ import annotations

from datetime import date
from typing import Final

from policy.chapters import evidence, exclusions, freight, remedy, returns, window
from policy.chapters.remedy import RemedyKind
from policy.chapters.window import Window
from policy.clauses import mask, names
from policy.editions import EDITIONS, Edition, edition_on
from policy.facts import FACT, UNKNOWN, Claim
from policy.findings import Ground, find
from policy.presumed import as_replacement, presumptions
from policy.resolved import Resolved, resolve
from policy.results import Ask, Freight, Remedy, Verdict
from policy.settings import DEFAULT, Settings
from policy.tables import (
    COVERED,
    DEALER,
    DENIED,
    ENDED,
    EXPIRED,
    INSPECTION,
    LATE,
    ORIGINAL_OVER,
    REFUND,
    REVIEW,
    ROWS,
    STATUSES,
    Status,
)
from policy.unknowns import (
    View,
    apart,
    denying,
    kind_of_day,
    kinds_of_day,
    matters,
    possible,
    reviewing,
)

# fmt: off
_P1, _U2, _E4, _X4 = mask("P1"), mask("U2"), mask("E4"), mask("X4")
_S1, _T1, _W1, _R4 = mask("S1"), mask("T1"), mask("W1"), mask("R4")
_X1, _X5, _X6, _R5 = mask("X1"), mask("X5"), mask("X6"), mask("R5")
_E2, _E3, _E2_E3, _X9_U1 = mask("E2"), mask("E3"), mask("E2", "E3"), mask("X9", "U1")
_F1, _F2, _F3, _F4, _F5 = mask("F1"), mask("F2"), mask("F3"), mask("F4"), mask("F5")
# fmt: on
_REMEDIES: Final[dict[RemedyKind, int]] = {
    "refund": mask("R3"),
    "replacement_same_model": mask("R1", "R4"),
    "replacement_new_product": mask("R2", "R4"),
    "none": 0,
}
_ASK: Final = {name: Ask(name, fact.asked) for name, fact in FACT.items() if fact.asked}
_SINGLE_STATUS: Final[dict[int, Status]] = {
    1 << place: status for place, status in enumerate(STATUSES[:6])
}
_SEVERAL: Final = {
    statuses: tuple(STATUSES[place] for place in range(6) if statuses >> place & 1)
    for statuses in range(64)
}


def decide(
    claim: Claim,
    today: date,
    settings: Settings = DEFAULT,
    editions: tuple[Edition, ...] = EDITIONS,
) -> Verdict:
    """The verdict on a claim on a day.

    Takes no clock: ``today`` is a calendar date where the policy's owner is. Pure, and never raises
    for a ``Claim``: every combination of facts has a verdict.
    """
    facts = resolve(claim)
    table = ROWS[settings.cross_border]
    rows = table[facts.problem, facts.inspection, facts.transport, facts.item]
    days, terms, kinds, replaced = _dates(facts, today, editions)

    outside: bool | None = None
    if facts.country is not None and facts.claim_country is not None:
        outside = could_be_outside = settings.outside(facts.country, facts.claim_country)
    else:
        could_be_outside = settings.can_be_outside(facts.country or facts.claim_country)

    lethal, failing, maybe = _against(facts)
    side, alive = apart(facts.channel, facts.proof is None, lethal)
    view = View(
        rows,
        kinds,
        side,
        alive,
        not failing,
        bool(failing or maybe & _E2_E3),
        outside is not True,
        could_be_outside,
    )
    payer_clauses = _freight_clauses(facts, outside)

    contradicting = contradictions(claim, facts, today, bool(rows))
    presumed: tuple[str, ...] = ()
    if contradicting:
        statuses, clauses = REVIEW, _P1
        if contradicting == _UNREPLACED:
            # A replacement would lift the contradiction: that there is none was presumed.
            item = claim.replaced_item_returned
            assert item is not UNKNOWN
            lifted = as_replacement(view, facts, item, lethal, replaced, table)
            presumed = ("replacement_shipped_on",) if lifted != REVIEW else ()
    else:
        statuses = possible(view)
        clauses = _deciding(statuses, view, facts, lethal, failing, maybe)
        denied = apart(facts.channel, True, ~0)[0]
        presumed = presumptions(
            claim,
            facts,
            view,
            statuses,
            denied,
            lethal,
            replaced,
            table,
            bool(payer_clauses),
        )

    status = _SINGLE_STATUS.get(statuses, "needs_information")
    ask = _asks(facts, view) if status == "needs_information" else ()
    freight = _freight(status, payer_clauses, facts)
    remedy = _remedy(status, facts, days, today, terms)
    ends_on = None if status in ENDED else _deadline(facts, days, terms)
    findings = find(
        status,
        clauses,
        mask(*freight.clauses) if freight.clauses else 0,
        _REMEDIES[remedy.kind],
        ask,
        any([row.evidence for row in rows]),
        outside,
        Ground(claim, facts, days, ends_on, today, settings, contradicting),
    )
    return Verdict(
        claim.id,
        status,
        names(clauses),
        findings,
        freight,
        remedy,
        days.warranty_ends if days is not None else None,
        ends_on,
        ends_on is not None and days is None,
        days.refund_ends if days is not None else None,
        tuple([_ASK[fact] for fact in ask]),
        _SEVERAL[statuses] if status == "needs_information" else (),
        presumed,
        terms.id,
        today,
    )


# -- P1 --------------------------------------------------------------------------------------------

_UNREPLACED: Final = ("replacement_shipped_on", "replaced_item_returned")


def contradictions(claim: Claim, facts: Resolved, today: date, consistent: bool) -> tuple[str, ...]:
    """P1: the facts that contradict each other, empty where none do.

    ``consistent``: whether inspection and problem can both be (``policy.chapters.returns``).
    """
    opened, purchase, shipped = facts.opened, facts.purchase, facts.shipped
    if purchase is not None and purchase > opened:
        return ("claim_opened_on", "purchase_date")
    if shipped is not None:
        if purchase is not None and shipped < purchase:
            return ("purchase_date", "replacement_shipped_on")
        if shipped > opened:
            return ("claim_opened_on", "replacement_shipped_on")
    if opened > today:
        return ("claim_opened_on",)
    if not consistent:
        return ("problem", "inspection")
    if shipped is None and claim.replaced_item_returned in ("wrong_item", "not_returned"):
        return _UNREPLACED
    return ()


# -- the dates -------------------------------------------------------------------------------------


def _dates(
    facts: Resolved, today: date, editions: tuple[Edition, ...]
) -> tuple[Window | None, Edition, tuple[int, ...], tuple[int, ...]]:
    """The window of a known purchase date, the edition, and the kinds of day: as the claim stands
    and were the item a replacement sent on the day the claim was opened."""
    opened, purchase, shipped = facts.opened, facts.purchase, facts.shipped
    if purchase is None:
        latest = opened if shipped is None else min(opened, shipped)
        kinds, replaced = kinds_of_day(facts, today, editions)
        return None, edition_on(latest, editions), kinds, replaced
    terms = edition_on(purchase, editions)
    days = window.window(purchase, opened, shipped, terms)
    kind = kind_of_day(opened, today, days)
    if shipped is None and kind & (EXPIRED | LATE):
        late = kind & LATE and today > window.R4(opened, terms)
        return days, terms, (kind,), (kind & ~(EXPIRED | LATE) | (LATE if late else 0),)
    return days, terms, (kind,), (kind,)


def _deadline(facts: Resolved, days: Window | None, terms: Edition) -> date:
    """D1, D2: the last day of the claim; of what is known, while the purchase date is not."""
    if days is not None:
        return days.claim_ends
    ends = window.D1(facts.opened, terms)
    return ends if facts.shipped is None else max(ends, window.R4(facts.shipped, terms))


def deadline(claim: Claim, editions: tuple[Edition, ...] = EDITIONS) -> date:
    """The last day of a claim by D1 and D2, whatever its status: a denied claim has none in its
    verdict, but one that a person takes up against the policy does."""
    facts = resolve(claim)
    opened, purchase, shipped = facts.opened, facts.purchase, facts.shipped
    if purchase is None:
        latest = opened if shipped is None else min(opened, shipped)
        return _deadline(facts, None, edition_on(latest, editions))
    terms = edition_on(purchase, editions)
    return window.window(purchase, opened, shipped, terms).claim_ends


# -- what stands against the claim -----------------------------------------------------------------


def _against(facts: Resolved) -> tuple[int, int, int]:
    """The clauses against the claim whatever became of the item; those that stand where evidence is
    required; and those that unknown facts could still bring in. As sets."""
    lethal = failing = maybe = 0
    if returns.R5(facts.refunded):
        lethal |= _R5
    if exclusions.X5(facts.free, facts.item):
        lethal |= _X5
    if exclusions.X6(facts.third_party):
        lethal |= _X6
    if facts.proof is None:
        maybe |= _X1
    elif exclusions.X1(facts.proof):
        lethal |= _X1
    if facts.troubleshooting is None:
        maybe |= _E2
    elif evidence.E2(facts.troubleshooting):
        failing |= _E2
    if facts.evidence is None:
        maybe |= _E3
    elif evidence.E3(facts.evidence):
        failing |= _E3
    return lethal, failing, maybe


def _deciding(
    statuses: int, view: View, facts: Resolved, lethal: int, failing: int, maybe: int
) -> int:
    """The clauses that decide a single status; none while there are several."""
    if statuses == DENIED:
        seller = _X9_U1 if facts.channel is not None and exclusions.X9(facts.channel) else 0
        return denying(view, lethal | seller, failing, maybe)
    if statuses == COVERED:
        over = [day & ORIGINAL_OVER for day in view.days]
        clauses = _S1
        if not any(over):
            clauses |= _W1
        elif all(over):
            clauses |= _R4
        if all([row.transport for row in view.rows]):
            clauses |= _T1
        return clauses
    if statuses == REVIEW:
        return reviewing(view)
    return {DEALER: _U2, INSPECTION: _E4, REFUND: _X4}.get(statuses, 0)


def _asks(facts: Resolved, view: View) -> tuple[str, ...]:
    """The unknown facts that could change the status, in the order of the table."""
    changes = matters(view)
    unknown = (
        ("purchase_date", facts.purchase, changes.purchase_date),
        ("purchase_channel", facts.channel, True),
        ("purchase_country", facts.country, changes.territory),
        ("claim_country", facts.claim_country, changes.territory),
        ("proof_of_purchase", facts.proof, changes.proof),
        ("problem", facts.problem, changes.problem),
        ("defect_evidence", facts.evidence, changes.evidence),
        ("troubleshooting", facts.troubleshooting, changes.evidence),
    )
    return tuple([name for name, value, matter in unknown if value is None and matter])


# -- freight and remedy ----------------------------------------------------------------------------


def _freight_clauses(facts: Resolved, outside: bool | None) -> int:
    """The freight clauses that apply by what is known, as a set."""
    clauses = 0
    if freight.F1(outside):
        clauses |= _F1
    if freight.F2(facts.kind, facts.problem):
        clauses |= _F2
    if freight.F3(facts.inspection, facts.problem):
        clauses |= _F3
    if freight.F4(facts.route):
        clauses |= _F4
    if freight.F5(facts.kind):
        clauses |= _F5
    return clauses


_NOT_APPLICABLE: Final = Freight("not_applicable", (), ())
_SOOCAS: Final = Freight("soocas", (), ())


def _freight(status: Status, clauses: int, facts: Resolved) -> Freight:
    """Who pays the freight."""
    if status == "refer_to_dealer":
        return _NOT_APPLICABLE
    if clauses:
        return Freight("buyer", names(clauses), ())
    if status == "not_covered":
        return _NOT_APPLICABLE
    ask = []
    if facts.country is None:
        ask.append(_ASK["purchase_country"])
    if facts.claim_country is None:
        ask.append(_ASK["claim_country"])
    if status in ("covered", "awaiting_inspection") and not ask:
        return _SOOCAS
    return Freight("undetermined", (), tuple(ask))


_NO_REMEDY: Final = Remedy("none", (), None)


def _remedy(
    status: Status, facts: Resolved, days: Window | None, today: date, terms: Edition
) -> Remedy:
    """What the buyer gets."""
    if status == "refund_eligible":
        return Remedy("refund", (), None)
    if status != "covered":
        return _NO_REMEDY
    kind = remedy.R1(facts.preference, facts.stock)
    clauses = names(_REMEDIES[kind])
    if kind == "refund" or days is None:
        return Remedy(kind, clauses, None)
    return Remedy(kind, clauses, max(days.warranty_ends, window.R4(today, terms)))
