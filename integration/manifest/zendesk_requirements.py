"""Zendesk's rules for requirements.json: what it puts into an account when the app is installed.

Its validator looks whether names are there, and not at conditions, actions or types of fields:
those are found wrong at installing, and the app then stays disabled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, mapping, read
from integration.manifest.zendesk_locations import places
from integration.manifest.zendesk_objects import custom_objects, custom_objects_v2

FILE: Final = "requirements.json"
TYPES: Final = (
    "automations", "channel_integrations", "custom_objects", "macros", "targets", "views",
    "ticket_fields", "triggers", "user_fields", "organization_fields", "webhooks",
    "custom_objects_v2",
)  # fmt: skip
"""Ticket forms, SLA policies, groups and brands are none."""
MOST: Final = 5000
_TITLED: Final = frozenset(TYPES) - {
    "channel_integrations",
    "custom_objects",
    "webhooks",
    "custom_objects_v2",
}
_NEEDED: Final = {
    **dict.fromkeys(_TITLED, ("title",)),
    "user_fields": ("title", "key"),
    "organization_fields": ("title", "key"),
    "webhooks": ("name", "status", "endpoint", "http_method", "request_format"),
    "channel_integrations": ("manifest_url",),
}


def check(manifest: Object, package: Package) -> Iterator[Problem]:
    """Whether the file may and must be there, and all that is wrong in it."""
    there = FILE in package.files
    if manifest.get("requirementsOnly") and not there:
        yield Problem("missing_requirements", FILE, FILE, "it must be there")
    if not there:
        return
    products = {product for product, _, _ in places(manifest)}
    if manifest.get("marketingOnly") or products == {"chat"}:
        expected = "not for an app of marketing or of chat alone"
        yield Problem("requirements_not_supported", FILE, FILE, expected)
        return
    try:
        found = read(package.files[FILE])
    except ValueError as error:
        yield Problem("requirements_not_json", FILE, str(error), "JSON is expected")
        return
    if not isinstance(found.value, dict):
        yield Problem("requirements_not_json", FILE, found.value, "an object is expected")
        return
    for key in found.twice:
        yield Problem("duplicate_requirements", FILE, key, "each key stands once")
    for rule in _RULES:
        yield from rule(found.value)


def types(given: Object) -> Iterator[Problem]:
    """Kinds of things that an app may require."""
    for kind in given:
        if kind not in TYPES:
            yield Problem("invalid_requirements_types", FILE, kind, f"one of {', '.join(TYPES)}")


def number(given: Object) -> Iterator[Problem]:
    """How many there may be in all."""
    count = sum(len(one) if isinstance(one, dict | list) else 1 for one in given.values())
    if count > MOST:
        yield Problem("excessive_requirements", FILE, count, f"at most {MOST}")


def needed(given: Object) -> Iterator[Problem]:
    """What each must say of itself."""
    for kind, names in _NEEDED.items():
        for identifier, one in _each(given, kind):
            for name in names:
                if not isinstance(one, dict) or name not in one:
                    expected = f"{name} must be there"
                    yield Problem("missing_required_fields", FILE, f"{kind}.{identifier}", expected)


def targets(given: Object) -> Iterator[Problem]:
    """Targets that webhooks have taken the place of."""
    for identifier, one in _each(given, "targets"):
        kind = mapping(one).get("type")
        if kind in ("http_target", "url_target_v2"):
            value = f"targets.{identifier}: {kind}"
            yield Problem("invalid_requirements_types", FILE, value, "use a webhook")


def channels(given: Object) -> Iterator[Problem]:
    """At most one channel."""
    found = list(_each(given, "channel_integrations"))
    if len(found) > 1:
        value = [identifier for identifier, _ in found]
        yield Problem("multiple_channel_integrations", FILE, value, "at most one")


def _each(given: Object, kind: str) -> Iterator[tuple[str, Any]]:
    yield from mapping(given.get(kind)).items()


_RULES: Final = (
    types,
    number,
    needed,
    targets,
    channels,
    custom_objects,
    custom_objects_v2,
)
