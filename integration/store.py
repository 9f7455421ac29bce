"""The database: its connection, its schema's upgrade, and the field bindings.

SQLite (one file, web and worker on one machine) or PostgreSQL, by URL alone. SQLite is used in WAL
mode with ``synchronous=FULL``: a commit that returned survives a loss of power. Whatever keeps the
store from answering is raised as ``errors.Unavailable``, within the time it was given.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Engine,
    MetaData,
    String,
    Table,
    and_,
    create_engine,
    event,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InvalidatePoolError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from integration import errors, migrations
from integration.helpdesks import Bindings
from integration.store_silence import connector, getting, patiently

WEB_TIMEOUT = 0.8
"""Seconds a web process waits for a locked store: its caller has an answer within a second."""
WORKER_TIMEOUT = 5.0
"""Seconds a worker waits for a locked store."""

metadata = MetaData()
"""Every table of ours; a module that has tables of its own adds them here when imported."""

_bindings = Table(
    "bindings",
    metadata,
    Column("installation", String(40), primary_key=True),
    Column("fields", JSON, nullable=False),
    Column("options", JSON, nullable=False),
    Column("macros", JSON, nullable=False),
    # of which account they are: none in stores that are older than this
    Column("helpdesk", String(16)),
    Column("address", String(63)),
)

_USED = "used"
_SURE = 1.0
"""Seconds after which a connection that was kept is asked whether it still answers. Asking costs as
much as a statement, and whoever is busy need not: what was answered just now mostly is again, and
where it is not, the caller is told to come back."""
_UPGRADE = 0x5741_5252  # the advisory lock under which PostgreSQL's schema is upgraded
_OUR_FAULT = (IntegrityError, ProgrammingError, DataError, NotSupportedError)
_NOT_ALLOWED = ("42501", "3F000")  # PostgreSQL: a privilege, or the schema to create tables in


class Away(errors.Unavailable):
    """The store itself cannot answer; whoever asked it learns nothing of a helpdesk."""


class Moved(Away):
    """What is kept under an installation's id is another account's."""


@dataclass(frozen=True, slots=True)
class Home:
    """Whose field bindings they are: a helpdesk's name, and the account's subdomain there."""

    helpdesk: str
    address: str

    def __str__(self) -> str:
        return f"{self.address}.{self.helpdesk}.com"


class _Patience(threading.local):
    """Until when (time.monotonic) this thread waits for SQLite's write lock, where it has begun to
    wait already."""

    until: float | None = None


_patience = _Patience()


@contextmanager
def waiting_until(moment: float) -> Iterator[float]:
    """Let this thread wait no longer than that (time.monotonic) for SQLite's write lock, in all the
    block: what it has waited for its turn counts."""
    before, _patience.until = _patience.until, moment
    try:
        yield moment
    finally:
        _patience.until = before


class now_ms(FunctionElement[int]):
    """The database's time, in whole milliseconds since 1970 UTC; fixed within one statement."""

    type = BigInteger()
    inherit_cache = True


@compiles(now_ms, "sqlite")
def _now_sqlite(element: now_ms, compiler: Any, **kw: Any) -> str:
    # unixepoch('subsec') would need SQLite 3.42
    return "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"


@compiles(now_ms, "postgresql")
def _now_postgresql(element: now_ms, compiler: Any, **kw: Any) -> str:
    # not now(): that is the transaction's start, before a lock was waited for
    return "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT)"


class Store:
    """One database, safe to share between the threads of a process, not between processes.

    ``url`` is SQLAlchemy's; ``busy_timeout`` is how long, in seconds, a statement waits for a lock
    that another holds. Nothing is opened before it is needed, so a process starts (and answers
    'later') while its database is away; its schema is brought up to date at the first chance.
    """

    def __init__(self, url: str, *, busy_timeout: float = WORKER_TIMEOUT) -> None:
        self.busy_timeout = busy_timeout
        self._prepared = False
        self._engine = _engine(url, busy_timeout)
        self._turn = threading.Lock() if self.dialect.name == "sqlite" else None
        self._reading = self._engine.execution_options(sqlite_begin="BEGIN")

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may write; committed at the end, rolled back on an exception.

        On SQLite it holds the write lock from its start (BEGIN IMMEDIATE). Raises
        errors.Unavailable.
        """
        self.prepare()
        with self._in_turn(), _unavailable(), self._open(self._engine) as connection:
            yield connection

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """On SQLite, where only one may write: this process's threads queue up here, in memory, so
        that one waiter a process asks the file, and not one a thread. Who has waited here waits
        the less for the file."""
        if self._turn is None:
            yield
            return
        with waiting_until(_patience.until or time.monotonic() + self.busy_timeout) as until:
            if not self._turn.acquire(timeout=max(until - time.monotonic(), 0)):
                raise Away("store: busy")
            try:
                yield
            finally:
                self._turn.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and on SQLite waits for no writer."""
        self.prepare()
        with _unavailable(), self._open(self._reading) as connection:
            yield connection

    @contextmanager
    def _open(self, engine: Engine) -> Iterator[Connection]:
        """A transaction, on a connection that is got in the time there is."""
        with ExitStack() as opened:
            with getting(self.busy_timeout):
                connection = opened.enter_context(engine.begin())
            yield connection

    def prepare(self) -> None:
        """Bring the schema up to date, from nothing too; several processes may do so at once.

        Raises errors.Unavailable; the next use of the store then tries again. NewerSchema is one.
        """
        if not self._prepared:
            self._upgrade(patient=False)

    def upgrade(self) -> tuple[str | None, str]:
        """As prepare, but a statement may take as long as it needs; locks are waited for as ever.

        Gives the schema's version before (see migrations.version) and after.
        """
        return self._upgrade(patient=True), migrations.HEAD

    def _upgrade(self, *, patient: bool) -> str | None:
        with _unavailable():
            if self.dialect.name == "sqlite":
                self._use_wal()
            with self._reading.begin() as connection:
                before = migrations.version(connection)
            if before != migrations.HEAD:
                upgrade = migrations.load()
                with patiently() if patient else nullcontext(), self._engine.begin() as connection:
                    if self.dialect.name == "postgresql":
                        connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE)))
                        if patient:
                            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                    before = migrations.version(connection)  # somebody may have been quicker
                    if before != migrations.HEAD:
                        upgrade(connection)
        self._prepared = True
        return before

    def ping(self) -> None:
        """Make sure that something could be stored now; raises errors.Unavailable."""
        with self.begin() as connection:
            connection.execute(select(_bindings.c.installation).limit(1))

    def close(self) -> None:
        """Close the connections that nobody uses; the store may still be used."""
        self._engine.dispose()

    @property
    def dialect(self) -> Dialect:
        """Which database this is: ``dialect.name`` is ``sqlite`` or ``postgresql``."""
        return self._engine.dialect

    def load_bindings(self, installation: str) -> Bindings | None:
        """The installation's field bindings, or None where none were ever saved."""
        query = select(_bindings).where(_bindings.c.installation == installation)
        with self.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Bindings(fields=row.fields, options=row.options, macros=row.macros)

    def settle(self, installation: str, home: Home) -> None:
        """Make sure that the installation's field bindings, if it has any, are of the account at
        ``home``; those of which nothing is known are from now on. Raises Moved."""
        b = _bindings.c
        query = select(b.helpdesk, b.address).where(b.installation == installation)
        with self.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is not None and row.helpdesk is None:
            unknown = and_(b.installation == installation, b.helpdesk.is_(None))
            with self.begin() as connection:
                connection.execute(update(_bindings).where(unknown).values(**asdict(home)))
                row = connection.execute(query).one_or_none()
        if row is not None and (known := Home(row.helpdesk, row.address)) != home:
            raise Moved(
                f"installation {installation!r}: what is kept under this name is of {known}, and "
                f"the settings name {home}, whose tickets are others. Give it another name "
                "(WARRANTY_INSTALLATION) or another store (DATABASE_URL), and run `warranty "
                "install`."
            )

    def save_bindings(
        self, installation: str, bindings: Bindings, home: Home | None = None
    ) -> None:
        """Keep the installation's field bindings in place of any before; ``home`` is of which
        account they are (None: as before)."""
        values: dict[str, Any] = {
            "fields": dict(bindings.fields),
            "options": {key: dict(options) for key, options in bindings.options.items()},
            "macros": dict(bindings.macros),
            **({} if home is None else asdict(home)),
        }
        statement = insert(self.dialect, _bindings).values(installation=installation, **values)
        with self.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["installation"], set_=values)
            )

    def forget_bindings(self, installation: str) -> None:
        """Forget the installation's field bindings."""
        with self.begin() as connection:
            connection.execute(_bindings.delete().where(_bindings.c.installation == installation))

    def _use_wal(self) -> None:
        # The mode is kept in the file. Switching needs the file for oneself, and SQLite does not
        # always wait for that by itself when two processes start at once.
        until = time.monotonic() + self.busy_timeout
        while True:
            connection = None
            try:
                connection = self._engine.raw_connection()
                connection.cursor().execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.Error as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise Away(f"store: {error}") from error
                threading.Event().wait(0.02)
            finally:
                if connection is not None:
                    connection.close()


def connect(url: str, busy_timeout: float = WORKER_TIMEOUT) -> Store:
    """A store at ``url``; see Store. Nothing is opened yet."""
    return Store(url, busy_timeout=busy_timeout)


def insert(dialect: Dialect, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, which each dialect has as its own."""
    return sqlite.insert(table) if dialect.name == "sqlite" else postgresql.insert(table)


def _engine(url: str, busy_timeout: float) -> Engine:
    milliseconds = int(busy_timeout * 1000)
    if url.startswith("sqlite"):
        # max_overflow: a thread never waits for another one's connection.
        engine = create_engine(
            url,
            hide_parameters=True,
            max_overflow=-1,
            connect_args={"timeout": busy_timeout},
        )

        @event.listens_for(engine, "connect")
        def opened(connection: Any, record: object) -> None:
            connection.isolation_level = None  # we say BEGIN ourselves
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            how = connection.get_execution_options().get("sqlite_begin")
            if how is not None:
                connection.exec_driver_sql(how)
            else:
                _begin_immediate(connection.connection.driver_connection, busy_timeout)

        return engine

    engine = create_engine(
        url,
        hide_parameters=True,
        max_overflow=-1,
        connect_args={"connect_timeout": max(2, int(busy_timeout))},  # libpq: 2 at least
    )
    event.listen(engine, "do_connect", connector(busy_timeout))

    @event.listens_for(engine, "checkin")
    def returned(connection: Any, record: Any) -> None:
        record.info[_USED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, record: Any, proxy: object) -> None:
        used = record.info.get(_USED)
        if used is None or time.monotonic() - used < _SURE:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            raise InvalidatePoolError from None  # the pool then connects anew

    @event.listens_for(engine, "connect")
    def opened_postgresql(connection: Any, record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {milliseconds}")
            cursor.execute(f"SET statement_timeout = {milliseconds}")
            # A process that hangs within a transaction must not hold its locks for ever.
            cursor.execute("SET idle_in_transaction_session_timeout = 60000")
        connection.commit()

    return engine


def _begin_immediate(connection: Any, busy_timeout: float) -> None:
    """Take SQLite's write lock, waiting up to ``busy_timeout`` seconds for it, or for what is left
    of this thread's patience.

    SQLite's own wait grows to 100 ms between two looks, in which others come and go: with several
    processes writing, some were passed over until their time was up. Looking again within a
    millisecond gives each its chance.
    """
    until = _patience.until or time.monotonic() + busy_timeout
    pause = threading.Event()
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    # As SQLAlchemy would have it, had it sent the statement.
                    raise OperationalError("BEGIN IMMEDIATE", None, error) from error
            pause.wait(random.uniform(0.0003, 0.001))  # noqa: S311 - spreads looks, guards nothing
    finally:
        connection.execute(f"PRAGMA busy_timeout={int(busy_timeout * 1000)}")


@contextmanager
def _unavailable() -> Iterator[None]:
    """Turn 'the store cannot answer now' into errors.Unavailable; let mistakes of ours through."""
    try:
        yield
    except DBAPIError as error:
        ours = isinstance(error, _OUR_FAULT) and not error.connection_invalidated
        if ours and getattr(error.orig, "sqlstate", None) not in _NOT_ALLOWED:
            raise
        # The driver's words may name a host or a file, never a ticket: parameters are hidden.
        raise Away(f"store: {type(error.orig).__name__}: {error.orig}") from error
    except PoolTimeout as error:
        raise Away("store: no connection free") from error
