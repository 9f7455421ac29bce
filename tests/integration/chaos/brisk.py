"""`warranty worker` as it is, except that its waits are a fraction of what they are in use.

Only where WARRANTY_CHAOS says so: whoever merely imports this keeps the usual waits.
WARRANTY_CHAOS_ANSWER is for how many seconds it waits for an answer of the helpdesk.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from integration import budgets_accounts, connections, reviewing, worker
from integration.cli import main
from integration.config import Installation

FASTER = 10
"""How many times shorter: a minute in use is six seconds here."""


def _impatient(account_of: Callable[[Installation], Any]) -> Callable[[Installation], Any]:
    seconds = float(os.environ.get("WARRANTY_CHAOS_ANSWER", 15.0 / FASTER))
    return lambda installation: replace(account_of(installation), read_timeout=seconds)


def hurry() -> None:
    """Make the waits of this process shorter. Taken from what is there, so that a wait that gets
    another name is noticed."""
    usual = worker.Retry()
    worker.Retry = partial(  # type: ignore[misc,assignment]
        worker.Retry, first=usual.first / FASTER, longest=usual.longest / FASTER
    )
    for name in ("zendesk_account", "freshdesk_account"):
        setattr(connections, name, _impatient(getattr(connections, name)))
    reviewing._LEAST_REST /= FASTER
    budgets_accounts._LONGEST_PAUSE //= FASTER
    for troubles in budgets_accounts._PAUSES:
        budgets_accounts._PAUSES[troubles] //= FASTER


if os.environ.get("WARRANTY_CHAOS"):
    hurry()

if __name__ == "__main__":
    main()
