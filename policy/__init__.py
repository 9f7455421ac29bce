"""The warranty policy as pure functions: from what is known about a claim to a verdict.

Standard library alone, no clock, no I/O. Nothing below this face is for outsiders.
"""

from __future__ import annotations

from policy.clauses import CLAUSES, Clause
from policy.countries import COUNTRIES
from policy.facts import EXPECTED, FACT, FACTS, UNKNOWN, Claim, Fact, FactError, Unknown
from policy.findings import Finding
from policy.settings import CrossBorder, Settings, SettingsError, parse_regions
from policy.tables import STATUSES, Status
from policy.verdict import Ask, Freight, Payer, Remedy, Verdict, decide

__all__ = [
    "CLAUSES",
    "COUNTRIES",
    "EXPECTED",
    "FACT",
    "FACTS",
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
    "decide",
    "parse_regions",
]
