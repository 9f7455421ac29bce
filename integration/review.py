"""The use case: a ticket is read, its claim decided, and the verdict written back.

The one place where the policy and a helpdesk meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from markupsafe import Markup

from integration import catalogue, claims, errors, notes, stamp, writeback
from integration.claims import Reading
from integration.config import Installation
from integration.helpdesks import (
    Bindings,
    Change,
    Helpdesk,
    Message,
    Outcome,
    Part,
    Phase,
    Rendered,
    Ticket,
    TicketRef,
)
from integration.writeback import Intent, Rules
from policy import Settings, Verdict, decide, parse_regions

_log = structlog.get_logger(__name__)

Connect = Callable[[Installation, Bindings], Helpdesk]
"""Opens a connection to an installation's helpdesk, for the calling thread alone."""

_PENDING = "pending:"
_NEVER_ANNOUNCED = ("needs_information", "needs_review")
"""Statuses in which freight is not spoken of to the customer: it may still change."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How a review ended: when the ticket is next due by itself (aware; None: never), and what was
    done: written, unchanged, or left alone because it is closed, solved or no claim."""

    next_due_at: datetime | None
    did: str


class Reviewer:
    """Reviews tickets of the installations it is given; safe to call from several threads.

    ``load_bindings`` gives an installation's field bindings, or None while it has none; ``now``
    gives the present moment (aware).
    """

    def __init__(
        self,
        installations: Mapping[str, Installation],
        connect: Connect,
        load_bindings: Callable[[str], Bindings | None],
        now: Callable[[], datetime],
    ) -> None:
        self._installations = installations
        self._connect = connect
        self._load_bindings = load_bindings
        self._now = now

    def __call__(self, installation_id: str, ticket_id: str) -> Reviewed:
        """Review one ticket in its newest state.

        Raises what ``integration.errors`` lists: Conflict if the ticket changed meanwhile,
        Unavailable if it has to wait, Rejected if a person has to look. Nothing is written but as
        a whole.
        """
        installation = self._installations.get(installation_id)
        if installation is None:
            raise errors.Rejected(
                f"installation {installation_id!r}: it is not configured here",
                advice="Configure it again, or drop its reviews.",
            )
        bindings = self._load_bindings(installation_id)
        if bindings is None:
            raise errors.FieldGone(f"installation {installation_id!r}: no fields are set up")
        desk = self._connect(installation, bindings)
        return _Review(installation, bindings, desk, self._now()).run(
            TicketRef(installation_id, ticket_id)
        )


class _Review:
    """One review: what it needs at every step."""

    def __init__(
        self, installation: Installation, bindings: Bindings, desk: Helpdesk, now: datetime
    ) -> None:
        self.installation = installation
        self.bindings = bindings
        self.desk = desk
        self.now = now
        self.settings = Settings(installation.cross_border, parse_regions(installation.regions))
        self.rules = Rules(
            zone=installation.time_zone,
            near_days=installation.deadline_near_days,
            tasks=installation.due_date_tasks,
            digest=stamp.digest(
                installation.cross_border,
                installation.regions,
                installation.deadline_near_days,
                installation.due_date_tasks,
                str(installation.time_zone),
            ),
        )

    def run(self, ref: TicketRef) -> Reviewed:
        ticket = self.desk.get(ref)
        if ticket.phase in (Phase.CLOSED, Phase.SOLVED):
            return Reviewed(None, ticket.phase.value)
        if catalogue.CLAIM_TAG not in ticket.tags:
            return Reviewed(None, "no claim")
        self._check_fields(ticket)
        reading = claims.read(ticket, self.now, self.rules.zone)
        verdict = decide(reading.claim, reading.today, self.settings)
        intent = writeback.intend(ticket, reading, verdict, self.rules)
        next_due_at = writeback.next_due(intent, reading.today, self.rules)
        if not intent.done:
            self._write(ticket, reading, verdict, intent)
            return Reviewed(next_due_at, "written")
        pending = _pending(intent)
        if pending is None:
            return Reviewed(next_due_at, "unchanged")
        # The note was written, and the public reply that it announced was not: do that now.
        suggested = self._suggest(ticket, reading, verdict, intent)[1]
        self._reply(ticket, intent, suggested, pending)
        return Reviewed(next_due_at, "replied")

    def _check_fields(self, ticket: Ticket) -> None:
        """Without stamp and verdict nothing can be written twice-safe: a person must mend that."""
        for key in ("stamp", "verdict"):
            if key not in ticket.fields:
                title = catalogue.FIELD[key].title
                raise errors.FieldGone(f"ticket {ticket.ref.id}: it has no field ‘{title}’")

    # -- writing ----------------------------------------------------------------------------------

    def _write(self, ticket: Ticket, reading: Reading, verdict: Verdict, intent: Intent) -> None:
        rendered: list[Rendered] = []
        messages: list[Message] = []
        suggested: Markup | None = None
        announce = pending = _pending(intent)
        if intent.tell or pending:
            rendered, suggested, missing = self._suggest(ticket, reading, verdict, intent)
            announce = self._may_announce(intent, suggested, bool(missing))
        if intent.tell:
            text = notes.note(reading, verdict, suggested, self._aside(ticket, intent, missing))
            messages.append(Message("private_note", text, f"note:{intent.stamp.said}"))
        if announce is not None:
            intent = writeback.replied(intent, _PENDING + announce)
        elif pending is not None:
            intent = writeback.replied(intent, None)
        macro = self.bindings.macros.get(f"status:{intent.outcome['verdict']}")
        change = writeback.change(ticket, intent, rendered, macro, _audit(verdict, intent))
        outcome = self.desk.apply(ticket, change, messages)
        self._report(ticket, outcome)
        if announce is not None:
            # The helpdesk takes one comment an update. Should we die here, the stamp says that
            # the reply is still to be sent.
            base = outcome.ticket or self.desk.get(ticket.ref)
            self._reply(base, intent, suggested, announce)

    def _reply(self, ticket: Ticket, intent: Intent, suggested: Markup | None, status: str) -> None:
        """Send the public reply for a status, and stamp that it was sent, in one request."""
        done = writeback.replied(intent, status).stamp
        messages = []
        if suggested is not None and status in self.installation.public_replies:
            messages.append(Message("public_reply", suggested, f"reply:{intent.stamp.said}"))
        change = Change(fields={"stamp": str(done)}, audit={"app": "warranty-desk"})
        self._report(ticket, self.desk.apply(ticket, change, messages))

    def _may_announce(
        self, intent: Intent, suggested: Markup | None, incomplete: bool
    ) -> str | None:
        """The status on which a public reply goes out with this note, if any: only where the
        installation allows it for that verdict, and it is the app's own and new."""
        status = intent.outcome["verdict"]
        if (
            suggested is None
            or incomplete
            or intent.decision is not None
            or "verdict" in intent.kept
            or status not in self.installation.public_replies
            or intent.stamp.replied == status
        ):
            return None
        return status

    def _suggest(
        self, ticket: Ticket, reading: Reading, verdict: Verdict, intent: Intent
    ) -> tuple[list[Rendered], Markup | None, tuple[str, ...]]:
        """The macros that fit, rendered; the message made of them; those that could not be used."""
        status, payer = intent.outcome["verdict"], intent.outcome["freight_payer"]
        keys = [f"status:{status}"] if status else []
        if payer in ("buyer", "soocas") and status not in _NEVER_ANNOUNCED:
            keys.append(f"freight:{payer}")
        rendered, texts, missing = [], [], []
        for key in keys:
            one = self._render(ticket.ref, key)
            if one is not None:
                rendered.append(one)
            if one is not None and one.text is not None:
                texts.append(one.text)
            else:
                missing.append(_title(key))
        asked = notes.questions(reading, verdict) if intent.decision is None else ()
        suggested = notes.reply(texts, asked) if texts or asked else None
        return rendered, suggested, tuple(missing)

    def _render(self, ref: TicketRef, key: str) -> Rendered | None:
        """A macro of ours on this ticket, or None where it is not there: no reason to withhold
        the verdict."""
        macro = self.bindings.macros.get(key)
        if macro is None:
            return None
        try:
            return self.desk.render(ref, macro)
        except (errors.NotFound, errors.Invalid) as error:
            _log.warning("macro not rendered", macro=key, why=type(error).__name__)
            return None

    def _aside(self, ticket: Ticket, intent: Intent, missing: tuple[str, ...]) -> notes.Aside:
        kept = tuple(
            (catalogue.FIELD[key].title, _shown(key, ticket, intent)) for key in intent.kept
        )
        return notes.Aside(intent.decision, intent.reason, kept, missing, intent.due_refused)

    def _report(self, ticket: Ticket, outcome: Outcome) -> None:
        """Log what was not done as asked."""
        for part, (how, why) in outcome.parts.items():
            if how not in (Part.APPLIED, Part.UNCHANGED):
                _log.warning(
                    "not written as asked",
                    installation=ticket.ref.installation,
                    ticket=ticket.ref.id,
                    part=part,
                    how=how.value,
                    why=why,
                )
        how, why = outcome.parts.get("field:stamp", (Part.APPLIED, ""))
        if how not in (Part.APPLIED, Part.UNCHANGED):
            # Without its stamp the same note would be written again and again.
            title = catalogue.FIELD["stamp"].title
            raise errors.FieldGone(f"ticket {ticket.ref.id}: field ‘{title}’ was not kept: {why}")


def _pending(intent: Intent) -> str | None:
    """The status for which the ticket's stamp says that a public reply is still to be sent."""
    word = (intent.before.replied if intent.before else None) or ""
    return word.removeprefix(_PENDING) if word.startswith(_PENDING) else None


def _audit(verdict: Verdict, intent: Intent) -> dict[str, str]:
    """What the helpdesk's audit trail should remember of this update."""
    return {
        "app": "warranty-desk",
        "verdict": verdict.status,
        "clauses": " ".join(verdict.clauses),
        "edition": verdict.policy_edition,
        "state": intent.stamp.state,
    }


def _title(key: str) -> str:
    return next(macro.title for macro in catalogue.MACROS if macro.key == key)


def _shown(key: str, ticket: Ticket, intent: Intent) -> str:
    """A hand-written value as an agent sees it in the field."""
    value = str(ticket.fields.get(key))
    return dict(catalogue.FIELD[key].options).get(value, value)
