"""The environment, read once, frozen. Every missing or wrong setting is named at once."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Flag, auto
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy.engine import make_url

from integration.environ import BadSetting, ConfigError, Reader
from integration.helpdesks.zendesk_webhook import check_secret
from integration.vault import Vault
from policy import STATUSES, CrossBorder, Status, parse_regions

__all__ = ["BadSetting", "Config", "ConfigError", "Installation", "Role"]

CROSS_BORDER: Final[tuple[CrossBorder, ...]] = get_args(CrossBorder)
Mode = Literal["off", "shadow", "notes", "full"]
"""What is done with a verdict: it is not even worked out; it is worked out and kept, and shown in
the sidebar; a private note is written; fields, tags, deadline and macros' effects too."""
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
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
    worker. ``app_secret`` signs what the app in the agents' sidebar asks, and so does, for a while,
    those before it (the newest first); only the store keeps them.
    ``time_zone`` decides on which day a claim was opened. ``regions`` is the policy's own notation
    (``EU:DE,FR;NA:US,CA``). ``public_replies`` are the statuses for which the suggested reply may
    be sent to the customer. Before a claim's deadline there are two reminders, so many days ahead.
    Limits are the account's own, a minute (``request_limit`` 0: what the helpdesk tells
    of it), of which the app takes ``limit_share`` per cent and leaves the rest to agents. ``mode``
    says what is done with a verdict.
    """

    id: str
    subdomain: str | None = None
    signing_secrets: tuple[str, ...] = field(default=(), repr=False)
    token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
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


@dataclass(frozen=True, slots=True)
class OAuth:
    """The global client of the marketplace app, and what its requests say of who sends them."""

    client_id: str
    client_secret: str = field(repr=False)
    name: str = "Warranty Desk"
    organization_id: str = ""
    app_id: str = ""


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
    reconcile_minutes: int = 5
    """How often tickets are looked for that no webhook told of; 0: never."""
    retention_days: int = 400
    """How long what is known of a review is kept."""
    keys: tuple[str, ...] = field(default=(), repr=False)
    """What secrets in the store are encrypted by: the first key encrypts, all decrypt. Without one
    nothing secret is stored: there is no set-up page, and one account, the environment's."""
    url: str | None = None
    """Where helpdesks and admins reach the web app: scheme and host."""
    proxies: int = 0
    """How many proxies of ours stand before the web app, whose word on the caller counts."""
    oauth: OAuth | None = None
    accounts: frozenset[str] = frozenset()
    """The subdomains that may be connected; empty: any."""
    app_key: str | None = field(default=None, repr=False)
    """The public key (PEM) with which Zendesk proves that it opened the app's page."""

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
        oauth = _oauth(read)
        config = cls(
            oauth=oauth,
            keys=read.parsed("WARRANTY_KEYS", _keys, _KEYS, default=(), secret=True),
            url=read.text("WARRANTY_URL", _ADDRESS, _URL),
            proxies=read.number("WARRANTY_PROXIES", 0, 0, 9, "proxies"),
            accounts=read.parsed(
                "WARRANTY_ACCOUNTS", _subdomains, _SUBDOMAINS, default=frozenset()
            ),
            # Public, but nobody wants to read it: it is not shown.
            app_key=read.parsed("WARRANTY_APP_KEY", _pem, _PEM, default=None, secret=True),
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
            reconcile_minutes=read.number("WARRANTY_RECONCILE_MINUTES", 5, 0, 1_440, "minutes"),
            retention_days=read.number("WARRANTY_RETENTION_DAYS", 400, 1, 3_650, "days"),
        )
        wrong = read.wrong()
        named = {bad.name for bad in wrong}
        keyed = bool(config.keys) or "WARRANTY_KEYS" in named
        wrong += [bad for bad in _lacking(config, roles, keyed) if bad.name not in named]
        if wrong:
            raise ConfigError(tuple(wrong))
        return config

    def require(self, roles: Role) -> None:
        """Raise ConfigError unless everything that ``roles`` need is there and may be used."""
        if lacking := _lacking(self, roles, bool(self.keys)):
            raise ConfigError(tuple(lacking))


def _oauth(read: Reader) -> OAuth | None:
    """The global client; where only some of it is given, with the rest empty (see ``_lacking``)."""
    client_id = read.text("WARRANTY_OAUTH_CLIENT_ID", r"\S+", _GLOBAL)
    client_secret = read.text("WARRANTY_OAUTH_CLIENT_SECRET", r"\S+", _GLOBAL, secret=True)
    name = read.text("WARRANTY_MARKETPLACE_NAME", r"[ -~]{1,80}", "the app's name in ASCII")
    organization = read.text("WARRANTY_MARKETPLACE_ORGANIZATION_ID", r"[0-9]{1,20}", _MARKETPLACE)
    app = read.text("WARRANTY_MARKETPLACE_APP_ID", r"[0-9]{1,20}", _MARKETPLACE)
    if not (client_id or client_secret or organization or app):
        return None
    given = (client_id, client_secret, name or "Warranty Desk", organization, app)
    return OAuth(*(one or "" for one in given))


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
        deadline_last_days=read.number("WARRANTY_DEADLINE_LAST_DAYS", 1, 0, 365, "days"),
        update_limit=read.number("WARRANTY_UPDATE_LIMIT", 100, 1, 1_000_000, "updates a minute"),
        request_limit=read.number("WARRANTY_REQUEST_LIMIT", 0, 0, 10_000_000, "requests a minute"),
        limit_share=read.number("WARRANTY_LIMIT_SHARE", 75, 1, 100, "per cent"),
    )


_KEYS: Final = (
    "keys as `warranty keys new` makes them, separated by commas; the first encrypts, all decrypt"
)
_GLOBAL: Final = (
    "WARRANTY_OAUTH_CLIENT_ID with WARRANTY_OAUTH_CLIENT_SECRET of the marketplace app's global "
    "OAuth client, or neither"
)
_MARKETPLACE: Final = (
    "two numbers, WARRANTY_MARKETPLACE_ORGANIZATION_ID with WARRANTY_MARKETPLACE_APP_ID, or neither"
)
_NEEDED: Final = f"{_KEYS}: what the OAuth client is granted is kept in the store, encrypted"
_SUBDOMAINS: Final = "subdomains (what stands before .zendesk.com), separated by commas"
_PEM: Final = r"an RSA public key in PEM, on one line with \n for each line's end"
_ADDRESS: Final = r"https://[A-Za-z0-9.-]+(:\d+)?|http://(127\.0\.0\.1|localhost)(:\d+)?"
_URL: Final = "an https address that ends with the host, as https://warranty.example.com"
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


def _lacking(config: Config, roles: Role, keyed: bool) -> list[BadSetting]:
    """What a role needs and the configuration has not, as the names in the environment. ``keyed``:
    keys were given, be they right or wrong."""
    found = _halves(config.oauth)
    if keyed:
        # The accounts are in the store, or will be: none needs to be in the environment. The web
        # app is reached at this address, and the worker puts it into the webhooks it makes.
        if roles and config.url is None:
            found.append(BadSetting("WARRANTY_URL", None, _URL))
        return found
    if roles and config.oauth is not None:
        return [*found, BadSetting("WARRANTY_KEYS", None, _NEEDED)]
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


def _halves(oauth: OAuth | None) -> list[BadSetting]:
    """What is missing of the global client, whatever the role: half of it is never meant."""
    if oauth is None:
        return []
    pairs = [("WARRANTY_OAUTH_CLIENT_ID", oauth.client_id, _GLOBAL)]
    pairs += [("WARRANTY_OAUTH_CLIENT_SECRET", oauth.client_secret, _GLOBAL)]
    if oauth.organization_id or oauth.app_id:
        number = oauth.organization_id
        pairs += [("WARRANTY_MARKETPLACE_ORGANIZATION_ID", number, _MARKETPLACE)]
        pairs += [("WARRANTY_MARKETPLACE_APP_ID", oauth.app_id, _MARKETPLACE)]
    return [BadSetting(name, None, expected) for name, value, expected in pairs if not value]


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


def _keys(value: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in value.split(","))
    Vault(keys)
    return keys


def _subdomains(value: str) -> frozenset[str]:
    names = {part.strip().lower() for part in value.split(",")} - {""}
    # Nothing but a comma would name none, and none means any.
    if not names or not all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", name) for name in names):
        raise ValueError("no subdomain")
    return frozenset(names)


def _pem(value: str) -> str:
    text = value.replace("\\n", "\n")  # on one line, as platforms keep it
    try:
        key = load_pem_public_key(text.encode())
    except UnsupportedAlgorithm as error:
        raise ValueError("not RSA") from error
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not RSA")
    return text


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
