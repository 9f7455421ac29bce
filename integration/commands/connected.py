"""The accounts that a command works on, with the store beside them.

Without WARRANTY_KEYS there is one, the environment's; with them, those that the store keeps.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import click
import structlog

from integration import errors, logs
from integration.commands.environment import settings
from integration.config import Config, Installation, Role
from integration.connections import Accounts, account_of
from integration.directory import at_home, take_over
from integration.install import KINDS, title_of
from integration.installations import Installations
from integration.paced import paced
from integration.store import Moved, Store, connect
from integration.vault import NoKey, Vault
from integration.vendors import Account, Office, vendor_of

named = click.option("--installation", metavar="ID", help="Which account, where there are several.")
"""The option of every command that works on one account; ``connected`` takes its value."""


@dataclass(frozen=True, slots=True)
class Connected:
    """An installation, its account, and the store that holds its field bindings. ``kept`` is where
    installations are stored, None where the environment's one is all there is."""

    config: Config
    installation: Installation
    account: Account
    store: Store
    kept: Installations | None

    @property
    def patiently(self) -> Account:
        """The account, whose requests wait for their turn; it is said on the terminal."""
        say = partial(click.echo, err=True)
        return paced(self.installation, self.account, self.store, say=say)

    def office(self, url: str | None = None) -> Office:
        """The account for whoever sets it up; ``url`` in place of the configured address of this
        service."""
        one = self.installation
        return vendor_of(one).office(one, self.patiently, url or self.config.url)


@contextmanager
def connected(name: str | None = None) -> Iterator[Connected]:
    """The installation that is named, or else the only one there is. What goes wrong with the
    helpdesk or the store ends the command in words for an admin."""
    config = settings(Role.WORKER)
    store = connect(config.database_url)
    try:
        with told("Try again: it goes on where it stopped."):
            installations, kept = known(config, store)
            if kept is None:
                at_home(store, installations)
            one = chosen(installations, name)
            account = accounts(config, kept)(one)
            with _named(vendor_of(one).kinds):
                yield Connected(config, one, account, store, kept)
    finally:
        store.close()


def app_id(config: Config) -> str:
    """The number of the marketplace app; empty: there is none."""
    return config.oauth.app_id if config.oauth else ""


def known(config: Config, store: Store) -> tuple[Mapping[str, Installation], Installations | None]:
    """Every installation by its id, and where they are stored (see ``keeping``)."""
    kept = keeping(config, store)
    if kept is None:
        return config.installations, None
    return {one.installation.id: one.installation for one in kept.all()}, kept


def keeping(config: Config, store: Store) -> Installations | None:
    """Where installations are stored; None without keys, where the environment's is all there is.
    The environment's is taken over into the store, as the service does at its start."""
    if not config.keys:
        return None
    kept = Installations(store, Vault(config.keys))
    take_over(kept, config.installations, added=_say_added, elsewhere=_elsewhere)
    return kept


def chosen(installations: Mapping[str, Installation], name: str | None) -> Installation:
    """The installation of this id; without one, the only one there is. Ends the command where that
    is none."""
    if not installations:
        raise click.ClickException(
            "no account is connected yet: connect one on the set-up page, or by "
            "`warranty accounts connect`"
        )
    if name is None and len(installations) == 1:
        return next(iter(installations.values()))
    if name is None or name not in installations:
        rows = [f"  {one.id}{_address(one)}" for one in installations.values()]
        raise click.UsageError("\n".join(["--installation: expected one of", *rows]))
    return installations[name]


def accounts(config: Config, kept: Installations | None) -> Callable[[Installation], Account]:
    """Gives an installation's account; of one that is stored, with the grant that all processes
    share."""
    return account_of if kept is None else Accounts(kept, config.oauth)


@contextmanager
def told(then: str = "") -> Iterator[None]:
    """What ends a command, in words for a person: what it is, what to do, and where it may pass
    what comes ``then``. What is meant for a log alone is left out meanwhile."""
    try:
        with _quietly():
            yield
    except errors.Invalid as error:
        raise _complaints(error, KINDS) from None
    except errors.Rejected as error:
        raise click.ClickException(f"{error}\n{error.advice}") from None
    except Moved as error:
        raise click.ClickException(str(error)) from None
    except errors.Unavailable as error:
        raise click.ClickException(f"{error}\n{then}".strip()) from None
    except NoKey as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _named(kinds: Mapping[str, str]) -> Iterator[None]:
    """What a helpdesk complains of, in its own words for kinds of things."""
    try:
        yield
    except errors.Invalid as error:
        raise _complaints(error, kinds) from None


def _complaints(error: errors.Invalid, kinds: Mapping[str, str]) -> click.ClickException:
    lines = [f"  {title_of(key, kinds)}: {words}" for key, words in error.fields.items()]
    return click.ClickException("\n".join([str(error), *lines]))


@contextmanager
def _quietly() -> Iterator[None]:
    """Log to standard error, and no more than warnings: somebody is looking."""
    logs.configure()
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(**before)


def _say_added(one: Installation) -> None:
    click.echo(
        f"The environment's account{_address(one)} is now kept in the store, as {one.id}; "
        "from here on\nits settings are changed there.",
        err=True,
    )


def _elsewhere(one: Installation) -> None:
    """It is connected as another: the service says so in its log, at each start."""


def address_of(one: Installation) -> str:
    """Where people find an account, as ``acme.zendesk.com``."""
    return f"{one.subdomain}.{vendor_of(one).domain}"


def _address(one: Installation) -> str:
    return f" ({address_of(one)})" if one.subdomain else ""
