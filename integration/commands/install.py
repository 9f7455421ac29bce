"""`warranty install`: puts fields, macros, webhook and triggers in place in a Zendesk account."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.table import Table

from integration import errors
from integration.commands.environment import settings
from integration.config import Role
from integration.connections import zendesk_account
from integration.helpdesks.zendesk_admin import put_in_place
from integration.helpdesks.zendesk_wanted import Placed
from integration.install import title_of, wanted
from integration.store import connect

_SECRET = "WARRANTY_ZENDESK_SIGNING_SECRET"  # noqa: S105 - a name


def _address(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """An https address without a path, which Zendesk can call; http on this machine alone."""
    parts = urlsplit(value)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or parts.scheme not in (("https", "http") if local else ("https",)):
        raise click.BadParameter(
            f"{value!r} is not an address such as https://warranty.example.com"
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise click.BadParameter(f"{value!r} has more than a host: leave out what follows it")
    return value


@click.command()
@click.option(
    "--url",
    required=True,
    callback=_address,
    help="Where Zendesk reaches this app, as https://warranty.example.com.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option(
    "--save-secret",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Add the webhook's signing secret to this file of settings (as .env).",
)
def install(url: str, dry_run: bool, save_secret: Path | None) -> None:
    """Put the ticket fields, macros, webhook and triggers in place in the Zendesk account.

    Creates what is missing, adopts what is there under the same title, changes nothing that is
    not its own, and comes to the same state however often it runs. Needs an administrator's
    access.
    """
    config = settings(Role.WORKER)
    (installation,) = config.installations.values()
    store = connect(config.database_url)
    try:
        store.prepare()
        known = store.load_bindings(installation.id)
        placed = put_in_place(
            zendesk_account(installation),
            wanted(installation.id, url),
            known=known,
            dry_run=dry_run,
        )
        if not dry_run:
            store.save_bindings(installation.id, placed.bindings)
    except errors.Invalid as error:
        lines = [f"  {title_of(key)}: {words}" for key, words in error.fields.items()]
        raise click.ClickException("\n".join([str(error), *lines])) from None
    except errors.Rejected as error:
        raise click.ClickException(f"{error}\n{error.advice}") from None
    except errors.Unavailable as error:
        raise click.ClickException(f"{error}\nTry again: it goes on where it stopped.") from None
    finally:
        store.close()
    _show(placed, dry_run)
    if not dry_run:
        _secret(placed, save_secret)


def _show(placed: Placed, dry_run: bool) -> None:
    """A table of what was done, alike steps in one line."""
    table = Table("What", "Dry run: it would be" if dry_run else "It is")
    words = {"adopted": "adopted (it was there)", "unchanged": "in place"}
    for step in placed.steps:
        table.add_row(title_of(step.what), words.get(step.action, step.action))
    Console().print(table)


def _secret(placed: Placed, path: Path | None) -> None:
    if placed.signing_secret is None:
        return
    if path is None:
        click.echo(
            f"Now set {_SECRET} to the webhook's signing secret: Admin Center > Apps and "
            "integrations > Webhooks > Warranty Desk > Reveal secret. Or run this again with "
            "--save-secret .env."
        )
        return
    old = path.read_text().splitlines() if path.exists() else []
    kept = [line for line in old if not line.startswith(f"{_SECRET}=")]
    # Only its owner may read it; an existing file keeps what it had.
    path.touch(mode=0o600)
    path.write_text("\n".join([*kept, f"{_SECRET}={placed.signing_secret}", ""]))
    click.echo(f"The webhook's signing secret is in {path}, as {_SECRET}.")
