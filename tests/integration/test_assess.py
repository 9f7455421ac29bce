"""A ticket judged: by its installation's terms, and by nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from integration.assess import assess, terms
from integration.config import Installation
from integration.deadlines import Reminder
from tests.integration.desk import COMPLETE, NOW, ticket

_OPEN = {"problem": "quality_defect", "order_number": "SO-1", "purchase_date": "2025-05-10"}
_NEAR = datetime(2026, 5, 27, 12, tzinfo=UTC)


def test_an_installations_terms_are_worked_out_once() -> None:
    """Equal settings are the same terms, not read anew for each ticket; others are others."""
    one = terms(Installation("main", regions="EU:DE,FR"))
    assert terms(Installation("main", regions="EU:DE,FR")) is one
    assert terms(Installation("main", regions="NA:US,CA"))[1].digest != one[1].digest


def test_the_first_threshold_comes_first_however_they_were_set() -> None:
    """Seven days and one, either way round."""
    for near, last in ((7, 1), (1, 7)):
        rules = terms(Installation("main", deadline_near_days=near, deadline_last_days=last))[1]
        assert (rules.near_days, rules.last_days) == (7, 1)


def test_what_a_deadline_brings_is_foreseen_where_it_is_near() -> None:
    """The claim lapses on the day after, or not: the policy itself is asked for that day."""
    home = Installation("main")
    for facts, lapses in ((_OPEN, True), ({**_OPEN, "inspection": "pending"}, False)):
        found = assess(ticket(facts), home, _NEAR)
        assert found.intent.reminder == Reminder("near", date(2026, 6, 3), 7)
        assert found.lapses is lapses
    assert assess(ticket(_OPEN), home, NOW).lapses is None


def test_days_are_counted_where_the_installation_is() -> None:
    """Late in the evening in Greenwich it is the next day in Tokyo, and the deadline is near."""
    late = datetime(2026, 5, 26, 23, tzinfo=UTC)
    tokyo = Installation("main", time_zone=ZoneInfo("Asia/Tokyo"))
    assert assess(ticket(_OPEN), Installation("main"), late).intent.reminder is None
    assert assess(ticket(_OPEN), tokyo, late).intent.reminder is not None


def test_the_settings_are_told_by_a_hash() -> None:
    """The same as the terms', so that a verdict can be traced to what it was judged by."""
    home = Installation("main")
    assert assess(ticket(COMPLETE), home, NOW).settings_hash == terms(home)[1].digest
