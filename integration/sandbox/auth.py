"""Bearer tokens and what they may do.

developer.zendesk.com/documentation/api-basics/authentication/oauth-authentication, "Scopes": a
scope nobody knows still yields a token, which then may do nothing. A token acts as its user. How
tokens come to be by OAuth is told in ``oauth``.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from integration.sandbox import errors
from integration.sandbox.options import Json, stamp

if TYPE_CHECKING:
    from integration.sandbox.state import State

_RESOURCES = {
    *("tickets", "users", "organizations", "triggers", "automations", "webhooks", "macros", "apps"),
}
_ADMIN = {
    *("webhooks", "slas", "triggers", "trigger_categories", "automations", "ticket_fields"),
    *("custom_statuses", "groups", "apps", "ticket_forms"),
}
_ADMIN_READS = {"webhooks", "slas"}
SESSION = "sandbox.agent"
"""What the environment of a request calls the agent who is signed in: the agent's pages set it when
they ask for an app, and no request from outside can."""

_ONES_OWN = "/api/v2/oauth/tokens/"
"""Anybody may look at a token of their own and give it up (OAuth Tokens, "Allowed for")."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token stands for; ``expires_at`` None for never. ``id`` and ``client`` (numbers) are
    those that the API tells of it, ``refresh_until`` is when its refresh token ends."""

    user_id: int
    scopes: frozenset[str]
    expires_at: datetime | None
    id: int | None = None
    client: int | None = None
    created_at: datetime | None = None
    used_at: datetime | None = None
    refresh_until: datetime | None = None


def issue(
    state: State,
    user_id: int,
    scope: str = "read write",
    ttl: int | None = None,
    *,
    client: int | None = None,
    refresh_until: datetime | None = None,
) -> str:
    """A new token of a user; ``ttl`` in seconds, None for one that never expires."""
    token, now = secrets.token_urlsafe(32), state.now()
    state.tokens[token] = Grant(
        user_id,
        frozenset(scope.split()),
        now + timedelta(seconds=ttl) if ttl is not None else None,
        id=state.ids.large(),
        client=client,
        created_at=now,
        refresh_until=refresh_until,
    )
    return token


def bearer(header: str | None) -> str | None:
    """The token in an ``Authorization`` header, None where there is none."""
    kind, _, token = (header or "").partition(" ")
    return token if kind.lower() == "bearer" and token else None


def authenticate(state: State, header: str | None) -> tuple[Json, Grant]:
    """The user and grant behind an ``Authorization`` header; 401 where there is none."""
    given = bearer(header)
    if given is None:
        raise errors.not_authenticated()
    token = next(
        (t for t in state.tokens if secrets.compare_digest(t.encode(), given.encode())), None
    )
    grant = state.tokens.get(token or "")
    if token is None or grant is None or _over(grant.expires_at, state.now()):
        raise errors.bad_token()
    user = state.users.get(grant.user_id)
    if user is None or not user["active"] or user["suspended"]:
        raise errors.not_authenticated()
    state.tokens[token] = grant = replace(grant, used_at=state.now())
    return user, grant


def signed_in(state: State, user_id: int) -> tuple[Json, Grant]:
    """The agent who is signed in at the pages, who may do what their role may."""
    return state.users[user_id], Grant(user_id, frozenset(("read", "write")), None)


def _over(until: datetime | None, now: datetime) -> bool:
    return until is not None and until <= now


def authorize(user: Json, grant: Grant, method: str, path: str) -> None:
    """403 where the token's scopes or its user's role do not reach this far."""
    part = path.removeprefix("/api/v2/").split("/")[0]
    need = "read" if method in ("GET", "HEAD") else "write"
    if not grant.scopes & {need, f"{part if part in _RESOURCES else ''}:{need}"}:
        raise errors.missing_scope(need)
    if path.startswith(_ONES_OWN):
        return
    if user["role"] == "end-user":
        raise errors.forbidden()
    if user["role"] != "admin" and part in _ADMIN and (need == "write" or part in _ADMIN_READS):
        raise errors.forbidden()


def require_plan(state: State, path: str) -> None:
    """404 or 403 for what the account's plan does not have.

    Which of them SLA policies get is not documented. A Team plan is known to answer 404 for
    schedules (github.com/airbytehq/airbyte, issue 18511); both can be chosen in the options.
    """
    offered = state.options.sla_policies
    if not path.startswith("/api/v2/slas/") or offered == "offered":
        return
    if offered == "forbidden":
        raise errors.forbidden()
    raise errors.ApiError(404, {"error": "InvalidEndpoint", "description": "Not found"})


def token_json(state: State, token: str, grant: Grant) -> Json:
    """A token as the OAuth Tokens API tells it: of the token itself only its beginning."""

    def moment(at: datetime | None) -> str | None:
        return stamp(at) if at else None

    return {
        "url": state.link(f"oauth/tokens/{grant.id}"),
        "id": grant.id,
        "user_id": grant.user_id,
        "client_id": grant.client,
        "token": token[:10],
        "created_at": moment(grant.created_at),
        "expires_at": moment(grant.expires_at),
        "used_at": moment(grant.used_at),
        "scopes": sorted(grant.scopes),
        "refresh_token_expires_at": moment(grant.refresh_until),
    }
