"""Forgetting an account: everything that is kept for its sake, but for the records of reviews."""

from __future__ import annotations

from integration.backfills import Backfills
from integration.budgets import Budgets
from integration.chores import Chores
from integration.errands import Errands
from integration.installations import Installations
from integration.jobs import Jobs
from integration.store import Store


def forget_account(store: Store, kept: Installations, account: str) -> int:
    """Forget an account, and what waits to be done for it: nobody could any more. How many reviews
    that were. Broken off, it can be done again.

    The account goes first: a worker that still has it in mind for some seconds may put a row back,
    which opens nothing and which nobody works on.
    """
    kept.remove(account)
    jobs = Jobs(store)
    with store.begin() as connection:
        waited = jobs.forget_all(connection, account)
    Errands(store).forget(account)
    Chores(store).forget(account)
    Budgets(store).forget(account)
    Backfills(store).forget_all(account)
    store.forget_bindings(account)
    return waited
