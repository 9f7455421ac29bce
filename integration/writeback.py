"""From a verdict to a change: which fields, tags and deadline a ticket should carry.

Pure: takes a ticket as read and says what should be different on it. Three rules hold everywhere.
An agent's decision beats the app's. An outcome field is written only while it is empty or still
holds what the app last wrote there. What the stamp already says is not written again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from integration import catalogue, stamp
from integration.catalogue import ACCEPT, FIELD, HOLD, OUTCOME_FIELDS, TAGS
from integration.claims import Reading
from integration.helpdesks import Change, Due, FieldValue, Rendered, Ticket
from integration.stamp import Stamp
from policy import STATUSES, Verdict

_DUE_TYPES: Final = (None, "question", "task")
"""Ticket types that may become a task for the sake of a due date; a problem or an incident is
linked to other tickets and stays what it is."""
_ENDED: Final = ("not_covered", "refer_to_dealer")


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation asks for: ``zone`` to count days in, days before the deadline at which
    it is ``near``, whether the deadline becomes a due date (``tasks``), and a ``digest`` of all
    settings that bear on a verdict."""

    zone: tzinfo
    near_days: int
    tasks: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Intent:
    """What should stand on a ticket.

    ``outcome``: our outcome fields, by key, in the policy's words; of those, ``written`` are to be
    written and ``kept`` were changed by hand and stay. ``decision``: accept, hold or a status to
    override to, with its ``reason``. ``tell``: whether there is something new to say in a note.
    ``renewed``: whether status or payer are new, so that the macros' effects fit again.
    """

    outcome: Mapping[str, str | None]
    written: tuple[str, ...]
    kept: tuple[str, ...]
    decision: str | None
    reason: str
    stamp: Stamp
    before: Stamp | None
    tags: frozenset[str]
    due: Due | None
    due_refused: str | None
    tell: bool
    renewed: bool

    @property
    def done(self) -> bool:
        """Whether the ticket already carries all this."""
        return self.before is not None and self.before.state == self.stamp.state


def intend(ticket: Ticket, reading: Reading, verdict: Verdict, rules: Rules) -> Intent:
    """What should stand on the ticket, given its verdict."""
    before = stamp.parse(ticket.fields.get("stamp"), OUTCOME_FIELDS)
    decision, reason = _decision(ticket)
    current = {key: _in_words(key, ticket.fields.get(key)) for key in OUTCOME_FIELDS}
    wanted = _decided(_by_policy(verdict), current, decision)
    stamped = before.outcome if before else {}

    bound = [key for key in OUTCOME_FIELDS if key in ticket.fields]
    kept = tuple(
        key
        for key in bound
        if current[key] not in (None, wanted[key], stamped.get(key))
        and not (key == "verdict" and decision in STATUSES)
    )
    outcome = {key: current[key] if key in kept else wanted[key] for key in OUTCOME_FIELDS}
    written = tuple(key for key in bound if key not in kept and outcome[key] != current[key])

    tags = _tags(outcome, reading.today, rules.near_days)
    due, refused = _due(ticket, outcome, stamped, rules)
    said = _said(reading, verdict, decision, reason, [(key, current[key]) for key in kept])
    state = stamp.digest(
        {fact: str(value) for fact, value in reading.claim.known().items()},
        [(one.title, one.value) for one in reading.misread],
        rules.digest,
        verdict.policy_edition,
        outcome,
        sorted(tags),
        decision,
        said,
    )
    tell = before is None or before.said != said
    renewed = before is None or any(
        before.outcome[key] != outcome[key] for key in ("verdict", "freight_payer")
    )
    new = Stamp(
        # What was kept is not ours: the stamp goes on naming what we last wrote there.
        {key: stamped.get(key) if key in kept else outcome[key] for key in OUTCOME_FIELDS},
        state,
        said,
        before.replied if before else None,
    )
    return Intent(
        outcome,
        written,
        kept,
        decision,
        reason,
        new,
        before,
        tags,
        due,
        refused,
        tell,
        renewed and decision is None,
    )


def change(
    ticket: Ticket,
    intent: Intent,
    rendered: Iterable[Rendered],
    macro_id: str | None,
    audit: Mapping[str, str],
) -> Change:
    """The difference between the ticket and the intent, with the effects of the macros that fit;
    ``macro_id`` is the one to name in the helpdesk's own record."""
    fields: dict[str, FieldValue] = {
        key: _in_options(key, intent.outcome[key]) for key in intent.written
    }
    fields["stamp"] = str(intent.stamp)
    native: dict[str, object] = {}
    extra: frozenset[str] = frozenset()
    if intent.renewed:
        for one in rendered:
            native.update(one.effects)
            extra |= one.add_tags - TAGS
    return Change(
        fields=fields,
        add_tags=(intent.tags | extra) - ticket.tags,
        remove_tags=(ticket.tags & TAGS) - intent.tags,
        due=intent.due,
        native=native,
        macro_id=macro_id if intent.renewed else None,
        audit=audit,
    )


def replied(intent: Intent, word: str | None) -> Intent:
    """The intent with a word on the public reply in its stamp: pending, or what it was for."""
    return replace(intent, stamp=replace(intent.stamp, replied=word))


def next_due(intent: Intent, today: date, rules: Rules) -> datetime | None:
    """When the ticket would change by itself: as its deadline comes near, and after it (aware)."""
    deadline = _date(intent.outcome["claim_deadline"])
    if deadline is None or intent.outcome["verdict"] in _ENDED:
        return None
    days = (deadline - timedelta(days=rules.near_days), deadline + timedelta(days=1))
    coming = [day for day in days if day > today]
    if not coming:
        return None
    # A few minutes into the day, so that a clock a little behind ours agrees that it has begun.
    return datetime.combine(min(coming), time(0, 5), rules.zone)


# -- the outcome -----------------------------------------------------------------------------------


def _by_policy(verdict: Verdict) -> dict[str, str | None]:
    return {
        "verdict": verdict.status,
        "freight_payer": verdict.freight.payer,
        "warranty_end": _iso(verdict.warranty_ends_on),
        "claim_deadline": _iso(verdict.claim_deadline),
    }


def _decision(ticket: Ticket) -> tuple[str | None, str]:
    """An agent's decision (accept, hold, a status) with its reason."""
    option = ticket.fields.get("agent_decision")
    meant = catalogue.meaning("agent_decision", option) if isinstance(option, str) else None
    reason = ticket.fields.get("agent_decision_reason")
    said = reason.strip() if isinstance(reason, str) else ""
    return (meant, said) if isinstance(meant, str) else (None, "")


def _decided(
    policy: dict[str, str | None], current: Mapping[str, str | None], decision: str | None
) -> dict[str, str | None]:
    """The outcome under an agent's decision: status and payer are the agent's, dates go on."""
    if decision is None:
        return policy
    wanted = dict(policy)
    wanted["freight_payer"] = current["freight_payer"] or policy["freight_payer"]
    if decision == HOLD:
        wanted["verdict"], wanted["freight_payer"] = current["verdict"], current["freight_payer"]
    elif decision == ACCEPT:
        wanted["verdict"] = current["verdict"] or policy["verdict"]
    else:
        wanted["verdict"] = decision
    return wanted


def _in_words(key: str, value: FieldValue) -> str | None:
    """A field's value in the policy's words, or as it stands where it is none of our options."""
    if value is None or value is False or not str(value).strip():
        return None
    text = str(value).strip()
    meant = catalogue.meaning(key, text)
    return meant if isinstance(meant, str) else text


def _in_options(key: str, value: str | None) -> str | None:
    if value is not None and key == "verdict":
        return catalogue.status_tag(value)
    if value is not None and key == "freight_payer":
        return catalogue.payer_tag(value)
    return value


def _said(
    reading: Reading,
    verdict: Verdict,
    decision: str | None,
    reason: str,
    kept: list[tuple[str, str | None]],
) -> str:
    """A digest of what a note would tell. Days left and the like are not part of it: they change
    by themselves."""
    if decision is not None:
        return stamp.digest("decision", decision, reason)
    return stamp.digest(
        verdict.status,
        verdict.clauses,
        [(one.clause, one.facts) for one in verdict.findings if one.clause in verdict.clauses],
        verdict.remedy.kind,
        verdict.freight,
        str(verdict.claim_deadline),
        verdict.ask,
        verdict.could_be,
        [(one.title, one.value) for one in reading.misread],
        kept,
    )


# -- tags and deadline -----------------------------------------------------------------------------


def _tags(outcome: Mapping[str, str | None], today: date, near_days: int) -> frozenset[str]:
    tags = set()
    status, payer = outcome["verdict"], outcome["freight_payer"]
    if status in catalogue.STATUS_LABELS:
        tags.add(catalogue.status_tag(status))
    if payer in catalogue.PAYER_LABELS:
        tags.add(catalogue.payer_tag(payer))
    deadline = _date(outcome["claim_deadline"])
    if deadline is not None and status not in _ENDED and 0 <= (deadline - today).days <= near_days:
        tags.add(catalogue.DEADLINE_NEAR_TAG)
    return frozenset(tags)


def _due(
    ticket: Ticket,
    outcome: Mapping[str, str | None],
    stamped: Mapping[str, str | None],
    rules: Rules,
) -> tuple[Due | None, str | None]:
    """The due date to set or clear, and a word where the ticket's type does not allow one."""
    if not rules.tasks:
        return None, None
    wanted = _end_of(_date(outcome["claim_deadline"]), rules.zone)
    if ticket.kind not in _DUE_TYPES:
        word = f"No due date was set, because the ticket is of type ‘{ticket.kind}’."
        return None, word if wanted is not None else None
    ours = _end_of(_date(stamped.get("claim_deadline")), rules.zone)
    if ticket.due_at == wanted or ticket.due_at not in (None, ours):
        return None, None
    return Due(wanted), None


def _end_of(day: date | None, zone: tzinfo) -> datetime | None:
    """The last second of a day in the installation's time zone, in UTC."""
    if day is None:
        return None
    return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _date(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None


assert set(OUTCOME_FIELDS) <= set(FIELD)
