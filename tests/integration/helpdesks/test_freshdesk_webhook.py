"""What Freshdesk's rules send us: who may say what, in which shapes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integration.errors import Malformed, NotAuthentic
from integration.helpdesks import Event, TicketRef
from integration.helpdesks.freshdesk_webhook import (
    HEADER,
    authenticate,
    check_secret,
    new_secret,
    webhook_content,
)

SECRET = "correct-horse-battery-staple-1"
OTHER = "correct-horse-battery-staple-2"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def deliver(body: object, *headers: tuple[str, str], secrets: tuple[str, ...] = (SECRET,)) -> Event:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return authenticate(
        headers or ((HEADER, SECRET),),
        raw,
        secrets=secrets,
        installation="main",
        now=NOW,
        max_age=timedelta(minutes=5),
    )


def filled(**changes: Any) -> dict[str, Any]:
    """A rule's content as Freshdesk sends it, its placeholder filled in."""
    return {**webhook_content("main", "ticket_created"), "ticket_id": "901", **changes}


def test_a_delivery() -> None:
    """The ticket and the kind of event; it has no name and no time of its own."""
    assert deliver(filled()) == Event(TicketRef("main", "901"), "ticket_created", None, None)


@pytest.mark.parametrize(
    "body",
    [
        {"ticket_id": 901},
        {"ticket_id": "901"},
        {"freshdesk_webhook": {"ticket_id": 901, "ticket_contact_email": "x"}},
        {"freshdesk_webhook": {"ticket_id": "901", "ticket_tags": "a, b"}},
        {"ticket_id": "901", "ticket_tags": "a, b", "v": 1},
    ],
)
def test_bodies_of_the_rule_s_own_editor(body: object) -> None:
    """Simple or advanced, with a wrapper or without: the ticket's number is what is needed, and a
    delivery that does not say so reports a change."""
    assert deliver(body) == Event(TicketRef("main", "901"), "ticket_changed", None, None)


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Other", SECRET)],
        [(HEADER, "")],
        [(HEADER, SECRET[:-1])],
        [(HEADER, SECRET + " ")],
        [(HEADER, "ä")],
        [(HEADER, SECRET), (HEADER, SECRET)],
        [(HEADER, "wrong"), (HEADER.lower(), SECRET)],
    ],
)
def test_without_the_secret(headers: list[tuple[str, str]]) -> None:
    """Nothing is understood, and nothing of what was sent is repeated."""
    with pytest.raises(NotAuthentic) as caught:
        deliver(b"nonsense", *headers)
    assert SECRET not in str(caught.value)


def test_the_header_in_any_case_and_as_a_mapping() -> None:
    """Names of headers have no case."""
    assert deliver(filled(), (HEADER.upper(), SECRET)).ref.id == "901"
    event = authenticate(
        {HEADER.lower(): SECRET},
        json.dumps(filled()).encode(),
        secrets=[SECRET],
        installation="main",
        now=NOW,
        max_age=timedelta(0),
    )
    assert event.ref.id == "901"


def test_one_secret_follows_another() -> None:
    """During a change both are taken; afterwards the old one is not, and with none nothing is."""
    for sent in (SECRET, OTHER):
        assert deliver(filled(), (HEADER, sent), secrets=(OTHER, SECRET)).ref.id == "901"
    for secrets in ((OTHER,), ()):
        with pytest.raises(NotAuthentic):
            deliver(filled(), (HEADER, SECRET), secrets=secrets)


@pytest.mark.parametrize("weak", ["", "short", "x" * 23, "a b" * 12, "ä" * 30, "{{x}}" * 10])
def test_a_weak_secret_proves_nothing(weak: str) -> None:
    """Too short, or what would not come through a header and a template as it is."""
    with pytest.raises(ValueError, match="webhook secret"):
        check_secret(weak)
    with pytest.raises(NotAuthentic):
        deliver(filled(), (HEADER, weak), secrets=(weak,))


def test_new_secrets_are_fit_and_new() -> None:
    """Each is another, and long."""
    made = {check_secret(new_secret()) for _ in range(5)}
    assert len(made) == 5


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"\xff", ""),
        (b"[]", ""),
        (b"nonsense", ""),
        (b"[" * 100_000, ""),
        ({}, "/ticket_id"),
        (filled(ticket_id="{{ticket.id}}"), "/ticket_id"),
        (filled(ticket_id=""), "/ticket_id"),
        (filled(ticket_id=True), "/ticket_id"),
        (filled(ticket_id="901\n"), "/ticket_id"),
        (filled(ticket_id="٩"), "/ticket_id"),
        (filled(ticket_id=-1), "/ticket_id"),
        (filled(v="2"), "/v"),
        (filled(v=True), "/v"),
        (filled(installation="other"), "/installation"),
        (filled(event="<b>"), "/event"),
        (filled(event=None), "/event"),
        ({"freshdesk_webhook": {"ticket_id": None}}, "/freshdesk_webhook/ticket_id"),
    ],
)
def test_what_cannot_be_understood(body: object, field: str) -> None:
    """Is named by its place and not repeated."""
    with pytest.raises(Malformed) as caught:
        deliver(body)
    assert caught.value.field == field


def test_the_content_of_a_rule() -> None:
    """Text only, and of placeholders the ticket's number alone: no word of a customer's can change
    its shape."""
    content = webhook_content("main", "ticket_changed")
    assert content == {
        "v": "1",
        "installation": "main",
        "event": "ticket_changed",
        "ticket_id": "{{ticket.id}}",
    }
    for installation, event in (("{{x}}", "a"), ("main", "{{x}}"), ("main", "")):
        with pytest.raises(ValueError, match=r"installation|event"):
            webhook_content(installation, event)


def test_a_naive_now_is_our_mistake() -> None:
    """As with every other helpdesk."""
    with pytest.raises(ValueError, match="aware"):
        authenticate(
            [], b"", secrets=[], installation="m", now=datetime(2026, 1, 1), max_age=timedelta(1)
        )
