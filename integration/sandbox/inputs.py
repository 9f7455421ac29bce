"""The inputs of an agent's form, as plain values for the templates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from integration.sandbox import people
from integration.sandbox.drafts import Draft, Value, name_of
from integration.sandbox.options import Json
from integration.sandbox.records import PRIORITIES, STATUSES, TYPES
from integration.sandbox.shown import COLUMNS

if TYPE_CHECKING:
    from integration.sandbox.state import State

WRITTEN: Final = (*COLUMNS, "Warranty: warranty ends on", "Warranty: stamp")
"""Fields that an app fills in: they stand in a group of their own, after what people fill in."""
TICKED: Final = "Warranty: claim"
"""The checkbox that is ticked on the form for a new ticket."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a form. ``kind`` is text, textarea, number, date, datetime-local, checkbox,
    select or multiselect; ``now`` is what somebody else changed it to meanwhile."""

    name: str
    label: str
    kind: str
    value: Value
    options: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    wrong: tuple[str, ...] = ()
    now: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Inputs under one heading; ``filled`` of them are not empty."""

    title: str
    inputs: tuple[Input, ...]

    @property
    def filled(self) -> int:
        return sum(bool(one.value) for one in self.inputs)


def attributes(state: State, draft: Draft) -> dict[str, Input]:
    """The inputs for what every ticket has, by name."""
    agents = [user for user in state.users.values() if people.is_agent(user)]
    named = (("", "–"), *((str(user["id"]), str(user["name"])) for user in agents))
    statuses = tuple((name, "On-hold" if name == "hold" else name.title()) for name in STATUSES)
    shapes = (
        ("status", "Status", "select", statuses, "A closed ticket cannot be changed any more."),
        ("type", "Type", "select", _titled(TYPES), ""),
        ("priority", "Priority", "select", _titled(PRIORITIES), ""),
        ("assignee_id", "Assignee", "select", named, ""),
        ("due_at", "Due (UTC)", "datetime-local", (), "Only tasks keep a due date."),
    )
    return {
        name: _input(draft, name, title, kind, options, hint)
        for name, title, kind, options, hint in shapes
    }


def _titled(values: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return (("", "–"), *((value, value.title()) for value in values))


_KINDS = {
    **{"textarea": "textarea", "date": "date", "checkbox": "checkbox", "tagger": "select"},
    **{"multiselect": "multiselect", "integer": "number"},
}


def groups(fields: Iterable[Json], draft: Draft) -> list[Group]:
    """The custom fields' inputs by the word before the colon in their titles; what apps fill in
    last of its kind, and the fields without such a word at the end."""
    found: dict[str, list[Input]] = {}
    for field in fields:
        group, colon, name = field["title"].partition(": ")
        if not colon:
            group, name = "Other fields", field["title"]
        elif field["title"] in WRITTEN:
            group = f"{group}: written by the app"
        kind = _KINDS.get(field["type"], "text")
        options: tuple[tuple[str, str], ...] = tuple(
            (option["value"], option["name"]) for option in field.get("custom_field_options", ())
        )
        if kind == "select":
            options = (("", "–"), *options)
        hint = field["description"] if field["description"] != field["title"] else ""
        found.setdefault(group, []).append(
            _input(draft, name_of(field), name[:1].upper() + name[1:], kind, options, hint)
        )
    ranked = sorted(found, key=lambda title: (title == "Other fields", title))
    return [Group(title, tuple(found[title])) for title in ranked]


def _input(
    draft: Draft, name: str, title: str, kind: str, options: tuple[tuple[str, str], ...], hint: str
) -> Input:
    value = draft.values[name]
    known = {option for option, _ in options}
    chosen = [value] if isinstance(value, str) else value
    if kind in ("select", "multiselect"):  # an option that was taken away stays what it is
        options = (*options, *((one, f"{one} (no option)") for one in chosen if one not in known))
    now = None
    if name in draft.moved:
        there = draft.moved[name]
        names = {"1": "ticked", "": "not ticked"} if kind == "checkbox" else dict(options)
        parts = [there] if isinstance(there, str) else there
        now = ", ".join(names.get(part, part) for part in parts).strip("–") or "empty"
    return Input(
        name, title, kind, value, options, str(hint or ""), tuple(draft.wrong.get(name, ())), now
    )
