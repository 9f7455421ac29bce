"""`warranty reviews`: what waits for a person, and starting it again."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from integration import errors
from integration.commands.environment import settings
from integration.config import Role
from integration.jobs import Jobs
from integration.store import connect


def _jobs() -> Jobs:
    config = settings(Role(0))
    store = connect(config.database_url)
    try:
        store.prepare()
    except errors.Unavailable as error:
        raise click.ClickException(str(error)) from None
    return Jobs(store)


@click.group()
def reviews() -> None:
    """Reviews that were set aside: what the app cannot mend by itself."""


@reviews.command("list")
def list_() -> None:
    """List the reviews that wait for a person, with why and what to do."""
    waiting = _jobs().waiting()
    if not waiting:
        click.echo("No review waits for a person.")
        return
    table = Table("Installation", "Ticket", "Since (UTC)", "Why, and what to do")
    for one in waiting:
        table.add_row(one.installation, one.ticket_id, f"{one.since:%Y-%m-%d %H:%M}", one.why)
    Console().print(table)


@reviews.command()
@click.argument("tickets", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Start all of them again.")
def retry(tickets: tuple[str, ...], everything: bool) -> None:
    """Start the reviews of TICKETS (or --all) again: they become due at once."""
    if bool(tickets) == everything:
        raise click.UsageError("name the tickets, or say --all")
    jobs = _jobs()
    waiting = jobs.waiting()
    unknown = sorted(set(tickets) - {one.ticket_id for one in waiting})
    if unknown:
        raise click.ClickException(f"{', '.join(unknown)}: no review of it waits for a person")
    for one in waiting:
        if everything or one.ticket_id in tickets:
            jobs.make_due(one.installation, one.ticket_id, reason="started again")
            click.echo(f"ticket {one.ticket_id}: due now")
