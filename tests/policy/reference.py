"""What the policy means, by brute force: every way of filling in what is unknown, one by one.

Written from the policy's semantics alone, plain and slow, so that it can be read against them line
by line. It shares nothing with ``policy`` but the shape of an edition, which is a parameter: not a
table, not a date, not a rule. Where ``policy`` reasons about what missing facts could still change,
this page tries each of them. A verdict is returned in the published JSON shape, without findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import combinations, product
from typing import Any, NamedTuple

Facts = dict[str, Any]
Ways = dict[tuple[Any, ...], tuple[str, set[str]]]
Regions = tuple[frozenset[str], ...]

# -- 1. Clauses ------------------------------------------------------------------------------------

_IDS = (
    "S1 W1 W2 R1 R2 R3 R4 R5 E1 E2 E3 E4 E5 V1 V2 V3 D1 D2 F1 F2 F3 F4 F5 "
    "X1 X2 X3 X4 X5 X6 X7 X8 X9 T1 U1 U2 P1 P2"
)
CLAUSES = _IDS.split()
STATUSES = (
    "needs_review",
    "refer_to_dealer",
    "not_covered",
    "awaiting_inspection",
    "refund_eligible",
    "covered",
)

# -- 2. Facts --------------------------------------------------------------------------------------

_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XK
"""
COUNTRIES = frozenset(_CODES.split())
DATE, COUNTRY, TEXT, BOOLEAN = "date", "country", "text", "boolean"
# fmt: off
KINDS: dict[str, str | tuple[str, ...]] = {
    "claim_opened_on": DATE,
    "purchase_date": DATE,
    "purchase_channel": ("official_store", "authorized_dealer", "unauthorized_seller"),
    "purchase_country": COUNTRY,
    "claim_country": COUNTRY,
    "order_number": TEXT,
    "serial_number": TEXT,
    "product_model": TEXT,
    "proof_of_purchase": ("order_number", "sales_invoice", "both", "insufficient"),
    "transferred_ownership": BOOLEAN,
    "free_product": BOOLEAN,
    "problem": (
        "quality_defect", "lost", "stolen", "dropped", "extreme_temperature", "water_damage",
        "improper_operation", "external_damage", "damaged_on_delivery", "not_quality",
    ),
    "defect_evidence": ("verified", "insufficient"),
    "third_party_maintenance": BOOLEAN,
    "troubleshooting": ("documented", "declined"),
    "fully_refunded": BOOLEAN,
    "replacement_shipped_on": DATE,
    "replaced_item_returned": ("returned", "wrong_item", "not_returned"),
    "return_kind": ("expected", "unexpected", "unauthorized"),
    "return_route": ("domestic", "international"),
    "return_label": ("prepaid", "own"),
    "transit_loss_or_damage": BOOLEAN,
    "inspection": (
        "not_required", "pending", "defect_confirmed", "no_fault_found", "wrong_item",
        "not_returned",
    ),
    "remedy_preference": ("replacement", "refund"),
    "replacement_stock": ("same_model", "other_model", "none"),
}
# fmt: on
ORDER = list(KINDS)
ASKED_OF = {
    "purchase_date": "buyer",
    "purchase_channel": "buyer",
    "purchase_country": "buyer",
    "claim_country": "buyer",
    "proof_of_purchase": "buyer",
    "problem": "buyer",
    "defect_evidence": "buyer",
    "troubleshooting": "agent",
}
PRESUMED = {
    "transferred_ownership": False,
    "free_product": False,
    "third_party_maintenance": False,
    "fully_refunded": False,
    "replacement_shipped_on": None,  # not a replacement
    "replaced_item_returned": "returned",
    "return_kind": "expected",
    "return_route": "domestic",
    "return_label": "own",
    "transit_loss_or_damage": False,
    "inspection": "not_required",
    "remedy_preference": "replacement",
    "replacement_stock": "same_model",
}
PLACEHOLDERS = {"n/a", "na", "none", "unknown", "tbd", "-", "?"}


class Wrong(Exception):
    """A value that is none of a fact's: the fact's name (None: the record itself)."""


def read_value(name: str, value: object) -> Any:
    """The value of a fact from JSON, None where it is unknown."""
    kind = KINDS[name]
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        return None
    if kind == BOOLEAN and isinstance(value, bool):
        return value
    if kind == TEXT and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        if kind == TEXT:
            return None if value.lower() in PLACEHOLDERS else value
        if kind == DATE and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            try:
                return date(int(value[:4]), int(value[5:7]), int(value[8:]))
            except ValueError:
                raise Wrong(name) from None
        if kind == COUNTRY and value.isascii() and value.upper() in COUNTRIES:
            return value.upper()
        if isinstance(kind, tuple) and value in kind:
            return value
    raise Wrong(name)


def read_record(record: Mapping[str, object]) -> Facts:
    """The facts of a record, each None where unknown."""
    given: Facts = dict.fromkeys(ORDER)
    for name, value in record.items():
        if name == "id":
            continue
        if name not in KINDS:
            raise Wrong(name)
        given[name] = read_value(name, value)
    if given["claim_opened_on"] is None:
        raise Wrong("claim_opened_on")
    return given


def presume(given: Facts) -> tuple[Facts, set[str], dict[str, Sequence[Any]]]:
    """What is presumed or settled on the claim as given: the facts, the names of the presumed, and
    for each unknown fact the values it could have (dates and countries are found later)."""
    facts = dict(given)
    presumed = set()
    for name, value in PRESUMED.items():
        if given[name] is None:
            facts[name] = value
            presumed.add(name)

    proof = given["proof_of_purchase"]
    has_order = given["order_number"] is not None
    if given["purchase_channel"] is None and (has_order or proof in ("order_number", "both")):
        facts["purchase_channel"] = "official_store"
        presumed.add("purchase_channel")

    if proof is None and has_order:
        facts["proof_of_purchase"] = "order_number"
        presumed.add("proof_of_purchase")
    elif proof == "sales_invoice" and has_order:
        facts["proof_of_purchase"] = "both"
    one_is_not_enough = facts["transferred_ownership"] is True  # V3
    if one_is_not_enough and facts["proof_of_purchase"] in ("order_number", "sales_invoice"):
        facts["proof_of_purchase"] = None
        presumed.discard("proof_of_purchase")

    if facts["inspection"] == "defect_confirmed":
        facts["defect_evidence"] = "verified"
        facts["troubleshooting"] = "documented"
        if facts["problem"] is None:
            facts["problem"] = "quality_defect"

    unknown: dict[str, Sequence[Any]] = {
        name: KINDS[name] for name in ASKED_OF if facts[name] is None
    }
    lone_proof_given = proof is not None or has_order
    if "proof_of_purchase" in unknown and lone_proof_given:
        unknown["proof_of_purchase"] = ("both", "insufficient")
    return facts, presumed, unknown


# -- 3. Dates --------------------------------------------------------------------------------------


class Terms(NamedTuple):
    """The lengths of one edition of the policy."""

    id: str
    holds_from: date
    warranty_months: int
    claim_days: int
    refund_days: int
    replacement_months: int


THE_TERMS = (Terms("soocas-1", date.min, 12, 30, 30, 3),)


def add_months(day: date, months: int) -> date:
    """By the calendar; where the month lacks the day, the first of the next month."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    try:
        return date(year, month0 + 1, day.day)
    except ValueError:
        year, month0 = divmod(year * 12 + month0 + 1, 12)
        return date(year, month0 + 1, 1)


def add_days(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def terms_on(purchase: date, editions: Sequence[Terms]) -> Terms:
    """The edition in force on a purchase date; before the first edition, the first."""
    held = [terms for terms in editions if terms.holds_from <= purchase]
    return held[-1] if held else editions[0]


class Days(NamedTuple):
    """The last days that a known purchase date leads to."""

    original: date
    warranty: date
    refund: date
    claim: date


def last_days(
    purchase: date, opened: date, shipped: date | None, editions: Sequence[Terms]
) -> Days:
    terms = terms_on(purchase, editions)
    original = warranty = add_months(purchase, terms.warranty_months)
    if shipped is not None:
        warranty = max(original, add_months(shipped, terms.replacement_months))
    refund = add_days(purchase, terms.refund_days)
    claim = max(warranty, add_days(opened, terms.claim_days))
    return Days(original, warranty, refund, claim)


class Kind(NamedTuple):
    """What a purchase date brings about: all that a verdict takes from it."""

    original_over: bool
    warranty_over: bool
    refund_over: bool
    claim_over: bool


def kind_of_day(
    purchase: date, opened: date, shipped: date | None, today: date, editions: Sequence[Terms]
) -> Kind:
    days = last_days(purchase, opened, shipped, editions)
    return Kind(
        opened > days.original, opened > days.warranty, opened > days.refund, today > days.claim
    )


# -- 4. The verdict on a claim with every fact known -----------------------------------------------


def same_region(one: str, other: str, regions: Regions) -> bool:
    return one == other or any(one in group and other in group for group in regions)


def contradictory(facts: Facts, today: date) -> bool:
    """P1, as far as facts are known."""
    purchase, opened = facts["purchase_date"], facts["claim_opened_on"]
    shipped = facts["replacement_shipped_on"]
    problem, inspection = facts["problem"], facts["inspection"]
    if purchase is not None and purchase > opened:
        return True
    if shipped is not None and (shipped > opened or (purchase is not None and shipped < purchase)):
        return True
    if opened > today:
        return True
    if inspection == "defect_confirmed" and problem not in (None, "quality_defect"):
        return True
    seen = inspection in ("pending", "no_fault_found", "wrong_item")
    if problem in ("lost", "stolen") and seen:
        return True
    missing = facts["replaced_item_returned"] in ("wrong_item", "not_returned")
    return missing and shipped is None


def judge_known(  # noqa: PLR0915 - one list in the policy's words, kept in one piece
    facts: Facts, day: Kind, outside: bool, cross_border: str
) -> tuple[str, set[str]]:
    """The status of a claim with every fact known, that does not contradict itself, and the clauses
    that decided it."""
    if facts["purchase_channel"] == "authorized_dealer":
        return "refer_to_dealer", {"U2"}

    problem, inspection = facts["problem"], facts["inspection"]
    item_back = facts["replaced_item_returned"]
    is_replacement = facts["replacement_shipped_on"] is not None

    t1 = facts["return_label"] == "prepaid" and facts["transit_loss_or_damage"] is True
    excused_problem = t1 and problem in (
        "lost",
        "external_damage",
        "dropped",
        "extreme_temperature",
        "water_damage",
    )
    excused_item = t1 and item_back == "not_returned"
    excused_inspection = t1 and inspection == "not_returned"
    excused = excused_problem or excused_item or excused_inspection

    against = set()
    if facts["fully_refunded"]:
        against.add("R5")
    if item_back in ("wrong_item", "not_returned") and is_replacement and not excused_item:
        against.add("E5")
    if inspection in ("wrong_item", "not_returned") and not excused_inspection:
        against.add("E5")
    if inspection == "no_fault_found" and problem != "not_quality":
        against |= {"S1", "F3"}
    if facts["proof_of_purchase"] == "insufficient":
        against.add("X1")
    if problem in ("lost", "stolen") and not excused_problem:
        against.add("X2")
    if day.warranty_over:
        against.add("X3")
    if facts["free_product"] and not is_replacement:
        against.add("X5")
    if problem == "not_quality" and day.refund_over:
        against.add("X4")
    if facts["third_party_maintenance"]:
        against.add("X6")
    if problem == "external_damage" and not excused_problem:
        against.add("X7")
    abuse = ("dropped", "extreme_temperature", "water_damage", "improper_operation")
    if problem in abuse and not excused_problem:
        against.add("X8")
    if facts["purchase_channel"] == "unauthorized_seller":
        against |= {"X9", "U1"}
    if not (problem in ("not_quality", "damaged_on_delivery") or excused_problem):
        if facts["troubleshooting"] == "declined":
            against.add("E2")
        if facts["defect_evidence"] == "insufficient":
            against.add("E3")
    if outside and cross_border == "not_covered" and problem != "not_quality":
        against.add("W2")
    if day.claim_over and inspection not in ("pending", "defect_confirmed") and not excused:
        against.add("D2")
    if against:
        return "not_covered", against

    review = set()
    if problem == "damaged_on_delivery":
        review.add("P2")
    if outside and cross_border == "review" and problem != "not_quality":
        review |= {"W2", "F1"}
    if review:
        return "needs_review", review

    if inspection == "pending":
        return "awaiting_inspection", {"E4"}
    if problem == "not_quality":
        return "refund_eligible", {"X4"}
    clauses = {"S1", "R4" if day.original_over else "W1"}
    return "covered", clauses | {"T1"} if excused else clauses


# -- 5. The verdict on a claim with facts unknown --------------------------------------------------


@cache
def purchase_days(
    opened: date, shipped: date | None, today: date, editions: tuple[Terms, ...]
) -> dict[date, Kind]:
    """A day for everything that the unknown purchase date could bring about, found by looking at
    every day of the last years, and at the first day of each edition before them."""
    latest = opened if shipped is None else min(opened, shipped)
    longest = max(max(t.warranty_months * 31, t.refund_days) for t in editions) + 40
    first = add_days(opened, -longest)
    days = [date.min, *(t.holds_from for t in editions if t.holds_from <= latest)]
    days += [add_days(first, count) for count in range((latest - first).days + 1)]
    days.append(latest)
    found: dict[Kind, date] = {}
    for day in days:
        found.setdefault(kind_of_day(day, opened, shipped, today, editions), day)
    return {day: kind for kind, day in found.items()}


@cache
def places(known: str | None, regions: Regions) -> list[str]:
    """Countries enough to be in one region or in two, wherever that can be."""
    every = sorted(COUNTRIES)
    if known is not None:
        return [known, *[c for c in every if not same_region(known, c, regions)][:1]]
    for one, other in combinations(every, 2):
        if not same_region(one, other, regions):
            return [one, other]
    return every[:1]


def every_way(
    facts: Facts,
    unknown: Mapping[str, Sequence[Any]],
    today: date,
    cross_border: str,
    regions: Regions,
    editions: Sequence[Terms],
) -> tuple[list[str], Ways]:
    """The unknown facts, and for each way of filling them in that does not contradict itself the
    status and the clauses that decided it."""
    opened, shipped = facts["claim_opened_on"], facts["replacement_shipped_on"]
    values = dict(unknown)
    for name, other in (
        ("purchase_country", "claim_country"),
        ("claim_country", "purchase_country"),
    ):
        if name in values:
            values[name] = places(facts[other], regions)
    if "purchase_date" in values:
        kinds = purchase_days(opened, shipped, today, tuple(editions))
        values["purchase_date"] = list(kinds)
    else:
        purchase = facts["purchase_date"]
        kinds = {purchase: kind_of_day(purchase, opened, shipped, today, editions)}
    names = [name for name in ORDER if name in values]
    ways = {}
    filled = dict(facts)
    for way in product(*(values[name] for name in names)):
        filled.update(zip(names, way, strict=True))
        if contradictory(filled, today):
            continue
        outside = not same_region(filled["purchase_country"], filled["claim_country"], regions)
        ways[way] = judge_known(filled, kinds[filled["purchase_date"]], outside, cross_border)
    return names, ways


def by_clause(clauses: Iterable[str]) -> list[str]:
    return sorted(clauses, key=CLAUSES.index)


class Judged(NamedTuple):
    facts: Facts
    presumed: set[str]
    contradictory: bool
    status: str
    clauses: list[str]
    could_be: list[str]
    freight: dict[str, Any]
    names: list[str]
    ways: Ways


def judge(
    given: Facts, today: date, cross_border: str, regions: Regions, editions: Sequence[Terms]
) -> Judged:
    """The status, and the ways that led to it."""
    facts, presumed, unknown = presume(given)
    if contradictory(facts, today):
        freight = who_pays(facts, "needs_review", regions)
        return Judged(facts, presumed, True, "needs_review", ["P1"], [], freight, [], {})
    names, ways = every_way(facts, unknown, today, cross_border, regions, editions)
    statuses = {status for status, _ in ways.values()}
    if len(statuses) == 1:
        status = statuses.pop()
        deciding = [clauses for _, clauses in ways.values()]
        clauses = by_clause(set.intersection(*deciding) or set.union(*deciding))
        freight = who_pays(facts, status, regions)
        return Judged(facts, presumed, False, status, clauses, [], freight, names, ways)
    could_be = [status for status in STATUSES if status in statuses]
    freight = who_pays(facts, "needs_information", regions)
    return Judged(facts, presumed, False, "needs_information", [], could_be, freight, names, ways)


def asked(judged: Judged) -> list[dict[str, str]]:
    """The facts in which alone two ways differ that have different statuses."""
    if judged.status != "needs_information":
        return []
    ask = []
    for place, name in enumerate(judged.names):
        others: dict[tuple[Any, ...], set[str]] = {}
        for way, (status, _) in judged.ways.items():
            others.setdefault(way[:place] + way[place + 1 :], set()).add(status)
        if any(len(seen) > 1 for seen in others.values()):
            ask.append({"fact": name, "of": ASKED_OF[name]})
    return ask


def listed(
    given: Facts,
    base: Judged,
    today: date,
    cross_border: str,
    regions: Regions,
    editions: Sequence[Terms],
) -> list[str]:
    """The presumptions that the verdict rests on: each other value is judged as if given."""

    def outcome(judged: Judged) -> tuple[Any, ...]:
        payer = None
        if judged.status in ("covered", "awaiting_inspection", "refund_eligible"):
            payer = judged.freight["payer"]
        return judged.status, judged.could_be, payer

    def changes(**other: Any) -> bool:
        judged = judge({**given, **other}, today, cross_border, regions, editions)
        return not judged.contradictory and outcome(judged) != outcome(base)

    transport = {"return_label", "transit_loss_or_damage"}
    found = set()
    for name in base.presumed - transport:
        others: Sequence[Any]
        if name == "replacement_shipped_on":
            others = [given["claim_opened_on"]]
        elif KINDS[name] == BOOLEAN:
            others = [True]
        else:
            others = [value for value in KINDS[name] if value != base.facts[name]]
        if any(changes(**{name: value}) for value in others):
            found.add(name)
    could_hold = given["return_label"] != "own" and given["transit_loss_or_damage"] is not False
    if could_hold and changes(return_label="prepaid", transit_loss_or_damage=True):
        found |= base.presumed & transport
    return [name for name in ORDER if name in found]


# -- 6. Freight, remedy ----------------------------------------------------------------------------


def who_pays(facts: Facts, status: str, regions: Regions) -> dict[str, Any]:
    if status == "refer_to_dealer":
        return {"payer": "not_applicable", "clauses": [], "ask": []}
    bought, claimed = facts["purchase_country"], facts["claim_country"]
    known = bought is not None and claimed is not None
    clauses = []
    if known and not same_region(bought, claimed, regions):
        clauses.append("F1")
    if facts["return_kind"] == "unexpected" or facts["problem"] == "not_quality":
        clauses.append("F2")
    if facts["inspection"] == "no_fault_found" and facts["problem"] != "not_quality":
        clauses.append("F3")
    if facts["return_route"] == "international":
        clauses.append("F4")
    if facts["return_kind"] == "unauthorized":
        clauses.append("F5")
    if clauses:
        payer = "buyer"
    elif status == "not_covered":
        payer = "not_applicable"
    elif known and status in ("covered", "awaiting_inspection"):
        payer = "soocas"
    else:
        payer = "undetermined"
    ask = []
    if payer == "undetermined":
        for name in ("purchase_country", "claim_country"):
            if facts[name] is None:
                ask.append({"fact": name, "of": "buyer"})
    return {"payer": payer, "clauses": clauses, "ask": ask}


def remedy(facts: Facts, status: str, today: date, editions: Sequence[Terms]) -> dict[str, Any]:
    if status == "refund_eligible":
        return {"kind": "refund", "clauses": [], "warranty_ends_on": None}
    if status != "covered":
        return {"kind": "none", "clauses": [], "warranty_ends_on": None}
    if facts["remedy_preference"] == "refund" or facts["replacement_stock"] == "none":
        return {"kind": "refund", "clauses": ["R3"], "warranty_ends_on": None}
    ends = None
    if facts["purchase_date"] is not None:
        purchase, shipped = facts["purchase_date"], facts["replacement_shipped_on"]
        terms = terms_on(purchase, editions)
        own = last_days(purchase, facts["claim_opened_on"], shipped, editions).warranty
        ends = max(own, add_months(today, terms.replacement_months)).isoformat()
    if facts["replacement_stock"] == "other_model":
        return {
            "kind": "replacement_new_product",
            "clauses": ["R2", "R4"],
            "warranty_ends_on": ends,
        }
    return {"kind": "replacement_same_model", "clauses": ["R1", "R4"], "warranty_ends_on": ends}


# -- 7. The verdict as JSON ------------------------------------------------------------------------


def decide(
    record: Mapping[str, object],
    on: date,
    cross_border: str = "buyer_freight",
    regions: Regions = (),
    editions: Sequence[Any] = THE_TERMS,
) -> dict[str, Any]:
    """The verdict in the published shape, without ``findings``.

    ``editions``: anything with the attributes of ``Terms``, sorted by ``holds_from``. While the
    purchase date is unknown, the deadline's 30 days are those of the edition in force on the last
    day it could be.
    """
    given = read_record(record)
    judged = judge(given, on, cross_border, regions, editions)
    facts, status = judged.facts, judged.status
    opened, shipped = facts["claim_opened_on"], facts["replacement_shipped_on"]
    purchase = facts["purchase_date"]
    days = None
    if purchase is not None:
        terms = terms_on(purchase, editions)
        days = last_days(purchase, opened, shipped, editions)
        deadline = days.claim
    else:
        terms = terms_on(opened if shipped is None else min(opened, shipped), editions)
        deadline = add_days(opened, terms.claim_days)
        if shipped is not None:
            deadline = max(deadline, add_months(shipped, terms.replacement_months))
    alive = status not in ("not_covered", "refer_to_dealer")
    return {
        "id": record.get("id"),
        "status": status,
        "clauses": judged.clauses,
        "freight": judged.freight,
        "remedy": remedy(facts, status, on, editions),
        "warranty_ends_on": days.warranty.isoformat() if days else None,
        "claim_deadline": deadline.isoformat() if alive else None,
        "claim_deadline_provisional": alive and days is None,
        "refund_window_ends_on": days.refund.isoformat() if days else None,
        "ask": asked(judged),
        "could_be": judged.could_be,
        "presumed": listed(given, judged, on, cross_border, regions, editions),
        "policy_edition": terms.id,
        "decided_on": on.isoformat(),
    }
