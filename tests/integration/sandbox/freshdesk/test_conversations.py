"""Notes and replies."""

from __future__ import annotations

from typing import Any


def test_a_note_is_private_unless_it_says_otherwise(api: Any) -> None:
    """And nobody gets an e-mail of it."""
    api.ticket()
    made = api.ok("POST", "/tickets/1/notes", {"body": "<p>Inside</p>"})
    assert (made["private"], made["source"], made["incoming"]) == (True, 2, False)
    assert (made["body_text"], made["ticket_id"], made["notified_to"]) == ("Inside", 1, [])
    assert made["user_id"] == api.ok("GET", "/agents/me")["id"]
    other = api.ok("POST", "/tickets/1/notes", {"body": "Outside", "private": False})
    assert other["private"] is False
    assert api.ok("GET", "/sandbox/emails")["emails"] == []


def test_a_reply_goes_to_the_customer(api: Any) -> None:
    """An e-mail, and the clock of the first response stops; a note does not stop it."""
    api.ticket()
    api.ok("POST", "/tickets/1/notes", {"body": "x"})
    assert api.ok("GET", "/tickets/1?include=stats")["stats"]["first_responded_at"] is None
    made = api.ok("POST", "/tickets/1/reply", {"body": "<p>Dear {{ticket.requester.name}}</p>"})
    assert (made["private"], made["source"]) == (False, 0)
    (sent,) = api.ok("GET", "/sandbox/emails")["emails"]
    assert (sent["to"], sent["ticket_id"]) == (["customer@example.com"], 1)
    assert "{{ticket.requester.name}}" in sent["body"]
    assert api.ok("GET", "/tickets/1?include=stats")["stats"]["first_responded_at"] is not None


def test_what_is_not_understood_is_refused(api: Any) -> None:
    """Nothing is added then."""
    api.ticket()
    notes = "/tickets/1/notes"
    assert api.problems("POST", notes, {}) == {"body": "missing_field"}
    assert api.problems("POST", notes, {"body": "x", "public": True}) == {"public": "invalid_field"}
    odd = {"body": "x", "private": "yes"}
    assert api.problems("POST", notes, odd) == {"private": "datatype_mismatch"}
    assert api.problems("POST", notes, {"body": 1}) == {"body": "datatype_mismatch"}
    assert api.problems("POST", notes, {"body": "x", "user_id": 1}) == {"user_id": "invalid_value"}
    private = {"body": "x", "private": True}
    assert api.problems("POST", "/tickets/1/reply", private) == {"private": "invalid_field"}
    assert api.ok("GET", "/tickets/1/conversations") == []
    api.refused(404, "POST", "/tickets/2/notes", {"body": "x"})


def test_they_are_listed_oldest_first_in_pages(api: Any) -> None:
    """Thirty a page, with a link to the next."""
    api.ticket()
    for number in range(31):
        api.ok("POST", "/tickets/1/notes", {"body": f"Note {number}"})
    first = api.call("GET", "/tickets/1/conversations")
    assert [row["body_text"] for row in first.json] == [f"Note {n}" for n in range(30)]
    assert 'page=2>;rel="next"' in first.headers["Link"]
    second = api.call("GET", "/tickets/1/conversations?page=2")
    assert [row["body_text"] for row in second.json] == ["Note 30"]
    assert "Link" not in second.headers


def test_a_note_can_be_rewritten_and_a_reply_cannot(api: Any) -> None:
    """What was sent stays; both can be taken away."""
    api.ticket()
    note = api.ok("POST", "/tickets/1/notes", {"body": "Old"})["id"]
    reply = api.ok("POST", "/tickets/1/reply", {"body": "Sent"})["id"]
    assert api.ok("PUT", f"/conversations/{note}", {"body": "New"})["body_text"] == "New"
    api.refused(405, "PUT", f"/conversations/{reply}", {"body": "New"})
    assert api.call("DELETE", f"/conversations/{note}").status_code == 204
    assert [row["id"] for row in api.ok("GET", "/tickets/1/conversations")] == [reply]
    api.refused(404, "PUT", f"/conversations/{note}", {"body": "x"})


def test_comments_and_attributes_are_stripped(api: Any) -> None:
    """A mark that nobody sees does not survive; text does."""
    api.ticket()
    body = '<p data-mark="k1" style="x">Text</p><!-- k1 --><script>bad()</script>'
    assert api.ok("POST", "/tickets/1/notes", {"body": body})["body"] == "<p>Text</p>"


def test_a_chat_takes_no_plain_body_for_its_customer(api: Any) -> None:
    """A private note it does."""
    api.ticket(source=7)
    assert api.problems("POST", "/tickets/1/reply", {"body": "x"}) == {
        "structured_body": "missing_field"
    }
    assert api.problems("POST", "/tickets/1/notes", {"body": "x", "private": False})
    api.ok("POST", "/tickets/1/notes", {"body": "x"})


def test_the_customer_answers(api: Any) -> None:
    """It is incoming and public, and opens a ticket again that was done; markup is text."""
    api.ticket()
    api.ok("PUT", "/tickets/1", {"status": 4})
    said = api.ok("POST", "/sandbox/tickets/1/customer", {"text": "Still <b>broken</b>"})
    assert (said["incoming"], said["private"]) == (True, False)
    assert said["body_text"] == "Still <b>broken</b>"
    told = api.ok("GET", "/tickets/1?include=stats")
    assert told["status"] == 2
    assert told["stats"]["reopened_at"] is not None
    assert told["stats"]["resolved_at"] is None
