"""The owner's choices, and what cannot be chosen."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from policy import COUNTRIES, Claim, Settings, SettingsError, decide, parse_regions
from policy.clauses import BIT, CLAUSES, names


def test_regions_are_groups_with_a_name() -> None:
    """Separated by semicolons, countries by commas, in any case, with spaces where one likes."""
    expected = (frozenset({"DE", "FR"}), frozenset({"US", "CA"}))
    assert parse_regions("EU:DE,FR;NA:US,CA") == expected
    assert parse_regions(" EU : de , fr ;; NA:us,CA,; ") == expected
    assert parse_regions("") == parse_regions(" ; ") == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("DE,FR", "DE,FR"),
        ("EU:", "EU:"),
        (":DE", ":DE"),
        ("EU:DE;,", ","),
        ("EU:DE,UK", "UK"),
        ("EU:Germany", "GERMANY"),
        ("EU:DE:FR", "DE:FR"),
    ],
)
def test_regions_that_are_none_name_what_is_wrong(text: str, value: str) -> None:
    """The group or the code at fault, and what it should have been."""
    with pytest.raises(SettingsError) as caught:
        parse_regions(text)
    assert (caught.value.setting, caught.value.value) == ("regions", value)
    assert caught.value.expected
    assert repr(value) in str(caught.value)


def test_settings_are_checked_when_they_are_made() -> None:
    """Neither a reading of the policy nor a country that there is not."""
    wrong: Any = "maybe"
    with pytest.raises(SettingsError, match="buyer_freight") as caught:
        Settings(wrong)
    assert (caught.value.setting, caught.value.value) == ("cross_border", "maybe")
    with pytest.raises(SettingsError) as caught:
        Settings(regions=(frozenset({"DE", "ZZ"}),))
    assert caught.value.value == "ZZ"


def test_where_all_countries_are_one_region_nobody_is_asked_for_them() -> None:
    """There is then no outside that a claim could come from."""
    facts: dict[str, Any] = {
        "claim_opened_on": "2025-06-10",
        "purchase_date": "2025-01-15",
        "purchase_channel": "official_store",
        "proof_of_purchase": "both",
        "problem": "quality_defect",
        "defect_evidence": "verified",
        "troubleshooting": "documented",
    }
    world = Settings("not_covered", (frozenset(COUNTRIES),))
    assert decide(Claim.from_record(facts), date(2025, 6, 12), world).status == "covered"
    facts["claim_country"] = "DE"
    assert decide(Claim.from_record(facts), date(2025, 6, 12), world).status == "covered"
    almost = Settings("not_covered", (frozenset(COUNTRIES - {"XK"}),))
    verdict = decide(Claim.from_record(facts), date(2025, 6, 12), almost)
    assert [ask.fact for ask in verdict.ask] == ["purchase_country"]


def test_sets_of_clauses_are_named_in_order_however_many_are_asked_for() -> None:
    """A set of clauses is one integer; naming it does not fill the memory."""
    ids = list(CLAUSES)
    for clauses in range(1, 6000):
        named = names(clauses)
        assert sum(BIT[clause] for clause in named) == clauses
        assert list(named) == [clause for clause in ids if clause in named]
