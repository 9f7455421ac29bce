"""What is wanted in an account against what is there. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from integration.helpdesks import Bindings
from integration.helpdesks.zendesk_wanted import (
    FIELD,
    Condition,
    WantedField,
    WantedWebhook,
)

Row = Mapping[str, Any]
"""A resource as Zendesk lists it."""

_NATIVE_TYPES: Final[Mapping[str, str]] = {"choice": "tagger"}
_AS_GOOD: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("text", "textarea", "regexp"),
    "textarea": ("textarea", "text"),
}
"""Types of an admin's own field that may be chosen in place of one of ours."""
SUBSCRIPTIONS: Final = ("conditional_ticket_events",)
"""What makes a webhook one that triggers call."""
CALL: Final = "notification_webhook"
"""The action by which a trigger or an automation calls a webhook."""


@dataclass(frozen=True, slots=True)
class There:
    """What an account has, as Zendesk lists it; empty where nothing of the kind is wanted.
    ``policies`` is None where the account has no such thing, or does not show it to us."""

    fields: Sequence[Row]
    macros: Sequence[Row]
    triggers: Sequence[Row]
    webhooks: Sequence[Row]
    automations: Sequence[Row] = ()
    views: Sequence[Row] = ()
    policies: Sequence[Row] | None = ()


def native_type(wanted: WantedField) -> str:
    """Zendesk's word for a field's type."""
    return _NATIVE_TYPES.get(wanted.type, wanted.type)


def types_for(wanted: WantedField) -> tuple[str, ...]:
    """Zendesk's words for the types of field that an admin may choose for one of ours."""
    return _AS_GOOD.get(wanted.type, (native_type(wanted),))


def titled(rows: Iterable[Row], title: str) -> list[Row]:
    """The rows with a title; one that is in use goes before one that is not."""
    # ``title`` may be a translation of ``raw_title``; either is how an admin knows it.
    found = [r for r in rows if title in (r.get("raw_title"), r.get("title"))]
    return sorted(found, key=lambda r: (not r.get("active"), int(r["id"])))


def by_id(rows: Iterable[Row], native_id: str | None) -> Row | None:
    """The row with an id, None where there is none."""
    return next((r for r in rows if native_id is not None and str(r["id"]) == native_id), None)


def find(rows: Iterable[Row], native_id: str | None, title: str) -> Row | None:
    """The row that is bound already, else one with the title, else None."""
    rows = list(rows)
    named = titled(rows, title)
    return by_id(rows, native_id) or (named[0] if named else None)


def field_row(rows: Iterable[Row], wanted: WantedField, native_id: str | None) -> Row | None:
    """The account's field for one of ours: the one that is bound, if it is of a type that will do;
    else one with our title and of our type."""
    rows = list(rows)
    bound = by_id(rows, native_id)
    if bound is not None and bound.get("type") in types_for(wanted):
        return bound
    return find([r for r in rows if r.get("type") == native_type(wanted)], None, wanted.title)


def find_webhook(rows: Iterable[Row], wanted: WantedWebhook) -> Row | None:
    """The webhook of this name; of several, the one that calls our address."""
    named = [row for row in rows if row.get("name") == wanted.name]
    named.sort(key=lambda row: (row.get("endpoint") != wanted.endpoint, str(row["id"])))
    return named[0] if named else None


def some(names: Sequence[str], most: int = 3) -> str:
    """The first few of many names, and how many more there are."""
    shown = ", ".join(f"“{name}”" for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def is_own(row: Row, wanted: WantedField) -> bool:
    """Whether a field is this app's: by its title or by its tags. Any other one was chosen by an
    admin, whose it is."""
    if wanted.title in (row.get("raw_title"), row.get("title")):
        return True
    if wanted.tag is not None:
        return row.get("tag") == wanted.tag
    tags = {str(option.get("value")) for option in _options(row)}
    return bool(tags) and tags <= {option for option, _ in wanted.options}


def _options(row: Row) -> list[Row]:
    return [o for o in row.get("custom_field_options") or () if isinstance(o, Mapping)]


def bind_options(
    wanted: WantedField, row: Row, known: Mapping[str, str] | None = None
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Our options bound to the tags of those that the field has: as they were bound (``known``), by
    tag, or else by what they are called; and those that it lacks."""
    rows = _options(row)
    tags = {str(o.get("value")) for o in rows}
    names = {_name(str(o.get("raw_name") or o.get("name"))): str(o.get("value")) for o in rows}
    bound: dict[str, str] = {}
    missing: list[tuple[str, str]] = []
    for option, label in wanted.options:
        before = (known or {}).get(option)
        for tag in (before, option, names.get(_name(label))):
            if tag in tags and tag not in bound.values():
                bound[option] = str(tag)
                break
        else:
            missing.append((option, label))
    return bound, missing


def _name(label: str) -> str:
    """What an option is called, without the folders that Zendesk lets stand before it."""
    return " ".join(label.rpartition("::")[2].split()).casefold()


def native_condition(wanted: Condition, bindings: Bindings) -> dict[str, Any]:
    """A condition as Zendesk takes it, our keys and options replaced."""
    if not wanted.field.startswith(FIELD):
        return {"field": wanted.field, "operator": wanted.operator, "value": wanted.value}
    key = wanted.field.removeprefix(FIELD)
    options = bindings.options.get(key, {})
    value = options.get(wanted.value, wanted.value) if wanted.value is not None else None
    native = f"custom_fields_{bindings.fields.get(key, key)}"
    return {"field": native, "operator": wanted.operator, "value": value}


def calls(row: Row, webhook_id: str | None = None) -> bool:
    """Whether a trigger or an automation calls a webhook: this one, if one is named."""
    for action in row.get("actions") or ():
        if isinstance(action, Mapping) and action.get("field") == CALL:
            value = action.get("value")
            target = value[0] if isinstance(value, list | tuple) and value else None
            if webhook_id is None or str(target) == webhook_id:
                return True
    return False


def says(row: Row, webhook_id: str | None, body: str) -> bool:
    """Whether a rule calls this webhook (None: any) with this body."""
    for action in row.get("actions") or ():
        if isinstance(action, Mapping) and action.get("field") == CALL:
            value = action.get("value")
            parts = list(value) if isinstance(value, list | tuple) else []
            if parts[1:] == [body] and webhook_id in (None, parts[0]):
                return True
    return False


def shape(row: Row) -> object:
    """A rule's conditions and actions, for comparing: order does not matter, nor whether a value
    that is not needed is null or empty, nor what Zendesk adds."""
    return conditions_shape(row.get("conditions") or {}), _flat(row.get("actions"))


def conditions_shape(conditions: object) -> object:
    """Conditions (``{"all": […], "any": […]}``) for comparing; see ``shape``."""
    given = conditions if isinstance(conditions, Mapping) else {}
    return _flat(given.get("all")), _flat(given.get("any"))


def _flat(items: object) -> list[tuple[str, str, str]]:
    return sorted(
        (str(i.get("field")), str(i.get("operator") or ""), _value(i))
        for i in (items if isinstance(items, list) else [])
        if isinstance(i, Mapping)
    )


def _value(item: Row) -> str:
    value = item.get("value")
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    text = "" if value is None else str(value)
    # A list of tags has no order.
    return " ".join(sorted(text.split())) if item.get("field") == "current_tags" else text
