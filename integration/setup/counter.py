"""What the set-up page needs of the rest of the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from integration.errands import Errands
from integration.installations import Installations, Kept
from integration.setup.access import Opened, Passes, Visitor
from integration.setup.connect import Connecting

Role = Literal["admin", "agent"]
"""Who may come in: an administrator, or somebody else who answers tickets."""


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
    helpdesk (raises NotLetIn) and ``role_of`` asks what that user is there, None for nobody who may
    come in (raises Forbidden where the account no longer lets the app in); ``overview`` is the page
    for a visitor who is an administrator or not; ``redecide`` tells what other settings would have
    decided; ``state_of`` what there is to do, and whether fields are ``placed``; ``changed`` hears
    of a changed installation, ``switched_on`` of one that was off; ``new_secret`` makes the app in
    the sidebar a new secret, and gives what its settings are then, by name; ``origin_of`` gives
    scheme and host of a Zendesk account: no other helpdesk frames these pages, or is led to."""

    installations: Installations
    errands: Errands
    connecting: Connecting
    passes: Passes
    keys: tuple[str, ...]
    opened: Callable[[str], Opened]
    role_of: Callable[[Kept, str], Role | None]
    overview: Callable[[Kept, Visitor, bool], str]
    redecide: Callable[[Kept, Mapping[str, Any]], Redecided]
    state_of: Callable[[str], Mapping[str, Any]]
    changed: Callable[[str], object]
    switched_on: Callable[[str], object]
    new_secret: Callable[[str], Mapping[str, str]]
    origin_of: Callable[[str], str]
