"""What Zendesk sends us: the proof, and the few things the body must say.

No I/O: bytes and headers in, an ``Event`` out. Vendor pages: developer.zendesk.com, "Verifying
webhook authenticity" and "Anatomy of a webhook request".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from integration.errors import Malformed, NotAuthentic
from integration.helpdesks import Event, TicketRef

SIGNATURE: Final = "x-zendesk-webhook-signature"
TIMESTAMP: Final = "x-zendesk-webhook-signature-timestamp"
DELIVERY: Final = "x-zendesk-webhook-invocation-id"

# Zendesk signs the "Test webhook" of a webhook not yet saved with this; it stands in its manual,
# so it proves nothing.
PUBLIC_TEST_SECRET: Final = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105
_SHORTEST_SECRET = 16

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
_DELIVERY = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")
_TICKET_ID = re.compile(r"[1-9][0-9]{0,18}\Z")
_KIND = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


def check_secret(secret: str) -> str:
    """The secret, if it is fit to prove anything; ValueError if it is empty, too short, or
    Zendesk's public test secret. The message does not repeat it."""
    if not secret.strip():
        raise ValueError("webhook secret: expected one, it is empty")
    if hmac.compare_digest(secret.strip().encode(), PUBLIC_TEST_SECRET.encode()):
        raise ValueError(
            "webhook secret: expected the webhook's own, not Zendesk's public test one"
        )
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"webhook secret: expected at least {_SHORTEST_SECRET} characters")
    return secret


def sign(secret: str, timestamp: str, raw_body: bytes) -> str:
    """Zendesk's signature: base64 of HMAC-SHA256 over the timestamp, then the raw body, nothing
    between. The key is the secret as it stands, although it looks like base64. (An older page of
    the manual had body and timestamp the other way round.)"""
    mac = hmac.new(secret.encode(), timestamp.encode() + raw_body, hashlib.sha256)
    return base64.b64encode(mac.digest()).decode("ascii")


def authenticate(
    headers: Headers,
    raw_body: bytes,
    *,
    secrets: Sequence[str],
    installation: str,
    now: datetime,
    max_age: timedelta,
) -> Event:
    """The event that a delivery reports, if it proves to be from this installation's webhook.

    ``headers`` as received, in any case, a mapping or pairs; ``raw_body`` the bytes as received.
    Any of ``secrets`` may have signed it, so that one can follow another; one that
    ``check_secret`` refuses never counts. ``now`` is aware; the signature may be ``max_age``
    older or newer than it. Of which kinds of event there are, this knows nothing.

    Raises NotAuthentic where the proof fails, Malformed where the body does not say what we need.
    """
    if now.tzinfo is None:
        raise ValueError("now: expected an aware datetime")
    given: dict[str, list[str]] = {}
    for name, value in headers.items() if isinstance(headers, Mapping) else headers:
        given.setdefault(name.lower(), []).append(value)
    signature = _only(given, SIGNATURE)
    timestamp = _only(given, TIMESTAMP)

    genuine = False
    for secret in secrets:
        try:
            check_secret(secret)
            expected = sign(secret, timestamp, raw_body)
        except ValueError:
            continue
        # Every secret is tried: how long it takes tells nothing about which one fits.
        genuine |= hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
    if not genuine:
        raise NotAuthentic("signature: it does not fit the timestamp and the body")

    if not _TIMESTAMP.match(timestamp):
        raise NotAuthentic("signature timestamp: it is not ISO 8601 with a time zone")
    try:
        signed_at = datetime.fromisoformat(timestamp)
    except ValueError:
        raise NotAuthentic("signature timestamp: it is no moment in time") from None
    if abs(now - signed_at) > max_age:
        raise NotAuthentic("signature timestamp: it is too far from now")

    delivery = given.get(DELIVERY, [])
    if len(delivery) != 1 or not _DELIVERY.match(delivery[0]):
        raise Malformed("", f"one header {DELIVERY} of at most 128 characters")
    kind, ticket_id = _understand(raw_body, installation)
    return Event(
        ref=TicketRef(installation=installation, id=ticket_id),
        kind=kind,
        delivery_id=delivery[0],
        occurred_at=signed_at,
    )


def _only(given: Mapping[str, list[str]], name: str) -> str:
    values = given.get(name, [])
    if len(values) != 1 or not values[0]:
        raise NotAuthentic(f"header {name}: expected exactly one")
    return values[0]


def _is_one(value: object) -> None:
    if isinstance(value, bool) or value != 1:
        raise ValidationError("not 1")


def _is_ticket_id(value: object) -> None:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _TICKET_ID.match(text):
        raise ValidationError("no ticket id")


class _Body(Schema):
    """What we need of a body; what else is in it is none of our business."""

    class Meta:
        unknown = EXCLUDE

    v = fields.Raw(required=True, validate=_is_one)
    installation = fields.String(required=True)
    event = fields.String(required=True, validate=validate.Regexp(_KIND))
    ticket_id = fields.Raw(required=True, validate=_is_ticket_id)


_EXPECTED = {
    "v": "the number 1",
    "installation": "the installation that this address belongs to",
    "event": "a word of at most 64 letters, digits and '._:-'",
    "ticket_id": "a ticket's number, as text or as an integer",
}
_BODY = _Body()


def _understand(raw_body: bytes, installation: str) -> tuple[str, str]:
    try:
        content = json.loads(raw_body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Malformed("", "a JSON object in UTF-8") from None
    if not isinstance(content, dict):
        raise Malformed("", "a JSON object")
    try:
        body = _BODY.load(content)
    except ValidationError as error:
        wrong = next(name for name in _EXPECTED if name in error.messages_dict)
        raise Malformed(f"/{wrong}", _EXPECTED[wrong]) from None
    if body["installation"] != installation:
        raise Malformed("/installation", _EXPECTED["installation"])
    return body["event"], str(body["ticket_id"])


def webhook_body(installation: str, event: str) -> str:
    """The body that a trigger's webhook action must send: ids only, each one quoted.

    A placeholder's value is put in as plain text and not escaped for JSON, so a subject or a
    comment could change the body's shape; and an empty one without quotes would break it.
    Raises ValueError for an installation or event that would itself be taken for a placeholder.
    """
    if not _KIND.match(event):
        raise ValueError(f"event {event!r}: expected {_EXPECTED['event']}")
    if "{" in installation or "}" in installation:
        raise ValueError(f"installation {installation!r}: expected no braces")
    return json.dumps(
        {"v": 1, "installation": installation, "event": event, "ticket_id": "{{ticket.id}}"}
    )
