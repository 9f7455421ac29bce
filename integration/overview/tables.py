"""The overview's tables: what each is called, what it says, and its rows. The page and the exports
are made of the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final, Literal

from integration.catalogue import STATUS_LABELS

Kind = Literal["text", "count", "share", "span", "ticket", "status"]
"""How a column's values are written: words; whole numbers; 0 to 1 (None: of nothing); whole seconds
(None: never); a ticket's number; a status."""
Cell = str | int | float | None


DRAWN: Final = 20
"""Rows that a picture shows."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name and how its values are written."""

    name: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """``title`` and ``says`` are for the reader, ``none`` is said where there are no rows. A
    picture shows the columns named in ``pictured`` by the first column."""

    key: str
    title: str
    says: str
    none: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    pictured: tuple[str, ...] = ()
    more: str = ""


def status_words(status: str | None) -> str:
    """A status as it is called; an option of the account's own is not told apart from others."""
    return STATUS_LABELS.get(status, "Another option")  # type: ignore[call-overload, no-any-return]


def as_moment(at: datetime, zone: tzinfo) -> str:
    """A moment in a zone, to the minute."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def span_words(seconds: int | None) -> str:
    """A span of time to two of its units."""
    if seconds is None:
        return "–"
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, rest = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    return f"{max(rest, 1)} s"  # less than a second is rounded up


def pictures(tables: Iterable[Table]) -> list[dict[str, Any]]:
    """What is drawn, JSON-ready: for each table with a picture its bars, by the words of its first
    column."""
    drawn = []
    for one in tables:
        names = [column.name for column in one.columns]
        if one.pictured and one.rows:
            labels = [
                status_words(str(row[0])) if one.columns[0].kind == "status" else row[0]
                for row in one.rows[:DRAWN]
            ]
            bars = [
                {"name": name, "values": [row[names.index(name)] for row in one.rows[:DRAWN]]}
                for name in one.pictured
            ]
            drawn.append({"key": one.key, "labels": labels, "bars": bars})
    return drawn
