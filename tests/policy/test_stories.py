"""The stories: claims in a sentence each, with the verdict worked out by hand."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

import policy.chapters
from policy import CLAUSES, Claim, Settings, decide, parse_regions
from tests.policy import reference

FOLDER = Path(__file__).parent / "stories"
KEYS = {"name", "on", "cross_border", "regions", "but", "without", "facts", "then"}
SOUND = tomllib.loads((FOLDER / "sound.toml").read_text("utf-8"))["facts"]

EXPLAIN_ONLY = {"E1", "V1", "V2", "V3", "D1", "R1", "R2", "R3", "F2", "F4", "F5"}
"""Clauses that decide no status; they show as findings, remedy or freight."""


def stories() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.toml")):
        for story in tomllib.loads(path.read_text("utf-8")).get("story", []):
            yield pytest.param(story, id=f"{path.stem}: {story['name']}")


STORIES = list(stories())


def record(story: dict[str, Any]) -> dict[str, Any]:
    """The facts of a story: its own, or the sound claim's with what is different."""
    if "facts" in story:
        return dict(story["facts"])
    facts = {**SOUND, **story.get("but", {})}
    return {name: value for name, value in facts.items() if name not in story.get("without", [])}


def settings(story: dict[str, Any]) -> Settings:
    regions = parse_regions(story.get("regions", ""))
    return Settings(story.get("cross_border", "buyer_freight"), regions)


def told(verdict: dict[str, Any]) -> dict[str, Any]:
    """A verdict as stories tell it: questions by fact, findings by clause, null as a word."""

    def plain(value: Any) -> Any:
        match value:
            case None:
                return "null"
            case dict():
                return {key: plain(inner) for key, inner in value.items()}
            case [{"fact": _}, *_]:
                return [ask["fact"] for ask in value]
            case _:
                return value

    findings = verdict["findings"]
    return {
        **{key: plain(value) for key, value in verdict.items()},
        "findings": [f"{finding['clause']} {finding['outcome']}" for finding in findings],
        # What decided comes first; a clause that shows again for freight or remedy comes after.
        "because": {finding["clause"]: finding["because"] for finding in reversed(findings)},
        "rests_on": {finding["clause"]: finding["facts"] for finding in reversed(findings)},
    }


def part(whole: Any, like: Any) -> Any:
    """As much of a verdict as a story speaks of."""
    if isinstance(like, dict):
        return {key: part(whole[key], like[key]) for key in like}
    return whole


@pytest.mark.parametrize("story", STORIES)
def test_a_story_ends_as_told(story: dict[str, Any]) -> None:
    """decide() gives the verdict worked out by hand from the policy."""
    assert set(story) <= KEYS
    claim = Claim.from_record(record(story))
    verdict = decide(claim, date.fromisoformat(story["on"]), settings(story))
    assert part(told(verdict.to_dict()), story["then"]) == story["then"]


@pytest.mark.parametrize("story", STORIES)
def test_a_story_is_told_by_the_reference_too(story: dict[str, Any]) -> None:
    """Brute force gives the same verdict, so the hand and the reference agree as well."""
    chosen = settings(story)
    on = date.fromisoformat(story["on"])
    expected = reference.decide(record(story), on, chosen.cross_border, chosen.regions)
    verdict = told({**expected, "findings": []})
    spoken = {
        key: value
        for key, value in story["then"].items()
        if key not in ("findings", "because", "rests_on")
    }
    assert part(verdict, spoken) == spoken


def all_told(*path: str) -> set[str]:
    found: set[str] = set()
    for parameters in STORIES:
        value: Any = parameters.values[0]["then"]
        for key in path:
            value = value.get(key, {})
        found.update(value)
    return found


def test_every_clause_has_its_story() -> None:
    """Each clause decides in some story, or is one that only explains; and those show as well."""
    deciding = all_told("clauses")
    assert deciding.isdisjoint(EXPLAIN_ONLY)
    assert deciding | EXPLAIN_ONLY == set(CLAUSES)
    shown = {finding.split()[0] for finding in all_told("findings")} | all_told("because")
    shown |= all_told("freight", "clauses") | all_told("remedy", "clauses")
    assert shown >= EXPLAIN_ONLY


def test_every_story_has_a_name_of_its_own() -> None:
    """A sentence that nobody else has."""
    names = [parameters.values[0]["name"] for parameters in STORIES]
    assert len(set(names)) == len(names)


def test_every_rule_is_named_after_its_clause() -> None:
    """In policy.chapters, a function that carries a clause's id begins its docstring with it."""
    rules = []
    for module in iter_modules(policy.chapters.__path__, "policy.chapters."):
        for name, rule in inspect.getmembers(import_module(module.name), inspect.isfunction):
            clauses = [part for part in name.split("_") if part in CLAUSES]
            if rule.__module__ == module.name and clauses:
                assert (rule.__doc__ or "").startswith(clauses[0]), f"{module.name}.{name}"
                rules += clauses
    assert set(CLAUSES) - set(rules) <= {"E1", "V1", "V2", "P1", "P2", "U1"}, "no rule of its own"
    assert rules
