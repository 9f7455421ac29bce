"""Running a stand-in on a port of this machine alone, in the foreground or beside. For trying and
testing only."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from flask import Flask

from integration.sandbox.serving import Handler, Server

HOST: Final = "127.0.0.1"
_POLL: Final = 0.02
"""Seconds between two looks at whether a background server shall stop."""


def checked(host: str, what: str) -> str:
    """A host that only this machine reaches. ValueError, which names ``what``, for another."""
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"host {host}: the {what} listens on loopback addresses alone")
    return host


def bound(app: Flask, host: str, port: int, close: Callable[[], None]) -> tuple[Server, str]:
    """A server of an application (``port`` 0: any free one), and its address without a slash at its
    end. Where there can be none, what ``close`` ends is ended. OSError for a port in use, which
    Werkzeug turns into SystemExit after saying so."""
    try:
        server = Server(host, port, app, Handler)
    except BaseException:
        close()
        raise
    shown = f"[{host}]" if ":" in host else host
    return server, f"http://{shown}:{server.port}"


def foreground(server: Server, ready: Callable[[], None], close: Callable[[], None]) -> None:
    """Serve until interrupted (KeyboardInterrupt ends it quietly); ``ready`` is called before the
    first request, ``close`` at the end."""
    try:
        ready()
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        close()


@contextmanager
def background(server: Server, name: str, close: Callable[[], None]) -> Iterator[None]:
    """Serve from a thread of that name for as long as the block lasts, and then ``close``."""
    thread = threading.Thread(target=server.serve_forever, args=(_POLL,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        close()
        server.shutdown()
        thread.join()
        server.server_close()
