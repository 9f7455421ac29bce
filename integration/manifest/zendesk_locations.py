"""Zendesk's rules for where an app shows itself: ``location`` in manifest.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, mapping
from integration.manifest.zendesk_manifest import FILE, framed

PLACES: Final = {
    "support": (
        "top_bar", "nav_bar", "ticket_sidebar", "new_ticket_sidebar", "user_sidebar",
        "organization_sidebar", "background", "modal", "ticket_editor", "system_top_bar",
    ),
    "chat": ("chat_sidebar", "background"),
    "standalone_chat": ("nav_bar", "system_top_bar"),
    "sell": (
        "deal_card", "person_card", "company_card", "lead_card", "background", "modal",
        "dashboard", "note_editor", "call_log_editor", "email_editor", "visit_editor", "top_bar",
    ),
}  # fmt: skip
"""The places of each product. (custom_object_record_sidebar is left out: it is to be had with a
switch of Zendesk's alone, and this app has no use for it.)"""
LEGACY: Final = {"zendesk": "support", "zopim": "chat", "lotus_box": "sell"}


def places(manifest: Object) -> Iterator[tuple[str, str, Object]]:
    """Each place of the app: product, name and options. A place may be given as its address."""
    for host, given in mapping(manifest.get("location")).items():
        for name, options in mapping(given).items():
            shown = options if isinstance(options, dict) else {"url": options}
            yield LEGACY.get(host, host), name, shown


def by_address(manifest: Object, package: Package) -> Iterator[Problem]:
    """In version 2 each place has an address: a list of names is version 1's."""
    if not framed(manifest):
        return
    location = manifest.get("location")
    given = location.values() if isinstance(location, dict) else [location]
    for one in given:
        if one is not None and not isinstance(one, dict):
            yield Problem("locations_must_be_urls", FILE, one, "an object of places is expected")


def hosts(manifest: Object, package: Package) -> Iterator[Problem]:
    """A product that there is."""
    for host in mapping(manifest.get("location")):
        if LEGACY.get(host, host) not in PLACES:
            yield Problem("invalid_host", FILE, host, f"one of {', '.join(PLACES)}")


def names(manifest: Object, package: Package) -> Iterator[Problem]:
    """A place that the product has."""
    for host, name, _ in places(manifest):
        if host in PLACES and name not in PLACES[host]:
            expected = f"{host} has {', '.join(PLACES[host])}"
            yield Problem("invalid_location", FILE, name, expected)


def addresses(manifest: Object, package: Package) -> Iterator[Problem]:
    """An asset that is there, or an https address; none only where the app loads nothing there."""
    for _, name, options in places(manifest):
        url = options.get("url")
        if isinstance(url, str) and url:
            if "{{setting." not in url and not _reachable(url, package):
                expected = f"{name} needs an https address, or a file in assets/ that is there"
                yield Problem("invalid_location_uri", FILE, url, expected)
        elif options.get("autoLoad", True):
            expected = f"{name} needs a url, or autoLoad false"
            yield Problem("blank_location_uri", FILE, url, expected)


def _reachable(url: str, package: Package) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme == "https" or parts.hostname == "localhost"
    return parts.path.startswith("assets/") and parts.path in package.files


def flexible(manifest: Object, package: Package) -> Iterator[Problem]:
    """Whether the place takes the height of what it shows."""
    for _, name, options in places(manifest):
        value = options.get("flexible")
        if value is not None and not isinstance(value, bool):
            expected = f"flexible of {name} must be true or false"
            yield Problem("invalid_location_flexible_type", FILE, value, expected)


RULES: Final = (by_address, hosts, names, addresses, flexible)
