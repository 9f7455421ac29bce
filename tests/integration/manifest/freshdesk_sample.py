"""The project's own Freshdesk app, and copies of it in which one thing is changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from integration.manifest.freshdesk_checks import check
from integration.manifest.freshdesk_packages import from_folder
from integration.manifest.kinds import FOLDER
from integration.manifest.packages import Package
from integration.manifest.problems import Problem

Change = Callable[[Any], Any]


@cache
def good() -> Package:
    """The app as it stands in the checkout."""
    return from_folder(FOLDER / "freshdesk")


@cache
def before() -> tuple[Problem, ...]:
    """What is said of the good one: what a change adds is what it breaks."""
    return tuple(check(good()))


def with_files(files: Mapping[str, bytes | str | None]) -> Package:
    """With other files; None: without it."""
    changed: dict[str, bytes | str | None] = {**good().files, **files}
    return Package(
        {
            path: data.encode() if isinstance(data, str) else data
            for path, data in changed.items()
            if data is not None
        }
    )


def with_json(path: str, change: Change) -> Package:
    """With a JSON file changed in place, or replaced by what ``change`` gives back."""
    value = json.loads(good().files[path])
    result = change(value)
    return with_files({path: json.dumps(value if result is None else result)})


def added(package: Package) -> list[Problem]:
    """What is wrong with a package that is not with the good one."""
    return [problem for problem in check(package) if problem not in before()]


def keys(problems: Iterable[Problem]) -> set[str]:
    return {problem.key for problem in problems}


def put(*path: str, to: Any) -> Change:
    """A change that puts a value at a place in nested objects; what is on the way is made."""

    def change(value: Any) -> None:
        for name in path[:-1]:
            value = value.setdefault(name, {})
        value[path[-1]] = to

    return change


def without(*path: str) -> Change:
    """A change that takes something out of nested objects."""

    def change(value: Any) -> None:
        for name in path[:-1]:
            value = value[name]
        del value[path[-1]]

    return change
