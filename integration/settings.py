"""How an installation wants its tickets treated: what its admins may set, checked.

One schema for the set-up page, the command line and the store. What is wrong is said field by
field, in words for an admin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from integration.installation import CROSS_BORDER, MODES, Installation
from policy import STATUSES, SettingsError, parse_regions


class BadSettings(Exception):
    """Settings that cannot be kept. ``wrong`` says by name what is wrong with each."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {words}" for name, words in wrong.items()))
        self.wrong = dict(wrong)


@cache
def zones() -> frozenset[str]:
    """The time zones that are known here: looking through the machine's files takes its time."""
    return frozenset(available_timezones())


def _zone(value: str) -> None:
    if value not in zones():
        raise ValidationError(
            f"{value!r} is no time zone that is known here; choose one such as Europe/Berlin."
        )


def _regions(value: str) -> None:
    try:
        parse_regions(value)
    except SettingsError as error:
        raise ValidationError(
            f"{error}; write groups of country codes, as EU:DE,FR;NA:US,CA."
        ) from error


class _Whole(fields.Integer):
    """A whole number, also as a form has it. 7.5 is none; marshmallow would make it 7."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


def _words(words: str) -> dict[str, Any]:
    """The same words for whatever cannot be such a setting at all."""
    return dict.fromkeys(("invalid", "null", "too_large", "invalid_utf8"), words)


def _whole(least: int, most: int, unit: str) -> _Whole:
    words = f"Expected a whole number of {unit} from {least} to {most}."
    return _Whole(validate=validate.Range(least, most, error=words), error_messages=_words(words))


def _one_of(choices: Sequence[str], words: str = "one of") -> fields.String:
    said = f"Expected {words} {', '.join(choices)}."
    return fields.String(validate=validate.OneOf(choices, error=said), error_messages=_words(said))


_SOME: Final = f"Expected some of {', '.join(STATUSES)}."


class _Schema(Schema):
    class Meta:
        unknown = RAISE

    mode = _one_of(MODES)
    time_zone = fields.String(
        validate=_zone, error_messages=_words("Expected a time zone such as Europe/Berlin.")
    )
    cross_border = _one_of(CROSS_BORDER)
    regions = fields.String(
        validate=_regions,
        error_messages=_words("Expected groups of country codes, as EU:DE,FR;NA:US,CA."),
    )
    public_replies = fields.List(_one_of(STATUSES, "some of"), error_messages=_words(_SOME))
    due_date_tasks = fields.Boolean(error_messages=_words("Expected yes or no."))
    deadline_near_days = _whole(0, 365, "days")
    deadline_last_days = _whole(0, 365, "days")
    update_limit = _whole(1, 1_000_000, "updates a minute")
    request_limit = _whole(0, 10_000_000, "requests a minute")
    limit_share = _whole(1, 100, "per cent")


_SCHEMA: Final = _Schema()
NAMES: Final = tuple(_SCHEMA.fields)
"""The settings' names, in the order in which they are shown."""


def changed(installation: Installation, given: Mapping[str, object]) -> Installation:
    """The installation with the settings ``given`` (by name, JSON-ready or as a form has them) in
    place of its own. Raises BadSettings, naming everything that is wrong at once."""
    try:
        values = _SCHEMA.load(dict(given))
    except ValidationError as error:
        raise BadSettings(_plain(error.messages_dict)) from None
    if "time_zone" in values:
        values["time_zone"] = ZoneInfo(values["time_zone"])
    if "public_replies" in values:
        values["public_replies"] = frozenset(values["public_replies"])
    return replace(installation, **values)


def as_json(installation: Installation) -> dict[str, Any]:
    """An installation's settings, JSON-ready, by name; nothing secret is among them."""
    found = {name: getattr(installation, name) for name in NAMES}
    found["time_zone"] = str(installation.time_zone)
    found["public_replies"] = [one for one in STATUSES if one in installation.public_replies]
    return found


def _plain(messages: Mapping[str, Any]) -> dict[str, str]:
    """Marshmallow's messages as one sentence a setting."""
    said: dict[str, str] = {}
    for name, found in messages.items():
        words = _first(found)
        said[name] = "There is no such setting." if words == "Unknown field." else words
    return said


def _first(found: Any) -> str:
    """The first message of a nest of them (of a list's items, say)."""
    if isinstance(found, Mapping):
        return _first(next(iter(found.values())))
    return str(found[0] if isinstance(found, list) else found)
