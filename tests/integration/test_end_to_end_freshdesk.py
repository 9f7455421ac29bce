"""The whole path on Freshdesk, with nothing faked on our side: helpdesk, automation rule, webhook,
store, worker, REST."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from integration import budgets_accounts, catalogue, due_dates, reviewing
from integration.backfills import Backfills
from integration.connections import freshdesk_account
from integration.doctor import examine
from integration.forget import forget
from integration.helpdesks import Ticket, TicketRef
from integration.helpdesks.freshdesk import FreshdeskHelpdesk
from integration.jobs import Jobs
from integration.records import Records
from integration.sandbox.faults import Fault
from integration.sandbox.freshdesk import Options
from integration.vendors import FRESHDESK
from tests.integration.place_freshdesk import FreshdeskPlace
from tests.integration.stack import Stack, stacked

TODAY = datetime.now(UTC).date()
COMPLETE = {
    "purchase_date": (TODAY - timedelta(days=90)).isoformat(),
    "purchase_country": "DE",
    "claim_country": "DE",
    "order_number": "SO-1",
    "problem": "quality_defect",
    "defect_evidence": "verified",
    "troubleshooting": "documented",
}
ENDS = (TODAY - timedelta(days=90)).replace(year=(TODAY - timedelta(days=90)).year + 1)
TICKET = r"/api/v2/tickets/\d+"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One account for all tests that leave it as it is; each files tickets of its own."""
    folder = tmp_path_factory.mktemp("freshdesk")
    with pytest.MonkeyPatch.context() as patch, stacked(folder, patch, "freshdesk") as running:
        yield running


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """An account for one test, which may change it."""
    with stacked(tmp_path, monkeypatch, "freshdesk") as running:
        yield running


def place(stack: Stack) -> FreshdeskPlace:
    found = stack.place
    assert isinstance(found, FreshdeskPlace)
    return found


def simple(ticket: int) -> bytes:
    """A body as the rule's own editor makes it ("Simple")."""
    return json.dumps({"freshdesk_webhook": {"ticket_id": ticket}}).encode()


def advanced(ticket: int) -> bytes:
    """A body as ours is ("Advanced")."""
    told = {"v": "1", "installation": "main", "event": "ticket_changed", "ticket_id": str(ticket)}
    return json.dumps(told).encode()


def kept(stack: Stack, ticket: int) -> list[Any]:
    with stack.store() as store:
        return Records(store).of("main", str(ticket))


def set_aside(stack: Stack) -> set[str]:
    """The tickets that wait for a person."""
    with stack.store() as store:
        return {one.ticket_id for one in Jobs(store).waiting()}


# -- there and back --------------------------------------------------------------------------------


def test_a_ticket_filed_is_a_verdict_written_back(stack: Stack) -> None:
    """Field by field: outcome by its labels, tags beside the others', one private note with the
    canned response's words, nothing public; status, type and due dates are left."""
    ticket = stack.file(COMPLETE, tags=["vip"])
    before = place(stack).sandbox.account.ticket(ticket)
    due = (before.due_by, before.fr_due_by)
    stack.work()
    outcome = stack.outcome(ticket)
    stamp = str(outcome.pop("stamp"))
    assert outcome == {
        "verdict": "warranty_covered",
        "freight_payer": "warranty_freight_soocas",
        "warranty_end": ENDS.isoformat(),
        "claim_deadline": ENDS.isoformat(),
    }
    native = before.custom[stack.bindings.fields["verdict"]]
    assert native == "Covered", "an agent reads the label"
    assert stamp.startswith("wd1 verdict=covered freight_payer=soocas ")
    assert stack.place.tags(ticket) == {"vip", "warranty_covered", "warranty_freight_soocas"}
    (note,) = stack.place.notes(ticket)
    assert "COVERED · replacement by the same model · freight: SOOCAS" in note
    assert "Hello Customer" in note
    assert "Your product is covered by the SOOCAS limited warranty" in note
    assert "{{" not in note
    assert stack.place.replies(ticket) == []
    assert place(stack).mails(ticket) == []
    assert before.attributes["status"] == 2
    assert (before.due_by, before.fr_due_by) == due


def test_an_agents_edit_is_followed(stack: Stack) -> None:
    """A field changed on the page runs the rule on updates; verdict, tags and note follow."""
    ticket = stack.file({**COMPLETE, "defect_evidence": None})
    stack.work()
    assert stack.verdict(ticket) == "needs_information"
    stack.edit(ticket, defect_evidence="verified")
    stack.work()
    assert stack.verdict(ticket) == "covered"
    assert len(stack.place.notes(ticket)) == 2
    assert stack.ours(ticket) == {"warranty_covered", "warranty_freight_soocas"}


def test_the_apps_own_update_does_not_go_round(stack: Stack) -> None:
    """Though rules run for what the API changes: none of ours listens to what the app writes."""
    assert stack.place.sandbox.account.options.api_updates_trigger
    before = stack.place.delivered()
    stack.file(COMPLETE)
    assert stack.place.delivered() == before + 1
    stack.work()
    assert stack.place.delivered() == before + 1


def test_a_rule_that_listens_to_every_update_ends_with_the_stamp(fresh: Stack) -> None:
    """Where an account takes our rule only for any update, the app's own starts it once more; that
    review sends nothing, and so it ends."""
    account = place(fresh).sandbox.account
    with account.lock:
        for rule in account.shelf("rules").values():
            if rule["rule_type"] == 4:
                rule["events"] = [{"field_name": "ticket_action", "value": "update"}]
    ticket = fresh.file(COMPLETE)
    fresh.work()
    assert fresh.place.delivered() > 1
    assert len(place(fresh).written(ticket)) == 2, "the note and the update"
    assert len(fresh.place.notes(ticket)) == 1


@pytest.mark.parametrize("body", [simple, advanced])
def test_the_same_webhook_again_is_recognised(stack: Stack, body: Any) -> None:
    """There is no delivery id in either form: each is accepted, and the ticket's stamp tells that
    all is done. One reading, and nothing is sent."""
    ticket = stack.file(COMPLETE)
    stack.work()
    before = stack.outcome(ticket), stack.place.notes(ticket)
    answers = [stack.post(body(ticket)) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {202}
    stack.work()
    assert (stack.outcome(ticket), stack.place.notes(ticket)) == before
    assert len(place(stack).written(ticket)) == 2, "the note and the update"
    assert [one.record.did for one in kept(stack, ticket)] == ["unchanged", "written"]


def test_a_rule_in_the_simple_form_serves_as_well(fresh: Stack) -> None:
    """An admin who clicks the rule together picks the ticket's number and types the header."""
    account = place(fresh).sandbox.account
    with account.lock:
        for rule in account.shelf("rules").values():
            for action in rule["actions"]:
                settings = action.get("content") or action
                settings = settings if "content_layout" in settings else action
                settings["content_layout"] = "1"
                settings["content"] = {"ticket_id": "{{ticket.id}}"}
    ticket = fresh.file(COMPLETE)
    (delivery,) = place(fresh).deliveries()
    assert json.loads(delivery["body"]) == {"freshdesk_webhook": {"ticket_id": str(ticket)}}
    assert delivery["state"] == "delivered"
    fresh.work()
    assert fresh.verdict(ticket) == "covered"


def test_what_is_not_sound_changes_nothing(stack: Stack) -> None:
    """No secret, a wrong one, one of another length, two; a cut, a strange and a huge body."""
    ticket = stack.file(COMPLETE)
    stack.work()
    before, sound = stack.outcome(ticket), advanced(ticket)
    secret = stack.place.installation.signing_secrets[0]
    other = json.dumps({"v": "1", "installation": "other", "ticket_id": "1"}).encode()
    answers = [
        stack.post(sound, **{"X-Webhook-Secret": ""}),
        stack.post(sound, **{"X-Webhook-Secret": secret[:-1] + "x"}),
        stack.post(sound, **{"X-Webhook-Secret": secret + "x"}),
        stack.post(sound, **{"X-Webhook-Secret": f"{secret}, {secret}"}),
        stack.post(sound[:-10]),
        stack.post(other),
        stack.post(b" " * 10_000_000),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 400, 400, 413]
    for answer in answers:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert secret not in answer.text
    assert stack.due() == 0
    assert stack.outcome(ticket) == before


@pytest.mark.parametrize("told", [True, False])
def test_the_doctor_finds_everything_in_order(stack: Stack, told: bool) -> None:
    """Rules, fields, canned responses, clock and access, as put in place; also where the app has
    not been told its own address."""
    one = stack.place.installation
    with stack.store() as store:
        url = stack.url if told else None
        checks = examine(one, freshdesk_account(one), store, url=url)
    found = {check.key: check.state for check in checks}
    for apart in ("workers", "limits"):  # none is at work now, and they are out of the way
        found.pop(apart)
    assert {key for key, state in found.items() if state == "poor"} == set()
    assert {key for key in found if key.startswith("trigger:")} >= {
        "trigger:ticket_created",
        "trigger:ticket_changed",
    }


def test_no_rule_is_deleted_that_may_be_another_service_s(stack: Stack) -> None:
    """Where the app has not been told its own address, its rules are found in order, and left to be
    deleted by hand: another service's for the same installation look alike."""
    one = stack.place.installation
    office = FRESHDESK.office(one, freshdesk_account(one), None)
    steps = office.take_away(stack.bindings, dry_run=True).steps
    rules = [step for step in steps if step.what.startswith("trigger:")]
    assert {step.action for step in rules} == {"left"}
    assert all("WARRANTY_URL" in step.why for step in rules)
    office = FRESHDESK.office(one, freshdesk_account(one), stack.url)
    steps = office.take_away(stack.bindings, dry_run=True).steps
    rules = [step for step in steps if step.what.startswith("trigger:")]
    assert {step.action for step in rules} == {"deleted"}


# -- people are in charge --------------------------------------------------------------------------


def test_a_verdict_set_by_hand_stands(stack: Stack) -> None:
    """What an agent picked in the verdict field is never overwritten, nor is a tag of theirs."""
    ticket = stack.file(COMPLETE)
    stack.work()
    stack.place.change(ticket, {"verdict": "needs_review"}, come=["escalated"])
    stack.edit(ticket, problem="dropped")
    stack.work()
    assert stack.verdict(ticket) == "needs_review"
    assert {"escalated", "warranty_needs_review"} <= stack.place.tags(ticket)
    assert "left as it is" in stack.place.notes(ticket)[-1]


def test_an_override_by_an_agent_stands(stack: Stack) -> None:
    """The agent decides otherwise; the app carries it out, says so once, and keeps off."""
    ticket = stack.file({**COMPLETE, "problem": "dropped"})
    stack.work()
    stack.edit(ticket, agent_decision="covered", agent_decision_reason="<b>Goodwill</b>")
    stack.work()
    stack.edit(ticket, problem="water_damage")
    stack.work()
    assert stack.verdict(ticket) == "covered"
    notes = stack.place.notes(ticket)
    assert len(notes) == 2
    assert "&lt;b&gt;Goodwill&lt;/b&gt;" in notes[1]


def test_a_save_between_reading_and_writing_is_decided_anew(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Freshdesk checks no version; the app reads once more before it writes, and finds out."""
    ticket = stack.file({**COMPLETE, "defect_evidence": None})
    read, meddled = FreshdeskHelpdesk.get, []

    def get(desk: FreshdeskHelpdesk, ref: TicketRef) -> Ticket:
        found = read(desk, ref)
        if not meddled:
            meddled.append(ref)
            stack.place.change(ticket, {"defect_evidence": "verified"}, come=["escalated"])
        return found

    monkeypatch.setattr(FreshdeskHelpdesk, "get", get)
    stack.work()
    assert stack.verdict(ticket) == "covered"
    assert "escalated" in stack.place.tags(ticket)
    (note,) = stack.place.notes(ticket)
    assert "COVERED" in note


def test_a_canned_response_reworded_by_an_admin_counts(fresh: Stack) -> None:
    """The suggested reply is what the account's words are today; what cannot be filled in keeps the
    words from being suggested, and never goes out as it stands."""
    account = place(fresh).sandbox.account
    with account.lock:
        row = account.find("canned", int(fresh.bindings.macros["status:covered"]))
        row["content_html"] = row["content"] = "<p>Good news for {{ticket.id}}!</p>"
    ticket = fresh.file(COMPLETE)
    fresh.work()
    assert f"Good news for {ticket}!" in fresh.place.notes(ticket)[0]
    with account.lock:
        row["content_html"] = row["content"] = "<p>Dear {{ticket.requester.shoe_size}}</p>"
    other = fresh.file({**COMPLETE, "order_number": "SO-2"})
    fresh.work()
    (note,) = fresh.place.notes(other)
    assert "Dear" not in note
    assert "shoe_size" not in note
    assert "Warranty: covered" in note, "the canned response that could not be used is named"


# -- what is said to customers ---------------------------------------------------------------------


def test_a_reply_goes_out_once_where_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the note that announces it; a lost answer sends it no second time."""
    settings = {"public_replies": frozenset({"needs_information"})}
    with stacked(tmp_path, monkeypatch, "freshdesk", **settings) as stack:
        ticket = stack.file({})
        stack.place.faults.add(Fault(f"{TICKET}/reply", "POST", status=502, applied=True))
        stack.work()
        (reply,) = stack.place.replies(ticket)
        assert "What is the order number" in reply
        said = place(stack).said(ticket)
        assert [row["private"] for row in said] == [True, False]
        (mail,) = place(stack).mails(ticket)
        assert mail["to"] == [f"customer{stack.filed}@example.com"]
        assert stack.place.faults.waiting() == []
        stack.post(advanced(ticket))
        stack.work()
        assert len(stack.place.replies(ticket)) == 1


# -- due dates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new_sla", "became", "stays"),
    [
        ("off", "applied", True),
        ("respects", "applied", True),
        ("recalculates", "substituted", False),
    ],
)
def test_due_dates_are_set_and_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_sla: Any, became: str, stays: bool
) -> None:
    """Both due dates are written with the verdict. Some time later the ticket is read again and it
    is kept what the account made of them; the app's own date field holds the day whatever that is.
    """
    monkeypatch.setattr(due_dates, "LOOK_AGAIN", timedelta(0))
    options = Options(limited=False, new_sla=new_sla)
    with stacked(tmp_path, monkeypatch, "freshdesk", options, due_date_tasks=True) as stack:
        account = place(stack).sandbox.account
        ticket = stack.file(COMPLETE)
        account.shift(60)  # a new ticket's own times are there
        assert stack.place.idle()
        stack.work()
        assert [one.record.outcome for one in kept(stack, ticket)] == [{"due": "pending_check"}]
        wanted = datetime(ENDS.year, ENDS.month, ENDS.day, 23, 59, 59, tzinfo=UTC)
        assert account.ticket(ticket).due_by == wanted
        with stack.store() as store:
            shown = Jobs(store).show("main", str(ticket))
        assert shown is not None
        assert shown.due_at is not None
        assert shown.due_at < datetime.now(UTC) + timedelta(minutes=2), "it is to be looked at"
        account.shift(60)
        assert stack.place.idle()
        with stack.store() as store:
            Jobs(store).make_due("main", str(ticket), reason="date reached")
        stack.work()
        newest, *_ = kept(stack, ticket)
        assert (newest.record.did, newest.record.outcome) == ("unchanged", {"due": became})
        assert (account.ticket(ticket).due_by == wanted) is stays
        assert stack.outcome(ticket)["claim_deadline"] == ENDS.isoformat()
        assert len(place(stack).written(ticket)) == 2, "the note and one update"


def test_a_refused_due_date_withholds_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a status in which the SLA's clock stands, an account refuses it: all else is written, and
    the refusal is kept."""
    options = Options(limited=False, statuses=("Waiting for a courier",))
    with stacked(tmp_path, monkeypatch, "freshdesk", options, due_date_tasks=True) as stack:
        ticket = stack.file(COMPLETE)
        refusal = {"field": "due_by", "message": "no", "code": "incompatible_field"}
        body = {"description": "Validation failed", "errors": [refusal]}
        stack.place.faults.add(Fault(TICKET, "PUT", status=400, body=body))
        stack.work()
        assert stack.verdict(ticket) == "covered"
        assert kept(stack, ticket)[0].record.outcome == {"due": "rejected"}
        assert len(stack.place.notes(ticket)) == 1


# -- what goes wrong -------------------------------------------------------------------------------


READ, WRITE, NOTE = (TICKET, "GET"), (TICKET, "PUT"), (f"{TICKET}/notes", "POST")
FAULTS = {
    "no answer": {"cut": True},
    "no answer, carried out": {"cut": True, "applied": True},
    "half an answer": {"half": True},
    "500": {"status": 500},
    "502, carried out": {"status": 502, "applied": True, "body": "<html>Bad gateway"},
    "429": {"status": 429, "headers": {"Retry-After": "1"}},
    "garbage, carried out": {"status": 200, "applied": True, "body": "<html>garbage"},
    "409": {"status": 409, "body": {"code": "inconsistent_state", "message": "x"}},
}


@pytest.mark.parametrize(
    ("where", "name"),
    [*((WRITE, name) for name in FAULTS), *((NOTE, name) for name in FAULTS), (READ, "500")],
)
def test_wherever_it_fails_it_is_resumed_and_never_doubled(
    stack: Stack, where: tuple[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between note and update, before and after: the next try ends with one note and one state."""
    monkeypatch.setattr(reviewing, "_LEAST_REST", 0.0)
    monkeypatch.setattr(reviewing.Retry, "wait", lambda *_: 0.01)
    monkeypatch.setattr(budgets_accounts, "_PAUSES", dict.fromkeys(budgets_accounts._PAUSES, 0))
    ticket = stack.file({**COMPLETE, "serial_number": name})
    stack.place.faults.add(Fault(*where, **FAULTS[name]))
    stack.work(lambda: bool(kept(stack, ticket)) and not stack.due())
    assert stack.place.faults.waiting() == []
    assert stack.verdict(ticket) == "covered"
    assert stack.ours(ticket) == {"warranty_covered", "warranty_freight_soocas"}
    assert len(stack.place.notes(ticket)) == 1
    assert stack.place.replies(ticket) == []
    stack.post(advanced(ticket))
    stack.work()
    assert kept(stack, ticket)[0].record.did == "unchanged"


def test_a_ticket_that_cannot_be_reviewed_is_set_aside(stack: Stack) -> None:
    """A field of ours that an account does not know any more refuses the update: tag and note on
    the ticket say so. The next review that goes well takes the tag away."""
    ticket = stack.file(COMPLETE)
    name = stack.bindings.fields["warranty_end"]
    fault = {"field": name, "message": "Unexpected/invalid field", "code": "invalid_field"}
    body = {"description": "Validation failed", "errors": [fault]}
    stack.place.faults.add(Fault(TICKET, "PUT", status=400, body=body))
    stack.work()
    assert set_aside(stack) == {str(ticket)}
    assert catalogue.SET_ASIDE_TAG in stack.place.tags(ticket)
    note = stack.place.notes(ticket)[-1]
    assert "SET ASIDE" in note
    assert "warranty install" in note
    assert stack.verdict(ticket) is None
    stack.edit(ticket, order_number="SO-2")
    stack.work()
    assert catalogue.SET_ASIDE_TAG not in stack.place.tags(ticket)
    assert stack.verdict(ticket) == "covered"
    assert set_aside(stack) == set()


def test_a_ticket_that_is_gone_is_set_aside(stack: Stack) -> None:
    """A deleted ticket is for a person, not for another try."""
    ticket = stack.file(COMPLETE)
    stack.place.delete(ticket)
    stack.work()
    assert str(ticket) in set_aside(stack)
    with stack.store() as store:
        assert Jobs(store).drop("main", str(ticket))


def test_a_deadline_that_comes_near_is_told_of(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tag and one private note; another review says nothing more."""
    ticket = stack.file({**COMPLETE, "problem": None})
    stack.work()
    assert catalogue.DEADLINE_NEAR_TAG not in stack.place.tags(ticket)
    one = replace(stack.config.installations["main"], deadline_near_days=365)
    monkeypatch.setattr(stack, "config", replace(stack.config, installations={"main": one}))
    for _ in range(2):
        stack.post(advanced(ticket))
        stack.work()
        assert catalogue.DEADLINE_NEAR_TAG in stack.place.tags(ticket)
        assert len(stack.place.notes(ticket)) == 2
    assert "DEADLINE" in stack.place.notes(ticket)[-1]
    assert stack.place.replies(ticket) == []


def test_what_is_kept_of_a_ticket_is_forgotten(stack: Stack) -> None:
    """By its number, or by its requester's: nothing is left, and the ticket stays as it is."""
    ticket = stack.file(COMPLETE)
    stack.work()
    requester = str(place(stack).sandbox.account.ticket(ticket).attributes["requester_id"])
    assert kept(stack, ticket)[0].record.requester == requester
    with stack.store() as store:
        jobs, records = Jobs(store), Records(store)
        gone = forget(store, jobs, records, "main", requester=requester, backfills=Backfills(store))
        assert gone.tickets == (str(ticket),)
        assert gone.records == 1
        assert jobs.show("main", str(ticket)) is None
    assert kept(stack, ticket) == []
    assert stack.verdict(ticket) == "covered"
