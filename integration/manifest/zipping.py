"""An app as the one file that is uploaded."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from integration.manifest.packages import Package
from integration.manifest.reading import read

_THEN: Final = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can tell: the same files make the same zip, whenever."""


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip, the manifest at its root. The same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _THEN)
            entry.create_system = 3  # unix, wherever this runs: it says what the rights mean
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return packed.getvalue()


def for_service(package: Package, url: str) -> Package:
    """The Zendesk app for one service: its host is the one that requests may go to, and its
    address is what an admin finds filled in. ``url``: https and a host, a port if need be.
    ValueError where it is something else."""
    parts = urlsplit(url.strip().rstrip("/"))
    if parts.scheme != "https" or not parts.hostname or parts.path or parts.query or parts.username:
        raise ValueError(f"{url!r} is no address of a service: https:// and a host are expected")
    manifest = read(package.files["manifest.json"]).value
    manifest["domainWhitelist"] = [parts.hostname]
    for parameter in manifest["parameters"]:
        if parameter["name"] == "service_url":
            parameter["default"] = f"https://{parts.netloc}"
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    files = {**package.files, "manifest.json": text.encode("utf-8")}
    return Package(files, package.links, package.unclear)
