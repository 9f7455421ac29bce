"""The last day of a claim, whatever became of it (D1, D2)."""

from __future__ import annotations

from datetime import date

import pytest

from policy import Claim, deadline, decide

_OPENED = date(2026, 5, 4)
_TODAY = date(2026, 5, 5)


@pytest.mark.parametrize(
    ("purchased", "shipped", "expected"),
    [
        (date(2026, 2, 1), None, date(2027, 2, 1)),
        (date(2025, 5, 10), None, date(2026, 6, 3)),
        (date(2024, 1, 1), None, date(2026, 6, 3)),
        (date(2025, 1, 1), date(2026, 4, 20), date(2026, 7, 20)),
        (None, None, date(2026, 6, 3)),
        (None, date(2026, 4, 20), date(2026, 7, 20)),
    ],
)
def test_a_claim_has_a_last_day_also_where_it_is_denied(
    purchased: date | None, shipped: date | None, expected: date
) -> None:
    """The later of the warranty's end and the 30 days; a verdict has it only while the claim is
    alive, but a person who overrules a denial needs it too."""
    known = {"purchase_date": purchased, "replacement_shipped_on": shipped}
    given = {fact: day for fact, day in known.items() if day is not None}
    for problem in ("quality_defect", "dropped"):
        claim = Claim(claim_opened_on=_OPENED, problem=problem, **given)  # type: ignore[arg-type]
        assert deadline(claim) == expected
        assert decide(claim, _TODAY).claim_deadline in (None, expected)
