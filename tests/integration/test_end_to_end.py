"""The whole path, with nothing faked: helpdesk, trigger, signed webhook, store, worker, zenpy."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from integration import catalogue
from integration.app import build_worker
from integration.helpdesks import Ticket, TicketRef
from integration.helpdesks.zendesk import ZendeskHelpdesk
from integration.helpdesks.zendesk_webhook import sign
from integration.sandbox.faults import Fault
from integration.sandbox.server import Sandbox
from tests.integration.stack import Stack, stacked

_TODAY = datetime.now(UTC).date()
_COMPLETE = {
    "purchase_date": (_TODAY - timedelta(days=90)).isoformat(),
    "purchase_country": "DE",
    "claim_country": "DE",
    "order_number": "SO-1",
    "problem": "quality_defect",
    "defect_evidence": "verified",
    "troubleshooting": "documented",
}


class Zendesk(Stack):
    """The same in front of a small Zendesk, with what only that can tell."""

    @property
    def sandbox(self) -> Sandbox:
        sandbox: Sandbox = self.place.sandbox
        return sandbox

    def fields(self, values: dict[str, object]) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = self.place.rows(values)
        return rows

    def ticket(self, ticket_id: int) -> dict[str, Any]:
        return dict(self.sandbox.state.ticket_detail(ticket_id).ticket)

    def notes(self, ticket_id: int) -> list[str]:
        notes: list[str] = self.place.notes(ticket_id)
        return notes

    def public(self, ticket_id: int) -> int:
        return sum(1 for c in self.sandbox.state.ticket_detail(ticket_id).comments if c["public"])

    def set_aside(self) -> int:
        return self.backlog().set_aside

    @property
    def secret(self) -> str:
        return str(self.place.installation.signing_secrets[0])

    def send(self, body: bytes, invocation: str, **headers: str) -> requests.Response:
        """A delivery by hand, under a name."""
        return self.post(body, **{"X-Zendesk-Webhook-Invocation-Id": invocation, **headers})

    def deliveries(self) -> int:
        return int(self.place.delivered())


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zendesk]:
    with stacked(tmp_path, monkeypatch, "zendesk", kind=Zendesk) as running:
        yield running


def body(ticket_id: int) -> bytes:
    return json.dumps(
        {"v": 1, "installation": "main", "event": "ticket_changed", "ticket_id": str(ticket_id)}
    ).encode()


def test_a_ticket_filed_is_a_verdict_written_back(stack: Zendesk) -> None:
    """Field by field: outcome, tags, one private note, nothing public, the audit's remarks."""
    ticket_id = stack.file(_COMPLETE, tags=["vip"])
    stack.work()
    ends = (_TODAY - timedelta(days=90)).replace(year=(_TODAY - timedelta(days=90)).year + 1)
    outcome = stack.outcome(ticket_id)
    stamp = outcome.pop("stamp")
    assert outcome == {
        "verdict": "warranty_covered",
        "freight_payer": "warranty_freight_soocas",
        "warranty_end": ends.isoformat(),
        "claim_deadline": ends.isoformat(),
    }
    assert stamp.startswith("wd1 verdict=covered freight_payer=soocas ")
    ticket = stack.ticket(ticket_id)
    assert set(ticket["tags"]) & catalogue.TAGS == {"warranty_covered", "warranty_freight_soocas"}
    assert {"vip", "warranty_claim", "warranty_problem_quality_defect"} <= set(ticket["tags"])
    assert (ticket["status"], ticket["due_at"], ticket["type"]) == ("new", None, None)
    (note,) = stack.notes(ticket_id)
    assert "COVERED · replacement by the same model · freight: SOOCAS" in note
    assert "Your product is covered by the SOOCAS limited warranty" in note
    assert stack.public(ticket_id) == 1
    audits = stack.sandbox.state.ticket_detail(ticket_id).audits
    assert len(audits) == 2, "one update"
    assert audits[-1]["metadata"]["custom"]["clauses"] == "S1 W1"


def test_the_apps_own_update_does_not_start_it_again(stack: Zendesk) -> None:
    """First guard: no trigger listens to what the app writes, so no webhook follows its update."""
    stack.file(_COMPLETE)
    assert stack.deliveries() == 1
    stack.work()
    assert stack.deliveries() == 1


def test_even_if_it_were_started_again_nothing_is_sent(stack: Zendesk) -> None:
    """Second guard, on its own: a webhook for the app's own update finds the stamp."""
    ticket_id = stack.file(_COMPLETE)
    stack.work()
    before = stack.ticket(ticket_id)
    assert stack.send(body(ticket_id), "another-1").status_code == 202
    stack.work()
    assert stack.ticket(ticket_id) == before
    assert len(stack.notes(ticket_id)) == 1


def test_the_same_webhook_five_times_gives_one_note(stack: Zendesk) -> None:
    """Each delivery is answered alike; the ticket is written on once."""
    ticket_id = stack.file(_COMPLETE)
    answers = [stack.send(body(ticket_id), "same-id") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    stack.work()
    assert len(stack.notes(ticket_id)) == 1


def test_what_is_not_sound_changes_nothing(stack: Zendesk) -> None:
    """Unsigned, stale, tampered, truncated and huge deliveries get their answers, no review."""
    ticket_id = stack.file(_COMPLETE)
    stack.work()
    before = stack.ticket(ticket_id)
    sound = body(ticket_id)
    at = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    unsigned = stack.send(sound, "a", **{"X-Zendesk-Webhook-Signature": ""})
    stale = stack.send(
        sound,
        "b",
        **{
            "X-Zendesk-Webhook-Signature": sign(stack.secret, at, sound),
            "X-Zendesk-Webhook-Signature-Timestamp": at,
        },
    )
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tampered = stack.send(
        body(ticket_id + 1),
        "c",
        **{
            "X-Zendesk-Webhook-Signature": sign(stack.secret, now, sound),
            "X-Zendesk-Webhook-Signature-Timestamp": now,
        },
    )
    cut = stack.send(sound[:-10], "d")
    huge = stack.send(b" " * 10_000_000, "e")
    answers = (unsigned, stale, tampered, cut, huge)
    assert [answer.status_code for answer in answers] == [401, 401, 401, 400, 413]
    for answer in answers:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert stack.secret not in answer.text
    assert stack.due() == 0
    assert stack.ticket(ticket_id) == before


def test_an_agents_edit_is_followed(stack: Zendesk) -> None:
    """A field changed in the browser fires the trigger; verdict, tags and note follow."""
    ticket_id = stack.file({**_COMPLETE, "defect_evidence": None})
    stack.work()
    assert stack.outcome(ticket_id)["verdict"] == "warranty_needs_information"
    stack.edit(ticket_id, defect_evidence="verified")
    stack.work()
    assert stack.outcome(ticket_id)["verdict"] == "warranty_covered"
    assert len(stack.notes(ticket_id)) == 2
    tags = set(stack.ticket(ticket_id)["tags"]) & catalogue.TAGS
    assert tags == {"warranty_covered", "warranty_freight_soocas"}


def test_an_override_by_an_agent_stands(stack: Zendesk) -> None:
    """The agent decides otherwise; the app carries it out, says so once, and keeps off."""
    ticket_id = stack.file({**_COMPLETE, "problem": "dropped"})
    stack.work()
    stack.edit(ticket_id, agent_decision="covered", agent_decision_reason="Goodwill")
    stack.work()
    stack.edit(ticket_id, problem="water_damage")
    stack.work()
    assert stack.outcome(ticket_id)["verdict"] == "warranty_covered"
    assert len(stack.notes(ticket_id)) == 2


def test_a_verdict_set_by_hand_stands(stack: Zendesk) -> None:
    """What an agent picked in the verdict field is never overwritten."""
    ticket_id = stack.file(_COMPLETE)
    stack.work()
    stack.edit(ticket_id, verdict="needs_review")
    stack.edit(ticket_id, problem="dropped")
    stack.work()
    assert stack.outcome(ticket_id)["verdict"] == "warranty_needs_review"
    assert "warranty_needs_review" in stack.ticket(ticket_id)["tags"]
    assert "left as it is" in stack.notes(ticket_id)[-1]


def test_a_conflict_is_read_and_decided_anew(
    stack: Zendesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent saves between our reading and our writing: the one note is on the newest facts."""
    ticket_id = stack.file({**_COMPLETE, "defect_evidence": None})
    read = ZendeskHelpdesk.get
    meddled = threading.Event()

    def get(desk: ZendeskHelpdesk, ref: TicketRef) -> Ticket:
        ticket = read(desk, ref)
        if not meddled.is_set():
            meddled.set()
            # Zendesk's stamp counts whole seconds: a change within the same one goes unseen.
            threading.Event().wait(1.05)
            patch = {"custom_fields": stack.fields({"defect_evidence": "verified"})}
            stack.sandbox.state.agent_edit(ticket_id, patch)
        return ticket

    monkeypatch.setattr(ZendeskHelpdesk, "get", get)
    stack.work()
    assert meddled.is_set()
    assert stack.outcome(ticket_id)["verdict"] == "warranty_covered"
    (note,) = stack.notes(ticket_id)
    assert "COVERED" in note


def test_a_macro_reworded_by_an_admin_counts(stack: Zendesk) -> None:
    """The suggested reply is what the helpdesk makes of the macro today."""
    macro = stack.bindings.macros["status:covered"]
    requests.put(
        f"{stack.sandbox.base_url}/api/v2/macros/{macro}.json",
        json={
            "macro": {
                "actions": [
                    {"field": "comment_value", "value": "Good news for {{ticket.id}}!"},
                    {"field": "priority", "value": "high"},
                    {"field": "status", "value": "solved"},
                    {"field": "current_tags", "value": "good_news"},
                ]
            }
        },
        headers={"Authorization": f"Bearer {stack.sandbox.token}"},
        timeout=10,
    ).raise_for_status()
    ticket_id = stack.file(_COMPLETE)
    stack.work()
    assert f"Good news for {ticket_id}!" in stack.notes(ticket_id)[0]
    ticket = stack.ticket(ticket_id)
    assert ticket["priority"] == "high"
    assert "good_news" in ticket["tags"]
    assert ticket["status"] == "new", "a macro never solves a ticket behind an agent's back"
    assert stack.public(ticket_id) == 1


def test_due_dates_and_public_replies_where_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task with a full moment as its due date; the reply to the customer, once, after it."""
    settings = {"due_date_tasks": True, "public_replies": frozenset({"needs_information"})}
    with stacked(tmp_path, monkeypatch, "zendesk", kind=Zendesk, **settings) as stack:
        ticket_id = stack.file({})
        stack.work()
        ticket = stack.ticket(ticket_id)
        deadline = stack.outcome(ticket_id)["claim_deadline"]
        assert (ticket["type"], ticket["due_at"]) == ("task", f"{deadline}T23:59:59Z")
        assert stack.public(ticket_id) == 2
        assert len(stack.notes(ticket_id)) == 1
        reply = stack.sandbox.state.ticket_detail(ticket_id).comments[-1]
        assert reply["public"] is True
        assert "What is the order number" in reply["html_body"]


def test_a_ticket_full_of_markup_stays_text(stack: Zendesk) -> None:
    """A customer's markup in a field comes out as text in the note."""
    ticket_id = stack.file({"order_number": "<script>alert(1)</script>", "problem": None})
    stack.edit(ticket_id, agent_decision="hold", agent_decision_reason="<img src=x onerror=y>")
    stack.work()
    text = "".join(stack.notes(ticket_id))
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;img src=x onerror=y&gt;" in text


def test_a_busy_helpdesk_puts_the_work_back(stack: Zendesk) -> None:
    """429 with Retry-After: nothing is lost, nothing is written twice, the ticket waits."""
    faults = stack.sandbox.state.faults
    faults.add(Fault(r"/api/v2/tickets/\d+", "PUT", status=429, headers={"Retry-After": "1"}))
    ticket_id = stack.file(_COMPLETE)
    stop = threading.Event()
    thread = threading.Thread(target=build_worker(stack.config).run, args=(stop,))
    thread.start()
    ends = datetime.now(UTC) + timedelta(seconds=30)
    while not stack.notes(ticket_id) and datetime.now(UTC) < ends:
        stop.wait(0.1)
    stop.set()
    thread.join()
    assert faults.waiting() == [], "the helpdesk was not busy"
    assert len(stack.notes(ticket_id)) == 1


def test_macros_that_contradict_each_other_make_no_loop(stack: Zendesk) -> None:
    """Two macros that tag the ticket with opposite facts decide nothing, and nothing goes round."""
    for status, tag in (("covered", "yes"), ("not_covered", "no")):
        macro = stack.bindings.macros[f"status:{status}"]
        actions = [
            {"field": "comment_value", "value": "Hello"},
            {"field": "current_tags", "value": f"warranty_third_party_maintenance_{tag} by_macro"},
        ]
        requests.put(
            f"{stack.sandbox.base_url}/api/v2/macros/{macro}.json",
            json={"macro": {"actions": actions}},
            headers={"Authorization": f"Bearer {stack.sandbox.token}"},
            timeout=10,
        ).raise_for_status()
    ticket_id = stack.file(_COMPLETE)
    stack.work()
    assert len(stack.notes(ticket_id)) == 1
    assert stack.deliveries() == 1
    assert "by_macro" in stack.ticket(ticket_id)["tags"]
    assert "warranty_third_party_maintenance_yes" not in stack.ticket(ticket_id)["tags"]


def test_a_ticket_that_is_gone_is_set_aside(stack: Zendesk) -> None:
    """A deleted ticket is for a person, not for another try."""
    ticket_id = stack.file(_COMPLETE)
    requests.delete(
        f"{stack.sandbox.base_url}/api/v2/tickets/{ticket_id}.json",
        headers={"Authorization": f"Bearer {stack.sandbox.token}"},
        timeout=10,
    ).raise_for_status()
    stack.work()
    assert stack.set_aside() == 1
