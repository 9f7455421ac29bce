"""The rules about what happened to the item, worked out once for every combination of its facts.

A combination of problem, inspection, transport and item leads to a ``Row``; deciding looks it up
instead of running the rules again. Problems that lead to alike rows share one, so that an unknown
problem is a handful of rows and not ten.
"""

from __future__ import annotations

from itertools import product
from typing import Final, Literal, NamedTuple, get_args

from policy.chapters import evidence, exclusions, returns, territory
from policy.chapters.case import Case, Item
from policy.clauses import mask
from policy.facts import Inspection, Problem
from policy.settings import CrossBorder

Status = Literal[
    "needs_review",
    "refer_to_dealer",
    "not_covered",
    "awaiting_inspection",
    "refund_eligible",
    "covered",
    "needs_information",
]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
"""In the order of the policy's rules; the last is what becomes of more than one."""

ENDED: Final[frozenset[Status]] = frozenset({"not_covered", "refer_to_dealer"})
"""Under these no claim is alive."""

REVIEW, DEALER, DENIED, INSPECTION, REFUND, COVERED = (1 << place for place in range(6))
"""A set of statuses is one integer."""

# What a day of purchase can bring about, and what a row succumbs to.
EXPIRED, REFUND_OVER, LATE, ORIGINAL_OVER, ALWAYS = 1, 2, 4, 8, 16


class Row(NamedTuple):
    """What a combination leads to while nothing else stands against the claim.

    ``kills``: which of ``EXPIRED``, ``REFUND_OVER``, ``LATE``, ``ALWAYS`` deny it. ``evidence``:
    whether E2 and E3 apply. ``inside``, ``outside``: its status at home and abroad. ``surely`` and
    ``maybe``: the clauses against it, for every and for some problem of this row. ``abroad``:
    those that a claim from outside adds. ``transport``: whether T1 excused something.
    """

    kills: int
    evidence: bool
    inside: int
    outside: int
    surely: int
    maybe: int
    abroad: int
    transport: bool


Key = tuple[Problem | None, Inspection, bool, Item]


def _row(case: Case, cross_border: CrossBorder) -> Row:
    against = 0
    for applies, clauses in (
        (exclusions.X2(case), mask("X2")),
        (exclusions.X7(case), mask("X7")),
        (exclusions.X8(case), mask("X8")),
        (returns.E5(case), mask("E5")),
        (returns.S1_F3(case), mask("S1", "F3")),
    ):
        if applies:
            against |= clauses
    excused = returns.T1(case)
    kills = EXPIRED  # X3
    if case.problem == "not_quality":
        kills |= REFUND_OVER  # X4
    if not (returns.with_soocas(case) or excused):
        kills |= LATE  # D2
    if against:
        kills |= ALWAYS
    if case.problem == "damaged_on_delivery":
        inside = REVIEW  # P2
    elif returns.E4(case):
        inside = INSPECTION
    else:
        inside = REFUND if case.problem == "not_quality" else COVERED
    outside, abroad = inside, 0
    if territory.W2(True, case, cross_border):
        outside, abroad = DENIED, mask("W2")
    elif territory.W2_review(True, case, cross_border):
        outside, abroad = REVIEW, mask("W2", "F1")
    required = evidence.requires_evidence(case)
    return Row(kills, required, inside, outside, against, against, abroad, excused)


def _rows(cross_border: CrossBorder) -> dict[Key, tuple[Row, ...]]:
    table: dict[Key, tuple[Row, ...]] = {}
    for inspection, transport, item in product(get_args(Inspection), (False, True), get_args(Item)):
        alike: dict[tuple[object, ...], Row] = {}
        for problem in get_args(Problem):
            case = Case(problem, inspection, transport, item)
            if returns.contradicts(case):
                table[problem, inspection, transport, item] = ()
                continue
            row = _row(case, cross_border)
            table[problem, inspection, transport, item] = (row,)
            shape = (*row[:4], row.transport)
            twin = alike.get(shape, row)
            alike[shape] = row._replace(
                surely=row.surely & twin.surely, maybe=row.maybe | twin.maybe
            )
        table[None, inspection, transport, item] = tuple(alike.values())
    return table


ROWS: Final[dict[CrossBorder, dict[Key, tuple[Row, ...]]]] = {
    cross_border: _rows(cross_border) for cross_border in get_args(CrossBorder)
}
"""By the owner's setting and the facts (problem None: unknown): the rows of every way of filling in
that does not contradict itself; none where the facts contradict each other already (P1)."""
