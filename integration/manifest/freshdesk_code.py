"""Freshworks' rules for an app's code, as far as they can be told without a linter, and this
project's. What takes a parser (complexity, an ``async`` without ``await``, what is not used) is
left to ESLint, in the app's tests.

Pages: "App validation" and "App setup events" of developers.freshworks.com/docs/app-sdk/v3.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from integration.manifest import house_code
from integration.manifest.freshdesk_making import APPCLIENT
from integration.manifest.freshdesk_manifest import events, modules, pages
from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, mapping

SERVER: Final = "server/server.js"
MOST: Final = house_code.MOST + 3_500
"""Bytes of our own code that the page may load: the module that knows this helpdesk's window has
more to make up for than Zendesk's."""
_CLIENT: Final = "https://appclient.invalid/client.js"
"""Stands for the address that the platform fills in."""
_COMMENT: Final = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.S)
_EXPORTS: Final = re.compile(r"^(?:module\.)?exports\s*=\s*\{\n(.*?)^\}", re.S | re.M)
_METHOD: Final = re.compile(r"^ {2}(?:async\s+)?(\w+)\s*(?::|\()", re.M)
_SETUP: Final = frozenset({"onAppInstall", "onAppUninstall", "afterAppUpdate"})
_REFUSED: Final = (
    ("fdk.request_method", r"(?:\$request|client\.request)\.(?:get|post|put|patch|delete)\s*\(",
     "templates alone: invokeTemplate"),
    ("fdk.no_alert", r"\b(?:alert|confirm|prompt)\s*\(", "showNotify or showConfirm"),
    ("fdk.cdn", r"\bunpkg\.com\b", "nothing is loaded from there"),
    ("house.console", r"\bconsole\s*\.", "nothing is logged: payloads hold secrets and tickets"),
)  # fmt: skip
_NOT_ON_SERVER: Final = re.compile(r"\b(setTimeout|setInterval|setImmediate|process)\b")
_REQUIRED: Final = re.compile(r"\brequire\(\s*[\"']([^\"']+)[\"']")


def handlers(manifest: Object, package: Package) -> Iterator[Problem]:
    """What events and pages call is exported by server.js, and nothing else is."""
    functions = set(mapping(modules(manifest).get("common", {}).get("functions")))
    called = {name for name in events(manifest).values() if name} | functions
    if SERVER not in package.files:
        if called:
            yield Problem("fdk.no_file", SERVER, SERVER, "it must be there")
        return
    found = _EXPORTS.search(package.text(SERVER))
    exported = set(_METHOD.findall(found[1])) if found else set()
    for name in sorted(called - exported):
        yield Problem("fdk.handler", SERVER, name, "the manifest names it: export it")
    for name in sorted(exported - called):
        yield Problem("house.unused_handler", SERVER, name, "nothing calls it: leave it out")
    if _SETUP & events(manifest).keys() and "renderData(" not in _code(package, SERVER):
        yield Problem("fdk.render_data", SERVER, "renderData", "a setup event ends by calling it")


def refused(manifest: Object, package: Package) -> Iterator[Problem]:
    """Calls that the platform does not take, or that this project does not make."""
    for path in _ours(package):
        text = _code(package, path)
        for key, pattern, expected in _REFUSED:
            if found := re.search(pattern, text):
                yield Problem(key, path, found[0].strip(), expected)


def sandboxed(manifest: Object, package: Package) -> Iterator[Problem]:
    """On the platform's side there are no timers and no process, and no module but the declared."""
    declared = mapping(manifest.get("dependencies"))
    for path in (path for path in _ours(package) if path.startswith("server/")):
        text = _code(package, path)
        for name in sorted(set(_NOT_ON_SERVER.findall(text))):
            yield Problem("fdk.sandbox", path, name, "it is not there when the platform runs this")
        for name in sorted(set(_REQUIRED.findall(text)) - declared.keys()):
            expected = "a module that the manifest's dependencies name"
            yield Problem("fdk.dependency", path, name, expected)


def client(manifest: Object, package: Package) -> Iterator[Problem]:
    """A page loads the app client before its own modules: without it there is no window."""
    for page in sorted(set(pages(manifest)) & package.files.keys()):
        if package.text(page).count(f'<script src="{APPCLIENT}"></script>') != 1:
            expected = f'<script src="{APPCLIENT}"></script>, once, and not async'
            yield Problem("house.appclient", page, APPCLIENT, expected)


def house(manifest: Object, package: Package) -> Iterator[Problem]:
    """See ``house_code``. What the tests hold is not part of the app that runs."""
    given = _running(package)
    for problem in house_code.check(given, pages(manifest), [_CLIENT]):
        if problem.key != "house.too_large":
            yield problem
    for page in sorted(set(pages(manifest)) & given.files.keys()):
        if (size := house_code.loaded_bytes(given, page)) > MOST:
            expected = f"at most {MOST} bytes of our own code"
            yield Problem("house.too_large", page, f"{size} bytes", expected)


def _running(package: Package) -> Package:
    """The part of the app that runs, with an address of the client that can be looked at."""
    files = {
        path: data.replace(APPCLIENT.encode(), _CLIENT.encode()) if path.endswith(".html") else data
        for path, data in package.files.items()
        if path.startswith(("app/", "server/", "config/"))
    }
    return Package(files, package.links)


def _ours(package: Package) -> Iterator[str]:
    return (path for path in package.ending(".js") if path.startswith(("app/", "server/")))


def _code(package: Package, path: str) -> str:
    """A file without its comments."""
    return _COMMENT.sub("", package.text(path))


RULES: Final = (handlers, refused, sandboxed, client, house)
