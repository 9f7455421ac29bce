"""The overview's questions to the store, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from integration.overview.queries import Group, Looking
from integration.overview.scope import Scope
from integration.store import Store
from tests.integration.overview.reviewed import NOW, ms, reviewed, watched

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SCOPE = Scope("main", ms(NOW - 30 * DAY), ms(NOW + HOUR))


@pytest.fixture
def looking(store: Store) -> Looking:
    return Looking(store)


def counted(looking: Looking, scope: Scope = SCOPE) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for one in looking.groups(scope):
        key = (one.status, one.kind)
        found[key] = found.get(key, 0) + one.tickets
    return found


def test_a_ticket_counts_once(looking: Looking, store: Store) -> None:
    """By its newest record in the period: neither what was before, nor another review of the same,
    nor what came after the period inflates anything."""
    reviewed(store, "7", 40 * DAY, status="needs_review")
    reviewed(store, "7", 10 * DAY, status="needs_information")
    reviewed(store, "7", 9 * DAY, status="covered")
    reviewed(store, "7", 9 * DAY, status="covered")
    reviewed(store, "7", -2 * DAY, status="not_covered")
    reviewed(store, "8", 10 * DAY, status="covered")
    reviewed(store, "9", 40 * DAY, status="covered")
    assert counted(looking) == {("covered", "live"): 2}


def test_groups(looking: Looking, store: Store) -> None:
    """Tickets that have the same of everything are one row; lists come back as lists, and nothing
    as nothing."""
    same: dict[str, Any] = {"status": "not_covered", "clauses": ("X8", "D2"), "asked": ()}
    for number in range(5):
        reviewed(store, str(number), DAY, **same, brand="12", decision="covered", shown="covered")
    reviewed(store, "7", DAY, **same, shown=None)
    found = looking.groups(SCOPE)
    parts = ("not_covered", "covered", "covered", "soocas", "live", "12", ("X8", "D2"), (), 5)
    bare = ("not_covered", None, None, "soocas", "live", None, ("X8", "D2"), (), 1)
    assert set(found) == {Group(*parts), Group(*bare)}  # type: ignore[arg-type]


def test_kinds(looking: Looking, store: Store) -> None:
    """Shadow and backfill are told from what was written on a ticket."""
    reviewed(store, "1", DAY)
    reviewed(store, "2", DAY, did="shadow")
    reviewed(store, "3", DAY, reason="backfill")
    reviewed(store, "4", DAY, did="unchanged")
    assert counted(looking) == {
        ("covered", "live"): 2,
        ("covered", "shadow"): 1,
        ("covered", "backfill"): 1,
    }


def test_the_edges_of_a_period(looking: Looking, store: Store) -> None:
    """The first millisecond is in it, the one after the last is not."""
    reviewed(store, "1", 30 * DAY)
    reviewed(store, "2", 30 * DAY + timedelta(milliseconds=1))
    reviewed(store, "3", -HOUR)
    reviewed(store, "4", timedelta(milliseconds=1) - HOUR)
    assert sum(one.tickets for one in looking.groups(SCOPE)) == 2


def test_nobody_else_s(looking: Looking, store: Store) -> None:
    """Nothing of another account is counted, listed or exported."""
    deadline = "2026-05-22"
    reviewed(
        store,
        "7",
        DAY,
        installation="other",
        status="not_covered",
        decision="covered",
        asked=("problem",),
        claim_deadline=deadline,
    )
    watched(store, "7", installation="other", set_aside_at=1, last_error="why")
    watched(store, "7")  # the same number of ticket in our account
    assert looking.groups(SCOPE) == []
    assert looking.asked(SCOPE, "", "") == {}
    assert [one.tickets for one in looking.times(SCOPE, "", "")] == [0, 0]
    assert looking.last_review("main") is None
    lists = looking.lists
    assert lists.near("main", (deadline, deadline), "", "", 9) == []
    assert lists.overridden(SCOPE, "", "", 9) == []
    assert lists.set_aside("main", 9) == []
    assert list(lists.claims(SCOPE, "", "")) == []
    other = Scope("other", *SCOPE[1:])
    assert len(looking.groups(other)) == len(list(lists.claims(other, "", ""))) == 1


# -- times ---------------------------------------------------------------------------------------


def test_times(looking: Looking, store: Store) -> None:
    """From the ticket's creation to its first verdict, however many follow, and to the first
    settled status; half of the tickets, and nine of ten."""
    for number in range(1, 11):
        created = timedelta(minutes=number)
        reviewed(store, str(number), 5 * DAY, status="needs_information", created=created)
        if number <= 3:
            settled = created + HOUR * number
            reviewed(store, str(number), 5 * DAY - HOUR * number, created=settled)
            reviewed(store, str(number), DAY, created=created + 4 * DAY)
    first, settled_ = looking.times(SCOPE, "", "")
    minute = 60_000
    assert first == (10, 5 * minute, 9 * minute)
    assert settled_ == (3, 2 * minute + 120 * minute, 3 * minute + 180 * minute)


def test_times_of_whom(looking: Looking, store: Store) -> None:
    """A ticket counts where it was created in the period: not one from before whose verdict came
    now, nor one of a backfill; and a verdict after the period counts for a ticket of it."""
    reviewed(store, "old", DAY, created=40 * DAY)
    reviewed(store, "bulk", DAY, reason="backfill")
    reviewed(store, "late", -5 * DAY, created=6 * DAY)
    reviewed(store, "shadow", DAY, did="shadow", created=2 * HOUR)
    assert looking.times(SCOPE, "", "")[0].tickets == 2
    assert looking.times(SCOPE, "", "live")[0] == (1, ms(NOW) - ms(NOW - 6 * DAY), 518_400_000)
    assert looking.times(SCOPE, "", "shadow")[0] == (1, 7_200_000, 7_200_000)
    assert looking.times(SCOPE, "", "backfill")[0].tickets == 1
    assert looking.times(SCOPE, "5", "")[0] == (0, None, None)


def test_settled_by_what_the_ticket_shows(looking: Looking, store: Store) -> None:
    """An agent who overrides a question settles it; one who holds does not."""
    reviewed(store, "1", DAY, status="needs_information", shown="covered", decision="covered")
    reviewed(store, "2", DAY, status="covered", shown="needs_review", decision="needs_review")
    reviewed(store, "3", DAY, status="covered", shown=None)
    assert [one.tickets for one in looking.times(SCOPE, "", "")] == [3, 2]


# -- lists ---------------------------------------------------------------------------------------


def test_questions(looking: Looking, store: Store) -> None:
    """A fact counts once a ticket, though it was asked for in every review, and also where it has
    been answered since."""
    for ago in (3, 2):
        reviewed(store, "7", ago * DAY, asked=("problem", "purchase_date"))
    reviewed(store, "7", DAY, asked=())
    reviewed(store, "8", DAY, asked=("problem",), brand="12", did="shadow")
    reviewed(store, "9", 40 * DAY, asked=("problem",))
    assert looking.asked(SCOPE, "", "") == {"problem": 2, "purchase_date": 1}
    assert looking.asked(SCOPE, "12", "") == {"problem": 1}
    assert looking.asked(SCOPE, "none", "") == {"problem": 1, "purchase_date": 1}
    assert looking.asked(SCOPE, "", "shadow") == {"problem": 1}


def near(looking: Looking, brand: str = "", kind: str = "", most: int = 9) -> list[str]:
    rows = looking.lists.near("main", ("2026-05-20", "2026-06-03"), brand, kind, most)
    return [one.ticket_id for one in rows]


def test_near(looking: Looking, store: Store) -> None:
    """The soonest first, by the newest record of all, from today on; not what has ended, nor what
    the app does not look after any more."""
    for ticket, deadline in (("a", "2026-06-03"), ("b", "2026-05-20"), ("c", "2026-06-04")):
        reviewed(store, ticket, 50 * DAY, claim_deadline=deadline, status="needs_information")
    reviewed(store, "d", DAY, claim_deadline="2026-05-19")
    reviewed(store, "e", 2 * DAY, claim_deadline="2026-05-21")
    reviewed(store, "e", DAY, claim_deadline="2026-08-01")
    reviewed(store, "f", DAY, claim_deadline="2026-05-21", shown="not_covered")
    reviewed(
        store,
        "g",
        DAY,
        claim_deadline="2026-05-22",
        status="not_covered",
        shown="covered",
        did="shadow",
    )
    reviewed(store, "solved", DAY, claim_deadline="2026-05-22")
    reviewed(store, "aside", DAY, claim_deadline="2026-05-23", brand="12")
    reviewed(store, "worked", DAY, claim_deadline="2026-05-24")
    watched(store, *"abcdefg")
    watched(store, "solved", due_at=None)
    watched(store, "aside", due_at=None, set_aside_at=1)
    watched(store, "worked", due_at=None, lease_owner="w", lease_until=9**15)
    assert near(looking) == ["b", "g", "aside", "worked", "a"]
    assert near(looking, most=2) == ["b", "g"]
    assert near(looking, "12") == ["aside"]
    assert near(looking, kind="shadow") == ["g"]


def test_overridden(looking: Looking, store: Store) -> None:
    """The tickets on which an agent decided otherwise: denials first, also where the list is cut
    off, then the newest; to accept, to hold, to choose the same or an unknown option is no
    override; nor is one that was taken back."""
    decisions = ("covered", "accept", "hold", "not_covered", "other", None)
    for number, decision in enumerate(decisions):
        reviewed(store, str(number), 5 * DAY, status="not_covered", decision=decision)
    reviewed(store, "back", 5 * DAY, status="not_covered", decision="covered")
    reviewed(store, "back", DAY, status="not_covered", decision=None)
    reviewed(store, "new", DAY, status="covered", decision="needs_review", did="shadow")
    ask = looking.lists.overridden
    assert [one.ticket_id for one in ask(SCOPE, "", "", 9)] == ["new", "0"]
    assert [one.ticket_id for one in ask(SCOPE, "", "live", 9)] == ["0"]
    assert ask(SCOPE, "12", "", 9) == []
    assert list(ask(SCOPE, "", "", 9)[1].clauses) == ["S1", "W1"]
    for ticket in ("denied", "denied last"):
        reviewed(store, ticket, 6 * DAY, status="covered", decision="not_covered")
    reviewed(store, "newest", status="not_covered", decision="covered")
    told = [one.ticket_id for one in ask(SCOPE, "", "", 9)]
    assert told == ["denied last", "denied", "newest", "new", "0"]
    assert [one.ticket_id for one in ask(SCOPE, "", "", 1)] == ["denied last"]


def test_set_aside(looking: Looking, store: Store) -> None:
    """Those that wait longest first, with why."""
    watched(store, "1", set_aside_at=2_000, last_error="second")
    watched(store, "2", set_aside_at=1_000, last_error="first")
    watched(store, "3")
    found = looking.lists.set_aside("main", 9)
    assert [(one.ticket_id, one.last_error) for one in found] == [("2", "first"), ("1", "second")]


def test_claims(looking: Looking, store: Store) -> None:
    """One line a ticket, more of them than one statement reads, by brand and kind if asked; what
    is reviewed or forgotten while they are fetched breaks nothing."""
    with store.begin() as connection:
        _many(connection, 1_203)
    assert len(list(looking.lists.claims(SCOPE, "", ""))) == 1_203
    assert len(list(looking.lists.claims(SCOPE, "3", "live"))) == 120
    assert list(looking.lists.claims(SCOPE, "", "shadow")) == []
    fetched = looking.lists.claims(SCOPE, "", "")
    seen = [next(fetched).ticket_id]
    reviewed(store, "0", DAY)
    reviewed(store, "new", DAY)
    seen += [one.ticket_id for one in fetched]
    assert len(seen) == len(set(seen)) == 1_203


def _many(connection: Any, count: int) -> None:
    from sqlalchemy import insert

    from integration.records import RECORDS
    from tests.integration.test_records import record

    one = record("x")
    values = {name: getattr(one, name) for name in one.__dataclass_fields__}
    for name in ("misread", "clauses", "asked"):
        values[name] = list(values[name])
    values |= {
        "ticket_created_at": ms(NOW - 2 * DAY),
        "reviewed_at": ms(NOW - DAY),
        "review": "r",
        "reason": "x",
        "delivery_id": None,
    }
    rows = [{**values, "ticket_id": str(n), "brand": str(n % 10)} for n in range(count)]
    connection.execute(insert(RECORDS), rows)
