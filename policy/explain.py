"""explain(): a verdict as a person reads it, in plain text.

The verdict in one line; the findings by clause; what was presumed, what is missing and whom to ask;
freight, remedy, and the dates with the days that are left.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from policy.clauses import CLAUSES
from policy.facts import FACT, UNKNOWN
from policy.findings import Finding
from policy.results import Ask, Payer, Verdict
from policy.tables import Status
from policy.words import NAMES, PRESUMPTIONS, REASONS, REMEDIES

WIDTH: Final = 100
"""Lines are no longer than this, but for the first."""

STATUS_WORDS: Final[dict[Status, str]] = {
    "needs_review": "needs review",
    "refer_to_dealer": "refer to dealer",
    "not_covered": "not covered",
    "awaiting_inspection": "awaiting inspection",
    "refund_eligible": "refund eligible",
    "covered": "covered",
    "needs_information": "needs information",
}
PAYER_WORDS: Final[dict[Payer, str]] = {
    "buyer": "the buyer pays",
    "soocas": "SOOCAS pays",
    "undetermined": "undetermined",
    "not_applicable": "not applicable",
}


def explain(verdict: Verdict) -> str:
    """The verdict as plain text, without colours and without a line break at its end.

    The first line is the whole verdict; the ``id`` is not repeated.
    """
    lines = [_headline(verdict), ""]
    for finding in verdict.findings:
        lines += _wrapped(f"{finding.clause}  {finding.outcome:<7}  ", finding.because)
    lines.append("")
    for label, text in _summary(verdict):
        lines += _wrapped(f"{label:<13}  ", text)
    return "\n".join(lines)


def _wrapped(start: str, text: str) -> list[str]:
    indent = "  " + " " * len(start)
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {start}", subsequent_indent=indent)


# -- the first line --------------------------------------------------------------------------------


def _headline(verdict: Verdict) -> str:
    clauses = f" [{' '.join(verdict.clauses)}]" if verdict.clauses else ""
    return f"{STATUS_WORDS[verdict.status].upper()} — {_in_short(verdict)}{clauses}"


def _in_short(verdict: Verdict) -> str:
    match verdict.status:
        case "covered":
            return f"{REMEDIES[verdict.remedy.kind]}, freight: {_payer(verdict)}"
        case "refund_eligible":
            return "no matter of quality, claimed within the refund window"
        case "needs_information":
            outcomes = _listed([STATUS_WORDS[status] for status in verdict.could_be], "or")
            return f"could be {outcomes}; ask for {_names(verdict.ask)}"
        case _:
            return "; ".join(_reasons(verdict)) or "whatever the facts that are missing"


def _reasons(verdict: Verdict) -> list[str]:
    """The reasons that rest on known facts alone, in the order of the clauses."""
    deciding = {
        finding.clause: finding
        for finding in reversed(verdict.findings)
        if finding.outcome in ("against", "open")
    }
    return [
        REASONS[clause]
        for clause in verdict.clauses
        if clause in REASONS and not _rests_on_unknown(deciding[clause])
    ]


def _rests_on_unknown(finding: Finding) -> bool:
    claim = finding.ground.claim
    return any(FACT[fact].asked and getattr(claim, fact) is UNKNOWN for fact in finding.facts)


# -- the rest, line by line ------------------------------------------------------------------------


def _summary(verdict: Verdict) -> Iterator[tuple[str, str]]:
    if verdict.presumed:
        yield "Presumed", "; ".join(PRESUMPTIONS[fact] for fact in verdict.presumed)
    for of, label in (("buyer", "the buyer"), ("agent", "an agent")):
        asked = [ask for ask in verdict.ask if ask.of == of]
        if asked:
            yield "Ask", f"{label}: {_names(asked)}"
    freight = _payer(verdict)
    if verdict.freight.clauses:
        freight += f" [{' '.join(verdict.freight.clauses)}]"
    if verdict.freight.ask:
        freight += f"; ask the buyer: {_names(verdict.freight.ask)}"
    yield "Freight", freight
    yield "Remedy", _remedy(verdict)
    today = verdict.decided_on
    if verdict.warranty_ends_on is not None:
        yield "Warranty", _until(verdict.warranty_ends_on, today)
    if verdict.refund_window_ends_on is not None:
        yield "Refund window", _until(verdict.refund_window_ends_on, today)
    if verdict.claim_deadline is not None:
        provisional = ", provisional" if verdict.claim_deadline_provisional else ""
        yield "Claim", _until(verdict.claim_deadline, today) + provisional
    yield "Decided", f"on {today} by edition {verdict.policy_edition} of the policy"


def _payer(verdict: Verdict) -> str:
    return PAYER_WORDS[verdict.freight.payer]


def _remedy(verdict: Verdict) -> str:
    remedy = verdict.remedy
    text = REMEDIES[remedy.kind]
    if remedy.clauses:
        text += f" [{' '.join(remedy.clauses)}]"
    if remedy.warranty_ends_on is not None:
        text += f", covered until {remedy.warranty_ends_on} if sent on {verdict.decided_on}"
    return text


def _until(last: date, today: date) -> str:
    """A last day, and how far away it is."""
    days = (last - today).days
    if days == 0:
        return f"until {last}, which is the day of this verdict"
    count = f"{abs(days)} day{'s' * (abs(days) != 1)}"
    return f"until {last} ({count} left)" if days > 0 else f"ended on {last} ({count} ago)"


def _names(asked: Iterable[Ask]) -> str:
    return _listed([NAMES[ask.fact] for ask in asked], "and")


def _listed(words: Sequence[str], last: str) -> str:
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end


assert set(REASONS) <= set(CLAUSES)
