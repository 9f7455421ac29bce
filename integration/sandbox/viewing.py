"""What the agent's pages have in common: their blueprint, how one is served and rendered.

For trying and testing only: no login, loopback alone, own pages only (``guard``).
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from integration.sandbox import guard
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

_DONE = {
    "saved": "Saved.",
    "unchanged": "Nothing was changed, so nothing was saved.",
    "filed": "The ticket is filed.",
    "written": "The customer's message is on the ticket.",
}


def state() -> State:
    """The account that the pages show."""
    return cast(State, current_app.extensions["sandbox"])


View = Callable[..., ResponseReturnValue]


def page(*paths: str, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Serve a page at these paths, under the account's lock."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def locked(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            with state().lock:
                return view(*args, **kwargs)

        for path in paths:
            blueprint.add_url_rule(path, view.__name__, locked, methods=methods)
        return view

    return decorate


def render(template: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    """A page that keeps itself fresh, with what was just done said on it."""
    said = _DONE.get(request.args.get("did", ""))
    return render_template(template, version=version(), said=said, **values), status


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
