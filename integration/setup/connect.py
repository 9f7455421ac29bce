"""Connecting an account: what happens between an admin's wish and what it is reached by, in the
store.

Zendesk in two ways: by the global client of the marketplace app (authorization code with PKCE, "Set
up a global OAuth client"), and by an OAuth client of the account itself (``client_credentials``),
for a private set-up. Freshdesk by an API key (``connect_key``). Whichever way, nobody is let in but
an administrator of that very account, and what is granted is stored before it is used.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from integration import errors
from integration.config import Installation
from integration.helpdesks.tokens import GrantGone, Tokens
from integration.helpdesks.zendesk import Account, Marketplace, StaticToken
from integration.helpdesks.zendesk_people import Person, me, revoke
from integration.helpdesks.zendesk_tokens import OAuthClient
from integration.installations import Installations, Kept, Taken
from integration.setup.connect_key import by_key
from integration.setup.connected import (
    CannotConnect,
    Connected,
    checked,
    new_id,
    no_subdomain,
    refused,
)
from integration.vendors import FRESHDESK, ZENDESK

__all__ = ["Asked", "CannotConnect", "Connected", "Connecting"]

_log = structlog.get_logger(__name__)

_NOT_ADMIN: Final = (
    "Only an administrator of the account can connect it: sign in to Zendesk as one, and try again."
)
_OWNER_NOT_ADMIN: Final = (
    "This client belongs to somebody who is no administrator: the app would lack their rights. "
    "Have an administrator add the client."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish to connect by the helpdesk's OAuth, on its way there and back. ``verifier`` proves on
    return that whoever comes back is who left (PKCE); ``state`` that nobody else sent them."""

    subdomain: str
    state: str
    verifier: str


class Connecting:
    """Connects accounts. ``client`` is the global OAuth client (None: private set-ups only),
    ``allowed`` the whole addresses that may connect here (empty: any), ``redirect`` the address to
    which the helpdesk sends an admin back. ``reviving`` is told of an installation that has access
    again.
    """

    def __init__(
        self,
        installations: Installations,
        *,
        client: OAuthClient | None,
        redirect: str,
        allowed: frozenset[str] = frozenset(),
        marketplace: Marketplace | None = None,
        reviving: Callable[[str], object] = lambda installation: None,
    ) -> None:
        self._installations = installations
        self._client = client
        self._redirect = redirect
        self._allowed = allowed
        self._marketplace = marketplace
        self._reviving = reviving

    @property
    def by_marketplace(self) -> bool:
        """Whether accounts can be connected by the global client."""
        return self._client is not None

    # -- the marketplace app's way -------------------------------------------------------------

    def ask(self, subdomain: str) -> tuple[str, Asked]:
        """Where to send an admin, and what to remember meanwhile. Raises CannotConnect."""
        self._may(subdomain)
        if self._client is None:
            raise CannotConnect(
                "This service has no client of Zendesk's marketplace; use the account's own client."
            )
        asked = Asked(subdomain, secrets.token_urlsafe(24), secrets.token_urlsafe(48))
        digest = hashlib.sha256(asked.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        url = self._client.authorization(
            subdomain, redirect=self._redirect, state=asked.state, challenge=challenge
        )
        return url, asked

    def answer(self, asked: Asked, *, state: str, code: str) -> Connected:
        """The admin came back with a code. Raises CannotConnect, or errors.Unavailable."""
        assert self._client is not None  # it was asked by it
        if not secrets.compare_digest(asked.state.encode(), state.encode()):
            raise CannotConnect("The helpdesk's answer belongs to another attempt: begin again.")
        try:
            tokens = self._client.exchange(
                asked.subdomain, code=code, verifier=asked.verifier, redirect=self._redirect
            )
        except GrantGone:
            raise CannotConnect(
                "Zendesk did not accept this attempt (it is good for two minutes): begin again."
            ) from None
        except errors.Forbidden:
            raise CannotConnect(
                "Zendesk does not accept this service's own client: its operator must see to "
                "WARRANTY_OAUTH_CLIENT_ID and WARRANTY_OAUTH_CLIENT_SECRET."
            ) from None
        except errors.Rejected as error:
            raise refused(asked.subdomain, ZENDESK, error) from None
        return self._let_in(asked.subdomain, tokens)

    # -- the account's own client ----------------------------------------------------------------

    def by_own_client(self, subdomain: str, client_id: str, client_secret: str) -> Connected:
        """Connect by an OAuth client that the account's admin has made. Raises CannotConnect, or
        errors.Unavailable."""
        self._may(subdomain)
        if not client_id or not client_secret:
            raise CannotConnect("Fill in the client's identifier and its secret.")
        if not (client_id + client_secret).isprintable():
            raise CannotConnect("Identifier and secret are one line each: copy both again.")
        client = OAuthClient(client_id, client_secret)
        try:
            tokens = client.own(subdomain)
        except errors.Forbidden:
            raise CannotConnect(
                f"Zendesk does not know this client in {subdomain}, or its secret is another: copy "
                "both again (Admin Center › Apps and integrations › APIs › OAuth clients). The "
                "client must be confidential."
            ) from None
        except errors.Rejected as error:
            raise refused(subdomain, ZENDESK, error) from None
        return self._let_in(subdomain, tokens, client)

    # -- Freshdesk -------------------------------------------------------------------------------

    def by_api_key(self, subdomain: str, key: str) -> Connected:
        """Connect a Freshdesk account by an administrator's API key, or renew its key. Raises
        CannotConnect, or errors.Unavailable."""
        checked(subdomain, FRESHDESK, self._allowed)
        return by_key(self._installations, subdomain, key, self._reviving)

    # -- both ways of Zendesk --------------------------------------------------------------------

    def _may(self, subdomain: str) -> None:
        checked(subdomain, ZENDESK, self._allowed)
        try:
            Account("new", subdomain, StaticToken("none"))
        except ValueError:
            raise no_subdomain(ZENDESK) from None

    def _let_in(self, subdomain: str, tokens: Tokens, own: OAuthClient | None = None) -> Connected:
        """Keep what was granted, by the account's ``own`` client or by the global one."""
        account = Account("new", subdomain, StaticToken(tokens.access), self._marketplace)
        try:
            person = me(account)
        except errors.Forbidden:
            raise CannotConnect(
                f"What the account {subdomain} granted is not enough: the app needs to read and "
                "write."
            ) from None
        except errors.Rejected as error:
            raise refused(subdomain, ZENDESK, error) from None
        if not person.admin:
            _give_back(account)
            raise CannotConnect(_OWNER_NOT_ADMIN if own else _NOT_ADMIN)
        kept = self._installations.at("zendesk", subdomain)
        if kept is None:
            kept = self._add(subdomain, person, tokens, own)
            if kept is not None:
                return Connected(kept, person.id, True)
            # By the same admin's second click, or another admin, in between.
            kept = self._installations.at("zendesk", subdomain)
            assert kept is not None
        self._renew(kept, tokens, own, account)
        return Connected(self._installations.get(kept.installation.id) or kept, person.id, False)

    def _renew(self, kept: Kept, tokens: Tokens, own: OAuthClient | None, account: Account) -> None:
        """An account that is known already was connected once more."""
        name = kept.installation.id
        if own is not None:
            # Its client first: by the tokens alone nobody could get the next ones.
            self._installations.keep_secrets(
                name, client_id=own.id, client_secret=own.secret, token=None
            )
            self._installations.keep_tokens(name, tokens, serial=None)
        elif kept.grant == "good":
            _give_back(account)  # it works already: this was to prove who comes
            return
        else:
            self._installations.keep_tokens(name, tokens, serial=None)
            # What it was reached by before is gone, or was never tried.
            self._installations.keep_secrets(name, client_id=None, client_secret=None, token=None)
        _log.info("account connected again", installation=name)
        self._reviving(name)

    def _add(
        self, subdomain: str, person: Person, tokens: Tokens, own: OAuthClient | None
    ) -> Kept | None:
        """Keep a new account; None where somebody was quicker."""
        installation = Installation(
            new_id(subdomain),
            subdomain=subdomain,
            mode="off",
            time_zone=ZoneInfo(person.time_zone or "UTC"),
            client_id=own.id if own else None,
            client_secret=own.secret if own else None,
        )
        try:
            said = person.time_zone is not None
            self._installations.add(installation, tokens, zone_said=said)
        except Taken:
            return None
        _log.info("account connected", installation=installation.id)
        return self._installations.get(installation.id)


def _give_back(account: Account) -> None:
    try:
        revoke(account)
    except errors.HelpdeskError as error:
        _log.warning("token not given back", why=type(error).__name__)
