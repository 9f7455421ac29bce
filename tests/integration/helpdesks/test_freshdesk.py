"""A Freshdesk ticket read, changed, spoken on: what is Freshdesk's own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
from markupsafe import Markup

from integration import errors
from integration.helpdesks import Change, Due, Helpdesk, Message, Part, Phase, TicketRef
from integration.helpdesks.freshdesk import FreshdeskHelpdesk, connect
from tests.integration.helpdesks.fake_freshdesk import Answer, FakeFreshdesk
from tests.integration.helpdesks.test_contract_freshdesk import ACCOUNT, BINDINGS, REF

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DUE = datetime(2026, 12, 5, 17, 0, tzinfo=UTC)
NOTE = Message("private_note", Markup("<p>Covered &amp; done</p>"), "note:0123")
REPLY = Message("public_reply", Markup("<p>Dear customer</p>"), "reply:0123")


@pytest.fixture
def fake() -> Iterator[FakeFreshdesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeFreshdesk().serve(mock)


@pytest.fixture
def desk(fake: FakeFreshdesk) -> FreshdeskHelpdesk:
    return connect(ACCOUNT, BINDINGS, now=lambda: NOW)


def put(fake: FakeFreshdesk) -> dict[str, Any]:
    """What the last PUT said."""
    return next(body for method, _, body in reversed(fake.writes) if method == "PUT")


def test_it_is_a_helpdesk(desk: FreshdeskHelpdesk) -> None:
    """The adapter fits the port, and says what Freshdesk cannot do."""
    port: Helpdesk = desk
    can = port.capabilities()
    assert (can.webhook_proof, can.version_check) == ("shared_secret", False)
    assert (can.atomic_change_and_message, can.closed_is_final) == (False, False)
    assert (can.deadlines, can.template_render) == ("may_be_recalculated", "client")


# -- reading --------------------------------------------------------------------------------------


def test_get(desk: FreshdeskHelpdesk) -> None:
    """Attributes by their names, options by their labels, times in UTC; no word of the customer."""
    got = desk.get(REF)
    assert got.fields == {
        "verdict": "needs",
        "note": None,
        "bought": "2026-01-31",
        "claim": False,
        "freight": None,
    }
    assert (got.kind, got.requester, got.brand) == ("Question", "77", "5")
    assert got.due_at == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert got.version == "2026-11-23T09:15:04Z"
    assert "SECRET" not in repr(got)


@pytest.mark.parametrize(
    ("status", "phase", "name"),
    [
        (2, Phase.OPEN, "open"),
        (3, Phase.PENDING, "pending"),
        (4, Phase.SOLVED, "resolved"),
        (5, Phase.CLOSED, "closed"),
        (6, Phase.PENDING, "Waiting on Customer"),
        (9, Phase.OTHER, "At the workshop"),
        (12, Phase.OTHER, "status 12"),
    ],
)
def test_statuses(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk, status: int, phase: Phase, name: str
) -> None:
    """Those that every account has, and an account's own by the names it gives them."""
    fake.edit(status=status)
    got = desk.get(REF)
    assert (got.phase, got.native_status) == (phase, name)


def test_names_of_statuses_are_asked_for_once(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """And a verdict does not wait for a name that cannot be had."""
    fake.edit(status=9)
    fake.refuse("GET", "ticket_fields", 403)
    assert desk.get(REF).native_status == "status 9"
    desk.get(REF)
    assert fake.asked.count(("GET", "ticket_fields")) == 1


def test_spam_is_closed_to_us(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """Spam refuses every write: it is left alone like a closed ticket, and a write is Unwritable
    where it became spam meanwhile."""
    base = desk.get(REF)
    fake.edit(spam=True)
    assert (desk.get(REF).phase, desk.get(REF).native_status) == (Phase.CLOSED, "spam")
    fake.tickets[901]["updated_at"] = base.version
    with pytest.raises(errors.HelpdeskError) as caught:
        desk.apply(base, Change(fields={"note": "x"}))
    assert isinstance(caught.value, errors.Conflict)
    with pytest.raises(errors.Unwritable):
        desk.apply(desk.get(REF), Change(fields={"note": "x"}), [NOTE])


def test_a_ticked_checkbox_stands_for_its_tag(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """Freshdesk tags nothing by itself: ticked, the ticket counts as tagged, and unticked no more.
    The tag is not written, so that it is not left behind."""
    fake.edit(cf_claim_41=True)
    base = desk.get(REF)
    assert base.tags == {"vip", "blender", "warranty_claim"}
    desk.apply(base, Change(add_tags=frozenset({"wd_new"})))
    assert fake.tickets[901]["tags"] == ["vip", "blender", "wd_new"]
    fake.edit(cf_claim_41=False)
    assert "warranty_claim" not in desk.get(REF).tags


@pytest.mark.parametrize("told", ["2026-01-04", "2026-01-04T00:00:00Z", "2026-01-04T00:00:00.000Z"])
def test_a_day_is_a_day(desk: FreshdeskHelpdesk, fake: FakeFreshdesk, told: str) -> None:
    """However its midnight is told, in no zone is it another day."""
    fake.edit(cf_bought=told)
    assert desk.get(REF).fields["bought"] == "2026-01-04"


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "open"},
        {"updated_at": "2026-11-23T09:15:04"},
        {"created_at": None},
        {"tags": "vip"},
        {"custom_fields": []},
    ],
)
def test_nonsense_is_not_a_ticket(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk, wrong: dict[str, Any]
) -> None:
    """What cannot be understood is 'not now', and nothing of it is repeated."""
    fake.tickets[901] |= wrong
    with pytest.raises(errors.Unavailable) as caught:
        desk.get(REF)
    assert next(iter(wrong)) in str(caught.value)


# -- writing --------------------------------------------------------------------------------------


def test_one_put_with_what_differs(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """Fields by their names and labels, the whole list of tags, and nothing else."""
    change = Change(
        fields={"verdict": "covered", "bought": "2026-01-31", "note": None, "freight": "us"},
        add_tags=frozenset({"wd_b", "wd_a"}),
        remove_tags=frozenset({"vip"}),
        audit={"app": "x"},
        macro_id="7",
    )
    desk.apply(desk.get(REF), change)
    assert put(fake) == {
        "custom_fields": {"cf_verdict_88123": "Covered", "cf_freight": "SOOCAS"},
        "tags": ["blender", "wd_a", "wd_b"],
    }
    assert [method for method, _, _ in fake.writes] == ["PUT"]


def test_tags_are_made_of_what_stands_there_last(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk
) -> None:
    """The list replaces, so it is read again after a note, as is all else; where no tag is to be
    written, none is sent."""
    desk.apply(desk.get(REF), Change(add_tags=frozenset({"wd"})), [NOTE])
    kinds = [method for method, path in fake.asked if path == "tickets/901"]
    assert kinds == ["GET", "GET", "GET", "PUT"]
    fake.asked.clear()
    desk.apply(desk.get(REF), Change(fields={"note": "x"}), [replace(NOTE, dedupe_key="note:2")])
    assert [m for m, path in fake.asked if path == "tickets/901"] == ["GET", "GET", "GET", "PUT"]
    assert "tags" not in put(fake)


def test_what_an_agent_saves_while_a_note_is_posted_stays(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk
) -> None:
    """Posting takes its time: a field that somebody else fills in meanwhile is not written over,
    also where no tag is to be written; the review begins anew."""

    def meanwhile(answer: Callable[[], Answer]) -> Answer:
        fake.edit(custom_fields={**fake.tickets[901]["custom_fields"], "cf_note": "an agent's"})
        return answer()

    base = desk.get(REF)
    fake.fault("POST", r"tickets/901/notes", meanwhile)
    with pytest.raises(errors.Conflict, match="while a note was posted"):
        desk.apply(base, Change(fields={"note": "ours"}), [NOTE])
    assert fake.tickets[901]["custom_fields"]["cf_note"] == "an agent's"
    assert [method for method, _ in fake.asked].count("PUT") == 0


def test_a_field_that_freshdesk_does_not_know_is_gone(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk
) -> None:
    """One unknown field refuses the whole update; which one it was is said by our key."""
    with pytest.raises(errors.FieldGone, match="gone"):
        desk.apply(desk.get(REF), Change(fields={"gone": "x", "note": "y"}))
    assert fake.tickets[901]["custom_fields"]["cf_note"] is None


def test_what_was_not_kept_is_told(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """A 200 is not believed: the answer is compared, part by part."""

    def half(answer: Callable[[], Answer]) -> Answer:
        answer()
        fake.tickets[901]["custom_fields"] |= {"cf_verdict_88123": "Needs information"}
        fake.tickets[901]["custom_fields"]["cf_note"] = "shortened"
        fake.tickets[901]["tags"] = ["vip"]
        return fake.json(fake.tickets[901])

    fake.fault("PUT", r"tickets/901", half)
    change = Change({"verdict": "covered", "note": "long text"}, frozenset({"wd"}))
    parts = desk.apply(desk.get(REF), change).parts
    assert parts["field:verdict"] == (Part.REJECTED, "not kept")
    assert parts["field:note"][0] is Part.SUBSTITUTED
    assert parts["tags"] == (Part.REJECTED, "not kept: wd")


@pytest.mark.parametrize("answer", [{}, [], {"id": 901}, None])
def test_an_unreadable_answer_to_a_write_is_ambiguous(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk, answer: object
) -> None:
    """It may well have been written: read before writing again."""
    base = desk.get(REF)
    fake.refuse("PUT", r"tickets/901", 200, answer)
    with pytest.raises(errors.Unavailable) as caught:
        desk.apply(base, Change(fields={"note": "x"}))
    assert caught.value.ambiguous


def test_effects_of_a_template_are_our_mistake(desk: FreshdeskHelpdesk) -> None:
    """A canned response sets nothing; whoever hands on effects has them from elsewhere."""
    with pytest.raises(ValueError, match="set none"):
        desk.apply(desk.get(REF), Change(native={"status": 5}))


# -- the deadline ---------------------------------------------------------------------------------


def test_a_deadline_is_never_claimed(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """Both deadlines go out, the first response's where it was; that it was set is not said before
    it was looked at."""
    done = desk.apply(desk.get(REF), Change(due=Due(DUE)))
    assert put(fake) == {"due_by": "2026-12-05T17:00:00Z", "fr_due_by": "2026-11-28T09:00:00Z"}
    assert done.parts["due"][0] is Part.PENDING_CHECK


@pytest.mark.parametrize(
    ("first", "sent"),
    [
        ("2026-12-24T09:00:00Z", "2026-12-05T16:59:00Z"),  # must lie before the resolution's
        ("2026-11-20T09:00:00Z", None),  # it is past: met or missed
        (None, None),
    ],
)
def test_the_first_response_s_deadline(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk, first: str | None, sent: str | None
) -> None:
    """It is never after the resolution's, and never in the past."""
    fake.edit(fr_due_by=first)
    desk.apply(desk.get(REF), Change(due=Due(DUE)))
    assert put(fake).get("fr_due_by") == sent


@pytest.mark.parametrize(
    ("due", "status", "how"),
    [
        (datetime(2026, 12, 1, 9, tzinfo=UTC), 2, Part.UNCHANGED),
        (NOW - timedelta(days=1), 2, Part.UNSUPPORTED),
        (NOW + timedelta(seconds=30), 2, Part.UNSUPPORTED),
        (DUE, 4, Part.UNSUPPORTED),
        (None, 2, Part.UNSUPPORTED),
    ],
)
def test_a_deadline_that_is_not_even_tried(
    desk: FreshdeskHelpdesk,
    fake: FakeFreshdesk,
    due: datetime | None,
    status: int,
    how: Part,
) -> None:
    """One that is so already, past, on a ticket whose clock stands, or none."""
    fake.edit(status=status)
    done = desk.apply(desk.get(REF), Change(due=Due(due)))
    assert done.parts["due"][0] is how
    assert fake.writes == []


def test_a_refused_deadline_takes_nothing_along(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk
) -> None:
    """The rest is written without it, and it is said to be refused."""
    rows = [{"field": "due_by", "message": "no", "code": "incompatible_field"}]
    fake.refuse("PUT", r"tickets/901", 400, {"errors": rows})
    done = desk.apply(desk.get(REF), Change(fields={"note": "x"}, due=Due(DUE)))
    assert done.parts["due"] == (Part.REJECTED, "Freshdesk refused the due date")
    assert done.parts["field:note"][0] is Part.APPLIED
    assert put(fake) == {"custom_fields": {"cf_note": "x"}}
    fake.refuse("PUT", r"tickets/901", 400, {"errors": rows})
    assert desk.apply(desk.get(REF), Change(due=Due(DUE))).parts["due"][0] is Part.REJECTED


@pytest.mark.parametrize(
    ("due_by", "how"),
    [
        ("2026-12-05T17:00:00Z", Part.APPLIED),
        ("2026-12-01T09:00:00Z", Part.SUBSTITUTED),
        (None, Part.REJECTED),
    ],
)
def test_a_deadline_is_looked_at_again(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk, due_by: str | None, how: Part
) -> None:
    """Kept, recalculated by the SLAs, or gone; with the other parts of the change."""
    expected = Change({"note": "x"}, frozenset({"vip"}), frozenset({"wd_old"}), Due(DUE))
    fake.edit(due_by=due_by, cf_note="x")
    parts = desk.confirm(REF, expected).parts
    assert parts["due"][0] is how
    assert (parts["field:note"][0], parts["tags"][0]) == (Part.APPLIED, Part.APPLIED)
    assert fake.writes == []


def test_a_naive_deadline_is_our_mistake(desk: FreshdeskHelpdesk) -> None:
    """Without a zone it could be any of 24 hours."""
    with pytest.raises(ValueError, match="aware"):
        desk.apply(desk.get(REF), Change(due=Due(datetime(2026, 12, 5))))


# -- messages -------------------------------------------------------------------------------------


def test_a_note_says_that_it_is_private(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """It is not left to a default; and it names itself in signs that survive as text."""
    desk.apply(desk.get(REF), Change(), [NOTE])
    (_, path, body), *_rest = fake.writes
    assert (path, body["private"]) == ("tickets/901/notes", True)
    assert "wd-note-" in fake.talks[901][0]["body_text"]


def test_a_note_that_became_public_is_cried_out(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk, capsys: pytest.CaptureFixture[str]
) -> None:
    """As critical, without its text; now, and when it is found the next time."""

    def leak(answer: Callable[[], Answer]) -> Answer:
        return fake.json(fake.say(901, source=2, body=str(NOTE.html), private=False), 201)

    fake.fault("POST", r"tickets/901/notes", leak)
    how, word = desk.apply(desk.get(REF), Change(), [NOTE]).parts["message:0"]
    assert how is Part.SUBSTITUTED
    assert "PUBLIC" in word
    out = "".join(capsys.readouterr())
    assert "private_note_is_public" in out
    assert "Covered" not in out


@pytest.mark.parametrize("answer", [{}, [], {"private": True}])
def test_a_post_without_a_sound_answer_is_ambiguous(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk, answer: object
) -> None:
    """Nobody knows whether it arrived: it is looked for before the next try."""
    fake.refuse("POST", r"tickets/901/notes", 201, answer)
    with pytest.raises(errors.Unavailable) as caught:
        desk.apply(desk.get(REF), Change(), [NOTE])
    assert caught.value.ambiguous


def test_a_note_that_is_there_is_not_posted(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """Found on a later page of a long conversation; after another note of its sort, it is due
    again; a note of another sort does not count."""
    for number in range(40):
        fake.say(901, source=0, incoming=True, body=f"mail {number}")
    posted = [(NOTE, 1), (NOTE, 1), (replace(NOTE, dedupe_key="reminder:x"), 2), (NOTE, 2)]
    posted += [(replace(NOTE, dedupe_key="note:other"), 3), (NOTE, 4)]
    for message, count in posted:
        done = desk.apply(desk.get(REF), Change(), [message])
        assert len(fake.talks[901]) == 40 + count
        assert done.parts["message:0"][0] in (Part.APPLIED, Part.UNCHANGED)


def test_a_customer_who_quotes_us_is_not_us(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """What comes in may carry our signs: it neither counts as a reply nor hides one."""
    desk.apply(desk.get(REF), Change(), [NOTE])
    desk.apply(desk.get(REF), Change(), [REPLY])
    sent = fake.talks[901][-1]["body"]
    fake.say(901, source=0, incoming=True, body=f"> {sent}")
    desk.apply(desk.get(REF), Change(), [REPLY])
    assert len(fake.talks[901]) == 3
    fake.talks[901] = [one for one in fake.talks[901] if one["incoming"] or one["private"]]
    desk.apply(desk.get(REF), Change(), [REPLY])
    assert len(fake.talks[901]) == 3


def test_a_reply_is_due_again_after_a_new_note(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk
) -> None:
    """The note announces it; a reminder in between does not."""
    for message in (NOTE, REPLY, replace(NOTE, dedupe_key="reminder:x"), REPLY):
        desk.apply(desk.get(REF), Change(), [message])
    assert [one["private"] for one in fake.talks[901]] == [True, False, True]
    for message in (replace(NOTE, dedupe_key="note:other"), REPLY):
        desk.apply(desk.get(REF), Change(), [message])
    assert [one["private"] for one in fake.talks[901]] == [True, False, True, True, False]


def test_a_note_is_never_a_reply(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """Only what is called a public reply goes where customers are written to."""
    desk.apply(desk.get(REF), Change(fields={"note": "x"}), [NOTE])
    assert not [path for _, path in fake.asked if path.endswith("/reply")]


# -- canned responses -----------------------------------------------------------------------------


def render(fake: FakeFreshdesk, desk: FreshdeskHelpdesk, **row: Any) -> Any:
    fake.rows["canned_responses"] = [{"id": 7, **row}]
    return desk.render(REF, "7")


def test_placeholders_are_filled_in(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """Those on the list, in either spelling; their values are text and nothing else."""
    html = "<p>Hi {{ticket.requester.firstname}} / {{ ticket.requester.name }}, {{ticket.id}}</p>"
    got = render(fake, desk, content_html=html)
    assert got.text == "<p>Hi Ann / Ann &lt;b&gt;Lee&lt;/b&gt;, 901</p>"
    assert (dict(got.effects), got.add_tags, got.problem) == ({}, frozenset(), None)


def test_a_subject_is_no_template(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """What a customer wrote is neither markup nor a placeholder."""
    fake.edit(subject="<i>{{{ticket.requester.email}}} {% x %}</i>")
    got = render(fake, desk, content_html="<p>{{ticket.subject}}</p>")
    assert "ann@example.com" not in got.text
    assert "<i>" not in got.text
    assert "{{" not in got.text
    assert "{%" not in got.text


@pytest.mark.parametrize(
    "html", ["<p>{{ticket.cf_verdict_88123}}</p>", "<p>{{ticket.agent.name}}</p>", "<p>{{ x</p>"]
)
def test_other_placeholders_make_it_unusable(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk, html: str
) -> None:
    """A field may be about to change, and an agent is not named for what the app says."""
    got = render(fake, desk, content_html=html)
    assert got.text is None
    assert "placeholder" in got.problem


@pytest.mark.parametrize("name", [None, "", "ann@example.com"])
def test_nobody_is_greeted_without_a_name(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk, name: str | None
) -> None:
    """A greeting with a gap, or with an address in it, is not sent."""
    fake.people[77]["name"] = name
    got = render(fake, desk, content_html="<p>Hi {{ticket.requester.firstname}}</p>")
    assert got.text is None
    assert got.problem


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"content_html": "", "content": "a < b\nc\n\nd"}, "<p>a &lt; b<br>c</p><p>d</p>"),
        ({"content_html": None, "content": None}, None),
        ({"content_html": "<p> </p>"}, None),
        ({}, None),
    ],
)
def test_the_text_in_its_places(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk, row: dict[str, Any], text: str | None
) -> None:
    """HTML, or plain text with its lines kept; an empty one is none."""
    got = render(fake, desk, **row)
    assert (got.text, got.problem) == (text, None)


def test_texts_are_remembered_for_a_minute(fake: FakeFreshdesk) -> None:
    """Reviews ask for the same few texts: within a minute they cost no request; after it, an
    admin's new words count. Nobody's name is remembered."""
    seconds = [0.0]
    desk = connect(ACCOUNT, BINDINGS, clock=lambda: seconds[0])
    fake.rows["canned_responses"] = [{"id": 7, "content_html": "<p>old</p>"}]
    assert desk.render(REF, "7").text == "<p>old</p>"
    fake.rows["canned_responses"][0]["content_html"] = "<p>new</p>"
    seconds[0] = 59.0
    assert desk.render(REF, "7").text == "<p>old</p>"
    seconds[0] = 61.0
    assert desk.render(REF, "7").text == "<p>new</p>"


def test_a_key_without_permission_is_told(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """Canned responses are for administrators: Forbidden, which withholds no verdict."""
    fake.refuse("GET", "canned_responses/7", 403, {"code": "access_denied"})
    with pytest.raises(errors.Forbidden):
        desk.render(REF, "7")


# -- secrets --------------------------------------------------------------------------------------


def test_payloads_stay_out_of_the_log(
    desk: FreshdeskHelpdesk, fake: FakeFreshdesk, caplog: pytest.LogCaptureFixture
) -> None:
    """Even with everything logged, neither the ticket's words nor the key are."""
    caplog.set_level(logging.DEBUG)
    desk.apply(desk.get(REF), Change(fields={"note": "SECRET-NOTE"}), [NOTE])
    assert "SECRET" not in caplog.text
    assert "Covered" not in caplog.text


def test_no_number_is_no_ticket(desk: FreshdeskHelpdesk, fake: FakeFreshdesk) -> None:
    """What is not a number does not become part of an address."""
    for name in ("", "901/notes", "..", "9 01"):
        with pytest.raises(errors.NotFound):
            desk.get(TicketRef("inst", name))
    assert fake.asked == []
