"""What is read of Zendesk's ticket beside its fields: the number of who asked, and nothing more."""

from __future__ import annotations

import pytest

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.zendesk_ticket import ticket_from

_TICKET = {
    "id": 7,
    "status": "open",
    "created_at": "2026-05-04T10:00:00Z",
    "updated_at": "2026-05-04T10:00:00Z",
    "subject": "MARKER",
    "description": "MARKER",
    "via": {"source": {"from": {"address": "MARKER"}}},
}


@pytest.mark.parametrize(
    ("more", "requester"),
    [
        ({"requester_id": 20_978_392_115_985}, "20978392115985"),
        ({"requester_id": None}, None),
        ({}, None),
    ],
)
def test_the_requester_is_a_number(more: dict[str, object], requester: str | None) -> None:
    """Zendesk's own, as text; none where it was not told. No word of the ticket comes along."""
    ticket = ticket_from({**_TICKET, **more}, "main", Bindings())
    assert ticket.requester == requester
    assert "MARKER" not in repr(ticket)


def test_a_requester_that_is_no_number_is_unreadable() -> None:
    """It is not taken for one: it might be a name."""
    with pytest.raises(errors.Unavailable, match="unreadable at requester_id"):
        ticket_from({**_TICKET, "requester_id": "MARKER"}, "main", Bindings())
