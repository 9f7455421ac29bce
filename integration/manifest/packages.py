"""A package's files, from a folder or from a zip. Nothing is judged here."""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

IGNORING: Final = ".zcliignore"
_ALWAYS: Final = ("tmp/**",)


@dataclass(frozen=True, slots=True)
class Package:
    """The files of an app by their paths in it (``assets/panel.html``), and the links among them.
    ``unclear`` are patterns of .zcliignore whose meaning is not the same to everybody."""

    files: Mapping[str, bytes]
    links: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()

    def text(self, path: str) -> str:
        """A file as text; what is no UTF-8 in it is replaced. KeyError where there is none."""
        return self.files[path].decode("utf-8", "replace")

    def ending(self, *endings: str) -> Iterator[str]:
        """The paths that end so, in order."""
        return (path for path in sorted(self.files) if path.endswith(endings))


def from_folder(folder: Path) -> Package:
    """What zcli would pack: no files that .zcliignore names, none in ``tmp``, and none whose name
    begins with a dot, nor in such folders. Links are named and not followed."""
    ignored, unclear = _ignored(folder)
    files: dict[str, bytes] = {}
    links: list[str] = []
    for top, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            path = Path(top, name)
            inside = path.relative_to(folder).as_posix()
            if any(part.startswith(".") for part in inside.split("/")):
                continue
            if any(pattern.fullmatch(inside) for pattern in ignored):
                continue
            if path.is_symlink():
                links.append(inside)
            elif path.is_file():
                files[inside] = path.read_bytes()
    return Package(dict(sorted(files.items())), tuple(sorted(links)), unclear)


def from_zip(data: bytes) -> Package:
    """A packed app. ValueError where the data are no zip."""
    files: dict[str, bytes] = {}
    links: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for entry in packed.infolist():
                if stat.S_ISLNK(entry.external_attr >> 16):
                    links.append(entry.filename)
                elif not entry.is_dir():
                    files[entry.filename] = packed.read(entry)
    except zipfile.BadZipFile as error:
        raise ValueError(f"no zip: {error}") from None
    return Package(dict(sorted(files.items())), tuple(sorted(links)))


def _ignored(folder: Path) -> tuple[list[re.Pattern[str]], tuple[str, ...]]:
    """The patterns of .zcliignore, and those that are unclear.

    zcli hands them to a library for globs, its documentation calls them those of .gitignore. The
    two differ: so only what means the same to both is honoured here, which is a path from the root
    with ``*`` and ``?`` within a name, ``**/`` for any folders and ``/**`` for all that is inside.
    """
    path = folder / IGNORING
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    unclear = tuple(one for one in patterns if re.search(r"[\[\]{}()!\\]|^/|/$", one))
    clear = [one for one in (*_ALWAYS, *patterns) if one not in unclear]
    return [_glob(one) for one in clear], unclear


def _glob(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|/\*\*$|\*|\?)", pattern)
    meaning = {"**/": "(?:.+/)?", "/**": "/.+", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(part) or re.escape(part) for part in parts))
