"""What a backfill counts: how a selection looks, and what became of it. No ticket's words, no
names: statuses, reasons and a few ticket ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

EXAMPLES: Final = 3
"""So many ticket ids are kept as examples of each kind."""

NOTHING: Final = "none"
"""Stands for a verdict where a ticket shows none."""
OTHER: Final = "other"
"""Stands for a verdict that is none of ours."""


@dataclass(slots=True)
class Tally:
    """How a selection looks, and what became of it.

    ``left``: tickets left alone, by why. Of those to be written: ``moves``, by the verdict shown
    and the verdict to be written; ``freight``, by who pays; how many have a deadline that is
    ``past``, and how many a field that is ``unreadable``; ``marked``, how many are made claims
    first. ``written``, ``skipped`` (by why) and ``failed`` are what became of them in the end.
    """

    selected: int = 0
    left: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    freight: Counter[str] = field(default_factory=Counter)
    past: int = 0
    unreadable: int = 0
    marked: int = 0
    written: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    failed: int = 0

    @property
    def to_write(self) -> int:
        """How many of the selected tickets would be written."""
        return sum(self.moves.values())

    def move(self, ticket_id: str, shown: str, new: str) -> None:
        """Count a ticket that is to be written, by the verdict it shows and its new one."""
        self.moves[shown, new] += 1
        known = self.examples.setdefault((shown, new), [])
        if len(known) < EXAMPLES:
            known.append(ticket_id)

    def forget(self, tickets: Collection[str]) -> bool:
        """Name none of these tickets as an example; whether any was."""
        named = False
        for ids in self.examples.values():
            kept = [one for one in ids if one not in tickets]
            named |= len(kept) < len(ids)
            ids[:] = kept
        return named

    def to_json(self) -> dict[str, Any]:
        """As it is kept in the store."""
        return {
            "selected": self.selected,
            "left": dict(self.left),
            "moves": [
                [*move, count, self.examples.get(move, [])] for move, count in self.moves.items()
            ],
            "freight": dict(self.freight),
            "past": self.past,
            "unreadable": self.unreadable,
            "marked": self.marked,
            "written": self.written,
            "skipped": dict(self.skipped),
            "failed": self.failed,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Tally:
        """As it was kept in the store; empty from an empty one."""
        moves = [((shown, new), count, ids) for shown, new, count, ids in kept.get("moves", ())]
        tally = cls(
            moves=Counter({move: count for move, count, _ in moves}),
            examples={move: list(ids) for move, _, ids in moves},
        )
        for name in ("selected", "past", "unreadable", "marked", "written", "failed"):
            setattr(tally, name, int(kept.get(name, 0)))
        for name in ("left", "freight", "skipped"):
            setattr(tally, name, Counter(kept.get(name, {})))
        return tally
