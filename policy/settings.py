"""What the owner of the policy may choose: how to read its contradictions on claims from abroad."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from policy.countries import COUNTRIES

CrossBorder = Literal["buyer_freight", "not_covered", "review"]


class SettingsError(ValueError):
    """A setting that cannot be: which ``setting``, its ``value``, and what was ``expected``."""

    def __init__(self, setting: str, value: object, expected: str) -> None:
        super().__init__(f"{setting}: {value!r} is not {expected}")
        self.setting = setting
        self.value = value
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Settings:
    """The owner's choices.

    ``cross_border``: what becomes of a claim outside the country or region of purchase. The policy
    both denies it (W2) and says who pays its freight (F1): ``buyer_freight`` covers it at the
    buyer's freight, ``not_covered`` denies it, ``review`` has a person look.
    ``regions``: groups of countries that count as one; two countries are the same region if one
    group holds both. By default each country stands alone.
    """

    cross_border: CrossBorder = "buyer_freight"
    regions: tuple[frozenset[str], ...] = ()
    _same: dict[str, frozenset[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.cross_border not in get_args(CrossBorder):
            expected = f"one of {', '.join(get_args(CrossBorder))}"
            raise SettingsError("cross_border", self.cross_border, expected)
        for code in sorted(frozenset().union(*self.regions)):
            if code not in COUNTRIES:
                raise SettingsError("regions", code, "an ISO 3166-1 alpha-2 country code")
        same: dict[str, frozenset[str]] = {}
        for group in self.regions:
            for code in group:
                same[code] = same.get(code, frozenset()) | group
        object.__setattr__(self, "_same", same)

    def outside(self, purchase: str, claim: str) -> bool:
        """Whether a claim from ``claim`` lies outside the country or region of ``purchase``."""
        return purchase != claim and claim not in self._same.get(purchase, ())

    def can_be_outside(self, known: str | None) -> bool:
        """Whether some other country would be outside, seen from a known one or from any."""
        if known is not None:
            return len(self._same.get(known, ())) < len(COUNTRIES)
        return len(self._same) < len(COUNTRIES) or any(
            len(group) < len(COUNTRIES) for group in self._same.values()
        )


def parse_regions(text: str) -> tuple[frozenset[str], ...]:
    """Groups of countries from ``EU:DE,FR;NA:US,CA``. Raises ``SettingsError``."""
    groups: list[frozenset[str]] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, colon, countries = part.partition(":")
        codes = frozenset(code.strip().upper() for code in countries.split(",") if code.strip())
        if not (name.strip() and colon and codes):
            raise SettingsError("regions", part, "a group such as EU:DE,FR")
        for code in sorted(codes):
            if code not in COUNTRIES:
                raise SettingsError("regions", code, "an ISO 3166-1 alpha-2 country code")
        groups.append(codes)
    return tuple(groups)


DEFAULT: Final = Settings()
