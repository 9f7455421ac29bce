"""The facts of a claim that bear on one another, all known: what a rule is asked about."""

from __future__ import annotations

from typing import Literal, NamedTuple

from policy.facts import Inspection, Problem

Item = Literal["original", "returned", "wrong_item", "not_returned"]


class Case(NamedTuple):
    """What happened to the item.

    ``transport`` is whether T1 holds: the return label was prepaid and the item was lost or damaged
    on the way. ``item`` is "original" for an item that is no replacement; for a replacement it says
    what became of the item it replaced.
    """

    problem: Problem
    inspection: Inspection
    transport: bool
    item: Item
