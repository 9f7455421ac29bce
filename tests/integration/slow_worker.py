"""A worker process for the tests: its review takes a while and is written down elsewhere.

Arguments: database URL, the witness (a SQLite file), slots, lease in seconds, and the shortest and
longest time a review takes.
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

from integration.jobs import Jobs
from integration.store import connect
from integration.worker import Worker, serve


@dataclass(frozen=True)
class Reviewed:
    next_due_at: datetime | None = None


def main() -> None:
    url, witness, slots, lease, shortest, longest = sys.argv[1:]

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
        return Reviewed()

    serve(Worker(Jobs(connect(url)), review, slots=int(slots), lease_seconds=float(lease)))


if __name__ == "__main__":
    main()
