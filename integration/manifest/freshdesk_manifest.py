"""Freshworks' rules for a manifest.json of platform 3.0, as far as they are documented: ``fdk
validate`` itself cannot be had from a package registry. Its errors have no names of their own; the
keys here are ours, and begin with ``fdk.``.

Pages: "App manifest" and "Migrate to platform 3.0" of developers.freshworks.com/docs/app-sdk/v3.0,
and the vendor's sample apps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, mapping

FILE: Final = "manifest.json"
COMMON: Final = "common"
_TOP: Final = frozenset(
    {"platform-version", "modules", "engines", "scripts", "dependencies", "app"}
)
_IN_MODULE: Final = frozenset({"location", "events", "requests", "functions"})
_MODULES: Final = frozenset(
    {COMMON, "support_ticket", "support_contact", "support_company", "support_agent",
     "support_email", "support_portal"}
)  # fmt: skip
_BACKGROUND: Final = frozenset(
    {"ticket_background", "time_entry_background", "new_ticket_background"}
)
_LOCATIONS: Final[Mapping[str, frozenset[str]]] = {
    COMMON: frozenset({"full_page_app", "cti_global_sidebar"}),
    "support_ticket": _BACKGROUND | {
        "ticket_sidebar", "ticket_requester_info", "ticket_top_navigation", "ticket_attachment",
        "ticket_conversation_editor", "new_ticket_requester_info",
    },
}  # fmt: skip
_EVENTS: Final[Mapping[str, frozenset[str]]] = {
    COMMON: frozenset(
        {"onAppInstall", "afterAppUpdate", "onAppUninstall", "onScheduledEvent", "onExternalEvent"}
    ),
    "support_ticket": frozenset(
        {"onTicketCreate", "onTicketUpdate", "onTicketDelete", "onConversationCreate",
         "onConversationUpdate", "onConversationDelete"}
    ),
}  # fmt: skip
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+\Z")
_NODE: Final = 24
_FDK: Final = 10


def modules(manifest: Object) -> dict[str, Object]:
    """The manifest's modules, by their names."""
    return {name: mapping(one) for name, one in mapping(manifest.get("modules")).items()}


def events(manifest: Object) -> dict[str, str]:
    """The functions that events call, by event, of all modules."""
    return {
        name: str(mapping(one).get("handler", ""))
        for module in modules(manifest).values()
        for name, one in mapping(module.get("events")).items()
    }


def pages(manifest: Object) -> list[str]:
    """The pages that the helpdesk opens, by their paths in the package."""
    return [
        f"app/{mapping(one).get('url', '')}"
        for module in modules(manifest).values()
        for one in mapping(module.get("location")).values()
    ]


def shape(manifest: Object, package: Package) -> Iterator[Problem]:
    """Platform 3.0, and nothing of the versions before it."""
    if manifest.get("platform-version") != "3.0":
        value = manifest.get("platform-version")
        yield Problem("fdk.platform_version", FILE, value, '"3.0": no other takes new apps')
    for name in sorted(manifest.keys() - _TOP):
        yield Problem("fdk.unknown_key", FILE, name, f"one of {', '.join(sorted(_TOP))}")
    given = modules(manifest)
    for name in sorted(given.keys() - _MODULES):
        yield Problem("fdk.unknown_module", FILE, name, f"one of {', '.join(sorted(_MODULES))}")
    if not given.keys() - {COMMON}:
        yield Problem("fdk.no_module", FILE, "modules", "at least one beside common")
    for module, one in given.items():
        for key in sorted(one.keys() - _IN_MODULE):
            expected = f"one of {', '.join(sorted(_IN_MODULE))}"
            yield Problem("fdk.unknown_key", FILE, f"{module}.{key}", expected)
        for key in ("requests", "functions"):
            if key in one and module != COMMON:
                yield Problem("fdk.misplaced", FILE, f"{module}.{key}", f"it stands in {COMMON}")


def empty(manifest: Object, package: Package) -> Iterator[Problem]:
    """No block without anything in it; a template's own is empty by rule."""
    for key in ("modules", "engines", "scripts", "dependencies", "app"):
        if key in manifest and not manifest[key]:
            yield Problem("fdk.empty", FILE, key, "at least one entry, or leave it out")
    for module, one in modules(manifest).items():
        for key, value in [("", one), *one.items()]:
            if not value:
                name = f"{module}.{key}".rstrip(".")
                yield Problem("fdk.empty", FILE, name, "at least one entry, or leave it out")


def locations(manifest: Object, package: Package) -> Iterator[Problem]:
    """Places that there are, with files that there are."""
    for module, one in modules(manifest).items():
        known = _LOCATIONS.get(module)
        for name, given in mapping(one.get("location")).items():
            if known is not None and name not in known:
                expected = f"one of {', '.join(sorted(known))}"
                yield Problem("fdk.location", FILE, f"{module}.{name}", expected)
            for key in ("url",) if name in _BACKGROUND else ("url", "icon"):
                path = mapping(given).get(key)
                if not isinstance(path, str) or f"app/{path}" not in package.files:
                    expected = "a file in app/, by its path from there"
                    yield Problem("fdk.no_file", FILE, f"{module}.{name}.{key}: {path}", expected)


def known_events(manifest: Object, package: Package) -> Iterator[Problem]:
    """Events that there are, each with a handler's name. ``afterAppUpdate`` would keep the app
    from being updated by itself."""
    for module, one in modules(manifest).items():
        known = _EVENTS.get(module)
        for name, given in mapping(one.get("events")).items():
            if known is not None and name not in known:
                expected = f"one of {', '.join(sorted(known))}"
                yield Problem("fdk.event", FILE, f"{module}.{name}", expected)
            if not isinstance(mapping(given).get("handler"), str):
                yield Problem("fdk.handler", FILE, f"{module}.{name}", "a handler's name")
            if name == "afterAppUpdate":
                expected = "leave it out: admins would have to update the app by hand"
                yield Problem("house.update", FILE, name, expected, "warning")


def engines(manifest: Object, package: Package) -> Iterator[Problem]:
    """The versions that the app is made for, whole; others are no longer taken."""
    given = mapping(manifest.get("engines"))
    for name, least in (("node", _NODE), ("fdk", _FDK)):
        value = given.get(name)
        if not isinstance(value, str) or not _VERSION.match(value):
            yield Problem("fdk.engines", FILE, f"{name}: {value}", "a version, such as 24.11.0")
        elif int(value.split(".")[0]) < least:
            yield Problem("fdk.engines", FILE, f"{name}: {value}", f"{least} or newer")


def unit_tests(manifest: Object, package: Package) -> Iterator[Problem]:
    """What packing asks for: unit tests, and how to run them so that coverage is measured."""
    script = mapping(manifest.get("scripts")).get("fdk-unit-test")
    if not isinstance(script, str) or "--coverage" not in script:
        yield Problem("fdk.unit_tests", FILE, "fdk-unit-test", "a script that measures coverage")
    if not {"vitest.config.js", "vitest.config.mjs"} & package.files.keys():
        path = "vitest.config.js"
        yield Problem("fdk.unit_tests", path, path, "it must be there")
    if not any(re.match(r"tests/.+\.test\.m?js\Z", path) for path in package.files):
        yield Problem("fdk.unit_tests", "tests/", "tests/", "at least one test")


RULES: Final = (shape, empty, locations, known_events, engines, unit_tests)
