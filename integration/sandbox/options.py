"""How a sandbox is set up. For trying and testing only."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

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
class Client:
    """An OAuth client that the account knows by ``id`` (Zendesk's "unique identifier").

    ``kind`` public has no secret and must use PKCE. ``everywhere`` marks a global client, such as a
    marketplace app has; it gets no tokens of its own. ``redirects`` are where an admin may be sent
    back to: ValueError for one that is neither https nor on this machine.
    """

    id: str
    name: str
    secret: str | None = field(default=None, repr=False)
    redirects: tuple[str, ...] = ()
    everywhere: bool = False

    def __post_init__(self) -> None:
        for address in self.redirects:
            parts = urlsplit(address)
            local = parts.hostname in ("localhost", "127.0.0.1", "::1")
            if not parts.hostname or parts.scheme not in ("https", *(["http"] if local else [])):
                raise ValueError(f"redirect {address}: expected https, or http on this machine")

    @property
    def kind(self) -> Literal["public", "confidential"]:
        return "confidential" if self.secret else "public"


@dataclass(frozen=True, slots=True)
class Options:
    """What a sandbox starts with.

    ``token`` is a bearer token of the app's own user, with scope ``read write``, that never
    expires; ``client_id`` and ``client_secret`` get 30-minute tokens at ``/oauth/tokens``: a
    confidential client of the account itself. ``global_id`` and ``global_secret`` are a marketplace
    app's global client. Either may send people back to ``redirects`` (more clients: ``clients``).
    ``access_life`` and ``refresh_life`` are seconds that tokens live, whatever is asked for and
    beyond Zendesk's bounds, for tests that cannot wait; None: as asked, or Zendesk's defaults.

    ``app_folder`` is the package of an installed app. ``app_url`` is, in the place of one, the page
    that an app opens in the navigation bar; without either no app is installed. ``app_settings``
    are the installation's settings. ``sla_policies`` says whether the
    plan has them: below Support Professional and Suite Growth it has not, and what Zendesk answers
    then is not documented: ``missing`` is 404 as for schedules, ``forbidden`` is 403.

    ``unknown_option`` says what becomes of a dropdown value that is no option: refused with 422,
    or dropped without a word, as Zendesk's users also report. ``export_lag`` is the age in
    seconds below which a change stays out of the incremental export. Times of the webhooks are in
    seconds; Zendesk does not publish its pause between two attempts. ``job_pause`` is how many
    seconds a bulk job takes for each ticket (0: it is done at once).
    """

    token: str = field(default_factory=_secret)
    client_id: str = "warranty_desk"
    client_secret: str = field(default_factory=_secret, repr=False)
    global_id: str = "zdg-warranty-desk"
    global_secret: str = field(default_factory=_secret, repr=False)
    redirects: tuple[str, ...] = ()
    clients: tuple[Client, ...] = ()
    access_life: int | None = None
    refresh_life: int | None = None
    app_id: int = 1048576
    app_name: str = "Warranty Desk"
    app_url: str | None = None
    app_folder: Path | None = None
    app_settings: Mapping[str, Any] = field(default_factory=dict)
    sla_policies: Literal["offered", "missing", "forbidden"] = "offered"
    account_id: int = 18525119
    subdomain: str = "sandbox"
    limits: Limits = field(default_factory=Limits)
    unknown_option: Literal["reject", "ignore"] = "reject"
    export_lag: int = 60
    webhook_timeout: float = 12.0
    webhook_retry_pause: float = 1.0
    webhook_workers: int = 4
    job_pause: float = 0.0
    clock: Clock = now_utc
