"""What a rule says about a package. Plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that a package breaks. ``key`` is the vendor's own name of the error, or ``house.…``
    for a rule of this project; ``value`` what stands in ``file``, ``expected`` what should. A
    warning does not make a package unfit."""

    key: str
    file: str
    value: object
    expected: str
    level: Level = "error"

    def __str__(self) -> str:
        shown = self.value if isinstance(self.value, str) else repr(self.value)
        if len(shown) > 120:
            shown = f"{shown[:119]}…"
        return f"{self.file}: {shown}: {self.expected} [{self.key}]"


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those for which the vendor would refuse the package, or this project would."""
    return [one for one in problems if one.level == "error"]
