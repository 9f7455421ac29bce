"""Ticket fields, canned responses, rules and contacts: making, changing, refusing."""

from __future__ import annotations

import re
from typing import Any

import pytest


def make(**more: Any) -> dict[str, Any]:
    return {"label": "Warranty outcome", "label_for_customers": "Outcome", **more}


def test_a_fields_name_is_made_and_not_chosen(api: Any) -> None:
    """From its label with a number, so it cannot be derived; ``name`` is no key."""
    made = api.ok("POST", "/admin/ticket_fields", make(type="custom_text"))
    assert re.fullmatch(r"cf_warranty_outcome_\d+", made["name"])
    assert made["default"] is False
    body = make(type="custom_text", label="Other", name="cf_mine")
    assert api.problems("POST", "/admin/ticket_fields", body) == {"name": "invalid_field"}


def test_or_without_a_number(make_api: Any) -> None:
    """As some accounts have them; two that would be the same are not."""
    api = make_api(field_names="plain")
    assert api.field("Serial no.", "text") == "cf_serial_no"
    assert api.field("Serial: no", "text") not in ("cf_serial_no", "")


def test_choices_have_ids(api: Any) -> None:
    """One is renamed or taken away by its id, one without an id is new, the rest stay."""
    choices = [{"value": word, "position": n} for n, word in enumerate(("A", "B", "C"), 1)]
    made = api.ok("POST", "/admin/ticket_fields", make(type="custom_dropdown", choices=choices))
    first, second, _ = (row["id"] for row in made["choices"])
    path = f"/admin/ticket_fields/{made['id']}"
    change = [
        {"id": first, "value": "AA"},
        {"id": second, "deleted": True},
        {"value": "D", "position": 4},
    ]
    told = api.ok("PUT", path, {"choices": change})
    assert [row["value"] for row in told["choices"]] == ["AA", "C", "D"]
    assert told["choices"][0]["id"] == first
    assert api.ok("GET", path) == told


def test_agents_read_choices_as_words(api: Any) -> None:
    """And the numbers of statuses with what agents and customers read."""
    name = api.field("Verdict", "dropdown", "Covered", "Not covered")
    key = api.account.options.agent_key
    rows = {row["name"]: row for row in api.ok("GET", "/ticket_fields", key=key)}
    assert rows[name]["choices"] == ["Covered", "Not covered"]
    (status,) = api.ok("GET", "/ticket_fields?type=default_status", key=key)
    assert status["choices"]["2"] == ["Open", "Being Processed"]
    assert status["choices"]["6"][0] == "Waiting on Customer"
    api.problems("GET", "/ticket_fields?type=nonsense", key=key)


def test_an_account_may_have_statuses_of_its_own(make_api: Any) -> None:
    """Numbered from 8 on, told with the fields, and taken like the others."""
    api = make_api(statuses=("In the workshop",))
    (status,) = api.ok("GET", "/ticket_fields?type=default_status")
    assert status["choices"]["8"] == ["In the workshop", "In the workshop"]
    assert api.ticket(status=8)["status"] == 8
    assert "In the workshop" in api.client.get("/agent/tickets/1").text
    assert api.problems("PUT", "/tickets/1", {"status": 9}) == {"status": "invalid_value"}


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"type": "custom_color"}, "type", "invalid_value"),
        ({"type": "nested_field"}, "type", "invalid_value"),
        ({"type": "custom_dropdown"}, "choices", "missing_field"),
        ({"type": "custom_text", "label": ""}, "label", "missing_field"),
        ({"type": "custom_text", "label": "status"}, "label", "duplicate_value"),
        (
            {"type": "custom_text", "customers_can_edit": "no"},
            "customers_can_edit",
            "datatype_mismatch",
        ),
        ({"type": "custom_text", "position": 0}, "position", "datatype_mismatch"),
        (
            {"type": "custom_dropdown", "choices": [{"value": "A"}, {"value": "A"}]},
            "choices[value]",
            "duplicate_value",
        ),
    ],
)
def test_a_field_that_does_not_hold_up(api: Any, given: Any, field: str, code: str) -> None:
    """It is refused and not made."""
    before = len(api.ok("GET", "/admin/ticket_fields"))
    assert api.problems("POST", "/admin/ticket_fields", make(**given))[field] == code
    assert len(api.ok("GET", "/admin/ticket_fields")) == before


def test_a_deleted_field_takes_its_values_along(api: Any) -> None:
    """From then on its name is unknown. Standard fields stay, and no type changes."""
    made = api.ok("POST", "/admin/ticket_fields", make(type="custom_text"))
    api.ticket(custom_fields={made["name"]: "x"})
    path = f"/admin/ticket_fields/{made['id']}"
    assert api.problems("PUT", path, {"type": "custom_date"}) == {"type": "readonly_field"}
    assert api.call("DELETE", path).status_code == 204
    assert api.ok("GET", "/tickets/1")["custom_fields"] == {}
    body = {"custom_fields": {made["name"]: "x"}}
    assert api.problems("PUT", "/tickets/1", body) == {made["name"]: "invalid_field"}
    status = next(row for row in api.ok("GET", "/admin/ticket_fields") if row["default"])
    api.refused(403, "DELETE", f"/admin/ticket_fields/{status['id']}")


def test_canned_responses_keep_their_placeholders(api: Any) -> None:
    """They are told raw; a folder says what is in it, by either of its two paths."""
    folder = api.ok("POST", "/canned_response_folders", {"name": "Warranty"})["id"]
    text = "<p>Dear {{ticket.requester.name}}</p>"
    given = {"title": "Covered", "content_html": text, "folder_id": folder, "visibility": 0}
    made = api.ok("POST", "/canned_responses", given)
    path = f"/canned_responses/{made['id']}"
    told = api.ok("GET", path)
    assert (told["content_html"], told["content"]) == (text, "Dear {{ticket.requester.name}}")
    for name in ("folders", "folder"):
        rows = api.ok("GET", f"/canned_response_{name}/{folder}/responses")
        assert [row["id"] for row in rows] == [made["id"]]
    whole = api.ok("GET", f"/canned_response_folders/{folder}")
    assert whole["canned_responses"] == [{"id": made["id"], "title": "Covered"}]
    assert api.ok("PUT", path, {"title": "Yes"})["content_html"] == text
    api.refused(405, "DELETE", path)


@pytest.mark.parametrize("key", ["title", "content_html", "folder_id", "visibility"])
def test_what_a_canned_response_must_have(api: Any, key: str) -> None:
    """Each of the four."""
    folder = api.ok("POST", "/canned_response_folders", {"name": "Warranty"})["id"]
    given = {"title": "a", "content_html": "b", "folder_id": folder, "visibility": 0}
    del given[key]
    assert set(api.problems("POST", "/canned_responses", given)) == {key}
    assert api.problems("POST", "/canned_response_folders", {"name": "Warranty"})


def test_rules_are_kept_as_given(api: Any) -> None:
    """With the secret in their headers, which administrators can read back; each kind apart."""
    secret = {"X-Webhook-Secret": "s3cret"}
    made = api.webhook("https://example.com/hook", kind=4, custom_headers=secret)
    path = f"/automations/4/rules/{made['id']}"
    told = api.ok("GET", path)
    assert told["actions"][0]["custom_headers"] == secret
    assert told["performer"] == {"type": 3}
    assert api.ok("GET", "/automations/4/rules") == [told]
    assert api.ok("GET", "/automations/1/rules") == []
    api.refused(404, "GET", f"/automations/1/rules/{made['id']}")
    assert api.ok("PUT", path, {"active": False})["events"] == made["events"]
    assert api.call("DELETE", path).status_code == 204
    api.refused(404, "GET", path)


HOOK = {
    "field_name": "trigger_webhook",
    "url": "https://example.com/hook",
    "request_type": "POST",
    "content_type": "JSON",
    "content_layout": "1",
    "content": {"ticket_id": "{{ticket.id}}"},
}


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        (1, {"actions": []}, "actions"),
        (1, {"name": ""}, "name"),
        (1, {"events": []}, "events"),
        (1, {"active": "yes"}, "active"),
        (4, {"events": []}, "events"),
        (4, {"performer": {"type": 9}}, "performer[type]"),
        (4, {"events": [{"field_name": "cf_gone"}]}, "events[field_name]"),
        (1, {"actions": [{"field_name": "fly"}]}, "actions[field_name]"),
        (1, {"actions": [{"field_name": "status"}]}, "actions[value]"),
        (1, {"actions": [{**HOOK, "url": "ftp://x"}]}, "actions[url]"),
        (1, {"actions": [{**HOOK, "content_type": None}]}, "actions[content_type]"),
        (1, {"actions": [{**HOOK, "content_layout": 1}]}, "actions[content_layout]"),
        (1, {"actions": [{**HOOK, "content": "text"}]}, "actions[content]"),
        (1, {"actions": [{**HOOK, "request_type": "SEND"}]}, "actions[request_type]"),
        (1, {"actions": [{**HOOK, "custom_headers": "A: b"}]}, "actions[custom_headers]"),
        (1, {"conditions": [{"match_type": "some"}]}, "conditions[match_type]"),
        (
            1,
            {"conditions": [{"match_type": "all", "properties": [{"field_name": "cf_gone"}]}]},
            "conditions[properties][field_name]",
        ),
    ],
)
def test_a_rule_that_does_not_hold_up(api: Any, kind: int, given: Any, field: str) -> None:
    """It is refused and not made."""
    right: dict[str, Any] = {"name": "Rule", "actions": [HOOK]}
    if kind == 4:
        right |= {"performer": {"type": 1}, "events": [{"field_name": "status"}]}
    api.ok("POST", f"/automations/{kind}/rules", right)
    right["name"] = "Another"
    found = api.problems("POST", f"/automations/{kind}/rules", {**right, **given})
    assert field in found
    assert len(api.ok("GET", f"/automations/{kind}/rules")) == 1
    again = {**right, "name": "Rule"}
    assert api.problems("POST", f"/automations/{kind}/rules", again) == {"name": "duplicate_value"}


def test_contacts(api: Any) -> None:
    """Found by their address, which is theirs alone."""
    made = api.ok("POST", "/contacts", {"name": "Sample", "email": "s@example.com"})
    assert api.ok("GET", "/contacts?email=S@example.com") == [made]
    assert api.ok("GET", "/contacts?email=t@example.com") == []
    again = {"name": "Other", "email": "S@EXAMPLE.com"}
    assert api.problems("POST", "/contacts", again) == {"email": "duplicate_value"}
    assert api.ok("PUT", f"/contacts/{made['id']}", {"name": "New"})["email"] == "s@example.com"
    assert api.problems("POST", "/contacts", {"name": "x"}) == {"email": "missing_field"}
    assert api.problems("POST", "/contacts", {"name": "x", "email": "y@z", "age": 4}) == {
        "age": "invalid_field"
    }


def test_an_account_has_a_product_and_a_group(api: Any) -> None:
    """And says what languages it has."""
    (product,) = api.ok("GET", "/products")
    assert api.ok("GET", f"/products/{product['id']}") == product
    (group,) = api.ok("GET", "/groups")
    assert api.ticket(product_id=product["id"], group_id=group["id"])["product_id"] == product["id"]
    assert api.ok("GET", "/settings/helpdesk")["primary_language"] == "en"
