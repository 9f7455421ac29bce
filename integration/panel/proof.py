"""The proof that a request comes from the app in an account's helpdesk.

Zendesk's proxy signs each request by a secret that the iframe never sees ("Zendesk apps: making API
requests", secure settings and JSON web tokens). Freshworks' platform signs nothing: it puts the
secret itself into a header, and the installation's name into another ("Request method" of
developers.freshworks.com/docs/app-sdk/v3.0; a secure setting goes into headers alone). Neither
account's app can prove itself in the other's way.

Both prove the account and nothing more: not which agent it was. So what is asked for by it reads,
or has a ticket decided again.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import Any, Final

import jwt

from integration import errors
from integration.config import Installation
from integration.installation import HelpdeskName

INSTALLATION: Final = "X-Warranty-Installation"
"""The header in which Freshdesk's app names its installation; its presence tells the two apart."""
LONGEST_LIFE: Final = 300
"""Seconds that a token may be good for: the app asks for one a request, good for a minute."""

_CLOCKS_DIFFER: Final = 60  # seconds that the helpdesk's clock may be off
_LONGEST: Final = 4_096
_REQUIRED: Final = ("exp", "iat", "iss", "aud")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,40}\Z")


class UnknownInstallation(errors.Refused):
    """A request names an installation that there is not: the account is not connected."""


def prove(
    authorization: str,
    named: str | None,
    installations: Mapping[str, Installation],
    url: str,
) -> Installation:
    """Whose request it is, by its Authorization header, and by what it ``named`` in the header
    ``INSTALLATION``, None without one.

    With a name, the bearer must be the app secret of that installation, one of Freshdesk. Without,
    it is a token of Zendesk's: only HS256, signed by the app secret of the installation that it
    names, issued by that one's account, for ``url``, which is this service's own (scheme and host).
    Of either, a secret before the present one will do while it is good. Raises NotAuthentic,
    UnknownInstallation, and Unavailable while the store is away.
    """
    scheme, _, bearer = authorization.partition(" ")
    bearer = bearer.strip()
    if scheme.lower() != "bearer" or not bearer or len(bearer) > _LONGEST:
        raise errors.NotAuthentic("request: expected a bearer token of the app")
    if named is None:
        return _signed(bearer, installations, url)
    return _told(bearer, _found(named, "freshdesk", installations))


def _told(secret: str, installation: Installation) -> Installation:
    given = secret.encode("utf-8", "replace")
    genuine = False
    for one in _secrets(installation):
        # Every secret is tried: how long it takes tells nothing about which one fits.
        genuine |= hmac.compare_digest(one.encode(), given)
    if not genuine:
        raise errors.NotAuthentic("bearer: it is not this installation's secret")
    return installation


def _signed(token: str, installations: Mapping[str, Installation], url: str) -> Installation:
    try:
        name = jwt.decode(token, options={"verify_signature": False}).get("installation")
    except jwt.InvalidTokenError:
        raise errors.NotAuthentic("token: it is none") from None
    installation = _found(name, "zendesk", installations)
    try:
        claims = _claims(token, installation, url)
        life = int(claims["exp"]) - int(claims["iat"])
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
        raise errors.NotAuthentic("token: it does not hold, or is too old") from None
    if life > LONGEST_LIFE or claims.get("installation") != name:
        raise errors.NotAuthentic("token: it is good for longer than the app asks for")
    return installation


def _found(
    name: object, helpdesk: HelpdeskName, installations: Mapping[str, Installation]
) -> Installation:
    """The installation of this name, if something can be proven for it in its helpdesk's way."""
    if not isinstance(name, str) or not _NAME.match(name):
        raise errors.NotAuthentic("request: it names no installation")
    installation = installations.get(name)
    if installation is None:
        raise UnknownInstallation("installation: there is none of this name")
    if installation.helpdesk != helpdesk:
        raise errors.NotAuthentic("installation: its app proves itself in another way")
    if not installation.app_secret or not installation.subdomain:
        raise errors.NotAuthentic("installation: its app has no secret yet")
    return installation


def _secrets(installation: Installation) -> list[str]:
    """What the app may prove itself by: its secret, and those before it while they are good."""
    found = (installation.app_secret, *installation.app_secrets_before)
    return [one for one in found if one]


def _claims(token: str, installation: Installation, url: str) -> dict[str, Any]:
    """What the token says, if it is signed by the installation's secret, or by one before it for
    as long as that is still good. Raises jwt.InvalidTokenError."""
    refused: jwt.InvalidTokenError = jwt.InvalidSignatureError()
    for secret in _secrets(installation):
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
