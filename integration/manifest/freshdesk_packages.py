"""The Freshdesk app's files: a source bundle.

It is called so because it has not been through ``fdk pack``, which adds ``digest.md5`` and
``.report.json``. Whether the portal takes a zip without them is not documented: whoever uploads it
packs it with that command, of these files.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from integration.manifest.packages import Package
from integration.manifest.reading import read

_LEFT: Final = frozenset({"coverage", "dist", "log", "node_modules", "tmp"})
"""Folders at the root that the vendor's tools and npm make."""
_HOST: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\Z", re.I)
IPARAMS: Final = "config/iparams.json"


def from_folder(folder: Path) -> Package:
    """The app without what tools leave behind, and without files and folders whose names begin
    with a dot. Links are named and not followed."""
    files: dict[str, bytes] = {}
    links: list[str] = []
    waiting = [folder]
    while waiting:
        top = waiting.pop()
        for path in sorted(top.iterdir()):
            inside = path.relative_to(folder).as_posix()
            if path.name.startswith(".") or inside in _LEFT:
                continue
            if path.is_symlink():
                links.append(inside)
            elif path.is_dir():
                waiting.append(path)
            elif path.is_file():
                files[inside] = path.read_bytes()
    return Package(dict(sorted(files.items())), tuple(sorted(links)))


def for_service(package: Package, url: str) -> Package:
    """The app for one service: an admin finds its host filled in. ``url``: https and a host; a
    port is not documented for a request template's host. ValueError where it is something else."""
    parts = urlsplit(url.strip().rstrip("/"))
    host = parts.netloc
    if parts.scheme != "https" or parts.path or parts.query or not _HOST.match(host):
        expected = "https:// and a host are expected, without a port"
        raise ValueError(f"{url!r} is no address of a service: {expected}")
    iparams = read(package.files[IPARAMS]).value
    iparams["service_host"]["default_value"] = host
    text = json.dumps(iparams, ensure_ascii=False, indent=2) + "\n"
    return Package({**package.files, IPARAMS: text.encode("utf-8")}, package.links)
