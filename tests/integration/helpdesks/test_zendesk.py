"""A ticket read, changed by one PUT and read back, as Zendesk does it."""

from __future__ import annotations

import copy
import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import responses
from markupsafe import Markup

from integration import errors
from integration.helpdesks import (
    Bindings,
    Change,
    Due,
    Helpdesk,
    Message,
    Part,
    Phase,
    Ticket,
    TicketRef,
)
from integration.helpdesks.zendesk import Account, ZendeskHelpdesk, connect

API = "https://acme.zendesk.com/api/v2"
URL = f"{API}/tickets/4016.json"
REF = TicketRef("inst", "4016")
Updates = Callable[..., list[dict[str, Any]]]

NOTE = Message("private_note", Markup("<p>Covered &amp; done</p>"), "note-1")
REPLY = Message("public_reply", Markup("<p>Dear customer</p>"), "reply-1")


@pytest.fixture
def base(zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any]) -> Ticket:
    zendesk.get(URL, json={"ticket": ticket})
    return desk.get(REF)


def read(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any], **changes: Any
) -> Ticket:
    zendesk.get(URL, json={"ticket": ticket | changes})
    return desk.get(REF)


def value_sent(body: dict[str, Any], native_id: int) -> object:
    return next(f["value"] for f in body["custom_fields"] if f["id"] == native_id)


def test_it_is_a_helpdesk(desk: ZendeskHelpdesk) -> None:
    """The adapter fits the port, and says what Zendesk can do."""
    port: Helpdesk = desk
    assert port.capabilities().webhook_proof == "hmac"
    assert port.capabilities().version_check
    assert port.capabilities().atomic_change_and_message


# -- reading --------------------------------------------------------------------------------------


def test_get(base: Ticket) -> None:
    """A ticket is read with our keys, our options, UTC times and the version to write against;
    a bound field it does not have is absent, an empty one is None, an unknown option stays."""
    assert base.ref == REF
    assert (base.phase, base.native_status, base.kind) == (Phase.OPEN, "open", "question")
    assert base.fields == {
        "verdict": "needs",
        "note": None,
        "bought": "2026-01-31",
        "sealed": True,
        "proof": ("web", "p_other"),
    }
    assert base.tags == {"vip", "v_needs"}
    assert base.due_at is None
    assert base.created_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert base.updated_at == datetime(2026, 11, 23, 9, 15, 4, tzinfo=UTC)
    assert base.version == "2026-11-23T09:15:04Z"


def test_get_is_one_request(zendesk: responses.RequestsMock, base: Ticket) -> None:
    """Reading a ticket is one request: no requester, group or organisation is fetched along."""
    assert base
    assert [c.request.url for c in zendesk.calls] == [URL]


def test_get_is_never_from_a_cache(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any]
) -> None:
    """Read twice, asked twice: the second answer is the newest state."""
    assert read(zendesk, desk, ticket).phase is Phase.OPEN
    zendesk.replace(responses.GET, URL, json={"ticket": ticket | {"status": "solved"}})
    assert desk.get(REF).phase is Phase.SOLVED
    assert len(zendesk.calls) == 2


@pytest.mark.parametrize("phase", list(Phase))
def test_phases(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any], phase: Phase
) -> None:
    """Each status has its phase; one we do not know is 'other', with its own name kept."""
    status = "archived?" if phase is Phase.OTHER else phase.value
    got = read(zendesk, desk, ticket, status=status)
    assert (got.phase, got.native_status) == (phase, status)


def test_due_date_and_offsets(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any]
) -> None:
    """Times with another offset are turned into UTC."""
    got = read(zendesk, desk, ticket, type="task", due_at="2026-11-30T18:00:00+01:00")
    assert got.due_at == datetime(2026, 11, 30, 17, tzinfo=UTC)
    assert got.due_at is not None
    assert got.due_at.tzinfo is UTC


def test_deleted_is_not_found(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any]
) -> None:
    """A ticket that is deleted, or that we may not see, is NotFound."""
    with pytest.raises(errors.NotFound):
        read(zendesk, desk, ticket, status="deleted")
    zendesk.replace(responses.GET, URL, status=404, json={"error": "RecordNotFound"})
    with pytest.raises(errors.NotFound):
        desk.get(REF)


def test_tickets_are_read_ahead_in_one_request(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any]
) -> None:
    """Several tickets come by one request; each is good for one reading, and the next is anew. What
    was not in the answer is asked for by itself, and so is an entry that makes no sense."""
    refs = [TicketRef(REF.installation, number) for number in ("4016", "4017", "4018")]
    many = URL.replace("4016", "show_many")
    rows = [ticket, {"id": 4018, "status": 7, "updated_at": ticket["updated_at"]}, None]
    zendesk.get(f"{many}?ids=4016,4017,4018", json={"tickets": rows})
    desk.read_ahead(refs)
    assert desk.get(refs[0]).ref == REF
    assert len(zendesk.calls) == 1
    zendesk.get(URL, json={"ticket": ticket | {"status": "solved"}})
    assert desk.get(refs[0]).phase is Phase.SOLVED
    zendesk.get(URL.replace("4016", "4017"), status=404, json={"error": "RecordNotFound"})
    with pytest.raises(errors.NotFound):
        desk.get(refs[1])
    with pytest.raises(errors.Unavailable):
        desk.get(refs[2])
    assert len(zendesk.calls) == 3


def test_what_was_changed_just_now_is_not_read_ahead(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any]
) -> None:
    """A version counts whole seconds: another change within the same one would go unnoticed until
    the ticket is written, seconds later. It is read when it is needed."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    many = URL.replace("4016", "show_many")
    zendesk.get(many, json={"tickets": [ticket | {"updated_at": now}]})
    zendesk.get(URL, json={"ticket": ticket})
    desk.read_ahead([REF])
    assert desk.get(REF).version == ticket["updated_at"]


@pytest.mark.parametrize("how", [{"status": 500}, {"status": 429}, {"json": []}, {"json": {}}])
def test_what_cannot_be_read_ahead_is_read_by_itself(
    zendesk: responses.RequestsMock,
    desk: ZendeskHelpdesk,
    ticket: dict[str, Any],
    how: dict[str, Any],
) -> None:
    """Reading ahead fails nobody: each ticket is then asked for by itself."""
    zendesk.get(URL.replace("4016", "show_many"), **how)
    zendesk.get(URL, json={"ticket": ticket})
    desk.read_ahead([REF, TicketRef(REF.installation, "4017")])
    assert desk.get(REF).ref == REF


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"ticket": None},
        {"ticket": []},
        {"ticket": {"id": 4016}},
        {"tickets": []},
        {"ticket": {"id": "x", "status": 5, "created_at": "yesterday"}},
        {"count": 1},
    ],
)
def test_nonsense_is_unavailable(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, answer: object
) -> None:
    """A sound answer without a sound ticket is 'not now', and nothing of zenpy's or Python's."""
    zendesk.get(URL, json=answer)
    with pytest.raises(errors.Unavailable):
        desk.get(REF)


def test_refs_are_checked(desk: ZendeskHelpdesk) -> None:
    """A ticket of another installation is our mistake; a name that is no number is not found.
    Nothing is sent for either."""
    with pytest.raises(ValueError, match="another installation"):
        desk.get(TicketRef("other", "4016"))
    with pytest.raises(errors.NotFound):
        desk.get(TicketRef("inst", "../users/me"))


# -- one PUT --------------------------------------------------------------------------------------


def test_everything_in_one_put(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, base: Ticket, updates: Updates
) -> None:
    """Fields, tags, deadline, note, effects and remarks go in one PUT against the version read,
    with nothing in it that was not asked for; and each part is reported."""
    sent = updates()
    done = desk.apply(
        base,
        Change(
            fields={"verdict": "covered", "note": "W-12", "bought": None, "sealed": False},
            add_tags=frozenset({"wd_covered"}),
            remove_tags=frozenset({"wd_none"}),
            due=Due(datetime(2026, 11, 30, 18, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))),
            native={"priority": "high", "custom_field:77": "theirs"},
            macro_id="7",
            audit={"app": "warranty", "policy": "7"},
        ),
        [NOTE],
    )
    assert sent == [
        {
            "safe_update": True,
            "updated_stamp": "2026-11-23T09:15:04Z",
            "custom_fields": [
                {"id": 1, "value": "v_covered"},
                {"id": 2, "value": "W-12"},
                {"id": 3, "value": None},
                {"id": 4, "value": False},
                {"id": 77, "value": "theirs"},
            ],
            "priority": "high",
            "tags": ["v_covered", "vip", "wd_covered"],
            "type": "task",
            "due_at": "2026-11-30T17:00:00Z",
            "comment": {"html_body": "<p>Covered &amp; done</p>", "public": False},
            "metadata": {"app": "warranty", "policy": "7", "message": "note-1"},
            "macro_id": 7,
        }
    ]
    assert [c.request.method for c in zendesk.calls] == ["GET", "PUT"]
    assert {part: how for part, (how, _) in done.parts.items()} == {
        "field:verdict": Part.APPLIED,
        "field:note": Part.APPLIED,
        "field:bought": Part.APPLIED,
        "field:sealed": Part.APPLIED,
        "native:priority": Part.APPLIED,
        "native:custom_field:77": Part.APPLIED,
        "tags": Part.APPLIED,
        "due": Part.APPLIED,
        "message:0": Part.APPLIED,
    }
    assert done.ticket is not None
    assert done.ticket.version == "2026-11-23T09:20:00Z"
    assert done.ticket.fields["verdict"] == "covered"


def test_nothing_to_do_sends_nothing(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, base: Ticket
) -> None:
    """What is so already is not sent, and an audit remark or a macro's name alone is no reason
    to write."""
    assert desk.apply(base, Change()).parts == {}
    done = desk.apply(
        base,
        Change(
            fields={"verdict": "needs", "note": "", "proof": ("p_other", "web")},
            add_tags=frozenset({"vip"}),
            remove_tags=frozenset({"never_there"}),
            due=Due(None),
            macro_id="7",
            audit={"app": "warranty"},
        ),
    )
    assert {how for how, _ in done.parts.values()} == {Part.UNCHANGED}
    assert set(done.parts) == {"field:verdict", "field:note", "field:proof", "tags", "due"}
    assert done.ticket is base
    assert [c.request.method for c in zendesk.calls] == ["GET"]


def test_only_what_differs_is_sent(desk: ZendeskHelpdesk, base: Ticket, updates: Updates) -> None:
    """Of two fields, one of which is so already, only the other is in the PUT."""
    sent = updates()
    done = desk.apply(base, Change(fields={"verdict": "needs", "note": "x"}))
    assert sent[0] == {
        "safe_update": True,
        "updated_stamp": "2026-11-23T09:15:04Z",
        "custom_fields": [{"id": 2, "value": "x"}],
    }
    assert done.parts["field:verdict"][0] is Part.UNCHANGED


def test_clearing_sends_null(desk: ZendeskHelpdesk, base: Ticket, updates: Updates) -> None:
    """Clearing a field is a null on the wire, not a value left out."""
    sent = updates()
    done = desk.apply(base, Change(fields={"bought": None}))
    assert sent[0]["custom_fields"] == [{"id": 3, "value": None}]
    assert done.parts["field:bought"][0] is Part.APPLIED


@pytest.mark.parametrize("change", [Change(fields={"colour": "x"})])
def test_unbound_keys_are_field_gone(desk: ZendeskHelpdesk, base: Ticket, change: Change) -> None:
    """A key that is bound to nothing, or an option that the field lacks, stops the write before
    anything is sent."""
    with pytest.raises(errors.FieldGone, match="colour"):
        desk.apply(base, change)
    with pytest.raises(errors.FieldGone, match="refused"):
        desk.apply(base, Change(fields={"verdict": "refused"}), [NOTE])


# -- tags -----------------------------------------------------------------------------------------


def test_others_tags_are_kept(desk: ZendeskHelpdesk, base: Ticket, updates: Updates) -> None:
    """The list is sent whole, so whoever's tags were there stay."""
    sent = updates()
    desk.apply(base, Change(add_tags=frozenset({"wd_new"})))
    assert sent[0]["tags"] == ["v_needs", "vip", "wd_new"]


def test_tags_follow_a_choice(desk: ZendeskHelpdesk, base: Ticket, updates: Updates) -> None:
    """When a choice goes from one option to another, the list loses the old one's tag and gains
    the new one's; otherwise the list would undo the field."""
    sent = updates()
    desk.apply(base, Change(fields={"verdict": "covered"}, add_tags=frozenset({"wd_new"})))
    assert sent[0]["tags"] == ["v_covered", "vip", "wd_new"]


def test_choice_without_tags_leaves_the_list_alone(
    desk: ZendeskHelpdesk, base: Ticket, updates: Updates
) -> None:
    """Where only a choice changes, no list is sent: Zendesk mirrors the option itself."""
    sent = updates()
    desk.apply(base, Change(fields={"verdict": "covered"}))
    assert "tags" not in sent[0]


def test_cleared_choice_takes_its_tag_along(
    desk: ZendeskHelpdesk, base: Ticket, updates: Updates
) -> None:
    """Clearing a choice drops its tag from the list, which would bring the option back."""
    sent = updates()
    desk.apply(base, Change(fields={"verdict": None}, add_tags=frozenset({"wd_new"})))
    assert sent[0]["tags"] == ["vip", "wd_new"]


def test_a_removed_tag_never_blanks_a_choice(
    desk: ZendeskHelpdesk, base: Ticket, updates: Updates
) -> None:
    """The tag of an option that stays chosen is not removed, even where that is asked."""
    sent = updates()
    desk.apply(base, Change(add_tags=frozenset({"wd_x"}), remove_tags=frozenset({"v_needs"})))
    assert sent[0]["tags"] == ["v_needs", "vip", "wd_x"]


def test_several_options_and_unknown_ones(
    zendesk: responses.RequestsMock,
    desk: ZendeskHelpdesk,
    ticket: dict[str, Any],
    updates: Updates,
) -> None:
    """A choice of several is handled option by option; one of an admin's own is its own tag."""
    base = read(zendesk, desk, ticket, tags=["vip", "v_needs", "p_web", "p_other"])
    sent = updates()
    desk.apply(base, Change(fields={"proof": ("paper",)}, add_tags=frozenset({"wd_x"})))
    assert value_sent(sent[0], 5) == ["p_paper"]
    assert sent[0]["tags"] == ["p_paper", "v_needs", "vip", "wd_x"]


def test_a_macros_choice_keeps_its_tag(
    zendesk: responses.RequestsMock,
    desk: ZendeskHelpdesk,
    ticket: dict[str, Any],
    updates: Updates,
) -> None:
    """A choice that is not ours, set by a macro, goes from tag to tag as well; a text that is no
    tag leaves the tags alone."""
    ticket["custom_fields"].append({"id": 88, "value": "tier_1"})
    base = read(zendesk, desk, ticket, tags=["vip", "tier_1"])
    sent = updates()
    desk.apply(
        base,
        Change(
            add_tags=frozenset({"wd_x"}),
            native={"custom_field:88": "tier_2", "custom_field:77": "new words"},
        ),
    )
    assert sent[0]["tags"] == ["tier_2", "vip", "wd_x"]


def test_lost_tags_are_reported(desk: ZendeskHelpdesk, base: Ticket, updates: Updates) -> None:
    """A tag that Zendesk did not keep is named."""
    updates(ticket={"tags": ["vip"]})
    how, word = desk.apply(base, Change(add_tags=frozenset({"wd_new"}))).parts["tags"]
    assert how is Part.REJECTED
    assert "wd_new" in word


# -- what Zendesk says 200 to and does not do -----------------------------------------------------


def test_ignored_field_is_rejected(desk: ZendeskHelpdesk, base: Ticket, updates: Updates) -> None:
    """A field that the ticket does not have is reported, not believed."""
    updates()
    done = desk.apply(base, Change(fields={"gone": "x", "note": "y"}))
    assert done.parts["field:gone"][0] is Part.REJECTED
    assert done.parts["field:note"][0] is Part.APPLIED


def test_field_kept_or_replaced(
    desk: ZendeskHelpdesk, base: Ticket, updates: Updates, ticket: dict[str, Any]
) -> None:
    """A value that did not stick is rejected; another value than asked is a substitute."""
    fields = copy.deepcopy(ticket["custom_fields"])
    fields[1]["value"] = "shortened"
    updates(ticket={"custom_fields": fields})
    done = desk.apply(base, Change(fields={"verdict": "covered", "note": "a long text"}))
    assert done.parts["field:verdict"] == (Part.REJECTED, "not kept")
    assert done.parts["field:note"][0] is Part.SUBSTITUTED


def test_effect_not_kept(desk: ZendeskHelpdesk, base: Ticket, updates: Updates) -> None:
    """A macro's effect that did not stick is reported."""
    updates(ticket={"group_id": 1})
    done = desk.apply(base, Change(native={"group_id": 99}))
    assert done.parts["native:group_id"][0] is Part.REJECTED


# -- the deadline ---------------------------------------------------------------------------------


def test_due_is_a_moment_of_a_task(desk: ZendeskHelpdesk, base: Ticket, updates: Updates) -> None:
    """The deadline goes out with its time of day, in UTC, together with the type 'task'."""
    sent = updates()
    done = desk.apply(base, Change(due=Due(datetime(2026, 5, 6, 23, 59, 59, tzinfo=UTC))))
    assert sent[0]["due_at"] == "2026-05-06T23:59:59Z"
    assert sent[0]["type"] == "task"
    assert done.parts["due"][0] is Part.APPLIED


def test_due_is_cleared_by_null(
    zendesk: responses.RequestsMock,
    desk: ZendeskHelpdesk,
    ticket: dict[str, Any],
    updates: Updates,
) -> None:
    """Clearing the deadline is a null on the wire and leaves the type alone."""
    ticket |= {"type": "task", "due_at": "2026-11-30T17:00:00Z"}
    base = read(zendesk, desk, ticket)
    sent = updates()
    done = desk.apply(base, Change(due=Due(None)))
    assert sent[0]["due_at"] is None
    assert "type" not in sent[0]
    assert done.parts["due"][0] is Part.APPLIED


def test_due_unchanged(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any]
) -> None:
    """The deadline that a task has already is not sent again."""
    base = read(zendesk, desk, ticket, type="task", due_at="2026-11-30T17:00:00Z")
    done = desk.apply(base, Change(due=Due(datetime(2026, 11, 30, 17, tzinfo=UTC))))
    assert done.parts == {"due": (Part.UNCHANGED, "already so")}


@pytest.mark.parametrize(
    ("stored", "how"),
    [
        ({"type": "question", "due_at": None}, Part.UNSUPPORTED),
        ({"type": "task", "due_at": None}, Part.REJECTED),
        ({"type": "task", "due_at": "2026-11-30T12:00:00Z"}, Part.SUBSTITUTED),
    ],
)
def test_due_refused(
    desk: ZendeskHelpdesk, base: Ticket, updates: Updates, stored: dict[str, Any], how: Part
) -> None:
    """A deadline that the ticket does not take is reported as that."""
    updates(ticket=stored)
    done = desk.apply(base, Change(due=Due(datetime(2026, 11, 30, 17, tzinfo=UTC))))
    assert done.parts["due"][0] is how


def test_naive_due_is_refused(desk: ZendeskHelpdesk, base: Ticket) -> None:
    """A deadline without a zone could be any of 24 hours: it is not sent."""
    with pytest.raises(ValueError, match="aware"):
        desk.apply(base, Change(due=Due(datetime(2026, 11, 30))))


# -- messages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("message", "public"), [(NOTE, False), (REPLY, True)])
def test_visibility_is_explicit(
    desk: ZendeskHelpdesk, base: Ticket, updates: Updates, message: Message, public: bool
) -> None:
    """A note is said to be private, a reply to be public; neither is left to a default."""
    sent = updates()
    done = desk.apply(base, Change(), [message])
    assert sent[0]["comment"]["public"] is public
    assert done.parts == {"message:0": (Part.APPLIED, "")}


@pytest.mark.parametrize(
    ("answer", "how", "word"),
    [
        ({"events": [{"type": "Comment", "public": True}]}, Part.SUBSTITUTED, "PUBLIC"),
        ({"events": [{"type": "Comment"}]}, Part.SUBSTITUTED, "PUBLIC"),
        ({"events": [{"type": "Change"}]}, Part.REJECTED, "no comment"),
        ({"no_audit": True}, Part.PENDING_CHECK, "no audit"),
    ],
)
def test_a_note_counts_only_if_the_audit_has_it(
    desk: ZendeskHelpdesk,
    base: Ticket,
    updates: Updates,
    answer: dict[str, Any],
    how: Part,
    word: str,
) -> None:
    """A note that is missing, or public, in the audit of the write is never reported as done."""
    updates(**answer)
    got = desk.apply(base, Change(), [NOTE]).parts["message:0"]
    assert got[0] is how
    assert word in got[1]


def test_a_public_note_is_cried_out(
    desk: ZendeskHelpdesk, base: Ticket, updates: Updates, capsys: pytest.CaptureFixture[str]
) -> None:
    """A private note that became public is logged as critical, without its text."""
    updates(events=[{"type": "Comment", "public": True}])
    desk.apply(base, Change(), [NOTE])
    out = "".join(capsys.readouterr())
    assert "private_note_is_public" in out
    assert "Covered" not in out


def test_a_private_reply_is_told(desk: ZendeskHelpdesk, base: Ticket, updates: Updates) -> None:
    """A reply that was stored as private is no reply."""
    updates(events=[{"type": "Comment", "public": False}])
    got = desk.apply(base, Change(), [REPLY]).parts["message:0"]
    assert got[0] is Part.SUBSTITUTED
    assert "not received" in got[1]


def test_two_messages_are_refused(desk: ZendeskHelpdesk, base: Ticket) -> None:
    """Zendesk takes one comment an update; two messages, or an empty one, are our mistake."""
    with pytest.raises(ValueError, match="one comment"):
        desk.apply(base, Change(), [NOTE, REPLY])
    with pytest.raises(ValueError, match="empty"):
        desk.apply(base, Change(), [Message("private_note", Markup("  "), "k")])


# -- refusals of a write --------------------------------------------------------------------------


def test_conflict(zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, base: Ticket) -> None:
    """A ticket that moved on since we read it is a Conflict, and is not written again by itself."""
    zendesk.put(URL, status=409, json={"error": "UpdateConflict", "description": "SECRET"})
    with pytest.raises(errors.Conflict):
        desk.apply(base, Change(fields={"note": "x"}), [NOTE])
    assert [c.request.method for c in zendesk.calls] == ["GET", "PUT"]


def test_invalid_names_our_fields(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, base: Ticket
) -> None:
    """A refused value names the field by our key, with Zendesk's words for it apart."""
    zendesk.put(
        URL,
        status=422,
        json={
            "error": "RecordInvalid",
            "description": "Record validation errors",
            "details": {
                "base": [
                    {"description": "Verdict: is needed", "error": None, "ticket_field_id": 1},
                    {"description": "Something else", "error": "BlankValue"},
                ],
                "tags": [{"description": "contain an invalid tag"}],
            },
        },
    )
    with pytest.raises(errors.Invalid) as caught:
        desk.apply(base, Change(fields={"note": "x"}))
    assert str(caught.value) == "ticket 4016: Zendesk refused base, tags, verdict"
    assert caught.value.fields == {
        "verdict": "Verdict: is needed",
        "base": "Something else",
        "tags": "contain an invalid tag",
    }


@pytest.mark.parametrize(
    "details",
    [
        {"status": [{"description": "Status closed prevents ticket update"}]},
        {"status": [{"description": "O status fechado impede a atualização do ticket"}]},
        {"base": [{"description": "Status: closed prevents ticket update"}]},
    ],
)
def test_closed_is_unwritable(
    zendesk: responses.RequestsMock,
    desk: ZendeskHelpdesk,
    base: Ticket,
    details: dict[str, Any],
) -> None:
    """A ticket that was closed meanwhile is Unwritable, in whatever language Zendesk says it."""
    zendesk.put(URL, status=422, json={"error": "RecordInvalid", "details": details})
    with pytest.raises(errors.Unwritable):
        desk.apply(base, Change(fields={"note": "x"}))


def test_closed_is_not_even_tried(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any]
) -> None:
    """A ticket read as closed is Unwritable without a request."""
    base = read(zendesk, desk, ticket, status="closed")
    with pytest.raises(errors.Unwritable):
        desk.apply(base, Change(fields={"note": "x"}))
    assert desk.apply(base, Change()).parts == {}
    assert len(zendesk.calls) == 1


@pytest.mark.parametrize("answer", [{}, {"ticket": None}, {"ticket": {"id": 4016}}])
def test_unreadable_answer_to_a_write_is_ambiguous(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, base: Ticket, answer: object
) -> None:
    """A 200 that cannot be read may well have written: read before writing again."""
    zendesk.put(URL, json=answer)
    with pytest.raises(errors.Unavailable) as caught:
        desk.apply(base, Change(fields={"note": "x"}), [NOTE])
    assert caught.value.ambiguous


def test_effects_outside_the_whitelist(desk: ZendeskHelpdesk, base: Ticket) -> None:
    """No caller gets a status, a requester or anything else past the whitelist."""
    for name in ("status", "requester_id", "comment", "custom_field:x", "custom_fields"):
        with pytest.raises(ValueError, match="not one that may be set"):
            desk.apply(base, Change(native={name: 1}))


# -- previews -------------------------------------------------------------------------------------

PREVIEW = f"{API}/tickets/4016/macros/7/apply.json"


def preview(zendesk: responses.RequestsMock, **native: Any) -> None:
    zendesk.get(PREVIEW, json={"result": {"ticket": {"id": 4016, "url": "x", **native}}})


def test_preview_is_reduced(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any]
) -> None:
    """Of the whole ticket that a preview is, only what the macro changes and may change is taken:
    no status, no subject, nothing of ours, no null, no tag that is there already."""
    ticket["custom_fields"] += [{"id": 76, "value": "kept"}, {"id": 78, "value": "kept"}]
    after = copy.deepcopy(ticket) | {
        "status": "solved",
        "type": "task",
        "subject": "changed",
        "priority": "high",
        "group_id": 15,
        "assignee_id": 4711,
        "requester_id": 99,
        "tags": ["vip", "v_needs", "from_macro"],
        "comment": {"body": "Dear customer", "public": True, "scoped_body": []},
        "fields": [
            {"id": 1, "value": "v_covered"},
            {"id": 77, "value": "by macro"},
            {"id": 76, "value": None},
            {"id": 78, "value": ""},
            {"id": 79, "value": "theirs"},
        ],
    }
    read(zendesk, desk, ticket)
    preview(zendesk, **after)
    got = desk.render(REF, "7")
    assert got.effects == {
        "priority": "high",
        "group_id": 15,
        "custom_field:77": "by macro",
        "custom_field:79": "theirs",
    }
    assert got.add_tags == {"from_macro"}
    assert got.text == "<p>Dear customer</p>"
    assert got.problem is None
    # The third, since a field of ours differs: was that the macro, or an agent just now?
    assert [c.request.url.endswith("/apply.json") for c in zendesk.calls] == [False, True, False]


def test_a_change_between_reading_and_preview_is_not_the_macros(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any]
) -> None:
    """Within one second ``updated_at`` does not tell: an agent's new choice in the preview would
    pass for what the macro sets, and its tag for one of the macro's."""
    base = read(zendesk, desk, ticket)
    chosen = {"custom_fields": [{"id": 1, "value": "v_covered"}], "tags": ["vip", "v_covered"]}
    preview(zendesk, **chosen)
    ticket["custom_fields"][0]["value"] = "v_covered"
    read_again = f"{API}/tickets/{REF.id}.json"
    zendesk.replace(responses.GET, read_again, json={"ticket": ticket})
    with pytest.raises(errors.Conflict):
        desk.render(base.ref, "7")


def test_preview_then_put_sends_no_nulls(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, base: Ticket, updates: Updates
) -> None:
    """What a preview has as null, or leaves out, does not reach the ticket."""
    preview(zendesk, priority="high", comment={"body": "x", "public": False, "scoped_body": []})
    rendered = desk.render(base.ref, "7")
    sent = updates()
    desk.apply(base, Change(native=rendered.effects, add_tags=rendered.add_tags, macro_id="7"))
    assert sent[0] == {
        "safe_update": True,
        "updated_stamp": "2026-11-23T09:15:04Z",
        "priority": "high",
        "macro_id": 7,
    }


@pytest.mark.parametrize(
    "fields", [{"id": 79, "value": "745"}, [{"id": 79, "value": "745"}], [{"id": 79}, None, 5]]
)
def test_preview_fields_as_object_or_list(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, base: Ticket, fields: Any
) -> None:
    """``fields`` may be one object, as the manual has it, or a list."""
    preview(zendesk, fields=fields)
    effects = desk.render(base.ref, "7").effects
    assert effects == ({} if fields == [{"id": 79}, None, 5] else {"custom_field:79": "745"})


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        (None, None),
        ({"body": None}, None),
        ({"body": "  "}, None),
        ({"body": "<b></b>"}, None),
        ({"body": "a < b & c"}, "<p>a &lt; b &amp; c</p>"),
        ({"body": "one\ntwo\n\nthree"}, "<p>one<br>two</p><p>three</p>"),
        (
            {"body": "x", "scoped_body": [["channel:web", "web"], ["channel:all", "all"]]},
            "<p>all</p>",
        ),
        ({"body": "x", "scoped_body": [["channel:web", "web"]]}, "<p>web</p>"),
        ({"body": "x", "scoped_body": None}, "<p>x</p>"),
        (
            {"body": "<p>Hi</p><script>alert(1)</script><img src=x onerror=alert(1)>"},
            "<p>Hi</p>",
        ),
        (
            {"body": '<p onclick="x()"><a href="javascript:x()">a</a></p>'},
            '<p><a rel="noopener noreferrer">a</a></p>',
        ),
        (
            {"html_body": "<p><b>rich</b></p>", "body": "plain", "scoped_body": []},
            "<p><b>rich</b></p>",
        ),
        ({"body": "<script>alert(1)</script>"}, "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
    ],
)
def test_preview_text_is_safe(
    zendesk: responses.RequestsMock,
    desk: ZendeskHelpdesk,
    base: Ticket,
    comment: Any,
    text: str | None,
) -> None:
    """Plain text is escaped with its lines kept, HTML is reduced to what is harmless."""
    preview(zendesk, comment=comment)
    got = desk.render(base.ref, "7").text
    assert got == text
    assert got is None or isinstance(got, Markup)


@pytest.mark.parametrize("left", ["Hello {{ticket.requester.name}}", "{% if x %}a{% endif %}"])
def test_unfilled_placeholders_make_a_text_unusable(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, base: Ticket, left: str
) -> None:
    """A text with a placeholder left in it is not offered, and why is said."""
    preview(zendesk, comment={"body": left})
    got = desk.render(base.ref, "7")
    assert got.text is None
    assert got.problem is not None
    assert "placeholder" in got.problem


def test_preview_reads_the_ticket_if_need_be(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, ticket: dict[str, Any]
) -> None:
    """Without a ticket read before, the preview reads it: else all its tags would look new."""
    zendesk.get(URL, json={"ticket": ticket})
    preview(zendesk, tags=["vip", "new"], priority="wild")
    got = desk.render(REF, "7")
    assert got.add_tags == {"new"}
    assert got.effects == {}


def test_missing_macro(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, base: Ticket
) -> None:
    """A macro that is gone, or a name that is none, is NotFound."""
    zendesk.get(PREVIEW, status=404, json={"error": "RecordNotFound"})
    with pytest.raises(errors.NotFound):
        desk.render(base.ref, "7")
    with pytest.raises(errors.NotFound):
        desk.render(base.ref, "covered")


@pytest.mark.parametrize(
    "answer", [{}, {"result": None}, {"result": {}}, {"result": {"ticket": 1}}]
)
def test_preview_nonsense(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, base: Ticket, answer: object
) -> None:
    """A preview without a ticket is 'not now', never an AttributeError."""
    zendesk.get(PREVIEW, json=answer)
    with pytest.raises(errors.Unavailable):
        desk.render(base.ref, "7")


# -- threads and secrets --------------------------------------------------------------------------


def test_one_connection_one_thread(desk: ZendeskHelpdesk, base: Ticket) -> None:
    """A connection refuses to be used by a second thread."""
    caught: list[BaseException] = []

    def use() -> None:
        for call in (
            lambda: desk.get(REF),
            lambda: desk.apply(base, Change(fields={"note": "x"})),
            lambda: desk.render(REF, "7"),
        ):
            try:
                call()
            except RuntimeError as error:
                caught.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert len(caught) == 3


def test_each_connection_is_its_own(account: Account) -> None:
    """Two connections share neither a session nor a client."""
    one, two = connect(account, Bindings()), connect(account, Bindings())
    assert one._line.session is not two._line.session
    assert one._line.zenpy is not two._line.zenpy
    assert one._line.zenpy.cache is not two._line.zenpy.cache


def test_payloads_stay_out_of_the_log(
    zendesk: responses.RequestsMock,
    desk: ZendeskHelpdesk,
    ticket: dict[str, Any],
    updates: Updates,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Even with everything logged, neither the ticket's words nor the token are."""
    caplog.set_level(logging.DEBUG)
    base = read(zendesk, desk, ticket)
    updates()
    desk.apply(base, Change(fields={"note": "SECRET-NOTE"}), [NOTE])
    said = caplog.text
    assert "SECRET" not in said
    assert "Covered" not in said


def test_the_wire_is_json(
    zendesk: responses.RequestsMock, desk: ZendeskHelpdesk, base: Ticket, updates: Updates
) -> None:
    """The PUT carries a bearer token, JSON, and the ticket in its envelope."""
    updates()
    desk.apply(base, Change(fields={"note": "x"}))
    request = zendesk.calls[1].request
    assert request.headers["Authorization"] == "Bearer TOKEN-IS-SECRET"
    assert request.headers["Content-Type"] == "application/json"
    assert list(json.loads(request.body or b"")) == ["ticket"]
