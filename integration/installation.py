"""One connected helpdesk account, as everybody here knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from policy import CrossBorder, Status

CROSS_BORDER: Final[tuple[CrossBorder, ...]] = get_args(CrossBorder)
Mode = Literal["off", "shadow", "notes", "full"]
"""What is done with a verdict: it is not even worked out; it is worked out and kept, and shown in
the sidebar; a private note is written; fields, tags, deadline and macros' effects too."""
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
HelpdeskName = Literal["zendesk", "freshdesk"]
HELPDESKS: Final[tuple[HelpdeskName, ...]] = get_args(HelpdeskName)
"""The helpdesks that there are, as the store and the addresses of webhooks name them."""

DUE_BY_SLA: Final[frozenset[HelpdeskName]] = frozenset({"freshdesk"})
"""Helpdesks in which every ticket has a due date, of whatever type it is: the one that its SLA
works out, until somebody sets another."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One connected helpdesk account and how it wants its tickets treated.

    ``id`` is the last part of its webhook's address; ``helpdesk`` says whose the account is, and
    ``subdomain`` which. ``signing_secrets`` are one, or two while a secret is being changed: those
    that prove a webhook. Of Zendesk either ``token`` or ``client_id`` with ``client_secret`` is set
    in a worker; of Freshdesk ``api_key``. ``app_secret`` proves what the app in the agents' sidebar
    asks, and so do, for a while, those before it (the newest first); only the store keeps them.
    ``time_zone`` decides on which day a claim was opened. ``regions`` is the policy's own notation
    (``EU:DE,FR;NA:US,CA``). ``public_replies`` are the statuses for which the suggested reply may
    be sent to the customer. Before a claim's deadline there are two reminders, so many days ahead.
    Limits are the account's own, a minute (``request_limit`` 0: what the helpdesk tells
    of it), of which the app takes ``limit_share`` per cent and leaves the rest to agents. ``mode``
    says what is done with a verdict.
    """

    id: str
    helpdesk: HelpdeskName = "zendesk"
    subdomain: str | None = None
    signing_secrets: tuple[str, ...] = field(default=(), repr=False)
    token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    app_secret: str | None = field(default=None, repr=False)
    app_secrets_before: tuple[str, ...] = field(default=(), repr=False)
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    cross_border: CrossBorder = "buyer_freight"
    regions: str = ""
    public_replies: frozenset[Status] = frozenset()
    due_date_tasks: bool = False
    deadline_near_days: int = 7
    deadline_last_days: int = 1
    update_limit: int = 100
    request_limit: int = 0
    limit_share: int = 75
    mode: Mode = "full"
