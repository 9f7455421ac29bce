"""A backfill's part of what the app may take of an account's limits, which reviews share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from integration.budgets import Budgets, Limits, Spent
from integration.config import Installation
from integration.pace import Portion
from integration.vendors import vendor_of

_UNTOLD: Final = 200
"""Requests a minute of an account whose helpdesk has not told yet: the least plan that Zendesk and
Freshdesk sell with an API."""


class Share:
    """Takes requests and updates out of an account's budget for one thread's backfill, and never
    more a minute than its own ``part`` (above 0, up to 1) of it; see ``pace.Take``.

    ``spent`` counts what the thread really sends: what it sent beyond what it had asked for, as on
    a ticket with a long conversation, is taken with what it asks for next. ``clock`` counts seconds
    and never goes back.
    """

    def __init__(
        self,
        budgets: Budgets,
        account: Installation,
        part: float,
        spent: Spent,
        clock: Callable[[], float],
    ) -> None:
        self._budgets = budgets
        self._account = account
        self._part = part
        self._spent = spent
        self._own = Portion(clock)
        self._sent = (spent.requests, spent.updates)
        self._given = (0, 0)

    def __call__(self, requests: int, updates: int) -> float:
        """0.0 where so much was taken, else how many seconds to wait before asking again. Raises
        errors.Unavailable."""
        one, spent = self._account, self._spent
        known = one.request_limit or spent.limit or 0
        mine = one.limit_share / 100 * self._part
        most = [(known or _UNTOLD) * mine, one.update_limit * mine]
        wanted = [
            requests + max(spent.requests - self._sent[0] - self._given[0], 0),
            updates + max(spent.updates - self._sent[1] - self._given[1], 0),
        ]
        if seconds := self._own.wait(wanted, most):
            return seconds
        review = vendor_of(one).requests_a_review
        limits = Limits(one.update_limit, known, one.limit_share, review)
        seconds = self._budgets.take(
            one.id, limits, requests=wanted[0], updates=wanted[1], share=self._part
        )
        if not seconds:
            self._own.spend(wanted)
            self._sent, self._given = (spent.requests, spent.updates), (requests, updates)
        return seconds
