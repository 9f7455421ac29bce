"""All that Zendesk would say of a package, at once; and all that this project asks of it beside."""

from __future__ import annotations

from collections.abc import Iterator

from integration.manifest import (
    house_texts,
    house_zendesk,
    zendesk_files,
    zendesk_locations,
    zendesk_manifest,
    zendesk_parameters,
    zendesk_requirements,
    zendesk_translations,
)
from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, read


def check(package: Package) -> list[Problem]:
    """Everything that is wrong with a package, by Zendesk's rules and by the house's."""
    return [*by_zendesk(package), *by_house(package)]


def by_zendesk(package: Package) -> list[Problem]:
    """What Zendesk's validator would say. Without a manifest, it says no more than that."""
    manifest, problems = _manifest(package)
    if manifest is None:
        return problems
    for module in (zendesk_manifest, zendesk_locations, zendesk_parameters, zendesk_files):
        for rule in module.RULES:
            problems += rule(manifest, package)
    problems += zendesk_requirements.check(manifest, package)
    problems += zendesk_translations.check(manifest, package)
    return problems


def by_house(package: Package) -> list[Problem]:
    """What this project asks of a package of its own, beyond what Zendesk looks at."""
    manifest, _ = _manifest(package)
    if manifest is None:
        return []
    rules = (*house_zendesk.RULES, *house_texts.RULES)
    return [problem for rule in rules for problem in rule(manifest, package)]


def _manifest(package: Package) -> tuple[Object | None, list[Problem]]:
    problems = list(_unreadable(package))
    if any(problem.key != "duplicate_manifest_keys" for problem in problems):
        return None, problems
    return read(package.files[zendesk_manifest.FILE]).value, problems


def _unreadable(package: Package) -> Iterator[Problem]:
    path = zendesk_manifest.FILE
    if path not in package.files:
        for other in package.files:
            if other.count("/") == 1 and other.endswith(f"/{path}"):
                expected = f"{path} must be at the root, not a folder down"
                yield Problem("nested_manifest", other, other, expected)
                return
        yield Problem("missing_manifest", path, path, "it must be there")
        return
    try:
        found = read(package.files[path])
    except ValueError as error:
        yield Problem("manifest_not_json", path, str(error), "JSON is expected")
        return
    if not isinstance(found.value, dict):
        yield Problem("manifest_not_json", path, found.value, "an object is expected")
    for key in found.twice:
        yield Problem("duplicate_manifest_keys", path, key, "each key stands once")
