"""What a verdict says of itself: findings, their sentences, the published example."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from hypothesis import given

from policy import CLAUSES, FACT, FACTS, Claim, Settings, Verdict, decide
from tests.policy.profile import steady
from tests.policy.strategies import records, settings

CODES = {value for fact in FACTS for value in fact.values if "_" in value} | set(FACT)
# fmt: off
SHAPE = [
    "id", "status", "clauses", "findings", "freight", "remedy", "warranty_ends_on",
    "claim_deadline", "claim_deadline_provisional", "refund_window_ends_on", "ask", "could_be",
    "presumed", "policy_edition", "decided_on",
]
# fmt: on


def test_the_published_example_to_the_letter() -> None:
    """The verdict that the published page prints."""
    claim = Claim.from_record(
        {
            "claim_opened_on": "2026-03-09",
            "purchase_date": "2024-03-01",
            "purchase_channel": "official_store",
        }
    )
    verdict = decide(claim, date(2026, 3, 10)).to_dict()
    because = verdict["findings"][0].pop("because")
    assert because == (
        "The claim was opened on 2026-03-09, 373 days after the warranty ended on 2025-03-01."
    )
    assert verdict.pop("policy_edition")
    assert verdict == {
        "id": None,
        "status": "not_covered",
        "clauses": ["X3"],
        "findings": [
            {"clause": "X3", "outcome": "against", "facts": ["purchase_date", "claim_opened_on"]}
        ],
        "freight": {"payer": "not_applicable", "clauses": [], "ask": []},
        "remedy": {"kind": "none", "clauses": [], "warranty_ends_on": None},
        "warranty_ends_on": "2025-03-01",
        "claim_deadline": None,
        "claim_deadline_provisional": False,
        "refund_window_ends_on": "2024-03-31",
        "ask": [],
        "could_be": [],
        "presumed": ["replacement_shipped_on"],
        "decided_on": "2026-03-10",
    }


def test_questions_say_whom_to_ask() -> None:
    """The buyer for all but the troubleshooting, which an agent documents."""
    verdict = decide(Claim(claim_opened_on=date(2025, 6, 10)), date(2025, 6, 10)).to_dict()
    assert {ask["fact"]: ask["of"] for ask in verdict["ask"]} == {
        "purchase_date": "buyer",
        "purchase_channel": "buyer",
        "proof_of_purchase": "buyer",
        "problem": "buyer",
        "defect_evidence": "buyer",
        "troubleshooting": "agent",
    }
    assert verdict["freight"]["ask"] == [
        {"fact": "purchase_country", "of": "buyer"},
        {"fact": "claim_country", "of": "buyer"},
    ]


def test_a_finding_shows_itself_without_all_it_was_made_from() -> None:
    """In a log or a failing test: clause, outcome and facts."""
    claim = Claim.from_record({"claim_opened_on": "2025-06-10", "purchase_date": "2025-06-11"})
    (finding,) = decide(claim, date(2025, 6, 12)).findings
    assert repr(finding) == "Finding('P1', 'open', ('claim_opened_on', 'purchase_date'))"


def sound(verdict: Verdict, record: dict[str, Any]) -> None:
    """Whether everything a verdict says of itself can be shown to a person."""
    assert verdict.findings
    for finding in verdict.findings:
        said = f"{finding.clause}: {finding.because}"
        assert finding.clause in CLAUSES
        assert finding.outcome in ("for", "against", "open", "applies")
        assert finding.facts, said
        assert set(finding.facts) <= set(FACT), said
        assert finding.because == finding.because.strip(), said
        assert finding.because.endswith("."), said
        assert finding.because[0].isupper(), said
        assert not re.search(r"None|UNKNOWN|Unknown\.|_", finding.because), said
        assert finding.clause in repr(finding)


@steady(200)
@given(records(), settings())
def test_every_finding_is_a_sentence_about_facts(
    record: dict[str, Any], settings: Settings
) -> None:
    """No code, no None, no empty word reaches a reader, whatever the claim; and the verdict is
    JSON in the published shape."""
    on = record.pop("on")
    verdict = decide(Claim.from_record(record), on, settings)
    sound(verdict, record)
    plain = verdict.to_dict()
    assert list(plain) == SHAPE
    assert json.loads(json.dumps(plain)) == plain


@steady(150)
@given(records(), settings())
def test_findings_tell_what_decided_what_is_open_and_who_pays(
    record: dict[str, Any], settings: Settings
) -> None:
    """Every deciding clause is found with the outcome that the status has; every question has an
    open finding; every clause of freight and remedy applies; nothing is said twice."""
    on = record.pop("on")
    verdict = decide(Claim.from_record(record), on, settings)
    found = [(finding.clause, finding.outcome) for finding in verdict.findings]
    outcomes = {
        "needs_review": "open",
        "refer_to_dealer": "against",
        "not_covered": "against",
        "awaiting_inspection": "open",
        "refund_eligible": "for",
        "covered": "for",
    }
    for clause in verdict.clauses:
        expected = "applies" if clause == "T1" else outcomes[verdict.status]
        assert (clause, expected) in found
    for clause in (*verdict.freight.clauses, *verdict.remedy.clauses):
        assert (clause, "applies") in found
    opened = {
        fact for finding in verdict.findings if finding.outcome == "open" for fact in finding.facts
    }
    assert {ask.fact for ask in verdict.ask} <= opened
    if verdict.status == "not_covered":
        assert "open" not in [outcome for _, outcome in found]
    if verdict.status in ("covered", "refund_eligible"):
        assert "against" not in [outcome for _, outcome in found]
    told = [(finding.clause, finding.outcome, finding.facts) for finding in verdict.findings]
    assert len(set(told)) == len(told)


@steady(150)
@given(records(), settings())
def test_a_sentence_carries_the_values_it_rests_on(
    record: dict[str, Any], settings: Settings
) -> None:
    """Dates where terms decide, countries where the border does."""
    on = record.pop("on")
    verdict = decide(Claim.from_record(record), on, settings)
    for finding in verdict.findings:
        because, clause = finding.because, finding.clause
        if clause in ("X3", "W1") and "purchase_date" in record and finding.outcome != "open":
            assert record["claim_opened_on"] in because
            assert (verdict.warranty_ends_on or date.min).isoformat() in because or clause == "W1"
        if clause in ("W2", "F1") and {"purchase_country", "claim_country"} <= set(record):
            assert record["purchase_country"] in because
            assert record["claim_country"] in because
        if clause == "D2" and finding.outcome == "for":
            assert (verdict.claim_deadline or date.min).isoformat() in because
        if clause == "P1":
            known = [record[fact] for fact in finding.facts if fact in record]
            for value in known:
                assert str(value).replace("_", " ") in because


def test_every_clause_has_a_place_and_a_sentence() -> None:
    """One plain sentence each, by id, in the order of the policy."""
    assert " ".join(CLAUSES) == (
        "S1 W1 W2 R1 R2 R3 R4 R5 E1 E2 E3 E4 E5 V1 V2 V3 D1 D2 F1 F2 F3 F4 F5 "
        "X1 X2 X3 X4 X5 X6 X7 X8 X9 T1 U1 U2 P1 P2"
    )
    for clause_id, clause in CLAUSES.items():
        assert clause.id == clause_id
        assert clause.where
        assert clause.sentence.endswith(".")
        assert "_" not in clause.sentence
    assert len({clause.sentence for clause in CLAUSES.values()}) == len(CLAUSES)
