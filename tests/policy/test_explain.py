"""explain(): what a person reads of a verdict."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from policy import Claim, Settings, decide, explain
from tests.policy.profile import steady
from tests.policy.strategies import records, settings
from tests.policy.test_stories import SOUND

NOWHERE = ("purchase_country", "claim_country")


def told(on: str = "2025-06-12", without: tuple[str, ...] = (), **facts: Any) -> list[str]:
    record = {**SOUND, **facts}
    for name in without:
        del record[name]
    return explain(decide(Claim.from_record(record), date.fromisoformat(on))).splitlines()


def test_a_covered_claim_from_first_to_last() -> None:
    """The verdict in one line, findings by clause, and what else there is to know."""
    assert told() == [
        "COVERED — replacement by the same model, freight: SOOCAS pays [S1 W1]",
        "",
        "  S1  for      The problem is a defect in quality.",
        "  W1  for      Bought on 2025-01-15, covered until 2026-01-15; the claim was opened on"
        " 2025-06-10.",
        "  W2  for      Bought and claimed in DE.",
        "  V1  for      The order number of the official website was shown.",
        "  V2  for      A sales invoice was shown.",
        "  E2  for      The buyer's troubleshooting is documented.",
        "  E3  for      The evidence of the defect was verified.",
        "  D2  for      The claim can be processed until 2026-01-15.",
        "  R1  applies  The same model is in stock, and the buyer did not ask for a refund.",
        "  R4  applies  A replacement keeps the original's warranty, or three months if that is"
        " longer.",
        "",
        "  Presumed       not a free product; no third party worked on it; not fully refunded; an"
        " expected",
        "                 return; a domestic return; no inspection required",
        "  Freight        SOOCAS pays",
        "  Remedy         replacement by the same model [R1 R4], covered until 2026-01-15 if sent"
        " on",
        "                 2025-06-12",
        "  Warranty       until 2026-01-15 (217 days left)",
        "  Refund window  ended on 2025-02-14 (118 days ago)",
        "  Claim          until 2026-01-15 (217 days left)",
        "  Decided        on 2025-06-12 by edition soocas-1 of the policy",
    ]


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        (
            {"purchase_date": "2024-06-09"},
            "NOT COVERED — the warranty ended before the claim was opened [X3]",
        ),
        (
            {"free_product": True, "third_party_maintenance": True},
            "NOT COVERED — the product was free; a third party worked on it [X5 X6]",
        ),
        (
            {"purchase_channel": "authorized_dealer"},
            "REFER TO DEALER — the authorised dealer who sold it handles it [U2]",
        ),
        ({"inspection": "pending"}, "AWAITING INSPECTION — the item is to be inspected [E4]"),
        (
            {"problem": "not_quality", "purchase_date": "2025-05-20"},
            "REFUND ELIGIBLE — no matter of quality, claimed within the refund window [X4]",
        ),
        (
            {"purchase_date": "2025-06-11"},
            "NEEDS REVIEW — the facts contradict each other [P1]",
        ),
        (
            {"remedy_preference": "refund", "return_route": "international"},
            "COVERED — refund, freight: the buyer pays [S1 W1]",
        ),
        (
            {"purchase_date": None},
            "NEEDS INFORMATION — could be not covered or covered; ask for the purchase date",
        ),
        (
            {"purchase_date": None, "problem": None, "troubleshooting": None},
            "NEEDS INFORMATION — could be needs review, not covered, refund eligible or covered; "
            "ask for the purchase date, what the problem is and the documented troubleshooting",
        ),
        (
            {"inspection": "no_fault_found", "problem": None},
            "NOT COVERED — the inspection found it in working order [S1 F3 X4 X7 X8]",
        ),
    ],
)
def test_the_first_line_is_the_whole_verdict(facts: dict[str, Any], line: str) -> None:
    """Status, the reasons that are certain, and the clauses."""
    assert told(**facts)[0] == line


def test_a_denial_for_one_reason_or_another_names_none() -> None:
    """Where only missing facts could tell the reason, the first line claims none."""
    record = {
        "claim_opened_on": "2025-06-10",
        "purchase_date": "2025-01-15",
        "purchase_channel": "official_store",
        "purchase_country": "DE",
        "problem": None,
        "inspection": "no_fault_found",
        "claim_country": None,
    }
    verdict = decide(Claim.from_record(record), date(2025, 6, 12), Settings("not_covered"))
    first = explain(verdict).splitlines()[0]
    assert (
        first
        == "NOT COVERED — the inspection found it in working order [S1 W2 E2 E3 F3 X1 X4 X7 X8]"
    )
    record = {
        "claim_opened_on": "2025-06-10",
        "purchase_channel": "official_store",
        "replacement_shipped_on": "2024-06-09",
    }
    verdict = decide(Claim.from_record(record), date(2025, 6, 12))
    first = explain(verdict).splitlines()[0]
    assert first == "NOT COVERED — whatever the facts that are missing [X3]"


def test_questions_go_to_whom_they_concern() -> None:
    """The buyer's, the agent's, and those that only the freight hangs on."""
    lines = told(without=("purchase_date", "troubleshooting", *NOWHERE))
    assert "  Ask            the buyer: the purchase date" in lines
    assert "  Ask            an agent: the documented troubleshooting" in lines
    text = " ".join(line.strip() for line in lines)
    both = "the country of purchase and the country of the claim"
    assert f"Freight        undetermined; ask the buyer: {both}" in text
    assert "  Claim          until 2025-07-10 (28 days left), provisional" in lines
    assert not any(line.startswith("  Warranty") for line in lines)


@pytest.mark.parametrize(
    ("on", "text"),
    [
        ("2026-01-13", "until 2026-01-15 (2 days left)"),
        ("2026-01-14", "until 2026-01-15 (1 day left)"),
        ("2026-01-15", "until 2026-01-15, which is the day of this verdict"),
        ("2026-01-16", "ended on 2026-01-15 (1 day ago)"),
        ("2026-01-17", "ended on 2026-01-15 (2 days ago)"),
    ],
)
def test_dates_tell_the_days_that_are_left(on: str, text: str) -> None:
    """On both sides of a last day, which is included."""
    assert f"  Warranty       {text}" in told(on)


@steady(120)
@given(records(), settings())
def test_every_verdict_can_be_read(record: dict[str, Any], settings: Settings) -> None:
    """Whatever the claim: a first line with the status, no code, no None, no line too long."""
    on = record.pop("on")
    verdict = decide(Claim.from_record(record), on, settings)
    first, empty, *lines = explain(verdict).splitlines()
    assert empty == ""
    assert first.startswith(f"{verdict.status.replace('_', ' ').upper()} — ")
    for clause in verdict.clauses:
        assert re.search(rf"\b{clause}\b", first)
    for line in (first, *lines):
        assert not re.search(r"None|UNKNOWN|[a-z]_[a-z]|\s$", line), line
    for line in lines:
        assert len(line) <= 100
    for finding in verdict.findings:
        assert any(line.startswith(f"  {finding.clause}  {finding.outcome}") for line in lines)
