"""What this project asks of the code in a package, whichever helpdesk it is for.

A ticket's texts are written by strangers: so nothing in a package turns text into markup or code,
and nothing but the helpdesk's own library comes from elsewhere.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from integration.manifest.packages import Package
from integration.manifest.problems import Problem

MOST: Final = 60_000
"""Bytes of our own code (markup, style, modules) that a page may load."""
_MARKUP: Final = re.compile(
    r"""(?:\.|\[\s*["'`])(?:innerHTML|outerHTML|srcdoc)\b|\binsertAdjacentHTML\b
    |\bdocument\s*\.\s*write(?:ln)?\b|\bsetHTMLUnsafe\b|\bparseHTMLUnsafe\b
    |\bcreateContextualFragment\b|\beval\s*\(|\bnew\s+Function\s*\(
    |\bset(?:Timeout|Interval)\s*\(\s*["'`]""",
    re.VERBOSE,
)
_TAG: Final = re.compile(r"<([a-z]+)\b((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.I)
_ATTRIBUTE: Final = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_LOADING: Final = {
    "script": "src", "link": "href", "img": "src", "iframe": "src", "object": "data",
    "embed": "src", "source": "src",
}  # fmt: skip
_IMPORT: Final = re.compile(
    r"""(?:^|[;}\s])(?:import|export)\s*(?:[\w*{}\s,$]+?\bfrom\s*)?["']([^"']+)["']
    |\bimport\s*\(\s*["'`]([^"'`]+)["'`]""",
    re.VERBOSE,
)
_STYLE: Final = re.compile(r"@import\s+[\"']([^\"']+)|url\(\s*[\"']?([^\"')]+)")
_ELSEWHERE: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.I)


def check(package: Package, pages: Iterable[str], libraries: Iterable[str]) -> Iterator[Problem]:
    """All rules of this module. ``pages`` are the files that the helpdesk opens; of addresses
    elsewhere, only ``libraries`` may be loaded."""
    yield from no_markup(package)
    yield from no_inline(package)
    yield from no_http(package)
    yield from only_ours(package, frozenset(libraries))
    for page in sorted(set(pages) & set(package.files)):
        yield from complete(package, page)
        yield from small(package, page)


def no_markup(package: Package) -> Iterator[Problem]:
    """No code makes markup or code of a text."""
    for path in package.ending(".js", ".mjs", ".html"):
        for number, line in enumerate(package.text(path).splitlines(), 1):
            if found := _MARKUP.search(line):
                expected = "build elements and set textContent"
                yield Problem("house.markup", f"{path}:{number}", found[0].strip(" ([."), expected)


def no_inline(package: Package) -> Iterator[Problem]:
    """No script stands in a page itself: it could not be told from one that was smuggled in."""
    for path in package.ending(".html"):
        for name, given in _tags(package.text(path)):
            if name == "script" and "src" not in given and "json" not in given.get("type", ""):
                yield Problem("house.inline_script", path, "<script>", "a script is a file")
            for attribute in given:
                if attribute.startswith("on"):
                    expected = "listeners are added by a module"
                    yield Problem("house.inline_script", path, attribute, expected)


def no_http(package: Package) -> Iterator[Problem]:
    """No address without encryption. (The name of SVG's language is no address.)"""
    for path in package.ending(".js", ".mjs", ".html", ".css"):
        for found in re.findall(r"\bhttp://[^\s\"'`<>)]*", package.text(path)):
            if found != "http://www.w3.org/2000/svg":
                yield Problem("house.http", path, found, "https, or no address at all")


def only_ours(package: Package, libraries: frozenset[str]) -> Iterator[Problem]:
    """Only the helpdesk's own library is loaded from elsewhere."""
    for path in package.ending(".html", ".js", ".mjs", ".css"):
        for address in _loaded(package, path):
            if _ELSEWHERE.match(address) and address not in libraries:
                expected = f"only {', '.join(sorted(libraries))} may be loaded from elsewhere"
                yield Problem("house.elsewhere", path, address, expected)


def complete(package: Package, page: str) -> Iterator[Problem]:
    """What a page loads is there."""
    for path, address in _reached(package, page):
        if address not in package.files:
            yield Problem("house.missing_file", path, address, "a file that is in the package")


def small(package: Package, page: str) -> Iterator[Problem]:
    """A page is there at once: agents wait for it on every ticket."""
    paths = {page, *(address for _, address in _reached(package, page))}
    loaded = {one: len(package.files.get(one, b"")) for one in paths}
    if sum(loaded.values()) > MOST:
        value = f"{sum(loaded.values())} bytes in {len(loaded)} files"
        yield Problem("house.too_large", page, value, f"at most {MOST} bytes of our own code")


def loaded_bytes(package: Package, page: str) -> int:
    """How much of our own code a page loads."""
    paths = {page, *(address for _, address in _reached(package, page))}
    return sum(len(package.files.get(one, b"")) for one in paths)


def _tags(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    for name, rest in _TAG.findall(text):
        given = {key.lower(): a or b or c for key, a, b, c in _ATTRIBUTE.findall(rest)}
        yield name.lower(), given


def _loaded(package: Package, path: str) -> Iterator[str]:
    """The addresses that a file loads, as they stand there."""
    text = package.text(path)
    if path.endswith(".html"):
        for name, given in _tags(text):
            if address := given.get(_LOADING.get(name, "")):
                yield address
    elif path.endswith(".css"):
        yield from (one or other for one, other in _STYLE.findall(text))
    else:
        # A module is named in one line; what stands in a comment is not loaded.
        code = re.sub(r"/\*.*?\*/|^\s*//[^\n]*", "", text, flags=re.S | re.M)
        yield from (one or other for one, other in _IMPORT.findall(code))


def _reached(package: Package, page: str) -> Iterator[tuple[str, str]]:
    """The files of ours that a page loads, and what they load in turn: who, and what."""
    seen, waiting = {page}, [page]
    while waiting:
        path = waiting.pop()
        if not path.endswith((".html", ".js", ".mjs", ".css")) or path not in package.files:
            continue
        for address in _loaded(package, path):
            if _ELSEWHERE.match(address) or address.startswith(("data:", "#")):
                continue
            plain = re.split(r"[?#]", address)[0]
            found = posixpath.normpath(posixpath.join(posixpath.dirname(path), plain))
            if found not in seen:
                seen.add(found)
                waiting.append(found)
                yield path, found
