"""Triggers: when they fire, in which order, and what they do."""

from __future__ import annotations

from typing import Any

import pytest

CREATED = {"field": "update_type", "operator": "is", "value": "Create"}
CHANGED = {"field": "update_type", "operator": "is", "value": "Change"}


def cond(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def tags(api: Any, ticket_id: int) -> list[str]:
    found: list[str] = api.ok("GET", f"/tickets/{ticket_id}/tags")["tags"]
    return found


def test_create_and_change(api: Any) -> None:
    """``update_type`` tells a new ticket from a changed one."""
    api.trigger("C", {"all": [CREATED]}, ("current_tags", "created"))
    api.trigger("U", {"all": [CHANGED]}, ("current_tags", "changed"))
    ticket = api.ticket()["id"]
    assert tags(api, ticket) == ["created"]
    api.update(ticket, subject="New")
    assert tags(api, ticket) == ["changed", "created"]


def test_nothing_changed_fires_nothing(api: Any) -> None:
    """An update that changes nothing fires nothing."""
    ticket = api.ticket()["id"]
    api.trigger("U", {"all": [CHANGED]}, ("current_tags", "changed"))
    api.update(ticket, subject="Broken")
    assert tags(api, ticket) == []


def test_one_change_leads_to_another(api: Any) -> None:
    """A trigger's change sends the check back to the top; none fires twice in one update."""
    done = cond("current_tags", "includes", "two")
    api.trigger("1", {"all": [done]}, ("current_tags", "one"))
    api.trigger("2", {"all": [CREATED]}, ("current_tags", "two"))
    api.trigger("3", {"all": [CREATED]}, ("priority", "low"), ("remove_tags", "none"))
    ticket = api.ticket()
    assert tags(api, ticket["id"]) == ["one", "two"]
    assert ticket["priority"] == "low"


def test_position_decides(api: Any) -> None:
    """Triggers run in order of position, which ``reorder`` changes."""
    first = api.trigger("1", {"all": [CREATED]}, ("set_tags", "one"))
    second = api.trigger("2", {"all": [CREATED]}, ("set_tags", "two"))
    assert api.ticket()["tags"] == ["two"]
    order = {"trigger_ids": [second["id"], first["id"]]}
    api.ok("PUT", "/triggers/reorder", order)
    assert api.ticket()["tags"] == ["one"]


def test_inactive(api: Any) -> None:
    """A trigger that is switched off does nothing."""
    key = api.trigger("C", {"all": [CREATED]}, ("current_tags", "created"))["id"]
    api.ok("PUT", f"/triggers/{key}", {"trigger": {"active": False}})
    assert api.ticket()["tags"] == []


def test_in_the_same_audit(api: Any) -> None:
    """What a trigger changed is told in the audit of the update, with the trigger's name."""
    api.trigger("Tagger", {"all": [CREATED]}, ("current_tags", "created"))
    api.trigger("Mail", {"all": [CREATED]}, ("notification_user", ["requester_id", "S", "B"]))
    ticket = api.ticket()["id"]
    (audit,) = api.ok("GET", f"/tickets/{ticket}/audits")["audits"]
    by_rule = [event for event in audit["events"] if "via" in event]
    assert [event["type"] for event in by_rule] == ["Change", "Notification"]
    assert by_rule[0]["via"]["source"]["from"]["title"] == "Tagger"


@pytest.mark.parametrize(
    ("condition", "there"),
    [
        (cond("status", "less_than", "solved"), True),
        (cond("status", "less_than", "open"), False),
        (cond("status", "is", "open"), True),
        (cond("status", "is_not", "open"), False),
        (cond("status", "greater_than", "new"), True),
        (cond("status", "changed"), False),
        (cond("status", "not_changed"), True),
        (cond("priority", "value", "high"), True),
        (cond("priority", "value_previous", "low"), True),
        (cond("priority", "not_value", "high"), False),
        (cond("priority", "greater_than", "normal"), True),
        (cond("type", "is", "question"), True),
        (cond("current_tags", "includes", "vip other"), True),
        (cond("current_tags", "not_includes", "vip other"), False),
        (cond("current_tags", "not_includes", "other"), True),
        (cond("role", "is", "agent"), True),
        (cond("role", "is", "end_user"), False),
        (cond("current_via_id", "is", "5"), True),
        (cond("current_via_id", "is_not", "5"), False),
        (cond("comment_is_public", "is", "false"), True),
        (cond("comment_is_public", "is", "true"), False),
        (cond("subject_includes_word", "includes", "broken strap"), True),
        (cond("comment_includes_word", "not_includes", "refund"), True),
        (cond("assignee_id", "is", ""), True),
    ],
)
def test_conditions(api: Any, condition: dict[str, Any], there: bool) -> None:
    """Each condition holds when its words say so."""
    ticket = api.ticket(status="open", priority="low", type="question", tags=["vip"])["id"]
    api.trigger("T", {"all": [condition, CHANGED]}, ("current_tags", "fired"))
    api.update(ticket, priority="high", comment={"body": "Seen", "public": False})
    assert ("fired" in tags(api, ticket)) is there


@pytest.mark.parametrize(
    ("kind", "operator", "value", "there"),
    [
        ("tagger", "changed", None, True),
        ("tagger", "not_changed", None, False),
        ("tagger", "is", "w_out", True),
        ("tagger", "value", "w_out", True),
        ("tagger", "value_previous", "w_in", True),
        ("tagger", "present", None, True),
        ("tagger", "not_present", None, False),
        ("checkbox", "is", "true", True),
        ("checkbox", "is_not", "true", False),
        ("checkbox", "changed", None, True),
        ("text", "is_not", "SN2", False),
        ("text", "changed", None, True),
        ("date", "less_than", "2026-05-01", True),
        ("date", "within_previous_n_days", "10", True),
        ("date", "within_next_n_days", "10", False),
        ("integer", "greater_than", "9", True),
    ],
)
def test_custom_fields(api: Any, kind: str, operator: str, value: Any, there: bool) -> None:
    """Conditions on custom fields compare, and notice changes."""
    before, after = {
        "tagger": ("w_in", "w_out"),
        "checkbox": (False, True),
        "text": ("SN1", "SN2"),
        "date": ("2026-05-10", "2026-04-30"),
        "integer": ("8", "10"),
    }[kind]
    field = api.field(kind, "Field", *(("w_in", "w_out") if kind == "tagger" else ()))
    ticket = api.ticket(custom_fields=[{"id": field, "value": before}])["id"]
    condition = cond(f"custom_fields_{field}", operator, value)
    api.trigger("T", {"all": [condition]}, ("current_tags", "fired"))
    api.update(ticket, custom_fields=[{"id": field, "value": after}])
    assert ("fired" in tags(api, ticket)) is there


def test_unchecked_box_is_false(api: Any) -> None:
    """A checkbox nobody touched counts as false, not as blank, and as unchanged."""
    field = api.field("checkbox", "Proof")
    false, changed = (
        cond(f"custom_fields_{field}", "is", "false"),
        cond(f"custom_fields_{field}", "changed"),
    )
    api.trigger("F", {"all": [false]}, ("current_tags", "is_false"))
    ticket = api.ticket()["id"]
    assert tags(api, ticket) == ["is_false"]
    api.trigger("C", {"all": [changed]}, ("current_tags", "box_changed"))
    api.update(ticket, subject="New")
    assert tags(api, ticket) == ["is_false"]


def test_any(api: Any) -> None:
    """Of ``any`` one is enough, next to all of ``all``."""
    both = {
        "all": [CREATED],
        "any": [cond("priority", "is", "high"), cond("type", "is", "task")],
    }
    api.trigger("T", both, ("current_tags", "fired"))
    assert api.ticket(priority="high")["tags"] == ["fired"]
    assert api.ticket(priority="low")["tags"] == []


@pytest.mark.parametrize(
    "given",
    [
        {"title": ""},
        {"conditions": {"all": [], "any": []}},
        {"conditions": {"all": [cond("moon_phase", "is", "full")]}},
        {"conditions": {"all": [cond("status", "includes", "open")]}},
        {"conditions": {"all": [cond("custom_fields_4711", "changed")]}},
        {"actions": []},
        {"actions": [{"field": "dance", "value": "x"}]},
        {"actions": [{"field": "custom_fields_4711", "value": "x"}]},
        {"actions": [{"field": "notification_webhook", "value": ["nobody", "{}"]}]},
        {"category_id": "4711"},
    ],
)
def test_unsound_triggers(api: Any, given: dict[str, Any]) -> None:
    """A trigger that cannot work is refused when it is saved."""
    sound = {
        "title": "T",
        "conditions": {"all": [CREATED]},
        "actions": [{"field": "priority", "value": "low"}],
    }
    api.refused(422, "POST", "/triggers", {"trigger": {**sound, **given}})


def test_views_show_what_matches(api: Any) -> None:
    """A view lists the tickets that match now, sorted as it says, with its columns."""
    field = api.field("tagger", "Decision", "w_in")
    given = {
        "title": "V",
        "all": [cond("status", "less_than", "solved"), cond("current_tags", "includes", "w_in")],
        "output": {"columns": ["subject", field], "sort_by": "subject", "sort_order": "asc"},
    }
    view = api.ok("POST", "/views", {"view": given})["view"]["id"]
    decided = [{"id": field, "value": "w_in"}]
    for subject, status in (("b", "open"), ("a", "open"), ("c", "solved")):
        api.ticket(subject=subject, status=status, custom_fields=decided)
    api.ticket(subject="d")
    rows = api.ok("GET", f"/views/{view}/execute")["rows"]
    assert [(row["subject"], row[str(field)]) for row in rows] == [("a", "w_in"), ("b", "w_in")]
    assert api.ok("GET", f"/views/{view}/count")["view_count"]["value"] == 2


@pytest.mark.parametrize(("hours", "there"), [("23", False), ("25", True)])
def test_due_within_hours(api: Any, hours: str, there: bool) -> None:
    """``until_due_date`` counts the hours that are left until a task is due."""
    api.ticket(type="task", due_at="2026-05-05T09:00:00Z")
    soon = cond("until_due_date", "less_than", hours)
    view = api.ok("POST", "/views", {"view": {"title": "V", "all": [soon]}})["view"]["id"]
    assert bool(api.ok("GET", f"/views/{view}/tickets")["tickets"]) is there
