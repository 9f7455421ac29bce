"""What comes of connecting an account, whichever helpdesk it is of."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from integration import errors
from integration.installations import Kept
from integration.vendors import VENDORS, Vendor


class CannotConnect(Exception):
    """The account is not connected; the message says why and what to do, for an admin."""


@dataclass(frozen=True, slots=True)
class Connected:
    """An account that is connected now (``fresh``: it was not before), by whom."""

    kept: Kept
    who: str
    fresh: bool


def checked(subdomain: str, vendor: Vendor, allowed: Collection[str]) -> None:
    """CannotConnect for what another helpdesk's address is, or a domain of the account's own, or
    no part of one; and where the account's whole address is not ``allowed`` (empty: any is)."""
    for other in VENDORS.values():
        if subdomain.endswith(f".{other.domain}"):
            raise CannotConnect(
                f"{subdomain} is the address of a {other.title} account: choose {other.title} "
                "first."
            )
    if "." in subdomain:
        raise CannotConnect(
            f"That is no subdomain: {subdomain} is a domain of your own, where {vendor.title} does "
            f"not let apps in. Give the part before .{vendor.domain} of the address at which your "
            "agents sign in."
        )
    address = f"{subdomain}.{vendor.domain}"
    if allowed and address not in allowed:
        raise CannotConnect(
            f"The account {address} may not be connected to this service: its operator keeps "
            "a list (WARRANTY_ACCOUNTS)."
        )


def no_subdomain(vendor: Vendor) -> CannotConnect:
    """What was typed cannot be part of an account's address."""
    return CannotConnect(
        f"That is no subdomain: give the part of your address before .{vendor.domain}."
    )


def refused(subdomain: str, vendor: Vendor, error: errors.Rejected) -> CannotConnect:
    """There is no account there, or it has moved, or it takes nothing that we know how to say."""
    if isinstance(error, errors.NotFound):
        return CannotConnect(
            f"There is no {vendor.title} account {subdomain}: give the part of its address before "
            f".{vendor.domain}."
        )
    return CannotConnect(f"{vendor.title} refused this for the account {subdomain}. {error.advice}")


def new_id(subdomain: str) -> str:
    """The id of a new installation: readable, and not to be guessed."""
    return f"{subdomain[:31]}-{secrets.token_hex(4)}"
