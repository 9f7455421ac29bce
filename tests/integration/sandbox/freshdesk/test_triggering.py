"""Which automation rules run, for which tickets and events, and what they do."""

from __future__ import annotations

import json
from typing import Any

import pytest


def bodies(receiver: Any) -> list[Any]:
    return [json.loads(one.body) for one in receiver.deliveries]


def test_updates_by_the_api_call_update_rules(api: Any, receiver: Any) -> None:
    """Custom fields and tags too, and only on updates; also a note."""
    name = api.field("Date", "date")
    api.webhook(receiver.url, kind=4)
    api.ticket()
    for body in ({"custom_fields": {name: "2026-01-04"}}, {"tags": ["x"]}, {"tags": ["x"]}):
        api.ok("PUT", "/tickets/1", body)
    api.ok("POST", "/tickets/1/notes", {"body": "x"})
    api.settle()
    assert bodies(receiver) == [{"ticket_id": "1"}] * 3


def test_or_they_do_not(make_api: Any, receiver: Any) -> None:
    """Where the account is set so; what agents and customers do calls them all the same."""
    api = make_api(api_updates_trigger=False)
    api.webhook(receiver.url, kind=4)
    api.ticket()
    api.ok("PUT", "/tickets/1", {"status": 3})
    api.settle()
    assert receiver.deliveries == []
    api.ok("POST", "/sandbox/tickets/1/customer", {"text": "Hello?"})
    api.settle()
    assert len(receiver.deliveries) == 1


def test_events_say_which_changes(api: Any, receiver: Any) -> None:
    """From one value to another, or any; a field that is not named calls nothing."""
    name = api.field("Inspection", "dropdown", "Fine", "Broken")
    events = [
        {"field_name": "status", "from": 2, "to": 3},
        {"field_name": name, "from": "--", "to": "--"},
        {"field_name": "note_type", "value": "public"},
    ]
    api.webhook(receiver.url, kind=4, events=events)
    api.ticket()

    def calls(method: str, path: str, body: Any) -> int:
        before = len(receiver.deliveries)
        api.ok(method, f"/tickets/1{path}", body)
        api.settle()
        return len(receiver.deliveries) - before

    assert calls("PUT", "", {"status": 3}) == 1
    assert calls("PUT", "", {"status": 4}) == 0
    assert calls("PUT", "", {"custom_fields": {name: "Fine"}}) == 1
    assert calls("PUT", "", {"priority": 4}) == 0
    assert calls("POST", "/notes", {"body": "x"}) == 0
    assert calls("POST", "/notes", {"body": "x", "private": False}) == 1


def test_performers(api: Any, receiver: Any) -> None:
    """A rule for what agents do is not for what customers do; members narrow it down."""
    me, other = (row["id"] for row in api.ok("GET", "/agents")[:2])
    api.ticket()
    for number, who in enumerate(
        ({"type": 1}, {"type": 2}, {"type": 1, "members": [other]}, {"type": 1, "members": [me]})
    ):
        url = f"{receiver.url}/{number}"
        api.webhook(url, kind=4, performer=who, name=f"Rule {number}")
    api.ok("PUT", "/tickets/1", {"priority": 3})
    api.settle()
    assert sorted(one.path for one in receiver.deliveries) == ["/hook/0", "/hook/3"]
    receiver.deliveries.clear()
    api.ok("POST", "/sandbox/tickets/1/customer", {"text": "Hello?"})
    api.settle()
    assert [one.path for one in receiver.deliveries] == ["/hook/1"]


@pytest.mark.parametrize(
    ("name", "operator", "value", "called"),
    [
        ("tag_names", "in", ["warranty_claim", "x"], True),
        ("tag_names", "not_in", ["warranty_claim"], False),
        ("subject", "contains", ["BROKEN"], True),
        ("subject", "starts_with", "Still", False),
        ("status", "is", 2, True),
        ("priority", "greater_than", 1, False),
        ("ticket_type", "is", "Refund", True),
        ("proof", "selected", None, True),
        ("proof", "not_selected", None, False),
        ("group_id", "is_empty", None, True),
    ],
)
def test_conditions(
    api: Any, receiver: Any, name: str, operator: str, value: Any, called: bool
) -> None:
    """On what the ticket is; an inactive rule is for none."""
    proof = api.field("Proof", "checkbox")
    row = {"resource_type": "ticket", "field_name": proof if name == "proof" else name}
    row |= {"operator": operator, "value": value}
    groups = [{"name": "condition_set_1", "match_type": "all", "properties": [row]}]
    api.webhook(receiver.url, conditions=groups)
    api.webhook(receiver.url, name="Off", active=False)
    given = {"tags": ["warranty_claim"], "type": "Refund", "custom_fields": {proof: True}}
    api.ticket(subject="Is broken", **given)
    api.settle()
    assert bool(receiver.deliveries) is called


def test_sets_of_conditions(api: Any, receiver: Any) -> None:
    """All of them, or with "or" one of them; within a set all or any."""
    yes = {"resource_type": "ticket", "field_name": "status", "operator": "is", "value": 2}
    no = {**yes, "value": 5}

    def sets(*groups: tuple[str, list[Any]]) -> list[Any]:
        return [{"match_type": match, "properties": rows} for match, rows in groups]

    both = sets(("all", [yes]), ("all", [no]))
    api.webhook(f"{receiver.url}/and", conditions=both, name="and")
    either = "condition_set_1 or condition_set_2"
    api.webhook(f"{receiver.url}/or", conditions=both, operator=either, name="or")
    api.webhook(f"{receiver.url}/any", conditions=sets(("any", [yes, no])), name="any")
    api.ticket()
    api.settle()
    assert sorted(one.path for one in receiver.deliveries) == ["/hook/any", "/hook/or"]


def test_what_rules_do(make_api: Any, receiver: Any) -> None:
    """They set attributes and fields, add tags and notes, and only where the account cascades call
    other rules by that."""
    for cascading in (False, True):
        api = make_api(cascading=cascading)
        name = api.field("Claim", "checkbox")
        actions = [
            {"field_name": "priority", "value": 3},
            {"field_name": "add_tag", "value": ["vip"]},
            {"field_name": name, "value": True},
            {"field_name": "add_note", "value": "Seen"},
        ]
        api.ok("POST", "/automations/1/rules", {"name": "Sort", "actions": actions})
        api.webhook(receiver.url, kind=4, performer={"type": 4})
        api.ticket(tags=["x"])
        api.settle()
        told = api.ok("GET", "/tickets/1?include=conversations")
        assert (told["priority"], told["tags"]) == (3, ["x", "vip"])
        assert told["custom_fields"] == {name: True}
        assert [row["private"] for row in told["conversations"]] == [True]
        assert bool(receiver.deliveries) is cascading


def test_a_circle_of_rules_ends(make_api: Any) -> None:
    """Rules that change a ticket back and forth do not run forever."""
    api = make_api(cascading=True)
    for value in (2, 3):
        api.ok(
            "POST",
            "/automations/4/rules",
            {
                "name": f"To {value}",
                "performer": {"type": 4},
                "events": [{"field_name": "priority"}],
                "actions": [{"field_name": "priority", "value": value}],
            },
        )
    api.ok(
        "POST",
        "/automations/1/rules",
        {"name": "Start", "actions": [{"field_name": "priority", "value": 4}]},
    )
    api.ticket()
    assert len(api.account.ticket(1).history) < 60


def test_only_the_first_rule_on_a_new_ticket(make_api: Any, receiver: Any) -> None:
    """Where the account is set so."""
    api = make_api(creation_rules="first")
    api.webhook(f"{receiver.url}/1", name="One")
    api.webhook(f"{receiver.url}/2", name="Two")
    api.ticket()
    api.settle()
    assert [one.path for one in receiver.deliveries] == ["/hook/1"]


@pytest.mark.parametrize(
    ("action", "sign"), [("mark_as_spam", "spam"), ("delete_ticket", "deleted")]
)
def test_a_rule_may_set_a_ticket_aside(api: Any, action: str, sign: str) -> None:
    """What it would have said after that is not said."""
    actions = [{"field_name": action}, {"field_name": "add_note", "value": "Seen"}]
    api.ok("POST", "/automations/1/rules", {"name": "Aside", "actions": actions})
    api.ticket()
    told = api.ok("GET", "/tickets/1?include=conversations")
    assert told[sign] is True
    assert told["conversations"] == []


def test_a_rule_whose_value_is_gone_changes_nothing(api: Any) -> None:
    """A choice that was taken away since; the ticket is filed all the same."""
    name = api.field("Verdict", "dropdown", "Covered", "Old")
    actions = [{"field_name": name, "value": "Gone"}, {"field_name": "priority", "value": 4}]
    api.ok("POST", "/automations/1/rules", {"name": "Sort", "actions": actions})
    told = api.ticket()
    assert (told["priority"], told["custom_fields"]) == (1, {name: None})
