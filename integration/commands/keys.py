"""`warranty keys`: what secrets in the store are encrypted by."""

from __future__ import annotations

import click

from integration.commands.connected import told
from integration.commands.environment import settings
from integration.config import Role
from integration.installations import Installations
from integration.store import connect
from integration.vault import NoKey, Vault, new_key


@click.group()
def keys() -> None:
    """The keys in WARRANTY_KEYS, by which secrets in the store are encrypted.

    To put a new key in place of an old one: (1) set WARRANTY_KEYS to the new one and the old one,
    separated by a comma, for web and worker, and start them again; (2) run `warranty keys rotate`;
    (3) take the old key out, and start them again.
    """


@keys.command(short_help="Print a new key.")
def new() -> None:
    """Print a new key, and nothing else. Nothing is changed.

    Keep it where the service's other secrets are, and a copy in another place than the database:
    without the key, each account has to be connected again.
    """
    click.echo(new_key())


@keys.command(short_help="Encrypt everything with the first key.")
def rotate() -> None:
    """Encrypt all secrets in the store with the first key of WARRANTY_KEYS.

    Web and worker must have been started with that key before: one that knows the old key alone
    could not read what is written here.
    """
    config = settings(Role(0))
    if not config.keys:
        raise click.ClickException(
            "WARRANTY_KEYS is not set, so that no secret is kept in the store.\n"
            "`warranty keys new` makes a key."
        )
    store = connect(config.database_url)
    try:
        with told():
            number = _renewed(Installations(store, Vault(config.keys)))
    finally:
        store.close()
    if not number:
        click.echo("No account is kept in the store, and so no secret: there is nothing to do.")
        return
    accounts = "1 account" if number == 1 else f"{number} accounts"
    click.echo(f"Encrypted with the first key in WARRANTY_KEYS: the secrets of {accounts}.")
    if len(config.keys) > 1:
        click.echo(
            "Once web and worker run with that first key, the old one can go: take it out of\n"
            "WARRANTY_KEYS and start them again. (Whoever is on the set-up page may have to\n"
            "sign in once more.)"
        )
    else:
        click.echo("It is the only key there: there is no old one that could go.")


def _renewed(installations: Installations) -> int:
    try:
        return installations.renew_keys()
    except NoKey as error:
        raise click.ClickException(
            f"{error}.\nAdd the key that it was encrypted with, behind the new one. Nothing was "
            "changed."
        ) from None
