"""The use case: what a review writes, what it leaves alone, and what it never does twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup

from integration import catalogue, errors
from integration.catalogue import payer_tag, status_tag
from integration.config import Installation
from integration.helpdesks import Bindings, Phase, Rendered, TicketRef
from integration.review import Reviewed, Reviewer
from tests.integration.desk import BINDINGS, COMPLETE, NOW, Desk, Stage, days, ticket


@pytest.fixture
def stage() -> Callable[..., Stage]:
    def make(facts: object = COMPLETE, settings: object = None, **attributes: object) -> Stage:
        return Stage(Desk(ticket(facts, **attributes)), **(settings or {}))  # type: ignore[arg-type]

    return make


def outcome(desk: Desk) -> tuple[object, ...]:
    return tuple(desk.says(key) for key in catalogue.OUTCOME_FIELDS)


def ours(desk: Desk) -> set[str]:
    return set(desk.ticket.tags & catalogue.TAGS)


# -- what is written -------------------------------------------------------------------------------


def test_everything_goes_in_one_write(stage: Callable[..., Stage]) -> None:
    """Outcome fields, tags, note, stamp and audit remarks leave in a single update."""
    one = stage()
    assert one.review().did == "written"
    (write,) = one.desk.writes
    assert outcome(one.desk) == ("covered", "soocas", "2027-02-01", "2027-02-01")
    assert ours(one.desk) == {status_tag("covered"), payer_tag("soocas")}
    assert write.fields["stamp"]
    assert write.audit["clauses"] == "S1 W1"
    assert len(one.desk.notes) == 1
    assert one.desk.replies == []


def test_nothing_is_sent_when_nothing_changed(stage: Callable[..., Stage]) -> None:
    """A second review of the same ticket reads it and sends nothing, renders nothing."""
    one = stage()
    one.review()
    rendered = len(one.desk.rendered)
    assert one.review().did == "unchanged"
    one.now += days(1)
    assert one.review().did == "unchanged"
    assert len(one.desk.writes) == 1
    assert len(one.desk.rendered) == rendered


def test_a_write_whose_answer_was_lost_is_not_repeated(stage: Callable[..., Stage]) -> None:
    """The helpdesk applied the update and then went silent: the next review finds the stamp."""
    one = stage()
    one.desk.fail_after = errors.Unavailable("ticket 7: no answer", ambiguous=True)
    with pytest.raises(errors.Unavailable):
        one.review()
    assert one.review().did == "unchanged"
    assert len(one.desk.notes) == 1


def test_a_conflict_leaves_nothing_half_written(stage: Callable[..., Stage]) -> None:
    """A 409 is the worker's to review anew; the ticket is as it was."""
    one = stage()
    one.desk.fail = errors.Conflict("ticket 7: it changed")
    with pytest.raises(errors.Conflict):
        one.review()
    assert one.desk.notes == []
    assert one.review().did == "written"


def test_a_new_fact_brings_a_new_verdict_and_note(stage: Callable[..., Stage]) -> None:
    """When the verdict changes, fields, tags and the note follow; old tags of ours go."""
    one = stage({**COMPLETE, "defect_evidence": None})
    one.review()
    assert ours(one.desk) == {status_tag("needs_information"), payer_tag("undetermined")}
    one.desk.edit(defect_evidence="verified")
    one.review()
    assert outcome(one.desk)[0] == "covered"
    assert ours(one.desk) == {status_tag("covered"), payer_tag("soocas")}
    assert len(one.desk.notes) == 2


def test_a_fact_that_changes_no_more_than_itself_adds_no_note(stage: Callable[..., Stage]) -> None:
    """A serial number is kept in the stamp, and nobody is told the same again."""
    one = stage()
    one.review()
    one.desk.edit(serial_number="X3U-1")
    assert one.review().did == "written"
    assert set(one.desk.writes[-1].fields) == {"stamp"}
    assert len(one.desk.notes) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"problem": "dropped"}, "NOT COVERED"),
        ({"third_party_maintenance": True}, "third party worked on it"),
        ({"remedy_preference": "refund"}, "refund"),
        ({"return_route": "international"}, "freight: Buyer"),
        ({"purchase_date": "2026-03-01"}, "2027-03-01"),
        ({"defect_evidence": None}, "NEEDS INFORMATION"),
    ],
)
def test_a_note_tells_every_change_that_matters(
    stage: Callable[..., Stage], change: dict[str, object], told: str
) -> None:
    """Verdict, reasons, remedy, freight, deadline, questions: each brings a new note."""
    one = stage()
    one.review()
    one.desk.edit(**change)
    one.review()
    assert len(one.desk.notes) == 2
    assert told in one.desk.notes[-1]


def test_other_tags_are_never_touched(stage: Callable[..., Stage]) -> None:
    """Only the app's own vocabulary is added or removed."""
    mine = frozenset({catalogue.CLAIM_TAG, "vip", "warranty_question", status_tag("not_covered")})
    one = stage(tags=mine)
    one.review()
    (write,) = one.desk.writes
    assert write.remove_tags == {status_tag("not_covered")}
    assert {"vip", "warranty_question", catalogue.CLAIM_TAG} <= one.desk.ticket.tags


# -- macros ----------------------------------------------------------------------------------------


def test_the_macros_that_fit_make_the_suggested_reply(stage: Callable[..., Stage]) -> None:
    """One for the status and one for the freight are previewed; the text goes into the note."""
    one = stage()
    one.review()
    assert one.desk.rendered == ["status:covered", "freight:soocas"]
    assert "Macro status:covered" in one.desk.notes[0]
    assert "Macro freight:soocas" in one.desk.notes[0]
    assert one.desk.writes[0].macro_id == "status:covered"


def test_a_macros_effect_is_carried_out_once(stage: Callable[..., Stage]) -> None:
    """What an admin's macro sets is applied with a new verdict, and not again over an agent's
    later choice; it can add no tag of our own vocabulary."""
    one = stage()
    one.desk.effects["status:covered"] = Rendered(
        Markup("<p>Yes</p>"), {"priority": "high"}, frozenset({"rma", status_tag("not_covered")})
    )
    one.review()
    assert one.desk.writes[0].native == {"priority": "high"}
    assert "rma" in one.desk.ticket.tags
    assert status_tag("not_covered") not in one.desk.ticket.tags
    one.desk.edit(remedy_preference="refund")
    one.review()
    assert len(one.desk.notes) == 2
    assert one.desk.writes[1].native == {}
    assert one.desk.writes[1].macro_id is None


def test_a_missing_macro_withholds_no_verdict(stage: Callable[..., Stage]) -> None:
    """A macro that an admin deleted is named in the note; all else is written."""
    one = stage(settings={"public_replies": frozenset({"covered"})})
    one.desk.missing_macros = {"status:covered"}
    one.review()
    assert outcome(one.desk)[0] == "covered"
    assert "Warranty: covered" in one.desk.notes[0]
    assert one.desk.replies == []


# -- public replies --------------------------------------------------------------------------------


@pytest.mark.parametrize("facts", [COMPLETE, {**COMPLETE, "problem": "dropped"}, {}])
def test_nothing_is_sent_to_a_customer_by_default(
    stage: Callable[..., Stage], facts: dict[str, object]
) -> None:
    """Whatever the verdict, the reply waits for an agent unless the installation allows it."""
    one = stage(facts)
    one.review()
    assert one.desk.replies == []


def test_an_allowed_reply_goes_out_once(stage: Callable[..., Stage]) -> None:
    """Where the installation allows it for that verdict, the suggested reply is sent, once."""
    one = stage(settings={"public_replies": frozenset({"covered"})})
    one.review()
    assert len(one.desk.replies) == 1
    assert "Macro status:covered" in one.desk.replies[0]
    one.review()
    one.desk.edit(remedy_preference="refund")
    one.review()
    assert len(one.desk.replies) == 1


def test_a_reply_is_allowed_verdict_by_verdict(stage: Callable[..., Stage]) -> None:
    """Allowing 'covered' sends nothing about a claim that is not covered."""
    one = stage(
        {**COMPLETE, "problem": "dropped"}, settings={"public_replies": frozenset({"covered"})}
    )
    one.review()
    assert one.desk.replies == []


def test_a_reply_cut_off_after_the_note_is_sent_later(stage: Callable[..., Stage]) -> None:
    """Note and reply are two updates; what dies between them is made good, and nothing twice."""
    one = stage(settings={"public_replies": frozenset({"covered"})})
    one.desk.fail_after = RuntimeError("killed")
    with pytest.raises(RuntimeError):
        one.review()
    assert (len(one.desk.notes), len(one.desk.replies)) == (1, 0)
    assert one.review().did == "replied"
    assert (len(one.desk.notes), len(one.desk.replies)) == (1, 1)
    assert one.review().did == "unchanged"


def test_a_pending_reply_lapses_when_the_verdict_changed(stage: Callable[..., Stage]) -> None:
    """A reply that was announced for one verdict is not sent under another."""
    one = stage(settings={"public_replies": frozenset({"covered"})})
    one.desk.fail_after = RuntimeError("killed")
    with pytest.raises(RuntimeError):
        one.review()
    one.desk.edit(problem="dropped")
    one.review()
    assert one.desk.replies == []
    assert one.review().did == "unchanged"


def test_allowing_replies_later_sends_none_for_the_past(stage: Callable[..., Stage]) -> None:
    """Switching automatic replies on does not write to customers of old tickets."""
    one = stage()
    one.review()
    one.installation = Installation("main", public_replies=frozenset({"covered"}))
    one.desk.edit(serial_number="X3U-1")
    one.review()
    assert one.desk.replies == []


# -- people stay in charge -------------------------------------------------------------------------


def test_an_override_beats_the_policy(stage: Callable[..., Stage]) -> None:
    """An agent's override is carried out, said once with its reason, and left alone after."""
    one = stage({**COMPLETE, "problem": "dropped"})
    one.review()
    one.desk.edit(agent_decision="covered", agent_decision_reason="Goodwill <b>")
    one.review()
    assert one.desk.says("verdict") == "covered"
    assert ours(one.desk) >= {status_tag("covered")}
    assert "Goodwill &lt;b&gt;" in one.desk.notes[-1]
    assert len(one.desk.notes) == 2
    one.desk.edit(problem="water_damage", purchase_date="2026-03-01")
    one.review()
    assert one.desk.says("verdict") == "covered"
    assert one.desk.says("warranty_end") == "2027-03-01"
    assert len(one.desk.notes) == 2


@pytest.mark.parametrize("decision", ["accept", "hold"])
def test_accept_and_hold_keep_the_outcome(stage: Callable[..., Stage], decision: str) -> None:
    """After accept or hold new facts no longer move status and payer, only dates."""
    one = stage()
    one.review()
    one.desk.edit(agent_decision=decision)
    one.review()
    one.desk.edit(problem="dropped", return_route="international", purchase_date="2026-03-01")
    one.review()
    assert outcome(one.desk) == ("covered", "soocas", "2027-03-01", "2027-03-01")
    assert len(one.desk.notes) == 2


def test_a_decision_taken_back_brings_the_policy_back(stage: Callable[..., Stage]) -> None:
    """Emptying the field is how an agent follows the policy again."""
    one = stage({**COMPLETE, "problem": "dropped"})
    one.desk.edit(agent_decision="covered")
    one.review()
    one.desk.edit(agent_decision=None)
    one.review()
    assert one.desk.says("verdict") == "not_covered"
    assert "NOT COVERED" in one.desk.notes[-1]


def test_a_hold_from_the_start_writes_no_verdict(stage: Callable[..., Stage]) -> None:
    """A ticket on hold before its first review gets its dates and no status."""
    one = stage()
    one.desk.edit(agent_decision="hold")
    one.review()
    assert outcome(one.desk) == (None, None, "2027-02-01", "2027-02-01")
    assert ours(one.desk) == set()


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("verdict", "needs_review", "Needs review"),
        ("freight_payer", "buyer", "Buyer"),
        ("claim_deadline", "2027-06-30", "2027-06-30"),
    ],
)
def test_what_an_agent_wrote_is_never_overwritten(
    stage: Callable[..., Stage], key: str, value: str, shown: str
) -> None:
    """An outcome field changed by hand stays as it is, whatever the facts do; a note says so."""
    one = stage()
    one.review()
    one.desk.edit(**{key: value})
    one.review()
    assert one.desk.says(key) == value
    assert shown in one.desk.notes[-1]
    assert "left as it is" in one.desk.notes[-1]
    one.desk.edit(problem="dropped")
    one.review()
    assert one.desk.says(key) == value


def test_a_verdict_changed_by_hand_keeps_its_tag(stage: Callable[..., Stage]) -> None:
    """Views count what the ticket shows."""
    one = stage()
    one.review()
    one.desk.edit(verdict="needs_review")
    one.review()
    assert ours(one.desk) == {status_tag("needs_review"), payer_tag("soocas")}


def test_emptying_a_field_hands_it_back(stage: Callable[..., Stage]) -> None:
    """A field emptied by hand is written again by the next review that has something to say."""
    one = stage()
    one.review()
    one.desk.edit(verdict="needs_review")
    one.review()
    one.desk.edit(verdict=None, serial_number="1")
    one.review()
    assert one.desk.says("verdict") == "covered"


def test_a_value_from_before_the_app_is_kept(stage: Callable[..., Stage]) -> None:
    """What stood in an outcome field before the first review is somebody's: it stays."""
    one = stage()
    one.desk.edit(claim_deadline="2026-12-24")
    one.review()
    assert one.desk.says("claim_deadline") == "2026-12-24"


@pytest.mark.parametrize(("phase", "did"), [(Phase.SOLVED, "solved"), (Phase.CLOSED, "closed")])
def test_a_solved_or_closed_ticket_is_left_alone(
    stage: Callable[..., Stage], phase: Phase, did: str
) -> None:
    """New facts on a solved ticket move nothing; a closed one is not touched."""
    one = stage()
    one.review()
    one.desk.edit(phase=phase, problem="dropped")
    assert one.review() == Reviewed(None, did)
    assert len(one.desk.writes) == 1


def test_a_ticket_that_is_no_claim_is_left_alone(stage: Callable[..., Stage]) -> None:
    """Without the claim tag nothing is decided."""
    one = stage(tags=frozenset({"vip"}))
    assert one.review() == Reviewed(None, "no claim")
    assert one.desk.writes == []


# -- fields that are missing or wrong --------------------------------------------------------------


def test_no_field_value_stops_the_rest(stage: Callable[..., Stage]) -> None:
    """A bad value is named in the note, escaped, and its fact is unknown; the rest is decided."""
    one = stage({**COMPLETE, "problem": "exploded <b>", "purchase_date": "01.02.2026"})
    one.review()
    note = one.desk.notes[0]
    assert outcome(one.desk)[0] == "needs_information"
    assert "says ‘exploded &lt;b&gt;’, which is none of what it can mean" in note
    assert "says ‘01.02.2026’" in note
    assert "YYYY-MM-DD" in note


@pytest.mark.parametrize("key", ["stamp", "verdict", "agent_decision"])
def test_without_stamp_verdict_or_decision_a_person_looks(
    stage: Callable[..., Stage], key: str
) -> None:
    """A ticket on which we could not tell what we wrote is not written on."""
    one = stage()
    fields = {name: value for name, value in one.desk.ticket.fields.items() if name != key}
    one.desk.ticket = ticket(COMPLETE, fields=fields)
    with pytest.raises(errors.FieldGone, match=catalogue.FIELD[key].title):
        one.review()
    assert one.desk.writes == []


def test_without_bindings_a_person_looks(stage: Callable[..., Stage]) -> None:
    """An installation that was never set up sets its reviews aside with advice."""
    one = stage()
    one.bindings = None
    with pytest.raises(errors.FieldGone) as caught:
        one.review()
    assert "warranty install" in caught.value.advice


def test_an_unknown_installation_is_rejected(stage: Callable[..., Stage]) -> None:
    """Work for an installation that is gone is for a person, not for another try."""
    reviewer = Reviewer({}, lambda *_: stage().desk, lambda _: BINDINGS, lambda: NOW)
    with pytest.raises(errors.Rejected, match="not configured"):
        reviewer("gone", "7")


# -- time ------------------------------------------------------------------------------------------


def test_the_claim_is_opened_on_the_tickets_day_in_the_installations_zone(
    stage: Callable[..., Stage],
) -> None:
    """23:30 UTC on 4 May is 5 May in Tokyo: the 30 days count from there."""
    created = datetime(2026, 5, 4, 23, 30, tzinfo=UTC)
    one = stage({}, {"time_zone": ZoneInfo("Asia/Tokyo")}, created_at=created)
    one.review()
    assert one.desk.says("claim_deadline") == "2026-06-04"
    other = stage({}, created_at=created)
    other.review()
    assert other.desk.says("claim_deadline") == "2026-06-03"


def test_a_field_may_say_when_the_claim_was_opened(stage: Callable[..., Stage]) -> None:
    """A claim that came by phone before its ticket counts from the day in the field."""
    one = stage({"claim_opened_on": "2026-04-20"})
    one.review()
    assert one.desk.says("claim_deadline") == "2026-05-20"


def test_the_deadline_comes_near_and_passes(stage: Callable[..., Stage]) -> None:
    """The tags appear on the days they are asked for, and the day after the deadline the claim
    lapses by itself; each is told once."""
    one = stage(
        {"problem": "quality_defect", "order_number": "SO-1", "purchase_date": "2025-05-10"}
    )
    near = one.review().next_due_at
    assert one.desk.says("claim_deadline") == "2026-06-03"
    assert near == datetime(2026, 5, 27, 0, 5, tzinfo=UTC)
    one.now = near
    last = one.review().next_due_at
    assert catalogue.DEADLINE_NEAR_TAG in one.desk.ticket.tags
    assert catalogue.DEADLINE_LAST_TAG not in one.desk.ticket.tags
    assert len(one.desk.notes) == 2
    assert last == datetime(2026, 6, 2, 0, 5, tzinfo=UTC)
    one.now = last
    lapses = one.review().next_due_at
    assert catalogue.DEADLINE_LAST_TAG in one.desk.ticket.tags
    assert len(one.desk.notes) == 3
    assert lapses == datetime(2026, 6, 4, 0, 5, tzinfo=UTC)
    one.now = lapses
    assert one.review().next_due_at is None
    assert one.desk.says("verdict") == "not_covered"
    assert "D2" in one.desk.notes[-1]
    assert ours(one.desk) == {status_tag("not_covered"), payer_tag("not_applicable")}


def test_next_review_is_on_the_installations_day(stage: Callable[..., Stage]) -> None:
    """A deadline ends at midnight where the installation is, summer time included."""
    zone = ZoneInfo("Europe/Berlin")
    one = stage({}, {"time_zone": zone})
    due = one.review().next_due_at
    assert due is not None
    assert due.astimezone(zone).date() == date(2026, 5, 27)
    assert due.utcoffset() == datetime(2026, 5, 27, tzinfo=zone).utcoffset()


def test_a_deadline_becomes_a_due_date_where_asked_for(stage: Callable[..., Stage]) -> None:
    """With due-date tasks on, the ticket is due on the last second of the deadline's day."""
    one = stage({}, {"due_date_tasks": True, "time_zone": ZoneInfo("Europe/Berlin")})
    one.review()
    assert one.desk.ticket.due_at == datetime(2026, 6, 3, 21, 59, 59, tzinfo=UTC)
    plain = stage({})
    plain.review()
    assert plain.desk.ticket.due_at is None


def test_a_due_date_set_by_hand_stays(stage: Callable[..., Stage]) -> None:
    """The app moves or clears only the due date that it set."""
    one = stage({}, {"due_date_tasks": True})
    one.review()
    mine = datetime(2026, 5, 8, 12, 0, tzinfo=UTC)
    one.desk.edit(due_at=mine, purchase_date="2026-05-01")
    one.review()
    assert one.desk.ticket.due_at == mine


def test_a_due_date_of_ours_goes_with_its_deadline(stage: Callable[..., Stage]) -> None:
    """A claim that is not covered has no deadline, so the app's due date is cleared."""
    one = stage({}, {"due_date_tasks": True})
    one.review()
    one.desk.edit(third_party_maintenance=True, purchase_channel="official_store")
    one.review()
    assert one.desk.says("verdict") == "not_covered"
    assert one.desk.ticket.due_at is None


def test_a_problem_ticket_stays_a_problem(stage: Callable[..., Stage]) -> None:
    """A ticket that others are linked to is not made a task; the note says why."""
    one = stage({}, {"due_date_tasks": True}, kind="incident")
    one.review()
    assert one.desk.ticket.due_at is None
    assert one.desk.ticket.kind == "incident"
    assert "type ‘incident’" in one.desk.notes[0]


# -- what macros may not do ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tag",
    [
        "warranty_problem_dropped",
        "warranty_decision_hold",
        "warranty_third_party_maintenance_yes",
        catalogue.CLAIM_TAG,
        status_tag("not_covered"),
        "their_own_option",
    ],
)
def test_a_macro_decides_no_fact_and_no_verdict(stage: Callable[..., Stage], tag: str) -> None:
    """A tag that is an option of a field of ours would change the field: it is left out, also
    where an admin bound a field with options of other names."""
    one = stage(tags=frozenset({catalogue.CLAIM_TAG}))
    options = {"problem": {"warranty_problem_dropped": "their_own_option"}}
    one.bindings = Bindings(BINDINGS.fields, options, BINDINGS.macros)
    one.desk.effects["status:covered"] = Rendered(Markup("<p>Yes</p>"), {}, frozenset({tag, "rma"}))
    one.review()
    assert one.desk.writes[0].add_tags == {"rma", status_tag("covered"), payer_tag("soocas")}


def test_effects_are_not_carried_out_over_a_kept_verdict(stage: Callable[..., Stage]) -> None:
    """An agent who set the verdict by hand also keeps the priority they chose."""
    one = stage()
    one.desk.effects["status:covered"] = Rendered(
        Markup("<p>Yes</p>"), {"priority": "high"}, frozenset()
    )
    one.review()
    one.desk.edit(verdict="needs_review")
    one.review()
    one.desk.edit(problem="dropped")
    one.review()
    assert [write.native for write in one.desk.writes] == [{"priority": "high"}, {}, {}]


# -- odd values ------------------------------------------------------------------------------------


def test_an_option_of_an_admins_own_is_kept(stage: Callable[..., Stage]) -> None:
    """A verdict that we know nothing of stays, with no macro of ours and no crash."""
    one = stage()
    one.review()
    one.desk.edit(verdict="goodwill_case")
    one.review()
    assert one.desk.says("verdict") == "goodwill_case"
    assert "SET BY HAND: goodwill_case" in one.desk.notes[-1]
    assert "blockquote" not in one.desk.notes[-1]


@pytest.mark.parametrize("key", ["purchase_date", "claim_opened_on", "replacement_shipped_on"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
@pytest.mark.parametrize("decision", [None, "covered"])
def test_a_placeholder_for_a_date_stops_nothing(
    stage: Callable[..., Stage], key: str, day: str, decision: str | None
) -> None:
    """Dates at the ends of the calendar are decided like any other, and schedule nothing odd."""
    one = stage({**COMPLETE, key: day}, {"due_date_tasks": True})
    one.desk.edit(agent_decision=decision)
    assert one.review().did == "written"


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-03", "soon"])
def test_a_deadline_by_hand_may_be_anything(stage: Callable[..., Stage], day: str) -> None:
    """What an agent wrote there is kept, and breaks neither due date nor next review."""
    one = stage({}, {"due_date_tasks": True, "time_zone": ZoneInfo("Asia/Tokyo")})
    one.review()
    one.desk.edit(claim_deadline=day)
    assert one.review().did == "written"
    assert one.desk.says("claim_deadline") == day


def test_a_decision_that_is_none_of_ours_is_a_hold(stage: Callable[..., Stage]) -> None:
    """An option of an admin's own in the decision field leaves the outcome, and is named."""
    one = stage()
    one.review()
    one.desk.edit(agent_decision="ask_the_boss", problem="dropped")
    one.review()
    assert one.desk.says("verdict") == "covered"
    assert "ask_the_boss" in one.desk.notes[-1]


# -- messages --------------------------------------------------------------------------------------


def test_nothing_is_sent_that_asks_nothing(stage: Callable[..., Stage]) -> None:
    """Where only the agent has something to do, the customer gets no message and no reply."""
    facts = {key: value for key, value in COMPLETE.items() if key != "troubleshooting"}
    one = stage(facts, {"public_replies": frozenset({"needs_information"})})
    one.review()
    assert one.desk.replies == []
    assert "blockquote" not in one.desk.notes[0]
    assert "yours to document" in one.desk.notes[0]


def test_a_note_says_that_its_reply_was_sent(stage: Callable[..., Stage]) -> None:
    """An agent who reads '(not sent)' would send it again."""
    one = stage(settings={"public_replies": frozenset({"covered"})})
    one.review()
    assert "sent to the customer by itself" in one.desk.notes[0]
    assert "not sent" not in one.desk.notes[0]


def test_a_pending_reply_is_sent_whole_or_not_at_all(stage: Callable[..., Stage]) -> None:
    """With its macro gone meanwhile, half a message is not sent."""
    one = stage(settings={"public_replies": frozenset({"covered"})})
    one.desk.fail_after = RuntimeError("killed")
    with pytest.raises(RuntimeError):
        one.review()
    one.desk.missing_macros = {"status:covered"}
    one.review()
    assert one.desk.replies == []
    assert one.review().did == "unchanged"


def test_a_pending_reply_lapses_after_a_day(stage: Callable[..., Stage]) -> None:
    """A ticket solved and reopened weeks later does not send what was due then."""
    one = stage(settings={"public_replies": frozenset({"covered"})})
    one.desk.fail_after = RuntimeError("killed")
    with pytest.raises(RuntimeError):
        one.review()
    one.desk.edit(phase=Phase.SOLVED)
    one.review()
    one.now += days(40)
    one.desk.edit(phase=Phase.OPEN)
    one.review()
    assert one.desk.replies == []


def test_a_new_reason_is_told(stage: Callable[..., Stage]) -> None:
    """The same status for another reason is a new note: the old one would be wrong."""
    one = stage({**COMPLETE, "purchase_date": "2024-01-01"})
    one.review()
    one.desk.edit(purchase_date="2024-12-01")
    one.review()
    assert len(one.desk.notes) == 2
    assert "2025-12-01" in one.desk.notes[-1]


# -- what is on the ticket counts ------------------------------------------------------------------


def test_what_was_emptied_is_filled_in_again(stage: Callable[..., Stage]) -> None:
    """A field that lost its value, with nothing else changed, gets it back at the next review, and
    no second note."""
    one = stage()
    one.review()
    one.desk.edit(verdict=None, tags=one.desk.ticket.tags - {status_tag("covered")})
    assert one.review().did == "written"
    assert one.desk.says("verdict") == "covered"
    assert status_tag("covered") in one.desk.ticket.tags
    assert len(one.desk.notes) == 1


def test_a_hand_edit_outlives_a_hold(stage: Callable[..., Stage]) -> None:
    """Hold, set and lifted, does not turn what an agent wrote into the app's own."""
    one = stage()
    one.review()
    one.desk.edit(verdict="needs_review")
    one.review()
    for decision in ("hold", "accept", None):
        one.desk.edit(agent_decision=decision)
        one.review()
    assert one.desk.says("verdict") == "needs_review"


def test_a_hand_edit_after_an_override_is_newer(stage: Callable[..., Stage]) -> None:
    """Who overrides and then picks another verdict by hand gets the latter."""
    one = stage({**COMPLETE, "problem": "dropped"})
    one.desk.edit(agent_decision="covered")
    one.review()
    one.desk.edit(verdict="refund_eligible", serial_number="1")
    one.review()
    assert one.desk.says("verdict") == "refund_eligible"


@pytest.mark.parametrize(
    ("facts", "override", "payer", "deadline"),
    [
        ({"problem": "dropped"}, "covered", "undetermined", "2027-02-01"),
        ({"inspection": "no_fault_found"}, "covered", "undetermined", "2027-02-01"),
        ({"problem": "dropped", "claim_country": "FR"}, "covered", "buyer", "2027-02-01"),
        ({}, "not_covered", "not_applicable", None),
        ({}, "covered", "soocas", "2027-02-01"),
    ],
)
def test_freight_and_deadline_follow_an_override(
    stage: Callable[..., Stage],
    facts: dict[str, object],
    override: str,
    payer: str,
    deadline: str | None,
) -> None:
    """A customer whose denial was overruled is not charged for it, and the claim has a deadline;
    a refusal by an agent promises no freight."""
    one = stage({**COMPLETE, **facts})
    one.review()
    one.desk.edit(agent_decision=override)
    one.review()
    assert one.desk.says("freight_payer") == payer
    assert one.desk.says("claim_deadline") == deadline


def test_an_accepted_claim_keeps_its_deadline(stage: Callable[..., Stage]) -> None:
    """A promised replacement does not drop out of sight when the claim would have lapsed."""
    one = stage({**COMPLETE, "purchase_date": "2025-05-10"})
    one.desk.edit(agent_decision="accept")
    one.review()
    one.now = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    one.review()
    assert outcome(one.desk)[0] == "covered"
    assert one.desk.says("claim_deadline") == "2026-06-03"


def test_accepting_with_the_missing_fact_takes_the_answer(stage: Callable[..., Stage]) -> None:
    """Filling in what was asked and accepting in one go does not freeze the question."""
    one = stage({**COMPLETE, "defect_evidence": None})
    one.review()
    one.desk.edit(defect_evidence="verified", agent_decision="accept")
    one.review()
    assert outcome(one.desk)[:2] == ("covered", "soocas")
    one.desk.edit(problem="dropped")
    one.review()
    assert outcome(one.desk)[:2] == ("covered", "soocas")


def test_accepting_never_turns_into_a_denial(stage: Callable[..., Stage]) -> None:
    """A fact that speaks against the claim, given together with 'accept', denies nothing: what
    was on the ticket is what was accepted, and the note says what the policy would."""
    one = stage()
    one.review()
    one.desk.edit(problem="dropped", agent_decision="accept")
    one.review()
    assert outcome(one.desk)[0] == "covered"
    assert "AGENT&#39;S DECISION: COVERED" in one.desk.notes[-1]
    assert "The policy says: NOT COVERED" in one.desk.notes[-1]


def test_a_due_date_that_was_cleared_stays_cleared(stage: Callable[..., Stage]) -> None:
    """An agent who takes the due date away does not find it there again."""
    one = stage({}, {"due_date_tasks": True})
    one.review()
    one.desk.edit(due_at=None, serial_number="1")
    one.review()
    assert one.desk.ticket.due_at is None


def test_a_due_date_of_ours_moves_with_the_settings(stage: Callable[..., Stage]) -> None:
    """Another time zone moves it; switching due dates off takes ours away."""
    one = stage({}, {"due_date_tasks": True})
    one.review()
    one.installation = Installation("main", due_date_tasks=True, time_zone=ZoneInfo("Asia/Tokyo"))
    one.review()
    assert one.desk.ticket.due_at == datetime(2026, 6, 3, 14, 59, 59, tzinfo=UTC)
    one.installation = Installation("main")
    one.review()
    assert one.desk.ticket.due_at is None


def test_a_claim_from_the_future_is_due_on_its_day(stage: Callable[..., Stage]) -> None:
    """A contradiction that time itself resolves is looked at again then."""
    one = stage({**COMPLETE, "claim_opened_on": "2026-05-20"})
    assert one.review().next_due_at == datetime(2026, 5, 20, 0, 5, tzinfo=UTC)


def test_a_stamp_copied_from_another_ticket_is_no_proof(stage: Callable[..., Stage]) -> None:
    """A follow-up ticket that came with the fields of its predecessor gets a note of its own."""
    one = stage()
    one.review()
    other = stage(ref=TicketRef("main", "8"), fields=one.desk.ticket.fields)
    assert other.review().did == "written"
    assert len(other.desk.notes) == 1


def test_a_ticket_closed_meanwhile_ends_quietly(stage: Callable[..., Stage]) -> None:
    """Closed between reading and writing: nothing for a person to do."""
    one = stage()
    one.desk.fail = errors.Unwritable("ticket 7: it is closed")
    assert one.review() == Reviewed(None, "closed")


def test_a_reopened_ticket_is_reviewed_again(stage: Callable[..., Stage]) -> None:
    """What changed while it was solved is caught up with."""
    one = stage()
    one.review()
    one.desk.edit(phase=Phase.SOLVED, problem="dropped")
    one.review()
    one.desk.edit(phase=Phase.OPEN)
    one.review()
    assert outcome(one.desk)[0] == "not_covered"


def test_a_forbidden_macro_withholds_no_verdict(stage: Callable[..., Stage]) -> None:
    """A macro that our user may not see is named in the note; all else is written."""
    one = stage()
    one.desk.forbidden_macros = {"status:covered"}
    one.review()
    assert outcome(one.desk)[0] == "covered"
    assert "Warranty: covered" in one.desk.notes[0]


# -- several tickets -------------------------------------------------------------------------------


def test_several_are_read_together(stage: Callable[..., Stage]) -> None:
    """The first of several reads them all ahead, by one connection; a change of the settings in
    between counts at once."""
    one = stage()
    review = one.reviewer().several("main", ["7", "8", "9"])
    assert one.desk.ahead == []
    assert review("main", "7").did == "written"
    assert review("main", "7").did == "unchanged"
    assert [[ref.id for ref in refs] for refs in one.desk.ahead] == [["7", "8", "9"]]


def test_several_of_an_installation_that_is_off_are_not_read(stage: Callable[..., Stage]) -> None:
    """Off means that nothing is asked of the helpdesk."""
    one = stage(settings={"mode": "off"})
    assert one.reviewer().several("main", ["7", "8"])("main", "7").did == "off"
    assert one.desk.ahead == []
