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
from urllib.parse import urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integration.sandbox import packages, requirements
from integration.sandbox.assets import asset_origin
from integration.sandbox.errors import bad_request, not_found
from integration.sandbox.options import Json, stamp
from integration.sandbox.packages import Package, Place
from integration.sandbox.state import State

Location = Literal["nav_bar", "ticket_sidebar", "new_ticket_sidebar"]
SIGNED_LIFE = timedelta(minutes=5)


@dataclass(slots=True)
class Installation:
    """An app in this account; ``places`` are where it shows itself. ``secrets`` are its secure
    settings: no page, and no answer of the API, has them."""

    id: int
    app_id: int
    name: str
    version: str
    places: Mapping[str, Place]
    created_at: datetime
    updated_at: datetime
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict, repr=False)
    enabled: bool = True
    package: Package | None = None
    requirements: Mapping[str, Json] = field(default_factory=dict)

    def put(self, settings: Mapping[str, Any]) -> None:
        """Set settings; those that are not named stay as they are."""
        for name, value in settings.items():
            secure = self.package is not None and self.package.secure(name)
            (self.secrets if secure else self.settings)[name] = value

    @property
    def lacking(self) -> list[str]:
        """The settings that must be there and are not."""
        known = {**self.settings, **self.secrets}
        given = self.package.parameters.values() if self.package else ()
        return [one.name for one in given if one.required and not known.get(one.name)]


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening of an app's page: POST ``token`` to ``action``; without one, GET it."""

    action: str
    token: str | None = field(repr=False)
    guid: str
    flexible: bool = True

    @property
    def origin(self) -> str:
        parts = urlsplit(self.action)
        return f"{parts.scheme}://{parts.netloc}"


class Apps:
    """The apps of an account. Not thread-safe: used under the state's lock.

    One key signs for an app in every account (whether Zendesk has one for each app or for each
    installation is not known); here it is made when first needed.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.installations: dict[int, Installation] = {}
        options = state.options
        if options.app_folder:
            self.install_package(packages.read(options.app_folder), options.app_settings)
        elif options.app_url:
            self.install(options.app_url, options.app_settings)

    @functools.cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def install(self, url: str, settings: Mapping[str, Any] | None = None) -> Installation:
        """Install an app that is nothing but a signed page at ``url``, in the navigation bar."""
        place = Place("nav_bar", url, signed=True)
        return self._installed(
            Installation(
                *self._identity(self._state.options.app_name, ""),
                {place.location: place},
                *self._moments(),
            ),
            settings or {},
        )

    def install_package(self, package: Package, settings: Mapping[str, Any]) -> Installation:
        """Install an app from its package, as an admin does who uploads it.

        Zendesk refuses while settings that are required are missing; here they may follow, by the
        API (``lacking``): a test's helpdesk runs before the service that makes the secret.
        ValueError where what the package requires cannot be made.
        """
        made = Installation(
            *self._identity(package.name, package.version),
            package.places,
            *self._moments(),
            package=package,
            requirements=requirements.put_in_place(self._state, package),
        )
        given = {one.name: one.default for one in package.parameters.values()}
        defaults = {name: value for name, value in given.items() if value is not None}
        return self._installed(made, {**defaults, **settings})

    def _identity(self, name: str, version: str) -> tuple[int, int, str, str]:
        return self._state.ids.large(), self._state.options.app_id, name, version

    def _moments(self) -> tuple[datetime, datetime]:
        return self._state.now(), self._state.now()

    def _installed(self, made: Installation, settings: Mapping[str, Any]) -> Installation:
        made.put({"name": made.name, "title": made.name, **settings})
        self.installations[made.id] = made
        return made

    def get(self, installation_id: int) -> Installation:
        """An installation by its number; 404 where there is none."""
        found = self.installations.get(installation_id)
        if found is None:
            raise not_found()
        return found

    def at(self, location: str) -> list[Installation]:
        """The apps that show themselves at a location."""
        return [
            one for one in self.installations.values() if one.enabled and location in one.places
        ]

    def change(self, one: Installation, given: Json) -> None:
        """Change an installation: settings that are not named stay as they are (seen of Zendesk by
        others, secure ones included)."""
        settings = given.get("settings", {})
        if not isinstance(settings, dict):
            raise bad_request("InvalidParameter", "settings must be an object")
        one.put(settings)
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
        """Open the app at a location for a user: where to post what, or what to load. 404 where
        the app has nothing there, or a setting is missing that its address needs."""
        place = one.places.get(location)
        if place is None:
            raise not_found()
        url = packages.filled(place.url, one.settings)
        if url.startswith("assets/"):
            url = f"{asset_origin(self._state.base_url)}/apps/{one.app_id}/{url}"
        if not urlsplit(url).netloc:
            raise not_found()
        guid = str(uuid.uuid4())
        query = urlencode({"origin": self._state.base_url, "app_guid": guid})
        joint = "&" if "?" in url else "?"
        token = None
        if place.signed:
            token = jwt.encode(self._claims(one, user, location), self._key, algorithm="RS256")
        return Opening(f"{url}{joint}{query}", token, guid, place.flexible)

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
    """An installation as the API tells it. Guesses: bare, without a wrapper around it; settings
    that nobody made are null, secure ones are left out."""
    given = one.package.parameters if one.package else {}
    told = {**{name: None for name, its in given.items() if not its.secure}, **one.settings}
    return {
        "id": one.id,
        "app_id": one.app_id,
        "product": "support",
        "settings": told,
        "settings_objects": [{"name": name, "value": value} for name, value in told.items()],
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
        "version": one.version,
        "framework_version": "2.0",
        "single_install": True,
        "installable": True,
    }
