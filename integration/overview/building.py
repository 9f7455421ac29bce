"""The overview, joined to the rest of the service."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from integration import errors
from integration.config import Config, Installation
from integration.connections import Accounts
from integration.helpdesks.zendesk_brands import brands
from integration.helpdesks.zendesk_wire import origin
from integration.installations import Installations
from integration.overview.pages import Overview
from integration.overview.queries import Looking
from integration.setup.access import Passes
from integration.store import connect
from integration.vendors import zendesk_only

_log = structlog.get_logger(__name__)

PATIENCE: Final = 15.0
"""Seconds that a question to the store may take: counting a year of an account's tickets takes
longer than storing a delivery may."""
_NAMES_FOR: Final = 600.0  # seconds for which brands' names are remembered
_AGAIN: Final = 60.0  # and after which they are asked for again where that failed


def overview_for(config: Config, kept: Installations, now: Callable[[], datetime]) -> Overview:
    """The overview's pages, on a connection of their own to the configured store. Sends nothing
    yet."""
    return Overview(
        installations=kept,
        passes=Passes(config.keys),
        looking=Looking(connect(config.database_url, PATIENCE)),
        now=now,
        origin_of=origin,
        brands_of=_Brands(Accounts(kept, config.oauth)),
    )


class _Brands:
    """What an account's brands are called; remembered for some minutes. Without an answer there
    are no names: the overview goes without."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._known: dict[str, tuple[float, Mapping[str, str]]] = {}

    def __call__(self, installation: Installation) -> Mapping[str, str]:
        until, names = self._known.get(installation.id, (float("-inf"), {}))
        if time.monotonic() < until:
            return names
        if installation.helpdesk != "zendesk":
            return {}  # no other has brands
        good = _AGAIN
        try:
            account = zendesk_only(self._accounts(installation))
            # Somebody looks on: what is only a name is not waited for.
            names = brands(replace(account, connect_timeout=1.0, read_timeout=3.0))
            good = _NAMES_FOR
        except errors.HelpdeskError as error:
            _log.warning("brands not read", installation=installation.id, why=str(error))
        if len(self._known) > 1_000:
            self._known.clear()
        self._known[installation.id] = (time.monotonic() + good, names)
        return names
