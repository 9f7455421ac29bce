"""The connected accounts: settings, secrets, tokens. Only this module knows ``installations``.

The one source of an installation's settings. Secrets and tokens are encrypted (``vault``); what is
kept beside them in the clear says only whether and until when they are good. Moments are the
database's time, as in ``jobs``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Any, Final, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Connection, Row

from integration import app_secrets, settings
from integration.app_secrets import AppPut, Secrets
from integration.config import Installation
from integration.helpdesks.tokens import Tokens
from integration.store import Home, Store, insert, metadata, now_ms
from integration.vault import Vault

INSTALLATIONS = Table(
    "installations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("helpdesk", String(16), nullable=False),
    Column("address", String(63), nullable=False),  # the subdomain
    Column("settings", JSON, nullable=False),
    Column("version", Integer, nullable=False),  # of the settings
    Column("secrets", Text, nullable=False),  # encrypted
    Column("grant_state", String(16), nullable=False),
    Column("grant_serial", Integer, nullable=False),  # how often tokens were renewed
    Column("renew_at", BigInteger),  # when the access token is to be renewed
    Column("renew_by", BigInteger),  # when the grant ends unless it is renewed before
    Column("lease_owner", String(64)),  # who renews it
    Column("lease_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("helpdesk", "address"),
)
CHANGES = Table(
    "setting_changes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("installation", String(40), nullable=False, index=True),
    Column("changed_at", BigInteger, nullable=False),
    Column("who", String(120), nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
)

_NOW: Final = now_ms().label("now")
"""Read with a row: what is good until a moment is so by the database's time."""

GrantState = Literal["none", "good", "gone"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECRETS: Final = (
    "signing_secrets",
    "token",
    "client_id",
    "client_secret",
    "api_key",
    "app_secret",
)


NO_ZONE: Final = (
    "Say the time zone first: the helpdesk did not tell it, and it decides on which day a claim "
    "was opened."
)
"""Why an account cannot be switched on."""


class Stale(Exception):
    """The settings were changed by somebody else meanwhile: look at them again."""


class Taken(Exception):
    """This account is connected already, as another installation."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An installation as it is stored. ``grant`` says whether it has tokens of its own (good), had
    (gone), or needs none; where it is reached by an API key, gone is that the helpdesk refuses it.
    ``renew_by`` is when the grant ends unless renewed before (aware). ``zone_said``: whether the
    helpdesk told its time zone, or somebody here did; until then UTC is no more than presumed, and
    it cannot be switched on."""

    installation: Installation
    version: int
    grant: GrantState
    renew_by: datetime | None
    zone_said: bool = True

    def changed(self, given: Mapping[str, object]) -> Kept:
        """The same with the settings ``given`` (by name). Raises settings.BadSettings."""
        one = settings.changed(self.installation, given)
        said = self.zone_said or "time_zone" in given
        if one.mode != "off" and not said:
            raise settings.BadSettings({"mode": NO_ZONE})
        return replace(self, installation=one, zone_said=said)

    def as_json(self) -> dict[str, Any]:
        """The settings, JSON-ready, by name; a time zone that nobody said is None."""
        found = settings.as_json(self.installation)
        return found if self.zone_said else {**found, "time_zone": None}


@dataclass(frozen=True, slots=True)
class Held:
    """The tokens of an installation as they are stored: ``access`` is good for ``seconds`` before
    it is to be renewed. ``serial`` tells this state of them from any other."""

    state: GrantState
    serial: int
    access: str | None = field(repr=False)
    refresh: str | None = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of settings: when (aware, UTC), by whom, and name by name what was and is."""

    at: datetime
    who: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class Installations:
    """The installations of one store. Every method raises errors.Unavailable, and vault.NoKey
    where secrets are involved and no key fits."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    # -- accounts -----------------------------------------------------------------------------

    def get(self, installation: str) -> Kept | None:
        """An installation by its id, with its secrets; None where there is none."""
        t = INSTALLATIONS
        with self._store.read() as connection:
            row = connection.execute(select(t, _NOW).where(t.c.id == installation)).one_or_none()
        return None if row is None else self._kept(row)

    def all(self) -> list[Kept]:
        """Every installation, the oldest first."""
        t = INSTALLATIONS
        with self._store.read() as connection:
            rows = connection.execute(select(t, _NOW).order_by(t.c.created_at, t.c.id)).all()
        return [self._kept(row) for row in rows]

    def at(self, helpdesk: str, address: str) -> Kept | None:
        """The installation of an account, None while it is not connected."""
        t = INSTALLATIONS
        query = select(t, _NOW).where(t.c.helpdesk == helpdesk, t.c.address == address)
        with self._store.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else self._kept(row)

    def add(
        self,
        installation: Installation,
        tokens: Tokens | None = None,
        *,
        zone_said: bool = True,
    ) -> bool:
        """Keep a new installation; False, and nothing is changed, where its id is known already.
        ``zone_said`` as in ``Kept``.

        Raises Taken where its account is connected under another id, store.Moved where the field
        bindings under its id are another account's, and ValueError for one without an address.
        """
        if not installation.subdomain:
            raise ValueError(f"installation {installation.id!r}: expected a subdomain")
        self._store.settle(installation.id, Home(installation.helpdesk, installation.subdomain))
        secrets = {name: getattr(installation, name) for name in _SECRETS}
        row = insert(self._store.dialect, INSTALLATIONS).values(
            id=installation.id,
            helpdesk=installation.helpdesk,
            address=installation.subdomain,
            settings=_stored(installation, zone_said),
            version=1,
            secrets=self._vault.close({**secrets, **_pair(tokens)}),
            grant_state="none" if tokens is None else "good",
            grant_serial=1,
            created_at=now_ms(),
            **_moments(tokens),
        )
        t = INSTALLATIONS.c
        same = and_(t.helpdesk == installation.helpdesk, t.address == installation.subdomain)
        with self._store.begin() as connection:
            # Whoever is quicker wins, in the database alone; then it is seen who that was.
            added = row.on_conflict_do_nothing().returning(t.id)
            if connection.execute(added).one_or_none() is not None:
                return True
            known = select(t.id).where(or_(t.id == installation.id, same))
            if set(connection.execute(known).scalars()) - {installation.id}:
                raise Taken(f"{installation.subdomain}: it is connected already")
        return False

    def keep_secrets(self, installation: str, **secrets: object) -> None:
        """Keep some of an installation's secrets (signing_secrets, token, client_id, client_secret,
        api_key, app_secret) in place of those before. KeyError for an installation that there is
        not. An API key counts as good until it is refused (``key_refused``)."""
        if other := set(secrets) - set(_SECRETS):
            raise ValueError(f"{', '.join(sorted(other))}: not among {', '.join(_SECRETS)}")

        def changed(kept: dict[str, Any]) -> dict[str, Any]:
            return {**kept, **secrets}

        good: dict[str, Any] = {"grant_state": "none"} if "api_key" in secrets else {}
        if not self._rewrite(installation, changed, **good):
            raise KeyError(installation)

    def key_refused(self, installation: str, key: str) -> bool:
        """The helpdesk no longer knows this API key: an admin has to connect again. False where
        that is known already, and where another key has come in its place meanwhile."""
        t = INSTALLATIONS.c
        with self._store.begin() as connection:
            row = self._locked(connection, installation)
            if row is None or row.grant_state == "gone":
                return False
            if self._vault.open(row.secrets).get("api_key") != key:
                return False
            gone = update(INSTALLATIONS).where(t.id == installation).values(grant_state="gone")
            connection.execute(gone)
        return True

    def app_secret(self, installation: str) -> str:
        """What the app in the agents' sidebar proves its requests by: it is put into the app's
        settings. Made when first asked for, and the same from then on, whoever asks.
        KeyError for an installation that there is not."""
        made = token_urlsafe(32)
        found: list[str] = []

        def with_one(kept: Secrets) -> Secrets:
            found.append(kept.get("app_secret") or made)
            return {**kept, "app_secret": found[-1]}

        if not self._rewrite(installation, with_one):
            raise KeyError(installation)
        return found[-1]

    def new_app_secret(self, installation: str, overlap: timedelta) -> str:
        """Another secret for the app in the sidebar; the one before it, and that which was last put
        into the app, are good for so long yet, and older ones until they end anyway. KeyError for
        an installation that there is not."""
        made, until = token_urlsafe(32), self._now() + overlap // timedelta(milliseconds=1)
        if not self._rewrite(installation, lambda kept: app_secrets.renewed(kept, made, until)):
            raise KeyError(installation)
        return made

    def app_put(self, installation: str) -> AppPut | None:
        """What was last put into the app in the sidebar; None where nothing was. KeyError for an
        installation that there is not."""
        t = INSTALLATIONS.c
        with self._store.read() as connection:
            row = connection.execute(select(t.secrets).where(t.id == installation)).one_or_none()
        if row is None:
            raise KeyError(installation)
        return app_secrets.last_put(self._vault.open(row.secrets))

    def keep_app_put(
        self, installation: str, secret: str, app: str, updated_at: str, *, overlap: timedelta
    ) -> None:
        """Keep that this secret was put into the app that the helpdesk has as ``app``, and when
        that was last changed, in the helpdesk's words. Those before it are good for
        ``overlap`` yet at most. KeyError for an installation that there is not."""
        ends = self._now() + overlap // timedelta(milliseconds=1)

        def with_put(kept: Secrets) -> Secrets:
            return app_secrets.with_put(kept, secret, app, updated_at, ends)

        if not self._rewrite(installation, with_put):
            raise KeyError(installation)

    def forget_app(self, installation: str) -> None:
        """Forget the app's secrets: nothing that is proven by one is answered any more."""
        self._rewrite(installation, app_secrets.without)

    def remove(self, installation: str) -> None:
        """Forget an installation, its secrets and its changes of settings."""
        with self._store.begin() as connection:
            for table, column in ((INSTALLATIONS, "id"), (CHANGES, "installation")):
                connection.execute(table.delete().where(table.c[column] == installation))

    # -- settings -----------------------------------------------------------------------------

    def change_settings(
        self, installation: str, given: Mapping[str, object], *, version: int, who: str
    ) -> Kept:
        """Change settings (by name), and write down who did.

        Raises settings.BadSettings, Stale where they are no longer those of ``version``, and
        KeyError for an installation that there is not.
        """
        kept = self.get(installation)
        if kept is None:
            raise KeyError(installation)
        changed = kept.changed(given)
        before, after = kept.as_json(), changed.as_json()
        names = [name for name in settings.NAMES if before[name] != after[name]]
        if not names:
            return kept
        t = INSTALLATIONS.c
        with self._store.begin() as connection:
            now = select(INSTALLATIONS.c.settings).where(t.id == installation)
            # A newer program may keep settings there that this one does not know.
            stored = connection.execute(now.with_for_update()).scalar_one_or_none() or {}
            moved = connection.execute(
                update(INSTALLATIONS)
                .where(t.id == installation, t.version == version)
                .values(
                    settings={**stored, **_stored(changed.installation, changed.zone_said)},
                    version=version + 1,
                )
            ).rowcount
            if not moved:
                raise Stale("the settings were changed meanwhile")
            connection.execute(
                CHANGES.insert().values(
                    installation=installation,
                    changed_at=now_ms(),
                    who=who[:120],
                    before={name: before[name] for name in names},
                    after={name: after[name] for name in names},
                )
            )
        return replace(changed, version=version + 1)

    def changes(self, installation: str, most: int = 100) -> list[Changed]:
        """The changes of an installation's settings, the newest first."""
        t = CHANGES.c
        query = select(CHANGES).where(t.installation == installation).order_by(t.id.desc())
        with self._store.read() as connection:
            rows = connection.execute(query.limit(most)).all()
        return [Changed(_moment(r.changed_at), r.who, r.before, r.after) for r in rows]

    # -- tokens -------------------------------------------------------------------------------

    def held(self, installation: str) -> Held:
        """The tokens of an installation. KeyError for one that there is not."""
        t = INSTALLATIONS.c
        query = select(INSTALLATIONS, (t.renew_at - now_ms()).label("left")).where(
            t.id == installation
        )
        with self._store.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise KeyError(installation)
        secrets = self._vault.open(row.secrets)
        return Held(
            row.grant_state,
            row.grant_serial,
            secrets.get("access"),
            secrets.get("refresh"),
            (row.left or 0) / 1000,
        )

    def lease_grant(self, installation: str, owner: str, seconds: float) -> bool:
        """Whether ``owner`` alone may renew the tokens, for so many seconds."""
        t = INSTALLATIONS.c
        free = or_(t.lease_until.is_(None), t.lease_until <= now_ms())
        return self._set(
            and_(t.id == installation, free),
            lease_owner=owner,
            lease_until=now_ms() + round(seconds * 1000),
        )

    def release_grant(self, installation: str, owner: str) -> None:
        """The tokens were not renewed after all: somebody else may."""
        t = INSTALLATIONS.c
        mine = and_(t.id == installation, t.lease_owner == owner)
        self._set(mine, lease_owner=null(), lease_until=null())

    def keep_tokens(self, installation: str, tokens: Tokens, *, serial: int | None) -> bool:
        """Keep new tokens in place of those of ``serial`` (None: of whichever are there); False
        where others have come in their place meanwhile.

        Where those of ``serial`` were declared gone meanwhile, these are why: they come in place.
        """

        def changed(kept: dict[str, Any]) -> dict[str, Any]:
            return {**kept, **_pair(tokens)}

        return self._rewrite(
            installation,
            changed,
            serial,
            successor=True,
            grant_state="good",
            lease_owner=null(),
            lease_until=null(),
            **_moments(tokens),
        )

    def grant_gone(self, installation: str, *, serial: int) -> bool:
        """The helpdesk no longer knows the grant of ``serial``: an admin has to connect again.
        False where other tokens have come in its place meanwhile."""

        def changed(kept: dict[str, Any]) -> dict[str, Any]:
            return {**kept, "access": None, "refresh": None}

        return self._rewrite(
            installation,
            changed,
            serial,
            grant_state="gone",
            lease_owner=null(),
            lease_until=null(),
            renew_at=null(),
            renew_by=null(),
        )

    def renew_keys(self) -> int:
        """Encrypt everything with the first key; how many installations were rewritten."""
        t = INSTALLATIONS
        with self._store.begin() as connection:
            rows = connection.execute(select(t.c.id, t.c.secrets).with_for_update()).all()
            for row in rows:
                again = self._vault.renewed(row.secrets)
                connection.execute(update(t).where(t.c.id == row.id).values(secrets=again))
        return len(rows)

    def _now(self) -> int:
        with self._store.read() as connection:
            return int(connection.execute(select(now_ms())).scalar_one())

    # -- rows ---------------------------------------------------------------------------------

    def _set(self, condition: ColumnElement[bool], **values: Any) -> bool:
        with self._store.begin() as connection:
            done = connection.execute(update(INSTALLATIONS).where(condition).values(**values))
            return bool(done.rowcount)

    def _rewrite(
        self,
        installation: str,
        change: Callable[[dict[str, Any]], dict[str, Any]],
        serial: int | None = None,
        *,
        successor: bool = False,
        **values: Any,
    ) -> bool:
        """Change the secrets of an installation in one transaction, if its tokens are those of
        ``serial``; or, for their ``successor``, if they were declared gone and nothing came since.
        """
        t = INSTALLATIONS.c
        with self._store.begin() as connection:
            row = self._locked(connection, installation)
            if row is None:
                return False
            gone = successor and row.grant_state == "gone"
            if serial not in (None, row.grant_serial, row.grant_serial - 1 if gone else None):
                return False
            secrets = self._vault.close(change(self._vault.open(row.secrets)))
            connection.execute(
                update(INSTALLATIONS)
                .where(t.id == installation)
                .values(secrets=secrets, grant_serial=row.grant_serial + bool(values), **values)
            )
        return True

    @staticmethod
    def _locked(connection: Connection, installation: str) -> Any:
        t = INSTALLATIONS.c
        query = select(t.secrets, t.grant_serial, t.grant_state).where(t.id == installation)
        return connection.execute(query.with_for_update()).one_or_none()

    def _kept(self, row: Row[Any]) -> Kept:
        secrets = self._vault.open(row.secrets)
        known = {name: secrets[name] for name in _SECRETS if secrets.get(name)}
        known["signing_secrets"] = tuple(known.get("signing_secrets", ()))
        known["app_secrets_before"] = app_secrets.good_before(secrets, row.now)
        plain = Installation(row.id, helpdesk=row.helpdesk, subdomain=row.address, **known)
        return Kept(
            settings.changed(
                plain, {name: row.settings[name] for name in settings.NAMES if name in row.settings}
            ),
            row.version,
            row.grant_state,
            None if row.renew_by is None else _moment(row.renew_by),
            "time_zone" in row.settings,
        )


def _stored(installation: Installation, zone_said: bool) -> dict[str, Any]:
    """Settings as a row has them: without the time zone while nobody said it."""
    found = settings.as_json(installation)
    return found if zone_said else {k: v for k, v in found.items() if k != "time_zone"}


def _pair(tokens: Tokens | None) -> dict[str, str | None]:
    return {} if tokens is None else {"access": tokens.access, "refresh": tokens.refresh}


_AHEAD: Final = 0.8
"""Tokens are renewed when this share of their life is over."""


def _moments(tokens: Tokens | None) -> dict[str, Any]:
    if tokens is None:
        return {}
    ends = tokens.refresh_life
    return {
        "renew_at": now_ms() + round(tokens.life * _AHEAD * 1000),
        "renew_by": null() if ends is None else now_ms() + round(ends * 1000),
    }


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
