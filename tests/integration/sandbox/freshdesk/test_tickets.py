"""Tickets: what is kept, what is refused, what is told."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_ticket_is_bare_and_whole(api: Any) -> None:
    """No envelope either way; 201 with where it is; blank things are null and not left out."""
    given = {"subject": "Broken", "description": "<b>Dead</b>", "email": "a@example.com"}
    answer = api.call("POST", "/tickets", given)
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith("/api/v2/tickets/1")
    told = api.ok("GET", "/tickets/1")
    assert told == answer.json
    assert (told["id"], told["status"], told["priority"], told["source"]) == (1, 2, 1, 2)
    assert told["description_text"] == "Dead"
    blank = ("group_id", "responder_id", "type", "product_id", "company_id")
    assert [told[name] for name in blank] == [None] * 5
    assert told["created_at"] == "2026-05-04T09:00:00Z"
    assert told["tags"] == []


def test_ids_are_the_same_every_time(make_api: Any) -> None:
    """Two accounts in which the same is done give the same numbers and names."""
    seen = []
    for _ in range(2):
        api = make_api()
        name = api.field("Warranty: verdict", "dropdown", "Covered")
        ticket = api.ticket()
        seen.append((name, ticket["id"], ticket["requester_id"], api.ok("GET", "/agents/me")["id"]))
    assert seen[0] == seen[1]


def test_what_a_new_ticket_must_have(api: Any) -> None:
    """Subject, description, and somebody who asks."""
    assert api.problems("POST", "/tickets", {}) == {
        "subject": "missing_field",
        "description": "missing_field",
        "requester_id": "missing_field",
    }
    assert api.account.tickets == {}


def test_an_update_is_partial(api: Any) -> None:
    """What is not named stays, custom fields one by one."""
    one, two = api.field("One", "text"), api.field("Two", "text")
    made = api.ticket(custom_fields={one: "a", two: "b"}, tags=["x"], type="Question")
    told = api.ok("PUT", "/tickets/1", {"custom_fields": {two: "c"}, "priority": 3})
    assert told["custom_fields"] == {one: "a", two: "c"}
    assert (told["priority"], told["tags"], told["type"]) == (3, ["x"], "Question")
    assert told["subject"] == made["subject"]


def test_tags_are_the_whole_new_list(api: Any) -> None:
    """An update with tags takes the others away: there is no adding and no removing."""
    api.ticket(tags=["mine", "yours"])
    assert api.ok("PUT", "/tickets/1", {"tags": ["ours", "ours"]})["tags"] == ["ours"]
    assert api.ok("PUT", "/tickets/1", {"tags": []})["tags"] == []
    for odd in ("x", ["a,b"], ["x" * 33], [1], [""]):
        assert "tags" in api.problems("PUT", "/tickets/1", {"tags": odd})


def test_an_unknown_key_fails_the_whole_update(api: Any) -> None:
    """``invalid_field``, for a custom field that is not there as for anything else; what else was
    asked for is not done."""
    field = api.field("One", "text")
    api.ticket()
    body = {"status": 3, "tags": ["x"], "custom_fields": {field: "a", "cf_gone": "b"}}
    assert api.problems("PUT", "/tickets/1", body) == {"cf_gone": "invalid_field"}
    assert api.problems("PUT", "/tickets/1", {"status": 3, "color": "red"}) == {
        "color": "invalid_field"
    }
    told = api.ok("GET", "/tickets/1")
    assert (told["status"], told["tags"], told["custom_fields"]) == (2, [], {field: None})


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("status", 1, "invalid_value"),
        ("status", "3", "invalid_value"),
        ("status", True, "invalid_value"),
        ("priority", 5, "invalid_value"),
        ("type", "Anything", "invalid_value"),
        ("group_id", 1, "invalid_value"),
        ("group_id", "1", "datatype_mismatch"),
        ("responder_id", 1, "invalid_value"),
        ("product_id", 1, "invalid_value"),
        ("subject", "", "missing_field"),
        ("subject", 7, "datatype_mismatch"),
        ("email", "nobody", "invalid_value"),
        ("custom_fields", [], "datatype_mismatch"),
        ("due_by", "2026-05-09", "datatype_mismatch"),
    ],
)
def test_a_value_that_does_not_fit(api: Any, key: str, value: Any, code: str) -> None:
    """It is refused with the field and a code."""
    api.ticket()
    assert api.problems("PUT", "/tickets/1", {key: value}) == {key: code}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", ["a", None], [1, True, "x" * 256]),
        ("paragraph", ["a\nb", "x" * 300], [1]),
        ("checkbox", [True, False], ["true", 1]),
        ("number", [0, -4], ["4", 4.5, True]),
        ("decimal", [4.5, 4], ["4.5"]),
        ("date", ["2026-05-04"], ["2026-05-04T00:00:00Z", "2026-02-30", "20260504", 1]),
        ("dropdown", ["Covered", None], ["covered", "Gone", 1]),
    ],
)
def test_what_a_custom_field_takes(api: Any, kind: str, good: list[Any], bad: list[Any]) -> None:
    """Each kind its own; a drop-down exactly one of its choices, a date a day and nothing more."""
    name = api.field("One", kind, *(("Covered", "Not covered") if kind == "dropdown" else ()))
    api.ticket()
    for value in good:
        body = {"custom_fields": {name: value}}
        assert api.ok("PUT", "/tickets/1", body)["custom_fields"] == {name: value}
    for value in bad:
        body = {"custom_fields": {name: value}}
        assert set(api.problems("PUT", "/tickets/1", body)) == {name}
    assert api.ok("GET", "/tickets/1")["custom_fields"] == {name: good[-1]}


@pytest.mark.parametrize("status", [4, 5])
def test_closing_needs_its_fields(api: Any, status: int) -> None:
    """A field that is mandatory for closing must be filled in with the status or before it."""
    name = api.field("Decision", "text", required_for_closure=True)
    api.ticket()
    assert api.problems("PUT", "/tickets/1", {"status": status}) == {name: "missing_field"}
    api.ok("PUT", "/tickets/1", {"status": 3})
    told = api.ok("PUT", "/tickets/1", {"status": status, "custom_fields": {name: "done"}})
    assert told["status"] == status
    assert api.ok("PUT", "/tickets/1", {"tags": ["late"]})["tags"] == ["late"]


def test_a_field_agents_must_fill_in(api: Any) -> None:
    """It is asked for when a ticket is made."""
    name = api.field("Serial", "text", required_for_agents=True)
    body = {"subject": "a", "description": "b", "email": "a@example.com"}
    assert api.problems("POST", "/tickets", body) == {name: "missing_field"}


def test_spam_and_deleted_tickets_are_not_changed(api: Any) -> None:
    """405 for an update, a note and a deletion; they can be read, and come back."""
    api.ticket()
    api.ok("PUT", "/sandbox/tickets/1/spam")
    for method, path in (("PUT", ""), ("DELETE", ""), ("POST", "/notes"), ("POST", "/reply")):
        api.refused(405, method, f"/tickets/1{path}", {"status": 3, "body": "x"})
    assert api.ok("GET", "/tickets/1")["spam"] is True
    api.ok("DELETE", "/sandbox/tickets/1/spam")
    assert api.call("DELETE", "/tickets/1").status_code == 204
    api.refused(405, "PUT", "/tickets/1", {"status": 3})
    assert api.ok("GET", "/tickets/1")["deleted"] is True
    assert api.call("PUT", "/tickets/1/restore").status_code == 204
    assert api.ok("PUT", "/tickets/1", {"status": 3})["status"] == 3
    assert "deleted" not in api.ok("GET", "/tickets/1")


def test_a_closed_ticket_can_be_changed(api: Any) -> None:
    """Closed is not final."""
    api.ticket()
    api.ok("PUT", "/tickets/1", {"status": 5})
    assert api.ok("PUT", "/tickets/1", {"tags": ["x"]})["status"] == 5
    assert api.ok("PUT", "/tickets/1", {"status": 2})["status"] == 2


def test_an_outbound_email_keeps_its_words(api: Any) -> None:
    """Its subject and description cannot be changed, the rest can."""
    api.ticket(source=10)
    body = {"subject": "Other"}
    assert api.problems("PUT", "/tickets/1", body) == {"subject": "incompatible_field"}
    assert api.ok("PUT", "/tickets/1", {"status": 3})["status"] == 3


def test_what_can_be_included(api: Any) -> None:
    """The person who asks, the times of its life, and the ten oldest conversations."""
    api.ticket(name="Sample Customer", phone="+15550100")
    for number in range(11):
        api.ok("POST", "/tickets/1/notes", {"body": f"Note {number}"})
    assert not {"requester", "stats", "conversations"} & set(api.ok("GET", "/tickets/1"))
    told = api.ok("GET", "/tickets/1?include=requester,stats,conversations")
    assert told["requester"]["name"] == "Sample Customer"
    assert told["requester"]["email"] == "customer@example.com"
    assert told["stats"]["first_responded_at"] is None
    bodies = [row["body_text"] for row in told["conversations"]]
    assert bodies == [f"Note {number}" for number in range(10)]
    assert api.problems("GET", "/tickets/1?include=everything") == {"include": "invalid_value"}


def test_an_update_without_a_difference_leaves_its_time(api: Any, clock: Any) -> None:
    """``updated_at`` moves with a change, and only then; a note is one."""
    before = api.ticket(tags=["x"])["updated_at"]
    clock.pass_(minutes=1)
    assert api.ok("PUT", "/tickets/1", {"tags": ["x"], "status": 2})["updated_at"] == before
    after = api.ok("PUT", "/tickets/1", {"status": 3})["updated_at"]
    assert after > before
    clock.pass_(minutes=1)
    api.ok("POST", "/tickets/1/notes", {"body": "x"})
    assert api.ok("GET", "/tickets/1")["updated_at"] > after


def test_an_empty_update_is_refused(api: Any) -> None:
    """There must be something in it."""
    api.ticket()
    api.problems("PUT", "/tickets/1", {})


def test_who_asks_is_taken_in_once(api: Any) -> None:
    """The same address, in whatever case, is the same contact; an agent may ask too."""
    one, two = api.ticket(), api.ticket(email="Customer@Example.com")
    assert one["requester_id"] == two["requester_id"]
    me = api.ok("GET", "/agents/me")
    assert api.ticket(email=me["contact"]["email"])["requester_id"] == me["id"]
    assert len(api.ok("GET", "/contacts")) == 1


def test_scripts_in_a_description_are_not_kept(api: Any) -> None:
    """What is told of it is safe to show."""
    told = api.ticket(description="<p onclick=x()>a</p><script>bad()</script>")
    assert told["description"] == "<p>a</p>"
