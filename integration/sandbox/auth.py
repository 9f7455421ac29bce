"""Bearer tokens and what they may do.

developer.zendesk.com/documentation/api-basics/authentication/oauth-authentication, "Scopes": a
scope nobody knows still yields a token, which then may do nothing. A token acts as its user.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from integration.sandbox import errors
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.state import State

_RESOURCES = {
    *("tickets", "users", "organizations", "triggers", "automations", "webhooks", "macros"),
}
_ADMIN = {
    *("webhooks", "slas", "triggers", "trigger_categories", "automations", "ticket_fields"),
    *("custom_statuses", "groups"),
}
_ADMIN_READS = {"webhooks", "slas"}
DEFAULT_TTL = 1800


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token stands for; ``expires_at`` None for never."""

    user_id: int
    scopes: frozenset[str]
    expires_at: datetime | None


def issue(state: State, user_id: int, scope: str = "read write", ttl: int | None = None) -> str:
    """A new token of a user; ``ttl`` in seconds, None for one that never expires."""
    token = secrets.token_urlsafe(32)
    until = state.now() + timedelta(seconds=ttl) if ttl is not None else None
    state.tokens[token] = Grant(user_id, frozenset(scope.split()), until)
    return token


def authenticate(state: State, header: str | None) -> tuple[Json, Grant]:
    """The user and grant behind an ``Authorization`` header; 401 where there is none."""
    kind, _, token = (header or "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise errors.not_authenticated()
    grant = next(
        (g for t, g in state.tokens.items() if secrets.compare_digest(t.encode(), token.encode())),
        None,
    )
    if grant is None or (grant.expires_at is not None and grant.expires_at <= state.now()):
        raise errors.bad_token()
    user = state.users.get(grant.user_id)
    if user is None or not user["active"] or user["suspended"]:
        raise errors.not_authenticated()
    return user, grant


def authorize(user: Json, grant: Grant, method: str, path: str) -> None:
    """403 where the token's scopes or its user's role do not reach this far."""
    part = path.removeprefix("/api/v2/").split("/")[0]
    need = "read" if method in ("GET", "HEAD") else "write"
    if not grant.scopes & {need, f"{part if part in _RESOURCES else ''}:{need}"}:
        raise errors.missing_scope(need)
    if user["role"] == "end-user":
        raise errors.forbidden()
    if user["role"] != "admin" and part in _ADMIN and (need == "write" or part in _ADMIN_READS):
        raise errors.forbidden()


def token_for_client(state: State, given: Json) -> Json:
    """``POST /oauth/tokens`` with ``client_credentials``: the answer's body; 400 and 401 else."""
    if given.get("grant_type") != "client_credentials":
        raise errors.ApiError(
            400,
            {
                "error": "unsupported_grant_type",
                "error_description": "The authorization grant type is not supported by the "
                "authorization server.",
            },
        )
    pairs = (
        (str(given.get("client_id", "")), state.options.client_id),
        (str(given.get("client_secret", "")), state.options.client_secret),
    )
    if not all([secrets.compare_digest(one.encode(), other.encode()) for one, other in pairs]):
        raise errors.ApiError(
            401,
            {
                "error": "invalid_client",
                "error_description": "Client authentication failed due to unknown client, no "
                "client authentication included, or unsupported authentication method.",
            },
        )
    ttl = given.get("expires_in", DEFAULT_TTL)
    if not isinstance(ttl, int) or not 300 <= ttl <= 172_800:
        raise errors.bad_request("invalid_request", "expires_in must be from 300 to 172800")
    scope = str(given.get("scope") or "read write")
    token = issue(state, int(state.app_user["id"]), scope, ttl)
    return {"access_token": token, "token_type": "bearer", "scope": scope, "expires_in": ttl}
