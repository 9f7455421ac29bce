"""Zendesk behind the port: read a ticket, change it in one PUT, preview a macro.

Around this module: ``zendesk_webhook`` (what Zendesk sends us), ``zendesk_wire`` (the line),
``zendesk_errors`` (what its answers mean), ``zendesk_tokens``, ``zendesk_ticket``,
``zendesk_change`` and ``zendesk_macros`` (their JSON and our shapes), ``zendesk_admin`` (putting
fields, macros, triggers and the webhook in place).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
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
    Phase,
    Rendered,
    Ticket,
    TicketRef,
)
from integration.helpdesks.confirming import confirmed
from integration.helpdesks.transport import calling
from integration.helpdesks.zendesk_bulk import MOST
from integration.helpdesks.zendesk_change import is_leak, outcome, plan
from integration.helpdesks.zendesk_macros import rendered_from, touches_ours
from integration.helpdesks.zendesk_ticket import custom_values, ticket_from
from integration.helpdesks.zendesk_tokens import ClientCredentials, StaticToken
from integration.helpdesks.zendesk_webhook import authenticate, check_secret, webhook_body
from integration.helpdesks.zendesk_wire import Account, Line, Marketplace, open_line

__all__ = [
    "Account",
    "ClientCredentials",
    "Marketplace",
    "StaticToken",
    "ZendeskHelpdesk",
    "authenticate",
    "check_secret",
    "connect",
    "webhook_body",
]

_log = structlog.get_logger(__name__)

_SETTLED: Final = timedelta(seconds=3)

CAPABILITIES = Capabilities(
    webhook_proof="hmac",
    version_check=True,
    atomic_change_and_message=True,
    deadlines="writable",
    template_render="server",
    closed_is_final=True,
)


def connect(
    account: Account,
    bindings: Bindings,
    *,
    session: requests.Session | None = None,
    adapter: HTTPAdapter | None = None,
) -> ZendeskHelpdesk:
    """A connection for one piece of work in this thread. Sends nothing yet; takes some 0.1 ms.

    A ``session`` becomes the connection's own (its adapters, authentication and hooks are
    replaced). ``adapter`` may be shared by all connections to keep sockets open between them
    (``zendesk_wire.no_retries``).
    """
    return ZendeskHelpdesk(open_line(account, session=session, adapter=adapter), bindings)


class ZendeskHelpdesk:
    """One connected account; see ``integration.helpdesks.Helpdesk``. Build it with ``connect``, or
    on a line that is kept open for one piece of work after the other (``zendesk_wire.open_line``).

    A line belongs to one thread. Using this object from a thread other than the one that built it
    is a RuntimeError.
    """

    def __init__(self, line: Line, bindings: Bindings) -> None:
        self._line = line
        self._bindings = bindings
        self._thread = threading.get_ident()
        # Tickets as this piece of work last read them: what a preview is compared with, and what
        # tells the options of fields that are not ours. Never an answer to ``get``.
        self._read: dict[str, Mapping[str, Any]] = {}
        self._ahead: dict[str, Mapping[str, Any]] = {}

    def capabilities(self) -> Capabilities:
        """What Zendesk can honestly do."""
        return CAPABILITIES

    def get(self, ref: TicketRef) -> Ticket:
        """The newest state of a ticket, by one request; or as it was read ahead, the first time
        that it is asked for. NotFound also where it is deleted or not visible to our user."""
        self._check(ref)
        return self._understand(self._ahead.pop(ref.id, None) or self._fetch(ref))

    def read_ahead(self, refs: Sequence[TicketRef]) -> None:
        """Read a hundred tickets at most in one request ("Show multiple tickets"). One that is not
        in its answer, deleted or not for us to see, is left to ``get``, which says why; so is one
        that was changed just now, and so are all of them where that request fails."""
        for ref in refs:
            self._check(ref)
        ids = ",".join(ref.id for ref in refs[:MOST])
        try:
            answer = self._line.get(f"/api/v2/tickets/show_many.json?ids={ids}", "tickets")
        except errors.HelpdeskError:
            return
        found = answer.get("tickets")
        for native in found if isinstance(found, list) else ():
            if isinstance(native, Mapping) and "id" in native and _settled(native):
                self._ahead[str(native["id"])] = native

    def apply(self, base: Ticket, change: Change, messages: Sequence[Message] = ()) -> Outcome:
        """Carry out a change, with at most one message, in exactly one PUT; none where nothing
        differs from ``base`` and nothing is to be said.

        Fields by key; tags as a difference, sent as the full list that it makes of
        ``base.tags``; a deadline together with the type "task". Conflict if the ticket changed
        since ``base``; FieldGone for a key that is not bound; Unwritable if it is closed.
        ValueError for more than one message: Zendesk takes one comment an update.
        """
        self._check(base.ref)
        before = self._read.get(base.ref.id, {})
        # Only what was read together with ``base`` may stand beside it. Asked for by effects alone.
        known = change.native and before.get("updated_at") == base.version
        others = custom_values(before) if known else {}
        todo = plan(base, change, messages, self._bindings, others)
        if not todo.body:
            return Outcome(parts=todo.settled, ticket=base)
        if base.phase is Phase.CLOSED:
            raise errors.Unwritable(f"ticket {base.ref.id}: it is closed")
        if base.version is None:
            raise ValueError(f"ticket {base.ref.id}: expected the version it was read in")
        # ``safe_update: false`` would act like true; the stamp is the ``updated_at`` we read, in
        # whole seconds: of two writes within one second, the earlier can still be overwritten.
        body = {"safe_update": True, "updated_stamp": base.version, **todo.body}
        try:
            answer = self._line.put(f"/api/v2/tickets/{base.ref.id}.json", {"ticket": body})
        except errors.Invalid as error:
            keys = {native: key for key, native in self._bindings.fields.items()}
            fields = {keys.get(name, name): words for name, words in error.fields.items()}
            raise errors.Invalid(
                f"ticket {base.ref.id}: Zendesk refused {', '.join(sorted(fields)) or 'it'}",
                fields=fields,
            ) from None
        try:
            now = self._understand(answer.get("ticket"))
        except errors.HelpdeskError:
            # It was written; what came back is of no use.
            raise errors.Unavailable(
                f"ticket {base.ref.id}: written, but the answer is unreadable", ambiguous=True
            ) from None
        result = outcome(todo, base, now, answer)
        for number, message in enumerate(messages):
            if is_leak(message, result.parts[f"message:{number}"]):
                _log.critical("zendesk.private_note_is_public", ticket=base.ref.id)
        return result

    def confirm(self, ref: TicketRef, expected: Change) -> Outcome:
        """What of a change is to be seen now. One request."""
        return confirmed(self.get(ref), expected)

    def render(self, ref: TicketRef, template_id: str) -> Rendered:
        """What a macro would say and set on this ticket, without doing it. Compared with the
        ticket as last read by this object; read now if it was not.

        Conflict where the ticket was changed between that reading and the preview: an agent's
        change would pass for the macro's.
        """
        self._check(ref)
        if not template_id.isdecimal():
            raise errors.NotFound(f"macro {template_id!r}: it is no macro of Zendesk")
        current = self._read.get(ref.id) or self._fetch(ref)
        subject = f"macro {template_id} on ticket {ref.id}"
        path = f"/api/v2/tickets/{int(ref.id)}/macros/{int(template_id)}/apply.json"
        answer = self._line.get(path, subject)
        with calling(subject, writes=False):
            preview = answer["result"]["ticket"]
            rendered = rendered_from(preview, current, self._bindings)
            sets_ours = touches_ours(preview, current, self._bindings)
        if sets_ours and custom_values(self._fetch(ref)) != custom_values(current):
            raise errors.Conflict(f"ticket {ref.id}: it changed while a macro was previewed")
        if rendered.problem:
            _log.warning("zendesk.macro_unusable", macro=template_id, why=rendered.problem)
        return rendered

    def _check(self, ref: TicketRef) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError("ZendeskHelpdesk: used by another thread than the one it is for")
        if ref.installation != self._line.account.installation:
            raise ValueError(f"ticket {ref.id}: it belongs to another installation")
        if not ref.id.isdecimal():
            raise errors.NotFound(f"ticket {ref.id!r}: it is no ticket of Zendesk")

    def _fetch(self, ref: TicketRef) -> Mapping[str, Any]:
        answer = self._line.get(f"/api/v2/tickets/{int(ref.id)}.json", f"ticket {ref.id}")
        native = answer.get("ticket")
        if not isinstance(native, Mapping):
            raise errors.Unavailable(f"ticket {ref.id}: there is none in what Zendesk sent")
        self._read[ref.id] = native
        return native

    def _understand(self, native: object) -> Ticket:
        if not isinstance(native, Mapping):
            raise errors.Unavailable("ticket: there is none in what Zendesk sent")
        ticket = ticket_from(native, self._line.account.installation, self._bindings)
        self._read[ticket.ref.id] = native
        return ticket


def _settled(native: Mapping[str, Any]) -> bool:
    """Whether another change could not bear the same stamp, which counts whole seconds: what is
    read ahead is written seconds later."""
    try:
        changed = datetime.fromisoformat(str(native.get("updated_at")))
        return datetime.now(UTC) - changed > _SETTLED
    except (ValueError, TypeError):
        return False
