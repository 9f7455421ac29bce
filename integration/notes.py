"""The prose that an agent and a customer read. Every value from a ticket is escaped here.

HTML is kept to what helpdesks show in a note: p, ul, li, strong, em, blockquote, br.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from integration.catalogue import PAYER_LABELS, STATUS_LABELS
from integration.claims import Misread, Reading
from policy import CLAUSES, FACT_NAMES, PRESUMPTIONS, REASONS, REMEDIES, Finding, Verdict


@dataclass(frozen=True, slots=True)
class Aside:
    """What a note says beside the verdict: the ``decision`` of an agent and its reason, the
    ``kept`` outcome fields that were changed by hand (title, value), what is ``missing`` of our
    set-up, and whether a ``due_date`` could not be set because of the ticket's type."""

    decision: str | None = None
    reason: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    due_date: str | None = None


# -- one line --------------------------------------------------------------------------------------


def headline(reading: Reading, verdict: Verdict) -> str:
    """The verdict in one line: status, remedy, freight, deadline with the days left."""
    parts = [STATUS_LABELS[verdict.status].upper()]
    if verdict.remedy.kind != "none":
        parts.append(REMEDIES[verdict.remedy.kind])
    if verdict.clauses and verdict.status in ("not_covered", "needs_review"):
        parts.append(_reason(verdict))
    if verdict.ask:
        parts.append(f"{_count(len(questions(reading, verdict)), 'question')} to the customer")
    if verdict.freight.payer in ("buyer", "soocas"):
        parts.append(f"freight: {PAYER_LABELS[verdict.freight.payer]}")
    if verdict.claim_deadline is not None:
        parts.append(f"claim until {_day(verdict.claim_deadline, verdict.decided_on)}")
    return " · ".join(parts)


def _reason(verdict: Verdict) -> str:
    said = [REASONS[clause] for clause in verdict.clauses if clause in REASONS]
    return ", ".join(said) + f" ({', '.join(verdict.clauses)})"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _day(day: date, today: date) -> str:
    left = (day - today).days
    if left < 0:
        return f"{day} ({_count(-left, 'day')} ago)"
    return f"{day} (today is the last day)" if left == 0 else f"{day} ({_count(left, 'day')} left)"


# -- what to ask -----------------------------------------------------------------------------------


def questions(reading: Reading, verdict: Verdict) -> tuple[str, ...]:
    """What to ask the customer, each question once, in plain words: everything that is needed for
    the status and for the freight, and nothing else."""
    facts = {ask.fact for ask in (*verdict.ask, *verdict.freight.ask) if ask.of == "buyer"}
    asked: list[str] = []
    if reading.claim.transferred_ownership is True and "proof_of_purchase" in facts:
        # V3: one proof is not enough from another owner than the first.
        facts -= {"proof_of_purchase", "purchase_channel"}
        asked.append(
            "Please send us both the order number of the purchase on the SOOCAS official website "
            "and the original buyer's sales invoice."
        )
    elif facts & {"proof_of_purchase", "purchase_channel"}:
        # An order number of the official website answers channel and proof together.
        facts -= {"proof_of_purchase", "purchase_channel"}
        asked.append(
            "What is the order number of your purchase on the SOOCAS official website? If you "
            "bought somewhere else, please tell us the seller and send us the sales invoice."
        )
    if "purchase_date" in facts:
        asked.append("On what day did you buy the product?")
    countries = facts & {"purchase_country", "claim_country"}
    if len(countries) == 2:
        asked.append("In which country did you buy the product, and in which country is it now?")
    elif "purchase_country" in countries:
        asked.append("In which country did you buy the product?")
    elif countries:
        asked.append("In which country is the product now?")
    if {"problem", "defect_evidence"} <= facts:
        asked.append(
            "What is wrong with the product, and how did it come about? Please add a photo or a "
            "short video that shows it."
        )
    elif "problem" in facts:
        asked.append("What is wrong with the product, and how did it come about?")
    elif "defect_evidence" in facts:
        asked.append("Please send us a photo or a short video that shows the problem.")
    return tuple(asked)


def reply(texts: Sequence[Markup], asked: Sequence[str]) -> Markup:
    """A message to the customer: the texts of the macros that fit, then the questions."""
    parts = list(texts)
    if asked:
        parts.append(_list(escape(question) for question in asked))
    return Markup("").join(parts)


# -- the note --------------------------------------------------------------------------------------


def note(reading: Reading, verdict: Verdict, suggested: Markup | None, aside: Aside) -> Markup:
    """The private note on a verdict: the verdict first, then why, what it means and by when, what
    to do, and what it rests on."""
    parts = [Markup("<p><strong>{}</strong></p>").format(headline(reading, verdict))]
    if aside.decision is not None:
        parts.append(_decided(verdict, aside))
    parts += _why(verdict)
    parts += _facts(verdict)
    parts += _todo(reading, verdict, suggested)
    if reading.misread:
        parts.append(_misread(reading.misread))
    parts += _rests_on(verdict)
    parts += _asides(aside)
    parts.append(
        Markup("<p><em>Policy edition {}, decided on {}.</em></p>").format(
            verdict.policy_edition, verdict.decided_on
        )
    )
    return Markup("").join(parts)


def _why(verdict: Verdict) -> list[Markup]:
    """The clauses that decided, each with its sentence and what it rested on; then what is open."""
    parts = []
    deciding = [finding for finding in verdict.findings if finding.clause in verdict.clauses]
    if deciding:
        parts.append(
            _list(
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


def _rests_on(verdict: Verdict) -> list[Markup]:
    """What speaks for the claim, and what was presumed."""
    parts = []
    favour = [
        f"{finding.because.rstrip('.')} ({finding.clause})"
        for finding in verdict.findings
        if finding.outcome == "for" and finding.clause not in (*verdict.clauses, "D1", "D2")
    ]
    if favour:
        parts.append(Markup("<p>In its favour: {}.</p>").format("; ".join(favour)))
    if verdict.presumed:
        said = "; ".join(PRESUMPTIONS[fact] for fact in verdict.presumed)
        parts.append(
            Markup("<p><strong>Presumed</strong> until told otherwise: {}.</p>").format(said)
        )
    return parts


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Findings without those that say the same of the same clause again."""
    seen: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.clause, finding.because), finding)
    return list(seen.values())


def _todo(reading: Reading, verdict: Verdict, suggested: Markup | None) -> list[Markup]:
    parts = []
    for_agent = [ask.fact for ask in verdict.ask if ask.of == "agent"]
    if for_agent:
        parts.append(
            Markup("<p><strong>For you:</strong> {}</p>").format(
                "go through the troubleshooting with the customer and document it."
            )
        )
    if suggested is not None:
        asking = bool(questions(reading, verdict))
        label = "Message that asks for what is missing" if asking else "Suggested reply"
        parts.append(
            Markup("<p><strong>{} (not sent):</strong></p><blockquote>{}</blockquote>").format(
                label, suggested
            )
        )
    return parts


def _facts(verdict: Verdict) -> list[Markup]:
    """Freight, remedy and dates, a line each."""
    lines: list[tuple[str, str]] = []
    freight = verdict.freight
    if freight.payer != "not_applicable":
        by = f" ({_clauses(freight.clauses)})" if freight.clauses else ""
        ask = " until the countries are known" if freight.ask else ""
        lines.append(("Freight", f"{PAYER_LABELS[freight.payer]}{by}{ask}"))
    if verdict.remedy.kind != "none":
        by = f" ({', '.join(verdict.remedy.clauses)})" if verdict.remedy.clauses else ""
        ends = verdict.remedy.warranty_ends_on
        until = f"; if shipped today, its warranty ends on {ends}" if ends else ""
        lines.append(("Remedy", f"{REMEDIES[verdict.remedy.kind]}{by}{until}"))
    today = verdict.decided_on
    if verdict.warranty_ends_on is not None:
        lines.append(("Warranty ends on", _day(verdict.warranty_ends_on, today)))
    if verdict.status == "refund_eligible" and verdict.refund_window_ends_on is not None:
        lines.append(("Refund window ends on", _day(verdict.refund_window_ends_on, today)))
    if verdict.claim_deadline is not None:
        shaky = ", provisional" if verdict.claim_deadline_provisional else ""
        lines.append(("Claim deadline", f"{_day(verdict.claim_deadline, today)}{shaky}"))
    if verdict.could_be:
        labels = ", ".join(STATUS_LABELS[status].lower() for status in verdict.could_be)
        lines.append(("Could still be", labels))
    if not lines:
        return []
    rows = (Markup("<strong>{}:</strong> {}").format(name, text) for name, text in lines)
    return [_list(rows)]


def _clauses(clauses: Iterable[str]) -> str:
    return "; ".join(f"{clause}: {CLAUSES[clause].sentence.rstrip('.')}" for clause in clauses)


def _misread(misread: Iterable[Misread]) -> Markup:
    return Markup("<p><strong>Not understood, so taken as unknown:</strong></p>") + _list(
        Markup("The field ‘{}’ says ‘{}’, which is none of what it can mean: {}.").format(
            one.title, one.value, one.expected
        )
        for one in misread
    )


def _decided(verdict: Verdict, aside: Aside) -> Markup:
    what = {
        "accept": "An agent accepted the verdict.",
        "hold": "An agent put the outcome on hold.",
    }.get(aside.decision or "", "")
    if not what:
        label = STATUS_LABELS[aside.decision].lower()  # type: ignore[index]
        what = f"An agent decided: {label}. The line above is what the policy says."
    reason = f" Reason: {aside.reason}" if aside.reason else " No reason was given."
    return Markup("<p>{}{}</p><p>{}</p>").format(
        what,
        reason,
        "The outcome is left to the agent from here on; facts and deadlines are kept current.",
    )


def _asides(aside: Aside) -> list[Markup]:
    parts = []
    for title, value in aside.kept:
        parts.append(
            Markup("<p>The field ‘{}’ holds ‘{}’, which was not written by this app, so it is left "
            "as it is. Empty it to have it kept current again.</p>").format(title, value)
        )  # fmt: skip
    for title in aside.missing:
        parts.append(
            Markup("<p>The macro ‘{}’ could not be used: it is missing or its text cannot be "
            "rendered. An administrator can put it back with the app's set-up.</p>").format(title)
        )  # fmt: skip
    if aside.due_date is not None:
        parts.append(Markup("<p>{}</p>").format(aside.due_date))
    return parts


def _list(items: Iterable[Markup]) -> Markup:
    return Markup("<ul>{}</ul>").format(
        Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
    )
