"""What an account allows, what a piece of work has sent, and the two buckets in between; a part of
``budgets``. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.engine import Row

UPDATES: Final = 1
"""Ticket updates that a review is expected to send."""
REQUESTS: Final = 4
"""Requests of all kinds that a review is expected to send, where its helpdesk says nothing else."""

_UNTOLD: Final = 200  # requests a minute of an account whose helpdesk has not told: the least


@dataclass(slots=True)
class Spent:
    """What a piece of work has sent to a helpdesk: ``requests`` of all kinds, of which ``updates``
    changed a ticket; ``limit`` is how many requests a minute the helpdesk says the account has."""

    requests: int = 0
    updates: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What an account allows in a minute: ticket ``updates``, and ``requests`` of all kinds (0:
    what the helpdesk tells of it, 200 until then); of both the app takes ``share`` per cent. A
    review is expected to send ``requests_a_review``: so much is taken before it begins."""

    updates: int = 100
    requests: int = 0
    share: int = 75
    requests_a_review: int = REQUESTS


LimitsOf = Callable[[str], Limits]
"""Gives an installation's limits. Must not raise: also for one that is no longer configured."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Holds ``size`` at most and is refilled with ``rate`` a millisecond."""

    size: float
    rate: float

    @classmethod
    def of(cls, limit: float, least: float) -> Bucket:
        """For ``limit`` a minute. It holds ``least`` in any case: what is taken for one review must
        be had some time, also where the limit is smaller than that."""
        size = max(limit / 4, least)
        return cls(size, max(limit - size, 0.75 * min(limit, least)) / 60_000)

    def level(self, left: float, filled_at: int, now: int) -> float:
        """What is in it now, where ``left`` was at ``filled_at``."""
        return min(self.size, left + max(now - filled_at, 0) * self.rate)


@dataclass(frozen=True, slots=True)
class Buckets:
    """An account's two buckets, and how many requests a review is expected to take out of them."""

    updates: Bucket
    requests: Bucket
    requests_a_review: int

    @classmethod
    def of(cls, limits: Limits, told: int | None) -> Buckets:
        """For the limits and what the helpdesk ``told`` of the account's requests a minute."""
        share, review = limits.share / 100, limits.requests_a_review
        requests = (limits.requests or told or _UNTOLD) * share
        return cls(Bucket.of(limits.updates * share, UPDATES), Bucket.of(requests, review), review)

    def levels(self, row: Row[Any], now: int) -> tuple[float, float]:
        """What is in them now, by an account's row: updates and requests."""
        return (
            self.updates.level(row.updates, row.filled_at, now),
            self.requests.level(row.requests, row.filled_at, now),
        )

    def suffice_for(self, row: Row[Any], now: int) -> int:
        """How many reviews may begin now, by an account's row."""
        updates, requests = self.levels(row, now)
        return max(0, int(min(updates / UPDATES, requests / self.requests_a_review)))

    def binds(self) -> dict[str, float]:
        """As the statements of this module take them."""
        return {
            "updates_size": self.updates.size,
            "updates_rate": self.updates.rate,
            "requests_size": self.requests.size,
            "requests_rate": self.requests.rate,
        }
