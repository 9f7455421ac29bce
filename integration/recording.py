"""What is kept of one review: the ``Record`` of it, with no word of anybody's in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from integration import claims, due_dates, stamp
from integration.assess import Assessment
from integration.catalogue import TAGS
from integration.decisions import Decision
from integration.helpdesks import Outcome, Part, Ticket
from integration.records import GIVEN, Record
from integration.updates import Update

OTHER = "other"
"""Stands for what is none of our words: an option of an admin's own, a macro's tag."""

Sent = tuple[Update, Outcome | None]
"""An update that was sent, and what became of it; None where the helpdesk did not tell."""


def record(
    ticket: Ticket,
    found: Assessment,
    did: str,
    sent: Sequence[Sent] = (),
    due: Part | None = None,
) -> Record:
    """The record of a review that came to a verdict: ``did`` is written, unchanged,
    replied or shadow. ``due``: what became of a due date, where that is told apart."""
    verdict, intent = found.verdict, found.intent
    facts = claims.told(found.reading, GIVEN)
    misread = tuple(one.fact for one in found.reading.misread)
    asked = dict.fromkeys(ask.fact for ask in (*verdict.ask, *verdict.freight.ask))
    return Record(
        installation=ticket.ref.installation,
        ticket_id=ticket.ref.id,
        requester=ticket.requester,
        ticket_created_at=ticket.created_at,
        did=did,
        facts=facts,
        misread=misread,
        status=verdict.status,
        clauses=verdict.clauses,
        freight_payer=verdict.freight.payer,
        remedy=verdict.remedy.kind,
        warranty_ends_on=_iso(verdict.warranty_ends_on),
        claim_deadline=_iso(verdict.claim_deadline),
        asked=tuple(asked),
        shown=intent.status or (None if intent.outcome["verdict"] is None else OTHER),
        decision=_word(intent.decision),
        edition=verdict.policy_edition,
        # Of what is kept, not of what was read: an order number is soon guessed from its hash.
        facts_hash=stamp.digest(ticket.ref.id, facts, misread),
        settings_hash=found.settings_hash,
        wrote=_wrote([update for update, _ in sent]),
        outcome={
            part: how.value
            for update, outcome in sent
            if outcome is not None
            for part, how in _parts(update, outcome)
            if how not in (Part.APPLIED, Part.UNCHANGED)
        }
        | ({} if due is None else {due_dates.PART: due.value}),
        brand=ticket.brand,
    )


def _word(decision: Decision | None) -> str | None:
    if decision is None:
        return None
    return decision.what if decision.unclear is None else OTHER


def _wrote(updates: Iterable[Update]) -> dict[str, object]:
    """What was sent; what was not is left out."""
    wrote: dict[str, object] = {}
    fields: set[str] = set()
    added: set[str] = set()
    removed: set[str] = set()
    for update in updates:
        change, message = update.change, update.message
        fields |= {*change.fields, *change.native}
        added |= change.add_tags
        removed |= change.remove_tags
        if change.due is not None:
            wrote["due"] = change.due.at and change.due.at.isoformat()
        if message is not None and message.kind == "public_reply":
            wrote["reply"] = True
        elif update.reminder is not None:
            wrote["reminder"] = update.reminder
        elif message is not None:
            wrote["note"] = True
    named = {"fields": sorted(fields), "added": _ours(added), "removed": _ours(removed)}
    return {key: value for key, value in named.items() if value} | wrote


def _ours(tags: set[str]) -> list[str]:
    return [*sorted(tags & TAGS), *([OTHER] if tags - TAGS else ())]


def _parts(update: Update, outcome: Outcome) -> Iterable[tuple[str, Part]]:
    """The parts of an outcome, the message by what it was."""
    message = "note"
    if update.message is not None and update.message.kind == "public_reply":
        message = "reply"
    elif update.reminder is not None:
        message = "reminder"
    for part, (how, _) in outcome.parts.items():
        yield (message if part == "message:0" else part), how


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
