"""Conditions of triggers, views and automations: are they sound, and do they hold?

developer.zendesk.com/documentation/ticketing/reference-guides/conditions-reference. A condition
the sandbox cannot evaluate is refused when it is saved, rather than quietly never holding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from integration.sandbox import people
from integration.sandbox.errors import problem
from integration.sandbox.fields import empty
from integration.sandbox.options import Json, parse_moment
from integration.sandbox.records import CHANNEL_IDS, PRIORITIES, STATUSES, Actor, Snapshot

if TYPE_CHECKING:
    from integration.sandbox.state import State

_IS = {"is", "is_not"}
_CHANGES = {
    *("changed", "not_changed", "value", "value_previous", "not_value", "not_value_previous"),
}
_ORDER = {"less_than", "greater_than", "less_than_equal", "greater_than_equal"}
_PRESENCE = {"present", "not_present"}
_DAYS = {"within_previous_n_days", "within_next_n_days"}
_HAS = {"includes", "not_includes"}
_RULES = {
    "status": _IS | _CHANGES | _ORDER,
    "priority": _IS | _CHANGES | _ORDER,
    "type": _IS | _CHANGES,
    "custom_status_id": _HAS | _CHANGES,
    "assignee_id": _IS | _CHANGES,
    "group_id": _IS | _CHANGES,
    "requester_id": _IS | _CHANGES,
    "organization_id": _IS | _CHANGES,
    "brand_id": _IS | _CHANGES,
    "ticket_form_id": _IS | _CHANGES,
    "current_tags": _HAS,
    "update_type": {"is"},
    "role": _IS,
    "via_id": _IS,
    "current_via_id": _IS,
    "comment_is_public": {"is"},
    "comment_includes_word": _HAS,
    "subject_includes_word": _HAS,
    "description_includes_word": _HAS,
    "created_at": _IS | _ORDER,
    "updated_at": _IS | _ORDER,
    "due_date": _IS | _ORDER,
    "until_due_date": _IS | _ORDER,
}
_CUSTOM = _IS | _CHANGES | _PRESENCE | _HAS
_RANKS: dict[str, tuple[str, ...]] = {"status": STATUSES, "priority": PRIORITIES}
_HOURS = {"created_at", "updated_at", "due_date", "until_due_date"}
_AUTOMATION = {"NEW", "OPEN", "PENDING", "SOLVED", "HOLD", "CLOSED", "assigned_at"}


@dataclass(frozen=True, slots=True)
class Moment:
    """What conditions look at: a ticket now, and before the update that is going on (if any)."""

    after: Snapshot
    before: Snapshot | None
    update_type: str
    actor: Actor | None
    comment: Json | None


def complaints(state: State, conditions: Json, *, automation: bool = False) -> list[Json]:
    """What is wrong with ``{"all": […], "any": […]}``: unknown fields, operators, custom fields."""
    found: list[Json] = []
    for row in [*(conditions.get("all") or []), *(conditions.get("any") or [])]:
        name, operator = str(row.get("field")), str(row.get("operator"))
        allowed = _operators(state, name)
        if automation and name in _AUTOMATION:
            allowed = _IS | _ORDER
        if allowed is None:
            found.append(problem(f"Conditions: field {name} is not known to this account"))
        elif operator not in allowed:
            found.append(problem(f"Conditions: operator {operator} does not fit field {name}"))
    return found


def _operators(state: State, name: str) -> set[str] | None:
    if not name.startswith("custom_fields_"):
        return _RULES.get(name)
    row = custom_field(state, name)
    if row is None:
        return None
    if row["type"] == "date":
        return _CUSTOM | _ORDER | _DAYS
    return _CUSTOM | _ORDER if row["type"] in ("integer", "decimal") else _CUSTOM


def custom_field(state: State, name: str) -> Json | None:
    """The custom field that ``custom_fields_<id>`` names, or None."""
    row = state.fields.get(_field_id(name))
    return row if row is not None and row["removable"] else None


@lru_cache(maxsize=1024)
def _field_id(name: str) -> int | None:
    key = name.removeprefix("custom_fields_")
    return int(key) if key.isdigit() else None


def hold(state: State, conditions: Json, moment: Moment) -> bool:
    """Whether all of ``all`` hold, and one of ``any`` where there are such."""
    every: Iterable[Json] = conditions.get("all") or []
    some: list[Json] = conditions.get("any") or []
    return all(_holds(state, row, moment) for row in every) and (
        not some or any(_holds(state, row, moment) for row in some)
    )


def _holds(state: State, row: Json, moment: Moment) -> bool:
    name, operator, wanted = row["field"], row["operator"], row.get("value")
    if name in ("current_tags", "custom_status_id") and operator in _HAS:
        return _tags_hold(name, operator, wanted, moment)
    if name.endswith("_includes_word"):
        return _words_hold(name, operator, wanted, moment)
    if name in ("update_type", "role", "via_id", "current_via_id", "comment_is_public"):
        about = _about_update(name, wanted, moment)
        return about if operator == "is" else not about
    if name in _HOURS:
        return _hours_hold(name, operator, wanted, moment, state.now())
    return _value_holds(state, name, operator, wanted, moment)


def _value_holds(state: State, name: str, operator: str, wanted: Any, moment: Moment) -> bool:
    field = custom_field(state, name)
    now, target = _text(_value(field, name, moment.after)), _text(wanted)
    if name.endswith("_id") and target == "current_user" and moment.actor:
        target = str(moment.actor.id)
    if operator in _CHANGES:
        was = "" if moment.before is None else _text(_value(field, name, moment.before))
        return _change_holds(operator, target, was, now)
    if operator in _DAYS:
        return _days_hold(operator, wanted, now, state.now().date())
    if operator in _PRESENCE:
        there = now not in ("", "false")
        return there if operator == "present" else not there
    if operator in _HAS:
        there = bool(set(now.split()) & set(target.split()))
        return there if operator == "includes" else not there
    if operator in _IS:
        return (now == target) is (operator == "is")
    return _order_holds(name, operator, now, target)


def _value(field: Json | None, name: str, snapshot: Snapshot) -> Any:
    if field is not None:
        return snapshot.values.get(field["id"], empty(field))
    return snapshot.attributes.get(name)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _change_holds(operator: str, wanted: str, was: str, now: str) -> bool:
    changed = was != now
    match operator:
        case "changed":
            return changed
        case "not_changed":
            return not changed
        case "value":
            return changed and now == wanted
        case "not_value":
            return not (changed and now == wanted)
        case "value_previous":
            return changed and was == wanted
    return not (changed and was == wanted)


def _tags_hold(name: str, operator: str, wanted: Any, moment: Moment) -> bool:
    words = set(_text(wanted).replace(",", " ").split())
    if name == "current_tags":
        there = bool(words & moment.after.tags)
    else:
        there = _text(moment.after.attributes["custom_status_id"]) in words
    return there == (operator == "includes")


def _words_hold(name: str, operator: str, wanted: Any, moment: Moment) -> bool:
    source = {
        "comment_includes_word": (moment.comment or {}).get("body"),
        "subject_includes_word": moment.after.attributes["subject"],
        "description_includes_word": moment.after.attributes["description"],
    }[name]
    words = set(re.findall(r"\w+", str(source or "").casefold()))
    asked = set(re.findall(r"\w+", _text(wanted).casefold()))
    return bool(words & asked) == (operator == "includes")


def _about_update(name: str, wanted: Any, moment: Moment) -> bool:
    text = _text(wanted)
    if name == "update_type":
        return moment.update_type.lower() == text.lower()
    if name == "comment_is_public":
        if text == "not_relevant":
            return moment.comment is not None
        return moment.comment is not None and _text(moment.comment["public"]) == text
    if name == "via_id":
        return CHANNEL_IDS.get(moment.after.attributes["via"]["channel"], "") == text
    if moment.actor is None:
        return False
    if name == "current_via_id":
        return CHANNEL_IDS.get(moment.actor.channel, "") == text
    user = moment.actor.user
    if text == "agent":
        return people.is_agent(user)
    return user["role"] == text.replace("_", "-") or str(user["id"]) == text


def _order_holds(name: str, operator: str, now: str, wanted: str) -> bool:
    if name in _RANKS:
        ranks = ("", *_RANKS[name])
        left: float = ranks.index(now)
        right: float = ranks.index(wanted) if wanted in ranks else -1
    elif now == "":
        return False
    else:
        left, right = _number(now), _number(wanted)
    return {
        "less_than": left < right,
        "greater_than": left > right,
        "less_than_equal": left <= right,
        "greater_than_equal": left >= right,
    }[operator]


def _number(text: str) -> float:
    try:
        return float(date.fromisoformat(text).toordinal()) if "-" in text[1:] else float(text)
    except ValueError:
        return float("nan")


def _days_hold(operator: str, wanted: Any, now: str, today: date) -> bool:
    try:
        distance = (date.fromisoformat(now) - today).days
        span = int(_text(wanted))
    except ValueError:
        return False
    return 0 <= distance <= span if operator == "within_next_n_days" else 0 <= -distance <= span


def _hours_hold(name: str, operator: str, wanted: Any, moment: Moment, now: datetime) -> bool:
    key = "due_at" if name.endswith("due_date") else name
    at = parse_moment(moment.after.attributes[key])
    if at is None or not _text(wanted).isdigit():
        return False
    hours = (now - at).total_seconds() / 3600
    if name == "until_due_date":
        hours = -hours
    target = int(_text(wanted))
    if operator in _IS:
        return (int(hours) == target) == (operator == "is")
    return _order_holds("", operator, str(hours), str(target))
