"""What missing facts may and may not do, told by decide() alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from policy import FACT, FACTS, UNKNOWN, Claim, Settings, Verdict, decide
from tests.policy.profile import steady
from tests.policy.strategies import SOUND, TEXTS, dates, records, settings, values

CONTRADICTION = ("P1",)
PRESUMABLE = [fact.name for fact in FACTS if fact.presumed is not None] + ["replacement_shipped_on"]
ASKABLE = [fact.name for fact in FACTS if fact.asked and fact.kind != "text"]


def judged(record: dict[str, Any], on: date, settings: Settings) -> Verdict:
    return decide(Claim.from_record(record), on, settings)


# -- a definite status stays -----------------------------------------------------------------------


def every_value(name: str, record: dict[str, Any]) -> list[Any]:
    """What could be answered for a fact: every named value, days of every kind, countries at home
    and abroad."""
    fact = FACT[name]
    if name == "purchase_date":
        latest = record.get("replacement_shipped_on", record["claim_opened_on"])
        latest = date.fromisoformat(min(latest, record["claim_opened_on"]))
        back = [-1, 0, 29, 30, 31, 32, 364, 365, 366, 367, 500]
        return [(latest - timedelta(count)).isoformat() for count in back]
    if fact.kind == "country":
        other = {"purchase_country": "claim_country", "claim_country": "purchase_country"}[name]
        return list({"DE", "US", record.get(other, "DE")})
    return list(fact.values) or TEXTS


@steady(250)
@given(records(), settings())
def test_a_supplied_fact_never_overturns_a_definite_status(
    record: dict[str, Any], settings: Settings
) -> None:
    """Unless it contradicts the others, or stood presumed: nobody is told one thing and, for
    answering what was not asked, another."""
    on = record.pop("on")
    before = judged(record, on, settings)
    if before.status == "needs_information" or before.clauses == CONTRADICTION:
        return
    for fact in FACTS:
        name = fact.name
        if name in record or name in (*PRESUMABLE, *before.presumed):
            continue
        for value in every_value(name, record):
            after = judged({**record, name: value}, on, settings)
            assert after.status == before.status or after.clauses == CONTRADICTION, (name, value)


@steady(250)
@given(records(), settings())
def test_what_is_not_asked_changes_nothing(record: dict[str, Any], settings: Settings) -> None:
    """While information is needed, a fact that is neither asked for nor presumed leaves the status
    as it is, and opens no other outcome and no other question."""
    on = record.pop("on")
    before = judged(record, on, settings)
    asked = [ask.fact for ask in before.ask]
    if before.status != "needs_information":
        return
    for name in ASKABLE:
        if name in (*record, *asked, *before.presumed):
            continue
        if name == "proof_of_purchase" and "purchase_channel" in asked:
            continue  # an order number would speak for the channel, which is asked for
        for value in every_value(name, record):
            after = judged({**record, name: value}, on, settings)
            if after.clauses != CONTRADICTION:
                assert after.status == "needs_information", (name, value)
                assert set(after.could_be) <= set(before.could_be)
                assert {ask.fact for ask in after.ask} <= set(asked)


# -- every way of filling in, each judged as a complete claim --------------------------------------


def ways(record: dict[str, Any], claim: Claim) -> Iterator[dict[str, Any]]:
    """The unknown facts filled in: every named value, two countries, and days of every kind."""
    options: dict[str, list[Any]] = {}
    for name in ASKABLE:
        if getattr(claim, name) is not UNKNOWN or name in settled(claim):
            continue
        options[name] = every_value(name, record)
    for way in product(*options.values()):
        yield dict(zip(options, way, strict=True))


def settled(claim: Claim) -> list[str]:
    """Facts that presumptions or the inspection have settled although they were not given."""
    found = []
    if claim.order_number is not UNKNOWN:
        found += ["purchase_channel", "proof_of_purchase"]
    elif claim.proof_of_purchase in ("order_number", "both"):
        found.append("purchase_channel")
    if claim.inspection == "defect_confirmed":
        found += ["problem", "defect_evidence", "troubleshooting"]
    return found


@st.composite
def nearly_complete(draw: st.DrawFn) -> dict[str, Any]:
    """A sound claim in which at most three facts that could be asked for are missing, and a few
    others are not as they should be. The item never changed hands."""
    days = draw(dates())
    record: dict[str, Any] = {name: draw(st.sampled_from(SOUND[name])) for name in SOUND}
    record.pop("order_number")
    for name in draw(st.lists(st.sampled_from(tuple(SOUND)), max_size=2)):
        record[name] = draw(values(name))
    record |= {name: day.isoformat() for name, day in days.items() if name != "on"}
    for name in draw(st.lists(st.sampled_from(ASKABLE), min_size=1, max_size=3)):
        record.pop(name, None)
    record.pop("transferred_ownership")
    return {**record, "on": days["on"]}


@steady(250)
@given(nearly_complete(), settings())
def test_could_be_and_ask_are_what_complete_claims_show(
    record: dict[str, Any], settings: Settings
) -> None:
    """``could_be`` holds what some complete claim is, and no more; a fact is asked for exactly
    where two complete claims that differ in it alone differ in status."""
    on = record.pop("on")
    claim = Claim.from_record(record)
    before = decide(claim, on, settings)
    assume(before.clauses != CONTRADICTION)
    found: dict[tuple[tuple[str, Any], ...], str] = {}
    for way in ways(record, claim):
        verdict = judged({**record, **way}, on, settings)
        if verdict.clauses != CONTRADICTION:
            found[tuple(way.items())] = verdict.status
    statuses = set(found.values())
    if before.status != "needs_information":
        assert statuses == {before.status}
        return
    assert statuses == set(before.could_be)
    names = [name for name, _ in next(iter(found))]
    for place, name in enumerate(names):
        others: dict[Any, set[str]] = {}
        for way_, status in found.items():
            others.setdefault(way_[:place] + way_[place + 1 :], set()).add(status)
        changes = any(len(seen) > 1 for seen in others.values())
        assert changes == (name in [ask.fact for ask in before.ask]), name


@steady(250)
@given(records(), settings())
def test_asking_comes_to_an_end(record: dict[str, Any], settings: Settings) -> None:
    """Answering what is asked, and nothing else, leads to a definite status."""
    on = record.pop("on")
    answers = {**{name: SOUND[name][0] for name in SOUND}, "purchase_country": "DE"}
    answers["purchase_date"] = record.get("replacement_shipped_on", record["claim_opened_on"])
    for _ in range(len(ASKABLE) + 1):
        verdict = judged(record, on, settings)
        if verdict.status != "needs_information":
            return
        assert verdict.ask
        fact = verdict.ask[0].fact
        assert fact not in record or fact == "proof_of_purchase"
        record[fact] = answers[fact]
    pytest.fail(f"still asking: {verdict.ask}")


@steady(250)
@given(records(), settings())
def test_a_status_is_definite_exactly_where_nothing_is_asked(
    record: dict[str, Any], settings: Settings
) -> None:
    """``ask`` and ``could_be`` are empty for every status but needs_information, and there hold at
    least one question and two statuses; the text facts are never asked for."""
    verdict = judged(record, record.pop("on"), settings)
    if verdict.status == "needs_information":
        assert verdict.ask
        assert len(verdict.could_be) >= 2
        assert "needs_information" not in verdict.could_be
        assert {ask.fact for ask in verdict.ask} <= set(ASKABLE)
        assert verdict.clauses == ()
    else:
        assert verdict.ask == verdict.could_be == ()
        assert verdict.clauses
    for ask in verdict.ask:
        assert ask.of == FACT[ask.fact].asked
    assert [FACT[name] for name in verdict.presumed] == [
        fact for fact in FACTS if fact.name in verdict.presumed
    ]
    assert not set(verdict.presumed) & set(record)


@steady(100)
@given(records(), settings(), st.sampled_from(["serial_number", "product_model"]))
def test_serial_number_and_model_never_decide(
    record: dict[str, Any], settings: Settings, name: str
) -> None:
    """They are handed along; no clause rests on them."""
    on = record.pop("on")
    record.pop(name, None)
    without = judged(record, on, settings).to_dict()
    for text in TEXTS:
        assert judged({**record, name: text}, on, settings).to_dict() == without
