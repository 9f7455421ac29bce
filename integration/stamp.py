"""The stamp: what the app wrote last on a ticket, kept on the ticket itself.

It is set in the same request as the outcome, so it is there exactly if the outcome is. From it a
later review tells whether it has anything new to say, and whether somebody has changed the outcome
by hand since. It holds no personal data.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

_VERSION: Final = "wd1"
_NOTHING: Final = "-"
_WORDS: Final = ("decision", "effect", "due", "replied")
_STATE: Final = re.compile(r"[^/]*(/\d{4}-\d\d-\d\d/(\d{4}-\d\d-\d\d|-))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stamp:
    """``outcome``: what we last wrote in each of our outcome fields, None for nothing. ``state``: a
    digest of facts, settings, edition and outcome. ``said``: a digest of what the last note told.
    ``decision``: the agent's decision that was followed. ``effect``: the status and payer whose
    macros' effects were carried out. ``due``: the due date that we set. ``replied``: the status on
    which a public reply was sent, or is still to be sent. ``near`` and ``last``: the latest
    deadline (YYYY-MM-DD) of which agents were told that it comes near, and that it is at hand."""

    outcome: Mapping[str, str | None]
    state: str
    said: str
    decision: str | None = None
    effect: str | None = None
    due: str | None = None
    replied: str | None = None
    near: str | None = None
    last: str | None = None

    def __str__(self) -> str:
        values = {**self.outcome, **{word: getattr(self, word) for word in _WORDS}}
        pairs = (f"{key}={_written(value)}" for key, value in values.items())
        # Behind the state, which is only ever compared: an earlier version of this program still
        # reads the stamp, and we read those that it wrote.
        told = [day or _NOTHING for day in (self.near, self.last)] if self.near else []
        return " ".join([_VERSION, *pairs, "/".join([self.state, *told]), self.said])


def parse(text: object, keys: tuple[str, ...]) -> Stamp | None:
    """The stamp in a field, or None where there is none that we could have written."""
    if not isinstance(text, str):
        return None
    version, *parts = text.split(" ")
    expected = [*keys, *_WORDS]
    if version != _VERSION or len(parts) != len(expected) + 2:
        return None
    pairs = [part.partition("=") for part in parts[:-2]]
    if [name for name, _, _ in pairs] != expected:
        return None
    if not _STATE.fullmatch(parts[-2]):
        return None
    values = {name: None if value == _NOTHING else unquote(value) for name, _, value in pairs}
    state, *told = parts[-2].split("/")
    near, last = (None if day == _NOTHING else day for day in (told or [_NOTHING] * 2))
    return Stamp(
        {key: values[key] for key in keys},
        state,
        parts[-1],
        **{word: values[word] for word in _WORDS},
        near=near,
        last=last,
    )


def _written(value: str | None) -> str:
    if value is None:
        return _NOTHING
    quoted = quote(value, safe=":/")
    return quoted if quoted != _NOTHING else "%2D"


def digest(*values: object) -> str:
    """A short hash of JSON-ready values."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
