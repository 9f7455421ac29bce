"""A PostgreSQL that accepts connections and says nothing keeps nobody waiting."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from integration import errors
from integration.app import create_app
from integration.config import Config, Installation
from integration.store import WEB_TIMEOUT, Store, connect

LONG = 30  # seconds: for ever, where nothing should take as long as one
HEARD_NOTHING = r"nothing was heard of the server for"


class Frozen:
    """Passes connections on to a PostgreSQL, in both directions, unless it is ``silent``: then it
    accepts them, and what is sent stays where it is."""

    def __init__(self, target: tuple[str, int] | None) -> None:
        self._target = target
        self._lively = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.accepted = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def silent(self, yes: bool) -> None:
        self._lively.clear() if yes else self._lively.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.accepted += 1
                self._sockets.append(client)
                if self._target is None:
                    continue
                server = socket.create_connection(self._target)
                self._sockets.append(server)
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                self._lively.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._lively.set()
        for one in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def in_time(do: Any) -> Any:
    """What ``do`` gives or raises; fails where it neither does."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(do).result(LONG)
    finally:
        pool.shutdown(wait=False)


@pytest.fixture
def dumb() -> Iterator[Frozen]:
    """A server that accepts and never answers."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    server = Frozen(None)
    yield server
    server.close()


@pytest.fixture
def frozen(postgresql_url: str) -> Iterator[tuple[Frozen, str]]:
    """A PostgreSQL that can be frozen, and its address."""
    url = make_url(postgresql_url)
    server = Frozen((url.host or "127.0.0.1", url.port or 5432))
    server.silent(False)
    through = url.set(host="127.0.0.1", port=server.port)
    yield server, through.render_as_string(hide_password=False)
    server.close()


def test_a_connection_is_not_waited_for(dumb: Frozen) -> None:
    """Nor for the two seconds that libpq would: it is given up by our own clock."""
    store = connect(f"postgresql+psycopg://u:p@127.0.0.1:{dumb.port}/none", WEB_TIMEOUT)
    with pytest.raises(errors.Unavailable, match=HEARD_NOTHING):
        in_time(store.ping)
    assert dumb.accepted == 1
    store.close()


def test_the_web_app_answers_later(dumb: Frozen) -> None:
    """Whoever asks whether the service is ready gets 503; that the process lives, it says."""
    url = f"postgresql+psycopg://u:p@127.0.0.1:{dumb.port}/none"
    one = Installation("main", subdomain="acme", signing_secrets=("S" * 32,))
    client = create_app(Config(installations={"main": one}, database_url=url)).test_client()
    answer = in_time(lambda: client.get("/readyz"))
    assert answer.status_code == 503
    assert in_time(lambda: client.get("/healthz")).status_code == 200


def hung(store: Store, entered: threading.Event, freeze: threading.Event) -> None:
    """A transaction in whose middle the server freezes."""
    with store.read() as connection:
        connection.execute(select(1))
        entered.set()
        assert freeze.wait(LONG)
        connection.execute(select(2))


def test_an_answer_is_not_waited_for(frozen: tuple[Frozen, str]) -> None:
    """A server that freezes in the middle of a transaction: it is given up, and so is the
    connection; once the server is back, so is the store."""
    server, url = frozen
    store = connect(url, WEB_TIMEOUT)
    store.ping()
    entered, freeze = threading.Event(), threading.Event()
    pool = ThreadPoolExecutor(1)
    ends = pool.submit(hung, store, entered, freeze)
    assert entered.wait(LONG)
    server.silent(True)
    freeze.set()
    with pytest.raises(errors.Unavailable, match=HEARD_NOTHING):
        ends.result(LONG)
    pool.shutdown()
    server.silent(False)
    in_time(store.ping)
    store.close()


def test_a_connection_that_was_kept_is_not_waited_for(frozen: tuple[Frozen, str]) -> None:
    """It was good before the server froze: neither looking at it nor connecting anew takes long,
    however often it is tried; and nothing is left over once the server is back."""
    server, url = frozen
    store = connect(url, WEB_TIMEOUT)
    store.ping()
    server.silent(True)
    for _ in range(2):
        with pytest.raises(errors.Unavailable, match=HEARD_NOTHING):
            in_time(store.ping)
    server.silent(False)
    in_time(store.ping)
    store.close()


def test_the_server_s_own_limits_come_first(postgresql_url: str) -> None:
    """A statement that takes too long is ended by the server, which is alive; the connection is
    used on."""
    store = connect(postgresql_url, 0.2)
    store.prepare()
    with pytest.raises(errors.Unavailable, match="statement timeout"), store.read() as connection:
        connection.execute(select(func.pg_sleep(LONG)))
    store.ping()
    store.close()


def test_an_upgrade_takes_as_long_as_it_needs(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`warranty release` waits for a statement for which nobody else would."""
    from integration import migrations

    load = migrations.load

    def slow() -> Any:
        real = load()

        def upgrade(connection: Any) -> None:
            connection.execute(select(func.pg_sleep(1.5)))
            real(connection)

        return upgrade

    monkeypatch.setattr(migrations, "load", slow)
    store = connect(postgresql_url, 0.3)
    assert store.upgrade()[0] is None
    store.close()
