"""From groups of tickets to the overview's counts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from integration.catalogue import ACCEPT, HOLD
from integration.overview.period import NO_BRAND
from integration.overview.queries import Group
from integration.recording import OTHER


@dataclass(slots=True)
class Contested:
    """Of the tickets whose verdict names a clause: how many there are, how many were not covered,
    on how many an agent took a decision, and on how many a different one."""

    tickets: int = 0
    denied: int = 0
    decided: int = 0
    differ: int = 0

    @property
    def share(self) -> float | None:
        """How many of the decisions differ, 0 to 1; None where none was taken."""
        return self.differ / self.decided if self.decided else None


@dataclass(slots=True)
class Figures:
    """What the tickets of a period come to, each counted once.

    ``shown`` counts by the status on the ticket and ``policy`` by the policy's; ``agreement`` by
    what agents did (accepted, overridden, held, by hand, none); ``moves`` are overrides by (the
    policy's status, the agent's); ``denied_by_agents`` are those to not covered that stand on the
    ticket; ``open_questions`` are asked for still.
    """

    tickets: int = 0
    shadow: int = 0
    shown: Counter[str] = field(default_factory=Counter)
    policy: Counter[str] = field(default_factory=Counter)
    payers: Counter[str] = field(default_factory=Counter)
    clauses: dict[str, Contested] = field(default_factory=dict)
    open_questions: Counter[str] = field(default_factory=Counter)
    agreement: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    denied_by_agents: int = 0

    @property
    def denied(self) -> int:
        """Tickets that are not covered by the status that stands, whoever decided it."""
        return self.shown["not_covered"]

    @property
    def denials(self) -> int:
        """Tickets that the policy does not cover."""
        return self.policy["not_covered"]

    @property
    def denials_overridden(self) -> int:
        """Those of them that an agent decided otherwise."""
        return sum(count for (was, _), count in self.moves.items() if was == "not_covered")


def figures(groups: Iterable[Group], brand: str = "", kind: str = "") -> Figures:
    """The counts of those groups that are of a brand and a kind (empty: of all)."""
    found = Figures()
    for one in groups:
        if (kind and one.kind != kind) or (brand and (one.brand or NO_BRAND) != brand):
            continue
        count, did = one.tickets, did_agent(one)
        differs = did == "overridden"
        found.tickets += count
        found.shadow += count if one.kind == "shadow" else 0
        found.shown[one.shown or one.status] += count
        found.policy[one.status] += count
        found.payers[one.payer] += count
        found.agreement[did] += count
        if differs:
            found.moves[one.status, str(one.decision)] += count
            if one.decision == (one.shown or one.status) == "not_covered":
                found.denied_by_agents += count
        for fact in one.asked:
            found.open_questions[fact] += count
        for clause in one.clauses:
            contested = found.clauses.setdefault(clause, Contested())
            contested.tickets += count
            contested.denied += count if one.status == "not_covered" else 0
            contested.decided += count if did in ("accepted", "overridden") else 0
            contested.differ += count if differs else 0
    return found


def did_agent(one: Group) -> str:
    """What an agent did about a verdict: accepted, overridden, held (also by an option that is none
    of the app's), by hand (wrote another status into its field), or none."""
    if one.decision in (HOLD, OTHER):
        return "held"
    if one.decision is not None:
        return "accepted" if one.decision in (ACCEPT, one.status) else "overridden"
    return "by hand" if one.shown not in (None, one.status) else "none"


def brands_in(groups: Sequence[Group]) -> list[str]:
    """The brands of these tickets by their number, the one with the most tickets first; NO_BRAND
    for those that have none."""
    found: Counter[str] = Counter()
    for one in groups:
        found[one.brand or NO_BRAND] += one.tickets
    return [brand for brand, _ in found.most_common()]
