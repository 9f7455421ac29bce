"""What else an account keeps: views, automations, SLA policies, categories, statuses, groups.

Each function shapes one kind of resource from a request: as given, over the old row where there
is one; it raises 422 where it cannot be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from integration.sandbox import conditions, triggers
from integration.sandbox.errors import invalid, problem
from integration.sandbox.options import Json, stamp
from integration.sandbox.records import STATUSES, Record

if TYPE_CHECKING:
    from integration.sandbox.state import State

Shape = Callable[["State", Json, Json | None], Json]
SLA_METRICS = (
    *("first_reply_time", "next_reply_time", "requester_wait_time", "agent_work_time"),
    *("periodic_update_time", "pausable_update_time", "total_resolution_time"),
)
_SLA_FIELDS = ("current_tags", "type", "priority", "group_id", "assignee_id", "via_id", "brand_id")
_COLUMNS = (
    *("id", "subject", "requester_id", "created_at", "updated_at", "status", "priority", "type"),
    *("assignee_id", "group_id", "due_at"),
)
_COLUMN_ALIASES = {
    **{"nice_id": "id", "description": "subject", "requester": "requester_id"},
    **{"assignee": "assignee_id", "group": "group_id", "created": "created_at"},
    **{"updated": "updated_at", "due_date": "due_at"},
}


def _title(given: Json, old: Json | None, name: str = "title") -> str:
    title = given.get(name, (old or {}).get(name))
    if not isinstance(title, str) or not title.strip():
        raise invalid({name: [problem(f"{name.title()}: cannot be blank", "BlankValue")]})
    return title


def _next_position(state: State, shelf: str) -> int:
    return 1 + max((int(row.get("position", 0)) for row in state.shelf(shelf).values()), default=0)


def automation(state: State, given: Json, old: Json | None) -> Json:
    """Automations are kept as given and never run."""
    return triggers.rule_shape(state, given, old, "automation")


def category(state: State, given: Json, old: Json | None) -> Json:
    name = _title(given, old, "name")
    place = given.get("position", (old or {}).get("position"))
    return {
        "name": name,
        "position": place if place is not None else _next_position(state, "trigger_categories"),
    }


def form(state: State, given: Json, old: Json | None) -> Json:
    """A ticket form; of its many settings only its name, its fields and whether it is in use can
    be changed here ("Ticket forms": a PUT names all fields that are to be on it)."""
    row = old or {}
    name = _title(given, old, "name")
    field_ids = given.get("ticket_field_ids", row.get("ticket_field_ids", []))
    if not isinstance(field_ids, list) or not set(field_ids) <= set(state.shelf("ticket_fields")):
        raise invalid({"ticket_field_ids": [problem("Ticket fields: is invalid")]})
    return {
        **row,
        **dict.fromkeys(("name", "raw_name", "display_name", "raw_display_name"), name),
        "ticket_field_ids": list(dict.fromkeys(field_ids)),
        "active": bool(given.get("active", row.get("active", True))),
        "default": row.get("default", False),
    }


def view(state: State, given: Json, old: Json | None) -> Json:
    """Requests carry ``all``/``any``/``output``; answers ``conditions``/``execution``."""
    row = old or {}
    title = _title(given, old)
    kept = row.get("conditions") or {"all": [], "any": []}
    wanted = given.get("conditions") or {}
    chosen = {name: given.get(name, wanted.get(name, kept[name])) or [] for name in ("all", "any")}
    details = conditions.complaints(state, chosen)
    if not (chosen["all"] or chosen["any"]):
        details.append(problem("Conditions: cannot be blank", "BlankValue"))
    if details:
        raise invalid({"conditions": details})
    return {
        "title": title,
        "active": bool(given.get("active", row.get("active", True))),
        "default": False,
        "position": given.get("position", row.get("position", _next_position(state, "views"))),
        "description": given.get("description", row.get("description")),
        "execution": _execution(state, given.get("output") or {}, row.get("execution") or {}),
        "conditions": chosen,
        "restriction": given.get("restriction", row.get("restriction")),
        "raw_title": title,
    }


def _execution(state: State, output: Json, old: Json) -> Json:
    names = output.get("columns") or [
        column["id"] for column in [*old.get("fields", []), *old.get("custom_fields", [])]
    ]
    plain = [str(name) for name in names or ("subject", "requester", "created", "status")]
    named = {str(row["id"]): row["title"] for row in state.custom_fields()}
    columns = [{"id": n, "title": named.get(n, n.replace("_", " ").title())} for n in plain]
    custom = [c for c in columns if c["id"] in named]
    return {
        "group_by": output.get("group_by", old.get("group_by")),
        "group_order": output.get("group_order", old.get("group_order", "asc")),
        "sort_by": output.get("sort_by", old.get("sort_by", "created")),
        "sort_order": output.get("sort_order", old.get("sort_order", "desc")),
        "fields": [c for c in columns if c["id"] not in named],
        "custom_fields": custom,
        "columns": columns,
    }


def in_view(state: State, row: Json) -> list[Record]:
    """The tickets a view shows, in its own order; deleted ones never."""
    found = [
        record
        for record in state.tickets.values()
        if not record.deleted
        and conditions.hold(
            state, row["conditions"], conditions.Moment(record.snapshot(), None, "", None, None)
        )
    ]
    key = _COLUMN_ALIASES.get(row["execution"]["sort_by"], row["execution"]["sort_by"])
    newest = row["execution"]["sort_order"] == "desc"
    return sorted(found, key=lambda r: (cell(r, str(key)) or "", r.id), reverse=newest)


def cell(record: Record, column: str) -> Any:
    """What a view shows of a ticket in one column."""
    if column.isdigit():
        return record.values.get(int(column))
    name = _COLUMN_ALIASES.get(column, column)
    return record.attributes.get(name) if name in _COLUMNS else None


def sla_policy(state: State, given: Json, old: Json | None) -> Json:
    """``target`` in minutes, told in seconds too (so in a real account's answers, though not in
    the manual). The sandbox keeps policies and runs no clock."""
    row = old or {}
    title = _title(given, old)
    wanted = given.get("filter", row.get("filter")) or {}
    chosen = {"all": wanted.get("all") or [], "any": wanted.get("any") or []}
    wrong = [
        problem(f"Filter: field {condition.get('field')} is not known to this account")
        for condition in [*chosen["all"], *chosen["any"]]
        if condition.get("field") not in _SLA_FIELDS
        and conditions.custom_field(state, str(condition.get("field"))) is None
    ]
    metrics = given.get("policy_metrics", row.get("policy_metrics")) or []
    known = [m for m in metrics if m.get("metric") in SLA_METRICS and m.get("priority")]
    if len(known) != len(metrics):
        wrong.append(problem("Policy metrics: metric or priority is not valid"))
    if wrong:
        raise invalid({"base": wrong})
    return {
        "title": title,
        "description": given.get("description", row.get("description")),
        "position": given.get(
            "position", row.get("position", _next_position(state, "sla_policies"))
        ),
        "filter": chosen,
        "policy_metrics": [
            {
                "priority": m["priority"],
                "metric": m["metric"],
                "target": int(m.get("target", 0)),
                "business_hours": bool(m.get("business_hours", False)),
                "target_in_seconds": 60 * int(m.get("target", 0)),
            }
            for m in metrics
        ],
    }


def sla_definitions() -> Json:
    """What an SLA policy can filter on."""
    operators = [{"value": name, "title": name} for name in ("includes", "not_includes")]
    tags = {
        "value": "current_tags",
        "title": "Tags",
        "group": "ticket",
        "target": None,
        "operators": operators,
        "values": {"type": "text", "list": []},
    }
    return {"definitions": {"all": [tags], "any": [dict(tags)]}}


def custom_status(state: State, given: Json, old: Json | None) -> Json:
    del state
    label = _title(given, old, "agent_label")
    row = old or {}
    group = row.get("status_category") or given.get("status_category")
    if group not in STATUSES[:-1]:
        raise invalid({"status_category": [problem("Status category: is not valid")]})
    customer = given.get("end_user_label", row.get("end_user_label")) or label
    words = given.get("description", row.get("description"))
    shown = given.get("end_user_description", row.get("end_user_description"))
    return {
        "status_category": group,
        "agent_label": label,
        "raw_agent_label": label,
        "end_user_label": customer,
        "raw_end_user_label": customer,
        "description": words,
        "raw_description": words,
        "end_user_description": shown,
        "raw_end_user_description": shown,
        "active": bool(given.get("active", row.get("active", True))),
        "default": bool(row.get("default", False)),
    }


def group(state: State, given: Json, old: Json | None) -> Json:
    del state
    row = old or {}
    return {
        "is_public": bool(given.get("is_public", row.get("is_public", True))),
        "name": _title(given, old, "name"),
        "description": given.get("description", row.get("description", "")),
        "default": bool(row.get("default", False)),
        "deleted": False,
    }


def organization(state: State, given: Json, old: Json | None) -> Json:
    del state
    blank: Json = {
        "shared_tickets": False,
        "shared_comments": False,
        "external_id": None,
        "domain_names": [],
        "details": "",
        "notes": "",
        "group_id": None,
        "tags": [],
        "organization_fields": {},
    }
    row = {**blank, **{k: v for k, v in (old or {}).items() if k in blank}}
    return {
        "name": _title(given, old, "name"),
        **{name: given.get(name, value) for name, value in row.items()},
    }


def revised(state: State, row: Json) -> Json:
    """A row with the present moment as its last change."""
    return {**row, "updated_at": stamp(state.now())}
