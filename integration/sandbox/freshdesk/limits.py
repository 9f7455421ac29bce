"""Rate limits: an account's requests in a minute, told in Freshdesk's headers, refused with 429.

developers.freshdesk.com/api/#ratelimit. The account's total is shared by all keys and counts
requests that fail too. Guesses: a refused request uses nothing up, and the limit of one kind of
request answers as the total's does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime

from integration.sandbox.freshdesk.options import PLANS, Plan
from integration.sandbox.options import Json

MINUTE = 60
_KINDS = (
    ("ticket_create", "POST", re.compile(r"/api/v2/tickets")),
    ("ticket_update", "PUT", re.compile(r"/api/v2/tickets/\d+")),
    ("tickets_list", "GET", re.compile(r"/api/v2/tickets")),
    ("contacts_list", "GET", re.compile(r"/api/v2/contacts")),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the account stands after one more request; ``resets`` in seconds, never below 1."""

    total: int
    remaining: int
    used: int
    resets: int
    exceeded: bool


@dataclass(slots=True)
class Counters:
    """The requests counted so far. Not thread-safe: used under the account's lock."""

    plan: Plan
    limited: bool = True
    _windows: dict[str, tuple[float, int]] = field(default_factory=dict)

    def count(self, method: str, path: str, includes: Iterable[str], now: datetime) -> Reading:
        """Count one request of the API."""
        kinds = [name for name, verb, rule in _KINDS if verb == method and rule.fullmatch(path)]
        return self.take(cost(path, includes), kinds, now)

    def take(self, used: int, kinds: Iterable[str], now: datetime) -> Reading:
        """Use so many calls up, of the account and of the kinds named, unless there are too few."""
        second = now.timestamp()
        limits = {"total": self.plan.total}
        for name in kinds:
            own = getattr(self.plan, name)
            if own is not None:
                limits[name] = own
        at = {name: self._window(name, second) for name in limits}
        over = [
            name
            for name, most in limits.items()
            if at[name][1] + (used if name == "total" else 1) > most
        ]
        exceeded = self.limited and bool(over)
        if not exceeded:
            for name, (start, count) in at.items():
                self._windows[name] = (start, count + (used if name == "total" else 1))
        start, spent = self._windows.get("total", at["total"])
        until = max((at[name][0] for name in over), default=start)
        resets = max(1, int(until + MINUTE - second))
        return Reading(self.plan.total, max(0, self.plan.total - spent), used, resets, exceeded)

    def _window(self, name: str, second: float) -> tuple[float, int]:
        start, count = self._windows.get(name, (second, 0))
        # A clock that was set back starts a new minute too.
        return (start, count) if 0 <= second - start < MINUTE else (second, 0)

    def told(self) -> Json:
        """The limits as the control API shows them."""
        return {**asdict(self.plan), "limited": self.limited}


def cost(path: str, includes: Iterable[str]) -> int:
    """Calls that a request uses up: more where it has other things included."""
    asked = list(includes)
    if path == "/api/v2/tickets":
        return 1 + 2 * len(asked)
    return 1 + len(asked)  # "conversations" is described as two calls in all, which is one more


def headers(reading: Reading) -> dict[str, str]:
    """What every answer tells of the limits."""
    return {
        "X-RateLimit-Total": str(reading.total),
        "X-RateLimit-Remaining": str(reading.remaining),
        "X-RateLimit-Used-CurrentRequest": str(reading.used),
    }


def from_json(given: Json, now: Counters) -> Counters:
    """Limits as ``PUT /sandbox/limits`` takes them, counted afresh: a ``plan``, or single numbers
    over those of now; raises ValueError saying what is wrong."""
    rest = dict(given)
    plan, limited = now.plan, rest.pop("limited", now.limited)
    if "plan" in rest:
        name = rest.pop("plan")
        if name not in PLANS:
            raise ValueError(f"plan {name!r}: expected one of {', '.join(PLANS)}")
        plan = PLANS[name]
    known = {one.name for one in fields(Plan)}
    for name, value in rest.items():
        if name not in known:
            raise ValueError(f"unknown: {name}; known: plan, limited, {', '.join(sorted(known))}")
        if value is None and name != "total":
            continue
        if type(value) is not int or value < 0:
            raise ValueError(f"{name}: {value!r} is not valid")
    if not isinstance(limited, bool):
        raise ValueError(f"limited: {limited!r} is not valid")
    return Counters(replace(plan, **rest), limited)
