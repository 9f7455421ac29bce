"""Rate limits: counted in fixed windows, told in Zendesk's headers, refused with 429.

developer.zendesk.com/api-reference/introduction/rate-limits. Every number can be changed or all
switched off in ``Options.limits``.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from integration.sandbox.errors import ApiError
from integration.sandbox.options import Json, Limits

MINUTE = 60
TEN_MINUTES = 600


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a counter stands after one more request; ``resets`` in seconds, never below 1."""

    total: int
    remaining: int
    resets: int
    exceeded: bool


def from_json(given: Json, now: Limits) -> Limits:
    """Limits as ``PUT /sandbox/limits`` takes them, over those of now; ValueError saying what is
    wrong."""
    known = {one.name: bool if one.name == "enabled" else int for one in fields(Limits)}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"unknown: {name}; known: {', '.join(known)}")
        if type(value) is not known[name] or (known[name] is int and value < 1):
            raise ValueError(f"{name}: {value!r} is not valid")
    return replace(now, **given)


class Counters:
    """The requests counted so far. Not thread-safe: used under the state's lock."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._windows: dict[Hashable, tuple[float, int]] = {}

    def count(self, key: Hashable, total: int, window: int, now: datetime) -> Reading:
        """Count one request under ``key``, of which ``total`` are allowed in ``window`` seconds."""
        second = now.timestamp()
        start, used = self._windows.get(key, (second, 0))
        if second - start >= window:
            start, used = second, 0
        exceeded = self.limits.enabled and used >= total
        if not exceeded:
            used += 1
        self._windows[key] = (start, used)
        resets = max(1, int(start + window - second))
        return Reading(total, max(0, total - used), resets, exceeded)

    def account(self, now: datetime) -> Reading:
        return self.count("account", self.limits.account, MINUTE, now)

    def incremental(self, now: datetime) -> Reading:
        return self.count("incremental", self.limits.incremental, MINUTE, now)

    def ticket_update(self, ticket_id: int, user_id: int, now: datetime) -> tuple[Reading, Reading]:
        """One update of a ticket: counted for the account and for this user on this ticket."""
        return (
            self.count("ticket update", self.limits.ticket_updates, MINUTE, now),
            self.count(
                ("ticket", ticket_id, user_id), self.limits.updates_per_ticket, TEN_MINUTES, now
            ),
        )


def account_headers(reading: Reading) -> dict[str, str]:
    return {
        "X-Rate-Limit": str(reading.total),
        "X-Rate-Limit-Remaining": str(reading.remaining),
        "ratelimit-limit": str(reading.total),
        "ratelimit-remaining": str(reading.remaining),
        "ratelimit-reset": str(reading.resets),
    }


def endpoint_header(endpoint: str, reading: Reading) -> dict[str, str]:
    return {
        f"zendesk-ratelimit-{endpoint}": (
            f"total={reading.total}; remaining={reading.remaining}; resets={reading.resets}"
        )
    }


def too_many(reading: Reading, headers: dict[str, str], what: str = "API requests") -> ApiError:
    return ApiError(
        429,
        {
            "error": "APIRateLimitExceeded",
            "description": f"Number of allowed {what} per minute exceeded",
        },
        {**headers, "Retry-After": str(reading.resets)},
    )
