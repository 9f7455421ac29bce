"""Freshdesk behind the port: read a ticket, change it, post on it, render a canned response.

Around this module: ``freshdesk_webhook`` (what Freshdesk sends us), ``freshdesk_wire`` (the line),
``freshdesk_errors`` (what its answers mean), ``freshdesk_ticket``, ``freshdesk_change``,
``freshdesk_messages`` and ``freshdesk_render`` (its JSON and our shapes), ``freshdesk_admin``
(putting fields, canned responses and rules in place).

A change with a message is two requests at least, and anything may happen between them. The message
goes first, the PUT with the stamp in it last. Then whatever breaks off leaves a ticket without its
new stamp: the next review comes to the same, finds the message where it is, and goes on with the
PUT. The other way round the stamp would say that all was done, and the message would be missing for
good; and a stamp in a PUT of its own would leave, in between, outcome fields that look like an
agent's. What is left is small: a message whose PUT is refused for good stays on the ticket, beside
the note that says why; and where the facts change between the two, a note tells of a verdict that
never stood there.

Freshdesk checks no version. Right before anything is written the ticket is read again, and Conflict
says that it moved on since ``base``; the list of tags is made of what was read last. Somebody who
saves the ticket between that reading and the PUT is not noticed: that is a tenth of a second. A tag
of theirs is lost then, since tags are one list; fields that are not ours are never touched by it.
Nor does Freshdesk refuse a PUT that was given up and is carried out after a later one: so each says
the whole of our outcome with its stamp (``Change.along``), and reconciliation finds the ticket.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import requests
import structlog
from requests.adapters import HTTPAdapter

from integration import errors
from integration.helpdesks import (
    Bindings,
    Capabilities,
    Change,
    Message,
    Outcome,
    Rendered,
    Ticket,
    TicketRef,
)
from integration.helpdesks.confirming import Parts, confirmed
from integration.helpdesks.freshdesk_change import (
    Plan,
    body_of,
    gone,
    in_our_words,
    moved,
    only_deadlines,
    parts_of,
    plan,
    without_deadlines,
    without_due,
)
from integration.helpdesks.freshdesk_errors import Complaint
from integration.helpdesks.freshdesk_messages import html_of, post
from integration.helpdesks.freshdesk_read import read, understood
from integration.helpdesks.freshdesk_render import rendered, text_of
from integration.helpdesks.freshdesk_webhook import authenticate, check_secret
from integration.helpdesks.freshdesk_wire import Account, Line, open_line

__all__ = ["Account", "FreshdeskHelpdesk", "authenticate", "check_secret", "connect"]

_log = structlog.get_logger(__name__)

CAPABILITIES: Final = Capabilities(
    webhook_proof="shared_secret",
    version_check=False,
    atomic_change_and_message=False,
    deadlines="may_be_recalculated",
    template_render="client",
    closed_is_final=False,
)
_TEMPLATES_FOR: Final = 60.0  # seconds after which an admin's new words count


def connect(
    account: Account,
    bindings: Bindings,
    *,
    session: requests.Session | None = None,
    adapter: HTTPAdapter | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    clock: Callable[[], float] = time.monotonic,
) -> FreshdeskHelpdesk:
    """A connection for one piece of work in this thread. Sends nothing yet.

    A ``session`` becomes the connection's own. ``adapter`` may be shared by all connections to keep
    sockets open between them (``freshdesk_watch.WatchedAdapter``).
    """
    line = open_line(account, session=session, adapter=adapter, clock=clock)
    return FreshdeskHelpdesk(line, bindings, now=now)


class FreshdeskHelpdesk:
    """One connected account; see ``integration.helpdesks.Helpdesk``. Build it with ``connect``, or
    on a line that is kept open (``freshdesk_wire.open_line``).

    A line belongs to one thread. Using this object from a thread other than the one that built it
    is a RuntimeError. Only one review of a ticket may run at a time, as the table of jobs has it.
    """

    def __init__(
        self,
        line: Line,
        bindings: Bindings,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._line = line
        self._bindings = bindings
        self._now = now
        self._thread = threading.get_ident()
        self._asked: dict[str, Mapping[str, Any]] = {}

    def capabilities(self) -> Capabilities:
        """What Freshdesk can honestly do."""
        return CAPABILITIES

    def get(self, ref: TicketRef) -> Ticket:
        """The newest state of a ticket, by one request. NotFound also where it is deleted, archived
        or not visible to our agent."""
        self._check(ref)
        return read(self._line, self._bindings, ref.id)[0]

    def read_ahead(self, refs: Sequence[TicketRef]) -> None:
        """Nothing: Freshdesk has no request for several tickets by their numbers."""
        for ref in refs:
            self._check(ref)

    def apply(self, base: Ticket, change: Change, messages: Sequence[Message] = ()) -> Outcome:
        """Carry out a change and post messages; nothing is sent where nothing differs from ``base``
        and nothing is to be said.

        Messages first, then one PUT with everything else; see above for why. Conflict if the ticket
        changed since ``base``; FieldGone for a key that is not bound, or whose field Freshdesk does
        not know any more; Unwritable if it is spam or deleted. A due date that is refused is left
        out, and said to be. Remarks for the audit are left out: Freshdesk keeps none.
        """
        self._check(base.ref)
        todo = plan(base, change, self._bindings, self._now())
        for message in messages:
            html_of(message)  # complains before anything is sent
        if not todo and not messages:
            return Outcome(parts=todo.settled, ticket=base)
        now, native = read(self._line, self._bindings, base.ref.id)
        if now.version != base.version or moved(base, now):
            raise errors.Conflict(f"ticket {base.ref.id}: it changed since it was read")
        said: Parts = {}
        for number, message in enumerate(messages):
            said[f"message:{number}"] = post(self._line, base.ref.id, message)
        if not todo:
            return Outcome(parts={**todo.settled, **said}, ticket=None)
        if messages:
            now, native = read(self._line, self._bindings, base.ref.id)
            if moved(base, now):
                raise errors.Conflict(f"ticket {base.ref.id}: it changed while a note was posted")
        done, written = self._put(base.ref, todo, native)
        return Outcome(parts={**parts_of(done, base, written), **said}, ticket=written)

    def confirm(self, ref: TicketRef, expected: Change) -> Outcome:
        """What of a change is to be seen now: for some time after it, since an account with the
        newer SLAs recalculates deadlines within seconds of any update. One request."""
        return confirmed(self.get(ref), expected)

    def render(self, ref: TicketRef, template_id: str) -> Rendered:
        """What a canned response would say on this ticket; it sets nothing. Two requests at most:
        the response, as read less than a minute ago, and the ticket with its requester's name if
        the text has placeholders. The name is not kept."""
        self._check(ref)
        if not template_id.isdecimal():
            raise errors.NotFound(f"canned response {template_id!r}: it is none of Freshdesk")
        path = f"canned_responses/{int(template_id)}"
        found = self._line.remembered(path, _TEMPLATES_FOR, lambda: self._line.get(path))
        if not isinstance(found, Mapping):
            raise errors.Unavailable(f"{path}: there is none in what Freshdesk sent")
        text = text_of(found)
        result = rendered(text, self._with_requester(ref) if "{{" in text else {})
        if result.problem:
            _log.warning("freshdesk.macro_unusable", macro=template_id, why=result.problem)
        return result

    def _with_requester(self, ref: TicketRef) -> Mapping[str, Any]:
        """A ticket with its requester, for the texts of one piece of work. It counts as two."""
        if ref.id not in self._asked:
            native = self._line.get(f"tickets/{int(ref.id)}?include=requester", f"ticket {ref.id}")
            self._asked[ref.id] = native if isinstance(native, Mapping) else {}
        return self._asked[ref.id]

    # -- the ticket -------------------------------------------------------------------------------

    def _put(self, ref: TicketRef, todo: Plan, native: Mapping[str, Any]) -> tuple[Plan, Ticket]:
        """The PUT; what of the plan it carried, and the ticket that it left. Where Freshdesk takes
        everything but the due date, which it says before it does anything, the rest goes alone."""
        body = body_of(todo, native, self._now())
        try:
            return todo, self._send(ref, body, native)
        except Complaint as error:
            if todo.due is not None and only_deadlines(error.fields):
                return without_due(todo), self._send(ref, without_deadlines(body), native)
            raise self._refused(ref, error) from None

    def _send(self, ref: TicketRef, body: Mapping[str, Any], native: Mapping[str, Any]) -> Ticket:
        if not body:
            return understood(self._line, self._bindings, native)
        try:
            answer = self._line.put(f"tickets/{int(ref.id)}", body)
        except Complaint as error:
            if only_deadlines(error.fields):
                raise
            raise self._refused(ref, error) from None
        try:
            return understood(self._line, self._bindings, answer)
        except errors.HelpdeskError:
            # It was written; what came back is of no use.
            raise errors.Unavailable(
                f"ticket {ref.id}: written, but the answer is unreadable", ambiguous=True
            ) from None

    def _refused(self, ref: TicketRef, error: Complaint) -> errors.Rejected:
        if missing := gone(error.codes, self._bindings):
            return errors.FieldGone(f"ticket {ref.id}: Freshdesk has no field {', '.join(missing)}")
        fields = in_our_words(error.fields, self._bindings)
        return errors.Invalid(
            f"ticket {ref.id}: Freshdesk refused {', '.join(sorted(fields)) or 'it'}",
            fields=fields,
        )

    def _check(self, ref: TicketRef) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError("FreshdeskHelpdesk: used by another thread than the one it is for")
        if ref.installation != self._line.account.installation:
            raise ValueError(f"ticket {ref.id}: it belongs to another installation")
        if not ref.id.isdecimal():
            raise errors.NotFound(f"ticket {ref.id!r}: it is no ticket of Freshdesk")
