"""``{{ticket.…}}`` in webhook bodies and macro texts.

support.zendesk.com "Zendesk Support placeholders reference". Substituted as plain text, in a
webhook's body without any JSON escaping (so a quotation mark in a subject breaks the JSON there,
as it does in Zendesk); an unknown or empty one is blank. Liquid's tags and filters are not served.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from integration.sandbox import comments
from integration.sandbox.options import Json
from integration.sandbox.records import Actor, Record

if TYPE_CHECKING:
    from integration.sandbox.state import State

_MARK = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def render(
    state: State, template: str, record: Record | None, actor: Actor | None, *, markup: bool = False
) -> str:
    """A template with its placeholders filled in; values are HTML-escaped where ``markup``."""

    def one(match: re.Match[str]) -> str:
        value = _value(state, match[1].split("."), record, actor)
        text = "" if value is None else str(value)
        return html.escape(text, quote=True) if markup else text

    return _MARK.sub(one, template)


def _value(state: State, path: list[str], record: Record | None, actor: Actor | None) -> Any:
    if path[0] == "current_user" and actor is not None and len(path) == 2:
        return _person(actor.user, path[1])
    if path[0] != "ticket" or record is None or len(path) < 2:
        return None
    a = record.attributes
    if len(path) == 3:
        if path[1] in ("requester", "assignee", "submitter"):
            return _person(state.users.get(a[f"{path[1]}_id"]), path[2])
        if path[1] in ("group", "organization", "brand") and path[2] in ("name", "id"):
            return state.shelf(f"{path[1]}s").get(a[f"{path[1]}_id"], {}).get(path[2])
        return None
    return _ticket_value(state, path[1], record) if len(path) == 2 else None


def _person(user: Json | None, name: str) -> Any:
    if user is None:
        return None
    first, _, last = str(user["name"]).partition(" ")
    if name in ("first_name", "last_name"):
        return first if name == "first_name" else last
    return user.get(name) if name in ("id", "name", "email", "phone", "role", "details") else None


def _ticket_value(state: State, name: str, record: Record) -> Any:
    a = record.attributes
    if name.startswith("ticket_field_"):
        return _custom(state, name.removeprefix("ticket_field_"), record)
    simple = {
        "id": record.id,
        "title": a["subject"],
        "description": a["description"],
        "external_id": a["external_id"],
        "url": state.link(f"agent/tickets/{record.id}", api=False),
        "link": state.link(f"agent/tickets/{record.id}", api=False),
        "via": a["via"]["channel"],
        "status": a["status"],
        "priority": a["priority"],
        "ticket_type": a["type"],
        "tags": " ".join(sorted(record.tags)),
        "account": state.options.subdomain,
        "due_date": (a["due_at"] or "")[:10],
        "due_date_with_timestamp": a["due_at"],
        "created_at": a["created_at"][:10],
        "created_at_with_timestamp": a["created_at"],
        "updated_at": a["updated_at"][:10],
        "updated_at_with_timestamp": a["updated_at"],
    }
    if name in simple:
        return simple[name]
    if name.startswith("latest_"):
        return _latest(name, record)
    return None


def _latest(name: str, record: Record) -> str | None:
    public = name.startswith("latest_public_comment")
    rows = [row for row in record.comments if row["public"] or not public]
    if not rows or name.removesuffix("_html") not in ("latest_comment", "latest_public_comment"):
        return None
    return str(rows[-1]["html_body" if name.endswith("_html") else "body"])


def _custom(state: State, key: str, record: Record) -> Any:
    titled = key.startswith("option_title_")
    key = key.removeprefix("option_title_")
    row = state.fields.get(int(key)) if key.isdigit() else None
    if row is None:
        return None
    value = record.values.get(row["id"])
    if titled:
        titles = {o["value"]: o["name"] for o in row.get("custom_field_options", [])}
        return titles.get(value) if isinstance(value, str) else None
    if isinstance(value, list):
        return " ".join(value)
    return {True: "1", False: "0"}.get(value, value) if isinstance(value, bool) else value


def comment_texts(
    state: State, template: str, record: Record | None, actor: Actor, *, markup: bool
) -> tuple[str, str]:
    """``(body, html_body)`` of a macro's comment, its placeholders filled in."""
    if markup:
        said = comments.sanitised(render(state, template, record, actor, markup=True))
        return comments.plain(said), said
    text = render(state, template, record, actor)
    return text, comments.wrapped(text)
