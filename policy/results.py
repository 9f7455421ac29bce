"""What a verdict is: the shapes that deciding gives, and their published JSON."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, NamedTuple

from policy.chapters.remedy import RemedyKind
from policy.facts import Asked
from policy.findings import Finding
from policy.tables import Status

Payer = Literal["buyer", "soocas", "undetermined", "not_applicable"]


class Ask(NamedTuple):
    """A ``fact`` to ask for, and whom (``of``)."""

    fact: str
    of: Asked


class Freight(NamedTuple):
    """Who pays the freight, by which clauses, and what to ask while that is undetermined."""

    payer: Payer
    clauses: tuple[str, ...]
    ask: tuple[Ask, ...]


class Remedy(NamedTuple):
    """What the buyer gets, by which clauses; with a replacement, the last day of its warranty were
    it shipped on the day of the verdict (None while the original's is unknown)."""

    kind: RemedyKind
    clauses: tuple[str, ...]
    warranty_ends_on: date | None


class Verdict(NamedTuple):
    """What the policy says of a claim on a day.

    ``clauses`` decided the ``status``. Dates are calendar dates, last days included; a
    ``claim_deadline`` is provisional while the purchase date is unknown. ``could_be``, ``ask`` and
    ``presumed`` are as the policy's semantics define them.
    """

    id: Any
    status: Status
    clauses: tuple[str, ...]
    findings: tuple[Finding, ...]
    freight: Freight
    remedy: Remedy
    warranty_ends_on: date | None
    claim_deadline: date | None
    claim_deadline_provisional: bool
    refund_window_ends_on: date | None
    ask: tuple[Ask, ...]
    could_be: tuple[Status, ...]
    presumed: tuple[str, ...]
    policy_edition: str
    decided_on: date

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON-ready values, in the published shape."""
        return {
            "id": self.id,
            "status": self.status,
            "clauses": list(self.clauses),
            "findings": [
                {
                    "clause": finding.clause,
                    "outcome": finding.outcome,
                    "because": finding.because,
                    "facts": list(finding.facts),
                }
                for finding in self.findings
            ],
            "freight": {
                "payer": self.freight.payer,
                "clauses": list(self.freight.clauses),
                "ask": [ask._asdict() for ask in self.freight.ask],
            },
            "remedy": {
                "kind": self.remedy.kind,
                "clauses": list(self.remedy.clauses),
                "warranty_ends_on": _iso(self.remedy.warranty_ends_on),
            },
            "warranty_ends_on": _iso(self.warranty_ends_on),
            "claim_deadline": _iso(self.claim_deadline),
            "claim_deadline_provisional": self.claim_deadline_provisional,
            "refund_window_ends_on": _iso(self.refund_window_ends_on),
            "ask": [ask._asdict() for ask in self.ask],
            "could_be": list(self.could_be),
            "presumed": list(self.presumed),
            "policy_edition": self.policy_edition,
            "decided_on": self.decided_on.isoformat(),
        }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
