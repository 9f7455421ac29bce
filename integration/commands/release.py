"""`warranty release`: brings the store's schema up to date."""

from __future__ import annotations

import click

from integration import errors
from integration.commands.environment import settings
from integration.config import Role
from integration.migrations import UNNUMBERED
from integration.store import connect


@click.command()
def release() -> None:
    """Bring the store's schema up to date, before a newer version of this program starts.

    Web and worker do so by themselves too, where it takes no longer than their callers can wait;
    this takes as long as it needs. What is stored is kept. Can be run at any time, and again.
    """
    config = settings(Role(0))
    store = connect(config.database_url)
    try:
        before, after = store.upgrade()
    except errors.Unavailable as error:
        raise click.ClickException(str(error)) from None
    finally:
        store.close()
    if before == after:
        click.echo(f"The store's schema is up to date: version {after}.")
    elif before is None:
        click.echo(f"The store was empty; its schema is version {after} now.")
    else:
        was = "without a number" if before == UNNUMBERED else f"version {before}"
        click.echo(f"The store's schema was {was}; it is version {after} now.")
