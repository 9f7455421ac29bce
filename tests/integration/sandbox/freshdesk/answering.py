"""What a service says to the panel of a covered claim, for tests: the shape of its answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

COVERED: Final[Mapping[str, Any]] = {
    "state": "claim",
    "mode": "full",
    "as_of": None,
    "version": "2026-05-04T10:00:00Z",
    "language": "en",
    "customer_language": "en",
    "verdict": {
        "status": "covered",
        "clauses": ["S1"],
        "could_be": [],
        "claim_deadline": "2027-02-01",
        "policy_edition": "soocas-1",
        "decided_on": "2026-05-05",
    },
    "headline": "COVERED · replacement by the same model · freight: SOOCAS",
    "clauses": [
        {"clause": "S1", "because": "A defect in quality.", "sentence": "Defects are covered."}
    ],
    "missing": [],
    "next_question": None,
    "freight": {"payer": "soocas", "label": "SOOCAS", "clauses": ["F1"], "because": "F1 says so."},
    "remedy": {
        "kind": "replacement_same_model",
        "label": "replacement by the same model",
        "clauses": ["R1"],
        "because": "",
        "warranty_ends_on": "2027-02-01",
    },
    "timeline": [
        {"key": key, "date": day, "label": label, "provisional": False}
        for key, day, label in (
            ("purchase", "2026-02-01", "Purchase"),
            ("today", "2026-05-05", "Today"),
            ("warranty_end", "2027-02-01", "Warranty ends"),
        )
    ],
    "presumed": [],
    "misread": [],
    "shown": "covered",
    "decision": None,
    "counts": {"status": "covered", "label": "Covered", "payer": "soocas", "by": "policy"},
    "message": {
        "text": "Hello,\n\nyour product is covered.",
        "html": "<p>Hello,</p><p>your product is covered.</p>",
        "asks": False,
        "language": "en",
        "greeting": "Hello,",
        "named": "Hello {name},",
        "may_differ": False,
    },
    "macro": None,
    "history": [],
    "contradicts": {"coverage": ["is not covered"], "freight": ["at your expense"]},
    "turned": {"before": [" not "], "after": [" nicht "], "ends": ["."]},
    "untrusted": [],
}


def field(name: str, title: str, kind: str, role: str = "fact") -> dict[str, Any]:
    """A field of the app in an account, by the name that Freshdesk gave it."""
    return {
        "id": name,
        "title": title,
        "kind": kind,
        "role": role,
        "on_ticket": None,
        "options": [],
    }


def answer(body: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a question of the panel, with ``fields`` where it asks for them."""
    return {**COVERED, **({"fields": dict(fields)} if body.get("fields") else {})}
