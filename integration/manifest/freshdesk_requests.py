"""Freshworks' rules for config/requests.json, and that manifest, templates and code agree.

Page: "Request method" of developers.freshworks.com/docs/app-sdk/v3.0. A template is filled in by
the platform: secrets in headers alone, and nothing of what a page passes (``context``) in host or
headers, or a page could choose where a secret goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from integration.manifest.freshdesk_manifest import FILE as MANIFEST
from integration.manifest.freshdesk_manifest import modules
from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, mapping, read

FILE: Final = "config/requests.json"
_MOST: Final = 100
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+\Z")
_SCHEMA: Final = frozenset({"protocol", "method", "host", "path", "headers", "query"})
_METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH")
_TYPES: Final = (
    "application/json", "application/xml", "text/html", "text/xml", "application/jsonp",
    "text/plain", "text/javascript", "application/vnd.api+json",
)  # fmt: skip
_FILLED: Final = re.compile(r"<%=.*?%>")
_HOST: Final = re.compile(r"x|(?:[a-z0-9x-]+\.)+[a-z][a-z0-9-]*", re.I)
_IPARAM: Final = re.compile(r"\biparam\.(\w+)")
_CONTEXT: Final = re.compile(r"\bcontext\.")
_INVOKED: Final = re.compile(r"\binvokeTemplate\(\s*([\"'`])([^\"'`]*)\1")
_INVOKING: Final = re.compile(r"\binvokeTemplate\(\s*(?![\"'`\s])")


def templates(package: Package) -> Object:
    """The templates by their names; none where the file is not there or no JSON."""
    try:
        return mapping(read(package.files[FILE]).value)
    except (KeyError, ValueError):
        return {}


def in_step(manifest: Object, package: Package) -> Iterator[Problem]:
    """Each template is declared, described and invoked, by one name."""
    declared = set(mapping(modules(manifest).get("common", {}).get("requests")))
    described = set(templates(package))
    invoked = set().union(*_invoked(package).values())
    for name in sorted(declared - described):
        yield Problem("fdk.template", FILE, name, f"{MANIFEST} declares it: describe it")
    for name in sorted(described - declared):
        yield Problem("fdk.template", MANIFEST, name, f"{FILE} describes it: declare it in common")
    for path, names in _invoked(package).items():
        for name in sorted(names - (declared & described)):
            yield Problem("fdk.template", path, name, f"a template of {MANIFEST} and {FILE}")
        if _INVOKING.search(package.text(path)):
            expected = "the template's name itself, so that it can be looked up"
            yield Problem("house.template_name", path, "invokeTemplate", expected)
    for name in sorted((declared & described) - invoked):
        yield Problem("house.unused_template", FILE, name, "nothing invokes it: leave it out")


def schemas(manifest: Object, package: Package) -> Iterator[Problem]:
    """What a template may say."""
    given = templates(package)
    if len(given) > _MOST:
        yield Problem("fdk.templates", FILE, len(given), f"at most {_MOST} templates")
    for name, one in given.items():
        schema = mapping(mapping(one).get("schema"))
        for value, expected in _wrong(name, schema):
            yield Problem("fdk.schema", FILE, value, expected)
        options = mapping(mapping(one).get("options"))
        for value, expected in _wrong_options(name, options):
            yield Problem("fdk.options", FILE, value, expected)


def substitutions(manifest: Object, package: Package) -> Iterator[Problem]:
    """What is filled in is a setting that there is; secrets go into headers alone, and what a page
    of the app passes goes into neither host nor headers."""
    try:
        iparams = mapping(read(package.files["config/iparams.json"]).value)
    except (KeyError, ValueError):
        iparams = {}
    secret = {name for name, one in iparams.items() if mapping(one).get("secure") is True}
    by_pages = set().union(
        *(names for path, names in _invoked(package).items() if path.startswith("app/"))
    )
    for name, one in templates(package).items():
        schema = mapping(mapping(one).get("schema"))
        for part, value in schema.items():
            text = " ".join(map(str, value.values() if isinstance(value, dict) else [value]))
            used = set(_IPARAM.findall(text))
            for iparam in sorted(used - iparams.keys()):
                yield Problem("fdk.iparam", FILE, f"{name}.{part}: {iparam}", "a setting")
            if part != "headers":
                for iparam in sorted(used & secret):
                    expected = "secure settings are filled into headers alone"
                    yield Problem("fdk.iparam", FILE, f"{name}.{part}: {iparam}", expected)
            if part in ("host", "headers") and name in by_pages and _CONTEXT.search(text):
                expected = "a page's context goes into path and query alone"
                yield Problem("fdk.context", FILE, f"{name}.{part}", expected)


def _wrong(name: str, schema: Object) -> Iterator[tuple[str, str]]:
    for key in sorted(schema.keys() - _SCHEMA):
        hint = ": a body is passed when it is invoked" if key == "body" else ""
        yield f"{name}.{key}", f"one of {', '.join(sorted(_SCHEMA))}{hint}"
    if schema.get("protocol", "https") != "https":
        yield f"{name}: {schema.get('protocol')}", "https"
    if schema.get("method") not in _METHODS:
        yield f"{name}: {schema.get('method')}", f"one of {', '.join(_METHODS)}"
    host = _FILLED.sub("x", str(schema.get("host", "")))
    if not _HOST.fullmatch(host):
        yield f"{name}: {schema.get('host')}", "a host name: no scheme, port, path or address"
    path = schema.get("path", "/")
    if not isinstance(path, str) or not path.startswith("/"):
        yield f"{name}: {path}", "a path that begins with /"
    for key, value in mapping(schema.get("headers")).items():
        if key.lower() == "content-type" and str(value).split(";")[0] not in _TYPES:
            yield f"{name}: {value}", f"one of {', '.join(_TYPES)}"
    if not _NAME.match(name):
        yield name, "letters, digits, _ and - in a template's name"


def _wrong_options(name: str, options: Object) -> Iterator[tuple[str, str]]:
    attempts, delay = options.get("maxAttempts", 1), options.get("retryDelay", 0)
    if not isinstance(attempts, int) or not 1 <= attempts <= 5:
        yield f"{name}.maxAttempts: {attempts}", "1 to 5"
    if not isinstance(delay, int) or not 0 <= delay <= 1500 or delay % 100:
        yield f"{name}.retryDelay: {delay}", "milliseconds: hundreds, at most 1500"


def _invoked(package: Package) -> dict[str, set[str]]:
    """The templates that code invokes, by file."""
    paths = (path for path in package.ending(".js") if path.startswith(("app/", "server/")))
    return {path: {name for _, name in _INVOKED.findall(package.text(path))} for path in paths}


RULES: Final = (in_step, schemas, substitutions)
