"""What is wanted in an account against what is there. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.zendesk_wanted import FIELD, Condition, Wanted, WantedField

_NATIVE_TYPES: Final[Mapping[str, str]] = {"choice": "tagger"}
SUBSCRIPTIONS: Final = ("conditional_ticket_events",)
"""What makes a webhook one that triggers call."""


@dataclass(frozen=True, slots=True)
class There:
    """What an account has, as Zendesk lists it; empty where nothing of the kind is wanted."""

    fields: Sequence[Mapping[str, Any]]
    macros: Sequence[Mapping[str, Any]]
    triggers: Sequence[Mapping[str, Any]]
    webhooks: Sequence[Mapping[str, Any]]


def native_type(wanted: WantedField) -> str:
    """Zendesk's word for a field's type."""
    return _NATIVE_TYPES.get(wanted.type, wanted.type)


def _titled(rows: Iterable[Mapping[str, Any]], title: str) -> list[Mapping[str, Any]]:
    # ``title`` may be a translation of ``raw_title``; either is how an admin knows it.
    return [r for r in rows if title in (r.get("raw_title"), r.get("title"))]


def find(
    rows: Iterable[Mapping[str, Any]], native_id: str | None, title: str
) -> Mapping[str, Any] | None:
    """The row that is bound already, else one with the title, else None."""
    rows = list(rows)
    for row in rows:
        if native_id is not None and str(row["id"]) == native_id:
            return row
    # Where several have the title, one that is in use goes before one that is not.
    named = sorted(_titled(rows, title), key=lambda r: (not r.get("active"), int(r["id"])))
    return named[0] if named else None


def of_type(there: There, wanted: WantedField) -> list[Mapping[str, Any]]:
    """The account's fields of the type that is wanted."""
    return [r for r in there.fields if r.get("type") == native_type(wanted)]


def no_clashes(wanted: Wanted, there: There, known: Bindings) -> None:
    """Raises Invalid, naming each, where a title is taken by something of another kind."""
    clashes: dict[str, str] = {}
    for w in wanted.fields:
        right = find(of_type(there, w), known.fields.get(w.key), w.title)
        wrong = _titled(there.fields, w.title)
        if right is not None and w.tag and right.get("tag") not in (None, "", w.tag):
            clashes[w.key] = f"the field {w.title!r} exists, with a tag other than {w.tag}"
        elif right is None and wrong:
            clashes[w.key] = (
                f"a field {w.title!r} exists, of type {wrong[0].get('type')} "
                f"instead of {native_type(w)}"
            )
    if wanted.webhook is not None:
        for row in there.webhooks:
            if row.get("name") != wanted.webhook.name:
                continue
            if tuple(row.get("subscriptions") or ()) != SUBSCRIPTIONS:
                # Which kind a webhook is cannot be changed once it is made.
                clashes["webhook"] = (
                    f"a webhook {wanted.webhook.name!r} exists that triggers cannot call"
                )
    if clashes:
        raise errors.Invalid(
            f"{len(clashes)} in the way: {'; '.join(clashes.values())}",
            fields=clashes,
        )


def bind_options(
    wanted: WantedField, row: Mapping[str, Any]
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Our options bound to the tags of those that the field has, by tag or else by label; and
    those that it lacks."""
    rows = [o for o in row.get("custom_field_options") or () if isinstance(o, Mapping)]
    tags = {str(o.get("value")) for o in rows}
    by_label = {str(o.get("raw_name") or o.get("name")): str(o.get("value")) for o in rows}
    bound: dict[str, str] = {}
    missing: list[tuple[str, str]] = []
    for option, label in wanted.options:
        if option in tags:
            bound[option] = option
        elif label in by_label:
            bound[option] = by_label[label]
        else:
            missing.append((option, label))
    return bound, missing


def native_condition(wanted: Condition, bindings: Bindings) -> dict[str, Any]:
    """A trigger's condition as Zendesk takes it, our keys and options replaced."""
    if not wanted.field.startswith(FIELD):
        return {"field": wanted.field, "operator": wanted.operator, "value": wanted.value}
    key = wanted.field.removeprefix(FIELD)
    options = bindings.options.get(key, {})
    value = options.get(wanted.value, wanted.value) if wanted.value is not None else None
    native = f"custom_fields_{bindings.fields.get(key, key)}"
    return {"field": native, "operator": wanted.operator, "value": value}


def shape(row: Mapping[str, Any]) -> object:
    """A trigger's conditions and actions, for comparing: order does not matter, nor whether a
    value that is not needed is null or empty, nor what Zendesk adds."""

    def flat(items: object) -> list[tuple[str, str, str]]:
        return sorted(
            (str(i.get("field")), str(i.get("operator") or ""), _value(i.get("value")))
            for i in (items if isinstance(items, list) else [])
            if isinstance(i, Mapping)
        )

    conditions = row.get("conditions") or {}
    return flat(conditions.get("all")), flat(conditions.get("any")), flat(row.get("actions"))


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)
