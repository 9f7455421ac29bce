"""How a sandbox is set up. For trying and testing only."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Json = dict[str, Any]
Clock = Callable[[], datetime]

STAMP = "%Y-%m-%dT%H:%M:%SZ"


def now_utc() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A moment as Zendesk writes it: UTC, whole seconds, ``Z``."""
    return moment.astimezone(UTC).strftime(STAMP)


def parse_moment(text: object) -> datetime | None:
    """A full ISO 8601 moment with its zone, in UTC; None for anything else (a bare date too)."""
    if not isinstance(text, str) or "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _secret() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests allowed in each window.

    developer.zendesk.com/api-reference/introduction/rate-limits.

    ``updates_per_ticket`` counts in 10 minutes, for each user and ticket; the others in a minute.
    """

    account: int = 700
    ticket_updates: int = 100
    updates_per_ticket: int = 30
    incremental: int = 10
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Options:
    """What a sandbox starts with.

    ``token`` is a bearer token of the app's own user, with scope ``read write``, that never
    expires; ``client_id`` and ``client_secret`` get 30-minute tokens at ``/oauth/tokens``.
    ``unknown_option`` says what becomes of a dropdown value that is no option: refused with 422,
    or dropped without a word, as Zendesk's users also report. ``export_lag`` is the age in
    seconds below which a change stays out of the incremental export. Times of the webhooks are in
    seconds; Zendesk does not publish its pause between two attempts.
    """

    token: str = field(default_factory=_secret)
    client_id: str = "warranty_desk"
    client_secret: str = field(default_factory=_secret)
    account_id: int = 18525119
    subdomain: str = "sandbox"
    limits: Limits = field(default_factory=Limits)
    unknown_option: Literal["reject", "ignore"] = "reject"
    export_lag: int = 60
    webhook_timeout: float = 12.0
    webhook_retry_pause: float = 1.0
    webhook_workers: int = 4
    clock: Clock = now_utc
