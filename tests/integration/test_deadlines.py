"""Deadlines in the calendar: the days that matter, and when such a day begins where it counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration import deadlines
from integration.deadlines import Reminder

_ENDS = date(2026, 6, 3)


@pytest.mark.parametrize(
    ("left", "near", "last", "threshold"),
    [
        (8, 7, 1, None),
        (7, 7, 1, "near"),
        (2, 7, 1, "near"),
        (1, 7, 1, "last"),
        (0, 7, 1, "last"),
        (-1, 7, 1, None),
        (4, 3, 3, None),
        (3, 3, 3, "last"),
        (2, 2, 0, "near"),
        (1, 2, 0, "near"),
        (0, 2, 0, "last"),
        (1, 0, 0, None),
        (0, 0, 0, "last"),
        (-1, 0, 0, None),
    ],
)
def test_thresholds_on_both_sides(
    left: int, near: int, last: int, threshold: deadlines.Threshold | None
) -> None:
    """So many days ahead and no day earlier, up to the last day and no day longer."""
    found = deadlines.reached(_ENDS, _ENDS - timedelta(days=left), near, last)
    assert found == (Reminder(threshold, _ENDS, left) if threshold else None)


def test_without_a_deadline_nothing_comes_near() -> None:
    """A claim that has none reaches no threshold."""
    assert deadlines.reached(None, _ENDS, 7, 1) is None


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("UTC", "2026-06-03", "2026-06-03T00:05:00+00:00"),
        ("Europe/Berlin", "2026-03-29", "2026-03-29T00:05:00+01:00"),
        # midnight does not exist: the clock goes from there to one
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T01:05:00-02:00"),
        ("Africa/Cairo", "2026-04-24", "2026-04-24T01:05:00+03:00"),
        ("Asia/Beirut", "2026-03-29", "2026-03-29T01:05:00+03:00"),
        # midnight comes, and then the last hour of the day before once more
        ("Africa/Cairo", "2025-10-31", "2025-10-31T00:05:00+02:00"),
        ("America/Sao_Paulo", "2019-02-17", "2019-02-17T00:05:00-03:00"),
        # the first hour comes twice
        ("America/Havana", "2025-11-02", "2025-11-02T00:05:00-04:00"),
        # there is no such day
        ("Pacific/Apia", "2011-12-29", "2011-12-29T00:05:00-10:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-31T00:05:00+14:00"),
        ("Pacific/Apia", "2011-12-31", "2011-12-31T00:05:00+14:00"),
    ],
)
def test_a_day_begins_where_the_clock_has_it(zone: str, day: str, begins: str) -> None:
    """Just after the first moment of the local day, whatever the clock does that night."""
    found = deadlines.begins(date.fromisoformat(day), ZoneInfo(zone))
    assert found.isoformat() == begins


@pytest.mark.parametrize(
    ("zone", "day", "last"),
    [
        ("UTC", "2026-06-03", "2026-06-03T23:59:59"),
        ("Africa/Cairo", "2026-04-23", "2026-04-23T21:59:59"),
        ("Africa/Cairo", "2025-10-30", "2025-10-30T21:59:59"),  # 23:59:59 for the second time
        ("America/Sao_Paulo", "2018-11-03", "2018-11-04T02:59:59"),
        ("Pacific/Apia", "2011-12-29", "2011-12-30T09:59:59"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T09:59:59"),
    ],
)
def test_a_day_ends_where_the_clock_has_it(zone: str, day: str, last: str) -> None:
    """The very last second that is still that day there."""
    found = deadlines.last_second(date.fromisoformat(day), ZoneInfo(zone))
    assert found == datetime.fromisoformat(last).replace(tzinfo=UTC)


_ZONES = (
    *("America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "Asia/Amman", "America/Havana"),
    *("America/St_Johns", "America/Asuncion", "America/Santiago", "Asia/Tehran", "Asia/Gaza"),
    *("Atlantic/Azores", "Australia/Lord_Howe", "Europe/Berlin", "Pacific/Chatham", "UTC"),
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(zone=st.sampled_from(_ZONES), day=st.dates(date(1975, 1, 1), date(2037, 12, 31)))
def test_no_day_begins_too_early_or_too_late(zone: str, day: date) -> None:
    """It is that day there when it begins, it was not a little before, and it ends a second before
    the next: so a review that is due on a day never finds that it has yet to come."""
    where = ZoneInfo(zone)
    begins = deadlines.begins(day, where).astimezone(UTC)
    last = deadlines.last_second(day, where)
    assert begins.astimezone(where).date() == day
    assert (begins - timedelta(minutes=6)).astimezone(where).date() < day
    assert last.astimezone(where).date() == day
    assert (last + timedelta(seconds=1)).astimezone(where).date() > day
