"""`warranty demo`: the whole path, in a local helpdesk."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from integration import catalogue
from integration.commands.demo_claims import DemoClaim, demo_claims
from integration.commands.demo_rows import Row, table, wrong_with
from integration.commands.stage import Stage
from integration.commands.stage_side import Seen
from integration.installation import HELPDESKS, HelpdeskName
from integration.records import Records
from integration.store import connect

INSTALLATION: Final = "demo"
PACKAGES: Final = Path(__file__).parents[2] / "manifest"
"""The apps in the agents' sidebar, by helpdesk, where this runs from a checkout."""
PACKAGE: Final = PACKAGES / "zendesk"
_UNLIMITED: Final = {"WARRANTY_UPDATE_LIMIT": "10000", "WARRANTY_REQUEST_LIMIT": "100000"}
"""The stand-in counts nobody's requests: what a plan allows shall not make anybody wait."""
_WRITTEN = 120.0  # seconds for all tickets to be written back


class Demo:
    """Sandbox, web app and worker as processes of their own, and the tickets filed with them.

    Use it as a context manager: leaving it ends the processes. ``say`` is told what goes on; the
    package in the folder ``app`` is installed in the helpdesk. ``settings`` are more variables of
    the app's environment.
    """

    def __init__(
        self,
        folder: Path,
        say: Callable[[str], None] = lambda _: None,
        app: Path | None = None,
        settings: Mapping[str, str] | None = None,
        helpdesk: HelpdeskName = "zendesk",
    ) -> None:
        self.claims = demo_claims(datetime.now(UTC).date())
        self.tickets: dict[int, DemoClaim] = {}
        # The short lease: a worker that is killed shall not make anybody wait.
        settings = {"WARRANTY_LEASE_SECONDS": "5", **_UNLIMITED, **(settings or {})}
        self._stage = Stage(
            folder, INSTALLATION, helpdesk=helpdesk, settings=settings, app=app, say=say
        )

    def __enter__(self) -> Demo:
        self._stage.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._stage.stop()

    @property
    def sandbox_url(self) -> str:
        """Where the helpdesk is."""
        return self._stage.sandbox_url

    @property
    def nav_bar(self) -> str | None:
        """Where the helpdesk opens the app's own page; None where no app is installed."""
        return self._stage.nav_bar

    @property
    def processes(self) -> dict[str, subprocess.Popen[bytes]]:
        """The processes by name: sandbox, web, worker."""
        return self._stage.processes

    def start_worker(self) -> None:
        """Start the worker, or start it again."""
        self._stage.start_worker()

    def keep_running(self) -> None:
        """Start again what has died, as a platform that runs a Procfile would."""
        self._stage.keep_running()

    # -- the tickets ------------------------------------------------------------------------------

    def file_tickets(self) -> None:
        """File the tickets; the helpdesk's trigger does the rest."""
        for number, claim in enumerate(self.claims, start=1):
            self.file(claim, number)

    def file(self, claim: DemoClaim, number: int) -> int:
        """File one ticket and give its id."""
        person = {"name": f"Customer {number}", "email": f"customer{number}@example.com"}
        ticket_id = self._stage.file(claim.subject, claim.text, claim.facts, person)
        self.tickets[ticket_id] = claim
        return ticket_id

    def written(self) -> int:
        """How many of the tickets carry a verdict."""
        return self._stage.reviewed(list(self.tickets))

    def wait(self, told: Callable[[int], None] = lambda _: None, seconds: float = _WRITTEN) -> bool:
        """Wait until every ticket is written back; whether that came true in time."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.keep_running()
            done = self.written()
            told(done)
            if done == len(self.tickets):
                return True
            self._stage.stopping.wait(0.2)
        return False

    def rows(self) -> list[Row]:
        """Every ticket with what was written on it."""
        return [self._row(ticket) for ticket in self._stage.seen(list(self.tickets))]

    def _row(self, ticket: Seen) -> Row:
        claim = self.tickets[ticket.id]
        outcome = {key: ticket.fields.get(key) for key in (*catalogue.OUTCOME_FIELDS, "stamp")}
        for key in ("verdict", "freight_payer"):
            option = outcome[key]
            outcome[key] = catalogue.meaning(key, option) if option else None
        clauses = self._recorded(ticket.id) if ticket.clauses is None else ticket.clauses
        notes, public = ticket.notes, ticket.public
        wrong = wrong_with(claim, outcome, ticket.tags, clauses, notes, public)
        return Row(ticket.id, claim, outcome, ticket.tags, clauses, notes, public, wrong)

    def _recorded(self, ticket: int) -> str:
        """Which clauses decided a ticket, by what the app keeps of its newest review."""
        store = connect(self._stage.database_url)
        try:
            kept = Records(store).newest(self._stage.installation, str(ticket))
        finally:
            store.close()
        return "" if kept is None else " ".join(kept.record.clauses)


# -- the command -----------------------------------------------------------------------------------


@click.command()
@click.option("--once", is_flag=True, help="Leave after the table; fails if anything is missing.")
@click.option(
    "--helpdesk",
    type=click.Choice(HELPDESKS),
    default="zendesk",
    show_default=True,
    help="Which of the two a stand-in is started for.",
)
def demo(once: bool, helpdesk: HelpdeskName) -> None:
    """Watch warranty tickets being decided, in a helpdesk on this machine.

    Starts a stand-in for Zendesk (or Freshdesk), the web app and the worker as separate processes
    with a SQLite store in a temporary folder, files tickets as customers would, and shows the
    verdicts that are written back. Stays until Ctrl-C, so that you can look at the tickets and
    change them, with the app's sidebar beside them.
    """
    package = PACKAGES / helpdesk
    app = package if not once and package.is_dir() else None
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console()
    with (
        tempfile.TemporaryDirectory(prefix="warranty-demo-") as folder,
        _interruptible(),
        Demo(Path(folder), console.print, app, helpdesk=helpdesk) as running,
    ):
        complete = _file_and_wait(running, console)
        rows = running.rows()
        console.print(table(rows))
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
        if running.nav_bar:
            console.print(
                "The app is in the sidebar of every ticket, and its own page at "
                f"[bold]{running.nav_bar}[/bold]\n"
                "(The sidebar loads the helpdesk's framework from static.zdassets.com.)"
            )
        elif app is not None:
            console.print("The app is in the sidebar of every ticket.")
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
