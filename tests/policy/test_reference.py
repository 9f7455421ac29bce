"""decide() against filling in by brute force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policy import STATUSES, Claim, Settings, decide
from policy.editions import Edition
from tests.policy import reference
from tests.policy.profile import steady
from tests.policy.strategies import records, settings

HOME = Settings()


def alike(
    record: dict[str, Any],
    on: date,
    settings: Settings = HOME,
    editions: tuple[Edition, ...] | None = None,
) -> str:
    """decide() and the reference agree on everything but the findings; the status they give."""
    more: dict[str, Any] = {} if editions is None else {"editions": editions}
    verdict = decide(Claim.from_record(record), on, settings, **more).to_dict()
    del verdict["findings"]
    expected = reference.decide(record, on, settings.cross_border, settings.regions, **more)
    assert verdict == expected
    return str(verdict["status"])


@pytest.fixture(scope="module")
def reached() -> Iterator[Counter[str]]:
    """The statuses that made-up claims reach, every one of them or the trial is worth little."""
    statuses: Counter[str] = Counter()
    yield statuses
    assert set(statuses) == set(STATUSES), statuses


@steady(350)
@given(record=records(), settings=settings())
def test_a_verdict_is_what_every_way_of_filling_in_gives(
    reached: Counter[str], record: dict[str, Any], settings: Settings
) -> None:
    """The whole verdict, ``could_be``, ``ask`` and ``presumed`` among it, equals brute force."""
    reached[alike(record, record.pop("on"), settings)] += 1


def editions() -> st.SearchStrategy[tuple[Edition, ...]]:
    """Two made-up editions: longer or shorter terms from some day on."""
    lengths = st.tuples(
        st.sampled_from([6, 12, 18]),
        st.sampled_from([10, 30, 60]),
        st.sampled_from([14, 30, 100]),
        st.sampled_from([1, 3, 6]),
    )
    start = st.sampled_from([date.min, date(2022, 6, 1)])
    change = st.dates(date(2023, 6, 1), date(2025, 6, 1))
    return st.builds(
        lambda start, change, old, new: (Edition("old", start, *old), Edition("new", change, *new)),
        start,
        change,
        lengths,
        lengths,
    )


@steady(100)
@given(record=records(), settings=settings(), editions=editions())
def test_editions_are_told_apart_by_each_day_of_purchase(
    record: dict[str, Any], settings: Settings, editions: tuple[Edition, ...]
) -> None:
    """With two editions, a known purchase date is judged by its own, and an unknown one by every
    day that it could be."""
    alike(record, record.pop("on"), settings, editions)


NEW_TERMS = (
    Edition("old", date(2024, 1, 1), 12, 30, 30, 3),
    Edition("new", date(2025, 1, 1), 24, 14, 60, 6),
)
KNOWN_BUT_THE_DAY = {
    "purchase_channel": "official_store",
    "proof_of_purchase": "both",
    "purchase_country": "DE",
    "claim_country": "DE",
    "problem": "quality_defect",
    "defect_evidence": "verified",
    "troubleshooting": "documented",
}


@pytest.mark.parametrize("after", range(0, 1200, 37))
def test_a_change_of_terms_is_felt_around_its_day(after: int) -> None:
    """An unknown purchase date reaches over the change of editions, from every opening day."""
    opened = date(2024, 10, 1) + timedelta(after)
    for problem in ("quality_defect", "not_quality"):
        record = {
            **KNOWN_BUT_THE_DAY,
            "problem": problem,
            "claim_opened_on": opened.isoformat(),
        }
        for wait in (0, 13, 14, 15, 29, 30, 31, 200):
            alike(record, opened + timedelta(wait), HOME, NEW_TERMS)


@pytest.mark.parametrize("purchase", ["2023-12-31", "2024-01-01", "2024-12-31", "2025-01-01"])
def test_a_claim_is_judged_by_the_edition_of_its_purchase_date(purchase: str) -> None:
    """On both sides of an edition's first day; before the first edition, by the first."""
    record = {**KNOWN_BUT_THE_DAY, "claim_opened_on": "2025-12-31", "purchase_date": purchase}
    alike(record, date(2026, 1, 5), HOME, NEW_TERMS)
    verdict = decide(Claim.from_record(record), date(2026, 1, 5), HOME, NEW_TERMS)
    new = purchase == "2025-01-01"
    assert verdict.policy_edition == ("new" if new else "old")
    assert verdict.warranty_ends_on == date.fromisoformat(purchase).replace(
        year=int(purchase[:4]) + (2 if new else 1)
    )


ENDS = [date.min, date(1, 1, 2), date(1, 2, 1), date(9999, 11, 30), date(9999, 12, 30), date.max]


@steady(40)
@given(
    record=records(),
    opened=st.sampled_from(ENDS),
    purchase=st.sampled_from(ENDS),
    on=st.sampled_from(ENDS),
    kept=st.booleans(),
)
@example({"on": date.max}, date.max, date.max, date.max, False)
@example({"on": date.min}, date.min, date.min, date.min, False)
def test_the_ends_of_the_calendar_are_no_trouble(
    record: dict[str, Any], opened: date, purchase: date, on: date, kept: bool
) -> None:
    """Dates that no calendar can name are clamped to the last one that it can."""
    record.pop("on")
    record["claim_opened_on"] = opened.isoformat()
    record.pop("replacement_shipped_on", None)
    if kept:
        record["purchase_date"] = purchase.isoformat()
    alike(record, on)
