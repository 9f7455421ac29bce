"""The sandbox's HTTP server: Werkzeug's, with connections that stay open between requests.

Werkzeug's own closes the connection after each answer, since it cannot tell where an unread body
ends, and then waits for the other side. Here the body is read first, so what follows it is the next
request; and an answer leaves in one piece.
"""

from __future__ import annotations

import io
import re
import socket
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

LARGEST = 4 * 1024 * 1024
"""Bytes of a body that the sandbox takes; a larger one is refused by the application."""

_LONGEST_LINE: Final = 65_537  # one more than the parent takes, so that it sees what is too long
_MOST_LINES: Final = 90
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2


class Server(ThreadedWSGIServer):
    """A thread for each connection. ``server_close`` closes those that are still open."""

    daemon_threads = True

    def __init__(self, *args: Any, **more: Any) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(*args, **more)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a new connection, in a thread of its own."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that the other side cut; tell of all else."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        """Stop listening, and hang up on whoever is still connected."""
        super().server_close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # the other side may have been quicker
                    connection.shutdown(socket.SHUT_RDWR)


class Handler(WSGIRequestHandler):
    """Serves a connection's requests, one after the other, without a line for each: paths and
    bodies belong in no log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def log_error(self, format: str, *args: object) -> None:
        """Say nothing: connections cut on purpose are no errors here."""

    def parse_request(self) -> bool:
        """Read a request's first line and its headers. Those of our clients are read as they
        stand; whatever is out of the ordinary is left to the parent, which knows all that mail may
        do in a header and takes as long for it as some requests take in all."""
        words = self.raw_requestline.decode("latin-1").split()
        plain = len(words) == 3 and words[2] == "HTTP/1.1" and not words[1].startswith("//")
        lines: list[bytes] = []
        headers = self.MessageClass()
        while plain:
            line = self.rfile.readline(_LONGEST_LINE)
            lines.append(line)
            if line == b"\r\n":
                break
            name, colon, value = line.decode("latin-1").partition(":")
            # Not one that goes on with the line before, nor one that asks for something.
            plain = bool(_NAME.fullmatch(name) and colon and line.endswith(b"\r\n"))
            plain = plain and len(lines) < _MOST_LINES and name.lower() != "expect"
            headers[name] = value.strip(" \t\r\n")
        if not plain:
            there, self.rfile = self.rfile, _Before(lines, self.rfile)
            try:
                return super().parse_request()
            finally:
                self.rfile = there
        self.command, self.path, self.request_version = words
        self.requestline = " ".join(words)
        self.headers = headers
        self.close_connection = headers.get("Connection", "").lower() == "close"
        return True

    def run_wsgi(self) -> None:
        """Have the application answer one request."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > LARGEST:
            self.close_connection = True
            super().run_wsgi()
            return
        self.wfile.flush()  # a 100 Continue may wait there
        body = self.rfile.read(int(length))
        self.environ = environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(body)
        answer = _Answer(self)
        rows: Iterable[bytes] = self.server.app(environ, answer.start)
        try:
            for row in rows:
                answer.write(row)
            answer.write(b"")
        finally:
            close = getattr(rows, "close", None)
            if close is not None:
                close()


class _Before(io.BufferedIOBase):
    """A request's stream, with lines before it that were read already."""

    def __init__(self, lines: list[bytes], rest: io.BufferedIOBase) -> None:
        self._lines = lines
        self._rest = rest

    def readline(self, size: int | None = -1, /) -> bytes:
        """The next line."""
        return self._lines.pop(0) if self._lines else self._rest.readline(size or -1)


class _Answer:
    """An answer on its way out: its head goes along with the first part of its body."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._head: bytes | None = None
        self._bare = handler.command == "HEAD"

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """WSGI's ``start_response``."""
        code = int(status[:3])
        names = {name.lower() for name, _ in headers}
        self._bare = self._bare or code in (204, 304)
        if "content-length" not in names and not self._bare:
            self._handler.close_connection = True  # which is how its end is told
        rows = [f"{self._handler.protocol_version} {status}"]
        rows += [f"{name}: {value}" for name, value in headers]
        for name, value in (("Server", "Sandbox"), ("Date", self._handler.date_time_string())):
            if name.lower() not in names:
                rows.append(f"{name}: {value}")
        if self._handler.close_connection:
            rows.append("Connection: close")
        self._head = ("\r\n".join(rows) + "\r\n\r\n").encode("latin-1")
        return self.write

    def write(self, data: bytes) -> None:
        """Send a part of the body, behind the head where that is still to be sent."""
        out = self._handler.wfile
        if self._head is not None:
            head, self._head = self._head, None
            out.write(head + (b"" if self._bare else data))
        elif data and not self._bare:
            out.write(data)
        out.flush()
