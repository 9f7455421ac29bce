"""Customers who file tickets and agents who change them, and what they know of it afterwards."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.integration.chaos.history import Known
from tests.integration.live import Live

_TODAY: Final = datetime.now(UTC).date()


def _ago(days: int) -> str:
    return (_TODAY - timedelta(days=days)).isoformat()


SOUND: Final[Mapping[str, object]] = {
    "purchase_date": _ago(90),
    "purchase_country": "DE",
    "claim_country": "DE",
    "order_number": "SO-1",
    "problem": "quality_defect",
    "defect_evidence": "verified",
    "troubleshooting": "documented",
}
"""A claim that is covered, at SOOCAS's freight."""
# No day here is near a boundary, so that a run over midnight ends with the verdicts it began with.
CHANGES: Final[tuple[tuple[str, tuple[object, ...]], ...]] = (
    ("purchase_date", (_ago(90), _ago(760), _ago(12), None)),
    ("claim_country", ("DE", "FR")),
    ("order_number", ("SO-1", "SO-2", None)),
    ("problem", ("quality_defect", "dropped", "not_quality", None)),
    ("defect_evidence", ("verified", None)),
    ("troubleshooting", ("documented", None)),
    ("inspection", ("no_fault_found", "pending", None)),
    ("purchase_channel", ("authorized_dealer", None)),
)
"""What agents set facts to, one at a time; each has a say in the verdict or in what is told."""


@dataclass
class _Kept:
    facts: dict[str, object]
    tags: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    changes: int = 0


class People:
    """Everybody who works on the tickets of one helpdesk; ``chance`` decides what they do.

    Agents save a ticket in another second than the one it was last changed in: within one second
    Zendesk cannot tell two updates apart (``updated_stamp``), and neither could we.
    """

    def __init__(self, live: Live, chance: random.Random) -> None:
        self._live = live
        self._chance = chance
        self._kept: dict[int, _Kept] = {}
        self.edits = 0

    @property
    def tickets(self) -> list[int]:
        """The tickets so far, the oldest first."""
        return list(self._kept)

    def known(self, ticket: int) -> Known:
        """What they know of one."""
        kept = self._kept[ticket]
        return Known(dict(kept.facts), frozenset(kept.tags), frozenset(kept.gone), kept.changes)

    def file(self, **facts: object) -> int:
        """A customer files a ticket: with these facts, or a sound claim with one fact changed."""
        given = dict(SOUND)
        if not facts:
            key, values = self._chance.choice(CHANGES)
            facts = {key: self._chance.choice(values)}
        given |= facts
        number = len(self._kept) + 1
        text = {key: value for key, value in given.items() if value is not None}
        name, email = f"Customer {number}", f"customer{number}@example.com"
        ticket = self._live.file(text, name, email, "It is broken", "Please help.")
        self._kept[ticket] = _Kept(given)
        return ticket

    def edit(self, ticket: int | None = None, *, apart: bool = True, **facts: object) -> bool:
        """An agent changes a fact or two and a tag. False where the ticket was changed within this
        very second, and the save is to be ``apart`` from that."""
        chance = self._chance
        ticket = ticket or chance.choice(self.tickets)
        kept = self._kept[ticket]
        if not facts:
            chosen = chance.sample(CHANGES, chance.choice((0, 1, 1, 1, 2)))
            facts = {key: chance.choice(values) for key, values in chosen}
        facts = {key: value for key, value in facts.items() if value != kept.facts.get(key)}
        come, gone = {f"agent_{chance.randrange(100)}"} - kept.tags, set()
        if kept.tags and chance.random() < 0.4:
            gone = {chance.choice(sorted(kept.tags))}
        place = self._live.place
        with place.lock:
            if apart and place.just_changed(ticket):
                return False
            place.change(ticket, facts, sorted(come), sorted(gone))
        kept.facts |= facts
        kept.changes += bool(facts)
        kept.tags, kept.gone = (kept.tags | come) - gone, (kept.gone - come) | gone
        self.edits += 1
        return True
