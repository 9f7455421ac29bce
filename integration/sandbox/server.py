"""Running a sandbox on a port of this machine alone. For trying and testing only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask

from integration.sandbox import running
from integration.sandbox.app import create_sandbox, state_of
from integration.sandbox.options import Options
from integration.sandbox.running import HOST
from integration.sandbox.serving import Server
from integration.sandbox.state import State


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
    running.checked(host, "sandbox")
    app = create_sandbox(options)
    account = state_of(app)
    server, account.base_url = running.bound(app, host, port, account.close)
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
    """Serve until interrupted.

    ``port`` 0 takes any free one; ``ready`` is called once with what is being served, before the
    first request. Raises ValueError for an address that is not loopback, OSError or SystemExit for
    a port in use (``running.bound``).
    """
    sandbox, server = _bound(options, host, port)
    running.foreground(server, lambda: ready(sandbox), sandbox.state.close)


@contextmanager
def running_sandbox(
    options: Options | None = None, *, port: int = 0, host: str = HOST
) -> Iterator[Sandbox]:
    """Serve from a background thread for as long as the block lasts."""
    sandbox, server = _bound(options, host, port)
    with running.background(server, "sandbox", sandbox.state.close):
        yield sandbox
