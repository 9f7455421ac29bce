"""Macros and their preview.

developer.zendesk.com/api-reference/ticketing/business-rules/macros: ``apply`` shows what a macro
would do and changes nothing; the caller must update the ticket itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integration.sandbox import actions, patches, placeholders, records
from integration.sandbox.errors import invalid, problem
from integration.sandbox.options import Json
from integration.sandbox.records import Actor, Record

if TYPE_CHECKING:
    from integration.sandbox.state import State


def shape(state: State, given: Json, old: Json | None) -> Json:
    """A macro as given, over the old one where there is one; 422 where it cannot be."""
    row = dict(old or {})
    title = given.get("title", row.get("title"))
    if not isinstance(title, str) or not title.strip():
        raise invalid({"title": [problem("Title: cannot be blank", "BlankValue")]})
    rows = given.get("actions", row.get("actions"))
    if wrong := actions.complaints(state, rows, "macro"):
        raise invalid({"actions": wrong})
    last = max((r["position"] for r in state.shelf("macros").values()), default=9999)
    return {
        "title": title,
        "active": bool(given.get("active", row.get("active", True))),
        "default": False,
        "position": given.get("position", row.get("position", last + 1)),
        "description": given.get("description", row.get("description")),
        "actions": rows,
        "restriction": given.get("restriction", row.get("restriction")),
        "raw_title": title,
    }


def preview(state: State, macro: Json, record: Record | None, actor: Actor) -> Json:
    """``{"result": {"ticket": …}}``: the whole ticket after the macro, or just its changes.

    ``fields`` is one object where the macro sets one custom field, as the documentation shows it,
    and a list where it sets several, as callers report.
    """
    tags = set(record.tags) if record else set()
    patch = actions.patch_for(state, macro["actions"], tags, actor)
    rows: list[Json] = patch.get("custom_fields", [])
    if record is None:
        ticket = {key: value for key, value in patch.items() if key != "custom_fields"}
    else:
        ticket = _after(state, record, patch, actor)
    if rows:
        ticket["fields"] = rows[0] if len(rows) == 1 else rows
    elif record is not None:
        ticket["fields"] = {}
    comment = _comment(state, macro["actions"], record, actor)
    if comment is not None:
        ticket["comment"] = comment
    return {"result": {"ticket": ticket}}


def _after(state: State, record: Record, patch: Json, actor: Actor) -> Json:
    wanted = patches.plan(state, record, patch, actor)
    imagined = Record(
        wanted.attributes,
        wanted.values,
        wanted.tags,
        record.comments,
        generated=record.generated,
    )
    return records.ticket_json(state, imagined)


def _comment(state: State, rows: list[Json], record: Record | None, actor: Actor) -> Json | None:
    public: Any = None
    said: tuple[str, str] | None = None
    for row in rows:
        value = row.get("value")
        if row["field"] == "comment_mode_is_public":
            public = value in (True, "true")
        elif row["field"] in ("comment_value", "comment_value_html"):
            text = value[-1] if isinstance(value, list) and value else value
            said = placeholders.comment_texts(
                state, str(text or ""), record, actor, markup=row["field"].endswith("html")
            )
    if said is None:
        return None
    return {
        "body": said[0],
        "html_body": said[1],
        "public": True if public is None else public,
        "scoped_body": [["channel:all", said[0]]],
    }
