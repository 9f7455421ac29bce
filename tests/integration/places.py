"""The helpdesks that what is promised of each is tried on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from tests.integration.place import Place
from tests.integration.place_freshdesk import freshdesk_place
from tests.integration.place_zendesk import zendesk_place

MAKERS: Mapping[str, Callable[..., AbstractContextManager[Any]]] = {
    "zendesk": zendesk_place,
    "freshdesk": freshdesk_place,
}
"""By name, what makes a ``Place``: takes pytest's monkeypatch, where the app is reached, the
stand-in's options, and by name the installation's settings."""
HELPDESKS = tuple(MAKERS)

__all__ = ["HELPDESKS", "MAKERS", "Place"]
