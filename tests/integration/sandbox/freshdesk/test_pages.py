"""The agent's pages: what they show, what they save, whom they keep out."""

from __future__ import annotations

from typing import Any

import pytest

HOSTILE = "\"'><script>document.title='owned'</script><img src=x onerror=alert(1)>"
OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


def show(api: Any, path: str, status: int = 200) -> str:
    answer = api.client.get(path)
    assert answer.status_code == status
    return str(answer.text)


def send(api: Any, path: str, headers: Any = None, **form: Any) -> Any:
    return api.client.post(path, data=form, headers=OWN if headers is None else headers)


def test_every_page_is_there(api: Any) -> None:
    """Also in an account in which nothing has happened yet; the start leads to the list."""
    for path in ("/agent/tickets", "/agent/new", "/agent/tickets/new", "/agent/webhooks"):
        assert "Sandbox helpdesk" in show(api, path)
    assert "hosts no apps" in show(api, "/agent/apps")
    assert "Not found" in show(api, "/agent/nowhere", 404)
    assert "no such ticket" in show(api, "/agent/tickets/9", 404)
    assert api.client.get("/").headers["Location"] == "/agent/tickets"


def test_what_others_wrote_is_text(api: Any) -> None:
    """On every page: subject, name, tag, field, label, note, and what a webhook sent."""
    name = api.field(f"Field {HOSTILE}", "text")
    api.webhook("http://127.0.0.1:9/", name=HOSTILE, content={"a": "{{ticket.subject}}"})
    tag = "<b>\"'x"
    api.ticket(subject=HOSTILE, name=HOSTILE, tags=[tag], custom_fields={name: HOSTILE})
    api.ok("POST", "/tickets/1/notes", {"body": HOSTILE})
    api.ok("POST", "/sandbox/tickets/1/customer", {"text": HOSTILE})
    api.settle()
    for path in ("/agent/tickets", "/agent/tickets/1", "/agent/tickets/new", "/agent/webhooks"):
        page = show(api, path)
        assert "<script>document" not in page
        assert "<img" not in page
        assert tag not in page
    assert "&lt;script&gt;document" in show(api, "/agent/tickets/1")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:81"},
    ],
)
def test_other_sites_cannot_write(api: Any, headers: Any) -> None:
    """Without a word on where it comes from, or from elsewhere: nothing is changed."""
    api.ticket()
    for path in ("", "/customer", "/state"):
        answer = send(api, f"/agent/tickets/1{path}", headers, status="4", text="x", do="delete")
        assert answer.status_code == 403
    assert send(api, "/agent/new", headers, subject="x").status_code == 403
    told = api.ok("GET", "/tickets/1?include=conversations")
    assert (told["status"], told["conversations"]) == (2, [])
    assert "deleted" not in told


def test_nothing_from_elsewhere_and_no_frame(api: Any) -> None:
    """The headers say so, on every page."""
    for path in ("/agent/tickets", "/agent/nowhere"):
        headers = api.client.get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"


def test_the_list_is_filtered(api: Any) -> None:
    """By words, tag and status; spam and deleted tickets are apart."""
    api.ticket(subject="Alpha", tags=["x"])
    api.ticket(subject="Beta", status=6)
    api.ticket(subject="Gamma")
    api.ok("PUT", "/sandbox/tickets/3/spam")

    def shown(query: str) -> list[str]:
        page = show(api, f"/agent/tickets?{query}")
        return [word for word in ("Alpha", "Beta", "Gamma") if word in page]

    assert shown("") == ["Alpha", "Beta"]
    assert shown("q=beta") == ["Beta"]
    assert shown("tag=x") == ["Alpha"]
    assert shown("status=6") == ["Beta"]
    assert shown("show=hidden") == ["Gamma"]
    assert shown("q=nothing") == []


def test_outcomes_have_columns(api: Any) -> None:
    """Found by the labels of their fields; a deadline says how near it is."""
    verdict = api.field("Warranty: verdict", "dropdown", "Covered")
    day = api.field("Warranty: claim deadline", "date")
    api.ticket(custom_fields={verdict: "Covered", day: "2026-05-08"})
    for path in ("/agent/tickets", "/agent/tickets/1"):
        page = show(api, path)
        assert 'class="badge good"' in page
        assert "4 days left" in page


def test_private_and_public_are_told_apart(api: Any) -> None:
    """A note, a public note, a reply, and what the customer wrote: each with its mark."""
    api.ticket()
    api.ok("POST", "/tickets/1/notes", {"body": "one"})
    api.ok("POST", "/tickets/1/notes", {"body": "two", "private": False})
    api.ok("POST", "/tickets/1/reply", {"body": "three"})
    page = show(api, "/agent/tickets/1")
    kinds = [part.partition('"')[0] for part in page.split('class="comment ')[1:]]
    assert kinds == ["customer", "note", "agent", "agent"]
    for words in ("Private note", "Public note", "Reply, sent to the customer"):
        assert words in page


def test_an_agent_saves_only_what_changed(api: Any) -> None:
    """What somebody else changed meanwhile stays, and tags are added to theirs."""
    one, two = api.field("One", "text"), api.field("Two", "checkbox")
    api.ticket(tags=["a", "b"], custom_fields={one: "x", two: True})
    page = show(api, "/agent/tickets/1")
    loaded = page.split('name="loaded" value="')[1].partition('"')[0]
    api.ok("PUT", "/tickets/1", {"priority": 4, "tags": ["a", "b", "c"]})
    form = {
        "loaded": loaded.replace("&#34;", '"'),
        "status": "3",
        "priority": "1",
        "tag": ["a"],
        "new_tags": "d, e",
        one: "y",
    }
    answer = send(api, "/agent/tickets/1", **form)
    assert answer.headers["Location"].endswith("did=saved")
    told = api.ok("GET", "/tickets/1")
    assert (told["status"], told["priority"]) == (3, 4)
    assert told["tags"] == ["a", "c", "d", "e"]
    assert told["custom_fields"] == {one: "y", two: False}


def test_an_agent_writes_notes_and_replies(api: Any) -> None:
    """Private unless the other is chosen; as text; by the agent at the desk, who has no key."""
    api.ticket()
    send(api, "/agent/tickets/1", comment="<b>Hm</b>", mode="note")
    send(api, "/agent/tickets/1", comment="Dear", mode="public")
    note, reply = api.ok("GET", "/tickets/1/conversations")
    assert (note["private"], note["body_text"]) == (True, "<b>Hm</b>")
    assert (reply["private"], reply["source"]) == (False, 0)
    assert note["user_id"] not in api.account.keys.values()
    assert send(api, "/agent/tickets/1").headers["Location"].endswith("did=unchanged")


def test_rules_run_for_what_agents_do(api: Any, receiver: Any) -> None:
    """A saved form is an update by an agent."""
    api.webhook(receiver.url, kind=4, performer={"type": 1})
    api.ticket()
    send(api, "/agent/tickets/1", priority="3")
    api.settle()
    assert len(receiver.deliveries) == 1


def test_what_cannot_be_saved_is_said_at_its_input(api: Any) -> None:
    """And what was typed is still there."""
    name = api.field("Decision", "text", required_for_closure=True)
    api.ticket()
    answer = send(api, "/agent/tickets/1", status="4", comment="Typed", loaded="{")
    assert answer.status_code == 400
    assert f'id="{name}-wrong"' in answer.text
    assert "Typed" in answer.text
    assert api.ok("GET", "/tickets/1/conversations") == []


def test_spam_and_deletion(api: Any) -> None:
    """There and back; meanwhile nothing can be changed."""
    api.ticket()
    for there, back, word in (("delete", "restore", "deleted"), ("spam", "unspam", "spam")):
        send(api, "/agent/tickets/1/state", do=there)
        assert f"This ticket is {word}" in show(api, "/agent/tickets/1")
        assert send(api, "/agent/tickets/1", status="3").status_code == 405
        assert send(api, "/agent/tickets/1/customer", text="x").status_code == 405
        send(api, "/agent/tickets/1/state", do=back)
    assert api.ok("PUT", "/tickets/1", {"status": 3})["status"] == 3


def test_filing_as_a_customer(api: Any, receiver: Any) -> None:
    """Only fields that customers can edit; the rules on new tickets run."""
    api.webhook(receiver.url)
    mine = api.field("Serial", "text", customers_can_edit=True)
    theirs = api.field("Verdict", "text")
    assert theirs not in show(api, "/agent/new")
    form = {"email": "c@example.com", "subject": "Dead", "text": "It <b>died</b>"}
    answer = send(api, "/agent/new", **form, **{mine: "S1", theirs: "Covered", "status": "5"})
    assert answer.status_code == 303
    told = api.ok("GET", "/tickets/1")
    assert told["custom_fields"] == {mine: "S1", theirs: None}
    assert (told["status"], told["description_text"]) == (2, "It <b>died</b>")
    api.settle()
    assert len(receiver.deliveries) == 1


def test_a_new_ticket_by_an_agent(api: Any) -> None:
    """With status, tags and every field; what is missing is said, and nothing is filed."""
    name = api.field("Verdict", "text")
    answer = send(api, "/agent/tickets/new", subject="Dead", status="3")
    assert answer.status_code == 400
    assert 'id="email-wrong"' in answer.text
    assert 'id="text-wrong"' in answer.text
    assert api.account.tickets == {}
    form = {"email": "c@example.com", "subject": "Dead", "text": "x", "status": "3"}
    send(api, "/agent/tickets/new", **form, new_tags="a,b", **{name: "Covered"})
    told = api.ok("GET", "/tickets/1")
    assert (told["status"], told["tags"], told["source"]) == (3, ["a", "b"], 3)
    assert told["custom_fields"] == {name: "Covered"}


def test_webhooks_are_listed(api: Any, receiver: Any) -> None:
    """Rules and deliveries, and no value of a header."""
    receiver.answers = [(500, {}, 0.0)]
    api.webhook(receiver.url, custom_headers={"X-Webhook-Secret": "s3cret"}, name="My rule")
    api.ticket()
    api.settle()
    page = show(api, "/agent/webhooks")
    for words in ("My rule", receiver.url, "retrying", "X-Webhook-Secret", "500"):
        assert words in page
    assert "s3cret" not in page


def test_a_page_knows_when_it_is_old(api: Any) -> None:
    """Its version changes with a ticket, a note and a delivery, and only then."""

    def version() -> Any:
        return api.client.get("/agent/version").json["version"]

    seen = [version(), version()]
    assert seen[0] == seen[1]
    api.ticket()
    seen.append(version())
    api.ok("POST", "/tickets/1/notes", {"body": "x"})
    seen.append(version())
    assert len(set(seen)) == 3
