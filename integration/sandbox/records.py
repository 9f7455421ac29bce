"""A ticket as it is kept, as it is told, and as it was at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from integration.sandbox import fields as ticket_fields
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.state import State

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
TYPES = ("problem", "incident", "question", "task")

CHANNEL_IDS = {"web": "0", "email": "4", "api": "5", "rule": "8"}
"""``via`` channels by the number that conditions use; guess beyond web (0), mail (4), API (5)."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and through which door: ``api`` or ``web``."""

    user: Json
    channel: str
    client: str = ""
    address: str = "127.0.0.1"

    @property
    def id(self) -> int:
        return int(self.user["id"])

    def via(self) -> Json:
        return via(self.channel)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A ticket at one moment: attributes, custom values by field id, tags."""

    attributes: Mapping[str, Any]
    values: Mapping[int, Any]
    tags: frozenset[str]


@dataclass(slots=True)
class Record:
    """A ticket as it is kept. ``sequence`` orders all changes of all tickets."""

    attributes: Json
    values: dict[int, Any] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    comments: list[Json] = field(default_factory=list)
    audits: list[Json] = field(default_factory=list)
    generated: int = 0
    sequence: int = 0
    deleted: bool = False

    @property
    def id(self) -> int:
        return int(self.attributes["id"])

    def snapshot(self) -> Snapshot:
        return Snapshot(
            MappingProxyType(dict(self.attributes)),
            MappingProxyType(dict(self.values)),
            frozenset(self.tags),
        )


def via(channel: str) -> Json:
    return {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}}


def rule_via(rule: Json, rel: str = "trigger") -> Json:
    source = {"from": {"id": rule["id"], "title": rule["title"]}, "to": {}, "rel": rel}
    return {"channel": "rule", "source": source}


def custom_values(state: State, values: Mapping[int, Any]) -> list[Json]:
    """Every active custom field with its value, as each ticket lists them."""
    return [
        {"id": row["id"], "value": values.get(row["id"], ticket_fields.empty(row))}
        for row in state.custom_fields()
    ]


def ticket_json(state: State, record: Record) -> Json:
    """A ticket as the API tells it."""
    a = record.attributes
    custom = custom_values(state, record.values)
    return {
        "url": state.link(f"tickets/{record.id}"),
        "id": record.id,
        "external_id": a["external_id"],
        "via": a["via"],
        "created_at": a["created_at"],
        "updated_at": a["updated_at"],
        "generated_timestamp": record.generated,
        "type": a["type"],
        "subject": a["subject"],
        "raw_subject": a["subject"],
        "description": a["description"],
        "priority": a["priority"],
        "status": "deleted" if record.deleted else a["status"],
        "recipient": a["recipient"],
        "requester_id": a["requester_id"],
        "submitter_id": a["submitter_id"],
        "assignee_id": a["assignee_id"],
        "organization_id": a["organization_id"],
        "group_id": a["group_id"],
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": a["problem_id"],
        "has_incidents": False,
        "is_public": any(comment["public"] for comment in record.comments),
        "due_at": a["due_at"],
        "tags": sorted(record.tags),
        "custom_fields": custom,
        "satisfaction_rating": None,
        "sharing_agreement_ids": [],
        "custom_status_id": a["custom_status_id"],
        "fields": [dict(row) for row in custom],
        "followup_ids": [],
        "ticket_form_id": a["ticket_form_id"],
        "brand_id": a["brand_id"],
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
    }


EVENT_FIELDS = (
    *("subject", "priority", "type", "status", "requester_id", "organization_id", "assignee_id"),
    *("group_id", "external_id", "problem_id", "due_at", "ticket_form_id", "brand_id"),
    "custom_status_id",
)
_ALWAYS = {"subject", "priority", "type", "status", "requester_id", "ticket_form_id", "brand_id"}


def creation_events(state: State, record: Record) -> list[Json]:
    """``Create`` events: what a new ticket started with."""
    a = record.attributes
    rows: list[tuple[str, Any]] = [
        (name, a[name]) for name in EVENT_FIELDS if name in _ALWAYS or a[name] is not None
    ]
    rows += [
        (str(key), value) for key, value in record.values.items() if value not in (None, False)
    ]
    if record.tags:
        rows.append(("tags", sorted(record.tags)))
    return [
        {"id": state.ids.large(), "type": "Create", "value": _told(name, value), "field_name": name}
        for name, value in rows
    ]


def change_events(
    state: State, before: Snapshot, record: Record, source: Json | None = None
) -> list[Json]:
    """``Change`` events: where a ticket differs from before; ``source`` is the rule behind it."""
    after = record.snapshot()
    rows: list[tuple[str, Any, Any]] = [
        (name, before.attributes[name], after.attributes[name]) for name in EVENT_FIELDS
    ]
    for key in {**before.values, **after.values}:
        rows.append((str(key), before.values.get(key), after.values.get(key)))
    rows.append(("tags", sorted(before.tags), sorted(after.tags)))
    return [
        {
            "id": state.ids.large(),
            "type": "Change",
            "value": _told(name, new),
            "field_name": name,
            "previous_value": _told(name, old),
            **({"via": source} if source else {}),
        }
        for name, old, new in rows
        if (old or None) != (new or None)
    ]


def _told(name: str, value: Any) -> Any:
    if name.endswith("_id") and name != "external_id" and value is not None:
        return str(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    return value
