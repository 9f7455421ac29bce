"""What an account has, read as Zendesk lists it, and the plain requests that change it.

Lists are zenpy's, which knows how each is paged. Changes are our own JSON: zenpy has no answer
for an SLA policy that it made, and drops what is null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from integration import errors
from integration.helpdesks.transport import calling
from integration.helpdesks.zendesk_compare import There
from integration.helpdesks.zendesk_wanted import Wanted
from integration.helpdesks.zendesk_wire import Line, origin


def listed(line: Line, name: str, listing: Callable[[], Iterable[Any]]) -> list[dict[str, Any]]:
    """Every row of one of zenpy's lists; ``name`` is what an error calls it."""
    with calling(f"{line.account.subdomain} {name}", writes=False):
        return [item.to_dict() for item in listing()]


def read(line: Line, wanted: Wanted) -> There:
    """What the account has of the kinds that are wanted."""
    zenpy = line.zenpy
    return There(
        fields=listed(line, "ticket fields", zenpy.ticket_fields) if wanted.fields else [],
        macros=listed(line, "macros", zenpy.macros) if wanted.macros else [],
        triggers=listed(line, "triggers", zenpy.triggers) if wanted.triggers else [],
        webhooks=listed(line, "webhooks", zenpy.webhooks.list) if wanted.webhook else [],
        automations=listed(line, "automations", zenpy.automations) if wanted.automations else [],
        views=listed(line, "views", zenpy.views) if wanted.views else [],
        policies=policies(line) if wanted.policies else [],
    )


def policies(line: Line) -> list[dict[str, Any]] | None:
    """The account's SLA policies in their order; None where its plan has none (Zendesk documents
    the plans, not what it answers on the others: both refusals are taken for that)."""
    try:
        rows = listed(line, "SLA policies", line.zenpy.sla_policies)
    except (errors.Forbidden, errors.NotFound):
        return None
    return sorted(rows, key=lambda row: row.get("position") or 0)


def forms(line: Line) -> list[dict[str, Any]] | None:
    """The account's active ticket forms; None where its plan has none, as with SLA policies."""
    try:
        rows = listed(line, "ticket forms", line.zenpy.ticket_forms)
    except (errors.Forbidden, errors.NotFound):
        return None
    return [row for row in rows if row.get("active") is not False]


def secret_of(line: Line, webhook_id: str) -> str:
    """A webhook's signing secret."""
    with calling(f"{line.account.subdomain} webhook {webhook_id} secret", writes=False):
        return str(line.zenpy.webhooks.show_secret(webhook_id).to_dict()["secret"])


def get(line: Line, path: str) -> dict[str, Any]:
    """GET a path under ``/api/v2/``; the JSON answer. One request."""
    return _send(line, "GET", path, None)


def send(
    line: Line, method: str, path: str, payload: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Send exactly this JSON to a path under ``/api/v2/``; the JSON answer, empty where there is
    none. One request."""
    return _send(line, method, path, payload)


def _send(line: Line, method: str, path: str, payload: Mapping[str, Any] | None) -> dict[str, Any]:
    account = line.account
    with calling(f"{account.subdomain} {method} {path}", writes=method != "GET"):
        response = line.session.request(
            method,
            f"{origin(account.subdomain)}/api/v2/{path}",
            json=payload,
            timeout=(account.connect_timeout, account.read_timeout),
        )
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer


def made(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What was just made; Unavailable where the answer does not say."""
    row = answer.get(name)
    if not isinstance(row, Mapping) or "id" not in row:
        raise errors.Unavailable(f"{name}: made, but the answer is unreadable", ambiguous=True)
    return row
