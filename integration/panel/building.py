"""The panel, joined to the rest of the service. Sends nothing before a ticket is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Final

from flask import Blueprint, Flask
from flask_limiter import Limiter

from integration.budgets import Budgets, LimitsOf
from integration.config import Config, Installation
from integration.connections import Accounts, CachedBindings, Connections
from integration.helpdesks import Bindings, Helpdesk
from integration.helpdesks.watching import Told
from integration.installations import Installations
from integration.jobs import Jobs
from integration.panel.reading import Desk
from integration.panel.routes import Panel, blueprint, installation_id, ticket_id
from integration.records import Records
from integration.store import Store
from integration.vendors import Account

LIMITS: Final = {"panel.ticket": "600/minute", "panel.again": "60/minute"}
"""Requests of one installation, counted in each web process."""
AGAIN: Final = "6/minute"
"""How often one ticket may be decided again because an agent asks for it."""
_CONNECT, _READ = 2.0, 5.0  # seconds; the app itself waits for twelve


def panel_for(
    config: Config,
    store: Store,
    kept: Installations,
    installations: Mapping[str, Installation],
    limits: LimitsOf,
    now: Callable[[], datetime],
    told: Told = lambda kind, status: None,
) -> Blueprint:
    """The panel's routes on this store; ``told`` hears of every request to a helpdesk."""
    assert config.url is not None  # Config.require sees to it
    desk = Desk(
        connect=_lazily(kept, config, told),
        load_bindings=CachedBindings(store.load_bindings),
        budgets=Budgets(store),
        limits=limits,
        records=Records(store),
        jobs=Jobs(store, limits),
        now=now,
    )
    return blueprint(Panel(installations, config.url.rstrip("/"), desk.look, desk.again))


def limited(app: Flask) -> None:
    """Hold off an installation whose app asks too often; only what is proven is counted."""
    limiter = Limiter(installation_id, storage_uri="memory://", strategy="moving-window")
    limiter.init_app(app)
    for name, limit in LIMITS.items():
        view: Any = app.view_functions[name]
        if name == "panel.again":
            view = limiter.limit(AGAIN, key_func=ticket_id)(view)
        app.view_functions[name] = limiter.limit(limit)(view)


def _lazily(
    kept: Installations, config: Config, told: Told
) -> Callable[[Installation, Bindings], Helpdesk]:
    """Connections that are made once they are needed: after the server has forked."""

    @cache
    def connections() -> Connections:
        return Connections(told, accounts=_Impatient(Accounts(kept, config.oauth)))

    def connect(installation: Installation, bindings: Bindings) -> Helpdesk:
        return connections()(installation, bindings)

    return connect


class _Impatient:
    """Accounts whose helpdesk is not waited for as long as a worker would: a person looks on."""

    def __init__(self, accounts: Callable[[Installation], Account]) -> None:
        self._accounts = accounts
        self._made: dict[str, tuple[Account, Account]] = {}

    def __call__(self, installation: Installation) -> Account:
        account = self._accounts(installation)
        held = self._made.get(installation.id)
        if held is None or held[0] is not account:
            hasty = replace(account, connect_timeout=_CONNECT, read_timeout=_READ)
            held = self._made[installation.id] = (account, hasty)
        return held[1]
