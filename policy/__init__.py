"""The warranty policy as pure functions: from what is known about a claim to a verdict.

Standard library alone, no clock, no I/O. Nothing below this face is for outsiders.
"""

from __future__ import annotations

from policy.clauses import CLAUSES, Clause
from policy.countries import COUNTRIES
from policy.explain import explain
from policy.facts import EXPECTED, FACT, FACTS, UNKNOWN, Claim, Fact, FactError, Unknown, parse_date
from policy.findings import Finding
from policy.passing import turns
from policy.results import Ask, Freight, Payer, Remedy, Verdict
from policy.settings import CrossBorder, Settings, SettingsError, parse_regions
from policy.tables import ENDED, STATUSES, Status
from policy.verdict import deadline, decide
from policy.words import NAMES as FACT_NAMES
from policy.words import PRESUMPTIONS, REASONS, REMEDIES

__all__ = [
    "CLAUSES",
    "COUNTRIES",
    "ENDED",
    "EXPECTED",
    "FACT",
    "FACTS",
    "FACT_NAMES",
    "PRESUMPTIONS",
    "REASONS",
    "REMEDIES",
    "STATUSES",
    "UNKNOWN",
    "Ask",
    "Claim",
    "Clause",
    "CrossBorder",
    "Fact",
    "FactError",
    "Finding",
    "Freight",
    "Payer",
    "Remedy",
    "Settings",
    "SettingsError",
    "Status",
    "Unknown",
    "Verdict",
    "deadline",
    "decide",
    "explain",
    "parse_date",
    "parse_regions",
    "turns",
]
