"""The use case: a ticket is read, its claim decided, and the verdict written back.

The one place where the policy and a helpdesk meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from integration import catalogue, claims, errors, logs, notes, replies, stamp, writeback
from integration.catalogue import HOLD
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
from integration.replies import Reply
from integration.writeback import Intent, Rules
from policy import Settings, Verdict, decide, parse_regions

_log = structlog.get_logger(__name__)

Connect = Callable[[Installation, Bindings], Helpdesk]
"""Opens a connection to an installation's helpdesk, for the calling thread alone."""

_PENDING = "pending:"
_PENDING_FOR = timedelta(hours=24)
_NEVER_ANNOUNCED = ("needs_information", "needs_review", "refer_to_dealer")
"""Statuses in which freight is not spoken of to the customer: it may still change, or there is
none."""


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
        return self._open(installation_id).run(TicketRef(installation_id, ticket_id))

    def set_aside(self, installation_id: str, ticket_id: str) -> None:
        """Tag a ticket whose review was set aside, so that a view can find it. Raises as a review
        does."""
        self._open(installation_id).set_aside(TicketRef(installation_id, ticket_id))

    def _open(self, installation_id: str) -> _Review:
        installation = self._installations.get(installation_id)
        if installation is None:
            raise errors.Rejected(
                f"installation {installation_id!r}: it is not configured here",
                advice="Configure it again, or leave its reviews.",
            )
        bindings = self._load_bindings(installation_id)
        if bindings is None:
            raise errors.FieldGone(f"installation {installation_id!r}: no fields are set up")
        desk = self._connect(installation, bindings)
        return _Review(installation, bindings, desk, self._now())


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
        next_due_at = writeback.next_due(intent, reading, verdict, self.rules)
        if intent.done and _pending(intent) is None:
            return Reviewed(next_due_at, "unchanged")
        try:
            did = self._write(ticket, reading, verdict, intent)
        except errors.Unwritable:
            return Reviewed(None, Phase.CLOSED.value)  # closed since we read it
        return Reviewed(next_due_at, did)

    def set_aside(self, ref: TicketRef) -> None:
        """Tag a ticket whose review was set aside, where it can still be written."""
        ticket = self.desk.get(ref)
        if ticket.phase is not Phase.CLOSED and catalogue.SET_ASIDE_TAG not in ticket.tags:
            self.desk.apply(ticket, Change(add_tags=frozenset({catalogue.SET_ASIDE_TAG})))

    def _check_fields(self, ticket: Ticket) -> None:
        """Without these we could not tell what we wrote, or what an agent decided: a person must
        mend that first."""
        for key in ("stamp", "verdict", "agent_decision"):
            if key not in ticket.fields:
                title = catalogue.FIELD[key].title
                raise errors.FieldGone(f"ticket {ticket.ref.id}: it has no field ‘{title}’")

    # -- writing ----------------------------------------------------------------------------------

    def _write(self, ticket: Ticket, reading: Reading, verdict: Verdict, intent: Intent) -> str:
        pending = _pending(intent)
        rendered: list[Rendered] = []
        reply, announce = Reply(), None
        if intent.tell or pending:
            rendered, reply = self._suggest(ticket, reading, verdict, intent)
            announce = self._may_announce(reading, intent, reply, pending)
        if intent.done and announce:
            # The note was written, and the public reply that it announced was not: do that now.
            self._reply(ticket, intent, reply, announce)
            return "replied"
        if announce:
            since = _pending_since(intent) if pending == announce and not intent.tell else None
            moment = (since or self.now).astimezone(UTC).isoformat(timespec="seconds")
            intent = writeback.replied(intent, f"{_PENDING}{announce}@{moment}")
        elif pending:
            intent = writeback.replied(intent, None)
        messages: list[Message] = []
        if intent.tell:
            shown = _shown(ticket, intent)
            aside = notes.Aside(
                intent.decision, intent.status, shown, intent.due_refused, sent=bool(announce)
            )
            text = notes.note(reading, verdict, reply, aside)
            messages.append(Message("private_note", text, f"note:{intent.stamp.said}"))
        change = writeback.change(ticket, intent, rendered, self.bindings, _audit(verdict, intent))
        outcome = self.desk.apply(ticket, change, messages)
        self._report(ticket, outcome)
        if announce:
            # The helpdesk takes one comment an update. Should we die here, the stamp says that
            # the reply is still to be sent.
            base = outcome.ticket or self.desk.get(ticket.ref)
            self._reply(base, intent, reply, announce)
        return "written"

    def _reply(self, ticket: Ticket, intent: Intent, reply: Reply, status: str) -> None:
        """Send the public reply for a status, and stamp that it was sent, in one request."""
        assert reply.text is not None  # nothing is announced without a text
        done = writeback.replied(intent, status).stamp
        change = Change(fields={"stamp": str(done)}, audit={"app": "warranty-desk", **logs.mark()})
        message = Message("public_reply", reply.text, f"reply:{intent.stamp.said}")
        self._report(ticket, self.desk.apply(ticket, change, [message]))

    def _may_announce(
        self, reading: Reading, intent: Intent, reply: Reply, pending: str | None
    ) -> str | None:
        """The status on which a public reply goes out with this note, if any: only where the
        installation allows it for that verdict, it is the app's own and new, and the message is
        whole. One that is still pending lapses after a day: the talk has moved on."""
        status = intent.status
        if (
            status not in self.installation.public_replies
            or intent.decision is not None
            or "verdict" in intent.kept
            or reply.text is None
            or reply.missing
            or (reply.asks and reading.misread)  # it may ask for what is there, if unreadable
        ):
            return None
        if pending is not None and not intent.tell:
            since = _pending_since(intent)
            recent = since is not None and self.now - since < _PENDING_FOR
            return status if pending == status and recent else None
        before = intent.before
        new = before is None or before.outcome["verdict"] != status or pending == status
        return status if new and intent.stamp.replied != status else None

    def _suggest(
        self, ticket: Ticket, reading: Reading, verdict: Verdict, intent: Intent
    ) -> tuple[list[Rendered], Reply]:
        """The macros that fit, rendered, and the message made of them."""
        status, payer = intent.status, intent.outcome["freight_payer"]
        # What the policy would ask or say fits only where its verdict is the one that is shown.
        own = status == verdict.status
        asked = replies.questions(reading, verdict) if own else ()
        keys = []
        held = intent.decision is not None and intent.decision.what == HOLD  # nothing to say yet
        if status and not held and (status != "needs_information" or asked):
            keys.append(f"status:{status}")
        # A denial may cost the buyer the freight (F3); nobody else's freight goes with an end.
        spoken = payer == "buyer" if status == "not_covered" else payer in ("buyer", "soocas")
        if spoken and keys and status not in _NEVER_ANNOUNCED:
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
        text = replies.compose(texts, reading, verdict, asked, own=own)
        return rendered, Reply(text, tuple(missing), bool(asked))

    def _render(self, ref: TicketRef, key: str) -> Rendered | None:
        """A macro of ours on this ticket, or None where it cannot be had: no reason to withhold
        the verdict."""
        macro = self.bindings.macros.get(key)
        if macro is None:
            return None
        try:
            return self.desk.render(ref, macro)
        except errors.Rejected as error:
            _log.warning("macro not rendered", macro=key, why=type(error).__name__)
            return None

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
    return word.removeprefix(_PENDING).partition("@")[0] if word.startswith(_PENDING) else None


def _pending_since(intent: Intent) -> datetime | None:
    """When that public reply was announced (aware); None if the stamp does not tell. Not when the
    ticket was last updated: reopening it weeks later is an update."""
    word = (intent.before.replied if intent.before else None) or ""
    try:
        since = datetime.fromisoformat(word.partition("@")[2])
    except ValueError:
        return None
    return since if since.tzinfo else None


def _audit(verdict: Verdict, intent: Intent) -> dict[str, str]:
    """What the helpdesk's audit trail should remember of this update."""
    return {
        "app": "warranty-desk",
        "verdict": verdict.status,
        "clauses": " ".join(verdict.clauses),
        "edition": verdict.policy_edition,
        "state": intent.stamp.state,
        **logs.mark(),
    }


def _title(key: str) -> str:
    """The title of a macro of ours."""
    return next(macro.title for macro in catalogue.MACROS if macro.key == key)


def _shown(ticket: Ticket, intent: Intent) -> tuple[tuple[str, str, str], ...]:
    """The fields that hold what somebody else wrote: key, title, and the value as an agent sees
    it."""
    found = []
    for key in intent.kept:
        spec, value = catalogue.FIELD[key], str(ticket.fields.get(key))
        found.append((key, spec.title, dict(spec.options).get(value, value)))
    return tuple(found)
