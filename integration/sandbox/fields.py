"""Ticket fields: their definitions, their values, and the tags that stand for values.

developer.zendesk.com/api-reference/ticketing/tickets/ticket_fields. The value of a dropdown,
a multi-select or a checkbox is also a tag of the ticket, and taking that tag away empties the
field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from integration.sandbox.errors import ApiError, invalid, problem
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.state import State

Value = Any
CUSTOM_TYPES = (
    *("text", "textarea", "date", "tagger", "checkbox", "integer", "decimal", "regexp"),
    "multiselect",
)
_CHOICES = ("tagger", "multiselect")
_RAILS = {"textarea": "FieldTextarea", "multiselect": "FieldMultiselect"}
_OPEN_STATUS = (
    ("Open", "open"),
    ("Pending", "pending"),
    ("Solved", "solved"),
)
SYSTEM: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("subject", "Subject", ()),
    ("description", "Description", ()),
    ("status", "Status", _OPEN_STATUS),
    (
        "tickettype",
        "Type",
        tuple((kind.title(), kind) for kind in ("question", "incident", "problem", "task")),
    ),
    (
        "priority",
        "Priority",
        tuple((level.title(), level) for level in ("low", "normal", "high", "urgent")),
    ),
    ("group", "Group", ()),
    ("assignee", "Assignee", ()),
)


def system_row(kind: str, title: str, options: Iterable[tuple[str, str]]) -> Json:
    """The definition of a field every account has."""
    row = _blank_row(kind, title)
    row.update(removable=False, visible_in_portal=kind in ("subject", "description"))
    if options:
        row["system_field_options"] = [{"name": name, "value": value} for name, value in options]
        row["sub_type_id"] = 0
    return row


def _blank_row(kind: str, title: str) -> Json:
    return {
        "type": kind,
        "title": title,
        "raw_title": title,
        "description": title,
        "raw_description": title,
        "position": 9999,
        "active": True,
        "required": False,
        "collapsed_for_agents": False,
        "regexp_for_validation": None,
        "title_in_portal": title,
        "raw_title_in_portal": title,
        "visible_in_portal": False,
        "editable_in_portal": False,
        "required_in_portal": False,
        "tag": None,
        "removable": True,
        "key": None,
        "agent_description": None,
    }


_TEXTS = ("description", "agent_description", "tag", "regexp_for_validation")
_FLAGS = (
    *("active", "required", "collapsed_for_agents", "visible_in_portal", "editable_in_portal"),
    "required_in_portal",
)


def shape(state: State, given: Json, old: Json | None) -> Json:
    """A definition as given, over the old one where there is one; 422 where it cannot be."""
    title = given.get("title", old["title"] if old else None)
    kind = old["type"] if old else given.get("type")
    if not isinstance(title, str) or not title.strip():
        raise invalid({"title": [problem("Title: cannot be blank", "BlankValue")]})
    if old is None and kind not in CUSTOM_TYPES:
        raise invalid({"type": [problem(f"Type: {kind} is not valid")]})
    row = dict(old) if old else _blank_row(str(kind), title)
    if "title" in given:
        row.update(title=title, raw_title=title, title_in_portal=title, raw_title_in_portal=title)
    for name in (*_TEXTS, *_FLAGS, "position", "title_in_portal"):
        if name in given:
            row[name] = given[name]
    for name in ("description", "title_in_portal"):
        row[f"raw_{name}"] = row[name]
    if row["type"] == "regexp" and not row["regexp_for_validation"]:
        raise invalid({"regexp_for_validation": [problem("Regexp: cannot be blank", "BlankValue")]})
    if row["type"] in _CHOICES and ("custom_field_options" in given or old is None):
        known = {o["value"]: o for o in (old or {}).get("custom_field_options", [])}
        row["custom_field_options"] = _options(
            state, given.get("custom_field_options") or [], known
        )
    return row


def _options(state: State, given: object, known: Mapping[str, Json]) -> list[Json]:
    """Options as given; one that names the id of an old one keeps what it does not give."""
    rows = given if isinstance(given, list) else []
    if not rows:
        raise _bad_options("must have at least one option")
    by_id = {option["id"]: option for option in known.values()}
    options: list[Json] = []
    for row in rows:
        asked = row if isinstance(row, dict) else {}
        old = by_id.get(asked.get("id")) or known.get(str(asked.get("value"))) or {}
        name, value = asked.get("name", old.get("name")), asked.get("value", old.get("value"))
        if not isinstance(name, str) or not isinstance(value, str) or not name or not value:
            raise _bad_options("every option needs a name and a value")
        if re.search(r"[\s,]", value):
            raise _bad_options(f"tag {value} must have no blank")
        if any(value == other["value"] for other in options):
            raise _bad_options(f"tag {value} is already used")
        options.append(
            {
                "id": old.get("id") or state.ids.large(),
                "name": name,
                "raw_name": name,
                "value": value,
                "default": bool(asked.get("default", old.get("default", False))),
            }
        )
    return options


def _bad_options(words: str) -> ApiError:
    return invalid({"custom_field_options": [problem(f"Custom field options: {words}")]})


def empty(field: Json) -> Value:
    """What a ticket says of a field nobody filled in."""
    return False if field["type"] == "checkbox" else None


def option_tags(field: Json) -> list[str]:
    """Every tag a field can put on a ticket, in the order of its options."""
    if field["type"] in _CHOICES:
        return [str(option["value"]) for option in field.get("custom_field_options", [])]
    if field["type"] == "checkbox" and field["tag"]:
        return [str(field["tag"])]
    return []


def value_tags(field: Json, value: Value) -> set[str]:
    """The tags a value stands for."""
    if field["type"] == "tagger":
        return {value} if value else set()
    if field["type"] == "multiselect":
        return set(value or ())
    return set(option_tags(field)) if value is True else set()


def coerce(field: Json, value: Value) -> tuple[Value, str | None]:
    """A value as it is kept, or what is wrong with it.

    Guess: whole and decimal numbers are kept as text, as Zendesk's exports show them.
    """
    if value is None or value in ("", []):
        return empty(field), None
    kind = field["type"]
    if kind == "checkbox":
        return _checkbox(value)
    if kind == "tagger":
        known = isinstance(value, str) and value in option_tags(field)
        return (value, None) if known else (None, "is invalid")
    if kind == "multiselect":
        chosen = [value] if isinstance(value, str) else value
        known = isinstance(chosen, list) and set(map(str, chosen)) <= set(option_tags(field))
        return (sorted(set(chosen)), None) if known else (None, "is invalid")
    if isinstance(value, (dict, list)):
        return None, "is invalid"
    text = str(value)
    return (text, None) if _fits(field, text) else (None, "is invalid")


def _checkbox(value: Value) -> tuple[Value, str | None]:
    if value in (True, "true", 1, "1"):
        return True, None
    if value in (False, "false", 0, "0"):
        return False, None
    return None, "is invalid"


def _fits(field: Json, text: str) -> bool:
    match field["type"]:
        case "date":
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is None:
                return False
            try:
                date.fromisoformat(text)
            except ValueError:
                return False
            return True
        case "integer":
            return re.fullmatch(r"-?\d+", text) is not None
        case "decimal":
            return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None
        case "regexp":
            return re.search(field["regexp_for_validation"], text) is not None
    return True


def complaint(field: Json, words: str, error: str | None = None) -> Json:
    """A line of 422 details about a custom field, as Zendesk's users report them under ``base``."""
    rails = _RAILS.get(field["type"], "Field" + field["type"].title())
    return problem(
        f"{field['title']}: {words}",
        error,
        ticket_field_id=field["id"],
        ticket_field_type=rails,
    )


def reconcile(
    fields: Iterable[Json],
    values: Mapping[int, Value],
    tags: set[str],
    given: Mapping[int, Value],
    wanted: set[str],
) -> tuple[dict[int, Value], set[str]]:
    """Values and tags after a change that gave some values and wants these tags.

    ``values`` and ``tags`` are those before it. A given value wins over the tags; a value nobody
    gave follows the tags: gone with its tag, there with a new one. Guess: of two new option tags
    of one dropdown the first in the field's own order counts, and the others stay plain tags.
    """
    after, now = dict(values), set(wanted)
    rows = list(fields)
    for field in rows:
        if field["id"] in given:
            after[field["id"]] = given[field["id"]]
            now -= set(option_tags(field))
            now |= value_tags(field, given[field["id"]])
    if now == tags:
        return after, now
    for field in rows:
        options = option_tags(field)
        if field["id"] in given or not options:
            continue
        value = after.get(field["id"])
        if field["type"] == "checkbox":
            after[field["id"]] = options[0] in now
        elif field["type"] == "multiselect":
            after[field["id"]] = sorted(tag for tag in options if tag in now) or None
        else:
            fresh = next((tag for tag in options if tag in now and tag not in tags), None)
            if fresh and fresh != value:
                now -= {value} if value else set()
                after[field["id"]] = fresh
            elif value and value not in now:
                after[field["id"]] = None
    return after, now
