"""One update of a ticket, ready to be sent: what changes, and what is said with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integration import catalogue, logs, notes, notices, stamp, writeback
from integration.assess import Assessment
from integration.helpdesks import Bindings, Change, Message, Rendered, Ticket
from integration.replies import Reply
from integration.writeback import Intent


@dataclass(frozen=True, slots=True)
class Update:
    """A change, and the message in the same request, if any. ``reminder``: of what the message
    reminds, where that is all it does (see ``deadlines.Threshold``)."""

    change: Change
    message: Message | None = None
    reminder: str | None = None

    @property
    def messages(self) -> tuple[Message, ...]:
        """The message as a helpdesk takes it."""
        return () if self.message is None else (self.message,)


def of_verdict(
    ticket: Ticket,
    found: Assessment,
    intent: Intent,
    bindings: Bindings,
    *,
    rendered: Sequence[Rendered] = (),
    reply: Reply | None = None,
    sent: bool = False,
) -> Update:
    """What puts ``intent`` on the ticket, with a note where there is something new to say, or else
    one that reminds of the deadline where that is due.

    ``rendered`` are the macros whose effects go along, ``reply`` the message they make for the
    customer, and ``sent`` whether that is about to go out by itself.
    """
    change = writeback.change(ticket, intent, rendered, bindings, _audit(found, intent))
    reply, due = reply or Reply(), intent.reminder
    if intent.tell:
        aside = notes.Aside(
            decision=intent.decision,
            status=intent.status,
            kept=_shown(ticket, intent),
            due_date=intent.due_refused,
            sent=sent,
            until=None if due is None else due.ends,
        )
        text = notes.note(found.reading, found.verdict, reply, aside)
        return Update(change, Message("private_note", text, f"note:{intent.stamp.said}"))
    if due is None:
        return Update(change)
    text = notices.reminder(
        found.reading,
        found.verdict,
        due,
        lapses=bool(found.lapses),
        decision=intent.decision,
        status=intent.status,
        reply=reply,
        sent=sent,
    )
    key = f"reminder:{due.threshold}:{due.ends}:{ticket.ref.id}"
    return Update(change, Message("private_note", text, key), due.threshold)


def of_reply(intent: Intent, reply: Reply, status: str) -> Update:
    """The public reply for a status, with the stamp that says it was sent."""
    assert reply.text is not None  # nothing is announced without a text
    done = writeback.replied(intent, status).stamp
    return Update(
        Change(fields={"stamp": str(done)}, along=writeback.along(intent), audit=_by_us()),
        Message("public_reply", reply.text, f"reply:{intent.stamp.said}"),
    )


def of_set_aside(ticket: Ticket, why: str) -> Update:
    """The tag and the note on a ticket whose review was set aside: ``why``, and what to do. The
    note is named by what was set aside and not by when: after a try that broke off, it is found.
    """
    done = str(ticket.fields.get("stamp") or "")
    key = f"set-aside:{stamp.digest(ticket.ref.id, done, why)}"
    return Update(
        Change(add_tags=frozenset({catalogue.SET_ASIDE_TAG}), audit=_by_us()),
        Message("private_note", notices.set_aside(why), key),
    )


def _by_us() -> dict[str, str]:
    return {"app": "warranty-desk", **logs.mark()}


def _audit(found: Assessment, intent: Intent) -> dict[str, str]:
    """What the helpdesk's audit trail should remember of this update."""
    return {
        **_by_us(),
        "verdict": found.verdict.status,
        "clauses": " ".join(found.verdict.clauses),
        "edition": found.verdict.policy_edition,
        "state": intent.stamp.state,
    }


def _shown(ticket: Ticket, intent: Intent) -> tuple[tuple[str, str, str], ...]:
    """The fields that hold what somebody else wrote: key, title, and the value as an agent sees
    it."""
    found = []
    for key in intent.kept:
        spec, value = catalogue.FIELD[key], str(ticket.fields.get(key))
        found.append((key, spec.title, dict(spec.options).get(value, value)))
    return tuple(found)
