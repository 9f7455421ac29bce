"""An account that hosts an app, for tests: a small one that does what it is told, or the app's own
bundle; and a service behind it that answers as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "testing_app"
BUNDLE: Final = Path(__file__).parents[4] / "manifest" / "freshdesk"
SECRET: Final = "SECRET-of-the-app-0123456789-0123456789"
OWN: Final = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
"""What a browser says of where a request of the agent's own page comes from."""
APART: Final = {"Host": "127.0.0.1"}
"""The name of this machine that is not the pages' own, which files of apps are served under."""


@dataclass
class Asked:
    """A request that reached the service."""

    method: str
    path: str
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


@dataclass
class Service:
    """Answers requests: ``answers`` are used up first, each a status and a body, then ``usual``."""

    host: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    usual: Any = field(default_factory=lambda: {"state": "claim"})
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, asked: Asked) -> tuple[int, Any]:
        with self.lock:
            self.asked.append(asked)
            if self.answers:
                return self.answers.pop(0)
        return 200, self.usual(asked) if callable(self.usual) else self.usual

    def of(self, path: str) -> list[Asked]:
        """The requests of a path, in their order."""
        with self.lock:
            return [one for one in self.asked if one.path.partition("?")[0] == path]


@contextmanager
def serving() -> Iterator[Service]:
    """A service on a port of this machine, for as long as the block lasts."""
    found = Service()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            text = self.rfile.read(length).decode()
            status, body = found.take(Asked(self.command, self.path, headers, text))
            told = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.send_header("Set-Cookie", "session=1")
            self.send_header("X-Told", "yes")
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = answer

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    found.host = f"127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def settings(service: Service, **more: Any) -> dict[str, Any]:
    """Those of the small app."""
    return {"host": service.host, "app_secret": SECRET, **more}
