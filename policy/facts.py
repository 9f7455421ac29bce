"""What may be known about a claim: the facts, their values, what is presumed, and whom to ask."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, NoReturn, get_args

from policy.countries import COUNTRIES


class Unknown(Enum):
    """The one value of a fact that nobody has supplied.

    It is neither true nor false: using it as a condition is a programming error.
    """

    UNKNOWN = "unknown"

    def __bool__(self) -> NoReturn:
        raise TypeError("an unknown fact is neither true nor false; compare it with `is UNKNOWN`")

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN

Asked = Literal["buyer", "agent"]
Kind = Literal["date", "choice", "boolean", "country", "text"]


class FactError(ValueError):
    """A record that cannot be a claim: which ``fact``, its ``value``, and what was ``expected``.

    ``fact`` is None where the record itself is malformed.
    """

    def __init__(self, fact: str | None, value: object, expected: str) -> None:
        super().__init__(f"{fact or 'record'}: {_shown(value)} is not {expected}")
        self.fact = fact
        self.value = value
        self.expected = expected


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


class Fact(NamedTuple):
    """One fact: its ``name``, ``kind``, ``values`` where they are named, the value ``presumed``
    while it is unknown (None where nothing is), and who is ``asked`` for it (None: nobody)."""

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    presumed: str | bool | None = None
    asked: Asked | None = None


Channel = Literal["official_store", "authorized_dealer", "unauthorized_seller"]
Proof = Literal["order_number", "sales_invoice", "both", "insufficient"]
# fmt: off
Problem = Literal[
    "quality_defect", "lost", "stolen", "dropped", "extreme_temperature", "water_damage",
    "improper_operation", "external_damage", "damaged_on_delivery", "not_quality",
]
Evidence = Literal["verified", "insufficient"]
Troubleshooting = Literal["documented", "declined"]
Returned = Literal["returned", "wrong_item", "not_returned"]
ReturnKind = Literal["expected", "unexpected", "unauthorized"]
Route = Literal["domestic", "international"]
Label = Literal["prepaid", "own"]
Inspection = Literal[
    "not_required", "pending", "defect_confirmed", "no_fault_found", "wrong_item", "not_returned",
]
Preference = Literal["replacement", "refund"]
Stock = Literal["same_model", "other_model", "none"]

FACTS: Final[tuple[Fact, ...]] = (
    Fact("claim_opened_on", "date"),
    Fact("purchase_date", "date", asked="buyer"),
    Fact("purchase_channel", "choice", get_args(Channel), asked="buyer"),
    Fact("purchase_country", "country", asked="buyer"),
    Fact("claim_country", "country", asked="buyer"),
    Fact("order_number", "text", asked="buyer"),
    Fact("serial_number", "text", asked="buyer"),
    Fact("product_model", "text", asked="buyer"),
    Fact("proof_of_purchase", "choice", get_args(Proof), asked="buyer"),
    Fact("transferred_ownership", "boolean", presumed=False),
    Fact("free_product", "boolean", presumed=False),
    Fact("problem", "choice", get_args(Problem), asked="buyer"),
    Fact("defect_evidence", "choice", get_args(Evidence), asked="buyer"),
    Fact("third_party_maintenance", "boolean", presumed=False),
    Fact("troubleshooting", "choice", get_args(Troubleshooting), asked="agent"),
    Fact("fully_refunded", "boolean", presumed=False),
    Fact("replacement_shipped_on", "date"),
    Fact("replaced_item_returned", "choice", get_args(Returned), "returned"),
    Fact("return_kind", "choice", get_args(ReturnKind), "expected"),
    Fact("return_route", "choice", get_args(Route), "domestic"),
    Fact("return_label", "choice", get_args(Label), "own"),
    Fact("transit_loss_or_damage", "boolean", presumed=False),
    Fact("inspection", "choice", get_args(Inspection), "not_required"),
    Fact("remedy_preference", "choice", get_args(Preference), "replacement"),
    Fact("replacement_stock", "choice", get_args(Stock), "same_model"),
)
# fmt: on
FACT: Final[dict[str, Fact]] = {fact.name: fact for fact in FACTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A warranty claim: a flat set of facts, each ``UNKNOWN`` until somebody supplies it.

    Dates are calendar dates in the shop's own reckoning; countries are ISO 3166-1 alpha-2 codes in
    upper case (and XK). ``id`` is handed back with the verdict and otherwise not looked at.
    Raises ``FactError`` for a value that is none of a fact's values.
    """

    id: Any = None
    claim_opened_on: date
    purchase_date: date | Unknown = UNKNOWN
    purchase_channel: Channel | Unknown = UNKNOWN
    purchase_country: str | Unknown = UNKNOWN
    claim_country: str | Unknown = UNKNOWN
    order_number: str | Unknown = UNKNOWN
    serial_number: str | Unknown = UNKNOWN
    product_model: str | Unknown = UNKNOWN
    proof_of_purchase: Proof | Unknown = UNKNOWN
    transferred_ownership: bool | Unknown = UNKNOWN
    free_product: bool | Unknown = UNKNOWN
    problem: Problem | Unknown = UNKNOWN
    defect_evidence: Evidence | Unknown = UNKNOWN
    third_party_maintenance: bool | Unknown = UNKNOWN
    troubleshooting: Troubleshooting | Unknown = UNKNOWN
    fully_refunded: bool | Unknown = UNKNOWN
    replacement_shipped_on: date | Unknown = UNKNOWN
    replaced_item_returned: Returned | Unknown = UNKNOWN
    return_kind: ReturnKind | Unknown = UNKNOWN
    return_route: Route | Unknown = UNKNOWN
    return_label: Label | Unknown = UNKNOWN
    transit_loss_or_damage: bool | Unknown = UNKNOWN
    inspection: Inspection | Unknown = UNKNOWN
    remedy_preference: Preference | Unknown = UNKNOWN
    replacement_stock: Stock | Unknown = UNKNOWN

    def __post_init__(self) -> None:
        for fact in FACTS:
            value = getattr(self, fact.name)
            if value is UNKNOWN:
                if fact.name == "claim_opened_on":
                    raise FactError(fact.name, None, EXPECTED[fact.name])
            elif not _fits(fact, value):
                raise FactError(fact.name, value, EXPECTED[fact.name])

    @classmethod
    def from_record(cls, record: Mapping[str, object]) -> Claim:
        """A claim from a JSON object: fact names to values as JSON gives them.

        Values are trimmed; empty ones and null are unknown. Raises ``FactError`` for a name that is
        no fact, a value that is none of the fact's, or a missing ``claim_opened_on``.
        """
        return cls._from(record, _json_boolean)

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> Claim:
        """A claim from a CSV row: as ``from_record``, with true/false/yes/no/1/0 for booleans."""
        return cls._from(row, _csv_boolean)

    @classmethod
    def _from(cls, record: Mapping[str, object], boolean: Any) -> Claim:
        if not isinstance(record, Mapping):
            raise FactError(None, record, "an object of facts")
        facts: dict[str, Any] = {}
        for name, raw in record.items():
            if name == "id":
                facts["id"] = raw
                continue
            fact = FACT.get(name)
            if fact is None:
                raise FactError(name, raw, f"a fact; the facts are {', '.join(FACT)}")
            value = _parse(fact, raw, boolean)
            if value is not UNKNOWN:
                facts[name] = value
        if "claim_opened_on" not in facts:
            raise FactError("claim_opened_on", record.get("claim_opened_on"), _DATE_REQUIRED)
        return cls(**facts)

    def known(self) -> dict[str, object]:
        """The facts that are known, by name, in the order of the table."""
        return {
            fact.name: value for fact in FACTS if (value := getattr(self, fact.name)) is not UNKNOWN
        }


# -- reading values -------------------------------------------------------------------------------

_DATE = "a date as YYYY-MM-DD"
_DATE_REQUIRED = f"{_DATE}; it is required"
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PLACEHOLDERS: Final = frozenset({"n/a", "na", "none", "unknown", "tbd", "-", "?"})


def _expected(fact: Fact) -> str:
    if fact.name == "claim_opened_on":
        return _DATE_REQUIRED
    if fact.kind == "choice":
        return f"one of {', '.join(fact.values)}"
    return {
        "date": _DATE,
        "boolean": "true or false",
        "country": "an ISO 3166-1 alpha-2 country code, such as DE",
        "text": "text",
    }[fact.kind]


EXPECTED: Final[dict[str, str]] = {fact.name: _expected(fact) for fact in FACTS}
"""What a value of each fact must be, in words."""


def _fits(fact: Fact, value: object) -> bool:
    if fact.kind == "choice":
        return value in fact.values
    if fact.kind == "boolean":
        return value is True or value is False
    if fact.kind == "date":
        return type(value) is date
    if fact.kind == "country":
        return isinstance(value, str) and value in COUNTRIES
    return isinstance(value, str) and bool(value.strip())


def _parse(fact: Fact, raw: object, boolean: Any) -> Any:
    """The value of a fact from its raw form, ``UNKNOWN`` where it is empty."""
    value = raw.strip() if isinstance(raw, str) else raw
    if value is None or value == "":
        return UNKNOWN
    parsed: Any = None
    if fact.kind == "boolean":
        parsed = boolean(value)
        if parsed is None:
            raise FactError(fact.name, raw, EXPECTED[fact.name])
        return parsed
    if fact.kind == "text":
        if type(value) is int:
            value = str(value)
        elif isinstance(value, str) and value.lower() in _PLACEHOLDERS:
            return UNKNOWN
    if isinstance(value, str):
        if fact.kind == "date":
            parsed = parse_date(value)
        elif fact.kind == "country":
            parsed = value.upper() if value.isascii() and value.upper() in COUNTRIES else None
        elif fact.kind == "text" or value in fact.values:
            parsed = value
    if parsed is None:
        raise FactError(fact.name, raw, EXPECTED[fact.name])
    return parsed


def parse_date(text: str) -> date | None:
    """A date written exactly as YYYY-MM-DD, or None."""
    if not _ISO.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _json_boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


_WORDS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _csv_boolean(value: object) -> bool | None:
    return _WORDS.get(value.lower()) if isinstance(value, str) else None


assert tuple(field.name for field in fields(Claim))[1:] == tuple(FACT)  # one table, two spellings
