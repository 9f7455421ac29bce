"""From a ticket to a claim: which field feeds which fact.

Each field's value becomes a fact or a ``Misread`` that an agent can act on; one bad value never
stops the reading of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from integration import catalogue
from integration.helpdesks import FieldValue, Ticket
from policy import EXPECTED, FACT, FACTS, Claim, Fact, FactError


@dataclass(frozen=True, slots=True)
class Misread:
    """A field whose value is none of its ``fact``. ``value`` is the ticket's own text: escape
    it."""

    fact: str
    title: str
    value: str
    expected: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A claim, and the fields that could not be read. ``today`` is the calendar date of the
    review where the installation is; never before the day the ticket was created."""

    claim: Claim
    misread: tuple[Misread, ...]
    today: date


def read(ticket: Ticket, now: datetime, zone: tzinfo) -> Reading:
    """The claim on a ticket, as of ``now`` (aware).

    The claim was opened on the day the ticket was created, in ``zone``, unless a field says
    otherwise. An empty field is unknown; so is a checkbox that is not ticked, since nobody can
    tell whether it was looked at; so is a field that the helpdesk did not return.
    """
    created = ticket.created_at.astimezone(zone).date()
    # A helpdesk's clock a little ahead of ours must not make the claim one from the future.
    today = max(now.astimezone(zone).date(), created)
    facts = {
        fact.name: value
        for fact in FACTS
        if not _empty(value := _meaning(fact, ticket.fields.get(fact.name)))
    }
    misread: list[Misread] = []
    while True:
        try:
            claim = Claim.from_record({"claim_opened_on": created.isoformat(), **facts})
        except FactError as error:
            # One fact the fewer each time; the day it was opened falls back on the ticket's.
            fact = FACT[str(error.fact)]
            misread.append(_misread(fact, ticket.fields[fact.name]))
            del facts[fact.name]
        else:
            return Reading(claim, tuple(misread), today)


def told(reading: Reading, text: str) -> dict[str, str | bool]:
    """The known facts as ``Claim.from_record`` takes them, with ``text`` in place of what anybody
    wrote in words of their own."""
    facts: dict[str, str | bool] = {}
    for name, value in reading.claim.known().items():
        given = text if FACT[name].kind == "text" else value
        facts[name] = given if isinstance(given, bool) else str(given)
    return facts


def _empty(value: object) -> bool:
    return value in (None, ()) or (isinstance(value, str) and not value.strip())


def _meaning(fact: Fact, raw: FieldValue) -> object:
    """A field's value in the policy's words, or as it stands where it is none of our options."""
    if isinstance(raw, bool):
        # A checkbox: ticked says yes, but not ticked says nothing.
        return True if raw else None
    if isinstance(raw, str):
        value = catalogue.meaning(fact.name, raw.strip())
        if value is not None:
            return value
        if fact.kind == "boolean":
            return {"yes": True, "true": True, "no": False, "false": False}.get(
                raw.strip().lower(), raw
            )
    return raw


def _misread(fact: Fact, raw: FieldValue) -> Misread:
    options = catalogue.FIELD[fact.name].options
    expected = EXPECTED[fact.name]
    if fact.kind in ("choice", "boolean"):
        expected = "one of " + ", ".join(label for _, label in options)
    shown = ", ".join(raw) if isinstance(raw, tuple) else str(raw)
    shown = shown if len(shown) <= 60 else shown[:59] + "…"
    return Misread(fact.name, catalogue.FIELD[fact.name].title, shown, expected)
