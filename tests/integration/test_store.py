from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, String, Table, inspect, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.exc import IntegrityError

from integration import errors
from integration import store as stores
from integration.helpdesks import Bindings
from integration.store import Store, connect, now_ms

BINDINGS = Bindings(
    fields={"verdict": "360001", "serial": "cf_serial"},
    options={"verdict": {"covered": "wd_covered"}},
    macros={"covered": "77"},
)


def test_bindings_come_back_as_they_were_saved(store: Store) -> None:
    """Bindings are kept for each installation, and one that has none says so."""
    store.save_bindings("main", BINDINGS)
    assert store.load_bindings("main") == BINDINGS
    assert store.load_bindings("other") is None


def test_saved_bindings_take_the_place_of_those_before(store: Store) -> None:
    """Saving again replaces everything, and other installations keep theirs."""
    store.save_bindings("main", BINDINGS)
    store.save_bindings("other", BINDINGS)
    store.save_bindings("main", Bindings(fields={"verdict": "9"}))
    assert store.load_bindings("main") == Bindings(fields={"verdict": "9"})
    assert store.load_bindings("other") == BINDINGS


def test_time_is_the_databases_in_milliseconds(store: Store) -> None:
    """now_ms is computed by the database, in UTC, to the millisecond."""
    with store.read() as connection:
        now = connection.execute(select(now_ms())).scalar_one()
    assert abs(now / 1000 - time.time()) < 5
    assert isinstance(now, int)


def test_many_processes_may_start_at_once(database_url: str) -> None:
    """Web and worker create the tables at the same moment, and all of them start."""
    program = (
        "import sys; from integration import jobs; from integration.store import connect;"
        "store = connect(sys.argv[1]); sys.stdin.read(1); store.ping(); store.close()"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, database_url],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("g")
        process.stdin.flush()
    for process in processes:
        _, said = process.communicate(timeout=20)
        assert process.returncode == 0, said
    store = connect(database_url)
    with store.read() as connection:
        assert {"bindings", "events", "reviews"} <= set(inspect(connection).get_table_names())
    store.close()


def test_sqlite_survives_a_loss_of_power(sqlite_url: str) -> None:
    """SQLite runs in WAL mode with synchronous=FULL on every connection."""
    store = connect(sqlite_url)
    with store.begin() as first, store.read() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
    store.close()


def test_reading_waits_for_no_writer(sqlite_url: str) -> None:
    """While somebody writes to the SQLite file, others read what was there before."""
    store = connect(sqlite_url, 0.2)
    store.save_bindings("main", BINDINGS)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM bindings")
    assert store.load_bindings("main") == BINDINGS
    other.execute("ROLLBACK")
    other.close()
    store.close()


def test_a_locked_file_is_unavailable_in_the_time_given(sqlite_url: str) -> None:
    """A writer waits for the lock as long as it was told to, then says Unavailable."""
    store = connect(sqlite_url, 0.3)
    store.prepare()
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(errors.Unavailable, match="locked"):
        store.save_bindings("main", BINDINGS)
    assert 0.2 < time.monotonic() - began < 1
    other.execute("ROLLBACK")
    other.close()
    store.save_bindings("main", BINDINGS)
    store.close()


def test_a_locked_table_is_unavailable_in_the_time_given(postgresql_url: str) -> None:
    """PostgreSQL's locks too are waited for no longer than told."""
    store = connect(postgresql_url, 0.3)
    store.prepare()
    other = connect(postgresql_url, 0.3)
    with other.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE bindings IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        with pytest.raises(errors.Unavailable):
            store.save_bindings("main", BINDINGS)
        assert time.monotonic() - began < 1
    store.save_bindings("main", BINDINGS)
    store.close()
    other.close()


def test_an_absent_store_is_unavailable_and_may_come_back(tmp_path: Path) -> None:
    """Nothing is opened at first; an absent database is Unavailable until it is there."""
    folder = tmp_path / "volume"
    store = connect(f"sqlite:///{folder / 'warranty.sqlite'}")
    with pytest.raises(errors.Unavailable, match="unable to open"):
        store.ping()
    folder.mkdir()
    store.ping()
    store.close()


def test_a_refused_connection_is_unavailable() -> None:
    """A PostgreSQL that does not listen is Unavailable at once, and no password is told."""
    pytest.importorskip("psycopg")
    store = connect("postgresql+psycopg://someone:the-password@127.0.0.1:1/x", 0.3)
    began = time.monotonic()
    with pytest.raises(errors.Unavailable) as caught:
        store.ping()
    assert time.monotonic() - began < 1
    assert "the-password" not in str(caught.value)


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    """A damaged file is no reason to answer 500."""
    (tmp_path / "warranty.sqlite").write_bytes(b"not a database, but long enough to be read" * 99)
    with pytest.raises(errors.Unavailable):
        connect(f"sqlite:///{tmp_path / 'warranty.sqlite'}").ping()


def test_mistakes_of_ours_are_not_called_unavailable(store: Store) -> None:
    """A broken constraint is a mistake in this program: it is not tried again for ever."""
    table = Table("bindings", MetaData(), Column("installation", String))
    with pytest.raises(IntegrityError), store.begin() as connection:
        connection.execute(plain_insert(table).values(installation="a"))


def test_an_exception_undoes_the_transaction(store: Store) -> None:
    """What was written before an exception is not kept."""
    store.prepare()
    table = Table("bindings", MetaData(), Column("installation", String))

    def half() -> None:
        with store.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO bindings (installation, fields, options, macros) "
                "VALUES ('a', '{}', '{}', '{}')"
            )
            raise RuntimeError("cut off")

    with pytest.raises(RuntimeError):
        half()
    with store.read() as connection:
        assert connection.execute(select(table.c.installation)).all() == []


def cut_off(store: Store, url: str) -> None:
    """End the connection that a store keeps, at the server."""
    with store.read() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    other = connect(url)
    until = time.monotonic() + 10
    with other.read() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
    there = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}"
    while True:
        with other.read() as connection:
            if not connection.exec_driver_sql(there).scalar():
                break
        assert time.monotonic() < until
        time.sleep(0.01)
    other.close()


def test_a_connection_that_was_cut_while_idle_is_replaced(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was kept for a while is asked whether it still answers, and nobody hears of it."""
    monkeypatch.setattr(stores, "_SURE", 0.0)
    store = connect(postgresql_url)
    store.save_bindings("main", BINDINGS)
    cut_off(store, postgresql_url)
    assert store.load_bindings("main") == BINDINGS
    store.close()


def test_a_connection_that_was_cut_in_use_is_unavailable_once(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that answered just now is not asked: whoever uses it is told to come again, and then is
    served."""
    monkeypatch.setattr(stores, "_SURE", 60.0)
    store = connect(postgresql_url)
    store.save_bindings("main", BINDINGS)
    cut_off(store, postgresql_url)
    with pytest.raises(errors.Unavailable):
        store.load_bindings("main")
    assert store.load_bindings("main") == BINDINGS
    store.close()
