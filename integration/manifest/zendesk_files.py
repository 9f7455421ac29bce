"""Zendesk's rules for what lies in a package, whatever it is for; and what it only warns of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object

_REFUSED: Final = frozenset(
    {
        "rar", "zip", "gzip", "pdf", "doc", "docx", "avi", "bin", "bz", "bz2", "csh", "sh", "jar",
        "mp3", "mpeg", "odt", "pptx", "ppt", "xls", "xlsx", "7z",
    }
)  # fmt: skip
_BEGINNINGS: Final = (
    (b"PK\x03\x04", "zip"),
    (b"Rar!", "rar"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF", "pdf"),
    (b"\xd0\xcf\x11\xe0", "doc"),
    (b"BZh", "bz2"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"ID3", "mp3"),
    (b"\x00\x00\x01\xb3", "mpeg"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"#!/bin/sh", "sh"),
    (b"#!/bin/csh", "csh"),
)
_DIRTY: Final = re.compile(r"<(script|foreignObject|iframe)\b|\son\w+\s*=|javascript:", re.I)
_BITMAP: Final = re.compile(r"<image\b|data:image/(?!svg)", re.I)
_HTTP: Final = re.compile(r"\bhttp://[^\s\"'`<>]+")
_NAMES: Final = re.compile(
    "pass|password|secret|secretToken|secret_token|auth_key|authKey|auth_pass|authPass|auth_user"
    "|AuthUser|username|api_key"
)
_VALUE: Final = r"[ :\"=-]+.*.[0-9a-zA-Z+_.-]{4,156}"
_SECRETS: Final = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "Slack token": re.compile(r"xox[pboa]-?[a-z0-9]"),
    "AWS access key": re.compile(r"AKIA[0-9A-Z]{8,24}"),
    "key or secret": re.compile(
        r"\b(?:app|consumer|master|token|private|client|outbound)[-_](?:key|secret)" + _VALUE, re.I
    ),
    "password": re.compile(r"password.*.[0-9a-zA-Z+_.-]{4,156}", re.I),
    "token": re.compile(r"token[ :\"=-]" + _VALUE, re.I),
}
"""The families of Zendesk's some 35 patterns, which are noisy: a word in a sentence is enough."""


def links(manifest: Object, package: Package) -> Iterator[Problem]:
    """No symbolic links."""
    for path in package.links:
        yield Problem("symlink_in_zip", path, path, "no symbolic link may be in a package")


def kinds(manifest: Object, package: Package) -> Iterator[Problem]:
    """No files of kinds that Zendesk does not take, by name or by content."""
    for path, data in package.files.items():
        ending = path.rpartition("/")[2].rpartition(".")[2].lower()
        inside = next((kind for begin, kind in _BEGINNINGS if data.startswith(begin)), None)
        if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
            inside = "avi"
        if {ending, inside} & _REFUSED:
            value = inside or ending
            expected = "files of this kind may not be in a package"
            yield Problem("unsupported_mime_type_detected", path, value, expected)


def png_size(data: bytes) -> tuple[int, int] | None:
    """A PNG's width and height; None where it is no PNG."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR":
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def banner(manifest: Object, package: Package) -> Iterator[Problem]:
    """The Marketplace's banner, where there is one."""
    path = "assets/banner.png"
    if path not in package.files:
        return
    size = png_size(package.files[path])
    if size is None:
        yield Problem("banner.invalid_format", path, path, "a PNG is expected")
    elif size not in ((830, 200), (1660, 400)):
        yield Problem("banner.invalid_size", path, size, "830 x 200 or 1660 x 400")


def drawings(manifest: Object, package: Package) -> Iterator[Problem]:
    """What Zendesk would take out of an SVG, or put a placeholder for."""
    for path in (path for path in package.ending(".svg") if path.startswith("assets/")):
        for pattern in (_DIRTY, _BITMAP):
            if found := pattern.search(package.text(path)):
                expected = "Zendesk takes this out"
                yield Problem("sanitised_svg", path, found[0].strip(), expected, "warning")


def insecure(manifest: Object, package: Package) -> Iterator[Problem]:
    """Addresses without encryption."""
    for path in package.ending(".js", ".html"):
        for found in dict.fromkeys(_HTTP.findall(package.text(path))):
            yield Problem("insecure_http_request", path, found, "use https", "warning")


def secrets(manifest: Object, package: Package) -> Iterator[Problem]:
    """What looks like a secret. No secret may be in a package; Zendesk warns of much else too, and
    of words once for all files."""
    worded: list[str] = []
    for path in package.ending(".html", ".xml", ".js", ".json"):
        text = package.text(path)
        for kind, pattern in _SECRETS.items():
            if pattern.search(text):
                yield Problem("application_secret", path, kind, "no secret in a file", "warning")
        if _NAMES.search(text):
            worded.append(path)
    if worded:
        value = "words such as pass, secret, username"
        yield Problem("generic_secrets", ", ".join(worded), value, "no secret in a file", "warning")


RULES: Final = (links, kinds, banner, drawings, insecure, secrets)
