"""A ticket as read, judged: what should stand on it, and why. Sends nothing.

The one place where the policy meets a ticket. A review carries out what it says; reconciliation
and backfill ask it what a review would do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from integration import catalogue, claims, errors, stamp, writeback
from integration.claims import Reading
from integration.config import Installation
from integration.helpdesks import Phase, Ticket
from integration.installation import DUE_BY_SLA
from integration.writeback import Intent, Rules
from policy import ENDED, Claim, FactError, Settings, Verdict, decide, parse_regions, turns


@dataclass(frozen=True, slots=True)
class Assessment:
    """A ticket's claim, its verdict, and what should stand on it; ``next_due_at`` is when that
    would change by itself (aware; None: never). ``lapses``: whether the policy ends the claim on
    the day after the deadline that is to be reminded of, None where none is. ``settings_hash`` is a
    digest of the settings that it was judged by."""

    reading: Reading
    verdict: Verdict
    intent: Intent
    next_due_at: datetime | None
    lapses: bool | None
    settings_hash: str


def left_alone(ticket: Ticket) -> str | None:
    """Why a ticket is none that is reviewed: closed, solved or no claim; None where it is."""
    if ticket.phase in (Phase.CLOSED, Phase.SOLVED):
        return str(ticket.phase.value)
    return None if catalogue.CLAIM_TAG in ticket.tags else "no claim"


def assess(ticket: Ticket, installation: Installation, now: datetime) -> Assessment:
    """Judge a ticket as of ``now`` (aware) by an installation's settings.

    Raises FieldGone where the ticket lacks a field without which nobody could tell what the app
    wrote, or what an agent decided: a person must mend that first.
    """
    for key in ("stamp", "verdict", "agent_decision"):
        if key not in ticket.fields:
            title = catalogue.FIELD[key].title
            raise errors.FieldGone(f"ticket {ticket.ref.id}: it has no field ‘{title}’")
    settings, rules = terms(installation)
    reading = claims.read(ticket, now, rules.zone)
    verdict = decide(reading.claim, reading.today, settings)
    intent = writeback.intend(ticket, reading, verdict, rules)
    if installation.mode == "notes":
        intent = writeback.only_noted(ticket, intent)
    lapses = None
    if intent.reminder is not None:
        after = intent.reminder.ends + timedelta(days=1)
        lapses = "D2" in decide(reading.claim, after, settings).clauses
    due = writeback.next_due(intent, reading, verdict, rules, _turn(reading, verdict, settings))
    return Assessment(reading, verdict, intent, due, lapses, rules.digest)


def judged(facts: Mapping[str, Any], day: date, installation: Installation) -> Verdict | None:
    """The verdict on a claim with these facts (as a record keeps them) on a day, by an
    installation's settings; None for facts that are no claim any more."""
    try:
        claim = Claim.from_record(facts)
    except FactError:
        return None
    return decide(claim, day, terms(installation)[0])


def _turn(reading: Reading, verdict: Verdict, settings: Settings) -> date | None:
    """The first coming day on which the policy says something else by itself; None for never. Of a
    claim that has ended, only another status counts."""
    for day in turns(reading.claim):
        if day > reading.today:
            then = decide(reading.claim, day, settings)
            if then.status != verdict.status:
                return day
            if verdict.status not in ENDED and _told(then) != _told(verdict):
                return day
    return None


def _told(verdict: Verdict) -> tuple[object, ...]:
    """What of a verdict is more than the passing of days."""
    return (
        verdict.clauses,
        verdict.remedy.kind,
        verdict.freight,
        verdict.claim_deadline,
        verdict.ask,
        verdict.could_be,
    )


@lru_cache(maxsize=256)
def terms(installation: Installation) -> tuple[Settings, Rules]:
    """An installation's settings, as the policy and as the writing back take them."""
    return (
        Settings(installation.cross_border, parse_regions(installation.regions)),
        Rules(
            zone=installation.time_zone,
            # Whichever way round they were set, the first reminder comes first.
            near_days=max(installation.deadline_near_days, installation.deadline_last_days),
            last_days=min(installation.deadline_near_days, installation.deadline_last_days),
            tasks=installation.due_date_tasks,
            by_sla=installation.helpdesk in DUE_BY_SLA,
            digest=stamp.digest(
                installation.cross_border,
                installation.regions,
                installation.deadline_near_days,
                installation.deadline_last_days,
                installation.due_date_tasks,
                str(installation.time_zone),
            ),
        ),
    )
