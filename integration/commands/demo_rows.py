"""The demo's tickets as they stand: what is written on them, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from integration import catalogue
from integration.commands.demo_claims import DemoClaim


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket of the demo as it stands: what was filed, and the outcome written on it, in the
    policy's words; None where nothing is written yet. ``wrong`` says what is not as it must be."""

    ticket_id: int
    claim: DemoClaim
    fields: Mapping[str, Any]
    tags: frozenset[str]
    clauses: str
    notes: tuple[str, ...]
    public: int
    wrong: tuple[str, ...]


def wrong_with(
    claim: DemoClaim,
    outcome: Mapping[str, Any],
    tags: frozenset[str],
    clauses: str,
    notes: tuple[str, ...],
    public: int,
) -> tuple[str, ...]:
    """What on a written-back ticket is not as it must be."""
    wrong = []
    if outcome["verdict"] != claim.status:
        wrong.append(f"verdict {outcome['verdict']}, expected {claim.status}")
    if outcome["freight_payer"] != claim.payer:
        wrong.append(f"freight {outcome['freight_payer']}, expected {claim.payer}")
    for key, day in (("warranty_end", claim.ends), ("claim_deadline", claim.until)):
        if outcome[key] != day:
            wrong.append(f"{key} {outcome[key]}, expected {day}")
    if clauses != claim.clauses:
        wrong.append(f"clauses {clauses or 'none'}, expected {claim.clauses or 'none'}")
    for tag in (catalogue.status_tag(claim.status), catalogue.payer_tag(claim.payer)):
        if tag not in tags:
            wrong.append(f"tag {tag} is missing")
    if len(notes) != 1:
        wrong.append(f"{len(notes)} notes, expected 1")
    if public != 1:
        wrong.append(f"{public} public comments, expected the customer's alone")
    if claim.asks is not None and notes:
        asked = f"{claim.asks} question{'s' * (claim.asks != 1)} to the customer"
        if asked not in notes[-1]:
            wrong.append(f"note does not have {asked}")
    if any("<script" in note or "<b>" in note for note in notes):
        wrong.append("note has markup of the customer's")
    return tuple(wrong)


def table(rows: list[Row]) -> Table:
    """The tickets and their verdicts, for a terminal."""
    shown = Table(title="Tickets and their verdicts")
    for column in ("#", "The customer wrote", "Verdict", "By", "Freight", "Claim until"):
        shown.add_column(column)
    for row in rows:
        status, payer = row.fields["verdict"], row.fields["freight_payer"]
        shown.add_row(
            str(row.ticket_id),
            row.claim.subject,
            catalogue.STATUS_LABELS[status] if status else "-",
            row.clauses or "-",
            catalogue.PAYER_LABELS[payer] if payer else "-",
            row.fields["claim_deadline"] or "-",
        )
    return shown
