"""Notes and replies on a Freshdesk ticket: each posted once, with the visibility that was asked
for.

Vendor pages: developers.freshdesk.com/api, "Create a note", "Create a reply", "List all
conversations of a ticket". There is no idempotency key, and whether comments or attributes of HTML
are kept is not said: so each message ends in a few small signs of text that name it, and before
one is posted the conversation is searched for them. A POST is never repeated by itself. One that
was given up, is not there when it is looked for and is carried out all the same stands there twice:
nothing can be done about that from here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import structlog
from markupsafe import Markup

from integration import errors
from integration.helpdesks import Message, Part
from integration.helpdesks.freshdesk_wire import Line

_log = structlog.get_logger(__name__)

_MARK: Final = re.compile(r"\bwd-([a-z]{1,12})-([0-9a-f]{12})\b", re.ASCII)
_A_PAGE: Final = 30
_THERE: Final = (Part.UNCHANGED, "it was there already")


def mark_of(message: Message) -> str:
    """The signs that name a message: what sort it is (the first word of its key), and a digest of
    the key."""
    sort = re.sub(r"[^a-z]", "", message.dedupe_key.partition(":")[0].lower())[:12] or "note"
    digest = hashlib.sha256(message.dedupe_key.encode()).hexdigest()[:12]
    return f"wd-{sort}-{digest}"


def html_of(message: Message) -> str:
    """A message as it is posted: its text, and the signs that name it. ValueError if it is
    empty."""
    if not message.html.strip():
        raise ValueError("message: expected a text, it is empty")
    words = "Ref. {}" if message.kind == "public_reply" else "Warranty Desk, {}"
    line = Markup("<p><small>{}</small></p>").format(words.format(mark_of(message)))
    return str(message.html + line)


def post(line: Line, ticket_id: str, message: Message) -> tuple[Part, str]:
    """Post a message, unless it is there already; what became of it. Two requests, more where the
    conversation is long.

    Raises what ``integration.errors`` lists; where the answer stayed out, ``ambiguous``: the next
    try finds it, if it arrived.
    """
    html = html_of(message)
    if (found := _there(line, ticket_id, message)) is not None:
        return _part(found, message, ticket_id, _THERE)
    if message.kind == "public_reply":
        answer = line.post(f"tickets/{ticket_id}/reply", {"body": html})
    else:
        # Left out, ``private`` is said to default to true; nothing is left to a default.
        answer = line.post(f"tickets/{ticket_id}/notes", {"body": html, "private": True})
    if not isinstance(answer, Mapping) or "id" not in answer:
        raise errors.Unavailable(
            f"ticket {ticket_id}: posted, but the answer is unreadable", ambiguous=True
        )
    return _part(answer, message, ticket_id, (Part.APPLIED, ""))


def _part(
    row: Mapping[str, Any], message: Message, ticket_id: str, sound: tuple[Part, str]
) -> tuple[Part, str]:
    """What became of a message, by what Freshdesk says that it stored."""
    if message.kind == "public_reply":
        if row.get("private") is True:
            return Part.SUBSTITUTED, "stored as private: the customer has not received it"
        return sound
    if row.get("private") is not True:
        _log.critical("freshdesk.private_note_is_public", ticket=ticket_id)
        return Part.SUBSTITUTED, "stored as PUBLIC: the customer may have received it"
    return sound


def _there(line: Line, ticket_id: str, message: Message) -> Mapping[str, Any] | None:
    """The message on the ticket, if an earlier try posted it.

    A key names what is said and not when, and the same may have to be said again after something
    else was. So of notes only the newest of the sort counts; a reply counts where it came after the
    newest note of the sort ``note``, which announces it. What customers send is not looked at: it
    may quote us.
    """
    wanted = mark_of(message)
    found: Mapping[str, Any] | None = None
    for row in _conversations(line, ticket_id):
        if row.get("incoming") is True:
            continue
        marks = [match[0] for match in _MARK.finditer(_text(row))]
        if not marks:
            continue
        is_note = row.get("source") == 2 or row.get("private") is True
        if message.kind == "public_reply":
            if is_note:
                found = None if _sort(marks[-1]) == "note" else found
            elif wanted in marks:
                found = row
        elif is_note and _sort(marks[-1]) == _sort(wanted):
            found = row if marks[-1] == wanted else None
    return found


def _sort(mark: str) -> str:
    return mark.split("-")[1]


def _text(row: Mapping[str, Any]) -> str:
    return f"{row.get('body_text') or ''}\n{row.get('body') or ''}"


def _conversations(line: Line, ticket_id: str) -> Iterator[Mapping[str, Any]]:
    """What was said on a ticket, the oldest first."""
    rows: Sequence[Any]
    number, more = 1, True
    while more:
        query = {} if number == 1 else {"page": str(number)}
        subject = f"ticket {ticket_id} conversations"
        rows, more = line.page(f"tickets/{ticket_id}/conversations", query, subject)
        yield from (row for row in rows if isinstance(row, Mapping))
        more = bool(rows) and (more or len(rows) >= _A_PAGE)
        number += 1
