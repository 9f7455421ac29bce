"""Bearer tokens for Zendesk: a fixed one, or one that is fetched and renewed.

API tokens and passwords are no way in any more: since 2026-10-27 no account can create an API
token, and those that exist end on 2027-04-30 (developer.zendesk.com, "Migrating from API tokens
to OAuth access tokens").
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from integration import errors
from integration.helpdesks.zendesk_errors import calling, error_from
from integration.helpdesks.zendesk_wire import no_retries, origin

_RENEW_AT = 0.8
_DEFAULT_LIFE = 1800.0
_SCOPE = "read write"


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
        subject = f"{self._subdomain} POST /oauth/tokens"
        with calling(subject, writes=False):
            response = self._session.post(
                origin(self._subdomain) + "/oauth/tokens",
                json={
                    "grant_type": "client_credentials",
                    "client_id": self._client_id,
                    "client_secret": self._client_secret,
                    "scope": _SCOPE,
                },
                timeout=self._timeout,
                allow_redirects=False,
                auth=lambda request: request,  # keeps a ~/.netrc out
            )
            error = error_from(
                response.status_code,
                response.headers,
                response.content,
                subject=subject,
                writes=False,
            )
            if isinstance(error, errors.Invalid):
                # "invalid_client" and "invalid_grant" come as 400 as well as 401.
                raise errors.Forbidden(f"{subject}: answered {response.status_code}")
            if error is not None:
                raise error
            answer = response.json()
            # Clients made before 2026-04-30 may have tokens without an end.
            life = answer.get("expires_in")
            return _check(answer.get("access_token")), float(life or _DEFAULT_LIFE)
