"""The short notes beside the one on a verdict: a deadline comes near, a ticket was set aside.

HTML and escaping as in ``notes``.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from integration.catalogue import HOLD, STATUS_LABELS
from integration.claims import Reading
from integration.deadlines import Reminder
from integration.decisions import Decision
from integration.notes import count, suggested
from integration.replies import Reply, inert
from policy import FACT_NAMES, REMEDIES, Verdict

_LONGEST: Final = 600
"""Characters of a reason that are shown."""


def reminder(
    reading: Reading,
    verdict: Verdict,
    due: Reminder,
    *,
    lapses: bool,
    decision: Decision | None,
    status: str | None,
    reply: Reply,
    sent: bool,
) -> Markup:
    """That a claim's deadline comes near: when it is, what follows, what is to be done and by whom.

    ``lapses``: whether the policy ends the claim on the day after; ``status`` is what the ticket
    shows, by an agent's ``decision`` or not; ``reply`` is the message that asks the customer for
    what is missing, about to be ``sent`` by itself or not.
    """
    first = f"DEADLINE {_when(due.left)} · claim until {due.ends}"
    shown = STATUS_LABELS.get(status)  # type: ignore[call-overload]
    parts = [
        Markup("<p><strong>{}{}</strong></p>").format(first, f" · {shown.lower()}" if shown else "")
    ]
    parts.append(Markup("<p>{}</p>").format(_after(verdict, lapses)))
    parts += [
        Markup("<p><strong>{}:</strong> {}</p>").format(who, what)
        for who, what in _todo(verdict, decision, status)
    ]
    if reading.misread:
        titles = ", ".join(f"‘{one.title}’" for one in reading.misread)
        text = Markup("<p><strong>Not understood</strong>, so taken as unknown: {}.</p>")
        parts.append(text.format(titles))
    if reply.text is not None and status == "needs_information":
        parts.append(suggested("Message that asks for what is missing", reply.text, sent=sent))
    return inert(Markup("").join(parts))


def _when(left: int) -> str:
    return {0: "TODAY", 1: "TOMORROW"}.get(left, f"IN {count(left, 'DAY', 'DAYS')}")


def _after(verdict: Verdict, lapses: bool) -> str:
    """What the deadline's passing means."""
    if lapses:
        return "D2: after that day nothing is processed any more."
    if verdict.claim_deadline_provisional:
        return "It is provisional: the purchase date, once it is known, may move it."
    return "By what is known, the policy does not end the claim then by itself."


def _todo(verdict: Verdict, decision: Decision | None, status: str | None) -> list[tuple[str, str]]:
    """Who has what to do."""
    if decision is not None and decision.what == HOLD:
        return [("For you", "it is on hold; take it up again, or end it.")]
    own = status == verdict.status
    asked = dict.fromkeys((*verdict.ask, *verdict.freight.ask)) if own else {}
    todo = [
        (who, f"{', '.join(names)}.")
        for who, of in (("Missing from the customer", "buyer"), ("Missing from you", "agent"))
        if (names := [FACT_NAMES[ask.fact] for ask in asked if ask.of == of])
    ]
    if status == "awaiting_inspection":
        todo.append(("Missing from the inspection", "its result."))
    elif status in ("covered", "refund_eligible"):
        kind = verdict.remedy.kind if own else "none"
        what = "what was promised" if kind == "none" else f"the {REMEDIES[kind]}"
        todo.append(("For you", f"see that {what} is under way by then."))
    elif status == "needs_review":
        todo.append(("For you", "decide it; the policy leaves it to a person."))
    elif not todo:
        todo.append(("For you", "see what is still open, and settle it by then."))
    return todo


def set_aside(why: str) -> Markup:
    """That a ticket could not be reviewed. ``why`` is a reason and, after a dash, what to do."""
    reason, _, advice = why[:_LONGEST].partition(" — ")
    parts = [
        Markup("<p><strong>SET ASIDE · this ticket could not be reviewed</strong></p>"),
        Markup("<p>Its warranty fields and tags may be out of date.</p>"),
        Markup("<p><strong>Why:</strong> {}</p>").format(reason),
    ]
    if advice:
        parts.append(Markup("<p><strong>What to do:</strong> {}</p>").format(advice))
    again = "It is reviewed again when a field of the claim changes, or an administrator starts it."
    parts.append(Markup("<p>{}</p>").format(again))
    return inert(Markup("").join(parts))
