"""From a verdict to a change: which fields, tags and deadline a ticket should carry.

Pure: takes a ticket as read and says what should be different on it. Three rules hold everywhere.
An agent's decision beats the app's. An outcome field is written only while it is empty or still
holds what the app last wrote there. What the ticket already carries is not written again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

from integration import catalogue, deadlines, decisions, due_dates, stamp
from integration.catalogue import OUTCOME_FIELDS, TAGS
from integration.claims import Reading
from integration.deadlines import Reminder
from integration.decisions import Decision
from integration.helpdesks import Bindings, Change, Due, FieldValue, Rendered, Ticket
from integration.stamp import Stamp
from policy import ENDED, STATUSES, Verdict, deadline


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation asks for: ``zone`` to count days in, days before the deadline at which
    it is near and at which it is at hand (``last``, no more than ``near``), whether the deadline
    becomes a due date (``tasks``), whether every ticket has one by its SLA (``by_sla``), and a
    ``digest`` of all settings that bear on a verdict."""

    zone: tzinfo
    near_days: int
    last_days: int
    tasks: bool
    digest: str
    by_sla: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """What should stand on a ticket.

    ``outcome``: our outcome fields, by key, in the policy's words; of those, ``written`` are to be
    written, ``own`` hold only what we write, these and others, and ``kept`` hold what somebody else
    wrote and stay. ``tags``: all of ours that it
    should carry. ``due``: what to do about its due date. ``tell``: whether there is something new
    to say in a note. ``reminder``: a threshold before the deadline of which nobody has been told
    yet: by that note where there is one, else by one of its own. ``renewed``: whether status or
    payer are new, so that the macros' effects are to be carried out. ``done``: whether the ticket
    already carries all this.
    """

    outcome: Mapping[str, str | None]
    written: tuple[str, ...]
    own: tuple[str, ...]
    kept: tuple[str, ...]
    decision: Decision | None
    stamp: Stamp
    before: Stamp | None
    tags: frozenset[str]
    due: Due | None
    due_refused: str | None
    tell: bool
    reminder: Reminder | None
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

    reached = _reached(outcome, reading.today, rules)
    tags = _tags(outcome, reached)
    ends = deadlines.parse(outcome["claim_deadline"]) if rules.tasks else None
    due = due_dates.intended(
        ticket, ends, before.due if before else None, rules.zone, by_sla=rules.by_sla
    )
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
        due=due.stamped,
        replied=before.replied if before else None,
        **_told(before, reached),
    )
    unchanged = before is not None and replace(before, replied=None) == replace(new, replied=None)
    return Intent(
        outcome=outcome,
        written=written,
        own=tuple(key for key in bound if key not in kept),
        kept=kept,
        decision=decision,
        stamp=new,
        before=before,
        tags=tags,
        due=due.due,
        due_refused=due.word,
        tell=before is None or before.said != said,
        reminder=reached if reached and _untold(before, reached) else None,
        renewed=renewed,
        done=unchanged and not written and due.due is None and ticket.tags & TAGS == tags,
    )


def only_noted(ticket: Ticket, intent: Intent) -> Intent:
    """The intent of an installation that wants notes and nothing else: fields, tags and due date
    stay as they are, and the stamp says so, so that all of it follows once it is wanted."""
    before = intent.before
    new = replace(
        intent.stamp,
        outcome=before.outcome if before else dict.fromkeys(OUTCOME_FIELDS),
        effect=before.effect if before else None,
        due=before.due if before else None,
    )
    return replace(
        intent,
        written=(),
        own=(),
        tags=ticket.tags & TAGS,
        due=None,
        due_refused=None,
        renewed=False,
        stamp=new,
        done=before is not None and replace(before, replied=None) == replace(new, replied=None),
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
        for one in rendered:
            native.update(one.effects)
            extra |= one.add_tags
        if extra:
            extra -= TAGS | catalogue.OPTIONS | {catalogue.CLAIM_TAG}
            for options in bindings.options.values():
                extra.difference_update(options.values())
        macro_id = bindings.macros.get(f"status:{intent.status}")
    return Change(
        fields=fields,
        along=along(intent),
        add_tags=(intent.tags | extra) - ticket.tags,
        remove_tags=(ticket.tags & TAGS) - intent.tags,
        due=intent.due,
        native=native,
        macro_id=macro_id,
        audit=audit,
    )


def along(intent: Intent) -> dict[str, FieldValue]:
    """Our outcome, but what somebody else wrote, and its stamp: what belongs together
    (``Change.along``)."""
    outcome = {key: _in_options(key, intent.outcome[key]) for key in intent.own}
    return {**outcome, "stamp": str(intent.stamp)}


def replied(intent: Intent, word: str | None) -> Intent:
    """The intent with a word on the public reply in its stamp: pending, or what it was for."""
    return replace(intent, stamp=replace(intent.stamp, replied=word))


def next_due(
    intent: Intent, reading: Reading, verdict: Verdict, rules: Rules, turn: date | None = None
) -> datetime | None:
    """When the ticket would change by itself (aware): on the two days on which its deadline comes
    near, the day after it, on the day that a claim from the future is opened, and on the ``turn``
    on which the policy next says something else."""
    days: list[date] = []
    if turn is not None and deadlines.sane(turn):
        days.append(turn)
    shown = open_until(intent.outcome)
    if shown is not None:
        days += deadlines.turns(shown, rules.near_days, rules.last_days)
    if verdict.claim_deadline is not None and deadlines.sane(verdict.claim_deadline):
        days.append(verdict.claim_deadline + timedelta(days=1))
    if deadlines.sane(reading.claim.claim_opened_on):
        days.append(reading.claim.claim_opened_on)
    coming = [day for day in days if day > reading.today]
    return deadlines.begins(min(coming), rules.zone) if coming else None


def open_until(outcome: Mapping[str, str | None]) -> date | None:
    """The last day of a claim as its ticket shows it; None where it has ended, or has none that
    anything can be scheduled by."""
    return None if outcome["verdict"] in ENDED else deadlines.parse(outcome["claim_deadline"])


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


def _tags(outcome: Mapping[str, str | None], reached: Reminder | None) -> frozenset[str]:
    tags = set()
    status, payer = outcome["verdict"], outcome["freight_payer"]
    if status in catalogue.STATUS_LABELS:
        tags.add(catalogue.status_tag(status))
    if payer in catalogue.PAYER_LABELS:
        tags.add(catalogue.payer_tag(payer))
    if reached is not None:
        tags.add(catalogue.DEADLINE_NEAR_TAG)
        if reached.threshold == "last":
            tags.add(catalogue.DEADLINE_LAST_TAG)
    return frozenset(tags)


def _reached(outcome: Mapping[str, str | None], today: date, rules: Rules) -> Reminder | None:
    return deadlines.reached(open_until(outcome), today, rules.near_days, rules.last_days)


def _untold(before: Stamp | None, reached: Reminder) -> bool:
    """Whether a threshold has yet to be told of. One that was told of for a later deadline has:
    so a deadline that moves to and fro is not told of twice."""
    told = before and (before.last if reached.threshold == "last" else before.near)
    return not told or told < reached.ends.isoformat()


def _told(before: Stamp | None, reached: Reminder | None) -> dict[str, str | None]:
    """The stamp's words on what has been told, once this is. Who knows of the last days needs no
    word of their coming near."""
    near, last = (before.near, before.last) if before else (None, None)
    if reached is not None:
        ends = reached.ends.isoformat()
        near = max(near or ends, ends)
        last = max(last or ends, ends) if reached.threshold == "last" else last
    return {"near": near, "last": last}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
