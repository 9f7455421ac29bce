"""The accounts, and what the transactions of a review do to them; for ``budgets`` and ``jobs``."""

from __future__ import annotations

import random
from enum import Enum, auto
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Executable,
    Float,
    Integer,
    String,
    Table,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Connection, Dialect, Row

from integration.budgets_buckets import UPDATES, Buckets, Spent
from integration.store import insert, metadata, now_ms

ACCOUNTS = Table(
    "accounts",
    metadata,
    Column("installation", String(40), primary_key=True),
    # when a review was last begun; of an account that is tried by one: until when nobody else may
    Column("served_at", BigInteger, nullable=False, server_default="0"),
    # what is left of the budgets, as of ``filled_at``
    Column("updates", Float, nullable=False, server_default="0"),
    Column("requests", Float, nullable=False, server_default="0"),
    Column("filled_at", BigInteger, nullable=False, server_default="0"),
    # requests a minute that the helpdesk says the account has; none: not told yet
    Column("request_limit", Integer),
    Column("paused_until", BigInteger),
    Column("troubles", Integer, nullable=False, server_default="0"),
)

PATIENCE: Final = 3
"""From so many troubles in a row on, an account is paused and then tried by one review at a
time."""

_PAUSES: Final = {PATIENCE + n: 5_000 * 2**n for n in range(6)}  # ms, by troubles in a row
_LONGEST_PAUSE: Final = 300_000  # ms
_SET_BACK: Final = 5_000  # ms; what is further ahead was written before the clock was set back
LONGEST_SPAN: Final = 172_800_000  # ms
"""A pause that ends later than this was meant by a clock that has been set back since."""
_LONGEST_TRIAL: Final = 7_200_000  # ms


class Health(Enum):
    """What a review's end says of the helpdesk."""

    ANSWERED = auto()
    SILENT = auto()
    """It did not answer, or not soundly."""
    UNKNOWN = auto()
    """It has nothing to say of that: the helpdesk was not asked, or only refused to go on."""


class Accounts:
    """The steps of a review's transactions that concern its account. Statements are built once."""

    def __init__(self, dialect: Dialect, due: ColumnElement[bool]) -> None:
        """``due`` says, of an account, whether a review of it may begin."""
        a = ACCOUNTS.c
        new = insert(dialect, ACCOUNTS).values(installation=bindparam("of"))
        self._new = new.on_conflict_do_nothing()
        self._turn = (
            select(ACCOUNTS, now_ms().label("now"))
            .where(_open(), due)
            .order_by(a.served_at, a.installation)
        )
        self._mend = update(ACCOUNTS).where(_ahead()).values(filled_at=now_ms())
        self._reserve = _reserve()
        self._settle = {health: _settle(health) for health in Health}
        # Of a row that somebody else is at, SQLite has none: there all writing is in turn.
        mine = select(a.installation).where(a.installation == bindparam("of"))
        self._lock = mine.with_for_update(skip_locked=True)
        self._hold = _one(update(ACCOUNTS)).values(served_at=now_ms() + bindparam("hold"))

    def ensure(self, connection: Connection, installation: str) -> None:
        """Have a row for this installation."""
        connection.execute(self._new, {"of": installation})

    def in_turn(self, connection: Connection) -> list[Row[Any]]:
        """The accounts that a review may begin in, as far as their budget goes: the one that was
        served longest ago first. ``row.now`` is the present moment."""
        rows = list(connection.execute(self._turn).all())
        if any(row.filled_at > row.now + _SET_BACK for row in rows):
            connection.execute(self._mend)
        return rows

    def lock(self, connection: Connection, installation: str) -> bool:
        """Hold the account's row to the transaction's end, unless somebody else does."""
        return connection.execute(self._lock, {"of": installation}).first() is not None

    def alone(self, connection: Connection) -> bool:
        """Whether there is but one account."""
        return len(connection.execute(select(ACCOUNTS.c.installation).limit(2)).all()) < 2

    def reserve(
        self,
        connection: Connection,
        installation: str,
        buckets: Buckets,
        lease_seconds: float,
        reviews: int = 1,
    ) -> bool | None:
        """Take what so many ``reviews`` are expected to send: whether the account is tried by them
        (by one alone), None where somebody was quicker and nothing was taken."""
        hold = round(lease_seconds * 1000)
        wanted = {"reviews": reviews, "wanted": reviews * buckets.requests_a_review}
        values = {"of": installation, "hold": hold, **wanted, **buckets.binds()}
        row = connection.execute(self._reserve, values).one_or_none()
        return None if row is None else row.troubles >= PATIENCE

    def hold(self, connection: Connection, installation: str, lease_seconds: float) -> None:
        """The account is still being tried."""
        values = {"of": installation, "hold": round(lease_seconds * 1000)}
        connection.execute(self._hold, values)

    def settle(
        self,
        connection: Connection,
        installation: str,
        buckets: Buckets,
        spent: Spent | None,
        *,
        health: Health,
        pause: float,
        trial: bool,
        first: bool,
        reviews: int = 1,
    ) -> None:
        """Put back what a review (or so many ``reviews`` together) did not send, or take what it
        sent beyond; None: as expected.

        ``pause`` is for how many seconds the account is left alone. A trouble counts where it is
        the ``first`` of its ticket, or the account is in trouble anyway: one ticket on which the
        helpdesk fails again and again must not hold up the account's others.
        """
        values: dict[str, object] = {
            "of": installation,
            **buckets.binds(),
            "updates_back": 0 if spent is None else reviews * UPDATES - spent.updates,
            "requests_back": 0
            if spent is None
            else reviews * buckets.requests_a_review - spent.requests,
            "told": None if spent is None else spent.limit,
            "trial": int(trial),
        }
        if health is Health.SILENT:
            values["first"] = int(first)
            values["by_chance"] = 0.5 + 0.5 * random.random()  # noqa: S311 - spreads, guards nothing
        elif health is Health.UNKNOWN:
            values["pause"] = round(pause * 1000)
        connection.execute(self._settle[health], values)


def _one(statement: Any) -> Any:
    return statement.where(ACCOUNTS.c.installation == bindparam("of"))


def _open() -> ColumnElement[bool]:
    """Neither paused nor being tried by a review; moments that no clock can have meant are none."""
    a = ACCOUNTS.c
    return and_(
        or_(
            a.paused_until.is_(None),
            a.paused_until <= now_ms(),
            a.paused_until > now_ms() + LONGEST_SPAN,
        ),
        or_(
            a.troubles < PATIENCE,
            a.served_at <= now_ms(),
            a.served_at > now_ms() + _LONGEST_TRIAL,
        ),
    )


def _ahead() -> ColumnElement[bool]:
    return ACCOUNTS.c.filled_at > now_ms() + _SET_BACK


def _smaller(one: Any, other: Any) -> Any:
    return case((one < other, one), else_=other)


def _level(name: str) -> Any:
    """``Bucket.level`` in the database's words."""
    a, size, rate = ACCOUNTS.c, _number(f"{name}_size"), _number(f"{name}_rate")
    passed = case((now_ms() > a.filled_at, now_ms() - a.filled_at), else_=0)
    return _smaller(a[name] + passed * rate, size)


def _number(name: str) -> Any:
    return bindparam(name, type_=Float)


def filled_at() -> Any:
    """Now; where statements overtook each other by a little, the later of both, so that no moment
    is counted twice."""
    a = ACCOUNTS.c
    return case((and_(a.filled_at > now_ms(), ~_ahead()), a.filled_at), else_=now_ms())


def _served() -> Any:
    """Now; never the moment, nor before it, at which another account was served, so that those
    served within one millisecond keep their turn. One being tried is dated ahead, and not asked."""
    other = ACCOUNTS.alias("other")
    latest = select(func.coalesce(func.max(other.c.served_at) + 1, 0)).where(
        other.c.troubles < PATIENCE
    )
    after = latest.scalar_subquery()
    return case((after > now_ms(), after), else_=now_ms())


def _reserve() -> Executable:
    a = ACCOUNTS.c
    updates, requests = UPDATES * _number("reviews"), _number("wanted")
    statement = _one(update(ACCOUNTS)).where(
        _open(), _level("updates") >= updates, _level("requests") >= requests
    )
    reserve: Executable = statement.values(
        updates=_level("updates") - updates,
        requests=_level("requests") - requests,
        filled_at=filled_at(),
        served_at=case((a.troubles >= PATIENCE, now_ms() + bindparam("hold")), else_=_served()),
    ).returning(a.troubles)
    return reserve


def _settle(health: Health) -> Executable:
    a = ACCOUNTS.c
    values: dict[str, Any] = {
        name: _smaller(_level(name) + _number(f"{name}_back"), _number(f"{name}_size"))
        for name in ("updates", "requests")
    }
    values["filled_at"] = filled_at()
    values["request_limit"] = func.coalesce(bindparam("told", type_=Integer), a.request_limit)
    values["served_at"] = case(
        (bindparam("trial", type_=Integer) == 1, now_ms()), else_=a.served_at
    )
    if health is Health.ANSWERED:
        values["troubles"] = 0
    elif health is Health.SILENT:
        counts = or_(bindparam("first", type_=Integer) == 1, a.troubles >= PATIENCE)
        troubles = case((counts, a.troubles + 1), else_=a.troubles)
        values["troubles"] = troubles
        full = case(_PAUSES, value=troubles, else_=_LONGEST_PAUSE)
        some = cast(func.round(full * _number("by_chance")), BigInteger)
        values["paused_until"] = case(
            (troubles >= PATIENCE, no_shorter(now_ms() + some)),
            else_=a.paused_until,
        )
    else:
        pause = bindparam("pause", type_=BigInteger)
        values["paused_until"] = case(
            (pause > 0, no_shorter(now_ms() + pause)), else_=a.paused_until
        )
    settle: Executable = _one(update(ACCOUNTS)).values(values)
    return settle


def no_shorter(moment: Any) -> Any:
    """A pause is never shortened by another."""
    until = ACCOUNTS.c.paused_until
    return case((until > moment, until), else_=moment)
