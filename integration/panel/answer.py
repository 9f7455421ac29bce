"""A ticket judged, as JSON for the panel. Sends nothing and writes nothing.

All of it is text, to be shown as text, but ``message.html``; ``untrusted`` names what may hold
words from the ticket itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from integration import catalogue
from integration.assess import Assessment, assess
from integration.catalogue import STATUS_LABELS
from integration.claims import Misread
from integration.config import Installation
from integration.helpdesks import Bindings
from integration.languages import Language, nearest
from integration.panel import asking, replying
from integration.panel.asked import Asked
from integration.panel.contradictions import contradictions, turned
from integration.panel.course import changes, moment, timeline
from integration.panel.fields import fields
from integration.panel.headline import headline
from integration.panel.seen import Seen, overlaid
from integration.panel.words import Words, words
from integration.recording import OTHER
from integration.records import Kept
from policy import FACT, Finding

UNTRUSTED: Final = (
    "misread[].value",
    "decision.reason",
    "decision.unclear",
    "clauses[].because",
    "freight.because",
    "verdict.findings[].because",
)
"""Where words from the ticket may stand."""


def empty(state: str, installation: Installation) -> dict[str, Any]:
    """An answer without a verdict: the account is not set up, or the app is switched off in it."""
    return {"state": state, "mode": installation.mode}


def answer(
    seen: Seen,
    asked: Asked,
    installation: Installation,
    bindings: Bindings,
    now: datetime,
    history: Sequence[Kept] = (),
) -> dict[str, Any]:
    """What the panel shows of a ticket as ``seen`` at ``now`` (aware), with what is edited on top;
    ``history`` is what is kept of it, the newest first; ``reviewed_at`` tells when that was, also
    where it found the same again, which is no change.

    A ticket that is solved or closed is judged as of its last change: no review changes what stands
    on it, and it does not lapse for lying in an archive.
    """
    said, customer = words(asked.language), nearest(asked.customer_language)
    window = overlaid(seen, asked.edited, bindings)
    state = "no_claim" if not window.a_claim else "over" if window.over else "claim"
    at = min(now, window.ticket.updated_at) if state == "over" else now
    found = assess(window.ticket, installation, at)
    intent = found.intent
    live = state == "claim"
    applied = installation.helpdesk in replying.APPLIED_IN
    status, payer = intent.status, intent.outcome["freight_payer"]
    result: dict[str, Any] = {
        "state": state,
        "mode": installation.mode,
        "as_of": None if seen.as_of is None else moment(seen.as_of),
        "version": window.ticket.version,
        "language": said.language,
        "customer_language": customer.tag,
        **judged(found, installation, bindings, (said, customer), now),
        "shown": _shown(window),
        "decision": _decision(found, said),
        "counts": {
            "status": status,
            "label": None if status is None else said(f"status.{status}"),
            "payer": payer if payer in catalogue.PAYER_LABELS else None,
            "by": _by(found),
        },
        "message": replying.message(found, customer) if live else None,
        "macro": replying.macro(found, bindings) if live and applied else None,
        "history": changes(history),
        "reviewed_at": moment(history[0].reviewed_at) if history else None,
        "contradicts": contradictions(status, payer) if state != "no_claim" else _NOTHING,
        "turned": turned(),
        "untrusted": UNTRUSTED,
    }
    if state == "over":
        result["next_question"] = None
    if asked.fields:
        result["fields"] = fields(bindings, seen.on_ticket)
    if asked.what_if:
        would = assess(overlaid(window, asked.what_if, bindings).ticket, installation, at)
        result["what_if"] = judged(would, installation, bindings, (said, customer), now)
    return result


_NOTHING: Final[dict[str, list[str]]] = {"freight": [], "coverage": []}


def judged(
    found: Assessment,
    installation: Installation,
    bindings: Bindings,
    languages: tuple[Words, Language],
    now: datetime,
) -> dict[str, Any]:
    """What the policy says of a claim, for the panel; the same for a ticket and for a what-if.
    ``languages`` are the reader's words and the customer's."""
    said, customer = languages
    verdict, reading = found.verdict, found.reading
    deciding = [finding for finding in verdict.findings if finding.clause in verdict.clauses]
    freight, remedy = verdict.freight, verdict.remedy
    return {
        "verdict": verdict.to_dict(),
        "headline": headline(reading, verdict, said),
        "clauses": [
            {
                "clause": finding.clause,
                "because": said.because(finding.because),
                "sentence": said(f"clause.{finding.clause}"),
            }
            for finding in _once(deciding)
        ],
        "missing": asking.missing(found, bindings, said, customer),
        "next_question": asking.next_question(found, installation),
        "freight": {
            "payer": freight.payer,
            "label": said(f"payer.{freight.payer}"),
            "clauses": list(freight.clauses),
            "because": _of_freight(found, said),
        },
        "remedy": {
            "kind": remedy.kind,
            "label": said(f"remedy.{remedy.kind}"),
            "clauses": list(remedy.clauses),
            "because": _because(verdict.findings, remedy.clauses, said),
            "warranty_ends_on": _iso(remedy.warranty_ends_on),
        },
        "timeline": timeline(found, now.astimezone(installation.time_zone).date(), said),
        "presumed": [{"fact": one, "words": said(f"presumed.{one}")} for one in verdict.presumed],
        "misread": [
            {
                "fact": one.fact,
                "field": one.title,
                "value": one.value,
                "expected": _expected(one, said),
            }
            for one in reading.misread
        ],
    }


def _shown(seen: Seen) -> str | None:
    """The status that stands on the ticket; ``other`` for what is none of them."""
    value = seen.ticket.fields.get("verdict")
    if value is None or not str(value).strip():
        return None
    meant = catalogue.meaning("verdict", str(value).strip())
    return meant if isinstance(meant, str) and meant in STATUS_LABELS else OTHER


def _decision(found: Assessment, said: Words) -> dict[str, Any] | None:
    decision = found.intent.decision
    if decision is None:
        return None
    return {
        "what": decision.what,
        "label": said(f"decision.{decision.what}"),
        "status": decision.status,
        "reason": decision.reason,
        "unclear": decision.unclear,
    }


def _by(found: Assessment) -> str:
    """Who decided what counts: an agent, a hand that wrote the verdict's field, or the policy."""
    if found.intent.decision is not None:
        return "agent"
    return "hand" if "verdict" in found.intent.kept else "policy"


def _once(findings: Iterable[Finding]) -> list[Finding]:
    seen: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.clause, finding.because), finding)
    return list(seen.values())


def _because(findings: Iterable[Finding], clauses: Iterable[str], said: Words) -> str:
    wanted = set(clauses)
    sentences = dict.fromkeys(one.because for one in findings if one.clause in wanted)
    return " ".join(said.because(sentence) for sentence in sentences)


def _of_freight(found: Assessment, said: Words) -> str:
    """Why who pays the freight, or what that still hangs on."""
    verdict = found.verdict
    if verdict.freight.ask:
        facts = ", ".join(said(f"fact.{ask.fact}") for ask in verdict.freight.ask)
        return said("freight.open", facts=facts)
    return _because(verdict.findings, verdict.freight.clauses, said)


def _expected(misread: Misread, said: Words) -> str:
    """What a field may hold; its options by the labels that they have on the ticket."""
    kind = FACT[misread.fact].kind
    if kind in ("choice", "boolean"):
        labels = ", ".join(label for _, label in catalogue.FIELD[misread.fact].options)
        return said("expected.choice", options=labels)
    return misread.expected if said.language == "en" else said(f"expected.{kind}")


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
