"""What an overview shows of an account: its counts, and its tables, each made when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from integration.config import Installation
from integration.jobs_tables import moment
from integration.overview import export, making, tables
from integration.overview.figures import Figures, brands_in, figures
from integration.overview.period import Choice
from integration.overview.queries import Group, Looking
from integration.overview.scope import Scope
from integration.overview.tables import Cell, Table

NEAR: Final = 14
"""Days before a deadline within which a claim is listed, unless the account's own are more."""
SHOWN: Final = 50
"""Tickets that a list shows."""
EXPORTED: Final = 10_000
"""Tickets that the export of a list has."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of one overview: of an installation on its day ``today``, as somebody chose.
    ``most`` is how many tickets a list has."""

    looking: Looking
    one: Installation
    today: date
    choice: Choice
    groups: list[Group]
    found: Figures
    most: int = SHOWN

    @classmethod
    def of(
        cls,
        looking: Looking,
        one: Installation,
        today: date,
        choice: Choice,
        most: int = SHOWN,
    ) -> Contents:
        """Count first: everything else follows from that. Raises errors.Unavailable."""
        groups = looking.groups(scope(one, choice))
        found = figures(groups, choice.brand, choice.kind)
        return cls(looking, one, today, choice, groups, found, most)

    def all(self) -> list[Table]:
        """Every table, in the order in which they are read."""
        return [make() for make in self.makers().values()]

    def makers(self) -> dict[str, Callable[[], Table]]:
        """What makes each table, by its key."""
        found = self.found
        return {
            "deadlines": self._near,
            "set_aside": self._set_aside,
            "status": lambda: making.by_status(found),
            "freight": lambda: making.by_payer(found),
            "clauses": lambda: making.by_clause(found),
            "agreement": lambda: making.agreement(found),
            "moves": lambda: making.moves(found),
            "overrides": lambda: making.contested(found),
            "overridden": self._overridden,
            "times": self._times,
            "questions": self._questions,
        }

    def brands(
        self, names_of: Callable[[Installation], Mapping[str, str]]
    ) -> list[tuple[str, str]]:
        """The brands to choose from, by number and name; none where there is only one, or where the
        helpdesk has none."""
        if not has_brands(self.one):
            return []
        known = brands_in(self.groups)
        if self.choice.brand and self.choice.brand not in known:
            known.append(self.choice.brand)
        if len(known) < 2:
            return []
        names = names_of(self.one)
        return [(brand, export.brand_words(brand, names)) for brand in known]

    def why_empty(self) -> str:
        """Why there is nothing to count: ``off``, ``never``, or when the last review was."""
        last = self.looking.last_review(self.one.id)
        if last is not None:
            return tables.as_moment(moment(last), self.one.time_zone)
        return "off" if self.one.mode == "off" else "never"

    # -- those that ask the store -----------------------------------------------------------------

    def _near(self) -> Table:
        one = self.one
        within = max(NEAR, one.deadline_near_days, one.deadline_last_days)
        days = (self.today.isoformat(), (self.today + timedelta(days=within)).isoformat())
        rows = self.looking.lists.near(
            one.id, days, self.choice.brand, self.choice.kind, self.most + 1
        )
        return making.near(rows, self.today, within, self.most)

    def _set_aside(self) -> Table:
        rows = self.looking.lists.set_aside(self.one.id, self.most + 1)
        return making.set_aside(rows, self.one.time_zone, self.most)

    def _overridden(self) -> Table:
        rows = (
            self.looking.lists.overridden(*self._asked(), self.most + 1) if self.found.moves else []
        )
        return making.overridden(rows, self.one.time_zone, self.most)

    def _times(self) -> Table:
        return making.speed(*self.looking.times(*self._asked()))

    def _questions(self) -> Table:
        return making.questions(self.looking.asked(*self._asked()), self.found)

    def _asked(self) -> tuple[Scope, str, str]:
        return scope(self.one, self.choice), self.choice.brand, self.choice.kind


def has_brands(one: Installation) -> bool:
    """Whether tickets are told apart by brand: in Zendesk alone."""
    return one.helpdesk == "zendesk"


def scope(one: Installation, choice: Choice) -> Scope:
    """Whose records, and when, in the account's days."""
    return Scope(one.id, *choice.period.bounds(one.time_zone))


def claims(
    looking: Looking, one: Installation, choice: Choice, brands: Mapping[str, str]
) -> Iterable[Iterable[Cell]]:
    """The claims themselves, a line each, with a head."""
    found = looking.lists.claims(scope(one, choice), choice.brand, choice.kind)
    return export.claim_rows(found, one, brands)
