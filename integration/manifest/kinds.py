"""The helpdesks that there is an app for: the name of a folder in ``manifest/``, and how such an
app is made, checked and packed. Another helpdesk is another row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import integration
from integration.manifest import (
    freshdesk_checks,
    freshdesk_making,
    freshdesk_packages,
    making,
    zendesk_checks,
    zipping,
)
from integration.manifest.packages import Package, from_folder
from integration.manifest.problems import Problem

FOLDER: Final = Path(integration.__file__).parents[1] / "manifest"


@dataclass(frozen=True, slots=True)
class Kind:
    """``made`` gives the files that are made of the others, ``check`` what is wrong, and
    ``for_service`` the app for the service at an address (ValueError: it cannot be one)."""

    name: str
    read: Callable[[Path], Package]
    made: Callable[[Package], Mapping[str, bytes]]
    check: Callable[[Package], list[Problem]]
    for_service: Callable[[Package, str], Package]


KINDS: Final[Mapping[str, Kind]] = {
    "zendesk": Kind("zendesk", from_folder, making.made, zendesk_checks.check, zipping.for_service),
    "freshdesk": Kind(
        "freshdesk",
        freshdesk_packages.from_folder,
        freshdesk_making.made,
        freshdesk_checks.check,
        freshdesk_packages.for_service,
    ),
}
