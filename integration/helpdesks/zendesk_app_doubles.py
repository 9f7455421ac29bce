"""Things that are in an account twice under one title. No I/O.

The app's package brings ticket fields, macros and views along, which `install` makes as well. What
the package has made before is adopted by its title. The other way round, Zendesk makes them a
second time (believed; fields whose options are tags already it may refuse), and of two fields of
one title agents fill in the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from integration.helpdesks.zendesk_compare import Row, some, titled

_WHERE: Final = {
    "fields": "Admin Center > Objects and rules > Tickets > Fields",
    "macros": "Admin Center > Workspaces > Agent tools > Macros",
    "views": "Admin Center > Workspaces > Agent tools > Views",
}


def doubles(rows: Iterable[Row], title: str, used: str | None) -> list[str]:
    """The numbers of the things of this title that are switched on and are not the one in use."""
    return [
        str(row["id"])
        for row in titled(rows, title)
        if str(row["id"]) != used and row.get("active") is not False
    ]


def beside(numbers: Sequence[str]) -> str:
    """What to say of a thing that others of its title stand beside; nothing where none does."""
    if not numbers:
        return ""
    return f"there is another of this title, number {' and '.join(numbers)}: switch that off"


def said(kind: str, found: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """What is in the account twice, by title with the numbers of those that are not in use, and how
    to mend it; ``kind`` is fields, macros or views."""
    named = some([f"{title} (number {', '.join(numbers)})" for title, numbers in found.items()])
    words = f"There more than once, and not in use: {named}."
    if kind == "fields":
        words += " What agents fill in there is not read."
    mend = (
        f"{_WHERE[kind]}: switch off those of these numbers. (The app's package made them, if it "
        "was installed after `warranty install`.)"
    )
    return words, mend
