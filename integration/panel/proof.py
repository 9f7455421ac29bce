"""The proof that a request comes from the app in an account's helpdesk.

The helpdesk's proxy signs each request by a secret that the iframe never sees ("Zendesk apps:
making API requests", secure settings and JSON web tokens). It proves the account and nothing more:
not which agent it was. So what is asked for by it reads, or has a ticket decided again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import jwt

from integration import errors
from integration.config import Installation

LONGEST_LIFE: Final = 300
"""Seconds that a token may be good for: the app asks for one a request, good for a minute."""

_CLOCKS_DIFFER: Final = 60  # seconds that the helpdesk's clock may be off
_LONGEST: Final = 4_096
_REQUIRED: Final = ("exp", "iat", "iss", "aud")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,40}\Z")


class UnknownInstallation(errors.Refused):
    """A request names an installation that there is not: the account is not connected."""


def prove(authorization: str, installations: Mapping[str, Installation], url: str) -> Installation:
    """Whose request it is, by its Authorization header.

    ``url`` is this service's own (scheme and host), for which the token must be meant. Only HS256,
    signed by the secret of the installation that it names, issued by that one's account. Raises
    NotAuthentic, UnknownInstallation, and Unavailable while the store is away.
    """
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST:
        raise errors.NotAuthentic("request: expected a bearer token of the app")
    try:
        name = jwt.decode(token, options={"verify_signature": False}).get("installation")
    except jwt.InvalidTokenError:
        raise errors.NotAuthentic("token: it is none") from None
    if not isinstance(name, str) or not _NAME.match(name):
        raise errors.NotAuthentic("token: it names no installation")
    installation = installations.get(name)
    if installation is None:
        raise UnknownInstallation("installation: there is none of this name")
    if not installation.app_secret or not installation.subdomain:
        raise errors.NotAuthentic("installation: its app has no secret yet")
    try:
        claims = _claims(token, installation, url)
        life = int(claims["exp"]) - int(claims["iat"])
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
        raise errors.NotAuthentic("token: it does not hold, or is too old") from None
    if life > LONGEST_LIFE or claims.get("installation") != name:
        raise errors.NotAuthentic("token: it is good for longer than the app asks for")
    return installation


def _claims(token: str, installation: Installation, url: str) -> dict[str, Any]:
    """What the token says, if it is signed by the installation's secret, or by one before it for
    as long as that is still good. Raises jwt.InvalidTokenError."""
    refused: jwt.InvalidTokenError = jwt.InvalidSignatureError()
    for secret in (installation.app_secret, *installation.app_secrets_before):
        if not secret:
            continue
        try:
            return jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                issuer=installation.subdomain,
                audience=[url, f"{url}/"],
                leeway=_CLOCKS_DIFFER,
                options={"require": list(_REQUIRED)},
            )
        except jwt.InvalidSignatureError as error:
            refused = error
    raise refused
