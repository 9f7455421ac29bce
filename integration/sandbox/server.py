"""Running a sandbox on a port of this machine alone. For trying and testing only."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask

from integration.sandbox.app import create_sandbox, state_of
from integration.sandbox.options import Options
from integration.sandbox.serving import Handler, Server
from integration.sandbox.state import State

HOST = "127.0.0.1"
_POLL = 0.02
"""Seconds between two looks at whether a background server shall stop."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox that is being served; ``base_url`` has no slash at its end."""

    base_url: str
    port: int
    app: Flask
    state: State

    @property
    def token(self) -> str:
        return self.state.options.token


def _bound(options: Options | None, host: str, port: int) -> tuple[Sandbox, Server]:
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"host {host}: the sandbox listens on loopback addresses alone")
    app = create_sandbox(options)
    account = state_of(app)
    try:
        server = Server(host, port, app, Handler)
    except BaseException:
        account.close()
        raise
    shown = f"[{host}]" if ":" in host else host
    account.base_url = f"http://{shown}:{server.port}"
    for brand in account.shelf("brands").values():
        brand["brand_url"] = account.base_url
    return Sandbox(account.base_url, server.port, app, account), server


def serve(
    port: int,
    options: Options | None = None,
    *,
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
        sandbox.state.close()


@contextmanager
def running_sandbox(
    options: Options | None = None, *, port: int = 0, host: str = HOST
) -> Iterator[Sandbox]:
    """Serve from a background thread for as long as the block lasts."""
    sandbox, server = _bound(options, host, port)
    thread = threading.Thread(
        target=server.serve_forever, args=(_POLL,), name="sandbox", daemon=True
    )
    thread.start()
    try:
        yield sandbox
    finally:
        sandbox.state.close()
        server.shutdown()
        thread.join()
        server.server_close()
