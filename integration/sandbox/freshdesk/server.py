"""Running a small Freshdesk on a port of this machine alone. For trying and testing only."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask

from integration.sandbox.freshdesk.app import account_of, create_app
from integration.sandbox.freshdesk.options import Options
from integration.sandbox.freshdesk.state import Account
from integration.sandbox.serving import Handler, Server

HOST = "127.0.0.1"
PORT = 8082
_POLL = 0.02
"""Seconds between two looks at whether a background server shall stop."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A stand-in that is being served; ``base_url`` has no slash at its end."""

    base_url: str
    port: int
    app: Flask
    account: Account

    @property
    def api_key(self) -> str:
        """An administrator's key."""
        return self.account.options.api_key

    @property
    def agent_key(self) -> str:
        """The key of an agent who is no administrator."""
        return self.account.options.agent_key


def _bound(options: Options | None, host: str, port: int) -> tuple[Sandbox, Server]:
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"host {host}: the stand-in listens on loopback addresses alone")
    app = create_app(options)
    account = account_of(app)
    try:
        server = Server(host, port, app, Handler)
    except BaseException:
        account.close()
        raise
    shown = f"[{host}]" if ":" in host else host
    account.base_url = f"http://{shown}:{server.port}"
    return Sandbox(account.base_url, server.port, app, account), server


def serve(
    options: Options | None = None,
    *,
    port: int = PORT,
    host: str = HOST,
    ready: Callable[[Sandbox], None] = lambda _: None,
) -> None:
    """Serve until interrupted (KeyboardInterrupt ends it quietly).

    ``port`` 0 takes any free one; ``ready`` is called once with what is being served, before the
    first request. Raises ValueError for an address that is not loopback, OSError for a port in use
    (Werkzeug turns the latter into SystemExit after saying so).
    """
    sandbox, server = _bound(options, host, port)
    try:
        ready(sandbox)
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        sandbox.account.close()


@contextmanager
def running_sandbox(
    options: Options | None = None, *, port: int = 0, host: str = HOST
) -> Iterator[Sandbox]:
    """Serve from a background thread for as long as the block lasts."""
    sandbox, server = _bound(options, host, port)
    thread = threading.Thread(
        target=server.serve_forever, args=(_POLL,), name="freshdesk", daemon=True
    )
    thread.start()
    try:
        yield sandbox
    finally:
        sandbox.account.close()
        server.shutdown()
        thread.join()
        server.server_close()
