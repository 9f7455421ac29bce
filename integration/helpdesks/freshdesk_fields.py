"""Ticket fields of a Freshdesk account: which of them stands for one of ours, and putting it there.

Vendor page: developers.freshdesk.com/api, "Ticket fields" (admin). A field's name is made by
Freshdesk and is not to be told from its label, so it is kept as it came. A field with more than a
hundred options is still being filled when the answer comes; its options are bound by their labels,
which are their values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_wanted import WantedField
from integration.helpdesks.freshdesk_wire import Line
from integration.helpdesks.placing import Action, Step

PATH: Final = "admin/ticket_fields"
TYPES: Final = {
    "text": "custom_text",
    "textarea": "custom_paragraph",
    "date": "custom_date",
    "choice": "custom_dropdown",
    "checkbox": "custom_checkbox",
}
_AS_GOOD: Final = {"text": ("custom_text", "custom_paragraph")}
"""Types of an admin's own field that may be chosen in place of one of ours."""

Row = Mapping[str, Any]
Found = tuple[str, dict[str, str]]
"""A field's name, and the labels of our options."""


def types_for(wanted: WantedField) -> tuple[str, ...]:
    """Freshdesk's words for the types of field that may stand for one of ours."""
    return _AS_GOOD.get(wanted.type, (TYPES[wanted.type],))


def labelled(rows: Iterable[Row], title: str) -> list[Row]:
    """The rows with a label."""
    return [row for row in rows if str(row.get("label") or "").strip() == title]


def find(rows: Sequence[Row], wanted: WantedField, name: str | None) -> Row | None:
    """The account's field for one of ours: the one that is bound, by its name, if it is of a type
    that will do; else one with our title and of our type."""
    for row in rows:
        if name is not None and row.get("name") == name and row.get("type") in types_for(wanted):
            return row
    native = TYPES[wanted.type]
    return next((r for r in labelled(rows, wanted.title) if r.get("type") == native), None)


def is_own(row: Row, wanted: WantedField) -> bool:
    """Whether a field is this app's; any other one was chosen by an admin, whose it is."""
    return bool(labelled([row], wanted.title))


def clashes(rows: Sequence[Row], wanted: Sequence[WantedField], known: Bindings) -> dict[str, str]:
    """What of an admin's is in the way of a field of ours, by our key, in words for an admin."""
    found: dict[str, str] = {}
    taken: dict[str, str] = {}
    for w in wanted:
        name = known.fields.get(w.key)
        bound = next((r for r in rows if name is not None and r.get("name") == name), None)
        row = find(rows, w, name)
        if bound is not None and bound.get("type") not in types_for(w):
            kind = bound.get("type")
            words = f"the field {bound.get('label')!r}, chosen for {w.title!r}, is of type {kind}"
            found[w.key] = f"{words} instead of {' or '.join(types_for(w))}"
        elif row is None and (named := labelled(rows, w.title)):
            kind = named[0].get("type")
            found[w.key] = f"a field {w.title!r} exists, of type {kind} instead of {TYPES[w.type]}"
        elif row is not None and row.get("archived") is True:
            found[w.key] = f"the field {row.get('label')!r} is archived"
        elif row is not None:
            other = taken.setdefault(str(row.get("name")), w.key)
            if other != w.key:
                found[w.key] = f"the field {row.get('label')!r} stands for {other!r} already"
    return found


def bind_options(
    wanted: WantedField, row: Row, known: Mapping[str, str]
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Our options bound to the labels of those that the field has: as they were bound (``known``),
    or by what they are called; and those that it lacks."""
    values = [
        str(one["value"])
        for one in row.get("choices") or ()
        if isinstance(one, Mapping) and one.get("value") and one.get("deleted") is not True
    ]
    names = {_name(value): value for value in values}
    bound: dict[str, str] = {}
    missing: list[tuple[str, str]] = []
    for option, label in wanted.options:
        for value in (known.get(option), names.get(_name(label))):
            if value in values and value not in bound.values():
                bound[option] = str(value)
                break
        else:
            missing.append((option, label))
    return bound, missing


def _name(label: str) -> str:
    return " ".join(label.split()).casefold()


def put_field(
    line: Line,
    rows: Sequence[Row],
    wanted: WantedField,
    known: Bindings,
    *,
    extend: Collection[str],
    dry_run: bool,
) -> tuple[Step, Found | None]:
    """Make a field, or see to it that one of ours has its options. An admin's own field, chosen for
    one of ours, is left as it is, unless it is among ``extend`` (by key): then it is given the
    options that it lacks. None where a dry run would make it."""
    what = f"field:{wanted.key}"
    bound_to = known.fields.get(wanted.key)
    row = find(rows, wanted, bound_to)
    if row is None:
        return Step(what, "created"), None if dry_run else _create(line, wanted)
    bound, missing = bind_options(wanted, row, known.options.get(wanted.key, {}))
    why, own = "", is_own(row, wanted)
    if not own:
        why = f"your own field “{row.get('label')}”"
        if missing and wanted.key not in extend:
            why += f", without {some([label for _, label in missing])}"
            missing = []
    lacking: dict[str, Any] = {}
    if own and wanted.guarded and row.get("customers_can_edit") is True:
        lacking["customers_can_edit"] = False
    if missing:
        lacking["choices"] = _choices(row, missing)
        bound |= dict(missing)
    if lacking and not dry_run:
        line.put(f"{PATH}/{row['id']}", lacking)
    adopted: Action = "unchanged" if bound_to == row.get("name") else "adopted"
    return Step(what, "changed" if lacking else adopted, why), (str(row["name"]), bound)


def _choices(row: Row, missing: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Those that are there, by their numbers, and the new ones behind them: whether those that are
    left out would stay is not said, so none is."""
    there = [
        {name: one[name] for name in ("id", "value", "position") if name in one}
        for one in row.get("choices") or ()
        if isinstance(one, Mapping)
    ]
    return there + [
        {"value": label, "position": len(there) + number}
        for number, (_, label) in enumerate(missing, 1)
    ]


def _create(line: Line, wanted: WantedField) -> Found:
    body: dict[str, Any] = {
        "label": wanted.title,
        "label_for_customers": wanted.title,
        "type": TYPES[wanted.type],
        "customers_can_edit": False,
        "displayed_to_customers": False,
    }
    if wanted.type == "choice":
        body["choices"] = [
            {"value": label, "position": number}
            for number, (_, label) in enumerate(wanted.options, 1)
        ]
    row = line.post(PATH, body)
    if not isinstance(row, Mapping) or not row.get("name"):
        raise errors.Unavailable("ticket field: made, but the answer is unreadable", ambiguous=True)
    return str(row["name"]), dict(wanted.options)


def some(names: Sequence[str], most: int = 3) -> str:
    """The first few of many names, and how many more there are."""
    shown = ", ".join(f"“{name}”" for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
