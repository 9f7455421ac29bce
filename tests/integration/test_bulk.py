"""A verdict for a bulk update: the same as a review's, without asking the helpdesk anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from markupsafe import Markup

from integration import bulk, errors
from integration.config import Installation
from integration.helpdesks import Outcome, Part, Phase, Rendered, Ticket
from tests.integration.desk import BINDINGS, COMPLETE, NOW, Desk, Stage, ticket

HOME = Installation("main")


def plan(
    one: Ticket, now: datetime = NOW, installation: Installation = HOME
) -> bulk.Planned | None:
    return bulk.plan(one, installation, now, BINDINGS)


def carried_out(desk: Desk, now: datetime = NOW) -> bulk.Planned:
    planned = plan(desk.ticket, now)
    assert planned is not None
    desk.apply(desk.ticket, planned.change, [planned.message] if planned.message else [])
    return planned


def test_it_writes_what_a_review_would() -> None:
    """Fields, tags and stamp are a review's, letter for letter; a review after it finds nothing to
    do."""
    mine, theirs = Stage(Desk(ticket(COMPLETE))), Stage(Desk(ticket(COMPLETE)))
    mine.review()
    carried_out(theirs.desk)
    assert theirs.desk.ticket.fields == mine.desk.ticket.fields
    assert theirs.desk.ticket.tags == mine.desk.ticket.tags
    assert theirs.review().did == "unchanged"
    assert theirs.desk.rendered == []


def test_its_note_tells_the_verdict_by_its_clauses() -> None:
    """As a review's does, without a message to the customer or a word on its macros."""
    one = Desk(ticket({**COMPLETE, "purchase_date": "2025-01-01"}))
    carried_out(one)
    (note,) = one.notes
    assert "NOT COVERED · the warranty ended before the claim was opened (X3)" in note
    assert "<strong>X3</strong>" in note
    assert "blockquote" not in note
    assert "macro" not in note
    assert one.replies == []


def test_a_macro_s_effects_are_not_made_up_for() -> None:
    """What a macro sets is for tickets of today: neither the bulk update nor a later review puts
    it on a ticket of the past; a new verdict does."""
    one = Stage(Desk(ticket(COMPLETE)), public_replies=frozenset({"covered"}))
    for key in ("covered", "not_covered"):
        one.desk.effects[f"status:{key}"] = Rendered(
            Markup("<p>Yes</p>"), {"priority": "high"}, frozenset({"rma"})
        )
    planned = carried_out(one.desk)
    assert planned.change.native == {}
    assert planned.change.macro_id is None
    one.desk.edit(remedy_preference="refund")
    one.review()
    assert one.desk.writes[-1].native == {}
    assert "rma" not in one.desk.ticket.tags
    assert one.desk.replies == []
    one.desk.edit(problem="dropped")
    one.review()
    assert one.desk.writes[-1].native == {"priority": "high"}


@pytest.mark.parametrize(
    "attributes", [{"phase": Phase.SOLVED}, {"phase": Phase.CLOSED}, {"tags": frozenset({"vip"})}]
)
def test_what_a_review_leaves_alone_is_left_alone(attributes: dict[str, object]) -> None:
    """Solved, closed, no claim."""
    assert plan(ticket(COMPLETE, **attributes)) is None  # type: ignore[arg-type]


def test_what_a_ticket_carries_is_not_written_again() -> None:
    """Run twice, the second time finds nothing; nor does it send a reply that is still to come."""
    one = Stage(Desk(ticket(COMPLETE)), public_replies=frozenset({"covered"}))
    one.desk.fail_after = RuntimeError("killed")
    with pytest.raises(RuntimeError):
        one.review()
    assert plan(one.desk.ticket, installation=one.installation) is None
    other = Desk(ticket(COMPLETE))
    carried_out(other)
    assert plan(other.ticket) is None


def test_a_ticket_that_lacks_a_field_is_a_persons() -> None:
    """As in a review."""
    whole = ticket(COMPLETE)
    fields = {key: value for key, value in whole.fields.items() if key != "stamp"}
    with pytest.raises(errors.FieldGone):
        plan(replace(whole, fields=fields))


def test_a_hand_edit_stays() -> None:
    """People stay in charge, in bulk too."""
    one = Desk(ticket(COMPLETE))
    one.edit(verdict="needs_review", agent_decision="hold")
    planned = carried_out(one)
    assert "verdict" not in planned.change.fields
    assert one.says("verdict") == "needs_review"


def test_a_deadline_that_is_near_is_reminded_of() -> None:
    """By the note on the verdict; and by one of its own where that was written before."""
    facts = {"problem": "quality_defect", "order_number": "1", "purchase_date": "2025-05-10"}
    near = datetime(2026, 5, 27, tzinfo=UTC)
    fresh = Desk(ticket(facts))
    assert carried_out(fresh, near).update.reminder is None
    assert plan(fresh.ticket, near) is None
    old = Desk(ticket(facts))
    carried_out(old)
    assert carried_out(old, near).update.reminder == "near"
    assert "DEADLINE IN 7 DAYS" in old.notes[-1]
    assert "blockquote" not in old.notes[-1]


def test_its_record_is_as_a_review_s() -> None:
    """With what became of it where that was told."""
    review = Stage(Desk(ticket(COMPLETE))).review().record
    planned = plan(ticket(COMPLETE))
    assert planned is not None
    assert planned.record() == review
    told = planned.record("written", Outcome({"tags": (Part.REJECTED, "not kept: x")}, None))
    assert told.outcome == {"tags": "rejected"}
