"""The web app and the worker as the processes they are in use, in front of a sandbox helpdesk."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from integration.helpdesks import Bindings
from integration.store import connect
from tests.integration.places import MAKERS


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait for a condition; fail where it does not come true."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        threading.Event().wait(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass
class Live:
    """``place`` is the helpdesk (``place.Place``). ``url`` is the web app's, ``database_url`` the
    store's; both processes log in ``folder``."""

    folder: Path
    place: Any
    url: str
    database_url: str
    environ: Mapping[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def sandbox(self) -> Any:
        """What is being served as the helpdesk."""
        return self.place.sandbox

    @property
    def secret(self) -> str:
        """What proves a webhook."""
        return str(self.place.installation.signing_secrets[0])

    @property
    def bindings(self) -> Bindings:
        bindings: Bindings = self.place.bindings
        return bindings

    def start_web(self, workers: int = 1, app: str = "integration.app:create_app()") -> None:
        self.launch_web(workers, app)
        until(lambda: self.answers("/healthz"))

    def start_worker(self, name: str = "worker", module: str = "integration.cli") -> None:
        self.launch(name, ["worker"], module)
        until(lambda: self.answers("/readyz"))

    def launch_web(self, workers: int, app: str) -> None:
        """Start the web app without waiting for it."""
        bind = self.url.removeprefix("http://")
        options = ["--bind", bind, "--workers", str(workers), "--threads", "4"]
        self.launch("web", [*options, app], "gunicorn")

    def launch(self, name: str, arguments: list[str], module: str) -> None:
        """Start a module as a process of this name, without waiting for it."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=dict(self.environ),
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,  # the whole of it can be killed at once
            )

    def answers(self, path: str) -> bool:
        """Whether the web app answers well here; fails where a process has ended."""
        for name, process in self.processes.items():
            assert process.poll() is None, self.log(name)
        try:
            return requests.get(self.url + path, timeout=5).ok
        except requests.RequestException:
            return False

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.terminate()
        assert process.wait(20) == 0

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def lines(self, name: str) -> list[dict[str, Any]]:
        """What a process logged, without the server's own lines."""
        text = self.log(name).splitlines()
        return [json.loads(line) for line in text if line.startswith("{")]

    def file(
        self, facts: Mapping[str, object], name: str, email: str, subject: str, text: str
    ) -> int:
        return int(self.place.file({"claim": True, **facts}, name, email, subject, text))

    def custom_fields(self, values: Mapping[str, object]) -> list[dict[str, object]]:
        """Fields by our key and in the policy's words, as Zendesk takes them."""
        rows: list[dict[str, object]] = self.place.rows(values)
        return rows

    def post(self, body: bytes, *, path: str = "", **headers: str) -> requests.Response:
        sent = {"Content-Type": "application/json", **self.place.proof(body), **headers}
        path = path or f"/webhooks/{self.place.helpdesk}/main"
        return requests.post(self.url + path, data=body, headers=sent, timeout=10)


@contextmanager
def live(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    database_url: str | None = None,
    helpdesk: str = "zendesk",
    options: Any = None,
    **settings: str,
) -> Iterator[Live]:
    """The helpdesk with everything put in place; the processes are the caller's to start.
    The store is a SQLite file in ``folder`` where no other is named."""
    url = f"http://127.0.0.1:{free_port()}"
    with MAKERS[helpdesk](monkeypatch, url, options) as place:
        database_url = database_url or f"sqlite:///{folder / 'warranty.sqlite'}"
        store = connect(database_url)
        store.save_bindings("main", place.bindings)
        store.close()
        environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("WARRANTY_")},
            "DATABASE_URL": database_url,
            **place.environ,
            **settings,
        }
        running = Live(folder, place, url, database_url, environ)
        try:
            yield running
        finally:
            for process in running.processes.values():
                process.kill()
                process.wait()
