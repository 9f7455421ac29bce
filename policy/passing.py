"""The days on which a verdict may change by time alone."""

from __future__ import annotations

from datetime import date

from policy.chapters import window
from policy.dates import ONE_DAY, add_days, first_reaching, first_within
from policy.editions import EDITIONS, Edition
from policy.facts import Claim
from policy.resolved import resolve


def turns(claim: Claim, editions: tuple[Edition, ...] = EDITIONS) -> tuple[date, ...]:
    """All days on which the verdict may differ from that of the day before, sorted; on some of them
    nothing changes.

    The day after each term's end. While the day of purchase is unknown, so are the days that
    follow from it: then every day counts on which a stretch of the possible ones falls out of
    time, as ``unknowns.kinds_of_day`` cuts them.
    """
    facts = resolve(claim)
    opened, purchase, shipped = facts.opened, facts.purchase, facts.shipped
    latest = opened if shipped is None else min(opened, shipped)
    ends = [_before(opened)]
    for place, terms in enumerate(editions):
        bought = [purchase] if purchase is not None else []
        if purchase is None:
            later = editions[place + 1].holds_from if place + 1 < len(editions) else date.max
            stretches = (
                terms.holds_from,
                first_reaching(opened, terms.warranty_months),
                first_within(opened, terms.refund_days),
                min(latest, _before(later)),
            )
            bought += [day for first in stretches for day in (_before(first), first)]
        ends += [window.W1(day, terms) for day in bought]
        ends += [window.D1(opened, terms), window.R4(opened, terms)]
        if shipped is not None:
            ends.append(window.R4(shipped, terms))
    return tuple(sorted({add_days(day, 1) for day in ends}))


def _before(day: date) -> date:
    return day if day == date.min else day - ONE_DAY
