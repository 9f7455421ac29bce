"""What the set-up page needs of the rest of the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integration.errands import Errands
from integration.installations import Installations, Kept
from integration.setup.access import Opened, Passes
from integration.setup.connect import Connecting


@dataclass(frozen=True, slots=True)
class Redecided:
    """Of ``tickets`` reviewed lately, how many would be decided differently, by status before and
    after."""

    tickets: int
    different: int
    moves: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Counter:
    """What the page needs of the rest of the service. ``opened`` reads a signed request of the
    helpdesk (raises NotLetIn) and ``is_admin`` asks whether that user is one (raises Forbidden
    where the account no longer lets the app in); ``redecide`` tells what other settings would have
    decided; ``state_of`` what there is to do, and whether fields are ``placed``; ``changed`` hears
    of a changed installation, ``switched_on`` of one that was off; ``origin_of`` gives scheme and
    host of an account."""

    installations: Installations
    errands: Errands
    connecting: Connecting
    passes: Passes
    keys: tuple[str, ...]
    opened: Callable[[str], Opened]
    is_admin: Callable[[Kept, str], bool]
    redecide: Callable[[Kept, Mapping[str, Any]], Redecided]
    state_of: Callable[[str], Mapping[str, Any]]
    changed: Callable[[str], object]
    switched_on: Callable[[str], object]
    origin_of: Callable[[str], str]
