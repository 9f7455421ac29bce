"""Off, shadow, notes, full: what is done with a verdict in each, and what becomes of a change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from integration.catalogue import CLAIM_TAG
from integration.jobs_tables import REVIEWS
from integration.jobs_waking import OFF_AGAIN, wake
from integration.records import Records
from integration.store import Store, now_ms
from tests.integration.setup.served import Service

FACTS = {
    "purchase_date": "2026-10-01",
    "purchase_country": "warranty_purchase_country_de",
    "claim_country": "warranty_claim_country_us",
    "order_number": "SO-1",
    "problem": "warranty_problem_quality_defect",
    "defect_evidence": "warranty_defect_evidence_verified",
    "troubleshooting": "warranty_troubleshooting_documented",
}


@pytest.fixture
def placed(connected: Service) -> Service:
    connected.placed()
    return connected


def switch(service: Service, mode: str) -> None:
    answer = service.save(mode=mode)
    assert answer.status_code == 200, answer.text
    assert service.one.installation.mode == mode
    service.directory.changed(service.name)  # as if five seconds had passed for the worker


def filed(service: Service) -> Any:
    """A claim comes in, and the helpdesk tells of it."""
    ticket = service.ticket(CLAIM_TAG, **FACTS)
    told(service, ticket)
    service.writes()
    return ticket


def told(service: Service, ticket: Any) -> None:
    service.jobs.accept(service.name, None, str(ticket["id"]), "ticket_changed")


def notes(service: Service, ticket: Any) -> int:
    """Private notes on a ticket."""
    record = service.sandbox.state.tickets[ticket["id"]]
    return sum(not comment["public"] for comment in record.comments)


def value(service: Service, ticket: Any, key: str) -> Any:
    bound = service.store.load_bindings(service.name)
    assert bound is not None
    return service.sandbox.state.tickets[ticket["id"]].values.get(int(bound.fields[key]))


def records(service: Service, ticket: Any) -> list[str]:
    kept = Records(service.store).of(service.name, str(ticket["id"]))
    return [one.record.did for one in kept]


def due_in(service: Service, ticket: Any) -> float | None:
    """Seconds until a ticket's review is due by itself."""
    r = REVIEWS.c
    with service.store.read() as connection:
        found = connection.execute(
            select(r.due_at - now_ms()).where(r.ticket_id == str(ticket["id"]))
        ).scalar_one()
    return None if found is None else found / 1000


def test_off(placed: Service) -> None:
    """While it is off nothing is looked at: no request, no record. What came in waits, and is
    decided once it is switched on."""
    ticket = filed(placed)
    placed.sandbox.state.requests.clear()
    placed.review()
    assert placed.sandbox.state.requests.kinds() == []
    assert records(placed, ticket) == []
    left = due_in(placed, ticket)
    assert left is not None
    assert OFF_AGAIN.total_seconds() - 60 < left <= OFF_AGAIN.total_seconds()
    switch(placed, "full")
    placed.review()
    assert records(placed, ticket) == ["written"]
    assert value(placed, ticket, "verdict") == "warranty_covered"


def test_a_day_that_came_while_it_was_off(placed: Service) -> None:
    """A deadline that comes near while it is off is not forgotten: the ticket is due once it is
    on, though nobody touched it."""
    ticket = filed(placed)
    switch(placed, "full")
    placed.review()
    left = due_in(placed, ticket)
    assert left is not None
    assert left > 86_400
    switch(placed, "off")
    with placed.store.begin() as connection:
        connection.execute(update(REVIEWS).values(due_at=now_ms() - 1))
    placed.review()
    assert records(placed, ticket) == ["written"]
    switch(placed, "full")
    placed.review()
    assert records(placed, ticket) == ["unchanged", "written"]


def test_shadow(placed: Service) -> None:
    """Verdicts are worked out and kept, and nothing at all is written."""
    switch(placed, "shadow")
    ticket = filed(placed)
    before = dict(placed.sandbox.state.tickets[ticket["id"]].attributes)
    placed.review()
    assert records(placed, ticket) == ["shadow"]
    (kept,) = Records(placed.store).of(placed.name, str(ticket["id"]))
    assert (kept.record.status, kept.record.freight_payer) == ("covered", "buyer")
    assert kept.record.wrote == {}
    assert placed.writes() == 0
    assert placed.sandbox.state.tickets[ticket["id"]].attributes == before
    assert notes(placed, ticket) == 0
    left = due_in(placed, ticket)
    assert left is not None
    assert left > 86_400, "its deadline is watched"


def test_shadow_then_full(placed: Service) -> None:
    """What was only worked out is written by the next review once that is wanted."""
    switch(placed, "shadow")
    ticket = filed(placed)
    placed.review()
    switch(placed, "full")
    told(placed, ticket)
    placed.review()
    assert records(placed, ticket) == ["written", "shadow"]
    assert value(placed, ticket, "verdict") == "warranty_covered"
    assert notes(placed, ticket) == 1


def test_notes(placed: Service) -> None:
    """One private note and the stamp, in one update; fields, tags and dates stay, and a second
    review writes nothing."""
    switch(placed, "notes")
    ticket = filed(placed)
    tags = set(placed.sandbox.state.tickets[ticket["id"]].tags)
    placed.review()
    assert placed.writes() == 1
    assert notes(placed, ticket) == 1
    assert value(placed, ticket, "stamp")
    for key in ("verdict", "freight_payer", "warranty_end", "claim_deadline"):
        assert not value(placed, ticket, key), key
    assert set(placed.sandbox.state.tickets[ticket["id"]].tags) == tags
    told(placed, ticket)
    placed.review()
    assert placed.writes() == 0
    assert notes(placed, ticket) == 1
    assert records(placed, ticket) == ["unchanged", "written"]


def test_notes_then_full(placed: Service) -> None:
    """Fields and tags follow without a second note."""
    switch(placed, "notes")
    ticket = filed(placed)
    placed.review()
    switch(placed, "full")
    told(placed, ticket)
    placed.review()
    assert notes(placed, ticket) == 1
    assert value(placed, ticket, "verdict") == "warranty_covered"
    assert value(placed, ticket, "freight_payer") == "warranty_freight_buyer"
    assert "warranty_covered" in placed.sandbox.state.tickets[ticket["id"]].tags
    placed.writes()
    told(placed, ticket)
    placed.review()
    assert placed.writes() == 0


def test_full_then_notes(placed: Service) -> None:
    """What stands on a ticket stays when only notes are wanted from then on."""
    switch(placed, "full")
    ticket = filed(placed)
    placed.review()
    switch(placed, "notes")
    told(placed, ticket)
    placed.writes()
    placed.review()
    assert placed.writes() == 0
    assert value(placed, ticket, "verdict") == "warranty_covered"


def test_previewed_before_it_is_saved(placed: Service) -> None:
    """A change by which tickets would have been decided otherwise says how many before it is saved,
    be it asked for or not; the second press saves it."""
    switch(placed, "full")
    for _ in range(3):
        filed(placed)
    placed.review()
    version = placed.one.version
    for do in ("preview", "settings"):
        answer = placed.save(do, cross_border="not_covered")
        assert answer.status_code == 200
        assert "<strong>3 of 3</strong> tickets" in answer.text
        assert "3 from “Covered” to “Not covered”" in answer.text
        assert "Nothing is saved yet." in answer.text
        assert placed.one.version == version
    seen = answer.text.partition('name="seen" value="')[2][:16]
    other = placed.save(cross_border="review", seen=seen)
    assert "Nothing is saved yet." in other.text, "that was shown for another answer"
    assert placed.one.version == version
    placed.save(cross_border="not_covered", seen=seen)
    assert placed.one.installation.cross_border == "not_covered"
    same = placed.save("preview", cross_border="not_covered")
    assert "<strong>0 of 3</strong> tickets" in same.text


def test_change_without_consequence_is_saved_at_once(placed: Service) -> None:
    """Where no ticket would be decided otherwise, one press is enough."""
    switch(placed, "full")
    filed(placed)
    placed.review()
    placed.save(regions="ASIA:JP,KR")
    assert placed.one.installation.regions == "ASIA:JP,KR"
    placed.save(deadline_near_days="10")
    assert placed.one.installation.deadline_near_days == 10


def test_preview_writes_nothing(placed: Service) -> None:
    """To see what would change sends nothing and keeps nothing."""
    switch(placed, "full")
    filed(placed)
    placed.review()
    before = placed.kept.changes(placed.name)
    placed.sandbox.state.requests.clear()
    placed.save("preview", cross_border="not_covered", mode="off")
    assert placed.sandbox.state.requests.kinds() == []
    assert placed.kept.changes(placed.name) == before


# -- waking ----------------------------------------------------------------------------------------


def test_wake(store: Store) -> None:
    """What waits within the hour is due at once, of this installation alone; what is scheduled for
    later, set aside or not due at all stays as it is. Whoever is at one has it reviewed again."""
    from integration.jobs import Jobs

    store.prepare()
    jobs = Jobs(store)
    now = datetime.now(UTC)
    soon, later = now + timedelta(minutes=30), now + timedelta(days=3)
    for ticket, at in (("soon", soon), ("later", later), ("held", None), ("aside", None)):
        jobs.make_due("one", ticket, at)
    jobs.make_due("two", "soon", soon)
    held = {job.ticket_id: job for job in jobs.claim_some("tests", 60, 2)}
    jobs.set_aside(held["aside"], "why")
    assert wake(store, "one") == 2
    assert wake(store, "two") == 1
    jobs.finish(held["held"], soon)
    jobs.make_due("two", "soon", later)
    due = {(job.installation, job.ticket_id, job.reason) for job in jobs.claim_some("t", 60, 9)}
    assert due == {
        ("one", "soon", "switched on"),
        ("one", "held", "switched on"),
        ("two", "soon", "asked for"),
    }
    assert [one.ticket_id for one in jobs.waiting()] == ["aside"]


def test_wake_many(store: Store) -> None:
    """However many there are."""
    from integration.jobs import Jobs

    store.prepare()
    jobs = Jobs(store)
    jobs.make_many_due("one", [str(n) for n in range(1_234)])
    assert wake(store, "one") == 1_234
    assert wake(store, "none") == 0
