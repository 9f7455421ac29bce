"""Tickets: what is kept, what is refused, what an audit tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def value(ticket: Any, field_id: int) -> Any:
    return next(row["value"] for row in ticket["custom_fields"] if row["id"] == field_id)


def test_every_ticket_has_every_field(api: Any) -> None:
    """A ticket lists every active custom field, empty ones as null, a checkbox as false."""
    text, check = api.field("text", "Serial"), api.field("checkbox", "Proof")
    ticket = api.ticket()
    assert ticket["custom_fields"] == [{"id": text, "value": None}, {"id": check, "value": False}]
    assert ticket["fields"] == ticket["custom_fields"]


def test_json_suffix(api: Any) -> None:
    """Each path is served with and without ``.json``."""
    ticket = api.ticket()
    plain = api.ok("GET", f"/tickets/{ticket['id']}")
    assert api.ok("GET", f"/tickets/{ticket['id']}.json") == plain


def test_several_tickets_are_shown_at_once(api: Any) -> None:
    """Each once, in the order in which they were filed; those that are not there are left out."""
    first, gone, last = (api.ticket()["id"] for _ in range(3))
    api.ok("DELETE", f"/tickets/{gone}")
    shown = api.ok("GET", f"/tickets/show_many?ids={last},{gone},99,{first},{last},no")
    assert [ticket["id"] for ticket in shown["tickets"]] == [first, last]
    assert shown["count"] == 2


def test_listed_fields_change_alone(api: Any) -> None:
    """An update touches the custom fields it lists and no other."""
    one, two = api.field("text", "One"), api.field("text", "Two")
    ticket = api.ticket(custom_fields=[{"id": one, "value": "a"}, {"id": two, "value": "b"}])
    changed = api.update(ticket["id"], custom_fields=[{"id": two, "value": "c"}])["ticket"]
    assert (value(changed, one), value(changed, two)) == ("a", "c")


def test_option_is_a_tag(api: Any) -> None:
    """A dropdown's value is also a tag, and another value takes its place."""
    field = api.field("tagger", "Decision", "w_in", "w_out")
    ticket = api.ticket(tags=["vip"], custom_fields=[{"id": field, "value": "w_in"}])
    assert ticket["tags"] == ["vip", "w_in"]
    changed = api.update(ticket["id"], custom_fields=[{"id": field, "value": "w_out"}])["ticket"]
    assert changed["tags"] == ["vip", "w_out"]


def test_tags_without_the_option_empty_the_field(api: Any) -> None:
    """Replacing all tags without a dropdown's option empties the dropdown."""
    field = api.field("tagger", "Decision", "w_in", "w_out")
    ticket = api.ticket(custom_fields=[{"id": field, "value": "w_in"}])
    changed = api.update(ticket["id"], tags=["vip"])["ticket"]
    assert changed["tags"] == ["vip"]
    assert value(changed, field) is None


def test_tag_sets_the_option(api: Any) -> None:
    """Adding an option's tag sets the dropdown; removing a checkbox's tag clears it."""
    field = api.field("tagger", "Decision", "w_in", "w_out")
    check = api.field("checkbox", "Proof", tag="has_proof")
    ticket = api.ticket(custom_fields=[{"id": check, "value": True}])
    assert ticket["tags"] == ["has_proof"]
    api.ok("PUT", f"/tickets/{ticket['id']}/tags", {"tags": ["w_out"]})
    api.ok("DELETE", f"/tickets/{ticket['id']}/tags", {"tags": ["has_proof"]})
    now = api.ok("GET", f"/tickets/{ticket['id']}")["ticket"]
    assert (value(now, field), value(now, check), now["tags"]) == ("w_out", False, ["w_out"])


def test_given_value_wins_over_tags(api: Any) -> None:
    """Tags and a value in one update: the value's tag is there although the tags lack it."""
    field = api.field("tagger", "Decision", "w_in", "w_out")
    ticket = api.ticket(custom_fields=[{"id": field, "value": "w_in"}])
    patch = {"tags": ["vip", "w_in"], "custom_fields": [{"id": field, "value": "w_out"}]}
    changed = api.update(ticket["id"], **patch)["ticket"]
    assert changed["tags"] == ["vip", "w_out"]


def test_multiselect(api: Any) -> None:
    """Several options are several tags; taking one tag away takes one option away."""
    field = api.field("multiselect", "Evidence", "e_photo", "e_bill")
    ticket = api.ticket(custom_fields=[{"id": field, "value": ["e_photo", "e_bill"]}])
    assert ticket["tags"] == ["e_bill", "e_photo"]
    changed = api.update(ticket["id"], tags=["e_bill"])["ticket"]
    assert value(changed, field) == ["e_bill"]


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("date", "2026-02-30"),
        ("date", "31.01.2026"),
        ("date", "2026-01-31T10:00:00Z"),
        ("integer", "many"),
        ("decimal", "1,5"),
        ("checkbox", "perhaps"),
        ("regexp", "12"),
        ("text", {"no": "text"}),
    ],
)
def test_bad_values(api: Any, kind: str, bad: Any) -> None:
    """A value that does not fit its field is refused with the field's id, and nothing changes."""
    more = {"regexp_for_validation": r"\A[A-Z]{2}\z"} if kind == "regexp" else {}
    more = {k: v.replace(r"\A", "^").replace(r"\z", "$") for k, v in more.items()}
    field = api.field(kind, "Field", **more)
    ticket = api.ticket()
    patch = {"subject": "New", "custom_fields": [{"id": field, "value": bad}]}
    body = api.refused(422, "PUT", f"/tickets/{ticket['id']}", {"ticket": patch})
    assert body["error"] == "RecordInvalid"
    assert body["details"]["base"][0]["ticket_field_id"] == field
    assert api.ok("GET", f"/tickets/{ticket['id']}")["ticket"]["subject"] == "Broken"


def test_unknown_option(api: Any, make_api: Callable[..., Any]) -> None:
    """A dropdown refuses what is no option; or drops it without a word, where so set up."""
    field = api.field("tagger", "Decision", "w_in")
    wrong = {"custom_fields": [{"id": field, "value": "w_maybe"}]}
    api.refused(422, "PUT", f"/tickets/{api.ticket()['id']}", {"ticket": wrong})
    lenient = make_api(unknown_option="ignore")
    field = lenient.field("tagger", "Decision", "w_in")
    ticket = lenient.ticket(custom_fields=[{"id": field, "value": "w_in"}])
    wrong = {"custom_fields": [{"id": field, "value": "w_maybe"}]}
    assert value(lenient.update(ticket["id"], **wrong)["ticket"], field) == "w_in"


def test_due_at_needs_a_task(api: Any) -> None:
    """``due_at`` is kept on a task alone, and goes when the ticket is one no longer."""
    ticket = api.ticket()
    due = "2026-06-01T17:00:00+02:00"
    assert api.update(ticket["id"], due_at=due)["ticket"]["due_at"] is None
    changed = api.update(ticket["id"], type="task", due_at=due)["ticket"]
    assert changed["due_at"] == "2026-06-01T15:00:00Z"
    assert api.update(ticket["id"], type="question")["ticket"]["due_at"] is None


@pytest.mark.parametrize("due", ["2026-06-01", "soon", "2026-06-01T17:00:00"])
def test_due_at_needs_a_time(api: Any, due: str) -> None:
    """A due date without a time and zone is refused."""
    patch = {"ticket": {"type": "task", "due_at": due}}
    body = api.refused(422, "PUT", f"/tickets/{api.ticket()['id']}", patch)
    assert "due_at" in body["details"]


def test_closed_is_final(api: Any) -> None:
    """A solved ticket may still be changed; a closed one not, not even its tags."""
    ticket = api.ticket()
    api.update(ticket["id"], status="solved")
    api.update(ticket["id"], tags=["late"])
    api.update(ticket["id"], status="closed")
    path = f"/tickets/{ticket['id']}"
    body = api.refused(422, "PUT", path, {"ticket": {"subject": "x"}})
    assert body["details"]["status"][0]["description"] == "Status: closed prevents ticket update"
    api.refused(422, "PUT", f"{path}/tags", {"tags": ["x"]})


def test_required_field_when_solving(api: Any) -> None:
    """Solving without a required field is refused by that field; with it, it goes through."""
    field = api.field("text", "Serial", required=True)
    ticket = api.ticket()
    body = api.refused(422, "PUT", f"/tickets/{ticket['id']}", {"ticket": {"status": "solved"}})
    assert body["details"]["base"][0]["ticket_field_id"] == field
    patch = {"status": "solved", "custom_fields": [{"id": field, "value": "SN1"}]}
    assert api.update(ticket["id"], **patch)["ticket"]["status"] == "solved"


def test_comments(api: Any) -> None:
    """A comment is public unless it says not; HTML is sanitised, and ``body`` is its text."""
    ticket = api.ticket()
    api.update(ticket["id"], comment={"body": "Seen <b>it</b>"})
    html = "<p>Policy <b>W1</b></p><script>alert(1)</script><p onclick='x()'>a &lt; b</p>"
    api.update(ticket["id"], comment={"html_body": html, "public": False})
    rows = api.ok("GET", f"/tickets/{ticket['id']}/comments")["comments"]
    assert [row["public"] for row in rows] == [True, True, False]
    assert "Seen &lt;b&gt;it&lt;/b&gt;" in rows[1]["html_body"]
    assert rows[2]["body"] == "Policy W1\n\na < b"
    assert "script" not in rows[2]["html_body"]
    assert "onclick" not in rows[2]["html_body"]
    assert rows[2]["author_id"] == api.state.app_user["id"]


def test_make_private(api: Any) -> None:
    """A public comment can be made private, which an audit tells; there is no way back."""
    ticket = api.ticket()
    comment = api.ok("GET", f"/tickets/{ticket['id']}/comments")["comments"][0]
    api.ok("PUT", f"/tickets/{ticket['id']}/comments/{comment['id']}/make_private")
    row = api.ok("GET", f"/tickets/{ticket['id']}/comments")["comments"][0]
    assert row["public"] is False
    assert api.ok("GET", f"/tickets/{ticket['id']}")["ticket"]["is_public"] is False
    last = api.ok("GET", f"/tickets/{ticket['id']}/audits")["audits"][-1]
    assert last["events"][0]["type"] == "CommentPrivacyChange"


def test_audit(api: Any) -> None:
    """An update answers with its audit: comment, changes with both values, metadata, macro."""
    field = api.field("text", "Serial")
    macro = {"title": "M", "actions": [{"field": "status", "value": "open"}]}
    macro_id = api.ok("POST", "/macros", {"macro": macro})["macro"]["id"]
    ticket = api.ticket()
    patch = {
        "subject": "New",
        "custom_fields": [{"id": field, "value": "SN1"}],
        "comment": {"body": "note", "public": False},
        "metadata": {"app": "warranty", "run": "r1"},
        "macro_id": macro_id,
    }
    audit = api.update(ticket["id"], **patch)["audit"]
    assert audit["metadata"]["custom"] == {"app": "warranty", "run": "r1"}
    told = {(e["type"], e.get("field_name")): e for e in audit["events"]}
    assert told["Comment", None]["public"] is False
    subject = told["Change", "subject"]
    assert (subject["previous_value"], subject["value"]) == ("Broken", "New")
    assert told["Change", str(field)]["value"] == "SN1"
    assert told["AgentMacroReference", None]["macro_id"] == str(macro_id)
    kept = api.ok("GET", f"/tickets/{ticket['id']}/audits")["audits"]
    assert [row["id"] for row in kept][-1] == audit["id"]


def test_nothing_changed(api: Any, clock: Any) -> None:
    """An update that changes nothing leaves ``updated_at`` and the audits as they were."""
    ticket = api.ticket(tags=["a"])
    clock.pass_(seconds=5)
    done = api.update(ticket["id"], tags=["a"], subject="Broken")
    assert done["audit"]["events"] == []
    assert done["ticket"]["updated_at"] == ticket["updated_at"]
    assert api.ok("GET", f"/tickets/{ticket['id']}/audits")["count"] == 1


def test_safe_update(api: Any, clock: Any) -> None:
    """``safe_update`` refuses a stale stamp with 409 and changes nothing, ``false`` included."""
    ticket = api.ticket()
    clock.pass_(seconds=3)
    api.update(ticket["id"], subject="Moved on")
    for flag in (True, False):
        patch = {"safe_update": flag, "updated_stamp": ticket["updated_at"], "tags": ["x"]}
        body = api.refused(409, "PUT", f"/tickets/{ticket['id']}", {"ticket": patch})
        assert body["error"] == "UpdateConflict"
        given = {"tags": ["x"], "safe_update": flag, "updated_stamp": ticket["updated_at"]}
        api.refused(409, "PUT", f"/tickets/{ticket['id']}/tags", given)
    now = api.ok("GET", f"/tickets/{ticket['id']}")["ticket"]
    assert now["tags"] == []
    fresh = {"safe_update": True, "updated_stamp": now["updated_at"], "tags": ["x"]}
    assert api.update(ticket["id"], **fresh)["ticket"]["tags"] == ["x"]


def test_same_second_slips_through(api: Any) -> None:
    """Stamps count whole seconds: two writes in one second do not conflict, as in Zendesk."""
    ticket = api.ticket()
    api.update(ticket["id"], subject="First")
    patch = {"safe_update": True, "updated_stamp": ticket["updated_at"], "subject": "Second"}
    assert api.update(ticket["id"], **patch)["ticket"]["subject"] == "Second"


def test_tag_endpoints(api: Any) -> None:
    """PUT adds tags, POST sets them, DELETE removes them."""
    path = f"/tickets/{api.ticket(tags=['a'])['id']}/tags"
    assert api.ok("PUT", path, {"tags": ["B", "a b"]})["tags"] == ["a", "b"]
    assert api.ok("POST", path, {"tags": ["c", "d"]})["tags"] == ["c", "d"]
    assert api.ok("DELETE", path, {"tags": ["c"]})["tags"] == ["d"]
    assert api.ok("GET", path)["tags"] == ["d"]


def test_single_update_knows_no_tag_difference(api: Any) -> None:
    """``additional_tags`` is documented for bulk updates alone, and does nothing here."""
    ticket = api.ticket(tags=["a"])
    assert api.update(ticket["id"], additional_tags=["b"])["ticket"]["tags"] == ["a"]


def test_bulk(api: Any) -> None:
    """Both forms of ``update_many`` end in a job whose results name each ticket."""
    one, two = api.ticket(tags=["a"])["id"], api.ticket()["id"]
    same = {"ticket": {"additional_tags": ["b"], "remove_tags": ["a"]}}
    job = api.ok("PUT", f"/tickets/update_many?ids={one},{two}", same)["job_status"]
    assert (job["status"], job["results"]) == ("queued", None)
    done = api.ok("GET", f"/job_statuses/{job['id']}")["job_status"]
    assert done["status"] == "completed"
    assert [row["success"] for row in done["results"]] == [True, True]
    assert api.ok("GET", f"/tickets/{one}/tags")["tags"] == ["b"]
    each = {"tickets": [{"id": one, "subject": "One"}, {"id": 99, "subject": "None"}]}
    job = api.ok("PUT", "/tickets/update_many", each)["job_status"]
    results = api.ok("GET", f"/job_statuses/{job['id']}")["job_status"]["results"]
    assert [row["success"] for row in results] == [True, False]
    assert results[1]["error"] == "RecordNotFound"


def test_bulk_is_limited(api: Any) -> None:
    """More than 100 tickets at once are refused."""
    rows = {"tickets": [{"subject": "x", "description": "x"}] * 101}
    assert api.refused(400, "POST", "/tickets/create_many", rows)["max_count"] == 100


def test_requester(api: Any) -> None:
    """A new ticket's requester is found by e-mail, or made."""
    person = {"name": "Customer 3", "email": "customer3@example.com"}
    one = api.ticket(requester=person)
    two = api.ticket(requester={**person, "email": "CUSTOMER3@example.com"})
    assert one["requester_id"] == two["requester_id"]
    user = api.ok("GET", f"/users/{one['requester_id']}")["user"]
    assert (user["name"], user["role"]) == ("Customer 3", "end-user")


def test_idempotency_key(api: Any, clock: Any) -> None:
    """A key repeated within two hours files one ticket; with another body it is refused."""
    body = {"ticket": {"subject": "Once", "comment": {"body": "x"}}}
    key = {"headers": {"Idempotency-Key": "k1"}}
    first = api.call("POST", "/tickets", body, **key)
    again = api.call("POST", "/tickets", body, headers={"Idempotency-Key": "k1"})
    assert first.headers["x-idempotency-lookup"] == "miss"
    assert again.headers["x-idempotency-lookup"] == "hit"
    assert again.json == first.json
    other = {"ticket": {"subject": "Other", "comment": {"body": "x"}}}
    refused = api.refused(400, "POST", "/tickets", other, headers={"Idempotency-Key": "k1"})
    assert refused["error"] == "IdempotentRequestError"
    api.refused(400, "POST", "/tickets", body, headers={"Idempotency-Key": "k" * 256})
    clock.pass_(hours=2)
    late = api.call("POST", "/tickets", body, headers={"Idempotency-Key": "k1"})
    assert late.headers["x-idempotency-lookup"] == "miss"


def test_deleted(api: Any) -> None:
    """A deleted ticket is gone for reading and writing."""
    path = f"/tickets/{api.ticket()['id']}"
    assert api.call("DELETE", path).status_code == 204
    body = api.refused(404, "GET", path)
    assert body == {"error": "RecordNotFound", "description": "Not found"}
    api.refused(404, "PUT", path, {"ticket": {"subject": "x"}})


@pytest.mark.parametrize(
    ("patch", "name"),
    [
        ({"status": "asleep"}, "status"),
        ({"priority": "huge"}, "priority"),
        ({"type": "joke"}, "type"),
        ({"assignee_id": 4711}, "assignee"),
        ({"group_id": 4711}, "group"),
    ],
)
def test_bad_attributes(api: Any, patch: dict[str, Any], name: str) -> None:
    """A value outside Zendesk's own lists is refused by its attribute's name."""
    body = api.refused(422, "PUT", f"/tickets/{api.ticket()['id']}", {"ticket": patch})
    assert list(body["details"]) == [name]


def test_custom_status(api: Any) -> None:
    """A custom status sets the status that is its category, and the other way round."""
    given = {"status_category": "pending", "agent_label": "Waiting for photos"}
    status = api.ok("POST", "/custom_statuses", {"custom_status": given})["custom_status"]
    ticket = api.ticket()
    changed = api.update(ticket["id"], custom_status_id=status["id"])["ticket"]
    assert changed["status"] == "pending"
    changed = api.update(ticket["id"], status="open")["ticket"]
    assert changed["custom_status_id"] != status["id"]


def test_assigning_opens(api: Any) -> None:
    """A new ticket that gets an assignee is open."""
    ticket = api.ticket()
    agent = api.state.agent["id"]
    assert api.update(ticket["id"], assignee_id=agent)["ticket"]["status"] == "open"


def test_pages(api: Any) -> None:
    """Lists come by offset or by cursor, each leading to the next page and no further."""
    made = [api.ticket()["id"] for _ in range(5)]
    first = api.ok("GET", "/tickets?per_page=2")
    assert (first["count"], first["previous_page"]) == (5, None)
    assert first["next_page"].endswith("page=2")
    last = api.ok("GET", "/tickets?per_page=2&page=3")
    assert ([row["id"] for row in last["tickets"]], last["next_page"]) == ([made[4]], None)
    seen, path = [], "/tickets?page[size]=2"
    while path:
        found = api.ok("GET", path)
        seen += [row["id"] for row in found["tickets"]]
        more = found["meta"]["has_more"]
        path = f"/tickets?page[size]=2&page[after]={found['meta']['after_cursor']}" if more else ""
    assert seen == made
    back = api.ok("GET", f"/tickets?page[size]=2&page[before]={found['meta']['before_cursor']}")
    assert [row["id"] for row in back["tickets"]] == made[2:4]
    api.refused(400, "GET", "/tickets?page=101")
    api.refused(400, "GET", "/tickets?page[after]=nonsense")


def test_sideloaded_users(api: Any) -> None:
    """``include=users`` brings the people along."""
    ticket = api.ticket(requester={"name": "Customer 3", "email": "customer3@example.com"})
    names = {u["name"] for u in api.ok("GET", f"/tickets/{ticket['id']}?include=users")["users"]}
    assert names == {"Customer 3", "Warranty Desk"}


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{", "application/json", 422),
        (b"[1]", "application/json", 422),
        (b"{}", "application/json", 400),
        (b'{"ticket": 1}', "application/json", 400),
        (b"ticket=1", "application/x-www-form-urlencoded", 400),
    ],
)
def test_bodies_that_are_none(api: Any, data: bytes, kind: str, status: int) -> None:
    """A body that does not parse, or lacks its wrapper, is refused."""
    headers = {"Authorization": f"Bearer {api.state.options.token}"}
    answer = api.client.post("/api/v2/tickets", data=data, content_type=kind, headers=headers)
    assert answer.status_code == status


def test_a_ticket_says_something(api: Any) -> None:
    """A ticket without a description is refused."""
    api.refused(422, "POST", "/tickets", {"ticket": {"subject": "Nothing"}})
