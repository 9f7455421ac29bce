"""A worker process for the tests: its review takes a while and is written down elsewhere.

Arguments: database URL, the witness (a SQLite file), slots, lease in seconds, the shortest and the
longest time a review takes, and how it ends: ``well``, or ``refused`` for good, so that its ticket
is marked; marking it never comes to an end, unless it is ``refused, quick``.
"""

from __future__ import annotations

import os
import random
import sqlite3
import sys
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from integration import errors
from integration.budgets import Limits
from integration.jobs import Jobs
from integration.store import connect
from integration.worker import Worker, serve


@dataclass(frozen=True)
class Reviewed:
    next_due_at: datetime | None = None


def main() -> None:
    url, witness, slots, lease, shortest, longest, ends = sys.argv[1:]

    def note(statement: str, *values: object) -> None:
        connection = sqlite3.connect(witness, timeout=20, isolation_level=None)
        connection.execute(statement, values)
        connection.close()

    def review(installation: str, ticket: str) -> Reviewed:
        key = os.urandom(8).hex()
        note(
            "INSERT INTO work (key, ticket, pid, began) VALUES (?, ?, ?, ?)",
            key,
            ticket,
            os.getpid(),
            time.time(),
        )
        threading.Event().wait(random.uniform(float(shortest), float(longest)))
        note("UPDATE work SET ended = ? WHERE key = ?", time.time(), key)
        if ends != "well":
            raise errors.Forbidden(f"ticket {ticket}: no")
        return Reviewed()

    def mark(installation: str, ticket: str, why: str) -> None:
        note("INSERT INTO marks (ticket, pid, why) VALUES (?, ?, ?)", ticket, os.getpid(), why)
        if ends == "refused":
            threading.Event().wait()

    jobs = Jobs(connect(url), lambda _: Limits(updates=1_000_000, requests=1_000_000))
    how = {"slots": int(slots), "lease_seconds": float(lease)}
    serve(Worker(jobs, review, mark=mark, **how))


if __name__ == "__main__":
    main()
