"""Settings are checked one by one, and what is wrong is said in words for an admin."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integration import settings
from integration.installation import CROSS_BORDER, MODES, Installation
from integration.settings import BadSettings
from policy import STATUSES

ONE = Installation("one", subdomain="acme", token="TOKEN-IS-SECRET", client_secret="SO-IS-THIS")

GOOD: dict[str, tuple[object, object]] = {
    "mode": ("shadow", "shadow"),
    "time_zone": ("Europe/Berlin", ZoneInfo("Europe/Berlin")),
    "cross_border": (CROSS_BORDER[1], CROSS_BORDER[1]),
    "regions": ("EU:DE,FR;NA:US,CA", "EU:DE,FR;NA:US,CA"),
    "public_replies": (["covered", "covered"], frozenset({"covered"})),
    "due_date_tasks": ("yes", True),
    "deadline_near_days": ("14", 14),
    "deadline_last_days": (0, 0),
    "update_limit": (300, 300),
    "request_limit": (700.0, 700),
    "limit_share": (100, 100),
}


def complaint(name: str, value: object) -> str:
    with pytest.raises(BadSettings) as caught:
        settings.changed(ONE, {name: value})
    assert list(caught.value.wrong) == [name]
    return caught.value.wrong[name]


def test_every_setting_is_known() -> None:
    """Whatever an installation has besides its name, address and secrets can be set."""
    apart = {"id", "helpdesk", "subdomain", "signing_secrets", "app_secret", "token", "api_key"}
    apart |= {"app_secrets_before"}
    apart |= {"client_id", "client_secret"}
    assert {one.name for one in fields(Installation)} - apart == set(settings.NAMES)
    assert set(GOOD) == set(settings.NAMES)


@pytest.mark.parametrize("name", settings.NAMES)
def test_good_values(name: str) -> None:
    """A value, as JSON or as a form has it, is taken; all else stays as it is."""
    given, wanted = GOOD[name]
    changed = settings.changed(ONE, {name: given})
    assert getattr(changed, name) == wanted
    rest = set(settings.NAMES) - {name}
    assert all(getattr(changed, one) == getattr(ONE, one) for one in rest)
    assert changed.token == ONE.token


def test_there_and_back() -> None:
    """What is told as JSON is taken again as it was, and nothing secret is in it."""
    changed = settings.changed(ONE, {name: given for name, (given, _) in GOOD.items()})
    told = settings.as_json(changed)
    assert settings.changed(ONE, told) == changed
    assert list(told) == list(settings.NAMES)
    assert "SECRET" not in str(told)
    assert "SO-IS-THIS" not in str(told)


@pytest.mark.parametrize("name", ["deadline_near_days", "update_limit", "limit_share"])
@pytest.mark.parametrize(
    "value", ["", "soon", "7.5", 7.5, -1, 10**9, True, None, [7], "9" * 5000, float("inf")]
)
def test_bad_numbers(name: str, value: object) -> None:
    """A number is whole and within its bounds: half a day is not rounded off."""
    words = complaint(name, value)
    assert words.startswith("Expected a whole number of ")
    assert " from " in words


BAD: list[tuple[str, object, str]] = [
    ("mode", "loud", f"Expected one of {', '.join(MODES)}."),
    ("mode", None, f"Expected one of {', '.join(MODES)}."),
    ("mode", 7, f"Expected one of {', '.join(MODES)}."),
    ("time_zone", "Mars/Base", "'Mars/Base' is no time zone that is known here; choose one such "),
    ("time_zone", "../../etc/passwd", "'../../etc/passwd' is no time zone"),
    ("time_zone", "", "'' is no time zone"),
    ("time_zone", None, "Expected a time zone such as Europe/Berlin."),
    ("cross_border", "perhaps", f"Expected one of {', '.join(CROSS_BORDER)}."),
    ("cross_border", [], f"Expected one of {', '.join(CROSS_BORDER)}."),
    ("regions", "EU", "regions"),
    ("regions", "EU:Germany", "regions"),
    ("regions", None, "Expected groups of country codes"),
    ("public_replies", ["covered", "loved"], f"Expected some of {', '.join(STATUSES)}."),
    ("public_replies", "covered", f"Expected some of {', '.join(STATUSES)}."),
    ("public_replies", [None], f"Expected some of {', '.join(STATUSES)}."),
    ("public_replies", None, f"Expected some of {', '.join(STATUSES)}."),
    ("due_date_tasks", "perhaps", "Expected yes or no."),
    ("due_date_tasks", None, "Expected yes or no."),
    ("token", "x", "There is no such setting."),
    ("id", "other", "There is no such setting."),
    ("signing_secrets", ["x"], "There is no such setting."),
]


@pytest.mark.parametrize(("name", "value", "words"), BAD)
def test_bad_values(name: str, value: object, words: str) -> None:
    """What is wrong is said in a sentence that names what would be right."""
    said = complaint(name, value)
    assert said.startswith(words)
    for jargon in ("null", "Not a valid", "Field", "Invalid"):
        assert jargon not in said


def test_all_at_once() -> None:
    """Everything that is wrong is named at once, and nothing is changed."""
    wrong: dict[str, Any] = {"mode": "loud", "limit_share": 101, "colour": "red"}
    with pytest.raises(BadSettings) as caught:
        settings.changed(ONE, {**wrong, "update_limit": 5})
    assert set(caught.value.wrong) == set(wrong)
    assert all(name in str(caught.value) for name in wrong)
    assert ONE.update_limit == 100
