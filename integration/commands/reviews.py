"""`warranty reviews`: what waits for a person, looking closer, starting it again, giving it up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from integration import errors
from integration.chores import Chores
from integration.commands.environment import settings
from integration.config import Role
from integration.doctor_store import told
from integration.jobs import Jobs, SetAside, Shown
from integration.store import Store, connect

_READABLE: Final = 40  # columns that the reason needs to be read in a table

_installation = click.option(
    "--installation", help="Of this installation: several may have a ticket of the same number."
)


@contextmanager
def _jobs() -> Iterator[Jobs]:
    with _store() as store:
        yield Jobs(store)


@contextmanager
def _store() -> Iterator[Store]:
    store = connect(settings(Role(0)).database_url)
    try:
        yield store
    except errors.Unavailable as error:
        raise click.ClickException(str(error)) from None
    finally:
        store.close()


@click.group()
def reviews() -> None:
    """Reviews that were set aside: what the app cannot mend by itself."""


# -- looking --------------------------------------------------------------------------------------


@reviews.command("list")
@_installation
def list_(installation: str | None) -> None:
    """List the reviews that wait for a person, with why and what to do.

    In a pipe, a line each: installation, ticket, since when (UTC) and why, with tabs in between.
    Work by the clock that is in trouble (looking for tickets that no webhook told of, say) is named
    on standard error.
    """
    with _store() as store:
        waiting = [one for one in Jobs(store).waiting() if installation in (None, one.installation)]
        troubled = Chores(store).troubled()
    console = Console(highlight=False)
    if not console.is_terminal:
        for one in waiting:
            row = (one.installation, one.ticket_id, _said(one.since), _plain(one.why))
            click.echo("\t".join(row))
        if not waiting:
            click.echo("No review waits for a person.", err=True)
    elif not waiting:
        click.echo("No review waits for a person.")
    elif console.width - _beside(waiting) < _READABLE:
        for one in waiting:
            console.print(Text(f"{one.ticket_id} ({one.installation}), {_said(one.since)}", "bold"))
            console.print(Text(f"  {_plain(one.why)}"))
    else:
        _table(console, waiting)
    for chore in troubled:
        if installation is None or chore.installation in ("", installation):
            of = f" ({chore.installation})" if chore.installation else ""
            click.echo(f"Work by the clock{of}: {_plain(told(chore))}", err=True)


def _beside(waiting: Sequence[SetAside]) -> int:
    """The columns that a table's other cells and its lines take."""
    tickets = max(len(one.ticket_id) for one in waiting)
    installations = max(len(one.installation) for one in waiting)
    return max(tickets, len("Ticket")) + max(installations, len("Installation")) + 16 + 13


def _table(console: Console, waiting: Sequence[SetAside]) -> None:
    table = Table("Ticket", "Installation", "Since (UTC)", "Why, and what to do")
    for column in table.columns[:3]:
        column.no_wrap = True
    for one in waiting:
        row = (one.ticket_id, one.installation, _said(one.since), _plain(one.why))
        table.add_row(*map(Text, row))
    console.print(table)


@reviews.command()
@click.argument("ticket")
@_installation
def show(ticket: str, installation: str | None) -> None:
    """Show all that is known of the review of TICKET. Times are UTC."""
    with _jobs() as jobs:
        known = _named(jobs.installations_of(ticket), installation)
        if len(known) > 1:
            raise click.ClickException(_several(ticket, known))
        shown = jobs.show(known[0], ticket) if known else None
    if shown is None:
        raise click.ClickException(_unknown(ticket, installation))
    for name, value in _rows(shown):
        click.echo(f"{name:<17} {value}")


def _rows(shown: Shown) -> Iterator[tuple[str, str]]:
    yield "ticket", _plain(shown.ticket_id)
    yield "installation", shown.installation
    if shown.set_aside_at is not None:
        yield "waits since", f"{_said(shown.set_aside_at)}, for a person"
    if shown.held_until is not None:
        yield "worked on", f"now, held until {_said(shown.held_until)}"
    yield "due", "not by itself" if shown.due_at is None else _said(shown.due_at)
    if shown.not_before is not None:
        yield "not before", _said(shown.not_before)
    yield "made due by", _plain(shown.reason)
    yield "fruitless tries", str(shown.attempts)
    if shown.last_error:
        yield "why", _plain(shown.last_error)
    if shown.writes and shown.writes_since is not None:
        yield "written", f"{shown.writes} times since {_said(shown.writes_since)}"
    for number, one in enumerate(shown.deliveries):
        name = "" if one.delivery_id is None else f", delivery {_plain(one.delivery_id)}"
        what = f"{_said(one.received_at)} {_plain(one.kind)}{name}"
        yield "last events" if number == 0 else "", what
    if shown.set_aside_at is not None:
        where = f"--installation {shown.installation} {_plain(shown.ticket_id)}"
        yield "then", f"warranty reviews retry {where}"
        yield "or, to give it up", f"warranty reviews drop {where}"


# -- acting ---------------------------------------------------------------------------------------


@reviews.command()
@click.argument("tickets", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Start all of them again.")
@_installation
def retry(tickets: tuple[str, ...], everything: bool, installation: str | None) -> None:
    """Start the reviews of TICKETS (or --all) again: they become due at once."""
    if bool(tickets) == everything:
        raise click.UsageError("name the tickets, or say --all")
    with _jobs() as jobs:
        waiting = jobs.waiting()
        if everything:
            chosen = [one for one in waiting if installation in (None, one.installation)]
        else:
            chosen = _chosen(jobs, waiting, tickets, installation)
        by_installation: dict[str, list[str]] = defaultdict(list)
        for one in chosen:
            by_installation[one.installation].append(one.ticket_id)
        for name, some in by_installation.items():
            jobs.make_many_due(name, some, reason="started again")
    for one in chosen:
        click.echo(f"ticket {_plain(one.ticket_id)}: due now; {_plain(one.why)}")
    if not chosen:
        click.echo("No review waits for a person.", err=True)


@reviews.command()
@click.argument("tickets", nargs=-1, required=True)
@_installation
def drop(tickets: tuple[str, ...], installation: str | None) -> None:
    """Give up on the reviews of TICKETS: they no longer wait for a person.

    The next event on such a ticket starts its review afresh.
    """
    with _jobs() as jobs:
        chosen = _chosen(jobs, jobs.waiting(), tickets, installation)
        dropped = [(one, jobs.drop(one.installation, one.ticket_id)) for one in chosen]
    for one, done in dropped:
        if done:
            click.echo(
                f"ticket {_plain(one.ticket_id)}: given up until something happens on it; "
                f"{_plain(one.why)}"
            )
        else:
            click.echo(f"ticket {_plain(one.ticket_id)}: it is due again, and stays", err=True)


def _chosen(
    jobs: Jobs, waiting: Sequence[SetAside], tickets: Sequence[str], installation: str | None
) -> list[SetAside]:
    """The named tickets' reviews, all of which wait for a person; otherwise nothing is done."""
    chosen, wrong = [], []
    for ticket in dict.fromkeys(tickets):
        known = _named(jobs.installations_of(ticket), installation)
        own = [one for one in waiting if one.ticket_id == ticket and one.installation in known]
        if len(own) == 1:
            chosen += own
        elif own:
            wrong.append(_several(ticket, [one.installation for one in own]))
        elif known:
            wrong.append(f"{_plain(ticket)}: its review does not wait for a person")
        else:
            wrong.append(_unknown(ticket, installation))
    if wrong:
        raise click.ClickException("\n".join([*wrong, "Nothing was changed."]))
    return chosen


def _named(installations: Sequence[str], wanted: str | None) -> list[str]:
    return [one for one in installations if wanted in (None, one)]


def _unknown(ticket: str, installation: str | None) -> str:
    where = "" if installation is None else f" in installation {_plain(installation)}"
    return f"{_plain(ticket)}: no review of it is known{where}"


def _several(ticket: str, installations: Sequence[str]) -> str:
    return (
        f"{_plain(ticket)}: several installations have it; add --installation and one of "
        f"{', '.join(installations)}"
    )


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _plain(text: str) -> str:
    """On one line, and nothing that a terminal would take for a command."""
    return "".join(one if one.isprintable() else " " for one in text)
