"""Installed apps, and how Zendesk opens an app's own page. For trying and testing only.

"Building a server-side app, part 5": with ``signedUrls`` the app's page is opened by a form POST
into an iframe, with a token that Zendesk signs. The manual's pages on this are known in parts only;
what is a guess stands in ``_claims`` and ``installation_json``.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integration.sandbox.errors import bad_request, not_found
from integration.sandbox.options import Json, stamp
from integration.sandbox.state import State

Location = Literal["nav_bar", "ticket_sidebar"]
SIGNED_LIFE = timedelta(minutes=5)


@dataclass(slots=True)
class Installation:
    """An app in this account; ``url`` is where its pages are."""

    id: int
    app_id: int
    name: str
    url: str
    created_at: datetime
    updated_at: datetime
    settings: dict[str, Any] = field(default_factory=dict)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening of an app's page: POST ``token`` to ``action``."""

    action: str
    token: str = field(repr=False)


class Apps:
    """The apps of an account. Not thread-safe: used under the state's lock.

    One key signs for an app in every account (whether Zendesk has one for each app or for each
    installation is not known); here it is made when first needed.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.installations: dict[int, Installation] = {}
        if state.options.app_url:
            self.install(state.options.app_url, state.options.app_settings)

    @functools.cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def install(self, url: str, settings: Mapping[str, Any] | None = None) -> Installation:
        """Install the app whose pages are at ``url``, as an admin does from the marketplace."""
        options, now = self._state.options, self._state.now()
        made = Installation(
            self._state.ids.large(),
            options.app_id,
            options.app_name,
            url,
            now,
            now,
            {"name": options.app_name, "title": options.app_name, **(settings or {})},
        )
        self.installations[made.id] = made
        return made

    def get(self, installation_id: int) -> Installation:
        """An installation by its number; 404 where there is none."""
        found = self.installations.get(installation_id)
        if found is None:
            raise not_found()
        return found

    def change(self, one: Installation, given: Json) -> None:
        """Change an installation: settings that are not named stay as they are (seen of Zendesk by
        others, secure ones included)."""
        settings = given.get("settings", {})
        if not isinstance(settings, dict):
            raise bad_request("InvalidParameter", "settings must be an object")
        one.settings.update(settings)
        one.enabled = bool(given.get("enabled", one.enabled))
        one.updated_at = self._state.now()

    def public_key(self, app_id: int) -> str:
        """The key that an app's signed requests are verified by, as PEM; 404 for another app."""
        if app_id != self._state.options.app_id:
            raise not_found()
        pem = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return pem.decode("ascii")

    def open(self, one: Installation, user: Json, location: Location) -> Opening:
        """Open the app's page for a user: where to post what."""
        query = urlencode({"origin": self._state.base_url, "app_guid": str(uuid.uuid4())})
        joint = "&" if "?" in one.url else "?"
        token = jwt.encode(self._claims(one, user, location), self._key, algorithm="RS256")
        return Opening(f"{one.url}{joint}{query}", token)

    def _claims(self, one: Installation, user: Json, location: Location) -> Json:
        """iss, aud, exp, iat and context are in the manual. ``sub`` (the user's API address) and
        ``nbf`` are only in public code, as is ``qsh``, whose making nobody tells: it is left out.
        How long a token is good is a guess. Nothing tells of a role: an app asks the API."""
        host = f"{self._state.options.subdomain}.zendesk.com"
        now = int(self._state.now().timestamp())
        return {
            "iss": host,
            "aud": f"https://{host}/api/v2/apps/installations/{one.id}.json",
            "sub": f"https://{host}/api/v2/users/{user['id']}.json",
            "iat": now,
            "nbf": now,
            "exp": now + int(SIGNED_LIFE.total_seconds()),
            "context": {"product": "support", "location": location},
        }


def installation_json(one: Installation) -> Json:
    """An installation as the API tells it. Guess: bare, without a wrapper around it."""
    return {
        "id": one.id,
        "app_id": one.app_id,
        "product": "support",
        "settings": dict(one.settings),
        "settings_objects": [{"name": k, "value": v} for k, v in one.settings.items()],
        "enabled": one.enabled,
        "requirements": [],
        "role_restrictions": None,
        "group_restrictions": None,
        "updated": one.updated_at.strftime("%Y%m%d%H%M%S"),
        "updated_at": stamp(one.updated_at),
        "created_at": stamp(one.created_at),
    }


def app_json(one: Installation) -> Json:
    """The app of an installation, as ``include=app`` sends it along: a few of its properties."""
    return {
        "id": one.app_id,
        "name": one.name,
        "framework_version": "2.0",
        "single_install": True,
        "installable": True,
    }
