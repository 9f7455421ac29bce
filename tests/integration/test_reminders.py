"""Reminders: a claim's deadline is told of twice before it comes, once each, whatever happens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup

from integration import errors
from integration.catalogue import DEADLINE_LAST_TAG, DEADLINE_NEAR_TAG
from integration.helpdesks import Phase
from tests.integration.desk import COMPLETE, Desk, Stage, days, ticket

OPEN = {"problem": "quality_defect", "order_number": "SO-1", "purchase_date": "2025-05-10"}
"""Still asks for something; the last day of this claim is 3 June 2026."""
NEAR, LAST = datetime(2026, 5, 27, 12, tzinfo=UTC), datetime(2026, 6, 2, 12, tzinfo=UTC)
_BOTH = {DEADLINE_NEAR_TAG, DEADLINE_LAST_TAG}


def on(facts: dict[str, object], **settings: object) -> Stage:
    return Stage(Desk(ticket(facts)), **settings)


def reviewed(stage: Stage, when: datetime, did: str = "written") -> str:
    """Review at a moment; the notes that this brought, as text."""
    stage.now, before = when, len(stage.desk.notes)
    assert stage.review().did == did
    return " ".join(stage.desk.notes[before:])


def reminded(stage: Stage) -> set[str]:
    return set(stage.desk.ticket.tags & _BOTH)


# -- when ------------------------------------------------------------------------------------------


def test_each_threshold_is_told_once() -> None:
    """Nothing the day before; on its day a tag and a note; then no more, however often the ticket
    is reviewed. In the last days the ticket carries both tags."""
    one = on(OPEN)
    one.review()
    assert reviewed(one, NEAR - days(1), "unchanged") == ""
    assert "DEADLINE IN 7 DAYS · claim until 2026-06-03" in reviewed(one, NEAR)
    assert reminded(one) == {DEADLINE_NEAR_TAG}
    for when in (NEAR, NEAR + days(1), LAST - days(1)):
        assert reviewed(one, when, "unchanged") == ""
    assert "DEADLINE TOMORROW" in reviewed(one, LAST)
    assert reminded(one) == _BOTH
    assert reviewed(one, LAST + days(1), "unchanged") == ""
    assert "NOT COVERED" in reviewed(one, LAST + days(2))
    assert reminded(one) == set()


def test_a_ticket_that_slept_through_the_first_is_told_of_the_last_alone() -> None:
    """Reopened on the last day, it gets one note and not two."""
    one = on(OPEN)
    one.review()
    assert "DEADLINE TODAY" in reviewed(one, LAST + days(1))
    assert reviewed(one, LAST + days(1), "unchanged") == ""
    assert len(one.desk.notes) == 2


@pytest.mark.parametrize("when", [NEAR, LAST])
def test_a_note_on_the_verdict_reminds_as_well(when: datetime) -> None:
    """It tells the days left already: no second note beside it, and none after it."""
    one = on(OPEN)
    left = (datetime(2026, 6, 3, 12, tzinfo=UTC) - when).days
    assert f"2026-06-03 ({left} day" in reviewed(one, when)
    assert DEADLINE_NEAR_TAG in one.desk.ticket.tags
    assert reviewed(one, when, "unchanged") == ""
    assert len(one.desk.notes) == 1


def test_a_deadline_that_moves_later_is_told_of_anew() -> None:
    """Another purchase date, another deadline, and its own two reminders."""
    one = on(OPEN)
    one.review()
    reviewed(one, NEAR)
    one.desk.edit(purchase_date="2025-06-20")
    assert "until 2026-06-20" in reviewed(one, NEAR)
    assert reminded(one) == set()
    assert "DEADLINE IN 7 DAYS" in reviewed(one, NEAR + days(17))
    assert "DEADLINE TOMORROW" in reviewed(one, LAST + days(17))


def test_a_deadline_that_moves_to_and_fro_is_told_of_once() -> None:
    """A purchase date that is corrected and corrected back brings no reminder again."""
    one = on(OPEN)
    one.desk.edit(agent_decision="hold")
    one.review()
    assert "DEADLINE IN 6 DAYS" in reviewed(one, NEAR + days(1))
    one.desk.edit(purchase_date="2025-06-04")
    assert "DEADLINE IN 7 DAYS" in reviewed(one, NEAR + days(1))
    one.desk.edit(purchase_date="2025-05-10")
    assert reviewed(one, NEAR + days(1)) == ""
    one.desk.edit(purchase_date="2025-06-04")
    assert reviewed(one, NEAR + days(1)) == ""
    one.desk.edit(purchase_date="2025-05-10")
    assert "DEADLINE TOMORROW" in reviewed(one, LAST)
    one.desk.edit(purchase_date="2025-06-08")
    assert "DEADLINE IN 6 DAYS" in reviewed(one, LAST)
    one.desk.edit(purchase_date="2025-05-10")
    assert reviewed(one, LAST) == ""


def test_a_lost_answer_repeats_no_reminder() -> None:
    """The helpdesk carried the update out and fell silent: the stamp tells."""
    one = on(OPEN)
    one.review()
    one.now, one.desk.fail_after = NEAR, errors.Unavailable("no answer", ambiguous=True)
    with pytest.raises(errors.Unavailable):
        one.review()
    assert reviewed(one, NEAR, "unchanged") == ""
    assert len(one.desk.notes) == 2


def test_a_conflict_loses_no_reminder() -> None:
    """What was not written is written by the next review."""
    one = on(OPEN)
    one.review()
    one.now, one.desk.fail = NEAR, errors.Conflict("ticket 7: it changed")
    with pytest.raises(errors.Conflict):
        one.review()
    assert "DEADLINE IN 7 DAYS" in reviewed(one, NEAR)


def test_a_tag_taken_away_comes_back_without_a_note() -> None:
    """The tag is there as long as the deadline is near; the note was for once."""
    one = on(OPEN)
    one.review()
    reviewed(one, NEAR)
    one.desk.edit(tags=one.desk.ticket.tags - _BOTH)
    assert reviewed(one, NEAR) == ""
    assert reminded(one) == {DEADLINE_NEAR_TAG}


@pytest.mark.parametrize(
    ("near", "last", "told"),
    [
        (7, 1, [("2026-05-27", "IN 7 DAYS"), ("2026-06-02", "TOMORROW")]),
        (1, 7, [("2026-05-27", "IN 7 DAYS"), ("2026-06-02", "TOMORROW")]),
        (3, 3, [("2026-05-31", "IN 3 DAYS")]),
        (2, 0, [("2026-06-01", "IN 2 DAYS"), ("2026-06-03", "TODAY")]),
        (0, 0, [("2026-06-03", "TODAY")]),
    ],
)
def test_thresholds_may_be_set_in_any_way(
    near: int, last: int, told: list[tuple[str, str]]
) -> None:
    """The wrong way round they are two all the same; both alike are one; 0 is the last day."""
    one = on(OPEN, deadline_near_days=near, deadline_last_days=last)
    one.review()
    found = []
    while (due := one.review().next_due_at) is not None:
        assert due > one.now
        note = reviewed(one, due)
        if "DEADLINE" in note:
            found.append((str(due.date()), note.partition("DEADLINE ")[2].partition(" ·")[0]))
    assert found == told
    assert one.desk.says("verdict") == "not_covered"


@pytest.mark.parametrize(
    ("zone", "opened", "ends", "expected"),
    [
        # the deadline itself, a threshold or the day after falls on a night without a midnight
        ("America/Sao_Paulo", "2018-10-12", "2018-11-11", "2018-11-04 2018-11-10 2018-11-12"),
        ("America/Sao_Paulo", "2018-10-06", "2018-11-05", "2018-10-29 2018-11-04 2018-11-06"),
        ("America/Sao_Paulo", "2018-10-04", "2018-11-03", "2018-10-27 2018-11-02 2018-11-04"),
        ("Africa/Cairo", "2026-04-01", "2026-05-01", "2026-04-24 2026-04-30 2026-05-02"),
        ("Africa/Cairo", "2026-03-26", "2026-04-25", "2026-04-18 2026-04-24 2026-04-26"),
        ("Africa/Cairo", "2025-09-30", "2025-10-30", "2025-10-23 2025-10-29 2025-10-31"),
        ("Asia/Beirut", "2026-02-26", "2026-03-28", "2026-03-21 2026-03-27 2026-03-29"),
        ("Asia/Beirut", "2026-02-28", "2026-03-30", "2026-03-23 2026-03-29 2026-03-31"),
        ("America/Havana", "2025-10-03", "2025-11-02", "2025-10-26 2025-11-01 2025-11-03"),
        ("Europe/Berlin", "2026-02-28", "2026-03-30", "2026-03-23 2026-03-29 2026-03-31"),
        # 30 December 2011 did not take place
        ("Pacific/Apia", "2011-12-07", "2012-01-06", "2011-12-31 2012-01-05 2012-01-07"),
        ("Pacific/Apia", "2011-12-01", "2011-12-31", "2011-12-24 2011-12-31 2012-01-01"),
        ("Pacific/Apia", "2011-11-30", "2011-12-30", "2011-12-23 2011-12-29 2011-12-31"),
        ("Pacific/Apia", "2011-11-29", "2011-12-29", "2011-12-22 2011-12-28 2011-12-31"),
    ],
)
def test_every_turn_falls_on_its_local_day(
    zone: str, opened: str, ends: str, expected: str
) -> None:
    """Whatever the clock does that night, each review is due once, on the right day there: twice
    with a reminder, then with the end of the claim."""
    where = ZoneInfo(zone)
    created = datetime.fromisoformat(f"{opened}T12:00:00").replace(tzinfo=where)
    facts = {**OPEN, "purchase_date": f"{int(opened[:4]) - 1}{opened[4:]}"}
    desk = Desk(ticket(facts, created_at=created.astimezone(UTC)))
    one = Stage(desk, time_zone=where)
    one.now = desk.ticket.created_at
    due = one.review().next_due_at
    assert one.desk.says("claim_deadline") == ends
    dues: list[str] = []
    while due is not None:
        assert due > one.now
        dues.append(str(due.astimezone(where).date()))
        one.now = due.astimezone(UTC) - timedelta(minutes=6)
        assert one.review() == one.review(), "not yet: nothing changes before that day"
        assert one.review().next_due_at == due
        one.now = due.astimezone(UTC)
        result = one.review()
        assert result.did == "written"
        due = result.next_due_at
    assert " ".join(dues) == expected
    assert len(one.desk.notes) == 4
    assert one.desk.says("verdict") == "not_covered"


def test_a_claim_without_a_purchase_date_falls_due_on_the_day_that_it_lapses_for_certain() -> None:
    """Its provisional deadline passes and ends nothing; a year after the claim was opened no day of
    purchase is left that would keep it, and nobody has to touch the ticket for that to be seen."""
    one = on({"problem": "quality_defect", "purchase_channel": "official_store"})
    dues = []
    while (due := one.review().next_due_at) is not None:
        assert due > one.now
        dues.append(str(due.date()))
        reviewed(one, due)
    assert dues[:2] == ["2026-05-27", "2026-06-02"]
    assert dues[-1] == "2027-05-05"
    assert one.desk.says("verdict") == "not_covered"


# -- for whom --------------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", ["accept", "hold", "covered", "needs_review"])
def test_an_agents_decision_does_not_silence_the_deadline(decision: str) -> None:
    """The outcome is the agent's; the deadline goes on, and is told of."""
    one = on(OPEN)
    one.desk.edit(agent_decision=decision)
    one.review()
    assert "DEADLINE IN 7 DAYS" in reviewed(one, NEAR)
    assert "DEADLINE TOMORROW" in reviewed(one, LAST)
    assert reminded(one) == _BOTH


@pytest.mark.parametrize(
    ("facts", "decision"),
    [
        ({**OPEN, "problem": "dropped"}, None),
        ({**OPEN, "purchase_channel": "authorized_dealer"}, None),
        (OPEN, "not_covered"),
        (OPEN, "refer_to_dealer"),
    ],
)
def test_an_ended_claim_is_not_reminded_of(facts: dict[str, object], decision: str | None) -> None:
    """By the policy or by an agent: what has ended has no deadline."""
    one = on(facts)
    one.desk.edit(agent_decision=decision)
    one.review()
    assert reviewed(one, NEAR, "unchanged") == ""
    assert reviewed(one, LAST, "unchanged") == ""
    assert reminded(one) == set()


def test_a_solved_ticket_is_not_reminded_of() -> None:
    """What is done is left alone."""
    one = on(OPEN)
    one.review()
    one.desk.edit(phase=Phase.SOLVED)
    assert reviewed(one, NEAR, "solved") == ""


def test_a_deadline_by_hand_is_the_one_that_counts() -> None:
    """What an agent wrote into the field is what agents are reminded of."""
    one = on(OPEN)
    one.review()
    one.desk.edit(claim_deadline="2026-05-20")
    reviewed(one, NEAR - days(19))
    note = reviewed(one, NEAR - days(14))
    assert "DEADLINE IN 7 DAYS · claim until 2026-05-20" in note
    assert "the policy does not end the claim then by itself" in note


def test_a_verdict_note_that_would_not_tell_the_deadline_does_so_when_it_is_near() -> None:
    """Over a denial that an agent overruled, the policy has no deadline, and the ticket has."""
    one = on({**OPEN, "problem": "dropped"})
    one.review()
    one.desk.edit(agent_decision="covered")
    note = reviewed(one, NEAR)
    assert "On this ticket, the claim runs until 2026-06-03 (7 days left)." in note
    assert reviewed(one, NEAR, "unchanged") == ""


# -- what it says ----------------------------------------------------------------------------------


def test_a_reminder_says_what_is_missing_from_whom() -> None:
    """What the customer owes and what the agent does, by name, with the message that asks for it:
    one macro is previewed for it, and nothing is sent to the customer."""
    one = on(OPEN)
    one.review()
    one.desk.rendered.clear()
    note = reviewed(one, NEAR)
    assert "needs information" in note
    assert "<strong>Missing from the customer:</strong> evidence of the defect" in note
    assert "<strong>Missing from you:</strong> the documented troubleshooting." in note
    assert "D2: after that day nothing is processed any more." in note
    assert "Message that asks for what is missing (not sent):" in note
    assert "Please send us a photo or a short video" in note
    assert one.desk.rendered == ["status:needs_information"]
    assert one.desk.replies == []


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (COMPLETE, "see that the replacement by the same model is under way by then."),
        ({**COMPLETE, "inspection": "pending"}, "Missing from the inspection:</strong> its result"),
        ({**COMPLETE, "problem": "damaged_on_delivery"}, "the policy leaves it to a person."),
        ({**COMPLETE, "problem": "not_quality"}, "see that the refund is under way by then."),
    ],
)
def test_a_reminder_says_what_is_to_be_done(facts: dict[str, object], says: str) -> None:
    """Whom the claim waits for, by its status; no macro is asked for it."""
    created = datetime(2025, 5, 12, tzinfo=UTC)
    one = Stage(Desk(ticket({**facts, "purchase_date": "2025-05-10"}, created_at=created)))
    one.now = created
    one.review()
    one.desk.rendered.clear()
    assert says in reviewed(one, datetime(2026, 5, 3, 12, tzinfo=UTC))
    assert one.desk.rendered == []
    assert "blockquote" not in one.desk.notes[-1]


def test_a_held_claim_is_the_agents_to_take_up() -> None:
    """Nobody else is waited for."""
    one = on(OPEN)
    one.desk.edit(agent_decision="hold")
    one.review()
    note = reviewed(one, NEAR)
    assert "For you:</strong> it is on hold; take it up again, or end it." in note
    assert "Missing from" not in note


def test_a_status_of_an_admins_own_is_the_agents_to_settle() -> None:
    """What the ticket shows is none of the policy's: no more is said than that it is open."""
    one = on(OPEN)
    one.desk.edit(verdict="goodwill_case")
    one.review()
    note = reviewed(one, NEAR)
    assert "For you:</strong> see what is still open, and settle it by then." in note
    assert "goodwill_case" not in note
    assert "blockquote" not in note


def test_a_claim_that_does_not_lapse_is_not_said_to() -> None:
    """With the item at SOOCAS the policy does not end the claim; with the purchase date unknown,
    its deadline may move."""
    held = on({**OPEN, "inspection": "pending"})
    held.review()
    assert "does not end the claim then by itself" in reviewed(held, NEAR)
    unknown = on({"problem": "quality_defect"})
    unknown.review()
    assert "It is provisional" in reviewed(unknown, NEAR)


def test_a_misread_field_is_named_by_its_title() -> None:
    """It may be why something is missing; what it says is not repeated."""
    one = on({**OPEN, "defect_evidence": "a <b>video</b>"})
    one.review()
    note = reviewed(one, NEAR)
    assert "so taken as unknown: ‘Warranty: evidence of the defect’." in note
    assert "video</b>" not in note


def test_a_missing_macro_withholds_no_reminder() -> None:
    """Without the message, what is missing is still named."""
    one = on(OPEN)
    one.review()
    one.desk.missing_macros = {"status:needs_information"}
    note = reviewed(one, NEAR)
    assert "Missing from the customer" in note
    assert "blockquote" not in note


def test_a_reminder_sends_no_public_reply() -> None:
    """Also where replies of that status are allowed: the customer was written to already."""
    one = on(OPEN, public_replies=frozenset({"needs_information"}))
    one.review()
    assert len(one.desk.replies) == 1
    reviewed(one, NEAR)
    reviewed(one, LAST)
    assert len(one.desk.replies) == 1


@pytest.mark.parametrize("facts", [OPEN, {}, {**COMPLETE, "claim_country": None}])
@pytest.mark.parametrize("decision", [None, "accept", "hold", "covered"])
def test_a_reminder_is_short(facts: dict[str, object], decision: str | None) -> None:
    """Without the message to the customer, what an agent takes in at a glance."""
    one = on({**facts, "purchase_date": "2025-05-10"} if facts else {})
    one.desk.edit(agent_decision=decision)
    one.review()
    note = reviewed(one, NEAR).partition("<p><strong>Message")[0]
    assert "DEADLINE" in note
    assert len(Markup(note).striptags().split()) < 70


# -- after an update of the program ----------------------------------------------------------------


def test_a_ticket_from_before_reminders_gets_no_second_verdict_note() -> None:
    """Its stamp is read: the note of its verdict is not repeated, and the reminders follow."""
    one = on(OPEN)
    one.review()
    stamped = str(one.desk.ticket.fields["stamp"])
    one.desk.edit(
        # its digest of the settings knew one threshold less
        stamp=" ".join([*stamped.split(" ")[:-2], "133b1ae638383dee", "0c42babb3cd00ddb"])
    )
    assert reviewed(one, NEAR - days(2)) == ""
    assert "DEADLINE IN 7 DAYS" in reviewed(one, NEAR)
    assert len(one.desk.notes) == 2
