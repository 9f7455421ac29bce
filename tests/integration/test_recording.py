"""What is kept of a review: everything that decided it, and no word of anybody's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from integration import catalogue, errors
from integration.assess import terms
from integration.config import Installation
from integration.helpdesks import Change, Message, Outcome, Part, Phase, Rendered, Ticket
from integration.records import GIVEN, Record
from policy import FACTS, Claim, decide
from tests.integration.desk import COMPLETE, CREATED, NOW, Desk, Stage, ticket


def record(one: Stage) -> Record:
    found = one.review().record
    assert found is not None
    return found


def test_a_record_says_what_was_decided_by_what_and_what_was_written() -> None:
    """Facts, verdict, edition, settings and the update, in the policy's own words."""
    one = Stage(Desk(ticket(COMPLETE, requester="4711")))
    kept = record(one)
    assert replace(kept, facts={}, facts_hash="", settings_hash="") == Record(
        installation="main",
        ticket_id="7",
        requester="4711",
        ticket_created_at=CREATED,
        did="written",
        facts={},
        misread=(),
        status="covered",
        clauses=("S1", "W1"),
        freight_payer="soocas",
        remedy="replacement_same_model",
        warranty_ends_on="2027-02-01",
        claim_deadline="2027-02-01",
        asked=(),
        shown="covered",
        decision=None,
        edition="soocas-1",
        facts_hash="",
        settings_hash="",
        wrote={
            "fields": ["claim_deadline", "freight_payer", "stamp", "verdict", "warranty_end"],
            "added": ["warranty_covered", "warranty_freight_soocas"],
            "note": True,
        },
        outcome={},
    )
    assert kept.facts == {
        **COMPLETE,
        "claim_opened_on": "2026-05-04",
        "order_number": GIVEN,
    }
    assert kept.settings_hash == terms(one.installation)[1].digest


@pytest.mark.parametrize(
    "facts",
    [COMPLETE, {}, {**COMPLETE, "problem": "dropped", "free_product": False, "serial_number": "9"}],
)
def test_the_facts_kept_decide_the_same_again(facts: dict[str, object]) -> None:
    """That a text was given is all that the policy looks at: the verdict can be worked out anew."""
    kept = record(Stage(Desk(ticket(facts))))
    verdict = decide(Claim.from_record(kept.facts), NOW.date())
    assert (verdict.status, verdict.clauses) == (kept.status, kept.clauses)
    assert (verdict.freight.payer, verdict.remedy.kind) == (kept.freight_payer, kept.remedy)
    asked = {ask.fact for ask in (*verdict.ask, *verdict.freight.ask)}
    assert set(kept.asked) == asked
    assert len(kept.asked) == len(asked)


def test_what_was_not_written_is_not_said_to_be() -> None:
    """An unchanged ticket has a record too, of nothing written."""
    one = Stage(Desk(ticket(COMPLETE)))
    first = record(one)
    again = record(one)
    assert again == replace(first, did="unchanged", wrote={})


@pytest.mark.parametrize(
    ("attributes", "did"),
    [
        ({"phase": Phase.SOLVED}, "solved"),
        ({"phase": Phase.CLOSED}, "closed"),
        ({"tags": frozenset()}, "no claim"),
    ],
)
def test_a_ticket_that_was_left_alone_has_no_record(
    attributes: dict[str, object], did: str
) -> None:
    """Nothing was decided, so nothing is kept."""
    result = Stage(Desk(ticket(COMPLETE, **attributes))).review()  # type: ignore[arg-type]
    assert (result.did, result.record) == (did, None)


def test_a_ticket_closed_before_the_write_has_no_record() -> None:
    """Nor has one that could not be written."""
    one = Stage(Desk(ticket(COMPLETE)))
    one.desk.fail = errors.Unwritable("ticket 7: it is closed")
    assert one.review().record is None


def test_what_was_written_before_it_closed_is_kept() -> None:
    """Closed between the note and the public reply: the note was written, and is not forgotten."""

    class Closing(Desk):
        def apply(self, base: Ticket, change: Change, messages: Sequence[Message] = ()) -> Outcome:
            if self.notes:
                raise errors.Unwritable("ticket 7: it is closed")
            return super().apply(base, change, messages)

    one = Stage(Closing(ticket(COMPLETE)), public_replies=frozenset({"covered"}))
    result = one.review()
    assert (result.did, result.next_due_at) == ("written", None)
    assert result.record is not None
    assert result.record.wrote["note"] is True
    assert "reply" not in result.record.wrote


def test_reply_reminder_and_due_date_are_kept() -> None:
    """Whatever was sent is named: the public reply, the due date, the reminder with its kind."""
    one = Stage(
        Desk(ticket({})), public_replies=frozenset({"needs_information"}), due_date_tasks=True
    )
    first = record(one)
    assert first.wrote["reply"] is True
    assert first.wrote["note"] is True
    assert first.wrote["due"] == "2026-06-03T23:59:59+00:00"
    for day, reminder, tags in (
        (datetime(2026, 5, 27, tzinfo=UTC), "near", ["warranty_deadline_near"]),
        (datetime(2026, 6, 2, tzinfo=UTC), "last", ["warranty_deadline_last"]),
    ):
        one.now = day
        wrote = record(one).wrote
        assert wrote == {"fields": ["stamp"], "added": tags, "reminder": reminder}
    one.desk.edit(third_party_maintenance=True, purchase_channel="official_store")
    assert record(one).wrote["due"] is None


def test_a_reply_made_good_is_kept_as_one() -> None:
    """The note was of the review before."""
    one = Stage(Desk(ticket(COMPLETE)), public_replies=frozenset({"covered"}))
    one.desk.fail_after = RuntimeError("killed")
    with pytest.raises(RuntimeError):
        one.review()
    kept = record(one)
    assert (kept.did, kept.wrote) == ("replied", {"fields": ["stamp"], "reply": True})


class Stubborn(Desk):
    """A helpdesk that takes no due date and keeps no tags, and says so in words."""

    def apply(self, base: Ticket, change: Change, messages: Sequence[Message] = ()) -> Outcome:
        done = super().apply(base, change, messages)
        parts = {
            "field:stamp": (Part.APPLIED, ""),
            "field:verdict": (Part.UNCHANGED, "already so"),
            "due": (Part.UNSUPPORTED, "MARKER of a ticket"),
            "tags": (Part.REJECTED, "not kept: MARKER"),
            "message:0": (Part.PENDING_CHECK, "MARKER"),
        }
        return replace(done, parts=parts)


def test_what_did_not_end_as_asked_is_kept_by_part() -> None:
    """Each part by its name with how it ended, the message by what it was, and no words on it."""
    one = Stage(Stubborn(ticket({})), public_replies=frozenset({"needs_information"}))
    kept = record(one)
    assert kept.outcome == {
        "due": "unsupported",
        "tags": "rejected",
        "note": "pending_check",
        "reply": "pending_check",
    }
    one.now = datetime(2026, 5, 27, tzinfo=UTC)
    assert record(one).outcome["reminder"] == "pending_check"


@pytest.mark.parametrize(
    ("by_hand", "shown", "decision"),
    [
        ({}, "covered", None),
        ({"agent_decision": "accept"}, "covered", "accept"),
        ({"agent_decision": "hold"}, None, "hold"),
        ({"agent_decision": "refer_to_dealer"}, "refer_to_dealer", "refer_to_dealer"),
        ({"agent_decision": "MARKER"}, None, "other"),
        ({"verdict": "MARKER"}, "other", None),
        ({"verdict": "needs_review"}, "needs_review", None),
    ],
)
def test_what_is_shown_and_decided_is_in_our_words(
    by_hand: dict[str, object], shown: str | None, decision: str | None
) -> None:
    """An option of an admin's own is 'other'; an empty field is nothing."""
    one = Stage(Desk(ticket(COMPLETE)))
    one.desk.edit(**by_hand)
    kept = record(one)
    assert (kept.shown, kept.decision, kept.status) == (shown, decision, "covered")


_WRITTEN = sorted(
    {fact.name for fact in FACTS}
    | {"agent_decision", "agent_decision_reason", *catalogue.OUTCOME_FIELDS, "stamp"}
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    marked=st.sets(st.sampled_from(_WRITTEN), max_size=8),
    everything=st.booleans(),
    replies=st.booleans(),
)
def test_no_record_holds_a_word_of_anybody(
    marked: set[str], everything: bool, replies: bool
) -> None:
    """Whatever people write into any field, tag or macro, none of it is kept: not as a fact, not
    as a misread value, not by the helpdesk's own words, and not in a hash of its own."""
    fields = dict.fromkeys(_WRITTEN if everything else marked, "MARKER-77")
    desk = Stubborn(ticket({**COMPLETE, **fields}))
    desk.ticket = replace(desk.ticket, tags=desk.ticket.tags | {"marker-77"})
    for macro in ("status:covered", "status:needs_information"):
        desk.effects[macro] = Rendered(
            Markup("<p>MARKER-77</p>"), {"priority": "MARKER-77"}, frozenset({"marker-77-tag"})
        )
    one = Stage(desk, public_replies=frozenset({"covered", "needs_information"} if replies else ()))
    for _ in range(2):
        kept = record(one)
        assert "marker" not in repr(kept).lower()
        assert json.loads(json.dumps(kept.wrote)) == kept.wrote
        assert json.loads(json.dumps(kept.facts)) == kept.facts
    texts = {fact.name for fact in FACTS if fact.kind == "text"}
    assert set(kept.misread) == set(fields) & {fact.name for fact in FACTS} - texts


def test_a_macro_s_own_tags_are_not_named() -> None:
    """They are the admin's; that there were any is said."""
    one = Stage(Desk(ticket(COMPLETE)))
    one.desk.effects["status:covered"] = Rendered(
        Markup("<p>Yes</p>"), {"priority": "high"}, frozenset({"rma", "vip"})
    )
    wrote = record(one).wrote
    assert wrote["added"] == ["warranty_covered", "warranty_freight_soocas", "other"]
    assert "priority" in wrote["fields"]  # type: ignore[operator]


def test_hashes_tell_facts_and_settings_apart_and_betray_no_text() -> None:
    """Another fact, ticket or setting has another hash; another order number has not, so nobody
    can try them out."""

    def hashes(facts: dict[str, object], ref: str = "7", **settings: object) -> tuple[str, str]:
        asked = ticket(facts)
        asked = replace(asked, ref=replace(asked.ref, id=ref))
        one = Stage(Desk(asked), **settings)
        kept = record(one)
        return kept.facts_hash, kept.settings_hash

    plain = hashes(COMPLETE)
    assert hashes({**COMPLETE, "order_number": "SO-2"}) == plain
    assert hashes({**COMPLETE, "problem": "dropped"})[0] != plain[0]
    assert hashes({**COMPLETE, "problem": "odd"})[0] != hashes({**COMPLETE, "problem": None})[0]
    assert hashes(COMPLETE, ref="8")[0] != plain[0]
    for changed in (
        {"deadline_near_days": 5},
        {"deadline_last_days": 2},
        {"cross_border": "review"},
        {"regions": "EU:DE,FR"},
        {"due_date_tasks": True},
    ):
        other = hashes(COMPLETE, **changed)
        assert other[0] == plain[0]
        assert other[1] != plain[1]
    assert terms(Installation("main"))[1].digest == plain[1]
