"""The files of installed apps: how they are read, which may be served, from where, and to whom."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Response

CONTENT_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


def asset_origin(base_url: str) -> str:
    """Where the files of apps are served: the same port under this machine's other name, since an
    app's frame must not be of the origin of the agent's pages."""
    parts = urlsplit(base_url)
    host = "localhost" if parts.hostname != "localhost" else "127.0.0.1"
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}"


def at_home(host: str, base_url: str) -> bool:
    """Whether a request's host is the one that files of apps are served under."""
    return host == urlsplit(asset_origin(base_url)).netloc


def json_object(path: Path) -> dict[str, Any]:
    """What stands in a file of a package. ValueError where it is not one object of JSON."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: expected a file of JSON ({error})") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path}: expected a JSON object")
    return found


def found_in(folder: Path, path: str) -> Path | None:
    """The file of an app (``path`` below the folder of its files), None for anything else."""
    files = folder.resolve()
    given = files / path
    plain = all(part and not part.startswith(".") for part in path.split("/"))
    if given.suffix not in CONTENT_TYPES or not plain or "\0" in path:
        return None
    found = given.resolve()
    # A package may not have symbolic links, so a file is where its name says.
    inside = found == given and found.is_relative_to(files)
    return found if inside and found.is_file() else None


def served(content: bytes, suffix: str, base_url: str) -> Response:
    """A file as a browser gets it: framed by the agent's pages alone, and read anew each time, so
    that who writes an app reloads and sees it."""
    headers = {
        "Content-Security-Policy": f"frame-ancestors {base_url}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(content, content_type=CONTENT_TYPES[suffix], headers=headers)
