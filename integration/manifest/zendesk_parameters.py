"""Zendesk's rules for an app's settings: ``parameters`` and ``oauth`` in manifest.json."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, items, mapping, objects
from integration.manifest.zendesk_manifest import FILE

TYPES: Final = ("text", "checkbox", "url", "number", "multiline", "hidden", "oauth")
"""``password`` is refused since January 2026: a secure text takes its place. (``mtls`` is left out:
it is to be had with a switch of Zendesk's alone, and this app has no use for it.)"""
SCOPES: Final = (
    "header", "body", "url", "jwt_secret_key", "jwt_claim", "basic_auth_username",
    "basic_auth_password",
)  # fmt: skip
_OAUTH: Final = ("client_id", "client_secret", "authorize_uri", "access_token_uri")
_SECRET: Final = re.compile("token|key|pwd|password", re.IGNORECASE)


def _all(manifest: Object) -> list[Object]:
    return objects(manifest.get("parameters"))


def _type(parameter: Object) -> object:
    return parameter.get("type") or "text"


def listed(manifest: Object, package: Package) -> Iterator[Problem]:
    """A list of objects."""
    value = manifest.get("parameters")
    if value is not None and not isinstance(value, list):
        yield Problem("parameters_not_an_array", FILE, value, "parameters must be a list")
        yield Problem("unacceptable_array", FILE, value, "parameters must be a list")
    for one in items(value):
        if not isinstance(one, dict):
            yield Problem("unacceptable_array", FILE, one, "each parameter must be an object")


def named(manifest: Object, package: Package) -> Iterator[Problem]:
    """Each by a name of its own, and none by the one that Zendesk uses itself."""
    names = [one.get("name") for one in _all(manifest)]
    for name in dict.fromkeys(map(str, names)):
        if list(map(str, names)).count(name) > 1:
            yield Problem("duplicate_parameters", FILE, name, "each name stands once")
    if "name" in names:
        yield Problem("name_as_parameter_name", FILE, "name", "Zendesk uses this name itself")


def typed(manifest: Object, package: Package) -> Iterator[Problem]:
    """A type that there is."""
    for one in _all(manifest):
        if _type(one) not in TYPES:
            expected = f"the type of {one.get('name')} must be one of {', '.join(TYPES)}"
            yield Problem("invalid_type_parameter", FILE, _type(one), expected)


def booleans(manifest: Object, package: Package) -> Iterator[Problem]:
    """``required`` and ``secure`` are true or false."""
    for one in _all(manifest):
        for name in ("required", "secure"):
            value = one.get(name)
            if value is not None and not isinstance(value, bool):
                expected = f"parameters.{one.get('name')}.{name} must be true or false"
                yield Problem("unacceptable_boolean", FILE, value, expected)


def hidden(manifest: Object, package: Package) -> Iterator[Problem]:
    """Nobody can fill in what nobody sees."""
    for one in _all(manifest):
        if _type(one) == "hidden" and one.get("required"):
            expected = "a hidden parameter cannot be required"
            yield Problem("invalid_hidden_parameter", FILE, one.get("name"), expected)


def by_oauth(manifest: Object, package: Package) -> Iterator[Problem]:
    """At most one parameter holds an OAuth token, and it is not marked secure."""
    found = [one for one in _all(manifest) if _type(one) == "oauth"]
    if len(found) > 1:
        value = [one.get("name") for one in found]
        yield Problem("too_many_oauth_parameters", FILE, value, "at most one")
    if any(one.get("secure") for one in found):
        yield Problem("oauth_parameter_cannot_be_secure", FILE, "secure", "leave it out")


def oauth(manifest: Object, package: Package) -> Iterator[Problem]:
    """The OAuth client of another service: whole, and with a parameter for its token."""
    if manifest.get("oauth") is None:
        return
    given = mapping(manifest.get("oauth"))
    for name in _OAUTH:
        if not given.get(name):
            yield Problem("oauth_keys.missing", FILE, f"oauth.{name}", "it must be there")
    if not any(_type(one) == "oauth" for one in _all(manifest)):
        expected = "a parameter of the type oauth is needed"
        yield Problem("oauth_parameter_required", FILE, "oauth", expected)


def scopes(manifest: Object, package: Package) -> Iterator[Problem]:
    """Where in a request a secure setting may be filled in."""
    for one in _all(manifest):
        value, name = one.get("scopes"), one.get("name")
        if value is None:
            continue
        if not one.get("secure"):
            expected = "scopes are for secure parameters"
            yield Problem("field_requires_secure_parameter", FILE, name, expected)
        if not items(value):
            expected = f"scopes of {name} must be a list with something in it"
            yield Problem("field_cannot_be_empty", FILE, value, expected)
        for scope in items(value):
            if scope not in SCOPES:
                expected = f"scopes of {name} are out of {', '.join(SCOPES)}"
                yield Problem("field_contains_invalid_values", FILE, scope, expected)


def marketing(manifest: Object, package: Package) -> Iterator[Problem]:
    """A page of marketing has no settings, and is for everybody."""
    if not manifest.get("marketingOnly"):
        return
    if manifest.get("parameters"):
        yield Problem("no_parameters_required", FILE, "parameters", "such an app has none")
    if manifest.get("private", True):
        yield Problem("marketing_only_app_cant_be_private", FILE, "private", "it must be false")


def secrets(manifest: Object, package: Package) -> Iterator[Problem]:
    """What only makes Zendesk's validator warn: secrets that may be seen, or sent anywhere."""
    for one in _all(manifest):
        name, secure = str(one.get("name")), one.get("secure")
        if _SECRET.search(name) and _type(one) == "text" and not secure:
            key = "insecure_token_parameter_in_manifest"
            yield Problem(key, FILE, name, "a secret must be secure", "warning")
        if "default" in one and (secure or _type(one) == "hidden"):
            key = "default_secure_or_hidden_parameter_in_manifest"
            yield Problem(key, FILE, name, "a secret has no default", "warning")
        if secure and not items(one.get("scopes")):
            key = "secure_parameters_with_no_scopes_in_manifest"
            yield Problem(key, FILE, name, "scopes say where it may be filled in", "warning")


RULES: Final = (
    listed,
    named,
    typed,
    booleans,
    hidden,
    by_oauth,
    oauth,
    scopes,
    marketing,
    secrets,
)
