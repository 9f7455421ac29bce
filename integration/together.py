"""Transactions that several threads share.

A commit costs the same for one piece of work as for several, and it is most of what a small one
costs. So those that arrive while one is being committed are done together in the next transaction:
whoever comes first does it for all that wait. Nobody waits for company, and nobody goes on before
the commit that holds his work has returned.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

from integration import errors
from integration.store import Away, Store, waiting_until

T = TypeVar("T")
V = TypeVar("V")


@dataclass(slots=True, eq=False)
class _Piece:
    """Some work that is to be done, and what became of it."""

    key: tuple[str, str]
    work: Callable[[Connection], Any]
    last: Callable[[Connection], object] | None = None
    alike: Callable[[Connection, list[Any]], list[Any]] | None = None
    value: Any = None
    done: bool = False
    result: Any = None
    error: Exception | None = None


class Together:
    """Does work in a store, in as few transactions as the moment allows. Safe to share between
    threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[_Piece] = []
        self._queue = threading.Lock()
        self._turn = threading.Lock()

    def run(
        self,
        key: tuple[str, str],
        work: Callable[[Connection], T],
        last: Callable[[Connection], object] | None = None,
    ) -> T:
        """Do ``work`` in a transaction; it is durable when this returns its result.

        ``key`` names the rows that it touches: those who share a transaction go by that order, in
        every process, so that no two can wait for each other. ``last`` is for rows that several
        share: it is done when all ``work`` of the transaction is, so that nobody who holds such a
        row waits for one of the others. Work that fails is undone alone; for
        that it may be done again, with what it did in the store undone before. Raises what it
        raised, or errors.Unavailable.
        """
        result: T = self._result(_Piece(key, work, last))
        return result

    def run_alike(
        self,
        key: tuple[str, str],
        value: V,
        work: Callable[[Connection, list[V]], list[T]],
    ) -> T:
        """The same for ``work`` that does several at once, for less than one after the other: it
        takes the values of all that share a transaction, in the order of their keys, and gives
        what came of each."""
        alone = partial(_alone, work, value)
        result: T = self._result(_Piece(key, alone, alike=work, value=value))
        return result

    def _result(self, mine: _Piece) -> Any:
        until = time.monotonic() + self._store.busy_timeout
        with self._queue:
            self._waiting.append(mine)
        if not self._turn.acquire(timeout=self._store.busy_timeout):
            with self._queue:
                if mine in self._waiting:
                    self._waiting.remove(mine)
            # Or it is in a transaction that goes on: whoever asks again finds it done.
            raise Away("store: busy")
        try:
            if not mine.done:
                with waiting_until(until):
                    self._do_all()
        finally:
            self._turn.release()
        if mine.error is not None:
            raise mine.error
        if not mine.done:  # nothing must ever be taken for stored that was not
            raise Away("store: broken off")
        return mine.result

    def _do_all(self) -> None:
        with self._queue:
            pieces, self._waiting = self._waiting, []
        self._do(sorted(pieces, key=lambda piece: piece.key))

    def _do(self, pieces: Sequence[_Piece]) -> None:
        try:
            with self._store.begin() as connection:
                results = _done(connection, pieces)
                for piece in pieces:
                    if piece.last is not None:
                        piece.last(connection)
        except Exception as error:
            if len(pieces) == 1 or isinstance(error, errors.Unavailable):
                for piece in pieces:
                    piece.error, piece.done = error, True
                return
            for piece in pieces:  # one of them will not do: the others shall not pay for it
                self._do([piece])
            return
        for piece, result in zip(pieces, results, strict=True):
            piece.result, piece.done = result, True


def _done(connection: Connection, pieces: Sequence[_Piece]) -> list[Any]:
    alike = pieces[0].alike
    if alike is not None and all(piece.alike == alike for piece in pieces):
        return alike(connection, [piece.value for piece in pieces])
    return [piece.work(connection) for piece in pieces]


def _alone(work: Callable[[Connection, list[V]], list[T]], value: V, connection: Connection) -> T:
    return work(connection, [value])[0]
