"""The verdict in one line, in the reader's language; in English, the line of the note."""

from __future__ import annotations

from datetime import date

from integration import replies
from integration.claims import Reading
from integration.panel.words import ENGLISH, Words
from policy import UNKNOWN, Verdict


def headline(reading: Reading, verdict: Verdict, said: Words) -> str:
    """Status, remedy, reason, what is asked, freight, and the deadline with the days left."""
    parts = [said(f"status.{verdict.status}").upper()]
    if verdict.remedy.kind != "none":
        parts.append(said(f"remedy.{verdict.remedy.kind}"))
    if verdict.clauses and verdict.status in ("not_covered", "needs_review"):
        reasons = ", ".join(_reasons(reading, verdict, said))
        parts.append(f"{reasons} ({', '.join(verdict.clauses)})")
    asked = len(replies.questions(reading, verdict))
    of_freight = replies.of_freight_alone(verdict)
    if verdict.status == "needs_information" and of_freight:
        parts.append(said("headline.document"))
    if verdict.status == "needs_information" and not of_freight:
        parts.append(said.count("headline.questions", asked))
    elif asked and verdict.status != "needs_review":
        parts.append(said.count("headline.freight_questions", asked))
    if verdict.freight.payer in ("buyer", "soocas"):
        parts.append(said("headline.freight", payer=said(f"payer.{verdict.freight.payer}")))
    if verdict.claim_deadline is not None and "P1" not in verdict.clauses:
        day = _day(verdict.claim_deadline, verdict.decided_on, said)
        parts.append(said("headline.until", day=day))
    return " · ".join(parts)


def _reasons(reading: Reading, verdict: Verdict, said: Words) -> list[str]:
    found = []
    for clause in verdict.clauses:
        if clause in ("X2", "X7", "X8") and reading.claim.problem is not UNKNOWN:
            found.append(said(f"problem.{reading.claim.problem}"))
        elif f"reason.{clause}" in ENGLISH:
            found.append(said(f"reason.{clause}"))
    return found


def _day(day: date, today: date, said: Words) -> str:
    left = (day - today).days
    if left == 0:
        return f"{day} ({said('days.last')})"
    return f"{day} ({said.count('days.left' if left > 0 else 'days.ago', abs(left))})"
