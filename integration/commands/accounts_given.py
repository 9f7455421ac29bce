"""What somebody types to `warranty accounts`, as the program takes it."""

from __future__ import annotations

from collections.abc import Mapping

import click

from integration import settings as schema
from integration.installation import HelpdeskName
from integration.installations import Kept
from integration.vendors import VENDORS


def given_of(pairs: tuple[str, ...]) -> dict[str, object]:
    """The settings that were named, as the schema takes them."""
    given: dict[str, object] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise click.UsageError(f"{pair}: expected NAME=VALUE")
        given[name] = value.strip()
        if name == "public_replies":
            given[name] = [part.strip() for part in value.split(",") if part.strip()]
    return given


def changed(one: Kept, given: Mapping[str, object]) -> Kept:
    """The account with these settings. Ends the command where any cannot be."""
    try:
        return one.changed(given)
    except schema.BadSettings as error:
        lines = [f"  {name}: {words}" for name, words in error.wrong.items()]
        raise click.ClickException("\n".join(["nothing was changed:", *lines])) from None


def address_in(text: str) -> tuple[str, HelpdeskName | None]:
    """The subdomain in what somebody typed, and whose it is where that was the whole address; what
    is at none of the helpdesks' domains is left as it is."""
    host = text.strip().lower().removeprefix("https://").partition("/")[0]
    for name, vendor in VENDORS.items():
        if host.endswith(f".{vendor.domain}"):
            return host.removesuffix(f".{vendor.domain}"), name
    return host, None
