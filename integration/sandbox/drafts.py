"""An agent's form: a ticket as what stands in inputs, and back to a patch.

A form knows what it showed when it was loaded. So only what the agent changed is sent, and what
was typed can be carried over onto a newer state of the ticket without undoing what others did.

Inputs are named ``status``, ``type``, ``priority``, ``assignee_id``, ``due_at``, ``tags`` and
``field-<id>``. ``due_at`` is in UTC.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from integration.sandbox.errors import ApiError
from integration.sandbox.options import Json
from integration.sandbox.patches import read_tags

Value = str | list[str]
Values = dict[str, Value]
ATTRIBUTES: Final = ("status", "type", "priority", "assignee_id", "due_at")
_LISTS: Final = ("multiselect",)
_ASIDE: Final = {"assignee": "assignee_id", "requester": "email"}
"""Names that 422 answers use, where the input has another."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form, beside what it showed when it was loaded.

    ``moved`` are the inputs in which somebody else meanwhile changed what the agent changed too,
    with what stands there now. ``wrong`` are complaints by input, ``general`` those about none.
    """

    base: Values
    values: Values
    comment: str = ""
    public: bool = False
    macro_id: int | None = None
    moved: Mapping[str, Value] = field(default_factory=dict)
    wrong: Mapping[str, list[str]] = field(default_factory=dict)
    general: tuple[str, ...] = ()

    @property
    def loaded(self) -> str:
        """What the form shows as saved, for its hidden input."""
        return json.dumps(self.base)


def number(text: str) -> int | None:
    """An id or a count that a form sent; None for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def name_of(row: Json) -> str:
    """The name of a custom field's input."""
    return f"field-{row['id']}"


def shown(ticket: Json, fields: Iterable[Json]) -> Values:
    """A ticket as its form shows it."""
    values: Values = {name: str(ticket[name] or "") for name in ATTRIBUTES}
    values["due_at"] = str(values["due_at"])[:16]
    values["tags"] = list(ticket["tags"])
    given = {row["id"]: row["value"] for row in ticket["custom_fields"]}
    for row in fields:
        values[name_of(row)] = _as_input(row, given.get(row["id"]))
    return values


def _as_input(row: Json, value: Any) -> Value:
    if row["type"] in _LISTS:
        return [str(part) for part in value or ()]
    if row["type"] == "checkbox":
        return "1" if value else ""
    text = "" if value is None else str(value)
    # A browser drops line breaks from a one-line input by itself.
    return _lines(text) if row["type"] == "textarea" else re.sub(r"[\r\n]", "", text)


def _lines(text: str) -> str:
    """Text as it is kept: browsers send CR LF for every line break."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def blank(ticket: Json, fields: Iterable[Json]) -> Draft:
    """A form in which nothing was typed yet."""
    values = shown(ticket, fields)
    return Draft(values, values)


def read(form: MultiDict[str, str], ticket: Json, fields: list[Json]) -> Draft:
    """What was submitted. Inputs that the form did not have stand as they are on the ticket."""
    now = shown(ticket, fields)
    base = now | _loaded(form.get("loaded", ""), now)
    in_form = "loaded" in form
    ticks = {name_of(row) for row in fields if row["type"] in ("checkbox", *_LISTS)}
    values: Values = {}
    for name, before in base.items():
        if name == "tags":
            values[name] = sorted(
                {*form.getlist("tag"), *read_tags(form.get("new_tags"))} if in_form else before
            )
        elif isinstance(before, list):
            values[name] = sorted(form.getlist(name)) if in_form else before
        elif name in form:
            values[name] = _lines(form[name])
        else:
            values[name] = "" if name in ticks and in_form else before
    return Draft(
        base,
        values,
        _lines(form.get("comment", "")),
        form.get("mode") == "public",
        number(form.get("macro_id", "")),
    )


def _loaded(text: str, now: Values) -> Values:
    """What a form says it showed: of the inputs there are, in their own shape."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: sorted(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in found.items()
        if name in now and isinstance(value, type(now[name]))
    }


def empty(fields: Iterable[Json]) -> Draft:
    """The form for a new ticket, in which nothing was typed yet."""
    nothing = dict.fromkeys(ATTRIBUTES)
    values = shown({**nothing, "tags": [], "custom_fields": []}, fields)
    return Draft(values, dict(values))


_NEEDED: Final = (
    ("name", "Say what the customer is called."),
    ("email", "Give an e-mail address, such as customer3@example.com."),
    ("subject", "Give the ticket a subject."),
    ("text", "Write what the ticket is about."),
)


def filed(form: MultiDict[str, str], fields: list[Json]) -> Draft:
    """What was submitted as a new ticket, with complaints about what is missing."""
    draft = empty(fields)
    for row in fields:
        name = name_of(row)
        listed = isinstance(draft.base[name], list)
        draft.values[name] = sorted(form.getlist(name)) if listed else _lines(form.get(name, ""))
    draft.values.update({name: form[name] for name in ATTRIBUTES if name in form})
    draft.values["tags"] = sorted({*form.getlist("tag"), *read_tags(form.get("new_tags"))})
    wrong = {name: [words] for name, words in _NEEDED if not form.get(name, "").strip()}
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", form.get("email", "").strip()):
        wrong["email"] = [dict(_NEEDED)["email"]]
    return replace(draft, wrong=wrong)


def with_macro(
    draft: Draft, macro_id: int, ticket: Json, after: Json, fields: Iterable[Json]
) -> Draft:
    """What a macro would make of the ticket (``after``: its preview) put into the form, its text
    below what was written."""
    rows = list(fields)
    before, new = shown(ticket, rows), shown(after, rows)
    values = {**draft.values, **{name: new[name] for name in new if new[name] != before[name]}}
    changed = replace(draft, values=values, macro_id=macro_id)
    said = after.get("comment")
    if said is None:
        return changed
    text = f"{draft.comment.rstrip()}\n\n{said['body']}".strip()
    return replace(changed, comment=text, public=bool(said["public"]))


def onto(draft: Draft, ticket: Json, fields: Iterable[Json]) -> Draft:
    """What was typed, on the newest state of the ticket: what the agent left alone follows it."""
    newest = shown(ticket, fields)
    values: Values = {}
    moved: Values = {}
    for name, now in newest.items():
        base, typed = draft.base.get(name, now), draft.values.get(name, now)
        if name == "tags":
            values[name] = sorted((set(now) - (set(base) - set(typed))) | (set(typed) - set(base)))
        elif typed == base:
            values[name] = now
        else:
            values[name] = typed
            if now not in (base, typed):
                moved[name] = now
    return Draft(newest, values, draft.comment, draft.public, draft.macro_id, moved)


def patch(draft: Draft, fields: Iterable[Json]) -> Json:
    """What the agent changed, as the API takes it; empty where that is nothing."""
    made: Json = {}
    changed = {name for name, value in draft.values.items() if value != draft.base[name]}
    for name in ATTRIBUTES:
        if name in changed:
            made[name] = _attribute(name, str(draft.values[name]))
    if "tags" in changed:
        before, after = set(draft.base["tags"]), set(draft.values["tags"])
        made["additional_tags"] = sorted(after - before)
        made["remove_tags"] = sorted(before - after)
    rows = [(row, draft.values[name_of(row)]) for row in fields if name_of(row) in changed]
    if rows:
        made["custom_fields"] = [
            {"id": row["id"], "value": kept_value(row, value)} for row, value in rows
        ]
    if draft.comment.strip():
        made["comment"] = {"body": draft.comment, "public": draft.public}
    if made and draft.macro_id is not None:
        made["macro_id"] = draft.macro_id
    return made


def _attribute(name: str, text: str) -> Any:
    if name == "assignee_id":
        return number(text)
    if name == "due_at" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text):
        return f"{text}:00Z"
    return text or None


def kept_value(row: Json, value: Value) -> Any:
    """What stands in a custom field's input, as the API takes it."""
    if row["type"] == "checkbox":
        return value == "1"
    return value or None


def own_complaints(draft: Draft) -> dict[str, list[str]]:
    """What the helpdesk would drop without a word, and an agent wants to hear of."""
    if draft.values["due_at"] and draft.values["type"] != "task":
        words = "Only a task keeps a due date: choose the type Task, or clear the due date."
        return {"due_at": [words]}
    return {}


def complaints(error: ApiError, names: Iterable[str]) -> tuple[dict[str, list[str]], list[str]]:
    """A 422 answer by input; and what is about none of the inputs named."""
    known = set(names)
    wrong: dict[str, list[str]] = {}
    general: list[str] = []
    details = error.body.get("details")
    for about, rows in (details if isinstance(details, dict) else {}).items():
        for row in rows:
            name = f"field-{row['ticket_field_id']}" if "ticket_field_id" in row else about
            name = _ASIDE.get(name, name)
            words = str(row["description"])
            if name in known:
                wrong.setdefault(name, []).append(words)
            else:
                general.append(words)
    if not wrong and not general:
        general.append(str(error.body.get("description") or error.body.get("error")))
    return wrong, general
