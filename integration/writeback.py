"""From a verdict to a change: which fields, tags and deadline a ticket should carry.

Pure: takes a ticket as read and says what should be different on it. Three rules hold everywhere.
An agent's decision beats the app's. An outcome field is written only while it is empty or still
holds what the app last wrote there. What the ticket already carries is not written again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from integration import catalogue, decisions, stamp
from integration.catalogue import OUTCOME_FIELDS, TAGS
from integration.claims import Reading
from integration.decisions import Decision
from integration.helpdesks import Bindings, Change, Due, FieldValue, Rendered, Ticket
from integration.stamp import Stamp
from policy import ENDED, STATUSES, Verdict, deadline

_DUE_TYPES: Final = (None, "question", "task")
"""Ticket types that may become a task for the sake of a due date; a problem or an incident is
linked to other tickets and stays what it is."""
_YEARS: Final = (1900, 9000)
"""Days outside these years are somebody's placeholder; nothing is scheduled by them."""


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
    written and ``kept`` hold what somebody else wrote and stay. ``tags``: all of ours that it
    should carry. ``due``: what to do about its due date. ``tell``: whether there is something new
    to say in a note. ``renewed``: whether status or payer are new, so that the macros' effects are
    to be carried out. ``done``: whether the ticket already carries all this.
    """

    outcome: Mapping[str, str | None]
    written: tuple[str, ...]
    kept: tuple[str, ...]
    decision: Decision | None
    stamp: Stamp
    before: Stamp | None
    tags: frozenset[str]
    due: Due | None
    due_refused: str | None
    tell: bool
    renewed: bool
    done: bool

    @property
    def status(self) -> str | None:
        """The status that the ticket shows: one of the policy's, or None."""
        status = self.outcome["verdict"]
        return status if status in STATUSES else None


def intend(ticket: Ticket, reading: Reading, verdict: Verdict, rules: Rules) -> Intent:
    """What should stand on the ticket, given its verdict."""
    before = stamp.parse(ticket.fields.get("stamp"), OUTCOME_FIELDS)
    stamped = before.outcome if before else dict.fromkeys(OUTCOME_FIELDS)
    decision = decisions.read(ticket)
    current = {key: _in_words(key, ticket.fields.get(key)) for key in OUTCOME_FIELDS}
    policy = wanted_by(verdict)
    wanted = _wanted(decision, policy, current, before, reading, verdict)
    overridden = _newly_overridden(decision, before)

    bound = [key for key in OUTCOME_FIELDS if key in ticket.fields]
    kept = tuple(
        key
        for key in bound
        if current[key] not in (None, wanted[key], stamped[key])
        and not (key == "verdict" and overridden)
    )
    outcome = {key: current[key] if key in kept else wanted[key] for key in OUTCOME_FIELDS}
    written = tuple(key for key in bound if key not in kept and outcome[key] != current[key])

    agreed = {key for key in OUTCOME_FIELDS if key not in kept and outcome[key] == policy[key]}
    if overridden:
        agreed.add("verdict")  # also where the agent wrote the same into both fields

    tags = _tags(outcome, reading.today, rules.near_days)
    due, due_stamp, refused = _due(ticket, outcome, before, rules)
    effect = f"{outcome['verdict']}/{outcome['freight_payer']}"
    renewed = decision is None and "verdict" not in kept and (not before or before.effect != effect)
    said = _said(ticket.ref.id, reading, verdict, decision, [(key, current[key]) for key in kept])
    state = stamp.digest(
        ticket.ref.id,
        {fact: str(value) for fact, value in reading.claim.known().items()},
        [(one.title, one.value) for one in reading.misread],
        rules.digest,
        verdict.policy_edition,
        outcome,
        said,
    )
    new = Stamp(
        # The stamp names what *we* wrote, so what somebody else wrote there never becomes ours.
        {
            key: outcome[key] if key in written or key in agreed else old
            for key, old in stamped.items()
        },
        state,
        said,
        decision=decision.what if decision else None,
        effect=effect if renewed else before.effect if before else None,
        due=due_stamp,
        replied=before.replied if before else None,
    )
    unchanged = before is not None and replace(before, replied=None) == replace(new, replied=None)
    return Intent(
        outcome=outcome,
        written=written,
        kept=kept,
        decision=decision,
        stamp=new,
        before=before,
        tags=tags,
        due=due,
        due_refused=refused,
        tell=before is None or before.said != said,
        renewed=renewed,
        done=unchanged and not written and due is None and ticket.tags & TAGS == tags,
    )


def change(
    ticket: Ticket,
    intent: Intent,
    rendered: Iterable[Rendered],
    bindings: Bindings,
    audit: Mapping[str, str],
) -> Change:
    """The difference between the ticket and the intent, with the effects of the macros that fit.

    Of the tags that a macro adds, those that are an option of a field of ours are left out: the
    helpdesk would change the field with them, and a macro is to decide neither facts nor verdicts.
    """
    fields: dict[str, FieldValue] = {
        key: _in_options(key, intent.outcome[key]) for key in intent.written
    }
    fields["stamp"] = str(intent.stamp)
    native: dict[str, object] = {}
    extra: set[str] = set()
    macro_id = None
    if intent.renewed:
        ours = TAGS | catalogue.OPTIONS | {catalogue.CLAIM_TAG}
        for options in bindings.options.values():
            ours |= frozenset(options.values())
        for one in rendered:
            native.update(one.effects)
            extra |= one.add_tags - ours
        macro_id = bindings.macros.get(f"status:{intent.status}")
    return Change(
        fields=fields,
        add_tags=(intent.tags | extra) - ticket.tags,
        remove_tags=(ticket.tags & TAGS) - intent.tags,
        due=intent.due,
        native=native,
        macro_id=macro_id,
        audit=audit,
    )


def replied(intent: Intent, word: str | None) -> Intent:
    """The intent with a word on the public reply in its stamp: pending, or what it was for."""
    return replace(intent, stamp=replace(intent.stamp, replied=word))


def next_due(intent: Intent, reading: Reading, verdict: Verdict, rules: Rules) -> datetime | None:
    """When the ticket would change by itself (aware): as its deadline comes near, the day after it,
    and on the day that a claim from the future is opened."""
    days: list[date] = []
    if intent.outcome["verdict"] not in ENDED:
        shown = _date(intent.outcome["claim_deadline"])
        if shown is not None:
            days += [shown - timedelta(days=rules.near_days), shown + timedelta(days=1)]
    if verdict.claim_deadline is not None and _sane(verdict.claim_deadline):
        days.append(verdict.claim_deadline + timedelta(days=1))
    if _sane(reading.claim.claim_opened_on):
        days.append(reading.claim.claim_opened_on)
    coming = [day for day in days if day > reading.today]
    if not coming:
        return None
    # A few minutes into the day, so that a clock a little behind ours agrees that it has begun.
    return datetime.combine(min(coming), time(0, 5), rules.zone)


# -- the outcome -----------------------------------------------------------------------------------


def wanted_by(verdict: Verdict) -> dict[str, str | None]:
    """Our outcome fields as the policy alone would have them."""
    return {
        "verdict": verdict.status,
        "freight_payer": verdict.freight.payer,
        "warranty_end": _iso(verdict.warranty_ends_on),
        "claim_deadline": _iso(verdict.claim_deadline),
    }


def _wanted(
    decision: Decision | None,
    policy: Mapping[str, str | None],
    current: Mapping[str, str | None],
    before: Stamp | None,
    reading: Reading,
    verdict: Verdict,
) -> Mapping[str, str | None]:
    if decision is None:
        return policy
    wanted = decisions.followed(decision, policy, current, before, verdict)
    if wanted["verdict"] is not None:
        # The deadline belongs to the status that the agent decided, not to the policy's.
        ended = wanted["verdict"] in ENDED
        wanted["claim_deadline"] = None if ended else _iso(deadline(reading.claim))
    return wanted


def _newly_overridden(decision: Decision | None, before: Stamp | None) -> bool:
    """Whether an agent's override has yet to be carried out, over whatever stands there. Once it
    has been, what somebody writes into the field afterwards is newer."""
    if decision is None or decision.status is None:
        return False
    return before is None or before.decision != decision.what


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
    ticket_id: str,
    reading: Reading,
    verdict: Verdict,
    decision: Decision | None,
    kept: list[tuple[str, str | None]],
) -> str:
    """A digest of what a note would tell. Days left and the like are not part of it: they change
    by themselves. The ticket is, since a follow-up comes with its predecessor's stamp."""
    if decision is not None:
        return stamp.digest(ticket_id, "decision", decision.what, decision.reason, decision.unclear)
    deciding = [one for one in verdict.findings if one.clause in verdict.clauses]
    return stamp.digest(
        ticket_id,
        verdict.status,
        [(one.clause, one.because) for one in deciding],
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
    ends = _date(outcome["claim_deadline"])
    if ends is not None and status not in ENDED and 0 <= (ends - today).days <= near_days:
        tags.add(catalogue.DEADLINE_NEAR_TAG)
    return frozenset(tags)


def _due(
    ticket: Ticket, outcome: Mapping[str, str | None], before: Stamp | None, rules: Rules
) -> tuple[Due | None, str | None, str | None]:
    """What to do about the due date, what the stamp says of it, and a word where the ticket's type
    does not allow one. Only a due date that we set is ever moved or cleared."""
    ours = _moment(before.due) if before else None
    wanted = _end_of(_date(outcome["claim_deadline"]), rules.zone) if rules.tasks else None
    if wanted is not None and ticket.kind not in _DUE_TYPES:
        word = f"No due date was set, because the ticket is of type ‘{ticket.kind}’."
        return None, before.due if before else None, word
    if ticket.due_at not in (None, ours):
        return None, before.due if before else None, None  # somebody else's
    if ticket.due_at is None and ours is not None and ours == wanted:
        return None, before.due if before else None, None  # somebody cleared it
    stamped = None if wanted is None else wanted.isoformat()
    return (None if ticket.due_at == wanted else Due(wanted)), stamped, None


def _end_of(day: date | None, zone: tzinfo) -> datetime | None:
    """The last second of a day in the installation's time zone, in UTC."""
    if day is None:
        return None
    return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _sane(day: date) -> bool:
    return _YEARS[0] <= day.year <= _YEARS[1]


def _date(text: str | None) -> date | None:
    """A day that something can be scheduled by, or None."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if _sane(day) else None


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
