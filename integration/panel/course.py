"""The course of a claim: its days, and what it was decided to be from one review to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from integration.assess import Assessment
from integration.panel.words import Words
from integration.records import Kept

_MOST: Final = 20
"""Changes of the verdict that are told of."""


def timeline(found: Assessment, today: date, said: Words) -> list[dict[str, Any]]:
    """The days of a claim that are known, in their order. Days that are counted from facts which
    contradict each other mean nothing, and are left out."""
    verdict, claim = found.verdict, found.reading.claim
    sound = "P1" not in verdict.clauses
    bought = claim.known().get("purchase_date")
    days: dict[str, date | None] = {
        "purchase": bought if isinstance(bought, date) else None,
        "opened": claim.claim_opened_on,
        "today": max(today, found.reading.today),
        "refund_window": verdict.refund_window_ends_on if sound else None,
        "claim_deadline": verdict.claim_deadline if sound else None,
        "warranty_end": verdict.warranty_ends_on if sound else None,
    }
    return [
        {
            "key": key,
            "date": day.isoformat(),
            "label": said(f"timeline.{key}"),
            "provisional": key == "claim_deadline" and verdict.claim_deadline_provisional,
        }
        for key, day in sorted(
            ((key, day) for key, day in days.items() if day is not None), key=lambda one: one[1]
        )
    ]


def changes(history: Sequence[Kept]) -> list[dict[str, Any]]:
    """The changes of a ticket's verdict, the newest first: of reviews in a row that found the same,
    the first."""
    told: list[tuple[object, dict[str, Any]]] = []
    for kept in history:
        record = kept.record
        same = (record.status, record.clauses, record.shown, record.decision)
        if told and told[-1][0] == same:
            told.pop()
        elif len(told) == _MOST:
            break
        told.append(
            (
                same,
                {
                    "at": moment(kept.reviewed_at),
                    "status": record.status,
                    "clauses": list(record.clauses),
                    "did": record.did,
                    "shown": record.shown,
                    "decision": record.decision,
                },
            )
        )
    return [one for _, one in told]


def moment(at: datetime) -> str:
    """A moment (aware) as the panel is told of it: in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds")
