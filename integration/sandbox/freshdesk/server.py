"""Running a small Freshdesk on a port of this machine alone. For trying and testing only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask

from integration.sandbox import running
from integration.sandbox.freshdesk.app import account_of, create_app
from integration.sandbox.freshdesk.options import Options
from integration.sandbox.freshdesk.state import Account
from integration.sandbox.running import HOST
from integration.sandbox.serving import Server

PORT = 8082


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
    running.checked(host, "stand-in")
    app = create_app(options)
    account = account_of(app)
    server, account.base_url = running.bound(app, host, port, account.close)
    return Sandbox(account.base_url, server.port, app, account), server


def serve(
    options: Options | None = None,
    *,
    port: int = PORT,
    host: str = HOST,
    ready: Callable[[Sandbox], None] = lambda _: None,
) -> None:
    """Serve until interrupted.

    ``port`` 0 takes any free one; ``ready`` is called once with what is being served, before the
    first request. Raises ValueError for an address that is not loopback, OSError or SystemExit for
    a port in use (``running.bound``).
    """
    sandbox, server = _bound(options, host, port)
    running.foreground(server, lambda: ready(sandbox), sandbox.account.close)


@contextmanager
def running_sandbox(
    options: Options | None = None, *, port: int = 0, host: str = HOST
) -> Iterator[Sandbox]:
    """Serve from a background thread for as long as the block lasts."""
    sandbox, server = _bound(options, host, port)
    with running.background(server, "freshdesk", sandbox.account.close):
        yield sandbox
