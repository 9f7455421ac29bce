"""Reading a claim: what a value may be, what counts as unknown, and what is refused."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, get_args

import pycountry
import pytest
from hypothesis import given

from policy import COUNTRIES, EXPECTED, FACT, FACTS, UNKNOWN, Claim, FactError, Unknown
from policy.facts import parse_date
from tests.policy.profile import steady
from tests.policy.strategies import records

OPENED = {"claim_opened_on": "2025-03-10"}
TEXT_FACTS = [fact.name for fact in FACTS if fact.kind == "text"]
BOOLEAN_FACTS = [fact.name for fact in FACTS if fact.kind == "boolean"]
CHOICES = [(fact.name, value) for fact in FACTS for value in fact.values]
COUNTRY_FACTS = ["purchase_country", "claim_country"]
OTHERS = [fact.name for fact in FACTS if fact.name != "claim_opened_on"]


def read(name: str, value: object) -> Any:
    return getattr(Claim.from_record({**OPENED, name: value}), name)


def read_row(name: str, value: str) -> Any:
    return getattr(Claim.from_row({**OPENED, name: value}), name)


def refused(record: Any) -> FactError:
    with pytest.raises(FactError) as caught:
        Claim.from_record(record)
    return caught.value


# -- the table -------------------------------------------------------------------------------------


def test_the_facts_are_the_published_ones_in_their_order() -> None:
    """Twenty-five facts, in the order in which questions and presumptions are listed."""
    assert list(FACT) == [
        *("claim_opened_on", "purchase_date", "purchase_channel", "purchase_country"),
        *("claim_country", "order_number", "serial_number", "product_model", "proof_of_purchase"),
        *("transferred_ownership", "free_product", "problem", "defect_evidence"),
        *("third_party_maintenance", "troubleshooting", "fully_refunded", "replacement_shipped_on"),
        *("replaced_item_returned", "return_kind", "return_route", "return_label"),
        *("transit_loss_or_damage", "inspection", "remedy_preference", "replacement_stock"),
    ]
    assert set(EXPECTED) == set(FACT)


def test_the_countries_are_the_assigned_codes_and_kosovo() -> None:
    """ISO 3166-1 alpha-2 as published, and XK."""
    assert {country.alpha_2 for country in pycountry.countries} | {"XK"} == COUNTRIES


# -- unknown ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("empty", [None, "", "  ", "\t\n"])
def test_empty_and_null_are_unknown(name: str, empty: object) -> None:
    """For every fact, in JSON."""
    assert read(name, empty) is UNKNOWN


@pytest.mark.parametrize("name", OTHERS)
def test_an_empty_cell_is_unknown(name: str) -> None:
    """For every fact, in CSV."""
    assert read_row(name, "  ") is UNKNOWN


@pytest.mark.parametrize("name", TEXT_FACTS)
@pytest.mark.parametrize("text", ["n/a", "NA", "None", "unknown", "TBD", "-", "?", " N/A "])
def test_a_placeholder_is_unknown(name: str, text: str) -> None:
    """In any case and with any spaces around, for the three text facts."""
    assert read(name, text) is UNKNOWN
    assert read_row(name, text) is UNKNOWN


@pytest.mark.parametrize("name", [name for name in FACT if FACT[name].kind != "text"])
@pytest.mark.parametrize("text", ["n/a", "unknown", "tbd", "-", "?"])
def test_a_placeholder_elsewhere_is_an_error(name: str, text: str) -> None:
    """Only text has placeholders; nothing is guessed for the others."""
    assert refused({**OPENED, name: text}).fact == name


def test_unknown_is_no_condition() -> None:
    """A fact nobody supplied is neither true nor false."""
    claim = Claim.from_record(OPENED)
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(claim.free_product)
    with pytest.raises(TypeError):
        assert not claim.free_product
    assert repr(claim.free_product) == "UNKNOWN"
    assert isinstance(UNKNOWN, Unknown)


# -- values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), CHOICES)
def test_every_named_value_is_read_exactly(name: str, value: str) -> None:
    """Trimmed, but in no other spelling."""
    assert read(name, f" {value}\n") == value
    assert read_row(name, f" {value} ") == value
    for wrong in (value.upper(), value.replace("_", " ") + " ", f"{value}s", value.title()):
        if wrong.strip() != value:
            error = refused({**OPENED, name: wrong})
            assert (error.fact, error.value) == (name, wrong)
            for allowed in FACT[name].values:
                assert allowed in error.expected


@pytest.mark.parametrize("name", BOOLEAN_FACTS)
def test_booleans_in_json_are_its_own(name: str) -> None:
    """true and false alone; a word or a number is an error."""
    assert read(name, True) is True
    assert read(name, False) is False
    for wrong in ("true", "yes", "0", 1, 0, 1.0, [True]):
        error = refused({**OPENED, name: wrong})
        assert (error.fact, error.value, error.expected) == (name, wrong, "true or false")


@pytest.mark.parametrize("name", BOOLEAN_FACTS)
def test_booleans_in_csv_are_words(name: str) -> None:
    """true/false/yes/no/1/0 in any case."""
    for word in ("true", "TRUE", "Yes", "yes", "1", " 1 "):
        assert read_row(name, word) is True
    for word in ("false", "False", "NO", "no", "0"):
        assert read_row(name, word) is False
    for wrong in ("y", "n", "t", "on", "2", "01", "ja"):
        with pytest.raises(FactError) as caught:
            Claim.from_row({**OPENED, name: wrong})
        assert (caught.value.fact, caught.value.value) == (name, wrong)


@pytest.mark.parametrize("name", ["claim_opened_on", "purchase_date", "replacement_shipped_on"])
def test_dates_are_written_in_one_way(name: str) -> None:
    """YYYY-MM-DD alone: no time, no other order, no day that is not."""
    assert read(name, " 2024-02-29 ") == date(2024, 2, 29)
    for wrong in (
        "2025-02-29",
        "2025-2-9",
        "20250209",
        "2025-W06-7",
        "2025-040",
        "09.02.2025",
        "2025-02-09T00:00:00",
        "2025-02-09 00:00",
        "+2025-02-09",
        "0000-01-01",
        "10000-01-01",
        "２０２５-０２-０９",
        20250209,
        True,
        {},
    ):
        error = refused({**OPENED, name: wrong})
        assert (error.fact, error.value) == (name, wrong)
        assert "YYYY-MM-DD" in error.expected


@pytest.mark.parametrize("name", COUNTRY_FACTS)
def test_countries_are_codes_in_any_case(name: str) -> None:
    """The assigned codes and XK, upper case afterwards."""
    for given_, code in (("DE", "DE"), ("de", "DE"), (" fR ", "FR"), ("xk", "XK")):
        assert read(name, given_) == code
    for wrong in ("UK", "EU", "ZZ", "DEU", "D", "Germany", "ﬁ", "ß", 49, ["DE"]):
        error = refused({**OPENED, name: wrong})
        assert (error.fact, error.value) == (name, wrong)
        assert "alpha-2" in error.expected


@pytest.mark.parametrize("name", TEXT_FACTS)
def test_text_is_trimmed_and_an_integer_its_digits(name: str) -> None:
    """JSON's integers only: neither a fraction nor a boolean is text."""
    assert read(name, "  A 17 ") == "A 17"
    assert read(name, 10017) == "10017"
    assert read(name, 0) == "0"
    assert read(name, "0") == "0"
    for wrong in (1.5, True, False, ["A"], {}):
        error = refused({**OPENED, name: wrong})
        assert (error.fact, error.value, error.expected) == (name, wrong, "text")


# -- the record ------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", [{}, {"claim_opened_on": None}, {"claim_opened_on": " "}])
def test_the_opening_day_is_required(record: dict[str, object]) -> None:
    """Without it there is no claim."""
    error = refused(record)
    assert (error.fact, error.value) == ("claim_opened_on", record.get("claim_opened_on"))
    assert "required" in error.expected


def test_a_name_that_is_no_fact_is_an_error() -> None:
    """It names what was given and what there is; even where the value is empty."""
    error = refused({**OPENED, "purchase date": "2025-01-01"})
    assert (error.fact, error.value) == ("purchase date", "2025-01-01")
    assert "purchase_date" in error.expected
    assert refused({**OPENED, "colour": None}).fact == "colour"


@pytest.mark.parametrize("record", [None, 5, "x", [], [OPENED]])
def test_what_is_no_record_is_an_error_about_none_of_its_facts(record: object) -> None:
    """A list, a text or a number is no set of facts."""
    error = refused(record)
    assert error.fact is None
    assert str(error).startswith("record: ")


@pytest.mark.parametrize("given_id", [None, 7, "T-1", "", "n/a", ["a"], {"a": 1}, False])
def test_the_id_is_handed_back_as_it_came(given_id: object) -> None:
    """It is not a fact, and nothing is done to it."""
    assert Claim.from_record({**OPENED, "id": given_id}).id == given_id


def test_a_message_says_what_was_wrong_and_stays_short() -> None:
    """Subject first, the value in it, however long that is."""
    assert str(refused({**OPENED, "problem": "odd"})).startswith("problem: 'odd' is not one of ")
    assert len(str(refused({**OPENED, "free_product": "x" * 5000}))) < 150


# -- a claim made in Python ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "facts",
    [
        {"claim_opened_on": UNKNOWN},
        {"claim_opened_on": "2025-01-01"},
        {"claim_opened_on": datetime(2025, 1, 1)},
        {"claim_opened_on": date(2025, 1, 1), "free_product": 1},
        {"claim_opened_on": date(2025, 1, 1), "problem": "odd"},
        {"claim_opened_on": date(2025, 1, 1), "purchase_country": "de"},
        {"claim_opened_on": date(2025, 1, 1), "order_number": " "},
        {"claim_opened_on": date(2025, 1, 1), "order_number": None},
    ],
)
def test_a_claim_holds_nothing_but_values_of_its_facts(facts: dict[str, Any]) -> None:
    """A claim made without a record is checked as well, so that deciding need not."""
    with pytest.raises(FactError):
        Claim(**facts)


def plain(claim: Claim) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in claim.known().items()
    }


@steady(100)
@given(records())
def test_a_claim_goes_out_and_comes_back(record: dict[str, Any]) -> None:
    """Through JSON, and through CSV's words: the same claim."""
    record.pop("on")
    claim = Claim.from_record({**record, "id": "T-9"})
    known = plain(claim)
    assert list(known) == [name for name in FACT if name in known]
    assert Claim.from_record(json.loads(json.dumps({"id": "T-9", **known}))) == claim
    row = {name: str(value) for name, value in known.items()}
    assert Claim.from_row({"id": "T-9", **row}) == claim
    assert hash(claim) == hash(Claim.from_record({**record, "id": "T-9"}))


def test_what_is_known_is_listed_by_name() -> None:
    """In the order of the table, whatever the order in which it was given."""
    claim = Claim.from_record({"problem": "lost", "id": 1, "free_product": False, **OPENED})
    assert list(claim.known().items()) == [
        ("claim_opened_on", date(2025, 3, 10)),
        ("free_product", False),
        ("problem", "lost"),
    ]


def test_a_date_is_parsed_or_is_none() -> None:
    """The one way to write a date, also for the command line."""
    assert parse_date("2025-12-31") == date(2025, 12, 31)
    assert parse_date("2025-12-32") is None
    assert parse_date(" 2025-12-31") is None


def test_the_named_values_and_their_types_are_one_list() -> None:
    """What a type checker allows and what a record may say are the same."""
    from policy import facts

    spelled = {
        "purchase_channel": facts.Channel,
        "proof_of_purchase": facts.Proof,
        "problem": facts.Problem,
        "inspection": facts.Inspection,
        "replacement_stock": facts.Stock,
    }
    for name, values in spelled.items():
        assert FACT[name].values == get_args(values)
