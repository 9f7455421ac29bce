"""Webhooks as an admin sees them: endpoint, secret, credentials, log of deliveries.

developer.zendesk.com/api-reference/webhooks. Credentials are never shown again once saved.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from integration.sandbox.errors import ApiError, not_found
from integration.sandbox.ids import ulid
from integration.sandbox.options import Json, stamp

if TYPE_CHECKING:
    from integration.sandbox.state import State

TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105
"""The public secret that signs a test of a webhook that is not saved yet."""

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_FORMATS = ("json", "xml", "form_encoded")
_REQUIRED = ("name", "status", "endpoint", "http_method", "request_format")
_WRITABLE = (*_REQUIRED, "description", "subscriptions", "authentication", "custom_headers")


@dataclass(slots=True)
class Webhook:
    """A webhook with what it keeps to itself; ``ended`` are invocations by id, in order."""

    row: Json
    secret: str
    ended: dict[str, Json] = field(default_factory=dict)
    attempts: dict[str, list[Json]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.row["id"])

    @property
    def invocations(self) -> list[Json]:
        """Its invocations, the one that ended last first."""
        return list(reversed(self.ended.values()))


def new_secret() -> str:
    """A signing secret; used as the text it is, never decoded."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _refused(title: str) -> ApiError:
    error = {"code": "InvalidParameter", "title": title, "status": "400"}
    return ApiError(400, {"errors": [error]})


def _checked(given: Json) -> Json:
    """What a request may set, or 400 with the first thing wrong with it."""
    row = {name: given[name] for name in _WRITABLE if name in given}
    endpoint = urlsplit(str(row.get("endpoint", "http://localhost")))
    if endpoint.scheme not in ("http", "https") or not endpoint.netloc:
        raise _refused("endpoint must be a URL")
    if row.get("http_method", "POST") not in _METHODS:
        raise _refused("http_method is not known")
    if row.get("request_format", "json") not in _FORMATS:
        raise _refused("request_format is not known")
    if row.get("status", "active") not in ("active", "inactive"):
        raise _refused("status must be active or inactive")
    if not isinstance(row.get("subscriptions", []), list):
        raise _refused("subscriptions must be a list")
    return row


def create(state: State, given: Json, user_id: int) -> Webhook:
    """A new webhook with a secret of its own, or the one the request brings along."""
    row = _checked(given)
    if missing := [name for name in _REQUIRED if not row.get(name)]:
        raise _refused(f"{missing[0]} is required")
    row.setdefault("subscriptions", [])
    row |= {
        "id": ulid(state.now()),
        "created_at": stamp(state.now()),
        "created_by": str(user_id),
    }
    brought = given.get("signing_secret")
    own = brought.get("secret") if isinstance(brought, dict) else None
    webhook = Webhook(row, str(own) if own else new_secret())
    state.webhooks[webhook.id] = webhook
    return webhook


def clone(state: State, webhook_id: str, user_id: int) -> Webhook:
    """A copy of a webhook, with a secret of its own."""
    return create(state, get(state, webhook_id).row, user_id)


def change(state: State, webhook: Webhook, given: Json, user_id: int, *, replace: bool) -> None:
    """PATCH a webhook, or PUT one: the latter drops what is not given again."""
    row = _checked(given)
    if replace:
        if missing := [name for name in _REQUIRED if not row.get(name)]:
            raise _refused(f"{missing[0]} is required")
        for name in _WRITABLE:
            if name != "subscriptions":
                webhook.row.pop(name, None)
    webhook.row |= row
    webhook.row |= {"updated_at": stamp(state.now()), "updated_by": str(user_id)}


def get(state: State, webhook_id: str) -> Webhook:
    webhook = state.webhooks.get(webhook_id)
    if webhook is None:
        raise not_found()
    return webhook


_ORDER = (
    *("id", "name", "description", "status", "subscriptions", "created_at", "created_by"),
    *("updated_at", "updated_by", "endpoint", "http_method", "request_format", "custom_headers"),
)


def webhook_json(webhook: Webhook) -> Json:
    """A webhook as the API tells it: who may log in is said, with what is not."""
    row: Json = {name: webhook.row[name] for name in _ORDER if name in webhook.row}
    login = webhook.row.get("authentication")
    if isinstance(login, dict):
        shown: Json = {key: login[key] for key in ("type", "add_position") if key in login}
        data: Any = login.get("data") or {}
        if login.get("type") == "basic_auth":
            shown["data"] = {"username": data.get("username")}
        elif login.get("type") == "api_key":
            shown["data"] = {"name": data.get("name")}
        row["authentication"] = shown
    return row


def login_headers(login: Json | None) -> dict[str, str]:
    """The headers by which a delivery logs in at its endpoint."""
    data = (login or {}).get("data") or {}
    match (login or {}).get("type"):
        case "bearer_token":
            return {"Authorization": f"Bearer {data.get('token', '')}"}
        case "basic_auth":
            pair = f"{data.get('username', '')}:{data.get('password', '')}"
            return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        case "api_key":
            return {str(data.get("name", "X-API-Key")): str(data.get("value", ""))}
    return {}
