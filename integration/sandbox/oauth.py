"""OAuth: who lets which client in, and the tokens that come of it. For trying and testing only.

support.zendesk.com 4408845965210, "Using OAuth authentication with your application", and
developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens. A code is good for 120
seconds and once. A refresh gives a new pair of tokens, and both old ones are dead at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from integration.sandbox import auth, consent
from integration.sandbox.consent import Request
from integration.sandbox.errors import ApiError, bad_request, not_found
from integration.sandbox.options import Client, Json, stamp
from integration.sandbox.state import State

CODE_LIFE = timedelta(seconds=120)
MARKETPLACE = (
    "X-Zendesk-Marketplace-Name",
    "X-Zendesk-Marketplace-Organization-Id",
    "X-Zendesk-Marketplace-App-Id",
)
"""What a marketplace app must send with every request, and Zendesk's review looks for
("Request header requirements for Marketplace apps")."""
_ACCESS, _REFRESH = 1_800, 2_592_000
_INVALID_GRANT = (
    "The provided access grant is invalid, expired, or revoked (e.g. invalid assertion, expired "
    "authorization token, bad end-user password credentials, or mismatching authorization code "
    "and redirection URI)."
)
_INVALID_CLIENT = (
    "Client authentication failed due to unknown client, no client authentication included, or "
    "unsupported authentication method."
)


@dataclass(slots=True)
class Authorization:
    """That a user let a client in: the pair of tokens it has now, and how often it was renewed.
    ``unmarked`` counts its requests that lacked a header which a marketplace app must send."""

    id: int
    client: Client
    user_id: int
    scope: str
    created_at: datetime
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    refresh_until: datetime
    refreshed: int = 0
    revoked: bool = False
    unmarked: int = 0


@dataclass(frozen=True, slots=True)
class _Code:
    request: Request
    user_id: int
    until: datetime


class Authorizations:
    """The clients an account knows, and who let them in. Not thread-safe: used under the state's
    lock. ``clients`` and their numbers may be added to."""

    def __init__(self, state: State) -> None:
        self._state = state
        o = state.options
        local = Client(o.client_id, "Warranty Desk (private)", o.client_secret, o.redirects)
        app = Client(o.global_id, o.app_name, o.global_secret, o.redirects, everywhere=True)
        self.clients = {client.id: client for client in (local, app, *o.clients)}
        self._numbers: dict[str, int] = {}
        self._codes: dict[str, _Code] = {}
        self._used: dict[str, Authorization] = {}
        self.granted: list[Authorization] = []

    def request(self, given: Mapping[str, str]) -> Request:
        """What a client asks a person for. Raises consent.Unfit."""
        return consent.understand(self.clients, given)

    def allow(self, asked: Request, user_id: int) -> str:
        """The address to send the person back to, with a code."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(asked, user_id, self._state.now() + CODE_LIFE)
        return consent.allowed(asked, code)

    # -- tokens -----------------------------------------------------------------------------------

    def tokens(self, given: Json) -> Json:
        """What ``POST /oauth/tokens`` answers; ApiError 400 and 401 else."""
        grants = {
            "authorization_code": self._exchange,
            "refresh_token": self._refresh,
            "client_credentials": self._own,
        }
        grant = grants.get(str(given.get("grant_type")))
        if grant is None:
            words = "The authorization grant type is not supported by the authorization server."
            raise _refusal("unsupported_grant_type", words)
        return grant(self._client(given), given)

    def _client(self, given: Json) -> Client:
        """The client, by its secret; or for a code by PKCE alone, as the manual's example does."""
        client = self.clients.get(str(given.get("client_id", "")))
        secret = str(given.get("client_secret") or "")
        if client is not None:
            if secrets.compare_digest((client.secret or "").encode(), secret.encode()):
                return client
            by_code = given.get("grant_type") == "authorization_code"
            if by_code and given.get("code_verifier") and not secret:
                return client
        raise _refusal("invalid_client", _INVALID_CLIENT, 401)

    def _exchange(self, client: Client, given: Json) -> Json:
        text = str(given.get("code", ""))
        if text in self._used:  # RFC 6749, 4.1.2: a code that comes twice was stolen
            self.revoke(self._used[text])
            raise _refusal("invalid_grant", _INVALID_GRANT)
        code = self._codes.get(text)
        if (
            code is None
            or code.until <= self._state.now()
            or code.request.client.id != client.id
            or code.request.redirect != given.get("redirect_uri")
            or not consent.verified(code.request.challenge, given)
        ):
            raise _refusal("invalid_grant", _INVALID_GRANT)
        lives = self._lives(given)
        del self._codes[text]
        now = self._state.now()
        made = Authorization(
            self._state.ids.large(), client, code.user_id, code.request.scope, now, "", "", now
        )
        self._used[text] = made
        self.granted.append(made)
        return self._pair(made, *lives)

    def _refresh(self, client: Client, given: Json) -> Json:
        shown = str(given.get("refresh_token") or "")
        found = next(
            (one for one in self.granted if not one.revoked and _same(one.refresh, shown)), None
        )
        if found is None or found.client.id != client.id:
            raise _refusal("invalid_grant", _INVALID_GRANT)
        user = self._state.users.get(found.user_id)
        gone = user is None or not user["active"] or user["suspended"]
        if gone or found.refresh_until <= self._state.now():
            raise _refusal("invalid_grant", _INVALID_GRANT)
        scope = str(given.get("scope") or found.scope)
        if not set(scope.split()) <= set(found.scope.split()):  # RFC 6749, 6; of Zendesk a guess
            raise _refusal("invalid_scope", "The requested scope exceeds what was granted.")
        lives = self._lives(given)
        self._state.tokens.pop(found.access, None)
        found.scope = scope
        found.refreshed += 1
        return self._pair(found, *lives)

    def _own(self, client: Client, given: Json) -> Json:
        """A confidential client of the account acts as its owner: here the app's own user."""
        if client.kind == "public" or client.everywhere:
            words = "The client is not authorized to request tokens of its own."
            raise _refusal("unauthorized_client", words)
        life, _ = self._lives(given)
        scope = str(given.get("scope") or "read write")
        owner = int(self._state.app_user["id"])
        token = auth.issue(self._state, owner, scope, life, client=self.number(client))
        return {"access_token": token, "token_type": "bearer", "scope": scope, "expires_in": life}

    def _pair(self, one: Authorization, life: int, refresh_life: int) -> Json:
        one.refresh = secrets.token_urlsafe(32)
        one.refresh_until = self._state.now() + timedelta(seconds=refresh_life)
        one.access = auth.issue(
            self._state,
            one.user_id,
            one.scope,
            life,
            client=self.number(one.client),
            refresh_until=one.refresh_until,
        )
        return {
            "access_token": one.access,
            "refresh_token": one.refresh,
            "token_type": "bearer",
            "scope": one.scope,
            "expires_in": life,
            "refresh_token_expires_in": refresh_life,
        }

    def _lives(self, given: Json) -> tuple[int, int]:
        """Seconds for the access and the refresh token. The manual's bounds: above 300 and below
        172,800; from 604,800 (its own example) and below 7,776,000. The answer is a guess."""
        life, longer = given.get("expires_in"), given.get("refresh_token_expires_in")
        bounds = {
            "expires_in": (life, 301, 172_799),
            "refresh_token_expires_in": (longer, 604_800, 7_775_999),
        }
        for name, (value, least, most) in bounds.items():
            number = _number(value)
            if value is not None and (number is None or not least <= number <= most):
                raise bad_request("invalid_request", f"{name} must be from {least} to {most}")
        options = self._state.options
        return (
            options.access_life or _number(life) or _ACCESS,
            options.refresh_life or _number(longer) or _REFRESH,
        )

    # -- looking, and taking back -----------------------------------------------------------------

    def number(self, client: Client) -> int:
        """The client's number, as the API tells it beside its tokens."""
        return self._numbers.setdefault(client.id, self._state.ids.large())

    def revoke(self, one: Authorization) -> None:
        """Take back what was granted: both tokens are dead, as where an admin removes the app."""
        one.revoked = True
        self._state.tokens.pop(one.access, None)

    def revoke_token(self, token: str) -> None:
        """Take back one access token, and with it the grant it belongs to."""
        self._state.tokens.pop(token, None)
        for one in self.granted:
            if one.access == token:
                self.revoke(one)

    def note_unmarked(self, token: str | None) -> None:
        """Count a request that lacks one of the headers ``MARKETPLACE``, where the token with it is
        a global client's."""
        for one in self.granted:
            if one.client.everywhere and one.access == token:
                one.unmarked += 1

    def find(self, grant_id: int) -> Authorization:
        """What was granted under this id; 404 where nothing was."""
        for one in self.granted:
            if one.id == grant_id:
                return one
        raise not_found()

    def rows(self) -> list[Json]:
        """Everything that was ever granted, without a token."""
        return [self._row(one) for one in self.granted]

    def _row(self, one: Authorization) -> Json:
        return {
            "id": one.id,
            "client_id": one.client.id,
            "client_name": one.client.name,
            "user_id": one.user_id,
            "scope": one.scope,
            "created_at": stamp(one.created_at),
            "refresh_token_expires_at": stamp(one.refresh_until),
            "refreshed": one.refreshed,
            "revoked": one.revoked,
            "requests_without_marketplace_headers": one.unmarked,
        }


def _same(one: str, other: str) -> bool:
    return bool(other) and secrets.compare_digest(one.encode(), other.encode())


def _number(value: Any) -> int | None:
    """A whole number, also as a form has it."""
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _refusal(error: str, words: str, status: int = 400) -> ApiError:
    return ApiError(status, {"error": error, "error_description": words})
