"""`warranty bench sidebar`: from the click on a ticket to its verdict beside it, in a browser."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import requests

from integration.commands import bench_sidebar_shots
from integration.commands.bench_figures import surroundings
from integration.commands.bench_measures import NO_LIMITS
from integration.commands.bench_processes import ended_as_by_ctrl_c, say
from integration.commands.bench_sidebar_browser import (
    Opening,
    browser,
    fresh,
    is_of_browser,
    opened,
    watched,
)
from integration.commands.bench_sidebar_figures import Way, figures, report, show
from integration.commands.demo import PACKAGE, Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_MOST: Final = 100  # tickets that the demo looks at with one request


@click.command()
@click.option(
    "--tickets",
    type=click.IntRange(1, _MOST),
    default=20,
    show_default=True,
    help="Tickets that are opened: each in a browser of its own, and all in one.",
)
@click.option(
    "--sdk",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The helpdesk's framework, as saved from static.zdassets.com.  [default: what `npm ci` "
    "has put in tests]",
)
@click.option(
    "--screenshots",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Take the pictures of the README as well, into this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
def sidebar(tickets: int, sdk: Path | None, screenshots: Path | None, as_json: bool) -> None:
    """Measure how long an agent waits for a verdict in the sidebar of a ticket.

    Starts a stand-in for Zendesk with the app installed, the web app and the worker, all on
    127.0.0.1, files the demo's tickets, and opens them by a click in a real browser without a
    window: cold, in a browser that has been nowhere before, and warm, in one that has had the app
    open. Everything shares this machine's cores, the browser too.
    """
    if not PACKAGE.is_dir():
        raise click.ClickException(f"{PACKAGE} is not there: run this in a checkout.")
    where = surroundings("SQLite")
    with (
        _said_plainly(),
        ended_as_by_ctrl_c(),
        tempfile.TemporaryDirectory(prefix="warranty-bench-") as name,
        browser(sdk, Path(name)) as chromium,
        Demo(Path(name), say, PACKAGE, NO_LIMITS) as desk,
    ):
        where["browser"] = f"Chromium {chromium.version}"
        _file(desk, max(tickets, len(desk.claims)) if screenshots else tickets)
        chosen = list(desk.tickets)[:tickets]
        ways: list[Way] = [
            ("cold", _cold(chromium, desk.sandbox_url, chosen)),
            ("warm", _warm(chromium, desk.sandbox_url, chosen)),
        ]
        if screenshots:
            say("Taking pictures …")
            bench_sidebar_shots.take(chromium, desk, screenshots, say)
    _tell(ways, tickets, where, as_json)


def _file(desk: Demo, tickets: int) -> None:
    say("Filing tickets, and waiting for their verdicts …")
    for number in range(tickets):
        desk.file(desk.claims[number % len(desk.claims)], number + 1)
    if not desk.wait():
        raise click.ClickException("Not every ticket was written back.")


def _cold(chromium: Browser, helpdesk: str, tickets: Sequence[int]) -> list[Opening]:
    say("Opening tickets, each in a browser that has been nowhere …")
    found = []
    for ticket in tickets:
        with fresh(chromium) as context:
            found.append(opened(watched(context), helpdesk, ticket))
    return found


def _warm(chromium: Browser, helpdesk: str, tickets: Sequence[int]) -> list[Opening]:
    say("Opening them one after the other in the same browser …")
    with fresh(chromium) as context:
        page = watched(context)
        opened(page, helpdesk, tickets[-1])  # which warms it, and does not count
        return [opened(page, helpdesk, ticket) for ticket in tickets]


def _tell(ways: list[Way], tickets: int, where: dict[str, object], as_json: bool) -> None:
    rows = figures(ways)
    if as_json:
        click.echo(json.dumps(report(ways, rows, tickets, where), indent=2))
    else:
        show(ways, rows, where)


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except (requests.RequestException, subprocess.SubprocessError) as error:
        raise click.ClickException(f"It broke off: {error}") from error
    except Exception as error:
        if not is_of_browser(error):
            raise
        raise click.ClickException(f"The browser broke off: {error}") from error
