"""Made-up claims that reach every status: mostly sound, with a few facts missing or bad.

Independent uniform facts would be denied or contradict themselves nearly always. So a claim starts
as one that is covered, and a few facts are then left out or drawn anew; dates lie on and next to
the days on which terms end, worked out by simple arithmetic here.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from policy import FACT, FACTS, CrossBorder, Settings

OPTIONAL = tuple(FACT)[1:]
"""Every fact but the day the claim was opened."""

SOUND: dict[str, list[Any]] = {
    "purchase_channel": ["official_store"],
    "purchase_country": ["DE"],
    "claim_country": ["DE"],
    "order_number": ["A-1001"],
    "serial_number": ["SN 77"],
    "product_model": ["X3"],
    "proof_of_purchase": ["both"],
    "transferred_ownership": [False],
    "free_product": [False],
    "problem": ["quality_defect"] * 5 + ["not_quality"] * 3 + ["damaged_on_delivery"],
    "defect_evidence": ["verified"],
    "third_party_maintenance": [False],
    "troubleshooting": ["documented"],
    "fully_refunded": [False],
    "replaced_item_returned": ["returned"],
    "return_kind": ["expected"],
    "return_route": ["domestic"],
    "return_label": ["own", "prepaid"],
    "transit_loss_or_damage": [False, True],
    "inspection": ["not_required", "not_required", "pending", "defect_confirmed"],
    "remedy_preference": ["replacement"],
    "replacement_stock": ["same_model"],
}
COUNTRIES = ["DE", "DE", "FR", "US", "XK"]
TEXTS = ["A-1001", "17"]
DAYS_BACK = [0, 1, 5, 28, 29, 30, 31, 32, 59, 88, 89, 90, 91, 92, 93, 94, 120, 200]
YEAR = [363, 364, 365, 366, 367, 368, 395, 396, 397, 425, 800, 3000]


def values(name: str) -> st.SearchStrategy[Any]:
    """Any value of a fact that is no date."""
    fact = FACT[name]
    match fact.kind:
        case "choice":
            return st.sampled_from(fact.values)
        case "boolean":
            return st.booleans()
        case "country":
            return st.sampled_from(COUNTRIES)
        case _:
            return st.sampled_from(TEXTS)


def month_ends() -> st.SearchStrategy[date]:
    """First and last days of months, in leap years and others."""
    return st.builds(
        lambda year, month, last: date(year, month, monthrange(year, month)[1] if last else 1),
        st.sampled_from([2023, 2024, 2025]),
        st.integers(1, 12),
        st.booleans(),
    )


def days() -> st.SearchStrategy[date]:
    return st.one_of(
        st.dates(date(2023, 1, 1), date(2025, 12, 31)),
        month_ends(),
        st.sampled_from([date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]),
    )


@st.composite
def dates(draw: st.DrawFn) -> dict[str, date]:
    """Opening, purchase and (now and then) replacement, on both sides of every boundary; ``on``,
    the day of the verdict, among them."""
    purchase = draw(days())
    back = draw(st.sampled_from([*DAYS_BACK, *DAYS_BACK, *YEAR]))
    opened = purchase + timedelta(back)
    if draw(st.integers(0, 40)) == 0:
        opened = purchase - timedelta(1)
    found = {"claim_opened_on": opened, "purchase_date": purchase}
    if draw(st.integers(0, 3)) == 0:
        shipped = opened - timedelta(draw(st.sampled_from([*DAYS_BACK, -1])))
        found["replacement_shipped_on"] = shipped
    on = opened + timedelta(draw(st.sampled_from([0, 0, *DAYS_BACK, *YEAR])))
    if draw(st.integers(0, 40)) == 0:
        on = opened - timedelta(1)
    return {**found, "on": on}


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """A record as JSON gives it, without id; ``on`` among its keys as a date: pop it."""
    days = draw(dates())
    record: dict[str, Any] = {name: draw(st.sampled_from(SOUND[name])) for name in SOUND}
    if record["inspection"] == "defect_confirmed":
        record["problem"] = "quality_defect"
    for name in draw(st.lists(st.sampled_from(tuple(SOUND)), max_size=3)):
        record[name] = draw(values(name))
    on = days.pop("on")
    record |= {name: day.isoformat() for name, day in days.items()}
    if draw(st.integers(0, 9)) == 0:  # few claims would come to a refund by chance
        record |= {"problem": "not_quality", "purchase_date": record["claim_opened_on"]}
    known = draw(st.sampled_from(["most"] * 4 + ["asked"] * 3 + ["few"]))
    if known == "few":
        kept = draw(st.lists(st.sampled_from(OPTIONAL), max_size=8))
        missing = [name for name in OPTIONAL if name not in kept]
    elif known == "asked":
        presumable = [fact.name for fact in FACTS if fact.asked is None]
        missing = draw(st.lists(st.sampled_from(presumable), max_size=13))
        missing += draw(st.lists(st.sampled_from(OPTIONAL), max_size=3))
    else:
        missing = draw(st.lists(st.sampled_from(OPTIONAL), max_size=8))
    for name in missing:
        record.pop(name, None)
    record["claim_opened_on"] = days["claim_opened_on"].isoformat()
    return {**record, "on": on}


REGIONS = (
    (),
    (),
    (frozenset({"DE", "FR"}),),
    (frozenset({"DE", "FR"}), frozenset({"FR", "US"})),
)


def settings() -> st.SearchStrategy[Settings]:
    choices: list[CrossBorder] = ["buyer_freight", "buyer_freight", "not_covered", "review"]
    return st.builds(Settings, st.sampled_from(choices), st.sampled_from(REGIONS))
