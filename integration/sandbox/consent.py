"""What a client asks a person for, and how the person is sent back. For trying and testing only.

RFC 6749, 4.1, and RFC 7636 (PKCE): of Zendesk's two methods only S256 is offered, and a client
without a secret must use it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from integration.sandbox.options import Client, Json

_DENIED = "The end-user or authorization server denied the request."


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks a person for; ``redirect`` is one of its own addresses."""

    client: Client
    redirect: str
    scope: str
    state: str | None
    challenge: str | None


class Unfit(Exception):
    """A request that a person cannot be asked about. ``redirect`` is where the client is told so;
    None where that cannot be trusted, so that only the person is told."""

    def __init__(self, words: str, redirect: str | None = None) -> None:
        super().__init__(words)
        self.redirect = redirect


def understand(clients: Mapping[str, Client], given: Mapping[str, str]) -> Request:
    """What ``/oauth/authorizations/new`` is asked with. Raises Unfit."""
    client = clients.get(given.get("client_id", ""))
    if client is None:
        raise Unfit("No such client is known to this account.")
    redirect = given.get("redirect_uri", "")
    if redirect not in client.redirects:
        raise Unfit("The client has not registered the address that it wants to be told at.")

    def unfit(error: str, words: str) -> Unfit:
        return Unfit(words, _back(redirect, given.get("state"), error, words))

    if given.get("response_type") != "code":
        raise unfit("unsupported_response_type", "Only response_type=code is offered.")
    challenge = given.get("code_challenge") or None
    if challenge is not None and given.get("code_challenge_method") != "S256":
        raise unfit("invalid_request", "code_challenge_method must be S256.")
    if challenge is None and client.kind == "public":
        raise unfit("invalid_request", "A public client must send a code_challenge.")
    scope = given.get("scope", "").strip()
    if not scope:
        raise unfit("invalid_scope", "A scope is needed.")
    return Request(client, redirect, scope, given.get("state"), challenge)


def allowed(asked: Request, code: str) -> str:
    """The address to send the person back to, with a code."""
    return _with(asked.redirect, code=code, state=asked.state)


def denied(asked: Request) -> str:
    """The address to send the person back to where they said no."""
    return _back(asked.redirect, asked.state, "access_denied", _DENIED)


def verified(challenge: str | None, given: Json) -> bool:
    """Whether the verifier fits (RFC 7636, 4.6). Without a challenge none may come: then the
    client's secret has to do."""
    verifier = given.get("code_verifier")
    if challenge is None:
        return verifier is None
    digest = hashlib.sha256(str(verifier or "").encode()).digest()
    told = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return secrets.compare_digest(told, challenge.encode())


def _back(redirect: str, state: str | None, error: str, words: str) -> str:
    return _with(redirect, error=error, error_description=words, state=state)


def _with(address: str, **more: str | None) -> str:
    """An address with more in its query."""
    parts = urlsplit(address)
    query = [*parse_qsl(parts.query, keep_blank_values=True)]
    query += [(name, value) for name, value in more.items() if value is not None]
    return urlunsplit(parts._replace(query=urlencode(query)))
