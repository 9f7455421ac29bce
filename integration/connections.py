"""From an installation's settings to its helpdesk: accounts, and a connection for each review."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import structlog

from integration import budgets, errors
from integration.catalogue import FIELDS
from integration.config import Installation, OAuth
from integration.grants import Grant
from integration.helpdesks import Bindings, Helpdesk, freshdesk, zendesk
from integration.helpdesks.freshdesk_catalogue import flags
from integration.helpdesks.tokens import GrantGone, Tokens
from integration.helpdesks.watching import Spend, Told
from integration.helpdesks.zendesk_tokens import OAuthClient
from integration.installations import Installations
from integration.vault import NoKey
from integration.vendors import VENDORS, Account, Opened, vendor_of

_log = structlog.get_logger(__name__)


def account_of(installation: Installation) -> Account:
    """The account of an installation by what the environment gives, and no more: see
    ``zendesk_account``. ValueError where the address or the key are missing."""
    if installation.helpdesk == "freshdesk":
        return freshdesk_account(installation)
    return zendesk_account(installation)


def freshdesk_account(installation: Installation) -> freshdesk.Account:
    """The Freshdesk account of an installation. ValueError where it has no address or no key."""
    if not installation.subdomain or not installation.api_key:
        raise ValueError(f"installation {installation.id!r}: expected a subdomain and an API key")
    return freshdesk.Account(
        installation.id, installation.subdomain, installation.api_key, flags(FIELDS)
    )


def zendesk_account(installation: Installation) -> zendesk.Account:
    """The Zendesk account of an installation by what the environment gives to get tokens for it,
    which are kept in this process alone.

    ValueError where the installation has no address or no credentials; ``Config`` sees to both.
    """
    if not installation.subdomain:
        raise ValueError(f"installation {installation.id!r}: expected a subdomain")
    if installation.token:
        token: zendesk.StaticToken | zendesk.ClientCredentials = zendesk.StaticToken(
            installation.token
        )
    elif installation.client_id and installation.client_secret:
        token = zendesk.ClientCredentials(
            installation.subdomain, installation.client_id, installation.client_secret
        )
    else:
        raise ValueError(f"installation {installation.id!r}: expected a token or an OAuth client")
    return zendesk.Account(installation.id, installation.subdomain, token)


class Accounts:
    """The accounts of installations that are kept in the store; those of Zendesk each with the one
    grant that all processes share, those of Freshdesk with a key that the store hears of once it is
    refused. ``oauth`` is the global client of the marketplace app, if there is one. Safe to share
    between threads."""

    def __init__(self, installations: Installations, oauth: OAuth | None = None) -> None:
        self._installations = installations
        self._client = None if oauth is None else OAuthClient(oauth.client_id, oauth.client_secret)
        self._marketplace = marketplace(oauth)
        self._kept: dict[str, tuple[Installation, Account]] = {}

    def __call__(self, installation: Installation) -> Account:
        """The account of an installation. Its token raises Forbidden where access is gone."""
        kept = self._kept.get(installation.id)
        if kept is not None and _same_access(kept[0], installation):
            return kept[1]
        if not installation.subdomain:
            raise errors.Rejected(f"installation {installation.id!r}: it has no account")
        account = self._made(installation, installation.subdomain)
        self._kept[installation.id] = (installation, account)
        return account

    def _made(self, installation: Installation, subdomain: str) -> Account:
        if installation.helpdesk == "freshdesk":
            if not installation.api_key:
                raise errors.Forbidden(f"installation {installation.id!r}: it has no API key")
            return replace(freshdesk_account(installation), refused=self._refusing(installation))
        token: zendesk.StaticToken | Grant
        if installation.token:
            token = zendesk.StaticToken(installation.token)
        else:
            token = Grant(self._installations, installation.id, self._renewing(installation))
        return zendesk.Account(installation.id, subdomain, token, self._marketplace)

    def _refusing(self, installation: Installation) -> Callable[[], None]:
        """Keeps that the key of this moment is no longer accepted."""
        name, key = installation.id, installation.api_key or ""

        def refused() -> None:
            try:
                if self._installations.key_refused(name, key):
                    _log.error("API key refused", installation=name)
            except (errors.Unavailable, NoKey) as error:
                # It is refused the next time as well, and kept then.
                _log.warning("not kept: API key refused", installation=name, why=str(error))

        return refused

    def _renewing(self, installation: Installation) -> Callable[[str | None], Tokens]:
        subdomain = installation.subdomain or ""
        if installation.client_id and installation.client_secret:
            own = OAuthClient(installation.client_id, installation.client_secret)
            return lambda refresh: own.own(subdomain)

        def renew(refresh: str | None) -> Tokens:
            if self._client is None:
                raise errors.Unavailable(
                    f"{installation.id}: it was connected by the marketplace app's client, which "
                    "this process does not have (WARRANTY_OAUTH_CLIENT_ID)"
                )
            if refresh is None:
                raise GrantGone(f"{installation.id}: it holds no grant")
            return self._client.refresh(subdomain, refresh)

        return renew


def marketplace(oauth: OAuth | None) -> zendesk.Marketplace | None:
    """What the marketplace app's requests say of who sends them."""
    if oauth is None:
        return None
    return zendesk.Marketplace(oauth.name, oauth.organization_id, oauth.app_id)


def _same_access(one: Installation, other: Installation) -> bool:
    names = ("subdomain", "token", "client_id", "client_secret", "api_key")
    return all(getattr(one, name) == getattr(other, name) for name in names)


class Connections:
    """Opens a helpdesk connection for one review in the calling thread.

    What may be shared between threads is: an installation's account, whose token is renewed once
    for all of them, and the open sockets. A thread keeps its line to each account; what one review
    read is not kept for the next. ``told`` and ``spend`` hear of every request that is sent.
    ``accounts`` gives an installation's account; by default, by the environment's credentials.
    """

    def __init__(
        self,
        told: Told = lambda kind, status: None,
        spend: Spend = budgets.spend,
        *,
        accounts: Callable[[Installation], Account] | None = None,
    ) -> None:
        self._of = accounts or self._by_environment
        self._accounts: dict[str, Account] = {}
        self._adapters = {name: one.adapter(told, spend) for name, one in VENDORS.items()}
        self._own = _Lines()

    def __call__(self, installation: Installation, bindings: Bindings) -> Helpdesk:
        """A connection to the installation's helpdesk; sends nothing yet."""
        return self.line(installation).helpdesk(bindings)

    def line(self, installation: Installation) -> Opened:
        """The calling thread's line to the installation's account; sends nothing yet."""
        account = self._of(installation)
        line = self._own.lines.get(installation.id)
        if line is None or line.account is not account:
            adapter = self._adapters[installation.helpdesk]
            line = vendor_of(installation).open(account, adapter)
            self._own.lines[installation.id] = line
        return line

    def _by_environment(self, installation: Installation) -> Account:
        # Two threads may both get here first; whichever account stays serves all from then on.
        return self._accounts.get(installation.id) or self._accounts.setdefault(
            installation.id, account_of(installation)
        )


class _Lines(threading.local):
    """A thread's open lines, by installation."""

    def __init__(self) -> None:
        self.lines: dict[str, Opened] = {}


T = TypeVar("T")
Load = Callable[[str], Bindings | None]
"""Gives an installation's field bindings, or None while it has none (``Store.load_bindings``)."""


class CachedBindings:
    """Field bindings that are read anew after some ``seconds``, so that what `warranty install`
    changes counts within them. That there are none yet is not remembered. Safe to share between
    threads; ``clock`` counts seconds and never goes back.
    """

    def __init__(
        self, load: Load, seconds: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._clock = clock
        self._kept: dict[str, tuple[float, Bindings]] = {}

    def __call__(self, installation: str) -> Bindings | None:
        """The installation's bindings, or None where none were ever saved. Raises what loading
        them raises."""
        now = self._clock()
        kept = self._kept.get(installation)
        if kept is not None and now < kept[0] + self._seconds:
            return kept[1]
        bindings = self._load(installation)
        if bindings is None:
            self.forget(installation)
        else:
            self._kept[installation] = (now, bindings)
        return bindings

    def forget(self, installation: str) -> None:
        """Read this installation's bindings anew the next time."""
        self._kept.pop(installation, None)

    def heeding(self, review: Callable[[str, str], T]) -> Callable[[str, str], T]:
        """The same review; where it finds a field gone, the bindings are read anew the next
        time."""

        def heeded(installation: str, ticket: str) -> T:
            try:
                return review(installation, ticket)
            except errors.FieldGone:
                self.forget(installation)
                raise

        return heeded
