"""How a small Freshdesk is set up. For trying and testing only."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from integration.sandbox.options import Clock, now_utc


@dataclass(frozen=True, slots=True)
class Plan:
    """Requests allowed in a minute: altogether, and of single kinds (None: no limit of its own).

    developers.freshdesk.com/api/#ratelimit.
    """

    total: int
    ticket_create: int | None = None
    ticket_update: int | None = None
    tickets_list: int | None = None
    contacts_list: int | None = None


PLANS: Final[Mapping[str, Plan]] = {
    "free": Plan(0),
    "trial": Plan(50),
    "growth": Plan(200, 80, 80, 20, 20),
    "pro": Plan(400, 160, 160, 100, 100),
    "enterprise": Plan(700, 280, 280, 200, 200),
}


def _secret() -> str:
    return secrets.token_urlsafe(15)


NewSla = Literal["off", "recalculates", "respects"]


@dataclass(frozen=True, slots=True)
class Options:
    """One account, as a test or a person wants it. Times are in seconds.

    ``api_key`` is an administrator's key, ``agent_key`` one of an agent without those rights.
    ``plan`` sets the rate limits, which are counted only with ``limited``. ``statuses`` are the
    account's own beside the usual ones, numbered from 8 on. ``field_names`` says how the name of a
    new ticket field is made from its label: with a number behind it, or without.

    ``new_sla`` is how accounts treat due times that were made after 25 August 2025. With
    "recalculates" an update's answer shows the times from before it, and ``sla_delay`` seconds
    later they are those of the SLA policy again, whatever the update had set; "respects" keeps what
    was set. Which of the two Freshdesk does is not documented.

    ``app_folder`` is the source bundle of an installed app, which is called ``app_name``;
    ``app_settings`` are its settings (others may follow, by ``control``).

    ``api_updates_trigger`` lets rules on updates run for what the API changes; ``cascading`` lets
    them run for what other rules change. ``creation_rules`` is how many of the rules on new
    tickets run. ``webhook_retries`` are the pauses between a delivery's attempts.
    ``webhook_postponed`` is how long a delivery waits that finds the account's limit used up, and
    ``webhook_dropped`` after how long it is given up. ``search_lag`` is how far the search is
    behind. ``job_pause`` passes before each ticket of a bulk update.
    """

    api_key: str = field(default_factory=_secret, repr=False)
    agent_key: str = field(default_factory=_secret, repr=False)
    domain: str = "sandbox"
    time_zone: str = "Eastern Time (US & Canada)"
    plan: str = "growth"
    limited: bool = True
    statuses: tuple[str, ...] = ()
    field_names: Literal["numbered", "plain"] = "numbered"
    new_sla: NewSla = "off"
    sla_delay: float = 3.0
    app_folder: Path | None = None
    app_name: str = "Warranty Desk"
    app_settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    api_updates_trigger: bool = True
    cascading: bool = False
    creation_rules: Literal["first", "all"] = "all"
    webhook_timeout: float = 10.0
    webhook_retries: tuple[float, ...] = (300.0, 1800.0, 3600.0)
    webhook_postponed: float = 3600.0
    webhook_dropped: float = 86400.0
    webhook_workers: int = 4
    search_lag: float = 120.0
    job_pause: float = 0.0
    clock: Clock = field(default=now_utc)

    def __post_init__(self) -> None:
        if self.plan not in PLANS:
            raise ValueError(f"plan {self.plan!r}: expected one of {', '.join(PLANS)}")
