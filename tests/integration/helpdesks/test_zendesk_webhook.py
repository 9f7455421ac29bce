"""Nothing gets in but what Zendesk signed for this installation, lately."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.errors import Malformed, NotAuthentic
from integration.helpdesks import Event, TicketRef
from integration.helpdesks.zendesk_webhook import (
    DELIVERY,
    PUBLIC_TEST_SECRET,
    SIGNATURE,
    TIMESTAMP,
    authenticate,
    check_secret,
    sign,
    webhook_body,
)

SECRET = "a2-own-signing-secret-of-this-webhook"
OTHER = "b3-the-secret-that-follows-after-it"
AT = "2026-11-23T09:15:04Z"
NOW = datetime(2026, 11, 23, 9, 16, tzinfo=UTC)
BODY = b'{"v":1,"installation":"inst","event":"ticket_created","ticket_id":"35436"}'


def headers(body: bytes = BODY, secret: str = SECRET, at: str = AT, **extra: str) -> dict[str, str]:
    return {
        "X-Zendesk-Account-Id": "123456",
        "X-Zendesk-Webhook-Signature": sign(secret, at, body),
        "X-Zendesk-Webhook-Signature-Timestamp": at,
        "X-Zendesk-Webhook-Invocation-Id": "8350205582",
        **extra,
    }


def receive(given: Any = None, body: bytes = BODY, **changes: Any) -> Event:
    asked: dict[str, Any] = {
        "secrets": [SECRET],
        "installation": "inst",
        "now": NOW,
        "max_age": timedelta(minutes=15),
    }
    return authenticate(headers(body) if given is None else given, body, **asked | changes)


def test_sound_delivery() -> None:
    """A signed delivery becomes an event with the ticket, the kind, the invocation and when."""
    assert receive() == Event(
        ref=TicketRef("inst", "35436"),
        kind="ticket_created",
        delivery_id="8350205582",
        occurred_at=datetime(2026, 11, 23, 9, 15, 4, tzinfo=UTC),
    )


def test_known_vector() -> None:
    """The signature is base64(HMAC-SHA256(secret as text, timestamp + body)), as computed here
    by hand once and for all."""
    vector = sign("correct-horse-battery-staple-0001", "2026-01-02T03:04:05Z", b'{"ticket_id":"7"}')
    assert vector == "tf6cJp/apAejPXbmUkYwNbODsnqAKZT24s3GfNaWB7I="


def test_vector_of_the_manual() -> None:
    """Zendesk's public secret signs as its present manual says (timestamp first) …"""
    signature = sign(PUBLIC_TEST_SECRET, "2021-07-25T10:00:00Z", b'{"ticket_id":"35436"}')
    assert signature == "20e+z9rRxHY24BGvRfXfBFQkEUWciB7ljw/UFF9SfmU="


def test_public_test_secret_is_never_accepted() -> None:
    """… and yet proves nothing, even where somebody configured it next to a real one."""
    given = headers(secret=PUBLIC_TEST_SECRET)
    with pytest.raises(NotAuthentic):
        receive(given, secrets=[PUBLIC_TEST_SECRET])
    with pytest.raises(NotAuthentic):
        receive(given, secrets=[SECRET, PUBLIC_TEST_SECRET])


@pytest.mark.parametrize(
    "secret", ["", "   ", "short", PUBLIC_TEST_SECRET, f" {PUBLIC_TEST_SECRET}\n"]
)
def test_unfit_secrets_are_refused_at_configuration(secret: str) -> None:
    """An empty, short or public secret is a ValueError that does not repeat it."""
    with pytest.raises(ValueError, match="webhook secret: expected") as caught:
        check_secret(secret)
    assert not secret.strip() or secret.strip() not in str(caught.value)
    assert check_secret(SECRET) == SECRET


def test_body_then_timestamp_is_refused() -> None:
    """The order of Zendesk's older manual, body before timestamp, is no proof."""
    mac = hmac.new(SECRET.encode(), BODY + AT.encode(), hashlib.sha256).digest()
    with pytest.raises(NotAuthentic):
        receive(headers() | {"X-Zendesk-Webhook-Signature": base64.b64encode(mac).decode()})


def test_secret_is_not_base64_decoded() -> None:
    """A secret that looks like base64 is used as it stands."""
    secret = base64.b64encode(b"sixteen or more bytes").decode()
    mac = hmac.new(base64.b64decode(secret), AT.encode() + BODY, hashlib.sha256).digest()
    wrong = headers() | {"X-Zendesk-Webhook-Signature": base64.b64encode(mac).decode()}
    with pytest.raises(NotAuthentic):
        receive(wrong, secrets=[secret])
    assert receive(headers(secret=secret), secrets=[secret])


@pytest.mark.parametrize("signed_with", [SECRET, OTHER])
def test_rotation(signed_with: str) -> None:
    """While a secret is being replaced, both count."""
    assert receive(headers(secret=signed_with), secrets=[SECRET, OTHER])


def test_no_secret_no_entry() -> None:
    """Without a secret nothing is authentic."""
    with pytest.raises(NotAuthentic):
        receive(secrets=[])


@settings(deadline=None)
@given(st.data())
def test_any_tampering_is_noticed(data: st.DataObject) -> None:
    """Change any one byte of the body, the timestamp or the signature, and it is refused."""
    part = data.draw(st.sampled_from(["body", "timestamp", "signature"]))
    good = headers()
    name = {
        "timestamp": "X-Zendesk-Webhook-Signature-Timestamp",
        "signature": "X-Zendesk-Webhook-Signature",
    }.get(part)
    original = BODY if name is None else good[name].encode()
    at = data.draw(st.integers(0, len(original) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != original[at]))
    tampered = original[:at] + bytes([byte]) + original[at + 1 :]
    if name is None:
        with pytest.raises(NotAuthentic):
            authenticate(
                good,
                tampered,
                secrets=[SECRET],
                installation="inst",
                now=NOW,
                max_age=timedelta(minutes=15),
            )
    else:
        with pytest.raises(NotAuthentic):
            receive(good | {name: tampered.decode("latin-1")})


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_body_of_anything(body: bytes) -> None:
    """Whatever is signed, it is an event or one of our refusals, never another error."""
    with contextlib.suppress(Malformed):
        assert receive(headers(body), body).ref.installation == "inst"


@pytest.mark.parametrize(
    ("offset", "sound"),
    [
        (timedelta(minutes=15), True),
        (timedelta(minutes=15, seconds=1), False),
        (-timedelta(minutes=15), True),
        (-timedelta(minutes=15, seconds=1), False),
    ],
)
def test_age_is_bounded_both_ways(offset: timedelta, sound: bool) -> None:
    """The signature may be as old, or as far ahead, as max_age says, and not a second more."""
    now = datetime(2026, 11, 23, 9, 15, 4, tzinfo=UTC) + offset
    if sound:
        assert receive(now=now)
    else:
        with pytest.raises(NotAuthentic, match="too far"):
            receive(now=now)


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-23T09:15:04",
        "2026-11-23 09:15:04Z",
        "2026-11-23",
        "1795425304",
        "2026-13-23T09:15:04Z",
        "20261123T091504Z",
        "2026-11-23T09:15:04Z ",
        "2026-11-23T09:15:04+99:99",
        "２026-11-23T09:15:04Z",
    ],
)
def test_timestamp_is_read_strictly(at: str) -> None:
    """Even signed, a timestamp without a zone, or in another notation, is refused."""
    with pytest.raises(NotAuthentic):
        receive(headers(at=at))


def test_timestamp_with_offset_and_fraction() -> None:
    """A zone other than Z and parts of a second are ISO 8601, too."""
    assert receive(headers(at="2026-11-23T10:15:04.125+01:00")).occurred_at == datetime(
        2026, 11, 23, 9, 15, 4, 125_000, tzinfo=UTC
    )


@pytest.mark.parametrize("name", [SIGNATURE, TIMESTAMP])
def test_proof_headers_once_each(name: str) -> None:
    """A proof header that is missing, empty or there twice is no proof."""
    pairs = [(k, v) for k, v in headers().items() if k.lower() != name]
    original = next(v for k, v in headers().items() if k.lower() == name)
    for given_pairs in (pairs, [*pairs, (name, "")], [*pairs, (name, original), (name, "x")]):
        with pytest.raises(NotAuthentic, match=name):
            receive(given_pairs)


def test_header_names_in_any_case_and_as_pairs() -> None:
    """Headers may come as a mapping or as pairs, and in any case."""
    assert receive([(k.upper(), v) for k, v in headers().items()])


@pytest.mark.parametrize("delivery", [None, "", "x" * 129, "a b", "a,b", "é"])
def test_delivery_id(delivery: str | None) -> None:
    """Without an invocation id of a sane shape, a delivery is malformed: it could not be told
    from its repetition."""
    given_headers = headers()
    if delivery is None:
        del given_headers["X-Zendesk-Webhook-Invocation-Id"]
    else:
        given_headers["X-Zendesk-Webhook-Invocation-Id"] = delivery
    with pytest.raises(Malformed, match=DELIVERY):
        receive(given_headers)


def body_with(**changes: Any) -> bytes:
    whole = {"v": 1, "installation": "inst", "event": "ticket_created", "ticket_id": "7"} | changes
    return json.dumps({k: v for k, v in whole.items() if v is not ...}).encode()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", ""),
        (b"{", ""),
        (b"[]", ""),
        (b'"x"', ""),
        (b"\xff\xfe", ""),
        (b"[" * 100_000, ""),
        (body_with(v=...), "/v"),
        (body_with(v=2), "/v"),
        (body_with(v=True), "/v"),
        (body_with(installation=...), "/installation"),
        (body_with(installation="other"), "/installation"),
        (body_with(installation=5), "/installation"),
        (body_with(event=...), "/event"),
        (body_with(event=""), "/event"),
        (body_with(event="x" * 65), "/event"),
        (body_with(event="new\nline"), "/event"),
        (body_with(ticket_id=...), "/ticket_id"),
        (body_with(ticket_id=""), "/ticket_id"),
        (body_with(ticket_id="0"), "/ticket_id"),
        (body_with(ticket_id=-5), "/ticket_id"),
        (body_with(ticket_id=5.0), "/ticket_id"),
        (body_with(ticket_id=True), "/ticket_id"),
        (body_with(ticket_id="12/34"), "/ticket_id"),
        (body_with(ticket_id="٣"), "/ticket_id"),
        (body_with(ticket_id="9" * 20), "/ticket_id"),
        (body_with(ticket_id=["7"]), "/ticket_id"),
        (body_with(ticket_id="{{ticket.id}}"), "/ticket_id"),
    ],
)
def test_malformed_bodies_name_the_field(body: bytes, field: str) -> None:
    """What is wrong is said by a pointer and what was expected, without the value."""
    with pytest.raises(Malformed) as caught:
        receive(headers(body), body)
    assert caught.value.field == field


@pytest.mark.parametrize("ticket_id", ["35436", 35436])
def test_ticket_id_as_text_or_number(ticket_id: object) -> None:
    """A ticket's id may be quoted or not; ours is text."""
    body = body_with(ticket_id=ticket_id, something_else={"x": 1})
    assert receive(headers(body), body).ref.id == "35436"


def test_unknown_kinds_are_passed_on() -> None:
    """A kind of event that we do not know is no error here."""
    body = body_with(event="voice_call.started")
    assert receive(headers(body), body).kind == "voice_call.started"


def test_refusals_leak_nothing() -> None:
    """No refusal repeats the secret, the signature or the body."""
    for given_headers, body in ((headers(secret=OTHER), BODY), (headers(b"{SECRET}"), b"{SECRET}")):
        with pytest.raises((NotAuthentic, Malformed)) as caught:
            receive(given_headers, body)
        for leak in (SECRET, OTHER, "SECRET", given_headers["X-Zendesk-Webhook-Signature"]):
            assert leak not in str(caught.value)


def test_now_must_be_aware() -> None:
    """A clock without a zone is a mistake of ours, said as such."""
    with pytest.raises(ValueError, match="aware"):
        receive(now=datetime(2026, 11, 23))


def test_body_template_is_understood() -> None:
    """What the trigger sends, once Zendesk has filled in the ticket's id, is what we understand;
    it has no placeholder but that one, and that one quoted."""
    template = webhook_body("inst", "ticket_changed")
    assert template.count("{{") == 1
    assert json.loads(template)["ticket_id"] == "{{ticket.id}}"
    body = template.replace("{{ticket.id}}", "35436").encode()
    event = receive(headers(body), body)
    assert (event.ref.id, event.kind) == ("35436", "ticket_changed")


@pytest.mark.parametrize(("installation", "event"), [("a{{b}}", "x"), ("a", "{{x}}"), ("a", "")])
def test_body_template_refuses_placeholders(installation: str, event: str) -> None:
    """Nothing else may become a placeholder."""
    with pytest.raises(ValueError, match="expected"):
        webhook_body(installation, event)
