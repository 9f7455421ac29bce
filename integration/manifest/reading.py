"""JSON as the vendor reads it: a key that stands twice in an object is an error, at any depth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds, and the keys that stand twice in one of its objects."""

    value: Any
    twice: tuple[str, ...] = ()


def read(data: bytes) -> Read:
    """A JSON file. ValueError where it is none."""
    twice: list[str] = []

    def paired(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice.extend(key for key in found if keys.count(key) > 1)
        return found

    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=paired)
    except UnicodeDecodeError as error:
        raise ValueError(f"no UTF-8: {error}") from None
    return Read(value, tuple(twice))


def mapping(value: object) -> Object:
    """The value if it is an object, an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> list[Any]:
    """The value if it is a list, an empty one otherwise."""
    return value if isinstance(value, list) else []


def objects(value: object) -> list[Object]:
    """The objects in a list."""
    return [one for one in items(value) if isinstance(one, Mapping)]


def flat(value: object, before: str = "") -> dict[str, object]:
    """The leaves of nested objects, by their path: ``{"a": {"b": 1}}`` is ``{"a.b": 1}``."""
    if not isinstance(value, Mapping):
        return {before: value}
    found: dict[str, object] = {}
    for key, inner in value.items():
        found |= flat(inner, f"{before}.{key}" if before else str(key))
    return found
