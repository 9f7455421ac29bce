"""The environment, read once, frozen. Every missing or wrong setting is named at once."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Flag, auto
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy.engine import make_url

from integration import config_account
from integration.environ import BadSetting, ConfigError, Reader
from integration.installation import Installation
from integration.vault import Vault

__all__ = ["BadSetting", "Config", "ConfigError", "Installation", "Role"]

DEFAULT_STORE: Final = "sqlite:///warranty.sqlite"
"""One SQLite file in the working directory."""


class Role(Flag):
    """What a process does with the settings; it may do both."""

    WEB = auto()
    """Receives webhooks: needs the signing secret, never the helpdesk's credentials."""
    WORKER = auto()
    """Reviews tickets: needs the helpdesk's address and credentials."""


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
    """The whole addresses that may be connected, as acme.zendesk.com; empty: any."""
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
        installation, wrong_together = config_account.read_account(read)
        oauth = _oauth(read)
        config = cls(
            oauth=oauth,
            keys=read.parsed("WARRANTY_KEYS", _keys, _KEYS, default=(), secret=True),
            url=read.text("WARRANTY_URL", _ADDRESS, _URL),
            proxies=read.number("WARRANTY_PROXIES", 0, 0, 9, "proxies"),
            accounts=read.parsed("WARRANTY_ACCOUNTS", _accounts, _ACCOUNTS, default=frozenset()),
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
        wrong = [*read.wrong(), *wrong_together]
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
_ACCOUNTS: Final = (
    "addresses, as acme.zendesk.com or acme.freshdesk.com, separated by commas; a subdomain alone "
    "is one of Zendesk"
)
_ACCOUNT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}(\.(zendesk|freshdesk)\.com)?")
_PEM: Final = r"an RSA public key in PEM, on one line with \n for each line's end"
_ADDRESS: Final = r"https://[A-Za-z0-9.-]+(:\d+)?|http://(127\.0\.0\.1|localhost)(:\d+)?"
_URL: Final = "an https address that ends with the host, as https://warranty.example.com"


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
        found += config_account.lacking(one, web=Role.WEB in roles, worker=Role.WORKER in roles)
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


def _keys(value: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in value.split(","))
    Vault(keys)
    return keys


def _accounts(value: str) -> frozenset[str]:
    names = {part.strip().lower() for part in value.split(",")} - {""}
    # Nothing but a comma would name none, and none means any.
    if not names or not all(map(_ACCOUNT.fullmatch, names)):
        raise ValueError("no account")
    # A name is not to let in whoever takes it at the other helpdesk.
    return frozenset(name if "." in name else f"{name}.zendesk.com" for name in names)


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
