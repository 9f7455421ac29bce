"""`warranty demo`: the whole path, in a local helpdesk."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
import requests
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from integration import catalogue
from integration.commands.demo_claims import DemoClaim, demo_claims
from integration.config import Installation
from integration.connections import zendesk_account
from integration.helpdesks import Bindings
from integration.helpdesks.zendesk_admin import put_in_place
from integration.install import wanted
from integration.store import connect

INSTALLATION: Final = "demo"
_START = 30.0  # seconds for a process to answer
_WRITTEN = 120.0  # seconds for all tickets to be written back


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket of the demo as it stands: what was filed, and the outcome written on it, in the
    policy's words; None where nothing is written yet. ``wrong`` says what is not as it must be."""

    ticket_id: int
    claim: DemoClaim
    fields: Mapping[str, Any]
    tags: frozenset[str]
    clauses: str
    notes: tuple[str, ...]
    public: int
    wrong: tuple[str, ...]


class Demo:
    """Sandbox, web app and worker as processes of their own, and the tickets filed with them.

    Use it as a context manager: leaving it ends the processes. ``say`` is told what goes on.
    """

    def __init__(self, folder: Path, say: Callable[[str], None] = lambda _: None) -> None:
        self.folder = folder
        self.say = say
        self.today = datetime.now(UTC).date()
        self.claims = demo_claims(self.today)
        self.tickets: dict[int, DemoClaim] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        sandbox, web = _free_ports(2)
        self.sandbox_url = f"http://127.0.0.1:{sandbox}"
        self.web_url = f"http://127.0.0.1:{web}"
        self._token = secrets.token_urlsafe(24)
        self._environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("WARRANTY_", "ZENPY_"))},
            "ZENPY_FORCE_SCHEME": "http",
            "ZENPY_FORCE_NETLOC": f"127.0.0.1:{sandbox}",
            "DATABASE_URL": f"sqlite:///{folder / 'warranty.sqlite'}",
            "WARRANTY_SANDBOX_TOKEN": self._token,
            "WARRANTY_INSTALLATION": INSTALLATION,
            "WARRANTY_ZENDESK_SUBDOMAIN": "sandbox",
            "WARRANTY_ZENDESK_TOKEN": self._token,
            "WARRANTY_LEASE_SECONDS": "5",
            "WARRANTY_TIME_ZONE": "UTC",
        }
        self._bindings = Bindings()
        self._api = requests.Session()
        self._api.headers["Authorization"] = f"Bearer {self._token}"
        self._stopping = threading.Event()

    def __enter__(self) -> Demo:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- the processes ----------------------------------------------------------------------------

    def _start(self) -> None:
        self.say("Starting a helpdesk on this machine …")
        port = self.sandbox_url.rpartition(":")[2]
        self._run("sandbox", [*_WARRANTY, "sandbox", "--port", port, "--no-limits"])
        self._wait_for("sandbox", f"{self.sandbox_url}/api/v2/users/me.json")
        self.say("Putting fields, macros, webhook and triggers in place …")
        self._install()
        self.say("Starting the web app and the worker …")
        self.start_web()
        self.start_worker()
        self._wait_for("web", f"{self.web_url}/readyz")

    def start_web(self) -> None:
        """Start the web app, as the Procfile does."""
        bind = self.web_url.removeprefix("http://")
        gunicorn = [sys.executable, "-m", "gunicorn", "--bind", bind, "--threads", "4"]
        self._run("web", [*gunicorn, "--log-level", "warning", "integration.app:create_app()"])

    def start_worker(self) -> None:
        """Start the worker, or start it again."""
        self._run("worker", [*_WARRANTY, "worker"])

    def _run(self, name: str, command: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                env=self._environ,
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
        self._stopping.set()
        for process in reversed(self.processes.values()):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._api.close()

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
            self._stopping.wait(0.1)
        log = (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]
        raise click.ClickException(f"{name}: it did not start\n{log}")

    def _install(self) -> None:
        installation = Installation(INSTALLATION, subdomain="sandbox", token=self._token)
        with _environment(self._environ, "ZENPY_FORCE_SCHEME", "ZENPY_FORCE_NETLOC"):
            placed = put_in_place(zendesk_account(installation), wanted(INSTALLATION, self.web_url))
        assert placed.signing_secret is not None  # it is no dry run
        self._environ["WARRANTY_ZENDESK_SIGNING_SECRET"] = placed.signing_secret
        self._bindings = placed.bindings
        store = connect(self._environ["DATABASE_URL"])
        store.prepare()
        store.save_bindings(INSTALLATION, placed.bindings)
        store.close()

    # -- the tickets ------------------------------------------------------------------------------

    def file_tickets(self) -> None:
        """File the tickets; the helpdesk's trigger does the rest."""
        for number, claim in enumerate(self.claims, start=1):
            self.file(claim, number)

    def file(self, claim: DemoClaim, number: int) -> int:
        """File one ticket and give its id."""
        fields = [self._field("claim", True)]
        fields += [self._field(fact, value) for fact, value in claim.facts.items()]
        person = {"name": f"Customer {number}", "email": f"customer{number}@example.com"}
        customer = self._call("POST", "users/create_or_update.json", {"user": person})["user"]
        ticket = {
            "subject": claim.subject,
            "comment": {"body": claim.text, "author_id": customer["id"]},
            "requester_id": customer["id"],
            "submitter_id": customer["id"],
            "custom_fields": fields,
        }
        answer = self._call("POST", "tickets.json", {"ticket": ticket})
        ticket_id = int(answer["ticket"]["id"])
        self.tickets[ticket_id] = claim
        return ticket_id

    def _field(self, key: str, value: object) -> dict[str, object]:
        spec = catalogue.FIELD[key]
        meant = {meaning: option for option, meaning in (spec.values or {}).items()}
        option = meant.get(value) if isinstance(value, str | bool) else None
        native = self._bindings.options.get(key, {}).get(option, option) if option else value
        return {"id": int(self._bindings.fields[key]), "value": native}

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._api.request(
            method, f"{self.sandbox_url}/api/v2/{path}", json=body, timeout=10
        )
        answer.raise_for_status()
        return answer.json()

    def written(self) -> int:
        """How many of the tickets carry a verdict."""
        return sum(1 for ticket in self._tickets() if self._outcome(ticket).get("stamp"))

    def wait(self, told: Callable[[int], None] = lambda _: None, seconds: float = _WRITTEN) -> bool:
        """Wait until every ticket is written back; whether that came true in time."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.keep_running()
            done = self.written()
            told(done)
            if done == len(self.tickets):
                return True
            self._stopping.wait(0.2)
        return False

    def rows(self) -> list[Row]:
        """Every ticket with what was written on it."""
        return [self._row(ticket) for ticket in self._tickets()]

    def _tickets(self) -> list[dict[str, Any]]:
        ids = ",".join(map(str, self.tickets))
        tickets: list[dict[str, Any]] = self._call("GET", f"tickets/show_many.json?ids={ids}")[
            "tickets"
        ]
        return sorted(tickets, key=lambda ticket: int(ticket["id"]))

    def _outcome(self, ticket: Mapping[str, Any]) -> dict[str, Any]:
        keys = {native: key for key, native in self._bindings.fields.items()}
        values = {keys.get(str(one["id"])): one["value"] for one in ticket["custom_fields"]}
        outcome = {key: values.get(key) for key in (*catalogue.OUTCOME_FIELDS, "stamp")}
        for key in ("verdict", "freight_payer"):
            option = outcome[key]
            outcome[key] = catalogue.meaning(key, option) if option else None
        return outcome

    def _row(self, ticket: Mapping[str, Any]) -> Row:
        ticket_id = int(ticket["id"])
        claim = self.tickets[ticket_id]
        outcome = self._outcome(ticket)
        audits = self._call("GET", f"tickets/{ticket_id}/audits.json")["audits"]
        marks = [audit["metadata"].get("custom") or {} for audit in audits]
        clauses = next((mark["clauses"] for mark in reversed(marks) if "clauses" in mark), "")
        comments = self._call("GET", f"tickets/{ticket_id}/comments.json")["comments"]
        notes = tuple(one["html_body"] for one in comments if not one["public"])
        public = sum(1 for one in comments if one["public"])
        wrong = wrong_with(claim, outcome, frozenset(ticket["tags"]), clauses, notes, public)
        tags = frozenset(ticket["tags"])
        return Row(ticket_id, claim, outcome, tags, clauses, notes, public, wrong)


_WARRANTY: Final = [sys.executable, "-m", "integration.cli"]


def wrong_with(
    claim: DemoClaim,
    outcome: Mapping[str, Any],
    tags: frozenset[str],
    clauses: str,
    notes: tuple[str, ...],
    public: int,
) -> tuple[str, ...]:
    """What on a written-back ticket is not as it must be."""
    wrong = []
    if outcome["verdict"] != claim.status:
        wrong.append(f"verdict {outcome['verdict']}, expected {claim.status}")
    if outcome["freight_payer"] != claim.payer:
        wrong.append(f"freight {outcome['freight_payer']}, expected {claim.payer}")
    for key, day in (("warranty_end", claim.ends), ("claim_deadline", claim.until)):
        if outcome[key] != day:
            wrong.append(f"{key} {outcome[key]}, expected {day}")
    if clauses != claim.clauses:
        wrong.append(f"clauses {clauses or 'none'}, expected {claim.clauses or 'none'}")
    for tag in (catalogue.status_tag(claim.status), catalogue.payer_tag(claim.payer)):
        if tag not in tags:
            wrong.append(f"tag {tag} is missing")
    if len(notes) != 1:
        wrong.append(f"{len(notes)} notes, expected 1")
    if public != 1:
        wrong.append(f"{public} public comments, expected the customer's alone")
    if claim.asks is not None and notes:
        asked = f"{claim.asks} question{'s' * (claim.asks != 1)} to the customer"
        if asked not in notes[-1]:
            wrong.append(f"note does not have {asked}")
    if any("<script" in note or "<b>" in note for note in notes):
        wrong.append("note has markup of the customer's")
    return tuple(wrong)


@contextmanager
def _environment(values: Mapping[str, str], *names: str) -> Iterator[None]:
    """Set variables of this process for the block: zenpy reads its own from nowhere else."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: values[name] for name in names})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


# -- the command -----------------------------------------------------------------------------------


@click.command()
@click.option("--once", is_flag=True, help="Leave after the table; fails if anything is missing.")
def demo(once: bool) -> None:
    """Watch warranty tickets being decided, in a helpdesk on this machine.

    Starts a stand-in for Zendesk, the web app and the worker as separate processes with a SQLite
    store in a temporary folder, files tickets as customers would, and shows the verdicts that are
    written back. Stays until Ctrl-C, so that you can look at the tickets and change them.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console()
    with (
        tempfile.TemporaryDirectory(prefix="warranty-demo-") as folder,
        _interruptible(),
        Demo(Path(folder), console.print) as running,
    ):
        complete = _file_and_wait(running, console)
        rows = running.rows()
        console.print(_table(rows))
        wrong = [f"ticket {row.ticket_id}: {what}" for row in rows for what in row.wrong]
        for line in wrong:
            console.print(line, style="bold red", markup=False)
        if once:
            if wrong or not complete:
                raise click.exceptions.Exit(1)
            return
        console.print(
            f"\nThe agent's view is at [bold]{running.sandbox_url}/agent/tickets[/bold]\n"
            "Change a field on a ticket, submit it, and see its verdict follow. Ctrl-C ends it all."
        )
        while True:
            running.keep_running()
            time.sleep(1)


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        click.echo()


def _file_and_wait(running: Demo, console: Console) -> bool:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Verdicts written back", total=len(running.claims))
        running.file_tickets()
        return running.wait(lambda done: progress.update(task, completed=done))


def _table(rows: list[Row]) -> Table:
    table = Table(title="Tickets and their verdicts")
    for column in ("#", "The customer wrote", "Verdict", "By", "Freight", "Claim until"):
        table.add_column(column)
    for row in rows:
        status, payer = row.fields["verdict"], row.fields["freight_payer"]
        table.add_row(
            str(row.ticket_id),
            row.claim.subject,
            catalogue.STATUS_LABELS[status] if status else "-",
            row.clauses or "-",
            catalogue.PAYER_LABELS[payer] if payer else "-",
            row.fields["claim_deadline"] or "-",
        )
    return table
