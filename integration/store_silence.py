"""A PostgreSQL that accepts connections and says nothing: how long it is waited for.

``statement_timeout`` and ``lock_timeout`` are the server's, and a server that hangs keeps none of
them; libpq itself waits two seconds at least for a connection, and for ever for an answer. So the
client watches: psycopg waits by generators that are asked again every tenth of a second, and here
they are given up where nothing came for too long. Nothing is known of what the server did by then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

_SLACK: Final = 0.1
"""Seconds that the server's own timeouts are given to be heard of first."""


class _Waiting(threading.local):
    """Until when (time.monotonic) this thread waits to get a connection; and whether it waits for
    answers as long as they take."""

    until: float | None = None
    patient = False


_waiting = _Waiting()


@contextmanager
def getting(seconds: float) -> Iterator[None]:
    """In the block this thread gets a connection: looking whether one that was kept still answers,
    and connecting anew where it does not, take no longer than that together."""
    before, _waiting.until = _waiting.until, time.monotonic() + seconds
    try:
        yield
    finally:
        _waiting.until = before


@contextmanager
def patiently() -> Iterator[None]:
    """In the block this thread waits for answers as long as they take."""
    before, _waiting.patient = _waiting.patient, True
    try:
        yield
    finally:
        _waiting.patient = before


def connector(seconds: float) -> Callable[..., Any]:
    """Connects for SQLAlchemy's ``do_connect``: connections that hear nothing for ``seconds`` raise
    psycopg.OperationalError, and are closed."""

    def connect(dialect: object, record: object, args: list[Any], given: dict[str, Any]) -> Any:
        return _watching(seconds)(*args, **given)

    return connect


@cache
def _watching(seconds: float) -> Callable[..., Any]:
    # Imported here because psycopg is there only where PostgreSQL is used.
    import psycopg  # noqa: PLC0415

    class Silent(psycopg.OperationalError):
        """Nothing came for too long."""

    def heard(steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """The same steps, until nothing was heard for too long. What was heard late, because this
        process was not running, counts as heard."""
        limit = _limit(seconds)
        try:
            wanted = next(steps)
            while True:
                ready = yield wanted
                if ready:
                    limit = _limit(seconds)
                elif limit is not None and time.monotonic() > limit:
                    steps.close()
                    raise Silent(f"nothing was heard of the server for {seconds} seconds")
                wanted = steps.send(ready)
        except StopIteration as end:
            return end.value

    class Watching(psycopg.Connection[Any]):
        def wait(self, gen: Any, *args: Any, **more: Any) -> Any:
            try:
                return super().wait(heard(gen), *args, **more)
            except Silent:
                # Whatever the server still says would be taken for the answer to something else.
                self.pgconn.finish()
                raise

        @classmethod
        def _connect_gen(cls, *args: Any, **more: Any) -> Any:
            # Not a public method of psycopg. Without it, connecting takes libpq's two seconds.
            return heard(super()._connect_gen(*args, **more))

    return Watching.connect


def _limit(seconds: float) -> float | None:
    if _waiting.until is not None:
        return _waiting.until
    return None if _waiting.patient else time.monotonic() + seconds + _SLACK
