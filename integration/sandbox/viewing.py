"""What the agent's pages have in common: their blueprint, how one is served and rendered.

For trying and testing only: no login, loopback alone, own pages only (``guard``).
"""

from __future__ import annotations

import hashlib
from typing import cast

from flask import Blueprint, current_app

from integration.sandbox import guard
from integration.sandbox.showing import Showing
from integration.sandbox.state import State

blueprint = Blueprint(
    "agent",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/agent/static",
)
blueprint.before_request(guard.own_pages_only)
blueprint.after_request(guard.protected)


def state() -> State:
    """The account that the pages show."""
    return cast(State, current_app.extensions["sandbox"])


def version() -> str:
    """A word that changes whenever a page may show something else, and once a minute."""
    account = state()
    seen: list[object] = [int(account.now().timestamp()) // 60]
    seen += [(record.id, record.sequence) for record in account.tickets.values()]
    for name in ("ticket_fields", "views", "macros"):
        seen += [(row["id"], row["updated_at"]) for row in account.shelf(name).values()]
    for webhook in account.webhooks.values():
        attempts = sum(len(tries) for tries in webhook.attempts.values())
        seen.append((webhook.id, sorted(webhook.row.items(), key=str), attempts))
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


showing = Showing(blueprint, lambda: state().lock, version)
page, render = showing.page, showing.render
