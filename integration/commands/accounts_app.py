"""What `warranty accounts app-secret` does: another secret for the app in the sidebar.

The new one is put into the app by the helpdesk's API. Only where that is not to be had, as always
in Freshdesk, is it shown, once and to whoever is at the terminal, for them to copy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import click

from integration import errors
from integration.commands.accounts_shown import say
from integration.commands.connected import accounts, app_id
from integration.config import Config
from integration.directory import FRESH
from integration.helpdesks.zendesk_wire import open_line
from integration.installations import Installations, Kept
from integration.installed_app import (
    AT_ONCE,
    BY_HAND,
    SETTINGS,
    Sidebar,
    known_of,
    look,
    not_found,
    put,
)
from integration.vendors import freshdesk_office, zendesk_only


@dataclass(frozen=True, slots=True)
class _App:
    """Where an admin finds the app's ``settings``, what the service's ``address`` is called there,
    and what it is made of."""

    settings: str
    address: str
    reached: Callable[[str], str]


_ZENDESK: Final = _App(SETTINGS, "Address of the Warranty Desk service", str)
_FRESHDESK: Final = _App(
    f"the fields that the app asks for as you install it, or into {freshdesk_office.SETTINGS}",
    "Service host",
    lambda url: urlsplit(url).netloc,
)
_UNTIL_KNOWN: Final = FRESH + 1.0
"""Seconds until every process accepts a new secret: the app must not use it before."""


def tell(config: Config, kept: Installations, one: Kept) -> None:
    """Say where the secret is; not what it is."""
    known = _known(config, kept, one)
    name = known.installation
    if one.installation.helpdesk == "freshdesk":
        if one.installation.app_secret is None:
            say("None was made yet, so that the app in the sidebar is not answered.")
            click.echo(f"  warranty accounts app-secret {name} --new")
            return
        say("There is one. Whether the app has it is not known: Freshdesk does not tell.")
    elif one.installation.app_secret is None:
        click.echo("None was made yet: `warranty install` makes one, and puts it into the app.")
    elif known.put is None:
        click.echo("There is one. The service has not put it into an app itself.")
    elif not known.put.current:
        click.echo("A new one was made, and is not in the app's settings as far as is known here.")
    else:
        say(f"It is in the settings of the installed app (number {known.put.app}).")
    say(f"It is not shown. Another is made by `warranty accounts app-secret {name} --new`.")


def renew(config: Config, kept: Installations, one: Kept) -> None:
    """Make another secret, and put it into the app; show it where that is refused."""
    known = _known(config, kept, one)
    if one.installation.helpdesk == "freshdesk":
        why = "Freshdesk does not let the app's settings be written from here."
        _by_hand(kept.new_app_secret(known.installation, BY_HAND), known, why, _FRESHDESK)
        return
    line = open_line(zendesk_only(accounts(config, kept)(one.installation)))
    # Looked for first: while nobody knows whether the app can be reached, nothing is changed.
    try:
        found = look(line, known)
    except errors.Rejected as error:
        why = f"Zendesk does not show installed apps ({type(error).__name__})."
        _by_hand(kept.new_app_secret(known.installation, BY_HAND), known, why)
        return
    if found.app is None:
        why = f"The app cannot be set up: {not_found(found, known)}."
        _by_hand(kept.new_app_secret(known.installation, BY_HAND), known, why)
        return
    secret = kept.new_app_secret(known.installation, BY_HAND)
    click.echo("A new secret is made; waiting until the whole service knows it.", err=True)
    wait(_UNTIL_KNOWN)
    try:
        put(line, kept, found.app, known)
    except errors.Rejected:
        _by_hand(secret, known, "Zendesk does not let the app's settings be changed.")
        return
    minutes = round(AT_ONCE.total_seconds() / 60)
    say(
        f"The new secret is in the settings of the installed app (number {found.app.id}). The one "
        f"before it is good for another {minutes} minutes. Agents who have Zendesk open reload it."
    )


def wait(seconds: float) -> None:
    """Wait that long."""
    threading.Event().wait(seconds)


def _by_hand(secret: str, known: Sidebar, why: str, app: _App = _ZENDESK) -> None:
    # To standard error, so that what is piped on is the secret alone.
    for line in (
        why,
        f"Copy these into {app.settings}:",
        f"  {app.address}: {app.reached(known.service_url)}",
        f"  Installation: {known.installation}",
        "  App secret (it is not shown again; the one before it is good for another day):",
    ):
        click.echo(line, err=True)
    click.echo(secret)


def _known(config: Config, kept: Installations, one: Kept) -> Sidebar:
    name = one.installation.id
    known = known_of(kept, name, config.url, app_id(config))
    if known is None:
        raise click.UsageError("set WARRANTY_URL: the app has to know where the service is")
    return known
