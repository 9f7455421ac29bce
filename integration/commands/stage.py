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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import click
import requests

from integration import catalogue
from integration.commands.stage_app import connect_app
from integration.commands.stage_machine import environment, free_ports
from integration.config import Installation
from integration.connections import zendesk_account
from integration.helpdesks import Bindings
from integration.helpdesks.zendesk_admin import put_in_place
from integration.store import Store, connect
from integration.vault import new_key
from integration.vendors.zendesk_things import wanted

_WARRANTY: Final = [sys.executable, "-m", "integration.cli"]
_START = 60.0  # seconds for a process to answer


class Stage:
    """Processes that listen on 127.0.0.1 alone: a sandbox without rate limits, the web app as the
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
        self.nav_bar: str | None = None
        """Where the helpdesk opens the app's own page, once the app is installed."""
        self._web_workers = web_workers
        self._app = app
        self.workers = ("worker", *(f"worker {number}" for number in range(2, workers + 1)))
        sandbox, web = free_ports(2)
        self.sandbox_url = f"http://127.0.0.1:{sandbox}"
        self.web_url = f"http://127.0.0.1:{web}"
        self._token = secrets.token_urlsafe(24)
        self._environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("WARRANTY_", "ZENPY_"))},
            "ZENPY_FORCE_SCHEME": "http",
            "ZENPY_FORCE_NETLOC": f"127.0.0.1:{sandbox}",
            "DATABASE_URL": self.database_url,
            "WARRANTY_SANDBOX_TOKEN": self._token,
            "WARRANTY_INSTALLATION": installation,
            "WARRANTY_ZENDESK_SUBDOMAIN": "sandbox",
            "WARRANTY_ZENDESK_TOKEN": self._token,
            "WARRANTY_TIME_ZONE": "UTC",
            **({"WARRANTY_KEYS": new_key(), "WARRANTY_URL": self.web_url} if app else {}),
            **(settings or {}),
        }
        self._api = requests.Session()
        self._api.headers["Authorization"] = f"Bearer {self._token}"

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
    def signing_secret(self) -> str:
        """What the sandbox signs its webhooks with."""
        return self._environ["WARRANTY_ZENDESK_SIGNING_SECRET"]

    # -- the processes ----------------------------------------------------------------------------

    def _start(self) -> None:
        self.say("Starting a helpdesk on this machine …")
        port = self.sandbox_url.rpartition(":")[2]
        more = ["--app", str(self._app), "--app-setting", f"service_url={self.web_url}"]
        sandbox = [*_WARRANTY, "sandbox", "--port", port, "--no-limits"]
        self._run("sandbox", [*sandbox, *(more if self._app else [])])
        self._wait_for("sandbox", f"{self.sandbox_url}/api/v2/users/me.json")
        self.say("Putting fields, macros, webhook and triggers in place …")
        self._install()
        self.say("Starting the web app and the worker …")
        self.start_web()
        for name in self.workers:
            self.start_worker(name)
        self._wait_for("web", f"{self.web_url}/readyz")

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
        installation = Installation(self.installation, subdomain="sandbox", token=self._token)
        things = wanted(self.installation, self.web_url)
        with environment(self._environ, "ZENPY_FORCE_SCHEME", "ZENPY_FORCE_NETLOC"):
            placed = put_in_place(zendesk_account(installation), things)
        assert placed.signing_secret is not None  # it is no dry run
        self._environ["WARRANTY_ZENDESK_SIGNING_SECRET"] = placed.signing_secret
        self.bindings = placed.bindings
        store = connect(self.database_url)
        store.prepare()
        store.save_bindings(self.installation, placed.bindings)
        if self._app:
            self._connect_app(store)
        store.close()

    def _connect_app(self, store: Store) -> None:
        (one,) = self.call("GET", "apps/installations.json")["installations"]
        self.nav_bar = f"{self.sandbox_url}/agent/apps/{one['id']}"
        key = f"{self.sandbox_url}/api/v2/apps/{one['app_id']}/public_key.pem"
        answer = self._api.get(key, timeout=_START)
        answer.raise_for_status()
        self._environ["WARRANTY_APP_KEY"] = answer.text
        with environment(self._environ, "ZENPY_FORCE_SCHEME", "ZENPY_FORCE_NETLOC"):
            connect_app(self._environ, store, self.installation)

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

    def field(self, key: str, value: object) -> dict[str, object]:
        """A custom field of a ticket as the API takes it, holding a fact in the policy's words."""
        spec = catalogue.FIELD[key]
        meant = {meaning: option for option, meaning in (spec.values or {}).items()}
        option = meant.get(value) if isinstance(value, str | bool) else None
        native = self.bindings.options.get(key, {}).get(option, option) if option else value
        return {"id": int(self.bindings.fields[key]), "value": native}

    def claim_fields(self, facts: Mapping[str, object]) -> list[dict[str, object]]:
        """The custom fields of a warranty claim with these facts."""
        given = [self.field("claim", True)]
        return given + [self.field(fact, value) for fact, value in facts.items()]
