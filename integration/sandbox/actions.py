"""What triggers and macros can do to a ticket, as a patch like any other update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integration.sandbox.conditions import custom_field
from integration.sandbox.errors import problem
from integration.sandbox.options import Json
from integration.sandbox.patches import read_tags
from integration.sandbox.records import Actor

if TYPE_CHECKING:
    from integration.sandbox.state import State

_ATTRIBUTES = {
    *("status", "priority", "type", "group_id", "assignee_id", "subject", "brand_id"),
    *("custom_status_id", "ticket_form_id", "organization_id"),
}
_TAGS = {"set_tags", "current_tags", "remove_tags"}
_TOLD = {"notification_user", "notification_group"}
_MACRO = {"comment_value", "comment_value_html", "comment_mode_is_public"}
_TRIGGER = {"notification_webhook"}


def complaints(state: State, actions: Any, kind: str) -> list[Json]:
    """What is wrong with the actions of a rule; ``kind``: macro, trigger or automation."""
    if not isinstance(actions, list) or not actions:
        return [problem("Actions: cannot be blank", "BlankValue")]
    extra = _MACRO if kind == "macro" else _TOLD | _TRIGGER
    found = []
    for row in actions:
        name = str(row.get("field")) if isinstance(row, dict) else ""
        if name.startswith("custom_fields_"):
            known = custom_field(state, name) is not None
        else:
            known = name in _ATTRIBUTES | _TAGS | extra
        if not known:
            found.append(problem(f"Actions: {name} is not known to this account"))
        elif name == "notification_webhook":
            found += _webhook_complaints(state, row.get("value"))
    return found


def _webhook_complaints(state: State, value: Any) -> list[Json]:
    if not isinstance(value, list) or len(value) != 2:
        return [problem("Actions: notification_webhook needs a webhook and a body")]
    if value[0] not in state.webhooks:
        return [problem(f"Actions: webhook {value[0]} does not exist")]
    return []


def patch_for(state: State, actions: list[Json], tags: set[str], actor: Actor) -> Json:
    """The update that these actions amount to, on a ticket with these tags."""
    patch: Json = {}
    wanted = set(tags)
    values: list[Json] = []
    for row in actions:
        name, value = row["field"], row.get("value")
        if name in _ATTRIBUTES:
            patch[name] = _plain(name, value, actor)
        elif name in _TAGS:
            words = read_tags(value)
            if name == "set_tags":
                wanted = words
            elif name == "current_tags":
                wanted |= words
            else:
                wanted -= words
        elif name.startswith("custom_fields_") and (field := custom_field(state, name)):
            values.append({"id": field["id"], "value": value})
    if wanted != tags:
        patch["tags"] = sorted(wanted)
    if values:
        patch["custom_fields"] = values
    return patch


def _plain(name: str, value: Any, actor: Actor) -> Any:
    if value == "current_user":
        return actor.id
    if name.endswith("_id"):
        return int(value) if str(value).isdigit() else None
    return value
