"""Zendesk's rules for manifest.json, but those on locations and parameters.

The rules, and the names of the errors, are those of Zendesk's own validator (the Ruby gem
zendesk_apps_support, 4.52), which Zendesk runs on every upload.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, mapping

FILE: Final = "manifest.json"
LOCALE: Final = re.compile(r"[a-z]{2,3}(-\w{2,3})?")
_BOOLEANS: Final = ("requirementsOnly", "marketingOnly", "singleInstall", "signedUrls", "private")
_STRINGS: Final = (
    "defaultLocale",
    "version",
    "frameworkVersion",
    "remoteInstallationURL",
    "termsConditionsURL",
    "gaID",
)
_EXPERIMENTS: Final = ("hashParams", "newCssCompiler")


def framed(manifest: Object) -> bool:
    """Whether the app shows itself somewhere, in an iframe."""
    return not (manifest.get("requirementsOnly") or manifest.get("marketingOnly"))


def required(manifest: Object, package: Package) -> Iterator[Problem]:
    """``author`` and ``defaultLocale``, and for an app that shows itself where and how."""
    names = ["author", "defaultLocale"]
    if framed(manifest):
        names += ["location", "frameworkVersion"]
    for name in names:
        value = manifest.get(name)
        if value is None or (name == "location" and not value):
            yield Problem("manifest_keys.missing", FILE, name, "it must be there")


def framework(manifest: Object, package: Package) -> Iterator[Problem]:
    """The version of the framework, as a string."""
    value = manifest.get("frameworkVersion")
    if framed(manifest) and value is not None and value != "2.0":
        yield Problem("invalid_version", FILE, value, 'frameworkVersion must be "2.0"')


def unframed(manifest: Object, package: Package) -> Iterator[Problem]:
    """An app of requirements or marketing alone shows itself nowhere, and has no source."""
    if framed(manifest):
        return
    if manifest.get("location"):
        yield Problem("no_location_required", FILE, "location", "such an app has none")
    if manifest.get("frameworkVersion") is not None:
        yield Problem("no_framework_version_required", FILE, "frameworkVersion", "leave it out")
    for path in package.files:
        if path in ("app.js", "app.css") or re.match(r"lib/.*\.js$|templates/.*\.hdbs$", path):
            yield Problem("no_source_required_apps", path, path, "such an app has no source")


def booleans(manifest: Object, package: Package) -> Iterator[Problem]:
    """True or false, not "true" or 1."""
    for name in _BOOLEANS:
        if not isinstance(manifest.get(name, False), bool):
            expected = f"{name} must be true or false"
            yield Problem("unacceptable_boolean", FILE, manifest[name], expected)


def strings(manifest: Object, package: Package) -> Iterator[Problem]:
    """What is text must be a string."""
    author = mapping(manifest.get("author"))
    given = {name: manifest.get(name) for name in _STRINGS}
    given |= {f"author.{name}": author.get(name) for name in ("name", "email", "url")}
    for name, value in given.items():
        if value is not None and not isinstance(value, str):
            yield Problem("unacceptable_string", FILE, value, f"{name} must be a string")


def experiments(manifest: Object, package: Package) -> Iterator[Problem]:
    """An object; only experiments that there are may be on."""
    value = manifest.get("experiments")
    if value is not None and not isinstance(value, dict):
        yield Problem("unacceptable_hash", FILE, value, "experiments must be an object")
    for name, on in mapping(value).items():
        if on and name not in _EXPERIMENTS:
            yield Problem("invalid_experiment", FILE, name, f"one of {', '.join(_EXPERIMENTS)}")


def whitelist(manifest: Object, package: Package) -> Iterator[Problem]:
    """The hosts that requests with secure settings may go to."""
    value = manifest.get("domainWhitelist")
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        expected = "domainWhitelist must be a list of strings"
        yield Problem("unacceptable_array_of_strings", FILE, value, expected)


def no_template(manifest: Object, package: Package) -> Iterator[Problem]:
    """A word of version 1 of the framework."""
    if framed(manifest) and manifest.get("noTemplate"):
        expected = "noTemplate is not for version 2"
        yield Problem("no_template_deprecated_in_v2", FILE, manifest["noTemplate"], expected)


def urls(manifest: Object, package: Package) -> Iterator[Problem]:
    """Addresses of people's pages: http or https, with a host."""
    author = mapping(manifest.get("author"))
    for name, value in (
        ("termsConditionsURL", manifest.get("termsConditionsURL")),
        ("author.url", author.get("url")),
    ):
        if isinstance(value, str) and not _is_url(value):
            expected = f"{name} must be an http or https address with a host"
            yield Problem("invalid_url", FILE, value, expected)


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def locale(manifest: Object, package: Package) -> Iterator[Problem]:
    """The language that others fall back to: a locale, with a file of translations."""
    value = manifest.get("defaultLocale")
    if not isinstance(value, str):
        return
    if not LOCALE.fullmatch(value):
        expected = "defaultLocale must be a locale such as en or pt-BR"
        yield Problem("invalid_default_locale", FILE, value, expected)
    elif f"translations/{value}.json" not in package.files:
        expected = f"translations/{value}.json must be there"
        yield Problem("missing_translation_file", FILE, value, expected)


RULES: Final = (
    required,
    framework,
    unframed,
    booleans,
    strings,
    experiments,
    whitelist,
    no_template,
    urls,
    locale,
)
