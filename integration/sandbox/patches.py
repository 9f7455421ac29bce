"""What a request wants of a ticket, checked before anything is changed.

developer.zendesk.com/api-reference/ticketing/tickets/tickets. Attributes nobody knows are
ignored, as Zendesk does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from integration.sandbox import fields as ticket_fields
from integration.sandbox import people
from integration.sandbox.errors import invalid, problem
from integration.sandbox.options import Json, parse_moment, stamp
from integration.sandbox.records import PRIORITIES, STATUSES, TYPES, Actor, Record

if TYPE_CHECKING:
    from integration.sandbox.state import State

Details = dict[str, list[Json]]


@dataclass(slots=True)
class Plan:
    """What a ticket shall be, once everything has been found sound."""

    attributes: Json
    values: dict[int, Any] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)


def read_tags(given: object) -> set[str]:
    """Tags as Zendesk keeps them: lower case, no blanks; a string is split at blanks."""
    words = given if isinstance(given, list) else [given] if isinstance(given, str) else []
    return {tag for word in words for tag in str(word).lower().replace(",", " ").split()}


def plan(state: State, record: Record, patch: Mapping[str, Any], actor: Actor) -> Plan:
    """The ticket as the patch wants it; 422 with every reason where it cannot be so."""
    details: Details = {}
    after = dict(record.attributes)
    for name in ("subject", "external_id", "problem_id", "recipient"):
        if name in patch:
            after[name] = patch[name]
    _choice(after, patch, "priority", PRIORITIES, details)
    _choice(after, patch, "type", TYPES, details)
    _people(state, after, patch, details)
    _status(state, record, after, patch, details)
    _due(after, patch, details)
    given = _given_values(state, patch, details)
    wanted = read_tags(patch["tags"]) if "tags" in patch else set(record.tags)
    wanted |= read_tags(patch.get("additional_tags"))
    wanted -= read_tags(patch.get("remove_tags"))
    values, tags = ticket_fields.reconcile(
        state.custom_fields(), record.values, record.tags, given, wanted
    )
    if after["status"] == "solved" and record.attributes["status"] != "solved":
        _solving(state, after, values, actor, details)
    if details:
        raise invalid(details)
    return Plan(after, values, tags)


def _choice(
    after: Json, patch: Mapping[str, Any], name: str, known: tuple[str, ...], details: Details
) -> None:
    if name not in patch:
        return
    value = patch[name] or None
    if value is not None and value not in known:
        details[name] = [problem(f"{name.title()}: {value} is not valid")]
    else:
        after[name] = value


def _people(state: State, after: Json, patch: Mapping[str, Any], details: Details) -> None:
    if patch.get("requester_id") is not None:
        if patch["requester_id"] in state.users:
            after["requester_id"] = patch["requester_id"]
        else:
            details["requester"] = [problem("Requester: is invalid")]
    assignee = patch.get("assignee_id")
    if "assignee_email" in patch:
        named = people.by_email(state, str(patch["assignee_email"]))
        assignee = named["id"] if named else 0
    if "assignee_id" in patch or "assignee_email" in patch:
        user = state.users.get(assignee) if assignee is not None else None
        if assignee is not None and (user is None or not people.is_agent(user)):
            details["assignee"] = [problem("Assignee: is invalid")]
        else:
            after["assignee_id"] = assignee
    for name, shelf in (("group_id", "groups"), ("organization_id", "organizations")):
        if name in patch:
            if patch[name] is not None and patch[name] not in state.shelf(shelf):
                details[name.removesuffix("_id")] = [problem(f"{name}: is invalid")]
            else:
                after[name] = patch[name]
    for name, shelf in (("brand_id", "brands"), ("ticket_form_id", "ticket_forms")):
        if patch.get(name) in state.shelf(shelf):
            after[name] = patch[name]


def _status(
    state: State, record: Record, after: Json, patch: Mapping[str, Any], details: Details
) -> None:
    custom = state.shelf("custom_statuses")
    if patch.get("custom_status_id") in custom:
        row = custom[patch["custom_status_id"]]
        after.update(custom_status_id=row["id"], status=row["status_category"])
        return
    if patch.get("status"):
        if patch["status"] not in STATUSES:
            details["status"] = [problem(f"Status: {patch['status']} is not valid")]
            return
        after["status"] = patch["status"]
    elif after["status"] == "new" and after["assignee_id"]:
        after["status"] = "open"
    if after["status"] != record.attributes["status"] or after["custom_status_id"] is None:
        after["custom_status_id"] = state.default_custom_status(after["status"])


def _due(after: Json, patch: Mapping[str, Any], details: Details) -> None:
    """``due_at`` lives on tasks alone. Guess: a date without a time is refused."""
    if patch.get("due_at"):
        moment = parse_moment(patch["due_at"])
        if moment is None:
            details["due_at"] = [problem(f"Due at: {patch['due_at']} is not a valid time")]
            return
        after["due_at"] = stamp(moment)
    elif "due_at" in patch:
        after["due_at"] = None
    if after["type"] != "task":
        after["due_at"] = None


def _pairs(patch: Mapping[str, Any]) -> list[tuple[object, Any]]:
    pairs: list[tuple[object, Any]] = []
    for name in ("fields", "custom_fields"):
        given = patch.get(name)
        if isinstance(given, dict) and "id" in given:
            given = [given]
        if isinstance(given, dict):
            pairs += given.items()
        elif isinstance(given, list):
            pairs += [(row["id"], row.get("value")) for row in given if "id" in row]
    return pairs


def _given_values(state: State, patch: Mapping[str, Any], details: Details) -> dict[int, Any]:
    known = {row["id"]: row for row in state.custom_fields()}
    given: dict[int, Any] = {}
    for key, value in _pairs(patch):
        row = known.get(int(key)) if str(key).isdigit() else None  # type: ignore[call-overload]
        if row is None:
            continue
        kept, wrong = ticket_fields.coerce(row, value)
        if wrong is None:
            given[row["id"]] = kept
        elif row["type"] not in ("tagger", "multiselect") or (
            state.options.unknown_option == "reject"
        ):
            details.setdefault("base", []).append(
                ticket_fields.complaint(row, f"{value!s:.80} {wrong}", "InvalidValue")
            )
    return given


def _solving(
    state: State, after: Json, values: Mapping[int, Any], actor: Actor, details: Details
) -> None:
    """Required fields must be filled in. Guess: an unassigned ticket goes to who solves it."""
    for row in state.custom_fields():
        if row["required"] and not values.get(row["id"]):
            details.setdefault("base", []).append(
                ticket_fields.complaint(row, "is required when solving a ticket")
            )
    if after["assignee_id"] is None and people.is_agent(actor.user):
        after["assignee_id"] = actor.id
