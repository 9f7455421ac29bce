"""Freshdesk's names of time zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from integration.helpdesks.freshdesk_zones import NAMES, zone_of


def test_every_zone_is_there() -> None:
    """Each is in the database of zones, and no name stands for two."""
    assert set(NAMES) <= available_timezones()
    names = [name for some in NAMES.values() for name in some]
    assert len(names) == len(set(names))
    assert all(NAMES.values())
    for zone, some in NAMES.items():
        assert {zone_of(name) for name in some} == {zone}


@pytest.mark.parametrize(
    ("told", "hours"),
    [
        # Freshdesk's own list tells the winter's difference from GMT.
        ("Midway Island", -11),
        ("Hawaii", -10),
        ("Alaska", -9),
        ("Pacific Time (US & Canada)", -8),
        ("Tijuana", -8),
        ("Arizona", -7),
        ("Mountain Time (US & Canada)", -7),
        ("Central America", -6),
        ("Central Time (US & Canada)", -6),
        ("Guadalajara", -6),
        ("Monterrey", -6),
        ("Saskatchewan", -6),
        ("Bogota", -5),
        ("Eastern Time (US & Canada)", -5),
        ("Indiana (East)", -5),
        ("Quito", -5),
        ("Atlantic Time (Canada)", -4),
        ("La Paz", -4),
        ("Newfoundland", -3.5),
        ("Brasilia", -3),
        ("London", 0),
        ("Bern", 1),
        ("Kyiv", 2),
        ("Chennai", 5.5),
        ("Beijing", 8),
        ("Tokyo", 9),
        ("Nuku'alofa", 13),
    ],
)
def test_hours(told: str, hours: float) -> None:
    """A name means the clock of the place that it names."""
    zone = zone_of(told)
    assert zone is not None
    at = datetime(2026, 1, 15, 12, tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert at.utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("told", ["Europe/Berlin", "America/Chicago", "UTC"])
def test_named_as_everybody_names_it(told: str) -> None:
    """An account may have the database's own name."""
    assert zone_of(told) == told


@pytest.mark.parametrize(
    "told", ["", "Samoa", "International Date Line West", "../etc/passwd", "berlin", None, 5, []]
)
def test_not_known(told: object) -> None:
    """What means no one clock, or nothing, is no zone: somebody is asked."""
    assert zone_of(told) is None
