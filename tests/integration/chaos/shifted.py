"""Web app and worker on a machine whose clock was set back: the database's time, and their own.

Each moment of it is the real one plus what stands in the table ``chaos_clock`` of the store (in
milliseconds) and, for the processes' own clock, in the file WARRANTY_CHAOS_CLOCK (in seconds).
What counts seconds and never goes back (time.monotonic) does not, as on any machine.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.ext.compiler import compiles

from integration import app, store
from integration.store import now_ms
from integration.worker import serve
from tests.integration.chaos import brisk, brisk_web

_usual = {"sqlite": store._now_sqlite, "postgresql": store._now_postgresql}


@compiles(now_ms, "sqlite")
@compiles(now_ms, "postgresql")
def _shifted(element: now_ms, compiler: Any, **kw: Any) -> str:
    usual = _usual[compiler.dialect.name](element, compiler, **kw)
    return f"({usual} + (SELECT milliseconds FROM chaos_clock))"


def now() -> datetime:
    """The processes' own clock."""
    seconds = float(Path(os.environ["WARRANTY_CHAOS_CLOCK"]).read_text())
    return datetime.now(UTC) + timedelta(seconds=seconds)


create_app = partial(brisk_web.create_app, now=now)

if __name__ == "__main__":
    assert brisk.FASTER  # its waits are the brisk worker's
    serve(app.build_worker(app.Config.from_environ(os.environ, app.Role.WORKER), now=now))
