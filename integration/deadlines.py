"""A claim's deadline in the calendar of its installation: when it comes near, when it has passed,
and when such a day begins. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, Literal

Threshold = Literal["near", "last"]
"""What is told before a deadline: that it comes near, and that these are its last days."""

_BEGUN: Final = time(0, 5)
"""A few minutes into the day, so that a clock a little behind ours agrees that it has begun."""
_YEARS: Final = (1900, 9000)
"""Days outside these years are somebody's placeholder; nothing is scheduled by them."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """That a deadline's ``threshold`` is reached: the last day of the claim is ``ends``, in
    ``left`` days (0: today)."""

    threshold: Threshold
    ends: date
    left: int


def reached(ends: date | None, today: date, near_days: int, last_days: int) -> Reminder | None:
    """The last threshold that a deadline has reached; None before the first, and once it has
    passed. ``near_days`` is no less than ``last_days``; with both the same there is one."""
    left = -1 if ends is None else (ends - today).days
    if ends is None or not 0 <= left <= near_days:
        return None
    return Reminder("last" if left <= last_days else "near", ends, left)


def turns(ends: date, near_days: int, last_days: int) -> tuple[date, ...]:
    """The days on which something changes by itself: both thresholds, and the day after."""
    return (
        ends - timedelta(days=near_days),
        ends - timedelta(days=last_days),
        ends + timedelta(days=1),
    )


def begins(day: date, zone: tzinfo) -> datetime:
    """When a day has begun in a time zone (aware, in that zone): the first time it can be dealt
    with. Of a day that the zone skipped, when the one after it has.

    In a gap of the clock, the reckoning from before the gap leads to its far side.
    """
    return datetime.combine(day, _BEGUN, zone).astimezone(UTC).astimezone(zone)


def last_second(day: date, zone: tzinfo) -> datetime:
    """The last second of a day in a time zone, in UTC: the second one, where the clock goes back
    over it; of a day that the zone skipped, the last second before."""
    return datetime.combine(day, time(23, 59, 59, fold=1), zone).astimezone(UTC)


def sane(day: date) -> bool:
    """Whether anything can be scheduled by a day."""
    return _YEARS[0] <= day.year <= _YEARS[1]


def parse(text: str | None) -> date | None:
    """A day that something can be scheduled by, or None."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if sane(day) else None
