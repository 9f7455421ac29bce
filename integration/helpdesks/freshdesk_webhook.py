"""What Freshdesk sends us: the proof, and the few things the body must say.

No I/O: bytes and headers in, an ``Event`` out. Webhooks of automation rules carry no signature, no
name of the delivery and no time (support.freshdesk.com 225431, "Using webhooks in automation
rules"). What there is: a header of one's own, with a long random secret. It proves that somebody
sends who can read the rule, and a delivery can be sent again; so nothing of the body is believed
but which ticket to read anew, and reading it again does no harm.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets as random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from integration.errors import Malformed, NotAuthentic
from integration.helpdesks import Event, TicketRef

HEADER: Final = "X-Webhook-Secret"
"""The header of a rule's webhook that carries the secret."""
CHANGED: Final = "ticket_changed"
"""The event that a delivery without a word on it reports."""
_WRAPPER: Final = "freshdesk_webhook"
_SHORTEST_SECRET: Final = 24

_TICKET_ID: Final = re.compile(r"[1-9][0-9]{0,18}\Z", re.ASCII)
_KIND: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z", re.ASCII)

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


def new_secret() -> str:
    """A secret for the webhooks of one installation: 256 random bits, fit for a header."""
    return random.token_urlsafe(32)


def check_secret(secret: str) -> str:
    """The secret, if it is fit to prove anything; ValueError if it is too short or not fit for a
    header. The message does not repeat it."""
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"webhook secret: expected at least {_SHORTEST_SECRET} characters")
    if not secret.isascii() or not secret.isprintable() or " " in secret or "{" in secret:
        raise ValueError("webhook secret: expected printable ASCII without spaces and braces")
    return secret


def authenticate(
    headers: Headers,
    raw_body: bytes,
    *,
    secrets: Sequence[str],
    installation: str,
    now: datetime,
    max_age: timedelta,
) -> Event:
    """The event that a delivery reports, if it proves to be from this installation's rules.

    ``headers`` as received, in any case, a mapping or pairs; ``raw_body`` the bytes as received.
    Any of ``secrets`` will do, so that one can follow another; one that ``check_secret`` refuses
    never counts. ``now`` and ``max_age`` are not used: a delivery tells no time. Of which kinds of
    event there are, this knows nothing.

    Raises NotAuthentic where the proof fails, Malformed where the body does not say what we need.
    """
    if now.tzinfo is None or max_age < timedelta(0):
        raise ValueError("now, max_age: expected an aware datetime and no negative age")
    given = [
        value
        for name, value in (headers.items() if isinstance(headers, Mapping) else headers)
        if name.lower() == HEADER.lower()
    ]
    if len(given) != 1 or not given[0]:
        raise NotAuthentic(f"header {HEADER}: expected exactly one")
    proof = given[0].encode("utf-8", "replace")
    genuine = False
    for secret in secrets:
        try:
            expected = check_secret(secret).encode()
        except ValueError:
            continue
        # Every secret is tried: how long it takes tells nothing about which one fits.
        genuine |= hmac.compare_digest(expected, proof)
    if not genuine:
        raise NotAuthentic(f"header {HEADER}: it is not this installation's secret")
    kind, ticket_id = _understand(raw_body, installation)
    return Event(
        ref=TicketRef(installation=installation, id=ticket_id),
        kind=kind,
        delivery_id=None,
        occurred_at=None,
    )


def _understand(raw_body: bytes, installation: str) -> tuple[str, str]:
    """The event and the ticket's number: of a body as ``webhook_content`` has it, or of one that
    the rule's own editor made ("Simple": the fields in a wrapper, without an event)."""
    try:
        content = json.loads(raw_body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Malformed("", "a JSON object in UTF-8") from None
    if not isinstance(content, dict):
        raise Malformed("", "a JSON object")
    at = ""
    if "ticket_id" not in content and isinstance(content.get(_WRAPPER), dict):
        content, at = content[_WRAPPER], f"/{_WRAPPER}"
    if content.get("v", 1) not in (1, "1") or isinstance(content.get("v"), bool):
        raise Malformed(f"{at}/v", "the number 1")
    if content.get("installation", installation) != installation:
        raise Malformed(f"{at}/installation", "the installation that this address belongs to")
    kind = content.get("event", CHANGED)
    if not isinstance(kind, str) or not _KIND.match(kind):
        raise Malformed(f"{at}/event", "a word of at most 64 letters, digits and '._:-'")
    return kind, _ticket_id(content.get("ticket_id"), at)


def _ticket_id(value: object, at: str) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _TICKET_ID.match(text):
        raise Malformed(f"{at}/ticket_id", "a ticket's number, as text or as an integer")
    return text


def webhook_content(installation: str, event: str) -> dict[str, Any]:
    """What a rule's webhook must send: ids only, each one text.

    A placeholder's value is put in as plain text, and whether it is escaped for JSON is not said
    anywhere; so a subject or a comment could change the body's shape. Raises ValueError for an
    installation or event that would itself be taken for a placeholder.
    """
    if not _KIND.match(event):
        raise ValueError(f"event {event!r}: expected a word of letters, digits and '._:-'")
    if "{" in installation or "}" in installation:
        raise ValueError(f"installation {installation!r}: expected no braces")
    return {"v": "1", "installation": installation, "event": event, "ticket_id": "{{ticket.id}}"}
