"""One language: its texts by key, and how it writes a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Language:
    """``tag`` is its BCP 47 tag. ``texts`` are what a customer reads, by key, with places such as
    ``{name}`` to fill in. ``day`` is how a date is written, with the places ``{day}``, ``{month}``
    (one of ``months``, none where months are numbers), ``{number}`` (of the month) and ``{year}``;
    ``first`` how it writes the first day of a month."""

    tag: str
    texts: Mapping[str, str]
    day: str
    months: tuple[str, ...] = ()
    first: str = "1"

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with ``values`` filled in. KeyError for a key that there is not."""
        text = self.texts[key]
        return text.format_map(values) if values else text

    def date(self, day: date) -> str:
        """A day written out, so that nobody takes the month for the day."""
        return self.day.format(
            day=self.first if day.day == 1 else day.day,
            month=self.months[day.month - 1] if self.months else "",
            number=day.month,
            year=day.year,
        )
