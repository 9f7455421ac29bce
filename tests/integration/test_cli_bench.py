"""`warranty bench policy`: that it measures what it says. How long things take is not tested."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from integration.cli import main
from integration.commands.bench import cases
from integration.commands.bench_claims import COMPLETE, TODAY, mix, without
from policy import STATUSES, UNKNOWN, Claim, decide

ASKABLE = [name for name in COMPLETE if name not in ("claim_opened_on", "order_number")]
ASKABLE = [name for name in ASKABLE if name not in ("serial_number", "product_model")]


def test_every_case_is_measured_and_told() -> None:
    """As JSON with medians and targets, and as a table beside them."""
    quick = ["bench", "policy", "--rounds", "1", "--samples", "1"]
    report = json.loads(CliRunner().invoke(main, [*quick, "--json"]).stdout)
    assert [case["name"] for case in report["cases"]] == [case.name for case in cases()]
    assert [case["target_us"] for case in report["cases"] if case["target_us"]] == [20, 50, 200]
    for case in report["cases"]:
        assert case["median_us"] > 0
        assert case["per_second"] > 0
        assert case["met"] in ((True, False) if case["target_us"] else (None,))
    table = CliRunner().invoke(main, quick).stdout
    for case in report["cases"]:
        assert case["name"] in table
    assert report["python"] in table


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_facts_are_unknown_as_is_said(count: int) -> None:
    """None of the missing ones is presumed after all: each claim has that many open facts."""
    for record in without(count):
        claim = Claim.from_record(record)
        missing = [name for name in ASKABLE if getattr(claim, name) is UNKNOWN]
        assert len(missing) == count
        presumed = decide(claim, TODAY).presumed
        assert not set(missing) & set(presumed)


def test_the_complete_claim_is_covered_and_leaves_nothing_open() -> None:
    """It is the long way through the policy: every clause has been looked at."""
    verdict = decide(Claim.from_record(COMPLETE), TODAY)
    assert verdict.status == "covered"
    assert verdict.freight.payer == "soocas"


def test_the_mix_is_varied_and_always_the_same() -> None:
    """Several hundred different claims that reach every status."""
    records = list(mix(600))
    assert records == list(mix(600))
    bodies = {json.dumps({**record, "id": None}, sort_keys=True) for record in records}
    assert len(bodies) > 500
    statuses = {decide(Claim.from_record(record), TODAY).status for record in records}
    assert statuses == set(STATUSES)
