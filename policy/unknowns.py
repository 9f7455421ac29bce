"""What missing facts could still change: ``could_be``, ``ask`` and ``presumed``, exactly.

Unknown facts could be filled in in very many ways, but only a few of them differ for the verdict. A
``View`` holds those: the rows that the problem could lead to, the kinds of day that the purchase
could have been on, and whether evidence, territory, proof and channel could go either way. Facts
are independent of one another beyond what the rows already hold, so the statuses that are possible
are those of the rows and days, one by one.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple, get_args

from policy.chapters import exclusions, window
from policy.clauses import mask
from policy.dates import first_reaching, first_within
from policy.editions import Edition
from policy.facts import Channel
from policy.resolved import Resolved
from policy.tables import (
    ALWAYS,
    DEALER,
    DENIED,
    EXPIRED,
    LATE,
    ORIGINAL_OVER,
    REFUND_OVER,
    REVIEW,
    Row,
)


class View(NamedTuple):
    """What a claim could turn out to be.

    ``rows``: what the item's facts could lead to. ``days``: what the purchase date could bring
    about, each a set of ``EXPIRED`` and its like. ``apart``: the statuses that come about whatever
    rows and days say. ``alive``: whether any way is left to rows and days. ``ok``, ``bad``: whether
    evidence and troubleshooting could suffice, or fail. ``inside``, ``outside``: whether the claim
    could come from within the region of purchase, or from without.
    """

    rows: tuple[Row, ...]
    days: tuple[int, ...]
    apart: int
    alive: bool
    ok: bool
    bad: bool
    inside: bool
    outside: bool


def possible(view: View) -> int:
    """The statuses that are possible, as a set."""
    rows, days, statuses, alive, ok, bad, inside, outside = view
    if not alive:
        return statuses
    for row in rows:
        kills, evidence, at_home, abroad, *_ = row
        for day in days:
            if kills & day:
                statuses |= DENIED
                continue
            if evidence:
                if bad:
                    statuses |= DENIED
                if not ok:
                    continue
            if inside:
                statuses |= at_home
            if outside:
                statuses |= abroad
    return statuses


# The channels on which each of the seller's clauses speaks, None (unknown) among them.
_DEALERS = (None, *[channel for channel in get_args(Channel) if exclusions.U2(channel)])
_UNAUTHORIZED = (None, *[channel for channel in get_args(Channel) if exclusions.X9(channel)])
_OFFICIAL = (None, *[one for one in get_args(Channel) if one not in (*_DEALERS, *_UNAUTHORIZED)])


def apart(channel: Channel | None, proof_unknown: bool, lethal: int) -> tuple[int, bool]:
    """The statuses that come about whatever rows and days say, and whether any way is left.

    ``lethal``: the clauses against the claim whatever the item's facts say, as a set.
    """
    statuses = DEALER if channel in _DEALERS else 0
    official = channel in _OFFICIAL
    if channel in _UNAUTHORIZED or (official and (lethal or proof_unknown)):
        statuses |= DENIED  # X9, or what is lethal, or X1 to come
    return statuses, official and not lethal


class Matters(NamedTuple):
    """Which unknown facts could change the status: two ways that differ in it alone differ."""

    purchase_date: bool
    territory: bool
    proof: bool
    problem: bool
    evidence: bool


def matters(view: View) -> Matters:
    """Which of these could still change the status, were they unknown.

    The channel always does while it is unknown (an authorised dealer's claim is the dealer's).
    Where proof is unknown, its sufficing is what rows and days are about, so it matters where any
    of them could end well. Likewise ``evidence``, for the rows where it is required.
    """
    rows, days, _, alive, _, _, _, _ = view
    if not alive:
        return Matters(False, False, False, False, False)
    by_day: dict[tuple[int, bool, bool], int] = {}
    territory = proof = problem = evidence = purchase = False
    sufficing = [value for value, could in ((False, view.ok), (True, view.bad)) if could]
    places = [value for value, could in ((False, view.inside), (True, view.outside)) if could]
    for day in days:
        for failing in sufficing:
            for abroad in places:
                statuses = 0
                for place, row in enumerate(rows):
                    if row.kills & day or (failing and row.evidence):
                        status = DENIED
                    else:
                        status = row.outside if abroad else row.inside
                        proof = proof or status != DENIED
                        if row.evidence and not failing and status != DENIED:
                            evidence = True
                        if abroad and status != row.inside and view.inside:
                            territory = True
                    statuses |= status
                    if len(days) > 1:
                        seen = by_day.setdefault((place, failing, abroad), status)
                        purchase = purchase or seen != status
                problem = problem or statuses & (statuses - 1) != 0
    return Matters(purchase, territory, proof, problem, evidence)


# -- the clauses that decide a denial or a review --------------------------------------------------

_X1, _X3, _X4, _D2, _P2 = mask("X1"), mask("X3"), mask("X4"), mask("D2"), mask("P2")


def denying(view: View, known: int, failing: int, maybe: int) -> int:
    """The clauses that deny the claim in every way of filling in, or else those that do in some.

    ``known``: those that hold whatever rows and days say; ``failing``: E2 and E3 as far as known
    facts say so; ``maybe``: X1, E2, E3 as far as unknown ones could. All as sets.
    """
    always, ever = ~0, known | maybe & _X1
    for row in view.rows:
        for day in view.days:
            here = row.surely
            if day & EXPIRED:
                here |= _X3
            if row.kills & day & REFUND_OVER:
                here |= _X4
            if row.kills & day & LATE:
                here |= _D2
            if row.evidence:
                here |= failing
                ever |= maybe
            if row.outside == DENIED and view.outside:
                ever |= row.abroad
                if not view.inside:
                    here |= row.abroad
            always &= here
            ever |= here | row.maybe
    return known | always or ever


def reviewing(view: View) -> int:
    """The clauses for which a person decides, in every way of filling in, or else in some."""
    always, ever = ~0, 0
    for row in view.rows:
        here = _P2 if row.inside == REVIEW else 0
        if view.outside:
            ever |= row.abroad
            if not view.inside:
                here |= row.abroad
        always &= here
        ever |= here
    return always or ever


# -- the day of purchase ---------------------------------------------------------------------------


def kinds_of_day(
    claim: Resolved, today: date, editions: tuple[Edition, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What the day of purchase brings about: as the claim stands, and were the item a replacement
    sent on the day the claim was opened (the most favourable day).

    One kind where the day is known; else every kind that some day leads to, each day judged by the
    edition in force on it. Days after the claim or the replacement would contradict and do not
    count.
    """
    latest = claim.opened if claim.shipped is None else min(claim.opened, claim.shipped)
    as_is, replaced = set(), set()
    for place, terms in enumerate(editions):
        first = date.min if place == 0 else terms.holds_from
        last = latest
        if place + 1 < len(editions):
            last = min(latest, first_within(editions[place + 1].holds_from, 1))
        if first > last:
            continue
        # Each term is kept by all days from some day on, so one day of each stretch tells them all.
        in_year = first_reaching(claim.opened, terms.warranty_months)
        in_refund = first_within(claim.opened, terms.refund_days)
        in_time = first_reaching(today, terms.warranty_months)
        lapsed = today > window.D1(claim.opened, terms)
        own_term_over, lapsed_at_best = True, lapsed and today > window.R4(claim.opened, terms)
        if claim.shipped is not None:
            own_term = window.R4(claim.shipped, terms)
            own_term_over = claim.opened > own_term
            lapsed = lapsed and today > own_term
        for day in (first, in_year, in_refund, in_time):
            if first <= day <= last:
                kind = ALWAYS
                if day < in_refund:
                    kind |= REFUND_OVER
                if day < in_year:
                    kind |= ORIGINAL_OVER
                late = day < in_time
                replaced.add(kind | (LATE if late and lapsed_at_best else 0))
                if day < in_year and own_term_over:
                    kind |= EXPIRED
                as_is.add(kind | (LATE if late and lapsed else 0))
    return tuple(as_is), tuple(replaced)


def kind_of_day(opened: date, today: date, days: window.Window) -> int:
    """What a known day of purchase brings about."""
    kind = ALWAYS
    if window.X4(opened, days):
        kind |= REFUND_OVER
    if window.own_term_only(opened, days):
        kind |= ORIGINAL_OVER
    if window.X3(opened, days):
        kind |= EXPIRED
    if window.D2(today, days):
        kind |= LATE
    return kind
