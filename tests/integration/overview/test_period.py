"""Which days, brand and reviews somebody asks for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from integration.overview.period import LONGEST, BadPeriod, Choice, Period, read

TODAY = date(2026, 5, 20)


@pytest.mark.parametrize(
    ("given", "first", "name"),
    [
        ({}, date(2026, 4, 21), "30"),
        ({"period": ""}, date(2026, 4, 21), "30"),
        ({"period": "7"}, date(2026, 5, 14), "7"),
        ({"period": "90"}, date(2026, 2, 20), "90"),
        ({"period": "7", "from": "nonsense", "to": "2030-01-01"}, date(2026, 5, 14), "7"),
    ],
)
def test_offered(given: dict[str, str], first: date, name: str) -> None:
    """Periods that are offered end today, which is one of their days; days of one's own are then
    not looked at."""
    assert read(given, TODAY) == Choice(Period(first, TODAY, name))


def test_days_of_one_s_own() -> None:
    """Both days are in it; one day is a period, and so are as many as may be."""
    given = {"period": "custom", "from": " 2026-05-01", "to": "2026-05-20", "brand": "12"}
    assert read(given, TODAY) == Choice(Period(date(2026, 5, 1), TODAY), "12")
    given = {"period": "custom", "from": "2026-05-20", "to": "2026-05-20", "kind": "shadow"}
    assert read(given, TODAY) == Choice(Period(TODAY, TODAY), "", "shadow")
    first = TODAY - timedelta(days=LONGEST - 1)
    read({"period": "custom", "from": str(first), "to": str(TODAY)}, TODAY)


def _own(first: str, last: str) -> dict[str, str]:
    return {"period": "custom", "from": first, "to": last}


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        (_own("2026-05-10", "2026-05-09"), "from", "after the last, 2026-05-09"),
        (_own("", "2026-05-09"), "from", "Choose a day."),
        (_own("2026-05-09", ""), "to", "Choose a day."),
        (_own("2026-02-30", "2026-05-09"), "from", "as 2026-01-31"),
        (_own("20260509", "2026-05-09"), "from", "as 2026-01-31"),
        (_own("2026-W20-1", "2026-05-09"), "from", "as 2026-01-31"),
        (_own("x" * 9_999, "2026-05-09"), "from", "as 2026-01-31"),
        (_own("2026-05-09", "2026-05-21"), "to", "still to come: today is 2026-05-20"),
        (_own("0001-01-01", "2026-05-09"), "from", "so long ago"),
        (_own(str(TODAY - timedelta(days=LONGEST)), str(TODAY)), "from", f"more than {LONGEST}"),
        ({"period": "31"}, "period", "7, 30 or 90 days"),
        ({"kind": "other"}, "kind", "that are offered"),
        ({"brand": "1 OR 1=1"}, "brand", "that are offered"),
        ({"brand": "٣"}, "brand", "that are offered"),
    ],
)
def test_wrong(given: dict[str, str], field: str, said: str) -> None:
    """What is wrong is said of its field, in words for a person."""
    with pytest.raises(BadPeriod) as raised:
        read(given, TODAY)
    assert set(raised.value.wrong) == {field}
    assert said in raised.value.wrong[field]


def test_all_that_is_wrong_at_once() -> None:
    """Nobody is told of one mistake after the other."""
    with pytest.raises(BadPeriod) as raised:
        read({**_own("x", "y"), "kind": "z", "brand": "z"}, TODAY)
    assert set(raised.value.wrong) == {"from", "to", "kind", "brand"}


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", date(2026, 3, 29), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Asia/Kolkata", date(2026, 3, 29), 24),
        ("America/Santiago", date(2026, 9, 6), 23),  # midnight itself is skipped
    ],
)
def test_days_of_the_account_s_zone(zone: str, day: date, hours: int) -> None:
    """A day is as long as the zone's clocks make it, and next to it begins the next."""
    since, until = Period(day, day).bounds(ZoneInfo(zone))
    assert (until - since) / 3_600_000 == hours
    next_day = day + timedelta(days=1)
    assert Period(next_day, next_day).bounds(ZoneInfo(zone))[0] == until
    noon = datetime.combine(day, datetime.min.time(), ZoneInfo(zone)) + timedelta(hours=12)
    assert since < noon.astimezone(UTC).timestamp() * 1000 < until
