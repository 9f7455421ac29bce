"""`warranty accounts`: the accounts that the store keeps, without the set-up page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import click

from integration import settings as schema
from integration.commands import accounts_app
from integration.commands import accounts_shown as shown
from integration.commands.accounts_given import changed, given_of, subdomain_of
from integration.commands.accounts_gone import forget_account
from integration.commands.connected import keeping, told
from integration.commands.environment import settings
from integration.config import Config, Role
from integration.connections import marketplace
from integration.installations import Installations, Kept, Stale
from integration.jobs import Jobs
from integration.jobs_waking import wake
from integration.records import Records
from integration.setup.connect import CannotConnect, Connecting
from integration.store import Store, connect
from integration.vault import NoKey

_SECRET: Final = "WARRANTY_CLIENT_SECRET"  # noqa: S105 - a name
_WHO: Final = "command line"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where accounts are kept."""

    config: Config
    store: Store
    kept: Installations

    def get(self, account: str) -> Kept:
        """An account by its id. Ends the command where there is none."""
        found = self.kept.get(account)
        if found is None:
            rows = [f"  {one.installation.id}" for one in self.kept.all()] or ["  (none yet)"]
            raise click.UsageError("\n".join([f"{account}: expected one of", *rows]))
        return found


@contextmanager
def _opened() -> Iterator[_Place]:
    config = settings(Role(0))
    if not config.keys:
        raise click.ClickException(
            "WARRANTY_KEYS is not set, so that no account is kept in the store. There is one,\n"
            f"{', '.join(config.installations)}, and its settings are those of the environment.\n"
            "`warranty keys new` makes a key; README.md says how to go on."
        )
    store = connect(config.database_url)
    try:
        with told("Try again."):
            kept = keeping(config, store)
            assert kept is not None  # there are keys
            yield _Place(config, store, kept)
    finally:
        store.close()


@click.group()
def accounts() -> None:
    """The connected accounts, as the store keeps them: what the set-up page does, without it.

    They are kept there where WARRANTY_KEYS is set. No secret is shown once it is kept.
    """


@accounts.command("list", short_help="List the accounts, and how their access stands.")
def list_() -> None:
    """List the accounts: mode, access, and until when it has to be renewed.

    The version is that of its settings: it grows by one with each change. In a pipe, a line each
    without a head: id, address, mode, access, renew by (UTC) and version, with tabs in between.
    """
    with _opened() as place:
        found = place.kept.all()
    shown.accounts(found)


@accounts.command("connect", short_help="Connect an account by an OAuth client of its own.")
@click.argument("subdomain")
@click.option("--client-id", required=True, metavar="ID", help="The OAuth client's identifier.")
def connect_(subdomain: str, client_id: str) -> None:
    """Connect the account SUBDOMAIN by an OAuth client of its own.

    An administrator of the account adds the client: Admin Center › Apps and integrations › APIs ›
    OAuth clients, of the kind Confidential. Its secret is asked for, or taken from the environment
    variable WARRANTY_CLIENT_SECRET; it is kept encrypted. Run again, it renews the access of an
    account that is connected already.
    """
    name = subdomain_of(subdomain)
    with _opened() as place:
        secret = os.environ.get(_SECRET) or click.prompt("The client's secret", hide_input=True)
        jobs, again = Jobs(place.store), list[str]()

        def revive(installation: str) -> None:
            waiting = jobs.waiting()
            again.extend(one.ticket_id for one in waiting if one.installation == installation)
            jobs.make_many_due(installation, again, "connected again")

        connecting = Connecting(
            place.kept,
            client=None,
            redirect="",
            allowed=place.config.accounts,
            marketplace=marketplace(place.config.oauth),
            reviving=revive,
        )
        try:
            made = connecting.by_own_client(name, client_id, secret.strip())
        except CannotConnect as error:
            raise click.ClickException(str(error)) from None
    one = made.kept.installation
    if made.fresh:
        click.echo(f"{name}.zendesk.com is connected, as {one.id}.")
        click.echo("Nothing is changed in it yet, and nothing reviewed. Next:")
        click.echo(f"  warranty install --installation {one.id} --dry-run")
        click.echo(f"  warranty install --installation {one.id}")
        click.echo(f"  warranty accounts set {one.id} mode=shadow")
    else:
        shown.say(f"{name}.zendesk.com was connected already, as {one.id}; its access is renewed.")
        if again:
            click.echo(f"{_reviews(len(again))} set aside: started again.")


@accounts.command("set", short_help="Show an account's settings, or change them.")
@click.argument("account")
@click.argument("pairs", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--yes", is_flag=True, help="Do not ask where tickets would be decided differently.")
def set_(account: str, pairs: tuple[str, ...], yes: bool) -> None:
    """Change settings of ACCOUNT; without any, show them as they are.

    \b
    mode                 off, shadow, notes or full
    time_zone            as Europe/Berlin
    cross_border         buyer_freight, not_covered or review
    regions              as EU:DE,FR;NA:US,CA; nothing: each country alone
    public_replies       verdicts separated by commas; nothing: none
    due_date_tasks       yes or no
    deadline_near_days   days before the deadline of the first reminder
    deadline_last_days   and of the last
    update_limit         the account's ticket updates a minute
    request_limit        its requests a minute; 0: what Zendesk tells
    limit_share          per cent of both that the app may take

    Shows what changes, and how many of the tickets reviewed in the last 90 days would be decided
    differently; then asks, if there are any. What was changed is written down.
    """
    # Imported here because no other command judges tickets.
    from integration.setup.redecide import redecided  # noqa: PLC0415

    given = given_of(pairs)
    with _opened() as place:
        before = place.get(account)
        if not given:
            shown.settings(schema.as_json(before.installation))
            return
        after = changed(before.installation, given)
        names = shown.changes_of(schema.as_json(before.installation), schema.as_json(after))
        if not names:
            click.echo("That is how it is already: nothing was changed.")
            return
        found = redecided(Records(place.store), before, given)
        if found.tickets:
            shown.say(
                f"{found.different:,} of {found.tickets:,} tickets reviewed in the last 90 days "
                "would be decided differently."
            )
        if found.different and not yes:
            click.confirm("Change it?", abort=True)
        try:
            place.kept.change_settings(account, given, version=before.version, who=_WHO)
        except Stale:
            raise click.ClickException(
                "somebody else has changed the settings meanwhile: look at them again, with "
                f"`warranty accounts set {account}`"
            ) from None
        on = before.installation.mode == "off" and after.mode != "off"
        woken = wake(place.store, account) if on else 0
        placed = place.store.load_bindings(account) is not None
    click.echo("Saved; in force within seconds.")
    if woken:
        click.echo(f"{_reviews(woken)} that waited for it: due now.")
    if after.mode != "off" and not placed:
        shown.say("Nothing is put in place in this account yet, so that nothing is reviewed:")
        click.echo(f"  warranty install --installation {account}")


@accounts.command(short_help="Show who changed which settings, and when.")
@click.argument("account")
def changes(account: str) -> None:
    """Show who changed which settings of ACCOUNT, and when: the newest first.

    In a pipe, a line for each setting: when (UTC), who, name, before and after, with tabs.
    """
    with _opened() as place:
        place.get(account)
        found = place.kept.changes(account)
    shown.changes(found)


@accounts.command("app-secret", short_help="Make a new secret for the app in the sidebar.")
@click.argument("account")
@click.option("--new", is_flag=True, help="Make another secret.")
def app_secret(account: str, new: bool) -> None:
    """Say whether the app in the agents' sidebar of ACCOUNT has its secret; with --new, make
    another.

    It is put into the app's settings in Zendesk, and not shown. Where Zendesk does not allow that,
    or the app is not installed yet, the new one is shown this once, with what else to copy and
    where. The one before it stays good for a while: ten minutes, or a day where you copy it.
    """
    with _opened() as place:
        one = place.get(account)
        if new:
            accounts_app.renew(place.config, place.kept, one)
        else:
            accounts_app.tell(place.config, place.kept, one)


@accounts.command(short_help="Forget an account.")
@click.argument("account")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(account: str, yes: bool) -> None:
    """Forget ACCOUNT: its connection, secrets, settings and what waits to be done for it.

    To take fields, triggers and the webhook out of the account as well, run `warranty uninstall`
    before: afterwards the app has no access to it any more.
    """
    with _opened() as place:
        try:
            one = place.get(account).installation
            what = f"{account} ({one.subdomain}.zendesk.com)"
        except NoKey:
            what = f"{account} (whose secrets cannot be read with the keys there are)"
        if not yes:
            shown.say(
                f"This forgets {what}: settings, secrets, and what waits to be done. What the app "
                "put into the account stays there, and its triggers go on calling; to take that "
                "out, first run:"
            )
            click.echo(f"  warranty uninstall --installation {account}")
            click.confirm(f"Forget {account} for good?", abort=True)
        dropped = forget_account(place.store, place.kept, account)
        again = account in place.config.installations
    work = f", and {_reviews(dropped)} that waited or were to come" if dropped else ""
    shown.say(f"Forgotten: {what}{work}.")
    shown.stays(again and bool(place.config.installations[account].subdomain))


def _reviews(number: int) -> str:
    return "1 review" if number == 1 else f"{number:,} reviews"
