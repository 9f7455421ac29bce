"""Sandbox, web app and worker as processes of their own on this machine: what `warranty demo` and
`warranty bench service` play on."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
import requests

from integration.commands.stage_freshdesk import FreshdeskSide
from integration.commands.stage_machine import free_ports
from integration.commands.stage_side import Ground, Seen, Side
from integration.commands.stage_zendesk import ZendeskSide
from integration.helpdesks import Bindings
from integration.installation import HelpdeskName
from integration.store import Store, connect
from integration.vault import new_key

_WARRANTY: Final = [sys.executable, "-m", "integration.cli"]
_START = 60.0  # seconds for a process to answer
_PLACING: Final[Mapping[HelpdeskName, str]] = {
    "zendesk": "Putting fields, macros, webhook and triggers in place …",
    "freshdesk": "Putting fields, canned responses and automation rules in place …",
}
SIDES: Final[Mapping[HelpdeskName, type[Side]]] = {
    "zendesk": ZendeskSide,
    "freshdesk": FreshdeskSide,
}


class Stage:
    """Processes that listen on 127.0.0.1 alone: a sandbox (a stand-in for ``helpdesk``) without
    rate limits, the web app as the
    Procfile runs it, and one worker or more (``workers`` names them); everything the app needs is
    in place in the sandbox.

    Use it as a context manager: leaving it ends the processes. Their logs, and the SQLite store
    where no ``database_url`` is given, are in ``folder``. ``app`` is the folder of the package of
    the app in the agents' sidebar, which is then installed and connected; the account is kept in
    the store for that. ``say`` is told what goes on.
    """

    def __init__(
        self,
        folder: Path,
        installation: str,
        *,
        helpdesk: HelpdeskName = "zendesk",
        database_url: str | None = None,
        web_workers: int = 1,
        workers: int = 1,
        settings: Mapping[str, str] | None = None,
        app: Path | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.folder = folder
        self.installation = installation
        self.database_url = database_url or f"sqlite:///{folder / 'warranty.sqlite'}"
        self.say = say
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.bindings = Bindings()
        self.stopping = threading.Event()
        self._web_workers = web_workers
        self._app = app
        self.workers = ("worker", *(f"worker {number}" for number in range(2, workers + 1)))
        sandbox, web = free_ports(2)
        self.sandbox_url = f"http://127.0.0.1:{sandbox}"
        self.web_url = f"http://127.0.0.1:{web}"
        self._api = requests.Session()
        key = secrets.token_urlsafe(24)
        ground = Ground(self.sandbox_url, self.web_url, installation, key, self._api)
        self.helpdesk = helpdesk
        self.side: Side = SIDES[helpdesk](ground)
        self.side.signed()
        self._environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("WARRANTY_", "ZENPY_"))},
            **self.side.variables(),
            "DATABASE_URL": self.database_url,
            "WARRANTY_INSTALLATION": installation,
            "WARRANTY_TIME_ZONE": "UTC",
            **({"WARRANTY_KEYS": new_key(), "WARRANTY_URL": self.web_url} if app else {}),
            **(settings or {}),
        }
        self._secret_name = ""

    def __enter__(self) -> Stage:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def nav_bar(self) -> str | None:
        """Where the helpdesk opens the app's own page, once the app is installed."""
        return self.side.nav_bar

    @property
    def signing_secret(self) -> str:
        """What proves the sandbox's webhooks."""
        return self._environ[self._secret_name]

    # -- the processes ----------------------------------------------------------------------------

    def _start(self) -> None:
        self.say("Starting a helpdesk on this machine …")
        port = self.sandbox_url.rpartition(":")[2]
        sandbox = [*_WARRANTY, *self.side.command(self._app), "--port", port, "--no-limits"]
        self._run("sandbox", sandbox)
        self._wait_for("sandbox", f"{self.sandbox_url}/{self.side.ready}")
        self.say(_PLACING[self.helpdesk])
        self._install()
        self.say("Starting the web app and the worker …")
        self.start_web()
        for name in self.workers:
            self.start_worker(name)
        self._wait_for("web", f"{self.web_url}/readyz")
        if self._app:
            self._with_store(lambda store: self.side.app_started(self._environ, store))

    def start_web(self) -> None:
        """Start the web app, as the Procfile does."""
        bind = self.web_url.removeprefix("http://")
        gunicorn = [sys.executable, "-m", "gunicorn", "--bind", bind, "--threads", "8"]
        gunicorn += ["--workers", str(self._web_workers), "--log-level", "warning"]
        self._run("web", [*gunicorn, "integration.app:create_app()"])

    def start_worker(self, name: str = "worker", settings: Mapping[str, str] | None = None) -> None:
        """Start a worker, or start it again; with ``settings`` that are its own."""
        self._run(name, [*_WARRANTY, "worker"], settings)

    def run(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a `warranty` command as one more process."""
        self._run(name, [*_WARRANTY, *arguments])
        return self.processes[name]

    def log_of(self, name: str) -> str:
        """The last that a process has said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def _run(
        self, name: str, command: list[str], settings: Mapping[str, str] | None = None
    ) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                env={**self._environ, **(settings or {})},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us to hand on, in order
            )

    def keep_running(self) -> None:
        """Start again what has died, as a platform that runs a Procfile would."""
        for name, start in (("web", self.start_web), ("worker", self.start_worker)):
            if self.processes[name].poll() is not None:
                self.say(f"The {name} process has ended; starting it again.")
                start()

    def stop(self) -> None:
        """End the processes, the last one started first; those that do not go are killed."""
        self.stopping.set()
        for name in reversed(self.processes):
            self.end(name)
        self._api.close()

    def end(self, name: str) -> None:
        """End one process: by SIGTERM, and where that does not help within 10 seconds by force."""
        process = self.processes[name]
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait_for(self, name: str, url: str) -> None:
        ends = time.monotonic() + _START
        while time.monotonic() < ends:
            if self.processes[name].poll() is not None:
                break
            try:
                if self._api.get(url, timeout=2).ok:
                    return
            except requests.RequestException:
                pass
            self.stopping.wait(0.1)
        raise click.ClickException(f"{name}: it did not start\n{self.log_of(name)}")

    def _install(self) -> None:
        put = self.side.put_in_place(self._environ)
        self._secret_name, self.bindings = put.secret_name, put.bindings
        self._environ[put.secret_name] = put.secret

        def keep(store: Store) -> None:
            store.prepare()
            store.save_bindings(self.installation, put.bindings)
            if self._app:
                self._environ.update(self.side.connect_app(self._environ, store))

        self._with_store(keep)

    def _with_store(self, work: Callable[[Store], object]) -> None:
        store = connect(self.database_url)
        try:
            work(store)
        finally:
            store.close()

    # -- the helpdesk -----------------------------------------------------------------------------

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the sandbox's API (``path`` below ``/api/v2/``) and give the JSON it answers.

        Raises requests.RequestException, also for an answer that is no success.
        """
        return self._call(method, f"{self.sandbox_url}/api/v2/{path}", body)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call what the sandbox has for those who try things out (``path`` below ``/sandbox/``)."""
        return self._call(method, f"{self.sandbox_url}/sandbox/{path}", body)

    def _call(self, method: str, url: str, body: Any) -> Any:
        answer = self._api.request(method, url, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def fields(self, facts: Mapping[str, object]) -> dict[str, object]:
        """The fields of a warranty claim with these facts, in the policy's words, as the helpdesk
        takes them: by native name."""
        given = {"claim": True, **facts}
        return dict(self.side.field(self.bindings, key, value) for key, value in given.items())

    def claim_fields(self, facts: Mapping[str, object]) -> list[dict[str, object]]:
        """The same, as Zendesk's API lists custom fields."""
        return [{"id": int(name), "value": value} for name, value in self.fields(facts).items()]

    def file(
        self, subject: str, text: str, facts: Mapping[str, object], person: Mapping[str, str]
    ) -> int:
        """File a warranty claim as a customer (name and e-mail) does; the ticket's id."""
        return self.side.file(subject, text, person, self.fields(facts))

    def reviewed(self, tickets: Sequence[int]) -> int:
        """How many of these tickets carry the stamp of a review."""
        return self.side.reviewed(self.bindings, tickets)

    def seen(self, tickets: Sequence[int]) -> list[Seen]:
        """The tickets as they stand, in the order of their ids."""
        return self.side.seen(self.bindings, tickets)
