"""Freshworks' rules for config/iparams.json: what an admin is asked as the app is installed.

Page: "Installation parameters" of developers.freshworks.com/docs/app-sdk/v3.0. How platform 3.0
takes a ``regex`` is shown in two ways, so there is none: the app looks at the settings itself as it
is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, items, mapping, read

FILE: Final = "config/iparams.json"
PAGE: Final = "config/iparams.html"
NEEDED: Final = ("service_host", "installation", "app_secret")
"""What the app's requests rest on."""
_TYPES: Final = frozenset(
    {"text", "paragraph", "dropdown", "email", "number", "phone_number", "date", "url", "radio",
     "checkbox", "multiselect"}
)  # fmt: skip
_KEYS: Final = frozenset(
    {"display_name", "description", "type", "required", "default_value", "secure", "options",
     "visible", "events", "modules", "regex"}
)  # fmt: skip
_CHOSEN: Final = ("dropdown", "radio", "multiselect")
_SECRET: Final = re.compile(r"key|token|secret|password", re.I)


def one_form(manifest: Object, package: Package) -> Iterator[Problem]:
    """Settings are asked for in one way: by a list of them, or by a page."""
    found = [path for path in (FILE, PAGE) if path in package.files]
    if len(found) != 1:
        yield Problem("fdk.iparams", FILE, found, f"either {FILE} or {PAGE}")


def settings(manifest: Object, package: Package) -> Iterator[Problem]:
    """Each setting is named, of a type that there is, and chosen from what it offers."""
    for name, one in _given(package).items():
        for key in sorted(one.keys() - _KEYS):
            expected = f"one of {', '.join(sorted(_KEYS))}"
            yield Problem("fdk.iparam_key", FILE, f"{name}.{key}", expected)
        if not isinstance(one.get("display_name"), str) or not one["display_name"]:
            yield Problem("fdk.iparam_key", FILE, f"{name}.display_name", "a name is expected")
        kind = one.get("type")
        if kind not in _TYPES:
            hint = f"one of {', '.join(sorted(_TYPES))}"
            yield Problem("fdk.iparam_type", FILE, f"{name}: {kind}", hint)
        options = items(one.get("options"))
        if kind in _CHOSEN and not options:
            yield Problem("fdk.iparam_options", FILE, f"{name}.options", "what may be chosen")
        if kind == "dropdown" and one.get("default_value") not in _values(options):
            value = f"{name}.default_value: {one.get('default_value')}"
            yield Problem("fdk.iparam_default", FILE, value, "one of its options, to the letter")


def secrets(manifest: Object, package: Package) -> Iterator[Problem]:
    """What is secret is said to be, is typed in by an admin, and is nowhere in the package."""
    for name, one in _given(package).items():
        if _SECRET.search(name) and one.get("secure") is not True:
            yield Problem("fdk.iparam_secure", FILE, name, '"secure": true')
        if one.get("secure") is True and "default_value" in one:
            yield Problem("house.secret", FILE, name, "no value: a package holds no secret")


def needed(manifest: Object, package: Package) -> Iterator[Problem]:
    """What the app's requests rest on is asked for, and must be given."""
    given = _given(package)
    for name in NEEDED:
        if given.get(name, {}).get("required") is not True:
            yield Problem("house.setting", FILE, name, "a setting that is required")


def _given(package: Package) -> dict[str, Object]:
    try:
        found = mapping(read(package.files[FILE]).value)
    except (KeyError, ValueError):
        return {}
    return {name: mapping(one) for name, one in found.items()}


def _values(options: list[object]) -> list[object]:
    return [one.get("value") if isinstance(one, dict) else one for one in options]


RULES: Final = (one_form, settings, secrets, needed)
