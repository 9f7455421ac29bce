"""What other settings would have decided: the tickets of the last 90 days, judged again."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, update

from integration import settings
from integration.config import Installation
from integration.installations import Kept
from integration.records import RECORDS, Record, Records
from integration.setup.counter import Redecided
from integration.setup.redecide import MOST, redecided
from integration.store import Store, now_ms
from tests.integration.desk import COMPLETE

DAY = 86_400_000
KEPT = Kept(Installation("one", subdomain="one"), 1, "good", None)
ABROAD = {**COMPLETE, "claim_country": "US", "claim_opened_on": "2026-05-04"}
HOME = {**COMPLETE, "claim_opened_on": "2026-05-04"}
NOT_COVERED = {"cross_border": "not_covered"}


@pytest.fixture
def records(store: Store) -> Records:
    store.prepare()
    return Records(store)


def keep(
    store: Store, records: Records, ticket: str, facts: Any, days: float = 0, **more: Any
) -> None:
    given: dict[str, Any] = {
        "installation": "one",
        "ticket_id": ticket,
        "requester": None,
        "ticket_created_at": datetime(2026, 5, 4, tzinfo=UTC),
        "did": "written",
        "facts": facts,
        "misread": (),
        "status": "covered",
        "clauses": (),
        "freight_payer": "soocas",
        "remedy": "none",
        "warranty_ends_on": None,
        "claim_deadline": None,
        "asked": (),
        "shown": None,
        "decision": None,
        "edition": "2026",
        "facts_hash": "x",
        "settings_hash": "x",
        **more,
    }
    with store.begin() as connection:
        records.add(connection, Record(**given), review="r", reason="x", delivery_id=None)
        newest = RECORDS.c.ticket_id == ticket
        if days:
            connection.execute(
                update(RECORDS).where(newest).values(reviewed_at=now_ms() - round(days * DAY))
            )


def test_none(records: Records) -> None:
    """Where nothing was ever reviewed there is nothing to decide otherwise."""
    assert redecided(records, KEPT, NOT_COVERED) == Redecided(0, 0, ())


def test_counted(store: Store, records: Records) -> None:
    """Each ticket counts once, by its last review; those that would be decided otherwise are told
    by status before and after."""
    for ticket in ("1", "2"):
        keep(store, records, ticket, HOME)
    for ticket in ("3", "4", "5"):
        keep(store, records, ticket, ABROAD)
    keep(store, records, "6", ABROAD)
    keep(store, records, "6", HOME)
    found = redecided(records, KEPT, NOT_COVERED)
    assert (found.tickets, found.different) == (6, 3)
    assert found.moves == (("Covered", "Not covered", 3),)


def test_same_settings(store: Store, records: Records) -> None:
    """The settings as they are change nothing."""
    keep(store, records, "1", ABROAD)
    given = settings.as_json(KEPT.installation)
    assert redecided(records, KEPT, given).different == 0


def test_freight_alone(store: Store, records: Records) -> None:
    """Another payer of the freight is another decision, though the status is the same."""
    keep(store, records, "1", ABROAD)
    found = redecided(records, KEPT, {"regions": "ALL:DE,US"})
    assert (found.different, found.moves) == (1, ())


def test_not_older_than_90_days(store: Store, records: Records) -> None:
    """What was reviewed longer ago is not counted."""
    keep(store, records, "1", ABROAD, days=89.9)
    keep(store, records, "2", ABROAD, days=90.1)
    assert redecided(records, KEPT, NOT_COVERED).tickets == 1


def test_another_account_s(store: Store, records: Records) -> None:
    """Another account's tickets do not count."""
    keep(store, records, "1", ABROAD)
    keep(store, records, "2", ABROAD, installation="two")
    assert redecided(records, KEPT, NOT_COVERED).tickets == 1


def test_facts_that_are_none_any_more(store: Store, records: Records) -> None:
    """A record of an older program whose facts are not understood is counted and passed by."""
    keep(store, records, "1", {"unheard_of": "x"})
    keep(store, records, "2", ABROAD)
    found = redecided(records, KEPT, NOT_COVERED)
    assert (found.tickets, found.different) == (2, 1)


def test_on_the_day_of_its_review(store: Store, records: Records) -> None:
    """A claim that has lapsed since is judged as it was then, and is no difference by itself."""
    keep(store, records, "1", {**HOME, "claim_opened_on": "2026-01-01"}, days=80)
    assert redecided(records, KEPT, {"time_zone": "Pacific/Auckland"}).tickets == 1


def test_bad_settings(records: Records) -> None:
    """What cannot be set is not tried either."""
    with pytest.raises(settings.BadSettings):
        redecided(records, KEPT, {"regions": "nonsense"})


def test_of_many(store: Store, records: Records) -> None:
    """An account with more tickets than anybody would wait for is told of those reviewed last, in a
    time that a person waits (the bound is generous: other work may run beside)."""
    keep(store, records, "0", ABROAD)
    with store.begin() as connection:
        (row,) = connection.execute(RECORDS.select()).mappings().all()
        plain = {name: value for name, value in row.items() if name != "id"}
        rows = [{**plain, "ticket_id": str(n)} for n in range(1, MOST + 500)]
        for start in range(0, len(rows), 2_000):
            connection.execute(insert(RECORDS), rows[start : start + 2_000])
    began = time.monotonic()
    found = redecided(records, KEPT, NOT_COVERED)
    assert (found.tickets, found.different) == (MOST, MOST)
    assert time.monotonic() - began < 30
