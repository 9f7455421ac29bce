"""`warranty accounts`: the accounts that the store keeps, without the set-up page."""

from __future__ import annotations

from typing import Final

import click

from integration.commands import accounts_app
from integration.commands import accounts_shown as shown
from integration.commands.accounts_connect import connect_
from integration.commands.accounts_given import changed, given_of
from integration.commands.accounts_gone import forget_account
from integration.commands.accounts_place import opened
from integration.commands.connected import address_of
from integration.installations import Stale
from integration.jobs_waking import wake
from integration.records import Records
from integration.vault import NoKey

_WHO: Final = "command line"


@click.group()
def accounts() -> None:
    """The connected accounts, as the store keeps them: what the set-up page does, without it.

    They are kept there where WARRANTY_KEYS is set. No secret is shown once it is kept.
    """


@accounts.command("list", short_help="List the accounts, and how their access stands.")
def list_() -> None:
    """List the accounts: mode, access, and until when it has to be renewed.

    The version is that of its settings: it grows by one with each change. In a pipe, a line each
    without a head: id, address, mode, access, renew by (UTC) and version, with tabs in between. An
    access is good, gone or none; of a Freshdesk account it is its key, which has no end of its own,
    or gone once Freshdesk has refused that.
    """
    with opened() as place:
        found = place.kept.all()
    shown.accounts(found)


accounts.add_command(connect_)


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
    request_limit        its requests a minute; 0: what the helpdesk tells
    limit_share          per cent of both that the app may take

    Shows what changes, and how many of the tickets reviewed in the last 90 days would be decided
    differently; then asks, if there are any. What was changed is written down. Where the helpdesk
    did not tell the time zone, the account can be switched on once it is said here.
    """
    # Imported here because no other command judges tickets.
    from integration.setup.redecide import redecided  # noqa: PLC0415

    given = given_of(pairs)
    with opened() as place:
        before = place.get(account)
        if not given:
            shown.settings(before.as_json())
            return
        kept = changed(before, given)
        after = kept.installation
        names = shown.changes_of(before.as_json(), kept.as_json())
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
        click.echo(f"{shown.reviews(woken)} that waited for it: due now.")
    if after.mode != "off" and not placed:
        shown.say("Nothing is put in place in this account yet, so that nothing is reviewed:")
        click.echo(f"  warranty install --installation {account}")


@accounts.command(short_help="Show who changed which settings, and when.")
@click.argument("account")
def changes(account: str) -> None:
    """Show who changed which settings of ACCOUNT, and when: the newest first.

    In a pipe, a line for each setting: when (UTC), who, name, before and after, with tabs.
    """
    with opened() as place:
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
    or the app is not installed yet, and always in Freshdesk, whose apps' settings nobody but an
    admin can write, the new one is shown this once, with what else to copy and where. The one
    before it stays good for a while: ten minutes, or a day where you copy it.
    """
    with opened() as place:
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
    with opened() as place:
        try:
            one = place.get(account).installation
            what = f"{account} ({address_of(one)})"
        except NoKey:
            one, what = None, f"{account} (whose secrets cannot be read with the keys there are)"
        if not yes:
            shown.say(
                f"This forgets {what}: settings, secrets, and what waits to be done. What the app "
                "put into the account stays there, and its triggers or rules go on calling; to "
                "take that out, first run:"
            )
            click.echo(f"  warranty uninstall --installation {account}")
            click.confirm(f"Forget {account} for good?", abort=True)
        dropped = forget_account(place.store, place.kept, account)
        named = place.config.installations.get(account)
    work = f", and {shown.reviews(dropped)} that waited or were to come" if dropped else ""
    shown.say(f"Forgotten: {what}{work}.")
    shown.stays(one, named if named is not None and named.subdomain else None)
