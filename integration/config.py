"""The environment, read once, frozen. Every missing or wrong setting is named at once."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Flag, auto
from pathlib import Path
from types import MappingProxyType
from typing import Final, get_args
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.engine import make_url

from integration.environ import BadSetting, ConfigError, Reader
from integration.helpdesks.zendesk_webhook import check_secret
from policy import STATUSES, CrossBorder, Status, parse_regions

__all__ = ["BadSetting", "Config", "ConfigError", "Installation", "Role"]

CROSS_BORDER: Final[tuple[CrossBorder, ...]] = get_args(CrossBorder)
DEFAULT_STORE: Final = "sqlite:///warranty.sqlite"
"""One SQLite file in the working directory."""


class Role(Flag):
    """What a process does with the settings; it may do both."""

    WEB = auto()
    """Receives webhooks: needs the signing secret, never the helpdesk's credentials."""
    WORKER = auto()
    """Reviews tickets: needs the helpdesk's address and credentials."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One connected helpdesk account and how it wants its tickets treated.

    ``id`` is the last part of its webhook's address. ``signing_secrets`` are one, or two while a
    secret is being changed. Either ``token`` or ``client_id`` with ``client_secret`` is set in a
    worker. ``time_zone`` decides on which day a claim was opened. ``regions`` is the policy's own
    notation (``EU:DE,FR;NA:US,CA``). ``public_replies`` are the statuses for which the suggested
    reply may be sent to the customer.
    """

    id: str
    subdomain: str | None = None
    signing_secrets: tuple[str, ...] = field(default=(), repr=False)
    token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    cross_border: CrossBorder = "buyer_freight"
    regions: str = ""
    public_replies: frozenset[Status] = frozenset()
    due_date_tasks: bool = False
    deadline_near_days: int = 7


@dataclass(frozen=True, slots=True)
class Config:
    """All settings. Times are in seconds, sizes in bytes; ``installations`` goes by id."""

    installations: Mapping[str, Installation]
    database_url: str = field(default=DEFAULT_STORE, repr=False)
    webhook_max_age: int = 900
    max_body: int = 65536
    worker_slots: int = 4
    lease_seconds: int = 60
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    """Where a worker serves its metrics; 0: nowhere."""

    @classmethod
    def from_environ(
        cls,
        environ: Mapping[str, str],
        roles: Role = Role.WEB | Role.WORKER,
        *,
        dotenv: Path | None = None,
    ) -> Config:
        """Read the settings for ``roles`` from ``environ``, then from the file ``dotenv`` if any.

        An empty value counts as none. Raises ConfigError naming everything that is wrong, also in
        settings that only another role needs, and everything that ``roles`` need and lack.
        """
        read = Reader(environ, dotenv)
        installation = _installation(read)
        config = cls(
            installations=MappingProxyType({installation.id: installation}),
            database_url=read.parsed(
                "DATABASE_URL",
                _database_url,
                "sqlite:///FILE, or postgresql+psycopg://USER:PASSWORD@HOST/NAME with psycopg "
                "installed",
                default=DEFAULT_STORE,
                secret=True,
            ),
            webhook_max_age=read.number("WARRANTY_WEBHOOK_MAX_AGE", 900, 1, 86_400, "seconds"),
            max_body=read.number("WARRANTY_MAX_BODY", 65_536, 1_024, 10_485_760, "bytes"),
            worker_slots=read.number("WARRANTY_WORKER_SLOTS", 4, 1, 64, "reviews at once"),
            lease_seconds=read.number("WARRANTY_LEASE_SECONDS", 60, 1, 3_600, "seconds"),
            metrics_host=read.text(
                "WARRANTY_METRICS_HOST",
                r"[A-Za-z0-9._:-]{1,253}",
                "an address or name of this machine, as 127.0.0.1 or 0.0.0.0",
                default="127.0.0.1",
            )
            or "127.0.0.1",
            metrics_port=read.number("WARRANTY_METRICS_PORT", 0, 0, 65_535, "a port"),
        )
        wrong = read.wrong()
        named = {bad.name for bad in wrong}
        wrong += [bad for bad in _lacking(config, roles) if bad.name not in named]
        if wrong:
            raise ConfigError(tuple(wrong))
        return config

    def require(self, roles: Role) -> None:
        """Raise ConfigError unless everything that ``roles`` need is there and may be used."""
        if lacking := _lacking(self, roles):
            raise ConfigError(tuple(lacking))


def _installation(read: Reader) -> Installation:
    return Installation(
        id=read.text("WARRANTY_INSTALLATION", r"[a-z0-9-]{1,40}", _NAME, default="main") or "main",
        subdomain=read.text("WARRANTY_ZENDESK_SUBDOMAIN", r"[a-z0-9][a-z0-9-]{0,62}", _SUBDOMAIN),
        signing_secrets=read.parsed(
            "WARRANTY_ZENDESK_SIGNING_SECRET", _secrets, _SIGNING, default=(), secret=True
        ),
        token=read.text("WARRANTY_ZENDESK_TOKEN", r"\S+", _ACCESS, secret=True),
        client_id=read.text("WARRANTY_ZENDESK_CLIENT_ID", r"\S+", _CLIENT),
        client_secret=read.text("WARRANTY_ZENDESK_CLIENT_SECRET", r"\S+", _CLIENT, secret=True),
        time_zone=read.parsed(
            "WARRANTY_TIME_ZONE",
            _time_zone,
            "an IANA time zone, as Europe/Berlin",
            default=ZoneInfo("UTC"),
        ),
        cross_border=read.parsed(
            "WARRANTY_CROSS_BORDER",
            _cross_border,
            f"one of {', '.join(CROSS_BORDER)}",
            default=CROSS_BORDER[0],
        ),
        regions=read.parsed(
            "WARRANTY_REGIONS",
            _regions,
            "groups of ISO 3166-1 country codes, as EU:DE,FR;NA:US,CA",
            default="",
        ),
        public_replies=read.parsed(
            "WARRANTY_PUBLIC_REPLIES",
            _statuses,
            f"some of {', '.join(STATUSES)}, separated by commas",
            default=frozenset(),
        ),
        due_date_tasks=read.flag("WARRANTY_DUE_DATE_TASKS"),
        deadline_near_days=read.number("WARRANTY_DEADLINE_NEAR_DAYS", 7, 0, 365, "days"),
    )


_NAME: Final = "1 to 40 of a-z, 0-9 and -: it is the last part of the webhook's address"
_SUBDOMAIN: Final = "the part of the account's address before .zendesk.com"
_SIGNING: Final = (
    "the webhook's signing secret, or the new and the old one separated by a comma; "
    "not Zendesk's public test secret"
)
_CLIENT: Final = (
    "WARRANTY_ZENDESK_CLIENT_ID with WARRANTY_ZENDESK_CLIENT_SECRET of a confidential OAuth "
    "client, or WARRANTY_ZENDESK_TOKEN, and not both"
)
_ACCESS: Final = (
    "an OAuth access token (or a client: WARRANTY_ZENDESK_CLIENT_ID with "
    "WARRANTY_ZENDESK_CLIENT_SECRET), and not both"
)


def _lacking(config: Config, roles: Role) -> list[BadSetting]:
    """What a role needs and the configuration has not, as the names in the environment."""
    found: list[BadSetting] = []
    for one in config.installations.values():
        if Role.WEB in roles and not _usable(one.signing_secrets):
            found.append(BadSetting("WARRANTY_ZENDESK_SIGNING_SECRET", None, _SIGNING))
        if Role.WORKER in roles:
            if not one.subdomain:
                found.append(BadSetting("WARRANTY_ZENDESK_SUBDOMAIN", None, _SUBDOMAIN))
            client = (one.client_id, one.client_secret)
            if bool(one.token) == any(client):  # neither, or both
                found.append(BadSetting("WARRANTY_ZENDESK_TOKEN", None, _ACCESS))
            elif not one.token:
                names = ("WARRANTY_ZENDESK_CLIENT_ID", "WARRANTY_ZENDESK_CLIENT_SECRET")
                pairs = zip(names, client, strict=True)
                found += [BadSetting(name, None, _CLIENT) for name, value in pairs if not value]
    return found


def _usable(secrets: tuple[str, ...]) -> bool:
    try:
        for secret in secrets:
            check_secret(secret)
    except ValueError:
        return False
    return bool(secrets)


def _secrets(value: str) -> tuple[str, ...]:
    secrets = tuple(part.strip() for part in value.split(","))
    if len(secrets) > 2 or not all(secrets):
        raise ValueError("one or two")
    for secret in secrets:
        check_secret(secret)
    return secrets


def _time_zone(value: str) -> ZoneInfo:
    if value not in available_timezones():
        raise ValueError("unknown")
    return ZoneInfo(value)


def _cross_border(value: str) -> CrossBorder:
    return CROSS_BORDER[CROSS_BORDER.index(value)]


def _regions(value: str) -> str:
    parse_regions(value)
    return value


def _statuses(value: str) -> frozenset[Status]:
    named = {part.strip() for part in value.split(",")} - {""}
    known = frozenset(status for status in STATUSES if status in named)
    if len(known) < len(named):
        raise ValueError("unknown")
    return known


def _database_url(value: str) -> str:
    # Hosting companies hand out postgres:// or postgresql://; SQLAlchemy reads the latter as
    # psycopg2, which is not what we use.
    value = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", value)
    url = make_url(value)
    in_memory = url.database in (None, "", ":memory:") or "mode=memory" in (url.database or "")
    if url.drivername in ("sqlite", "sqlite+pysqlite") and not in_memory:
        return value
    if url.drivername == "postgresql+psycopg" and importlib.util.find_spec("psycopg"):
        return value
    raise ValueError("not a store we can use")
