"""Due dates where every ticket has one by its SLA: set once, looked at again, and honestly told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integration import due_dates
from integration.config import Installation
from integration.doctor import examine
from integration.doctor_store import due_dates as told
from integration.due_dates import LOOK_AGAIN, Stayed
from integration.helpdesks import Capabilities, Change, Message, Outcome, Part, Phase, Ticket
from integration.helpdesks.confirming import confirmed
from integration.helpdesks.freshdesk import Account
from integration.records import Kept, Records
from integration.review import Reviewed, Reviewer
from integration.store import Store
from tests.integration.desk import BINDINGS, NOW, Desk, ticket
from tests.integration.test_records import record

BY_SLA = datetime(2026, 5, 8, 9, tzinfo=UTC)
OURS = datetime(2026, 6, 3, 23, 59, 59, tzinfo=UTC)
Later = Callable[[Ticket], Ticket]


class SlaDesk(Desk):
    """A helpdesk whose SLA gives every ticket a due date. It takes another, and vouches for none;
    ``takes`` is how it ends there and then."""

    takes = Part.PENDING_CHECK

    def capabilities(self) -> Capabilities:
        return replace(super().capabilities(), deadlines="may_be_recalculated")

    def apply(self, base: Ticket, change: Change, messages: tuple[Message, ...] = ()) -> Outcome:
        kind, due = self.ticket.kind, self.ticket.due_at
        done = super().apply(base, change, messages)
        self.ticket = replace(self.ticket, kind=kind)
        if change.due is None:
            return done
        if self.takes is not Part.PENDING_CHECK:
            self.ticket = replace(self.ticket, due_at=due)
        return Outcome({**done.parts, "due": (self.takes, "")}, self.ticket)

    def confirm(self, ref: object, expected: Change) -> Outcome:
        return confirmed(self.ticket, expected)


class Place:
    """An installation on such a helpdesk; what is kept of its reviews is ``kept``, the newest
    last."""

    def __init__(self, facts: Mapping[str, object] | None = None, **attributes: object) -> None:
        attributes = {"due_at": BY_SLA, "kind": "Warranty claim", **attributes}
        self.desk = SlaDesk(ticket(facts, **attributes))  # type: ignore[arg-type]
        self.installation = Installation("main", helpdesk="freshdesk", due_date_tasks=True)
        self.now = NOW
        self.kept: list[Kept] = []
        self.desk.clock = lambda: self.now

    def review(self, after: timedelta = timedelta()) -> Reviewed:
        self.now += after
        reviewer = Reviewer(
            {"main": self.installation},
            lambda *_: self.desk,
            lambda _: BINDINGS,
            lambda: self.now,
            lambda *_: self.kept[-1] if self.kept else None,
        )
        done = reviewer("main", "7")
        if done.record is not None:
            self.kept.append(Kept(done.record, self.now, "r", "date reached", None))
        return done

    def became(self) -> str | None:
        return self.kept[-1].record.outcome.get("due")


def test_the_sla_s_due_date_is_replaced_whatever_the_ticket_s_type() -> None:
    """Every ticket has one, so that it is no sign of an agent's; and no type is in the way."""
    place = Place()
    place.review()
    assert place.desk.ticket.due_at == OURS
    assert place.desk.ticket.kind == "Warranty claim"
    assert "No due date" not in place.desk.notes[0]


def test_it_is_looked_at_again_soon() -> None:
    """Not before, however often the ticket is reviewed; then once, and the ticket is next due as
    ever."""
    place = Place()
    done = place.review()
    assert (place.became(), done.next_due_at) == ("pending_check", NOW + LOOK_AGAIN)
    early = place.review(timedelta(seconds=30))
    assert (place.became(), early.did) == ("pending_check", "unchanged")
    assert early.next_due_at == place.now + LOOK_AGAIN
    late = place.review(LOOK_AGAIN)
    assert place.became() == "applied"
    assert late.next_due_at is not None
    assert late.next_due_at > NOW + timedelta(days=10)
    place.review(timedelta(hours=1))
    assert place.became() is None
    assert len(place.desk.writes) == 1


@pytest.mark.parametrize(
    ("later", "how"),
    [
        (lambda one: replace(one, due_at=BY_SLA), "substituted"),
        (lambda one: replace(one, due_at=None), "rejected"),
    ],
)
def test_one_that_did_not_stay_is_told_and_left(later: Later, how: str) -> None:
    """Worked out anew, or gone: it is kept with the review, and never fought over."""
    place = Place()
    place.review()
    place.desk.ticket = later(place.desk.ticket)
    done = place.review(LOOK_AGAIN)
    assert (place.became(), done.did) == (how, "unchanged")
    due_at = place.desk.ticket.due_at
    place.desk.edit(purchase_date="2026-05-01", problem="quality_defect")
    place.review(timedelta(days=1))
    assert place.desk.ticket.due_at == due_at


def test_one_that_is_refused_is_told_at_once() -> None:
    """There is nothing to look at again, and it is not tried again."""
    place = Place()
    place.desk.takes = Part.REJECTED
    done = place.review()
    assert place.became() == "rejected"
    assert done.next_due_at is not None
    assert done.next_due_at > NOW + LOOK_AGAIN
    place.review(LOOK_AGAIN)
    assert place.became() is None
    assert len(place.desk.writes) == 1


def test_a_new_fact_meanwhile_does_not_lose_it() -> None:
    """The review that writes something else still has to look at it, and does so later."""
    place = Place()
    place.review()
    place.desk.edit(serial_number="1", agent_decision="hold")
    assert place.review(LOOK_AGAIN).did == "written"
    assert place.became() == "pending_check"
    place.review(LOOK_AGAIN)
    assert place.became() == "applied"


def test_ours_moves_with_its_deadline_and_nobody_else_s_does() -> None:
    """As long as what stands there is what we set."""
    facts = {"problem": "quality_defect", "order_number": "SO-1", "purchase_date": "2025-05-10"}
    place = Place(facts)
    place.review()
    assert place.desk.ticket.due_at == OURS
    place.desk.edit(purchase_date="2025-06-20")
    place.review(timedelta(hours=1))
    assert place.desk.ticket.due_at == OURS + timedelta(days=17)
    by_hand = datetime(2026, 5, 12, tzinfo=UTC)
    place.desk.edit(due_at=by_hand, purchase_date="2025-06-10")
    place.review(timedelta(hours=1))
    assert place.desk.ticket.due_at == by_hand


def test_none_is_set_while_the_sla_s_clock_stands() -> None:
    """A pending ticket refuses it: the note says so, and it is set once the ticket is open."""
    place = Place(phase=Phase.PENDING)
    place.review()
    assert place.desk.ticket.due_at == BY_SLA
    assert "No due date was set yet" in place.desk.notes[0]
    place.desk.edit(phase=Phase.OPEN)
    assert place.review().did == "written"
    assert place.desk.ticket.due_at == OURS
    assert len(place.desk.notes) == 1


def test_it_is_not_cleared_and_the_note_says_so() -> None:
    """A claim that has ended has no deadline; such a helpdesk lets no due date be taken away."""
    place = Place()
    place.review()
    place.desk.edit(third_party_maintenance=True, purchase_channel="official_store")
    place.review(timedelta(hours=1))
    assert place.desk.says("verdict") == "not_covered"
    assert place.desk.ticket.due_at == OURS
    assert "due date stays" in place.desk.notes[-1]


def test_without_the_setting_it_is_the_sla_s() -> None:
    """Nothing is written and nothing looked at again."""
    place = Place()
    place.installation = replace(place.installation, due_date_tasks=False)
    place.review()
    assert place.desk.ticket.due_at == BY_SLA
    assert place.became() is None


# -- what the doctor makes of it -------------------------------------------------------------------


def keep(store: Store, *rows: tuple[str, str | None]) -> None:
    """Reviews of tickets in this order, and what became of their due dates."""
    records = Records(store)
    for number, (name, how) in enumerate(rows):
        outcome = {"tags": "rejected", **({} if how is None else {"due": how})}
        with store.begin() as connection:
            one = replace(record(), ticket_id=name, outcome=outcome)
            records.add(connection, one, review=f"r{number}", reason="x", delivery_id=None)


def test_the_newest_word_on_each_ticket_counts(store: Store) -> None:
    """Looked at again, it is no longer open; reviews that knew nothing of it say nothing."""
    store.prepare()
    keep(
        store,
        *(("1", "pending_check"), ("1", "applied"), ("1", None)),
        *(("2", "pending_check"), ("2", "substituted"), ("3", "rejected"), ("4", "pending_check")),
    )
    records, back = Records(store), timedelta(days=30)
    ended = due_dates.stayed(records.ended("due", "main", back, 100))
    assert ended == Stayed(kept=1, moved=1, refused=1, open=1)
    assert records.ended("due", "main", back, 1) == {"pending_check": 1}
    assert records.ended("due", "other", back, 100) == {}


@pytest.mark.parametrize(
    ("became", "state", "words"),
    [
        (Stayed(9, 1, 0, 2), "good", "Of 10 set in the last 30 days, 9 stayed, 1 were worked out"),
        (Stayed(1, 8, 0, 0), "poor", "8 were worked out anew"),
        (Stayed(1, 0, 8, 0), "poor", "8 were refused"),
    ],
)
def test_the_doctor_says_what_became_of_them(became: Stayed, state: str, words: str) -> None:
    """An account that does not keep them is told of, with what to do."""
    (check,) = told(became, timedelta(days=30))
    assert check.state == state
    assert words in check.said
    assert bool(check.mend) == (state == "poor")
    assert told(Stayed(0, 0, 0, 0), timedelta(days=30)) == []


def test_the_doctor_looks_where_there_is_an_sla_and_the_setting(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nowhere else is anything to be told; the helpdesk itself is out of reach here."""
    store.prepare()
    keep(store, ("1", "substituted"))
    monkeypatch.setenv("WARRANTY_FRESHDESK_STAND_IN", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    one = Installation("main", helpdesk="freshdesk", subdomain="acme", api_key="k")
    account = Account("main", "acme", "k", {})

    def looked(installation: Installation) -> list[str]:
        found = examine(installation, account, store, now=lambda: NOW)
        return [check.state for check in found if check.key == "due_dates"]

    assert looked(one) == []
    assert looked(replace(one, due_date_tasks=True)) == ["poor"]
