"""Years, months and days as the policy counts them (calendar dates, no time of day, no zone)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

ONE_DAY: Final = timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """``day`` that many calendar months later.

    Where that month lacks the day, the first of the next month, in the buyer's favour: 29 February
    2024 and one year is 1 March 2025. Beyond the last day that a date can name, that last day.
    """
    years, month0 = divmod(day.month - 1 + months, 12)
    try:
        return date(day.year + years, month0 + 1, day.day)
    except ValueError:
        if day.year + years > date.max.year:
            return date.max
        # The month lacks the day, so it is not December (31 days): the next month is this year's.
        return date(day.year + years, month0 + 2, 1)


def add_days(day: date, days: int) -> date:
    """``day`` that many days later, or the last day that a date can name."""
    try:
        return day + timedelta(days)
    except OverflowError:
        return date.max


def first_reaching(target: date, months: int) -> date:
    """The first day which, that many months later (``add_months``), is ``target`` or after it."""
    years, month0 = divmod(target.month - 1 - months, 12)
    if target.year + years < 1:
        return date.min
    guess = date(target.year + years, month0 + 1, min(target.day, 28))
    while guess > date.min and add_months(guess, months) >= target:
        guess -= ONE_DAY
    while add_months(guess, months) < target:
        guess += ONE_DAY
    return guess


def first_within(target: date, days: int) -> date:
    """The first day which, that many days later, is ``target`` or after it."""
    try:
        return target - timedelta(days)
    except OverflowError:
        return date.min
