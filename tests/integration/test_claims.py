"""From a ticket to a claim: which field feeds which fact."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from integration import catalogue, claims
from policy import FACTS, UNKNOWN
from tests.integration.desk import COMPLETE, CREATED, NOW, ticket


def read(facts: dict[str, object], **more: object) -> claims.Reading:
    return claims.read(ticket(facts, **more), NOW, UTC)


def test_every_fact_has_a_field_with_its_own_values() -> None:
    """Whatever the policy can know of a claim, an agent can enter, and each option reads back as
    the value it stands for."""
    for fact in FACTS:
        spec = catalogue.FIELD[fact.name]
        for option, _ in spec.options:
            reading = read({fact.name: option})
            assert reading.misread == ()
            assert getattr(reading.claim, fact.name) == catalogue.meaning(fact.name, option)
        expected = {"choice": set(fact.values), "boolean": {True, False}}.get(fact.kind)
        if expected is not None:
            assert set((spec.values or {}).values()) == expected


def test_an_empty_ticket_is_a_claim_of_which_nothing_is_known() -> None:
    """Only the day it was opened is known, from the ticket."""
    assert read({}).claim.known() == {"claim_opened_on": CREATED.date()}


def test_values_become_facts() -> None:
    """Dates, countries, texts and choices arrive in the policy's words."""
    claim = read({**COMPLETE, "transferred_ownership": True, "serial_number": " 77 "}).claim
    assert claim.purchase_date == date(2026, 2, 1)
    assert claim.purchase_country == "DE"
    assert claim.problem == "quality_defect"
    assert claim.transferred_ownership is True
    assert claim.serial_number == "77"


@pytest.mark.parametrize("value", ["", "   ", None])
def test_an_empty_field_is_unknown(value: object) -> None:
    """Blank is neither a value nor a mistake."""
    reading = read({"problem": value, "purchase_date": value, "order_number": value})
    assert reading.misread == ()
    assert reading.claim.problem is UNKNOWN


def test_an_unticked_checkbox_is_unknown_and_not_no() -> None:
    """An admin may bind a checkbox to a yes/no fact: ticked says yes, empty says nothing."""
    assert read({"free_product": True}).claim.free_product is True
    assert read({"free_product": False}).claim.known() == read({}).claim.known() | {
        "free_product": False
    }
    unticked = ticket({})
    fields = {**unticked.fields, "free_product": False}
    reading = claims.read(ticket({}, fields=fields), NOW, UTC)
    assert reading.claim.free_product is UNKNOWN
    assert reading.misread == ()


@pytest.mark.parametrize(("raw", "meant"), [("yes", True), ("No", False), ("TRUE", True)])
def test_a_text_field_may_answer_yes_or_no(raw: str, meant: bool) -> None:
    """Fields of an admin's own making are read where they say it plainly."""
    assert read({"free_product": raw}).claim.free_product is meant


@pytest.mark.parametrize(
    ("key", "raw", "shown", "expected"),
    [
        ("problem", "it fell", "it fell", "Dropped"),
        ("purchase_date", "2026-02-30", "2026-02-30", "YYYY-MM-DD"),
        ("purchase_country", "Germany", "Germany", "alpha-2"),
        ("free_product", "maybe", "maybe", "Yes, No"),
        ("problem", ("lost", "stolen"), "lost, stolen", "Lost"),
        ("order_number", "x" * 300, None, None),
        ("purchase_date", 17, "17", "YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_read_is_named(
    key: str, raw: object, shown: str | None, expected: str | None
) -> None:
    """A value that is none of a fact's is handed on with what was expected; the rest is read."""
    reading = read({**COMPLETE, key: raw})
    if shown is None:
        assert reading.misread == ()
        return
    (one,) = reading.misread
    assert one.title == catalogue.FIELD[key].title
    assert one.value == shown
    assert expected is not None
    assert expected in one.expected
    assert getattr(reading.claim, key) is UNKNOWN
    assert len(reading.claim.known()) == len(COMPLETE) + (0 if key in COMPLETE else 1)


def test_a_long_value_is_cut() -> None:
    """A note stays short whatever somebody pasted into a field."""
    (one,) = read({"problem": "x" * 5000}).misread
    assert len(one.value) == 60


def test_a_field_the_helpdesk_did_not_return_is_unknown() -> None:
    """A field that was taken off is no answer."""
    fields = {k: v for k, v in ticket(COMPLETE).fields.items() if k != "problem"}
    reading = claims.read(ticket({}, fields=fields), NOW, UTC)
    assert reading.claim.problem is UNKNOWN


def test_days_are_counted_where_the_installation_is() -> None:
    """The same moment is another day elsewhere."""
    created = datetime(2026, 5, 4, 23, 30, tzinfo=UTC)
    reading = claims.read(ticket({}, created_at=created), created, ZoneInfo("Asia/Tokyo"))
    assert reading.claim.claim_opened_on == reading.today == date(2026, 5, 5)


def test_a_helpdesks_clock_ahead_of_ours_makes_no_claim_from_the_future() -> None:
    """A ticket created seconds past midnight by the helpdesk's clock is a claim of that day."""
    created = datetime(2026, 5, 5, 0, 0, 2, tzinfo=UTC)
    ours = datetime(2026, 5, 4, 23, 59, 59, tzinfo=UTC)
    assert claims.read(ticket({}, created_at=created), ours, UTC).today == date(2026, 5, 5)
