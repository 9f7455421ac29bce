"""`warranty bench service`: the whole path under load, on this machine alone."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

import click
import requests

from integration import errors
from integration.commands.bench_database import schema_of_its_own
from integration.commands.bench_figures import figures, report, show, surroundings
from integration.commands.bench_measures import NO_LIMITS, Sizes, measure
from integration.commands.bench_processes import ended_as_by_ctrl_c, say
from integration.commands.stage import Stage
from integration.installation import HELPDESKS, HelpdeskName
from integration.jobs import Jobs
from integration.store import connect
from integration.vendors import VENDORS

INSTALLATION: Final = "bench"
LOCAL_POSTGRESQL: Final = "postgresql://postgres@127.0.0.1:5432/test"


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 600),
    default=20,
    show_default=True,
    help="How long webhooks are sent: at a steady pace, and again as many as are answered.",
)
@click.option(
    "--rate",
    type=click.FloatRange(1, 1000),
    default=50,
    show_default=True,
    help="Webhooks a second at the steady pace, each for a new claim.",
)
@click.option(
    "--tickets",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="Tickets filed one by one to see when they are written back.",
)
@click.option(
    "--pace",
    type=click.FloatRange(0.1, 100),
    default=5,
    show_default=True,
    help="How many of these are filed in a second.",
)
@click.option(
    "--backlog",
    type=click.IntRange(1, 100_000),
    default=2_000,
    show_default=True,
    help="Tickets that are all due at once.",
)
@click.option(
    "--bulk",
    type=click.IntRange(1, 100_000),
    default=1_000,
    show_default=True,
    help="Tickets of the past that `warranty backfill` reviews.",
)
@click.option(
    "--limits-seconds",
    type=click.FloatRange(0, 600),
    default=60,
    show_default=True,
    help="How long the worker is watched with a plan's rate limits on; 0: not at all.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    help="Worker processes.",
)
@click.option(
    "--database-url",
    help="A PostgreSQL on this machine in place of SQLite; a schema is made in it and dropped.",
)
@click.option("--postgresql", is_flag=True, help=f"Short for --database-url {LOCAL_POSTGRESQL}")
@click.option(
    "--helpdesk",
    type=click.Choice(HELPDESKS),
    default="zendesk",
    show_default=True,
    help="Whose stand-in the app works with.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
def service(
    seconds: float,
    rate: float,
    tickets: int,
    pace: float,
    backlog: int,
    bulk: int,
    limits_seconds: float,
    workers: int,
    database_url: str | None,
    postgresql: bool,
    helpdesk: HelpdeskName,
    as_json: bool,
) -> None:
    """Measure the whole path: webhooks acknowledged, tickets written back, a backlog worked off,
    tickets reviewed in bulk, and what is done within a plan's rate limits.

    Starts a stand-in for the helpdesk, the web app with two workers and the worker, all on
    127.0.0.1, with a store of their own that is gone afterwards, and loads them from one more
    process. Everything shares this machine's cores, the stand-in and the load too.
    """
    if postgresql and database_url is None:
        database_url = LOCAL_POSTGRESQL
    where = surroundings("PostgreSQL" if database_url else "SQLite", VENDORS[helpdesk].title)
    sizes = Sizes(seconds, rate, tickets, pace, backlog, bulk, limits_seconds)
    with (
        _said_plainly(),
        ended_as_by_ctrl_c(),
        tempfile.TemporaryDirectory(prefix="warranty-bench-") as folder,
        schema_of_its_own(database_url) if database_url else nullcontext() as url,
        Stage(
            Path(folder),
            INSTALLATION,
            helpdesk=helpdesk,
            database_url=url,
            web_workers=2,
            workers=workers,
            settings=NO_LIMITS,
            say=say,
        ) as stage,
        _jobs(stage.database_url) as jobs,
    ):
        found = measure(stage, jobs, sizes)
    rows = figures(found, rate, helpdesk)
    if as_json:
        click.echo(json.dumps(report(found, rows, sizes, where), indent=2))
    else:
        show(found, rows, where)


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except (requests.RequestException, subprocess.SubprocessError, errors.Unavailable) as error:
        raise click.ClickException(f"The measurement broke off: {error}") from error


@contextmanager
def _jobs(database_url: str) -> Iterator[Jobs]:
    store = connect(database_url)
    try:
        yield Jobs(store)
    finally:
        store.close()
