"""A ticket that could not be reviewed: tagged, and told why, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from integration import errors, updates
from integration.catalogue import SET_ASIDE_TAG
from integration.helpdesks import Phase
from tests.integration.desk import COMPLETE, Desk, Stage, ticket

WHY = "ticket 7: Zendesk refused ‘x’ <b> — Check the named fields' settings."


def stage(**attributes: object) -> Stage:
    return Stage(Desk(ticket(COMPLETE, **attributes)))  # type: ignore[arg-type]


def mark(one: Stage, why: str = WHY) -> None:
    one.reviewer().set_aside("main", "7", why)


def test_tag_and_note_go_in_one_update() -> None:
    """A view finds the ticket, and its agent reads why and what to do; all else is as it was."""
    one = stage()
    mark(one)
    (write,) = one.desk.writes
    (note,) = one.desk.notes
    assert write.add_tags == {SET_ASIDE_TAG}
    assert not write.fields
    assert not write.remove_tags
    assert "SET ASIDE · this ticket could not be reviewed" in note
    assert "<strong>Why:</strong> ticket 7: Zendesk refused ‘x’ &lt;b&gt;</p>" in note
    assert "<strong>What to do:</strong> Check the named fields&#39; settings.</p>" in note
    assert one.desk.replies == []


def test_a_note_is_named_by_what_was_set_aside() -> None:
    """Where note and tag are two requests, a try that broke off in between finds its note again,
    whatever was saved on the ticket meanwhile; for another reason, or after a review, it is another
    one."""

    def named(why: str = WHY, stamp: str | None = None, version: str = "1") -> str:
        one = ticket(COMPLETE, version=version)
        one = replace(one, fields={**one.fields, "stamp": stamp})
        return updates.of_set_aside(one, why).messages[0].dedupe_key

    assert named() == named(version="2")
    assert named() != named("ticket 7: something else — Look at it.")
    assert named() != named(stamp="of a review since")


def test_it_is_said_once() -> None:
    """A worker that died in between, and the one after it, write nothing more."""
    one = stage()
    one.desk.fail_after = errors.Unavailable("ticket 7: no answer", ambiguous=True)
    with pytest.raises(errors.Unavailable):
        mark(one)
    mark(one)
    mark(one, "ticket 7: something else — Look at it.")
    assert len(one.desk.writes) == len(one.desk.notes) == 1


def test_a_review_that_goes_well_takes_the_tag_away() -> None:
    """Also one that has nothing else to write, and without a second note; what goes wrong
    thereafter is told anew."""
    one = stage()
    one.review()
    mark(one)
    assert SET_ASIDE_TAG in one.desk.ticket.tags
    result = one.review()
    assert result.did == "written"
    assert one.desk.writes[-1].remove_tags == {SET_ASIDE_TAG}
    assert not one.desk.writes[-1].add_tags
    assert len(one.desk.notes) == 2
    assert one.review().did == "unchanged"
    mark(one)
    assert SET_ASIDE_TAG in one.desk.ticket.tags
    assert len(one.desk.notes) == 3


def test_a_first_review_takes_the_tag_away() -> None:
    """With the verdict, in the same update."""
    one = stage()
    mark(one)
    one.review()
    assert SET_ASIDE_TAG not in one.desk.ticket.tags
    assert len(one.desk.writes) == 2


def test_a_closed_ticket_is_not_touched() -> None:
    """Nothing can be written there; a solved one can still be."""
    closed = stage(phase=Phase.CLOSED)
    mark(closed)
    assert closed.desk.writes == []
    solved = stage(phase=Phase.SOLVED)
    mark(solved)
    assert len(solved.desk.notes) == 1


def test_a_ticket_without_our_fields_is_marked() -> None:
    """A field that is gone, or all of them, is why it was set aside: the mark needs none."""
    for bindings in (None, Stage(Desk(ticket({}))).bindings):
        one = stage(fields={})
        one.bindings = bindings
        with pytest.raises(errors.FieldGone):
            one.review()
        mark(one)
        assert SET_ASIDE_TAG in one.desk.ticket.tags
        assert len(one.desk.notes) == 1


def test_a_ticket_that_changes_meanwhile_is_marked_all_the_same() -> None:
    """It is read again and marked as it is now; one that never holds still is given up."""
    one = stage()
    one.desk.fail = errors.Conflict("ticket 7: it changed")
    mark(one)
    assert len(one.desk.notes) == 1

    class Restless(Desk):
        def apply(self, *args: object, **more: object) -> object:  # type: ignore[override]
            raise errors.Conflict("ticket 7: it changed")

    with pytest.raises(errors.Conflict):
        mark(Stage(Restless(ticket(COMPLETE))))


@pytest.mark.parametrize(
    "why", ["", "no dash", "{{ticket.requester}} — {% if %} \x00", "a — b — c", "x" * 5000]
)
def test_any_reason_can_be_told(why: str) -> None:
    """However it is worded: escaped, no placeholder of the helpdesk, no longer than it may be."""
    one = stage()
    mark(one, why)
    (note,) = one.desk.notes
    assert "{{" not in note
    assert "{%" not in note
    assert "\x00" not in note
    assert len(note) < 1200
    assert ("What to do" in note) == (" — " in why)
