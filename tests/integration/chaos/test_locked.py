"""SQLite's file locked: whoever comes has an answer in time, however many come at once."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy.engine import make_url

from integration import errors
from integration.jobs import Jobs
from integration.store import connect

_PATIENCE = 1.0


def test_those_that_wait_for_each_other_wait_no_longer(sqlite_url: str) -> None:
    """Deliveries that come one after the other while the file is locked are each refused after the
    time that one waits: waiting for one another and for the file is one wait."""
    with (
        closing(connect(sqlite_url, _PATIENCE)) as store,
        closing(sqlite3.connect(str(make_url(sqlite_url).database))) as other,
        ThreadPoolExecutor(5) as threads,
    ):
        jobs = Jobs(store)
        jobs.accept("main", "before", "1", "ticket_created")
        other.execute("BEGIN EXCLUSIVE")

        def accept(installation: str, ticket: str) -> None:
            jobs.accept(installation, f"d{ticket}", ticket, "ticket_created")

        def refused(number: int) -> float:
            threading.Event().wait(number * 0.15)
            began = time.monotonic()
            ask = jobs.make_due if number % 2 else accept
            with pytest.raises(errors.Unavailable):
                ask("main", str(number))
            return time.monotonic() - began

        took = list(threads.map(refused, range(5)))
    assert max(took) < 1.5 * _PATIENCE, took
