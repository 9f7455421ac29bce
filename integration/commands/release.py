"""`warranty release`: brings the store's schema up to date."""

from __future__ import annotations

import os
from pathlib import Path

import click

from integration import errors
from integration.config import Config, ConfigError, Role
from integration.migrations import UNNUMBERED
from integration.store import connect


@click.command()
def release() -> None:
    """Bring the store's schema up to date, before a newer version of this program starts.

    Web and worker do so by themselves too, where it takes no longer than their callers can wait;
    this takes as long as it needs. What is stored is kept. Can be run at any time, and again.
    """
    try:
        config = Config.from_environ(os.environ, Role(0), dotenv=Path(".env"))
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
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
