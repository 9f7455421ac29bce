"""Which tickets an overview is about: days, brand and kind of review, as a form asks for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

DAYS: Final = {"7": 7, "30": 30, "90": 90}
"""The periods that are offered; each ends today."""
CUSTOM: Final = "custom"
USUAL: Final = "30"
LONGEST: Final = 800
"""Days that a period may have."""
NO_BRAND: Final = "none"
"""Stands for the tickets of which no brand is kept."""

KINDS: Final = {
    "": "All reviews",
    "live": "Written on the ticket",
    "shadow": "Shadow: only worked out",
    "backfill": "Backfill of past tickets",
}
"""What a review was, as somebody may choose it."""

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class BadPeriod(Exception):
    """What was asked for cannot be shown. ``wrong`` says by field what is wrong with each."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__("; ".join(wrong.values()))
        self.wrong = dict(wrong)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the account's time zone, both included. ``name`` is how it was chosen."""

    first: date
    last: date
    name: str = CUSTOM

    def bounds(self, zone: tzinfo) -> tuple[int, int]:
        """From when, and before when: milliseconds since 1970 UTC."""
        return _begins(self.first, zone), _begins(self.last + timedelta(days=1), zone)


@dataclass(frozen=True, slots=True)
class Choice:
    """What an overview is of: ``brand`` the helpdesk's number, NO_BRAND or empty for all; ``kind``
    one of ``KINDS``."""

    period: Period
    brand: str = ""
    kind: str = ""


def read(given: Mapping[str, str], today: date) -> Choice:
    """The choice in a form or an address; what is not given is as usual. ``today`` is the account's
    day. Raises BadPeriod."""
    name = given.get("period") or USUAL
    wrong: dict[str, str] = {}
    kind, brand = given.get("kind", ""), given.get("brand", "")
    if kind not in KINDS:
        wrong["kind"] = "Choose one of the reviews that are offered."
    if brand and brand != NO_BRAND and not (brand.isascii() and brand.isdecimal()):
        wrong["brand"] = "Choose one of the brands that are offered."
    period = Period(today, today)
    if name in DAYS:
        period = Period(today - timedelta(days=DAYS[name] - 1), today, name)
    elif name == CUSTOM:
        first = _day("from", given.get("from", ""), today, wrong)
        last = _day("to", given.get("to", ""), today, wrong)
        if first and last:
            period = Period(first, last)
            if first > last:
                wrong["from"] = f"The first day is after the last, {last}."
            elif (last - first).days >= LONGEST:
                wrong["from"] = f"Choose no more than {LONGEST} days."
    else:
        wrong["period"] = "Choose 7, 30 or 90 days, or days of your own."
    if wrong:
        raise BadPeriod(wrong)
    return Choice(period, brand[:20], kind)


def _day(name: str, text: str, today: date, wrong: dict[str, str]) -> date | None:
    """A day of a form. What is wrong with it is added to ``wrong``."""
    text = text.strip()
    try:
        if not _DAY.fullmatch(text):  # it would take 20260131 and weeks as well
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        wrong[name] = "Choose a day, as 2026-01-31." if text else "Choose a day."
        return None
    if day > today:
        wrong[name] = f"This day is still to come: today is {today}."
    elif day.year < 2000:
        wrong[name] = "Nothing was decided so long ago."
    return None if name in wrong else day


def _begins(day: date, zone: tzinfo) -> int:
    """When a day begins in a time zone."""
    return (datetime.combine(day, time.min, zone) - _EPOCH) // timedelta(milliseconds=1)
