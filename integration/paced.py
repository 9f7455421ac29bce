"""Requests that set an account up, within what its limits leave to the app.

A set-up sends some forty requests at once: on a helpdesk's small plan that is the whole minute's,
and everybody else who uses the account's API is refused meanwhile. Here each waits until it may be
taken out of the account's budget, which reviews share (``budgets``), and one that is refused all
the same is sent again when the helpdesk says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import requests
import structlog
from requests.adapters import HTTPAdapter

from integration import errors
from integration.budgets import Budgets, Limits
from integration.config import Installation
from integration.helpdesks.transport import retry_after
from integration.helpdesks.watching import Told
from integration.store import Store
from integration.vendors import Account, vendor_of

_log = structlog.get_logger(__name__)

PATIENCE: Final = 300.0
"""Seconds that one request may wait for its turn, an answer 429 included."""
_UNSAID: Final = 60.0
"""Seconds to wait after a 429 that names none: limits are counted by the minute."""
_WORTH_TELLING: Final = 5.0  # seconds at once
_NOTICED: Final = 1.0  # seconds in all
_SLOWLY: Final = "Going slowly, to keep within the app's share of the account's requests a minute."


def paced(
    installation: Installation,
    account: Account,
    store: Store,
    *,
    told: Told = lambda kind, status: None,
    wait: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    say: Callable[[str], None] = lambda words: None,
    patience: float = PATIENCE,
) -> Account:
    """The same account, whose requests wait for their turn: for one piece of work in one thread.

    ``told`` hears of each request; ``wait`` sleeps so many seconds, ``clock`` counts them and never
    goes back; ``say`` is told, in words for a person, why it takes longer. A request that had to
    wait more than ``patience`` seconds raises errors.RateLimited, or is answered as it is.
    """
    budget = _Budget(Budgets(store), installation)
    sender = vendor_of(installation).adapter(told, budget.heard)
    turns = _Turns(sender, budget, wait=wait, clock=clock, say=say, patience=patience)
    return replace(account, adapter=turns)


class _Budget:
    """One account's budget. Where the store is away nothing is counted: whoever looks for what is
    wrong must get to see the helpdesk all the same."""

    def __init__(self, budgets: Budgets, installation: Installation) -> None:
        review = vendor_of(installation).requests_a_review
        self.name = installation.id
        self.limits = Limits(
            installation.update_limit,
            installation.request_limit,
            installation.limit_share,
            review,
        )
        self._budgets = budgets
        self._known: int | None = None
        self._away = False

    def take(self) -> float:
        """0.0 where a request was taken, else the seconds to wait before asking again."""
        return self._asked(lambda: self._budgets.take(self.name, self.limits, requests=1)) or 0.0

    def pause(self, seconds: float) -> None:
        """Everybody here leaves the account alone for so long."""
        self._asked(lambda: self._budgets.pause(self.name, seconds))

    def heard(self, kind: str, limit: int | None) -> None:
        """What an answer told of the account's requests a minute; see ``watching.Spend``."""
        if limit is not None and limit != self._known:
            self._known = limit
            self._asked(lambda: self._budgets.learn(self.name, self.limits, limit))

    def _asked(self, ask: Callable[[], float | None]) -> float | None:
        if self._away:
            return None
        try:
            return ask()
        except errors.Unavailable as error:
            self._away = True
            _log.warning("not counted", installation=self.name, why=str(error))
            return None


class _Turns(HTTPAdapter):
    """Sends by another adapter, each request when it is its turn. A 429 says that nothing was done,
    so that a write, too, may be sent again."""

    def __init__(
        self,
        sender: HTTPAdapter,
        budget: _Budget,
        *,
        wait: Callable[[float], None],
        clock: Callable[[], float],
        say: Callable[[str], None],
        patience: float,
    ) -> None:
        super().__init__(max_retries=0)
        self._sender = sender
        self._budget = budget
        self._wait = wait
        self._clock = clock
        self._say = say
        self._patience = patience
        self._waited = 0.0

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """Send it, as the parent does; see there for what is raised beside RateLimited."""
        ends = self._clock() + self._patience
        while True:
            self._turn(ends)
            response = self._sender.send(request, *args, **kwargs)
            response.connection = self  # what a renewed token repeats is counted too
            if response.status_code != 429:
                return response
            asked = retry_after(response.headers)
            seconds = _UNSAID if asked is None else max(asked, 1.0)
            self._budget.pause(seconds)
            if self._clock() + seconds > ends:
                return response
            _ = response.content  # frees the connection
            response.close()
            self._sleep(seconds, "the helpdesk asks to, its account's limit being reached")

    def _turn(self, ends: float) -> None:
        while (seconds := self._budget.take()) > 0:
            if self._clock() + seconds > ends:
                raise errors.RateLimited(
                    f"{self._budget.name}: no room within the app's share of the account's "
                    "requests a minute",
                    retry_after=seconds,
                )
            self._sleep(seconds, "to keep within the share of the account's limits")

    def _sleep(self, seconds: float, why: str) -> None:
        if seconds >= _WORTH_TELLING:
            self._say(f"Waiting {seconds:.0f} s: {why}.")
        elif self._waited < _NOTICED <= self._waited + seconds:
            self._say(_SLOWLY)
        self._waited += seconds
        self._wait(seconds)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._sender.close()
        super().close()
