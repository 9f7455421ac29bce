"""Ticket fields: making and changing them, and what may stand in one.

developers.freshdesk.com/api/#ticket-fields. Left out: nested fields, sections, ticket forms, and
that more than a hundred choices are put in place later.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from integration.sandbox.freshdesk import errors
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

KINDS: Final = {
    "custom_text": "String",
    "custom_paragraph": "String",
    "custom_checkbox": "Boolean",
    "custom_number": "Integer",
    "custom_decimal": "Number",
    "custom_dropdown": "String",
    "custom_date": "Date",
}
_FLAGS: Final = (
    "required_for_closure",
    "required_for_agents",
    "required_for_customers",
    "customers_can_edit",
    "displayed_to_customers",
)
_KEYS: Final = ("label", "label_for_customers", "type", "position", "choices", *_FLAGS)
_LONGEST_LINE: Final = 255
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def custom(account: Account) -> dict[str, Json]:
    """The account's own fields by name, in their order."""
    rows = sorted(account.shelf("fields").values(), key=lambda row: (row["position"], row["id"]))
    return {row["name"]: row for row in rows if not row["default"]}


# -- administration --------------------------------------------------------------------------------


def create(account: Account, given: Json) -> Json:
    """A new field; its name is made here, from the label and mostly a number."""
    wrong = _check(account, given, None)
    for key in ("label", "label_for_customers"):
        if key not in given:
            wrong.append(errors.missing(key))
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        wrong.append(errors.one_of("type", list(KINDS)))
    if kind == "custom_dropdown" and not given.get("choices"):
        wrong.append(errors.missing("choices", "Array"))
    if wrong:
        raise errors.invalid(wrong)
    row = account.keep(
        "fields",
        "field",
        name="",
        label=given["label"],
        label_for_customers=given["label_for_customers"],
        type=kind,
        default=False,
        position=given.get("position", len(account.shelf("fields")) + 1),
        archived=False,
        **{flag: given.get(flag, False) for flag in _FLAGS},
    )
    row["name"] = _name(account, row)
    if kind == "custom_dropdown":
        row["choices"] = []
        _choose(account, row, given["choices"])
    return row


def _name(account: Account, row: Json) -> str:
    """Names of the documentation's samples: ``cf_feedback``, ``cf_issue_type_297457``."""
    words = re.sub(r"[^a-z0-9]+", "_", row["label"].lower()).strip("_") or "field"
    number = 100_000 + row["id"] * 7_919 % 900_000
    plain = account.options.field_names == "plain"
    name = f"cf_{words}" if plain else f"cf_{words}_{number}"
    return f"cf_{words}{number}" if name in custom(account) else name


def change(account: Account, row: Json, given: Json) -> Json:
    """Change a field. Neither its type nor its name can be; of a standard field, its labels."""
    wrong = _check(account, given, row)
    if "type" in given and given["type"] != row["type"]:
        wrong.append(errors.problem("type", "It cannot be changed", "readonly_field"))
    if row["default"] and "choices" in given:
        wrong.append(errors.problem("choices", "It cannot be changed here", "inaccessible_field"))
    if wrong:
        raise errors.invalid(wrong)
    row.update({key: value for key, value in given.items() if key not in ("choices", "type")})
    if row["type"] == "custom_dropdown" and "choices" in given:
        _choose(account, row, given["choices"])
    row["updated_at"] = account.stamp()
    account.touched()
    return row


def remove(account: Account, row: Json) -> None:
    """Take a field away for good, with what stands in it on all tickets."""
    if row["default"]:
        raise errors.forbidden()
    del account.shelf("fields")[row["id"]]
    for ticket in account.tickets.values():
        ticket.custom.pop(row["name"], None)
    account.touched()


def _check(account: Account, given: Json, row: Json | None) -> list[Json]:
    wrong = [errors.unknown(key) for key in given if key not in _KEYS]
    wrong += [
        errors.mismatch(key, "Boolean")
        for key in _FLAGS
        if key in given and not isinstance(given[key], bool)
    ]
    if "position" in given and (type(given["position"]) is not int or given["position"] < 1):
        wrong.append(errors.mismatch("position", "Positive Integer"))
    wrong += [
        errors.missing(key)
        for key in ("label", "label_for_customers")
        if key in given and not (isinstance(given[key], str) and given[key].strip())
    ]
    label = given.get("label")
    taken = [one for one in account.shelf("fields").values() if one is not row]
    if isinstance(label, str) and label.lower() in {one["label"].lower() for one in taken}:
        wrong.append(errors.problem("label", "It should be a unique value", "duplicate_value"))
    choices = given.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(one, dict) for one in choices):
        return [*wrong, errors.mismatch("choices", "Array")]
    values = [one.get("value") for one in choices if not one.get("deleted")]
    if any(type(one.get("id", 0)) is not int for one in choices):
        wrong.append(errors.mismatch("choices[id]", "Positive Integer"))
    if any(type(one.get("position", 0)) is not int for one in choices):
        wrong.append(errors.mismatch("choices[position]", "Positive Integer"))
    if any(not isinstance(value, str) or not value.strip() for value in values):
        wrong.append(errors.missing("choices[value]"))
    elif len({*values}) < len(values):
        wrong.append(errors.problem("choices[value]", "It should be unique", "duplicate_value"))
    return wrong


def _choose(account: Account, row: Json, given: list[Json]) -> None:
    """Take over choices: with ``id`` one that is there, which ``deleted`` takes away; without, a
    new one. Those that are not named stay as they are."""
    there = {one["id"]: one for one in row["choices"]}
    for one in given:
        kept = there.get(one.get("id"))
        if kept is None:
            values = {other["value"] for other in there.values()}
            if one.get("deleted") or one["value"] in values:
                continue
            identity = account.next_id("choice")
            place = one.get("position", len(there) + 1)
            there[identity] = {"id": identity, "position": place, "value": one["value"]}
        elif one.get("deleted"):
            del there[kept["id"]]
        else:
            kept.update({key: one[key] for key in ("value", "position") if key in one})
    row["choices"] = sorted(there.values(), key=lambda one: (one["position"], one["id"]))


# -- what may stand in one -------------------------------------------------------------------------


def check_values(account: Account, given: Any) -> list[Json]:
    """What is wrong with a request's ``custom_fields``: a name that is not there fails it whole."""
    if not isinstance(given, dict):
        return [errors.mismatch("custom_fields", "key/value pair")]
    known = custom(account)
    wrong: list[Json] = []
    for name, value in given.items():
        if name not in known:
            wrong.append(errors.unknown(name))
        elif value is not None and (found := _problem(known[name], value)) is not None:
            wrong.append(found)
    return wrong


def _problem(row: Json, value: Any) -> Json | None:
    name, kind = row["name"], row["type"]
    fits = {
        "Boolean": isinstance(value, bool),
        "Integer": type(value) is int,
        "Number": type(value) in (int, float),
        "Date": _is_day(value),
        "String": isinstance(value, str),
    }[KINDS[kind]]
    if not fits:
        return errors.mismatch(name, KINDS[kind])
    if kind == "custom_dropdown":
        values = [one["value"] for one in row["choices"]]
        return None if value in values else errors.one_of(name, values)
    if kind == "custom_text" and len(value) > _LONGEST_LINE:
        words = f"It should have a maximum of {_LONGEST_LINE} characters"
        return errors.problem(name, words)
    return None


def _is_day(value: Any) -> bool:
    """A date is a day and nothing more; a moment is refused."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def lacking(account: Account, values: dict[str, Any], flag: str) -> list[Json]:
    """The fields of ours that ``flag`` makes mandatory and that are blank. The code is a guess."""
    return [
        errors.missing(name, KINDS[row["type"]])
        for name, row in custom(account).items()
        if row[flag] and values.get(name) in (None, "", False)
    ]
