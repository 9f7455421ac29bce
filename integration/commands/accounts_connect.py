"""What `warranty accounts connect` does: let the app into an account, as its admin would on the
set-up page."""

from __future__ import annotations

import os
from typing import Final

import click

from integration.commands.accounts_given import address_in
from integration.commands.accounts_place import Place, opened
from integration.commands.accounts_shown import reviews, say
from integration.commands.connected import address_of
from integration.connections import marketplace
from integration.installation import HelpdeskName
from integration.jobs import Jobs
from integration.setup.connect import CannotConnect, Connected, Connecting
from integration.setup.connected import checked
from integration.vendors import VENDORS

_CLIENT_SECRET: Final = "WARRANTY_CLIENT_SECRET"  # noqa: S105 - a name
_API_KEY: Final = "WARRANTY_API_KEY"


@click.command("connect", short_help="Connect an account, or renew its access.")
@click.argument("subdomain")
@click.option(
    "--freshdesk",
    is_flag=True,
    help="It is an account of Freshdesk. Its whole address says so as well.",
)
@click.option(
    "--client-id", metavar="ID", help="The OAuth client's identifier, which Zendesk asks for."
)
def connect_(subdomain: str, freshdesk: bool, client_id: str | None) -> None:
    """Connect the account SUBDOMAIN, or whose whole address that is: of Zendesk by an OAuth client
    of its own, of Freshdesk by an administrator's API key.

    \b
      warranty accounts connect acme --client-id warranty_desk
      warranty accounts connect acme --freshdesk
      warranty accounts connect acme.freshdesk.com

    Zendesk: an administrator of the account adds the client: Admin Center › Apps and integrations ›
    APIs › OAuth clients, of the kind Confidential. Its secret is asked for, or taken from the
    environment variable WARRANTY_CLIENT_SECRET.

    Freshdesk: the key stands in an administrator's Profile settings › View API key. It is asked
    for, or taken from the environment variable WARRANTY_API_KEY.

    Either is kept encrypted, and not shown. Run again, it renews the access of an account that is
    connected already.
    """
    name, named = address_in(subdomain)
    chosen: HelpdeskName = "freshdesk" if freshdesk else named or "zendesk"
    if named not in (None, chosen):
        raise click.UsageError(f"--freshdesk: {subdomain} is of {VENDORS[named].title}")
    if chosen == "zendesk" and client_id is None:
        raise click.UsageError(
            "--client-id: Zendesk lets apps in by an OAuth client (if it is an account of "
            "Freshdesk, give its whole address, or --freshdesk)"
        )
    if chosen == "freshdesk" and client_id is not None:
        raise click.UsageError(
            "--client-id: Freshdesk lets apps in by an API key, which is asked for"
        )
    again = list[str]()
    with opened() as place:
        try:
            checked(name, VENDORS[chosen], place.config.accounts)
            connecting = _connecting(place, again)
            if client_id is None:
                made = connecting.by_api_key(name, _secret(_API_KEY, "The API key"))
            else:
                secret = _secret(_CLIENT_SECRET, "The client's secret")
                made = connecting.by_own_client(name, client_id, secret)
        except CannotConnect as error:
            raise click.ClickException(str(error)) from None
    _say(made, again)


def _secret(variable: str, what: str) -> str:
    given = os.environ.get(variable) or click.prompt(what, hide_input=True)
    return str(given).strip()


def _connecting(place: Place, again: list[str]) -> Connecting:
    """What connects accounts; the reviews that start again thereby are added to ``again``."""
    jobs = Jobs(place.store)

    def revive(installation: str) -> None:
        waiting = jobs.waiting()
        again.extend(one.ticket_id for one in waiting if one.installation == installation)
        jobs.make_many_due(installation, again, "connected again")

    return Connecting(
        place.kept,
        client=None,
        redirect="",
        allowed=place.config.accounts,
        marketplace=marketplace(place.config.oauth),
        reviving=revive,
    )


def _say(made: Connected, again: list[str]) -> None:
    one = made.kept.installation
    if not made.fresh:
        now = "it is reached by this key from now on" if one.api_key else "its access is renewed"
        say(f"{address_of(one)} was connected already, as {one.id}; {now}.")
        if again:
            click.echo(f"{reviews(len(again))} set aside: started again.")
        return
    click.echo(f"{address_of(one)} is connected, as {one.id}.")
    click.echo("Nothing is changed in it yet, and nothing reviewed. Next:")
    if not made.kept.zone_said:
        words = "(yours; Freshdesk did not tell it)"
        click.echo(f"  warranty accounts set {one.id} time_zone=Europe/Berlin   {words}")
    click.echo(f"  warranty install --installation {one.id} --dry-run")
    click.echo(f"  warranty install --installation {one.id}")
    click.echo(f"  warranty accounts set {one.id} mode=shadow")
