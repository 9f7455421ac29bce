"""The stamp: what the app wrote last on a ticket, kept on the ticket itself.

It is set in the same request as the outcome, so it is there exactly if the outcome is. From it a
later review tells whether it has anything new to say, and whether somebody has changed the outcome
by hand since. It holds no personal data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

_VERSION = "wd1"
_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Stamp:
    """``outcome``: our outcome fields as written, None where empty. ``state``: a digest of facts,
    settings, edition and outcome. ``said``: a digest of what the last note told. ``effect``: a
    digest of status and payer, whose macros' effects have been carried out. ``replied``: the
    status on which a public reply was sent, if any."""

    outcome: Mapping[str, str | None]
    state: str
    said: str
    replied: str | None = None

    def __str__(self) -> str:
        values = [f"{key}={value or _NOTHING}" for key, value in self.outcome.items()]
        return " ".join(
            [_VERSION, *values, f"replied={self.replied or _NOTHING}", self.state, self.said]
        )


def parse(text: object, keys: tuple[str, ...]) -> Stamp | None:
    """The stamp in a field, or None where there is none that we could have written."""
    if not isinstance(text, str):
        return None
    version, *parts = text.split(" ")
    expected = [*keys, "replied"]
    if version != _VERSION or len(parts) != len(expected) + 2:
        return None
    pairs = [part.partition("=") for part in parts[:-2]]
    if [name for name, _, _ in pairs] != expected:
        return None
    values = [None if value == _NOTHING else value for _, _, value in pairs]
    outcome = dict(zip(keys, values[:-1], strict=True))
    return Stamp(outcome, parts[-2], parts[-1], values[-1])


def digest(*values: object) -> str:
    """A short hash of JSON-ready values."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
