"""Bearer tokens for Zendesk: a fixed one, or one that is fetched and renewed.

API tokens and passwords are no way in any more: since 2026-10-27 no account can create an API
token, and those that exist end on 2027-04-30 (developer.zendesk.com, "Migrating from API tokens
to OAuth access tokens").
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import requests

from integration import errors
from integration.helpdesks.tokens import GrantGone, Tokens
from integration.helpdesks.transport import calling
from integration.helpdesks.zendesk_errors import error_from
from integration.helpdesks.zendesk_wire import no_retries, origin

SCOPE: Final = "read write"
"""What the app asks for. Zendesk has no narrower scopes for ticket fields, views and SLA policies
(support.zendesk.com 4408845965210)."""

_RENEW_AT = 0.8
_DEFAULT_LIFE = 1800.0
_DEFAULT_REFRESH_LIFE = 2_592_000.0
_TIMEOUT: Final = (3.05, 15.0)
_LIVES: Final = {"expires_in": 1800, "refresh_token_expires_in": 89 * 86_400}
"""What is asked for, in seconds: short access, and about the longest refresh that Zendesk gives
("less than 7,776,000", which is 90 days), so that an account may rest for a quarter of a year."""


def _check(token: object) -> str:
    """A token as it may stand in a header. The message does not repeat it."""
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        raise ValueError("token: expected printable ASCII text")
    if " " in token:
        raise ValueError("token: expected no spaces")
    return token


@dataclass(frozen=True, slots=True)
class StaticToken:
    """An access token that somebody else keeps valid. ValueError for one that cannot be one."""

    token: str = field(repr=False)

    def __post_init__(self) -> None:
        _check(self.token)

    def __call__(self) -> str:
        """The token."""
        return self.token


class ClientCredentials:
    """Tokens of a confidential OAuth client of the account itself (grant ``client_credentials``,
    ``POST /oauth/tokens``), kept in this process only.

    Safe to share between threads, and meant to be: one is renewed at a time, while the others
    wait for it. A token is renewed at 80 % of its life, and when it was refused (``invalidate``).
    ``clock`` counts seconds and never goes back. Calling it raises ``Forbidden`` where Zendesk
    does not know the client or its secret, else ``Unavailable`` and its kin, never ambiguous: no
    ticket was touched.

    A wrong scope still yields a token, with which every call answers 403.
    """

    def __init__(
        self,
        subdomain: str,
        client_id: str,
        client_secret: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        session: requests.Session | None = None,
        timeout: tuple[float, float] = (3.05, 15.0),
    ) -> None:
        self._subdomain = subdomain
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._session = session or requests.Session()
        self._session.mount("http://", no_retries())
        self._session.mount("https://", no_retries())
        self._timeout = timeout
        self._lock = threading.Lock()
        self._token: str | None = None
        self._renew_at = 0.0

    def __repr__(self) -> str:
        return f"ClientCredentials(subdomain={self._subdomain!r})"

    def __call__(self) -> str:
        """A token that is good for a while; fetched if need be."""
        with self._lock:
            if self._token is None or self._clock() >= self._renew_at:
                self._token = None
                started = self._clock()
                self._token, life = self._fetch()
                self._renew_at = started + _RENEW_AT * life
            return self._token

    def invalidate(self, token: str) -> bool:
        """Forget a token that was refused, unless it is already replaced. True: ask again."""
        with self._lock:
            if self._token == token:
                self._token = None
            return True

    def _fetch(self) -> tuple[str, float]:
        client = OAuthClient(self._client_id, self._client_secret)
        granted = client.own(self._subdomain, session=self._session, timeout=self._timeout)
        return granted.access, granted.life


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A confidential OAuth client: one of an account itself, or a global one that every account
    may let in (support.zendesk.com, "Set up a global OAuth client").

    Each method is one request. It raises ``GrantGone`` where Zendesk no longer accepts the code or
    the refresh token, ``Forbidden`` where it does not accept the client, else ``Unavailable`` and
    its kin. What is shown may be used up although no answer came: then the error is ambiguous.
    """

    id: str
    secret: str | None = field(repr=False)

    def authorization(
        self, subdomain: str, *, redirect: str, state: str, challenge: str, scope: str = SCOPE
    ) -> str:
        """The address at which an admin lets the app in: authorization code with PKCE (S256)."""
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.id,
                "redirect_uri": redirect,
                "scope": scope,
                "state": state,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        return f"{origin(subdomain)}/oauth/authorizations/new?{query}"

    def exchange(self, subdomain: str, *, code: str, verifier: str, redirect: str) -> Tokens:
        """The tokens for a code, which is good for 120 seconds and once."""
        return self._post(
            subdomain,
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect,
                "code_verifier": verifier,
                "scope": SCOPE,
                **_LIVES,
            },
        )

    def refresh(self, subdomain: str, refresh: str) -> Tokens:
        """New tokens for a refresh token. The call destroys it and the access token beside it."""
        body = {"grant_type": "refresh_token", "refresh_token": refresh, "scope": SCOPE, **_LIVES}
        return self._post(subdomain, body)

    def own(
        self,
        subdomain: str,
        *,
        session: requests.Session | None = None,
        timeout: tuple[float, float] = _TIMEOUT,
    ) -> Tokens:
        """A token of the account's own client (``client_credentials``); can be asked for again."""
        body = {"grant_type": "client_credentials", "scope": SCOPE}
        granted = self._post(subdomain, body, session=session, timeout=timeout)
        # Whether a refresh token comes with it is not documented: it is not needed.
        return Tokens(granted.access, granted.life)

    def _post(
        self,
        subdomain: str,
        body: Mapping[str, object],
        *,
        session: requests.Session | None = None,
        timeout: tuple[float, float] = _TIMEOUT,
    ) -> Tokens:
        subject = f"{subdomain} POST /oauth/tokens"
        who = {"client_id": self.id, **({"client_secret": self.secret} if self.secret else {})}
        session = session or _once()
        with calling(subject, writes=body["grant_type"] != "client_credentials"):
            response = session.post(
                origin(subdomain) + "/oauth/tokens",
                json={**body, **who},
                timeout=timeout,
                allow_redirects=False,
                auth=lambda request: request,  # keeps a ~/.netrc out
            )
            error = error_from(
                response.status_code,
                response.headers,
                response.content,
                subject=subject,
                writes=body["grant_type"] != "client_credentials",
            )
            if error is not None:
                raise _refused(error, response)
            answer = response.json()
            # Clients made before 2026-04-30 may have tokens without an end.
            life = answer.get("expires_in")
            refresh = answer.get("refresh_token")
            ends = answer.get("refresh_token_expires_in")
            return Tokens(
                _check(answer.get("access_token")),
                float(life or _DEFAULT_LIFE),
                None if refresh is None else _check(refresh),
                None if refresh is None else float(ends or _DEFAULT_REFRESH_LIFE),
            )


def _refused(error: errors.HelpdeskError, response: requests.Response) -> errors.HelpdeskError:
    """What a refused request for tokens means. Zendesk answers "invalid_client" and "invalid_grant"
    with 400 as well as 401 (RFC 6749, 5.2), and only the latter is about what was granted."""
    if response.status_code not in (400, 401):
        return error
    try:
        said = response.json().get("error")
    except (ValueError, AttributeError):
        return error
    if said == "invalid_grant":
        return GrantGone(str(error))
    if said in ("invalid_client", "unauthorized_client", "access_denied", "invalid_scope"):
        return errors.Forbidden(
            str(error), advice="Check the OAuth client's id and secret, then connect again."
        )
    return error


def _once() -> requests.Session:
    """A session that sends each request once."""
    session = requests.Session()
    session.mount("http://", no_retries())
    session.mount("https://", no_retries())
    return session
