"""Automation rules as the API takes them (developers.freshdesk.com/api/#automations).

Kinds: 1 for new tickets, 3 by the hour (stored, never run), 4 for updates. The shape of a webhook
action is not documented in one piece: what is read here is what rules read back from real accounts
look like (``content_layout`` a text, ``content`` an object, ``custom_headers`` an object), and the
documentation's nested form. That "1" is the simple layout is a guess, as is that names are unique.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from integration.sandbox.freshdesk import conditions, errors, fields
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

CREATED, HOURLY, UPDATED = 1, 3, 4
KINDS: Final = (CREATED, HOURLY, UPDATED)
SIMPLE, ADVANCED = "1", "2"
WEBHOOK: Final = "trigger_webhook"
SETS: Final = {
    **{name: name for name in ("priority", "status", "responder_id", "group_id", "product_id")},
    **{"ticket_type": "type", "type": "type"},
}
"""Actions that set an attribute."""
OTHERS: Final = ("add_tag", "add_note", "mark_as_spam", "delete_ticket")
_MAILS: Final = ("send_email_to_requester", "send_email_to_agent", "send_email_to_group")
_KEYS: Final = {"name", "active", "position", "description", "conditions", "actions", "operator"}
_UPDATE_KEYS: Final = {"performer", "events", "meta"}
_CONTENT_TYPES: Final = ("JSON", "X-FORM-URLENCODED")
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


def save(account: Account, kind: int, given: Any, row: Json | None) -> Json:
    """Take a rule in, or change this one; 400 with all that is wrong."""
    if not isinstance(given, dict):
        raise errors.invalid_json()
    merged = {**{"active": True, "conditions": [], "actions": []}, **(row or {}), **given}
    if wrong := _check(account, kind, given, merged, row):
        raise errors.invalid(wrong)
    if row is not None:
        row.update(given, updated_at=account.stamp())
        account.touched()
        return row
    return account.keep(
        "rules",
        "rule",
        rule_type=kind,
        name=merged["name"],
        active=merged["active"],
        position=merged.get("position", len(of(account, kind)) + 1),
        outdated=False,
        last_updated_by=None,
        affected_tickets_count=0,
        **{key: merged[key] for key in ("operator", "description") if key in merged},
        conditions=merged["conditions"],
        actions=merged["actions"],
        **(
            {
                "performer": merged["performer"],
                "events": merged["events"],
                "meta": merged.get("meta", {}),
            }
            if kind == UPDATED
            else {}
        ),
    )


def of(account: Account, kind: int) -> list[Json]:
    """The rules of a kind, in their order."""
    rows = [row for row in account.shelf("rules").values() if row["rule_type"] == kind]
    return sorted(rows, key=lambda row: (row["position"], row["id"]))


def told(row: Json) -> Json:
    """A rule as the API tells it: with what is secret in it."""
    return {key: value for key, value in row.items() if key != "rule_type"}


def _check(account: Account, kind: int, given: Json, merged: Json, row: Json | None) -> list[Json]:
    known = _KEYS | (_UPDATE_KEYS if kind == UPDATED else set())
    wrong = [errors.unknown(key) for key in given if key not in known]
    if not isinstance(merged.get("name"), str) or not merged["name"].strip():
        wrong.append(errors.missing("name"))
    elif any(one["name"] == merged["name"] for one in of(account, kind) if one is not row):
        wrong.append(errors.problem("name", "It should be a unique value", "duplicate_value"))
    if not isinstance(merged["active"], bool):
        wrong.append(errors.mismatch("active", "Boolean"))
    if type(merged.get("position", 1)) is not int:
        wrong.append(errors.mismatch("position", "Positive Integer"))
    names = set(fields.custom(account))
    wrong += conditions.check(merged["conditions"], names)
    if kind == UPDATED:
        wrong += conditions.check_performer(merged.get("performer"))
        wrong += conditions.check_events(merged.get("events"), names)
    actions = merged["actions"]
    if not isinstance(actions, list) or not actions:
        return [*wrong, errors.missing("actions", "Array")]
    for action in actions:
        wrong += _check_action(action, names)
    return wrong


def _check_action(action: Any, names: set[str]) -> list[Json]:
    name = action.get("field_name") if isinstance(action, dict) else None
    if name == WEBHOOK:
        return _check_webhook(action)
    if not isinstance(name, str) or name not in {*SETS, *OTHERS, *_MAILS, *names}:
        words = f"There is no action {str(name)[:80]!r}"
        return [errors.problem("actions[field_name]", words)]
    if name not in (*_MAILS, "mark_as_spam", "delete_ticket") and "value" not in action:
        return [errors.missing("actions[value]")]
    return []


def _check_webhook(action: Json) -> list[Json]:
    wrong = []
    content = settings(action)
    parts = urlsplit(action["url"]) if isinstance(action.get("url"), str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        wrong.append(errors.problem("actions[url]", "It should be a valid URL"))
    if action.get("request_type") not in _METHODS:
        wrong.append(errors.one_of("actions[request_type]", _METHODS))
    if action.get("request_type") in ("GET", "DELETE"):
        return wrong
    if content.get("content_type") not in _CONTENT_TYPES:
        wrong.append(errors.one_of("actions[content_type]", _CONTENT_TYPES))
    if content.get("content_layout") not in (SIMPLE, ADVANCED):
        wrong.append(errors.one_of("actions[content_layout]", (SIMPLE, ADVANCED)))
    body = content.get("content")
    if not isinstance(body, dict | str) or not body:
        wrong.append(errors.missing("actions[content]", "key/value pair"))
    elif content.get("content_layout") == SIMPLE and not isinstance(body, dict):
        wrong.append(errors.mismatch("actions[content]", "key/value pair"))
    if not isinstance(action.get("custom_headers", {}), dict):
        wrong.append(errors.mismatch("actions[custom_headers]", "key/value pair"))
    return wrong


def settings(action: Mapping[str, Any]) -> Json:
    """``content_type``, ``content_layout`` and ``content`` of a webhook, nested or not."""
    nested = action.get("content")
    if isinstance(nested, dict) and "content_layout" in nested:
        return nested
    return {name: action.get(name) for name in ("content_type", "content_layout", "content")}
