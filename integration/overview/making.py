"""Each of the overview's tables, made of what was counted and listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, tzinfo
from typing import Any, Final

from sqlalchemy.engine import Row

from integration.catalogue import PAYER_LABELS, STATUS_LABELS
from integration.jobs_tables import moment
from integration.overview.figures import Figures
from integration.overview.queries import Times
from integration.overview.tables import Column, Table, as_moment
from policy import CLAUSES, FACT_NAMES

_WAYS: Final = {
    "accepted": ("Accepted", "An agent accepted the verdict, or chose the same."),
    "overridden": ("Overridden", "An agent decided otherwise."),
    "held": ("Held", "An agent holds the outcome as it is."),
    "by hand": ("Changed by hand", "Another status was written on the ticket, without a decision."),
    "none": ("Not decided on", "No agent took a decision: the app’s verdict stands."),
}


def _share(count: int, of: int) -> float | None:
    return count / of if of else None


def by_status(found: Figures) -> Table:
    """Claims by status."""
    keys = [key for key in (*STATUS_LABELS, "other") if found.shown[key] or found.policy[key]]
    return Table(
        "status",
        "Claims by status",
        "The status on the ticket, and what the policy says. They differ where an agent decided "
        "otherwise, or somebody wrote another status.",
        "No claims.",
        (
            Column("Status", "status"),
            Column("Tickets", "count"),
            Column("Share", "share"),
            Column("By the policy", "count"),
        ),
        tuple(
            (key, found.shown[key], _share(found.shown[key], found.tickets), found.policy[key])
            for key in keys
        ),
        ("Tickets",),
    )


def by_clause(found: Figures) -> Table:
    """Claims by clause."""
    keys = [key for key in CLAUSES if key in found.clauses]
    keys.sort(key=lambda key: -found.clauses[key].tickets)
    return Table(
        "clauses",
        "Claims by clause",
        "On how many tickets the verdict rests on a clause, and how many of those are not covered. "
        "A verdict may rest on several.",
        "No verdict rests on a clause.",
        (
            Column("Clause"),
            Column("Tickets", "count"),
            Column("Not covered", "count"),
            Column("What it says"),
        ),
        tuple(
            (key, one.tickets, one.denied, CLAUSES[key].sentence)
            for key in keys
            for one in (found.clauses[key],)
        ),
        ("Tickets", "Not covered"),
    )


def by_payer(found: Figures) -> Table:
    """Freight borne by whom."""
    return Table(
        "freight",
        "Freight borne by",
        "Who pays the freight by the policy.",
        "No claims.",
        (Column("Freight paid by"), Column("Tickets", "count"), Column("Share", "share")),
        tuple(
            (label, found.payers[key], _share(found.payers[key], found.tickets))
            for key, label in PAYER_LABELS.items()
            if found.payers[key]
        ),
        ("Tickets",),
    )


def agreement(found: Figures) -> Table:
    """What agents did about verdicts."""
    return Table(
        "agreement",
        "Agents and the verdict",
        "What the field “Warranty: agent decision” says on each ticket.",
        "No claims.",
        (
            Column("What was done"),
            Column("Tickets", "count"),
            Column("Share", "share"),
            Column("What it means"),
        ),
        tuple(
            (label, found.agreement[key], _share(found.agreement[key], found.tickets), means)
            for key, (label, means) in _WAYS.items()
        )
        if found.tickets
        else (),
    )


def contested(found: Figures) -> Table:
    """Overrides by clause."""
    keys = [key for key in CLAUSES if key in found.clauses and found.clauses[key].decided]
    keys.sort(key=lambda key: (-found.clauses[key].differ, -found.clauses[key].decided))
    return Table(
        "overrides",
        "Overrides by clause",
        "Where agents read the policy, or the facts, otherwise: of the tickets whose verdict rests "
        "on a clause and on which an agent accepted or overrode it, how many were overridden. "
        "Clauses at the top deserve a look.",
        "No agent accepted or overrode a verdict.",
        (
            Column("Clause"),
            Column("Overridden", "count"),
            Column("Decided", "count"),
            Column("Share", "share"),
            Column("What it says"),
        ),
        tuple(
            (key, one.differ, one.decided, one.share, CLAUSES[key].sentence)
            for key in keys
            for one in (found.clauses[key],)
        ),
        ("Overridden", "Decided"),
    )


def moves(found: Figures) -> Table:
    """Overrides from which status to which."""
    return Table(
        "moves",
        "Overrides: from what to what",
        "",
        "No agent overrode a verdict.",
        (
            Column("The policy", "status"),
            Column("The agent", "status"),
            Column("Tickets", "count"),
        ),
        tuple((was, became, count) for (was, became), count in found.moves.most_common()),
    )


def overridden(rows: Sequence[Row[Any]], zone: tzinfo, most: int) -> Table:
    """The tickets on which agents decided otherwise."""
    return Table(
        "overridden",
        "Tickets that agents decided otherwise",
        "Those that an agent decided are not covered come first, then the others; each the newest "
        "first.",
        "No agent overrode a verdict.",
        (
            Column("Ticket", "ticket"),
            Column("The policy", "status"),
            Column("The agent", "status"),
            Column("Clauses"),
            Column("Reviewed"),
        ),
        tuple(
            (
                one.ticket_id,
                one.status,
                one.decision,
                ", ".join(one.clauses),
                _moment(one.reviewed_at, zone),
            )
            for one in rows[:most]
        ),
        more=_more(rows, most, "that come first"),
    )


def near(rows: Sequence[Row[Any]], today: date, within: int, most: int) -> Table:
    """Claims near their deadline."""
    return Table(
        "deadlines",
        "Claims near their deadline",
        f"Claims whose last day is within {within} days, whatever the period above. A ticket that "
        "is solved leaves this list when the app next looks at it.",
        f"No claim ends within {within} days.",
        (
            Column("Ticket", "ticket"),
            Column("Days left", "count"),
            Column("Last day"),
            Column("Status", "status"),
            Column("Waits for"),
        ),
        tuple(
            (
                one.ticket_id,
                (date.fromisoformat(one.claim_deadline) - today).days,
                one.claim_deadline,
                one.shown or one.status,
                _first_up(", ".join(FACT_NAMES.get(fact, fact) for fact in one.asked)) or "–",
            )
            for one in rows[:most]
        ),
        more=_more(rows, most, "that end first"),
    )


def speed(first: Times, settled: Times) -> Table:
    """Time to the verdict."""
    return Table(
        "times",
        "Time to the verdict",
        "Of tickets created in the period, backfilled ones aside: from the ticket’s creation to "
        "its first verdict, and until it was settled (covered, not covered, refund eligible or "
        "refer to dealer). Those that still wait are not in the second row.",
        "No ticket of this period has a verdict yet.",
        (
            Column("From creation to"),
            Column("Tickets", "count"),
            Column("Half within", "span"),
            Column("9 of 10 within", "span"),
        ),
        tuple(
            (words, one.tickets, _seconds(one.median), _seconds(one.late))
            for words, one in (("First verdict", first), ("Settled", settled))
        )
        if first.tickets
        else (),
    )


def questions(asked: Mapping[str, int], found: Figures) -> Table:
    """Questions asked most."""
    facts = sorted(asked, key=lambda fact: (-asked[fact], fact))
    return Table(
        "questions",
        "Questions asked most",
        "On how many tickets a fact was missing in any review of the period, and on how many it "
        "still is. A form that asks for the first ones saves the most replies.",
        "Nothing was missing.",
        (Column("Fact"), Column("Tickets", "count"), Column("Still open", "count")),
        tuple(
            (_first_up(FACT_NAMES.get(fact, fact)), asked[fact], found.open_questions[fact])
            for fact in facts
        ),
        ("Tickets", "Still open"),
    )


def set_aside(rows: Sequence[Row[Any]], zone: tzinfo, most: int) -> Table:
    """Tickets that wait for a person."""
    return Table(
        "set_aside",
        "Tickets set aside",
        "They could not be reviewed and wait for a person, whatever the period above. When the "
        "cause is mended, a change on the ticket starts its review again, or whoever runs the "
        "service does (warranty reviews retry).",
        "No ticket is set aside.",
        (Column("Ticket", "ticket"), Column("Since"), Column("Why"), Column("What to do")),
        tuple(
            (one.ticket_id, _moment(one.set_aside_at, zone), *why(one.last_error)) for one in rows
        ),
        more=_more(rows, most, "that wait longest"),
    )


def why(kept: str | None) -> tuple[str, str]:
    """Why a ticket waits and what to do, of what is kept (see ``reasons``)."""
    what, _, advice = (kept or "").partition(" — ")
    return what or "Not told", advice or "Look at the ticket, then start its review again."


def _moment(at: int, zone: tzinfo) -> str:
    return as_moment(moment(at), zone)


def _seconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else max(milliseconds, 0) // 1000


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:]


def _more(rows: Sequence[object], most: int, which: str) -> str:
    """What is said where a list is cut off."""
    return f"These are the {most} {which}." if len(rows) > most else ""
