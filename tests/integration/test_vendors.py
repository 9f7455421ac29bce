"""What is particular to each helpdesk's maker, beside the port."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from integration.config import Installation
from integration.installation import HelpdeskName
from integration.vendors import VENDORS, secured, vendor_of
from integration.vendors.freshdesk_office import claims_type


def types(*choices: Any) -> list[dict[str, Any]]:
    return [
        {"type": "custom_dropdown", "choices": ["Warranty of another kind"]},
        {"type": "default_ticket_type", "choices": list(choices)},
    ]


def test_every_helpdesk_has_its_maker() -> None:
    """Whatever the store may name is known, by that name."""
    assert set(VENDORS) == set(get_args(HelpdeskName))
    for name, vendor in VENDORS.items():
        assert vendor.name == name
        assert vendor_of(Installation("one", helpdesk=name)) is vendor
        assert vendor.ticket_url("acme", "7").startswith(f"https://acme.{vendor.domain}/")


@pytest.mark.parametrize(
    ("choices", "found"),
    [
        (["Question", "Warranty claim"], "Warranty claim"),
        ([{"value": "Question"}, {"value": "WARRANTY"}], "WARRANTY"),
        (["Warranty claim", "Out of warranty"], None),
        (["Question"], None),
        ([], None),
    ],
)
def test_the_ticket_type_of_claims(choices: list[Any], found: str | None) -> None:
    """The only type with the word in its name; of two, neither is guessed."""
    assert claims_type(types(*choices)) == found


def test_a_secret_is_made_once_and_kept_before_it_is_used() -> None:
    """For Freshdesk, whose rules send ours; Zendesk makes its own."""
    kept: dict[str, str] = {}
    made = secured(Installation("one", helpdesk="freshdesk"), kept.__setitem__)
    assert made.signing_secrets == (kept["one"],)
    assert secured(made, kept.__setitem__) is made
    theirs = Installation("two")
    assert secured(theirs, kept.__setitem__) is theirs
    assert set(kept) == {"one"}
