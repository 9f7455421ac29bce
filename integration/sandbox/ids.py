"""Identifiers shaped like Zendesk's."""

from __future__ import annotations

import secrets
from datetime import datetime

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FIRST = 6_164_000_000_026
_STEP = 128


class Ids:
    """Hands out ids: large ones, 128 apart as in a real account, and small ones for tickets."""

    def __init__(self) -> None:
        self._next = _FIRST
        self._ticket = 0

    def large(self) -> int:
        self._next += _STEP
        return self._next

    def ticket(self) -> int:
        self._ticket += 1
        return self._ticket


def ulid(moment: datetime) -> str:
    """A ULID (github.com/ulid/spec): 48 bits of milliseconds, 80 bits of chance."""
    number = (int(moment.timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -5, -5))
