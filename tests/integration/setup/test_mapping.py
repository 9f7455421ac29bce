"""Which of an account's ticket fields are suggested for which fact."""

from __future__ import annotations

from typing import Any

import pytest

from integration.catalogue import FIELD, FIELDS
from integration.setup.mapping import candidates, suggestions
from integration.vendors.zendesk_office import own_among
from integration.vendors.zendesk_things import wanted

THINGS = wanted("one", "https://warranty.example.com")


def row(number: int, title: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"id": number, "title": title, "type": kind, "active": True, "removable": True, **more}


def suggested(*rows: dict[str, Any]) -> dict[str, str]:
    return suggestions(candidates(own_among(THINGS, rows)))


@pytest.mark.parametrize(
    ("title", "kind", "key"),
    [
        ("Purchase date", "date", "purchase_date"),
        ("Date of purchase", "date", "purchase_date"),
        ("PURCHASE DATE", "date", "purchase_date"),
        ("Bought on", "date", "purchase_date"),
        ("Purchase-date:", "date", "purchase_date"),
        ("Order number", "text", "order_number"),
        ("Order No.", "text", "order_number"),
        ("Order ID", "text", "order_number"),
        ("Serial number", "regexp", "serial_number"),
        ("Serial No", "textarea", "serial_number"),
        ("Country", "tagger", "purchase_country"),
        ("Current country", "tagger", "claim_country"),
        ("Product", "text", "product_model"),
        ("Sales channel", "tagger", "purchase_channel"),
    ],
)
def test_suggested(title: str, kind: str, key: str) -> None:
    """A field whose name says the same, in a type that can hold the fact."""
    assert suggested(row(1, title, kind)) == {key: "1"}


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Purchase date", "text"),  # a date in words is no date
        ("Country", "text"),
        ("Order number", "integer"),
        ("Order", "lookup"),
        ("Priority", "tagger"),
        ("Delivery date", "date"),
        ("Date", "date"),
        ("Customer name", "text"),
        ("Größe", "text"),
        ("保証", "text"),
        ("", "text"),
        ("No", "text"),
        ("Number", "text"),
    ],
)
def test_not_suggested(title: str, kind: str) -> None:
    """A name that says something else or nothing, or a type that cannot hold it."""
    assert suggested(row(1, title, kind)) == {}


def test_offered_without_being_suggested() -> None:
    """Every field of a fitting type may be chosen, the likeliest first; none of another type."""
    rows = [row(1, "Zebra", "date"), row(2, "Purchase date", "date"), row(3, "Apple", "date")]
    found = candidates(own_among(THINGS, rows))
    assert found["purchase_date"][0].id == "2"
    assert {one.id for one in found["purchase_date"]} == {"1", "2", "3"}
    assert found["order_number"] == []
    assert set(found) == {spec.key for spec in FIELDS if spec.role == "fact"}


def test_never_one_field_twice() -> None:
    """A field that could be two facts is suggested for the nearer one, and for no other."""
    assert suggested(row(1, "Country", "tagger")) == {"purchase_country": "1"}
    both = suggested(row(1, "Country", "tagger"), row(2, "Purchase country", "tagger"))
    assert both["purchase_country"] in ("1", "2")
    assert len(set(both.values())) == len(both)
    many = suggested(*(row(n, "Order number") for n in range(9)))
    assert many == {"order_number": "0"}


def test_the_nearer_name_wins_whatever_the_order() -> None:
    """What stands first in the account's list has no advantage."""
    rows = [row(1, "Serial numbers"), row(2, "Serial number")]
    assert suggested(*rows) == suggested(*reversed(rows)) == {"serial_number": "2"}


def test_not_offered() -> None:
    """Neither the app's own fields, nor Zendesk's, nor one that is switched off."""
    own = FIELD["order_number"].title
    for one in (
        row(1, own),
        row(1, "{{dc.x}}", raw_title=own),
        row(1, "Subject", removable=False),
        row(1, "Order number", active=False),
    ):
        assert not any(candidates(own_among(THINGS, [one])).values()), one
