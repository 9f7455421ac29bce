"""All that ``fdk validate`` would say of the Freshdesk app, as far as it is documented; and what
this project asks of it beside. It stands in for that command and does not replace it: whoever
uploads the app runs it first."""

from __future__ import annotations

from typing import Final

from integration.manifest import (
    freshdesk_code,
    freshdesk_files,
    freshdesk_iparams,
    freshdesk_manifest,
    freshdesk_requests,
)
from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import read

_MODULES: Final = (
    freshdesk_manifest,
    freshdesk_requests,
    freshdesk_iparams,
    freshdesk_code,
    freshdesk_files,
)


def check(package: Package) -> list[Problem]:
    """Everything that is wrong with a package. Without a manifest, no more than that is said."""
    path = freshdesk_manifest.FILE
    if path not in package.files:
        return [Problem("fdk.no_manifest", path, path, "it must be there")]
    try:
        manifest = read(package.files[path]).value
    except ValueError as error:
        return [Problem("fdk.json", path, str(error), "JSON is expected")]
    if not isinstance(manifest, dict):
        return [Problem("fdk.json", path, manifest, "an object is expected")]
    return [
        problem
        for module in _MODULES
        for rule in module.RULES
        for problem in rule(manifest, package)
    ]
