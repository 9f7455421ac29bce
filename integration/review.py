"""The use case: a ticket is read, its claim decided (``assess``), and the verdict written back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from integration import catalogue, due_dates, errors, recording, replies, updates, writeback
from integration.assess import Assessment, assess, left_alone
from integration.catalogue import HOLD
from integration.claims import Reading
from integration.config import Installation
from integration.helpdesks import (
    Bindings,
    Change,
    Due,
    Helpdesk,
    Outcome,
    Part,
    Phase,
    Rendered,
    Ticket,
    TicketRef,
)
from integration.jobs_waking import OFF_AGAIN
from integration.recording import Sent
from integration.records import Kept, Record
from integration.replies import Reply
from integration.updates import Update
from integration.writeback import Intent

_log = structlog.get_logger(__name__)

Connect = Callable[[Installation, Bindings], Helpdesk]
"""Opens a connection to an installation's helpdesk, for the calling thread alone."""
Newest = Callable[[str, str], Kept | None]
"""Gives what is kept of a ticket's last review (installation id, ticket id), if anything is."""

_PENDING = "pending:"
_PENDING_FOR = timedelta(hours=24)
_MARKS = 3
"""How often it is tried to mark a ticket that changes meanwhile."""
_NEVER_ANNOUNCED = ("needs_information", "needs_review", "refer_to_dealer")
"""Statuses in which freight is not spoken of to the customer: it may still change, or there is
none."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How a review ended: when the ticket is next due by itself (aware; None: never), and what was
    done: written, replied, unchanged, shadow (judged only), off (not even that), or left alone
    because it is closed, solved or no claim. ``record``: what to keep of it, None where the ticket
    was left alone."""

    next_due_at: datetime | None
    did: str
    record: Record | None = None


class Reviewer:
    """Reviews tickets of the installations it is given; safe to call from several threads.

    ``load_bindings`` gives an installation's field bindings, or None while it has none; ``now``
    gives the present moment (aware). ``newest`` gives what is kept of the last review, by which a
    due date that was set is looked at again; None: that is not done.
    """

    def __init__(
        self,
        installations: Mapping[str, Installation],
        connect: Connect,
        load_bindings: Callable[[str], Bindings | None],
        now: Callable[[], datetime],
        newest: Newest | None = None,
    ) -> None:
        self._installations = installations
        self._connect = connect
        self._load_bindings = load_bindings
        self._now = now
        self._newest = newest

    def __call__(self, installation_id: str, ticket_id: str) -> Reviewed:
        """Review one ticket in its newest state.

        Raises what ``integration.errors`` lists: Conflict if the ticket changed meanwhile,
        Unavailable if it has to wait, Rejected if a person has to look. Nothing is written but as
        a whole.
        """
        return self._open(installation_id).run(TicketRef(installation_id, ticket_id))

    def several(
        self, installation_id: str, ticket_ids: Sequence[str]
    ) -> Callable[[str, str], Reviewed]:
        """The same, for several tickets of an installation that are to be reviewed one after the
        other in the calling thread: the first review reads all of them, in one request where the
        helpdesk has one for that. Reads nothing yet."""
        first: list[_Review] = []

        def review(installation_id: str, ticket_id: str) -> Reviewed:
            one = self._open(installation_id)
            if not first:
                first.append(one)
                if one.installation.mode != "off":
                    one.desk.read_ahead([TicketRef(installation_id, each) for each in ticket_ids])
            elif (one.installation, one.bindings) == (first[0].installation, first[0].bindings):
                one.desk = first[0].desk
            return one.run(TicketRef(installation_id, ticket_id))

        return review

    def set_aside(self, installation_id: str, ticket_id: str, why: str) -> None:
        """Tag a ticket whose review was set aside, so that a view can find it, and say in a private
        note ``why`` and (after a dash) what to do. Once, until a review takes the tag away; not on
        a closed ticket. Needs none of our fields. Raises as a review does."""
        ref = TicketRef(installation_id, ticket_id)
        review = self._open(installation_id, Bindings())
        for tries_left in reversed(range(_MARKS)):
            try:
                review.set_aside(ref, why)
                break
            except errors.Conflict:
                if not tries_left:
                    raise

    def _open(self, installation_id: str, otherwise: Bindings | None = None) -> _Review:
        """A review of an installation's tickets, with ``otherwise`` where it has no bindings."""
        installation = self._installations.get(installation_id)
        if installation is None:
            raise errors.Rejected(
                f"installation {installation_id!r}: it is not configured here",
                advice="Configure it again, or leave its reviews.",
            )
        bindings = self._load_bindings(installation_id) or otherwise
        if bindings is None:
            raise errors.FieldGone(f"installation {installation_id!r}: no fields are set up")
        desk = self._connect(installation, bindings)
        return _Review(installation, bindings, desk, self._now(), self._newest)


class _Review:
    """One review: what it needs at every step."""

    def __init__(
        self,
        installation: Installation,
        bindings: Bindings,
        desk: Helpdesk,
        now: datetime,
        newest: Newest | None,
    ) -> None:
        self.installation = installation
        self.bindings = bindings
        self.desk = desk
        self.now = now
        self.newest = newest

    def run(self, ref: TicketRef) -> Reviewed:
        if self.installation.mode == "off":
            # Not forgotten: it is looked at once somebody switches it on.
            return Reviewed(self.now + OFF_AGAIN, "off")
        ticket = self.desk.get(ref)
        if why := left_alone(ticket):
            return Reviewed(None, why)
        found = assess(ticket, self.installation, self.now)
        if self.installation.mode == "shadow":
            kept = recording.record(ticket, found, "shadow")
            return Reviewed(found.next_due_at, "shadow", kept)
        did, sent = "unchanged", list[Sent]()
        if not found.intent.done or _pending(found.intent) is not None:
            try:
                did = self._write(ticket, found, sent)
            except errors.Unwritable:  # closed since we read it
                if not sent:
                    return Reviewed(None, Phase.CLOSED.value)
                return Reviewed(None, "written", recording.record(ticket, found, "written", sent))
        due, next_due_at = self._due(ticket, found, sent), found.next_due_at
        if due is Part.PENDING_CHECK:
            next_due_at = min(filter(None, (next_due_at, self.now + due_dates.LOOK_AGAIN)))
        return Reviewed(next_due_at, did, recording.record(ticket, found, did, sent, due))

    def _due(self, ticket: Ticket, found: Assessment, sent: Sequence[Sent]) -> Part | None:
        """What became of a due date on a helpdesk that may work it out anew: of the one that this
        review has set, or of one before that still was to be looked at. None where there is none.
        """
        before = found.intent.before
        if self.desk.capabilities().deadlines != "may_be_recalculated":
            return None
        for _, outcome in sent:
            if outcome is not None and due_dates.PART in outcome.parts:
                return outcome.parts[due_dates.PART][0]
        at = due_dates.moment(before.due) if before else None
        last = self.newest(*_of(ticket.ref)) if self.newest and at else None
        if last is None or last.record.outcome.get(due_dates.PART) != Part.PENDING_CHECK.value:
            return None
        if sent or self.now < last.reviewed_at + due_dates.LOOK_AGAIN:
            return Part.PENDING_CHECK
        looked = self.desk.confirm(ticket.ref, Change(due=Due(at)))
        self._report(ticket, looked)
        return looked.parts[due_dates.PART][0]

    def set_aside(self, ref: TicketRef, why: str) -> None:
        """Tag a ticket whose review was set aside and say why, where it can still be written."""
        if self.installation.mode != "full":
            return  # no tag may be set, and without it the note would come again and again
        ticket = self.desk.get(ref)
        if ticket.phase is not Phase.CLOSED and catalogue.SET_ASIDE_TAG not in ticket.tags:
            update = updates.of_set_aside(ticket, why)
            self.desk.apply(ticket, update.change, update.messages)

    # -- writing ----------------------------------------------------------------------------------

    def _write(self, ticket: Ticket, found: Assessment, sent: list[Sent]) -> str:
        """Send what is to be sent, note it in ``sent``, and say what that was."""
        intent = found.intent
        pending = _pending(intent)
        rendered: list[Rendered] = []
        reply, announce = Reply(), None
        if intent.tell or pending or _chases(found):
            rendered, reply = self._suggest(ticket, found)
        if intent.tell or pending:
            announce = self._may_announce(found.reading, intent, reply, pending)
        if intent.done and announce:
            # The note was written, and the public reply that it announced was not: do that now.
            self._send(ticket, updates.of_reply(intent, reply, announce), sent)
            return "replied"
        if announce:
            since = _pending_since(intent) if pending == announce and not intent.tell else None
            moment = (since or self.now).astimezone(UTC).isoformat(timespec="seconds")
            intent = writeback.replied(intent, f"{_PENDING}{announce}@{moment}")
        elif pending:
            intent = writeback.replied(intent, None)
        update = updates.of_verdict(
            ticket,
            found,
            intent,
            self.bindings,
            rendered=rendered,
            reply=reply,
            sent=bool(announce),
        )
        outcome = self._send(ticket, update, sent)
        if announce:
            # The helpdesk takes one comment an update. Should we die here, the stamp says that
            # the reply is still to be sent.
            base = outcome.ticket or self.desk.get(ticket.ref)
            self._send(base, updates.of_reply(intent, reply, announce), sent)
        return "written"

    def _send(self, ticket: Ticket, update: Update, sent: list[Sent]) -> Outcome:
        outcome = self.desk.apply(ticket, update.change, update.messages)
        sent.append((update, outcome))
        self._report(ticket, outcome)
        return outcome

    def _may_announce(
        self, reading: Reading, intent: Intent, reply: Reply, pending: str | None
    ) -> str | None:
        """The status on which a public reply goes out with this note, if any: only where the
        installation allows it for that verdict, it is the app's own and new, and the message is
        whole. One that is still pending lapses after a day: the talk has moved on."""
        status = intent.status
        if (
            self.installation.mode != "full"
            or status not in self.installation.public_replies
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

    def _suggest(self, ticket: Ticket, found: Assessment) -> tuple[list[Rendered], Reply]:
        """The macros that fit, rendered, and the message made of them."""
        reading, verdict, intent = found.reading, found.verdict, found.intent
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
                # What is looked at again is no news before that.
                later = how is Part.PENDING_CHECK and part == due_dates.PART
                (_log.info if later else _log.warning)(
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


def _of(ref: TicketRef) -> tuple[str, str]:
    return ref.installation, ref.id


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


def _chases(found: Assessment) -> bool:
    """Whether a reminder is due while the customer is waited for."""
    waits = found.intent.status == found.verdict.status == "needs_information"
    return found.intent.reminder is not None and waits


def _title(key: str) -> str:
    """The title of a macro of ours."""
    return next(macro.title for macro in catalogue.MACROS if macro.key == key)
