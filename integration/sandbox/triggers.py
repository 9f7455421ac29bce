"""Triggers: checked from the top on every new and every changed ticket.

Each fires at most once in one update. One that changes the ticket sends the check back to the top
(support.zendesk.com "About triggers and how they work").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from integration.sandbox import actions, conditions, patches, placeholders, records
from integration.sandbox.errors import ApiError, invalid, problem
from integration.sandbox.options import Json
from integration.sandbox.records import Actor, Record, Snapshot

if TYPE_CHECKING:
    from integration.sandbox.state import State


@dataclass(frozen=True, slots=True)
class Cycle:
    """One update that triggers look at; ``before`` is None where the ticket is new."""

    before: Snapshot | None
    actor: Actor
    comment: Json | None
    audit: Json


def run(state: State, record: Record, cycle: Cycle) -> None:
    """Fire every active trigger whose conditions hold, in order of position."""
    waiting = sorted(
        (row for row in state.shelf("triggers").values() if row["active"]),
        key=lambda row: row["position"],
    )
    place = 0
    while place < len(waiting):
        trigger = waiting[place]
        if not _due(state, trigger, record, cycle):
            place += 1
            continue
        del waiting[place]
        if _fire(state, trigger, record, cycle):
            place = 0


def _due(state: State, trigger: Json, record: Record, cycle: Cycle) -> bool:
    moment = conditions.Moment(
        after=record.snapshot(),
        before=cycle.before,
        update_type="Change" if cycle.before else "Create",
        actor=cycle.actor,
        comment=cycle.comment,
    )
    return conditions.hold(state, trigger["conditions"], moment)


def _fire(state: State, trigger: Json, record: Record, cycle: Cycle) -> bool:
    """Carry out a trigger's actions; whether they changed the ticket."""
    changed = _change(state, trigger, record, cycle)
    for row in trigger["actions"]:
        if row["field"] == "notification_webhook":
            _call(state, row["value"], record, cycle.actor)
        elif row["field"].startswith("notification_"):
            cycle.audit["events"].append(_notification(state, trigger, row, record, cycle.actor))
    return changed


def _change(state: State, trigger: Json, record: Record, cycle: Cycle) -> bool:
    if record.attributes["status"] == "closed":
        return False
    patch = actions.patch_for(state, trigger["actions"], record.tags, cycle.actor)
    if not patch:
        return False
    try:
        wanted = patches.plan(state, record, patch, cycle.actor)
    except ApiError:
        return False  # guess: an action that no longer fits the ticket is skipped
    before = record.snapshot()
    record.attributes, record.values, record.tags = (
        wanted.attributes,
        wanted.values,
        wanted.tags,
    )
    events = records.change_events(state, before, record, records.rule_via(trigger))
    cycle.audit["events"] += events
    if events:
        state.touch(record, event=True)
    return bool(events)


def _call(state: State, value: list[Any], record: Record, actor: Actor) -> None:
    webhook_id, body = value
    if isinstance(body, list):
        pairs = [(str(k), placeholders.render(state, str(v), record, actor)) for k, v in body]
        state.deliveries.send(webhook_id, "", pairs)
    else:
        state.deliveries.send(webhook_id, placeholders.render(state, str(body), record, actor))


def _notification(state: State, trigger: Json, row: Json, record: Record, actor: Actor) -> Json:
    """Guess at the shape; no e-mail leaves the sandbox."""
    value = row.get("value")
    parts = [str(part) for part in value] if isinstance(value, list) else [str(value)]
    texts = [placeholders.render(state, part, record, actor) for part in parts[1:3]]
    return {
        "id": state.ids.large(),
        "type": "Notification",
        "subject": texts[0] if texts else "",
        "body": texts[1] if len(texts) > 1 else "",
        "recipients": [],
        "via": records.rule_via(trigger),
    }


def shape(state: State, given: Json, old: Json | None) -> Json:
    """A trigger as given, over the old one where there is one; 422 where it cannot be."""
    row = rule_shape(state, given, old, "trigger")
    category = given.get("category_id")
    if category is not None and str(category) not in state.shelf("trigger_categories"):
        raise invalid({"category": [problem("Trigger category: does not exist")]})
    row["category_id"] = (
        str(category)
        if category is not None
        else row.get("category_id") or next(iter(state.shelf("trigger_categories")))
    )
    return row


def rule_shape(state: State, given: Json, old: Json | None, kind: str) -> Json:
    """What triggers and automations have in common."""
    row = dict(old or {})
    title = given.get("title", row.get("title"))
    if not isinstance(title, str) or not title.strip():
        raise invalid({"title": [problem("Title: cannot be blank", "BlankValue")]})
    wanted = given.get("conditions") or {}
    if "all" in given or "any" in given:
        wanted = {"all": given.get("all"), "any": given.get("any")}
    if wanted or old is None:
        row["conditions"] = {"all": wanted.get("all") or [], "any": wanted.get("any") or []}
    if "actions" in given or old is None:
        row["actions"] = given.get("actions")
    details = {
        "conditions": conditions.complaints(
            state, row["conditions"], automation=kind == "automation"
        ),
        "actions": actions.complaints(state, row["actions"], kind),
    }
    if not (row["conditions"]["all"] or row["conditions"]["any"]):
        details["conditions"].append(problem("Conditions: cannot be blank", "BlankValue"))
    if any(details.values()):
        raise invalid({name: rows for name, rows in details.items() if rows})
    last = max((r["position"] for r in state.shelf(kind + "s").values()), default=0)
    return {
        "title": title,
        "active": bool(given.get("active", row.get("active", True))),
        "default": False,
        "actions": row["actions"],
        "conditions": row["conditions"],
        "description": given.get("description", row.get("description")),
        "position": given.get("position", row.get("position", last + 1)),
        "raw_title": title,
        **({"category_id": row["category_id"]} if "category_id" in row else {}),
    }
