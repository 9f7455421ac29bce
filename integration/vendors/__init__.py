"""The helpdesks that accounts may be of. A further one is a module here, its adapter in
``integration.helpdesks``, its package in ``manifest`` and its words in ``installation``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from integration.installation import HelpdeskName, Installation
from integration.vendors.freshdesk import FRESHDESK
from integration.vendors.vendor import (
    Account,
    Office,
    Opened,
    OwnField,
    Vendor,
    zendesk_only,
)
from integration.vendors.zendesk import ZENDESK

__all__ = [
    "FRESHDESK",
    "VENDORS",
    "ZENDESK",
    "Account",
    "Office",
    "Opened",
    "OwnField",
    "Vendor",
    "secured",
    "vendor_of",
    "zendesk_only",
]

VENDORS: Final[Mapping[HelpdeskName, Vendor]] = {one.name: one for one in (ZENDESK, FRESHDESK)}
"""By name."""


def secured(installation: Installation, keep: Callable[[str, str], object]) -> Installation:
    """The installation with what proves its webhooks: made now where there is none and this service
    is the one to make it. ``keep`` keeps it, by the installation's id, before anybody uses it."""
    made = None if installation.signing_secrets else vendor_of(installation).new_secret()
    if made is None:
        return installation
    keep(installation.id, made)
    return replace(installation, signing_secrets=(made,))


def vendor_of(installation: Installation) -> Vendor:
    """Whose account an installation is of."""
    return VENDORS[installation.helpdesk]
