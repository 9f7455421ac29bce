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
from integration.helpdesks import Bindings, Phase, Rendered
from integration.review import Reviewed, Reviewer
from tests.integration.desk import BINDINGS, COMPLETE, NOW, Desk, days, ticket


class Stage:
    """A reviewer over one ticket, at a moment that tests may move."""

    def __init__(self, desk: Desk, **settings: object) -> None:
        self.desk = desk
        self.now = NOW
        self.bindings: Bindings | None = BINDINGS
        self.installation = Installation("main", **settings)  # type: ignore[arg-type]

    def review(self) -> Reviewed:
        reviewer = Reviewer(
            {"main": self.installation},
            lambda installation, bindings: self.desk,
            lambda installation: self.bindings,
            lambda: self.now,
        )
        return reviewer("main", "7")


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
    assert outcome(one.desk) == ("covered", "soocas", "2027-03-01", None)
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


@pytest.mark.parametrize("key", ["stamp", "verdict"])
def test_without_stamp_or_verdict_a_person_looks(stage: Callable[..., Stage], key: str) -> None:
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
    """The tag appears on the day it is asked for, and the day after the deadline the claim
    lapses by itself."""
    one = stage(
        {"problem": "quality_defect", "order_number": "SO-1", "purchase_date": "2025-05-10"}
    )
    near = one.review().next_due_at
    assert one.desk.says("claim_deadline") == "2026-06-03"
    assert near == datetime(2026, 5, 27, 0, 5, tzinfo=UTC)
    one.now = near
    lapses = one.review().next_due_at
    assert catalogue.DEADLINE_NEAR_TAG in one.desk.ticket.tags
    assert len(one.desk.notes) == 1
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
