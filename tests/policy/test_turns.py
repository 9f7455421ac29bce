"""The days on which a verdict changes by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given

from policy import Claim, decide, turns
from policy.editions import EDITIONS, Edition
from tests.policy.profile import steady
from tests.policy.strategies import records

_OPENED = date(2026, 5, 4)


def _told(claim: Claim, day: date, editions: tuple[Edition, ...] = EDITIONS) -> tuple[object, ...]:
    one = decide(claim, day, editions=editions)
    told = (one.status, one.clauses, one.remedy.kind, one.freight, one.claim_deadline, one.ask)
    return (*told, one.could_be, one.presumed)


@steady(60)
@given(records())
def test_a_verdict_changes_on_no_other_day(record: dict[str, Any]) -> None:
    """Whatever is known of a claim, by one edition of the terms or by two."""
    claim = Claim.from_record({key: value for key, value in record.items() if key != "on"})
    opened = claim.claim_opened_on
    second = Edition("two", opened - timedelta(days=200), 6, 20, 14, 2)
    for editions in (EDITIONS, (EDITIONS[0], second)):
        known = set(turns(claim, editions))
        before = _told(claim, opened - timedelta(days=3), editions)
        for past in range(-2, 420):
            day = opened + timedelta(days=past)
            now = _told(claim, day, editions)
            assert now == before or day in known, day
            before = now


@pytest.mark.parametrize(
    ("facts", "last"),
    [
        # bought on the day of the claim at the latest: a year from then
        ({}, date(2027, 5, 4)),
        # bought on the day of the replacement's dispatch at the latest
        ({"replacement_shipped_on": date(2025, 9, 1)}, date(2026, 9, 1)),
        ({"purchase_date": date(2025, 5, 10)}, date(2026, 6, 3)),
    ],
)
def test_a_claim_ends_at_last_also_where_the_purchase_is_unknown(
    facts: dict[str, Any], last: date
) -> None:
    """D2 ends it when no day of purchase is left that would keep it."""
    claim = Claim(
        claim_opened_on=_OPENED,
        problem="quality_defect",
        purchase_channel="official_store",
        **facts,
    )
    after = last + timedelta(days=1)
    assert after in turns(claim)
    assert decide(claim, last).status == "needs_information"
    assert "D2" in decide(claim, after).clauses
