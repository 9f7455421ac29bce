"""Rules for what lies in the Freshdesk app: Freshworks' folders, and this project's one sidebar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from integration.manifest.freshdesk_making import DESK, ICON, OWNED, made
from integration.manifest.freshdesk_manifest import FILE as MANIFEST
from integration.manifest.freshdesk_manifest import modules
from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, read

_JSON: Final = ("manifest.json", "config/iparams.json", "config/requests.json")
_DRAWN: Final = re.compile(r"<(?:script|foreignObject|image|iframe)\b|\bon\w+\s*=", re.I)


def links(manifest: Object, package: Package) -> Iterator[Problem]:
    """No symbolic links."""
    for path in package.links:
        yield Problem("house.link", path, path, "no symbolic link may be in a package")


def folders(manifest: Object, package: Package) -> Iterator[Problem]:
    """The folders that the vendor's tools look for. (server, not Server: they tell them apart.)"""
    pages = any("location" in one for one in modules(manifest).values())
    served = any("events" in one or "functions" in one for one in modules(manifest).values())
    for wanted, name in ((pages, "app"), (served, "server"), (True, "config")):
        if wanted and not any(path.startswith(f"{name}/") for path in package.files):
            yield Problem("fdk.folder", name, name, "a folder of this name")


def whole(manifest: Object, package: Package) -> Iterator[Problem]:
    """Each JSON file is one object, and no key stands twice in it."""
    for path in package.ending(".json"):
        try:
            found = read(package.files[path])
        except ValueError as error:
            yield Problem("fdk.json", path, str(error), "JSON is expected")
            continue
        if path in _JSON and not isinstance(found.value, dict):
            yield Problem("fdk.json", path, found.value, "an object is expected")
        for key in found.twice:
            yield Problem("fdk.json", path, key, "each key stands once")


def icon(manifest: Object, package: Package) -> Iterator[Problem]:
    """The app's icon, which holds shapes alone."""
    if ICON not in package.files:
        yield Problem("fdk.icon", ICON, ICON, "it must be there")
        return
    text = package.text(ICON)
    if "viewBox" not in text or (found := _DRAWN.search(text)):
        value = "viewBox" if "viewBox" not in text else found[0] if found else ""
        yield Problem("house.icon", ICON, value, "an SVG with a viewBox, of shapes alone")


def one_sidebar(manifest: Object, package: Package) -> Iterator[Problem]:
    """Beside the module that knows the helpdesk's window, the sidebar is what is made: nothing of
    it is written here, and nothing that is no longer made is left."""
    if DESK not in package.files:
        yield Problem("house.desk", DESK, DESK, "it must be there")
    try:
        ours = made(package).keys() | {DESK}
    except ValueError as error:
        yield Problem("house.sidebar", DESK, str(error), "the Zendesk app's, as it is expected")
        return
    for path in package.files:
        if path.startswith(OWNED) and path not in ours:
            yield Problem("house.leftover", path, path, "nothing of this name is made: delete it")


def unpacked(manifest: Object, package: Package) -> Iterator[Problem]:
    """What ``fdk pack`` makes is not kept: it would not fit the files any more."""
    for path in ("digest.md5",):
        if path in package.files:
            yield Problem("house.packed", path, path, f"leave it out; {MANIFEST} and files suffice")


RULES: Final = (links, folders, whole, icon, one_sidebar, unpacked)
