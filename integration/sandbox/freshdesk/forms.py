"""An agent's form: a ticket as what stands in inputs, and back to a change.

A form knows what it showed when it was loaded, so only what the agent changed is sent. Freshdesk
checks no versions: of two who change the same input, the last one wins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from werkzeug.datastructures import MultiDict

from integration.sandbox.freshdesk import fields
from integration.sandbox.freshdesk.errors import ApiError
from integration.sandbox.freshdesk.records import PRIORITIES, TYPES, Ticket
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

Values = dict[str, str]
_NUMBERS: Final = ("status", "priority", "group_id", "responder_id", "product_id")
ATTRIBUTES: Final = ("type", "status", "priority", "group_id", "responder_id", "product_id")
_LABELS: Final = {
    "type": "Type",
    "status": "Status",
    "priority": "Priority",
    "group_id": "Group",
    "responder_id": "Agent",
    "product_id": "Product",
}
_INPUTS: Final = {
    "custom_text": "text",
    "custom_paragraph": "textarea",
    "custom_checkbox": "checkbox",
    "custom_number": "number",
    "custom_decimal": "number",
    "custom_dropdown": "select",
    "custom_date": "date",
}


@dataclass(frozen=True, slots=True)
class Input:
    """An input as the shared templates draw it; ``options`` are (value, words)."""

    name: str
    label: str
    kind: str
    value: str
    options: tuple[tuple[str, str], ...] = ()
    wrong: tuple[str, ...] = ()
    now: str | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in a form: what it showed when it was loaded, what was typed, what is wrong."""

    base: Values
    values: Values
    comment: str = ""
    public: bool = False
    wrong: Mapping[str, list[str]] = field(default_factory=dict)
    general: tuple[str, ...] = ()

    @property
    def loaded(self) -> str:
        """What the form showed, for its hidden input."""
        return json.dumps(self.base)


def shown(account: Account, ticket: Ticket | None) -> Values:
    """A ticket as its form shows it; None for the form of a new one."""
    attributes = ticket.attributes if ticket else {"status": 2, "priority": 1}
    values = {name: _text(attributes.get(name)) for name in ATTRIBUTES}
    values["tags"] = ",".join(ticket.tags) if ticket else ""
    for name, row in fields.custom(account).items():
        value = ticket.custom.get(name) if ticket else None
        ticked = "1" if value else ""
        values[name] = ticked if row["type"] == "custom_checkbox" else _text(value)
    return values


def _text(value: Any) -> str:
    return "" if value is None else str(value).replace("\r\n", "\n")


def blank(account: Account, ticket: Ticket | None) -> Draft:
    """A form in which nothing was typed yet."""
    values = shown(account, ticket)
    return Draft(values, values)


def read(account: Account, form: MultiDict[str, str], ticket: Ticket | None) -> Draft:
    """What was submitted; inputs that the form did not have stand as they are on the ticket."""
    now = shown(account, ticket)
    base = now | _loaded(form.get("loaded", ""), now)
    values: Values = {}
    for name, before in base.items():
        if name == "tags":
            more = form.get("new_tags", "").split(",")
            given = [*form.getlist("tag"), *(one.strip() for one in more if one.strip())]
            values[name] = ",".join(dict.fromkeys(given))
        elif name in form:
            values[name] = form[name].replace("\r\n", "\n")
        else:
            row = fields.custom(account).get(name)
            ticked = row is not None and row["type"] == "custom_checkbox"
            values[name] = "" if ticked else before
    comment = form.get("comment", "").replace("\r\n", "\n")
    return Draft(base, values, comment, form.get("mode") == "public")


def _loaded(text: str, now: Values) -> Values:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    rows = found.items() if isinstance(found, dict) else ()
    return {str(key): value for key, value in rows if key in now and isinstance(value, str)}


def patch(account: Account, draft: Draft, ticket: Ticket | None) -> Json:
    """What the agent changed, as the API takes it; empty where that is nothing."""
    made: Json = {}
    own: Json = {}
    custom = fields.custom(account)
    for name, text in draft.values.items():
        if text == draft.base[name]:
            continue
        if name == "tags":
            before, after = _split(draft.base[name]), _split(text)
            kept = [
                tag for tag in (ticket.tags if ticket else ()) if tag in after or tag not in before
            ]
            made["tags"] = list(
                dict.fromkeys([*kept, *(tag for tag in after if tag not in before)])
            )
        elif name in custom:
            own[name] = _own(custom[name]["type"], text)
        else:
            made[name] = _number(text) if name in _NUMBERS else text or None
    return made | ({"custom_fields": own} if own else {})


def _split(text: str) -> list[str]:
    return [tag for tag in text.split(",") if tag]


def _number(text: str) -> Any:
    return int(text) if text.isdecimal() and len(text) < 18 else text or None


def _own(kind: str, text: str) -> Any:
    if kind == "custom_checkbox":
        return text == "1"
    if kind in ("custom_number", "custom_decimal"):
        try:
            return int(text) if kind == "custom_number" else float(text)
        except ValueError:
            return text or None
    return text or None


def complaints(error: ApiError, names: Mapping[str, Any]) -> tuple[dict[str, list[str]], list[str]]:
    """A 400 answer by input; and what is about none of them."""
    wrong: dict[str, list[str]] = {}
    general: list[str] = []
    body = error.body or {}
    for row in body.get("errors", []):
        if row["field"] in names:
            wrong.setdefault(row["field"], []).append(str(row["message"]))
        else:
            general.append(f"{row['field']}: {row['message']}")
    if not wrong and not general:
        general.append(str(body.get("message", "That did not work.")))
    return wrong, general


def inputs(
    account: Account, draft: Draft, *, by_agent: bool = True
) -> tuple[dict[str, Input], list[Input]]:
    """The inputs of attributes by name, and those of the account's own fields in their order:
    customers get those that they can edit."""
    none = ("", "–")
    shelves = {"group_id": "groups", "responder_id": "agents", "product_id": "products"}
    options: dict[str, tuple[tuple[str, str], ...]] = {
        "status": tuple((str(number), words) for number, (words, _) in account.statuses.items()),
        "priority": tuple((str(number), words) for number, words in PRIORITIES.items()),
        "type": (none, *((one, one) for one in TYPES)),
    }
    for name, shelf in shelves.items():
        rows = account.shelf(shelf).values()
        people = [(str(row["id"]), str(row.get("name") or row["contact"]["name"])) for row in rows]
        options[name] = (none, *people)
    wrong = {name: tuple(rows) for name, rows in draft.wrong.items()}
    basics = {
        name: Input(
            name, _LABELS[name], "select", draft.values[name], options[name], wrong.get(name, ())
        )
        for name in ATTRIBUTES
    }
    own = []
    for name, row in fields.custom(account).items():
        if not (by_agent or row["customers_can_edit"]):
            continue
        choices = [(one["value"], one["value"]) for one in row.get("choices", [])]
        picks = (none, *choices) if choices else ()
        hint = "Mandatory before the ticket is resolved." if row["required_for_closure"] else ""
        kind, text = _INPUTS[row["type"]], draft.values[name]
        own.append(Input(name, row["label"], kind, text, picks, wrong.get(name, ()), hint=hint))
    return basics, own
