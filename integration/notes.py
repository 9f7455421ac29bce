"""The note that an agent reads. Every value from a ticket is escaped here.

HTML is kept to what helpdesks show in a note: p, ul, li, strong, em, blockquote, br.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from integration.catalogue import ACCEPT, HOLD, PAYER_LABELS, STATUS_LABELS
from integration.claims import Misread, Reading
from integration.decisions import Decision
from integration.replies import Reply, inert, listed, of_freight_alone, questions
from policy import (
    CLAUSES,
    ENDED,
    FACT_NAMES,
    PRESUMPTIONS,
    REASONS,
    REMEDIES,
    UNKNOWN,
    Finding,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Aside:
    """What a note says beside the policy's verdict: the ``decision`` of an agent; the ``status``
    that the ticket shows; the ``kept`` outcome fields that somebody else wrote (key, title, value);
    why a ``due_date`` could not be set; whether the message is ``sent`` to the customer; the
    deadline that the ticket shows and that is to be reminded of, as ``until``."""

    decision: Decision | None = None
    status: str | None = None
    kept: tuple[tuple[str, str, str], ...] = ()
    due_date: str | None = None
    sent: bool = False
    until: date | None = None


# -- one line --------------------------------------------------------------------------------------


def headline(reading: Reading, verdict: Verdict) -> str:
    """The verdict in one line: status, reason, remedy, freight, deadline with the days left."""
    parts = [STATUS_LABELS[verdict.status].upper()]
    if verdict.remedy.kind != "none":
        parts.append(REMEDIES[verdict.remedy.kind])
    if verdict.clauses and verdict.status in ("not_covered", "needs_review"):
        parts.append(f"{_reasons(reading, verdict)} ({', '.join(verdict.clauses)})")
    asked = len(questions(reading, verdict))
    of_freight = of_freight_alone(verdict)
    if verdict.status == "needs_information" and of_freight:
        parts.append("the troubleshooting is yours to document")
    if verdict.status == "needs_information" and not of_freight:
        parts.append(f"{count(asked, 'question')} to the customer")
    elif asked and verdict.status != "needs_review":
        parts.append(f"{count(asked, 'question')} about the freight")
    if verdict.freight.payer in ("buyer", "soocas"):
        parts.append(f"freight: {PAYER_LABELS[verdict.freight.payer]}")
    if verdict.claim_deadline is not None and "P1" not in verdict.clauses:
        parts.append(f"claim until {_day(verdict.claim_deadline, verdict.decided_on)}")
    return " · ".join(parts)


def _reasons(reading: Reading, verdict: Verdict) -> str:
    """Why, in a few words; a problem that is no defect by its own name."""
    said = []
    for clause in verdict.clauses:
        if clause in ("X2", "X7", "X8") and reading.claim.problem is not UNKNOWN:
            said.append(reading.claim.problem.replace("_", " "))
        elif clause in REASONS:
            said.append(REASONS[clause])
    return ", ".join(said)


def count(number: int, one: str, several: str | None = None) -> str:
    """A number of things: ``1 day``, ``2 days``."""
    return f"{number} {one}" if number == 1 else f"{number} {several or f'{one}s'}"


def _day(day: date, today: date) -> str:
    left = (day - today).days
    if left < 0:
        return f"{day} ({count(-left, 'day')} ago)"
    return f"{day} (today is the last day)" if left == 0 else f"{day} ({count(left, 'day')} left)"


# -- the note --------------------------------------------------------------------------------------


def note(reading: Reading, verdict: Verdict, reply: Reply, aside: Aside) -> Markup:
    """The private note on a verdict: the verdict first, then why, what it means and by when, what
    to do, and what it rests on."""
    parts = _first_lines(reading, verdict, aside)
    if aside.until is not None and not _tells(verdict, aside.until):
        said = f"On this ticket, the claim runs until {_day(aside.until, reading.today)}."
        parts.append(Markup("<p>{}</p>").format(said))
    parts += _why(verdict)
    parts += _facts(verdict)
    if reading.misread:
        parts.append(_misread(reading.misread))
    parts += _todo(verdict, reply, aside)
    parts += _rests_on(verdict)
    parts += _asides(reply, aside)
    parts.append(
        Markup("<p><em>Policy edition {}, decided on {}.</em></p>").format(
            verdict.policy_edition, verdict.decided_on
        )
    )
    return inert(Markup("").join(parts))


def _first_lines(reading: Reading, verdict: Verdict, aside: Aside) -> list[Markup]:
    """The verdict that counts: the agent's where there is one, with the policy's beside it."""
    line = headline(reading, verdict)
    by_hand = {key: shown for key, _, shown in aside.kept}.get("verdict")
    if aside.decision is not None:
        first, words = _decided(aside.decision, verdict, aside, by_hand)
    elif by_hand is not None:
        first, words = f"SET BY HAND: {by_hand}", "The app leaves what it did not write."
    else:
        lines = [Markup("<p><strong>{}</strong></p>").format(line)]
        if aside.kept:
            title, value = aside.kept[0][1:]
            words = f"By hand, and so it stays: {title.removeprefix('Warranty: ')} is ‘{value}’"
            more = " (more below)." if len(aside.kept) > 1 else "."
            lines.append(Markup("<p>{}</p>").format(words + more))
        return lines
    return [
        Markup("<p><strong>{}</strong></p>").format(first),
        Markup("<p>{}</p>").format(words),
        Markup("<p>The policy says: {}</p>").format(line),
    ]


def _decided(
    decision: Decision, verdict: Verdict, aside: Aside, by_hand: str | None
) -> tuple[str, str]:
    """What counts under an agent's decision, and what became of it."""
    shown = by_hand or STATUS_LABELS.get(aside.status, "no verdict")  # type: ignore[call-overload]
    first = "ON HOLD" if decision.what == HOLD else "AGENT'S DECISION"
    did = {ACCEPT: "Accepted by an agent.", HOLD: "Put on hold by an agent."}
    words = did.get(decision.what, "Decided by an agent.")
    if decision.unclear is not None:
        words = (
            f"The field ‘Warranty: agent decision’ says ‘{decision.unclear}’, which is none "
            "of its options, so it counts as a hold."
        )
    words += f" Reason: {_ended(decision.reason)}" if decision.reason else " No reason was given."
    words += " From here on the app keeps facts and deadlines current and leaves the outcome."
    if decision.status not in (None, verdict.status, *ENDED):
        words += " Check who pays the freight: it follows the decision only as far as is known."
    return f"{first}: {shown.upper()}", words


def _ended(text: str) -> str:
    """A text with a full stop, unless it ends a sentence by itself."""
    return text if text[-1] in ".!?…" else f"{text}."


def _why(verdict: Verdict) -> list[Markup]:
    """The clauses that decided, each with its sentence and what it rested on; then what is open."""
    parts = []
    deciding = [finding for finding in verdict.findings if finding.clause in verdict.clauses]
    if deciding:
        parts.append(
            listed(
                Markup("<strong>{}</strong> {} <em>{}</em>").format(
                    finding.clause, finding.because, CLAUSES[finding.clause].sentence
                )
                for finding in _once(deciding)
            )
        )
    open_ = [f for f in verdict.findings if f.outcome == "open" and f not in deciding]
    if open_:
        missing = ", ".join(f"{FACT_NAMES[f.facts[-1]]} ({f.clause})" for f in _once(open_))
        parts.append(Markup("<p><strong>Not known yet:</strong> {}.</p>").format(missing))
    return parts


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Findings without those that say the same of the same clause again."""
    seen: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.clause, finding.because), finding)
    return list(seen.values())


def _facts(verdict: Verdict) -> list[Markup]:
    """Freight, remedy and dates, a line each."""
    lines: list[tuple[str, str]] = []
    freight, today = verdict.freight, verdict.decided_on
    if freight.payer == "undetermined" and verdict.status == "needs_review":
        lines.append(("Freight", "to be decided with the claim"))
    elif freight.payer != "not_applicable":
        ask = ", until the countries are known" if freight.ask else ""
        lines.append(("Freight", f"{PAYER_LABELS[freight.payer]}{_by(verdict)}{ask}"))
    if verdict.remedy.kind != "none":
        by = f" ({', '.join(verdict.remedy.clauses)})" if verdict.remedy.clauses else ""
        ends = verdict.remedy.warranty_ends_on
        until = f"; if shipped today, its warranty ends on {ends}" if ends else ""
        lines.append(("Remedy", f"{REMEDIES[verdict.remedy.kind]}{by}{until}"))
    if "P1" not in verdict.clauses:  # days counted from a contradiction mean nothing
        lines += _last_days(verdict)
    if verdict.status == "refund_eligible" and verdict.refund_window_ends_on is not None:
        lines.append(("Refund window until", _day(verdict.refund_window_ends_on, today)))
    if verdict.could_be:
        labels = ", ".join(STATUS_LABELS[status].lower() for status in verdict.could_be)
        lines.append(("Could still be", labels))
    if not lines:
        return []
    return [listed(Markup("<strong>{}:</strong> {}").format(name, text) for name, text in lines)]


def _tells(verdict: Verdict, until: date) -> bool:
    """Whether the headline tells how many days are left until then."""
    return verdict.claim_deadline == until and "P1" not in verdict.clauses


def _last_days(verdict: Verdict) -> list[tuple[str, str]]:
    """The last days of warranty and claim; one line where they are the same."""
    ends, until, today = verdict.warranty_ends_on, verdict.claim_deadline, verdict.decided_on
    if ends is not None and ends == until:
        return [("Warranty and claim until", _day(ends, today))]
    lines = []
    if ends is not None:
        lines.append(("Warranty until", _day(ends, today)))
    if until is not None:
        shaky = ", provisional" if verdict.claim_deadline_provisional else ""
        lines.append(("Claim until", f"{_day(until, today)}{shaky}"))
    return lines


def _by(verdict: Verdict) -> str:
    """The clauses by which the freight is paid; with their sentence, unless it stands above."""
    said = [
        clause if clause in verdict.clauses else f"{clause}: {CLAUSES[clause].sentence.rstrip('.')}"
        for clause in verdict.freight.clauses
    ]
    return f" ({'; '.join(said)})" if said else ""


def _todo(verdict: Verdict, reply: Reply, aside: Aside) -> list[Markup]:
    parts = []
    if any(ask.of == "agent" for ask in verdict.ask):
        parts.append(
            Markup("<p><strong>For you:</strong> {}</p>").format(
                "go through the troubleshooting with the customer and document it."
            )
        )
    if reply.text is not None:
        label = "Suggested reply"
        if reply.asks:
            asking = verdict.status == "needs_information"
            label = "Message that asks for what is missing" if asking else f"{label}, which asks"
        parts.append(suggested(label, reply.text, sent=aside.sent))
    return parts


def suggested(label: str, text: Markup, *, sent: bool) -> Markup:
    """A message to the customer, for an agent to send unless it is ``sent`` by itself."""
    how = "sent to the customer by itself" if sent else "not sent"
    return Markup("<p><strong>{} ({}):</strong></p><blockquote>{}</blockquote>").format(
        label, how, text
    )


def _misread(misread: Iterable[Misread]) -> Markup:
    start = Markup("<p><strong>{}</strong></p>").format(
        "Not understood, so taken as unknown. Mend these fields first, and less is to be asked:"
    )
    return start + listed(
        Markup("The field ‘{}’ says ‘{}’, which is none of what it can mean: {}.").format(
            one.title, one.value, one.expected
        )
        for one in misread
    )


def _rests_on(verdict: Verdict) -> list[Markup]:
    """What speaks for a claim that is still open, and what was presumed."""
    parts = []
    favour = [
        f"{finding.because.rstrip('.')} ({finding.clause})"
        for finding in verdict.findings
        if finding.outcome == "for" and finding.clause not in (*verdict.clauses, "D1", "D2")
    ]
    if favour and verdict.status in ("needs_information", "needs_review"):
        parts.append(Markup("<p>In its favour: {}.</p>").format("; ".join(favour)))
    if verdict.presumed:
        said = "; ".join(PRESUMPTIONS[fact] for fact in verdict.presumed)
        text = Markup("<p><strong>Presumed</strong>, as nobody said otherwise: {}.</p>")
        parts.append(text.format(said))
    return parts


def _asides(reply: Reply, aside: Aside) -> list[Markup]:
    parts = []
    for key, title, value in aside.kept:
        text = Markup(
            "<p>The field ‘{}’ holds ‘{}’, which this app did not write, so it is left as it is. "
            "Empty it to hand it back: the next review fills it in.{}</p>"
        )
        extra = " A later date there does not extend the claim." if key == "claim_deadline" else ""
        parts.append(text.format(title, value, extra))
    for title in reply.missing:
        text = Markup(
            "<p>The reply text ‘{}’ could not be used: it is missing, or cannot be filled in. "
            "An administrator can put it back with the app's set-up.</p>"
        )
        parts.append(text.format(title))
    if aside.due_date is not None:
        parts.append(Markup("<p>{}</p>").format(aside.due_date))
    return parts
