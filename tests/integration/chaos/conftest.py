"""A seed that can be set (WARRANTY_CHAOS_SEED), and a table of what was done and what came of it.

With WARRANTY_CHAOS_REPORT the figures also go into that file, as JSON.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.integration.chaos.history import KINDS
from tests.integration.chaos.rig import Figures, Rig, running
from tests.integration.places import HELPDESKS

_SEED = int(os.environ.get("WARRANTY_CHAOS_SEED") or random.SystemRandom().randrange(1_000_000))
_FIGURES: list[Figures] = []
_WIDTH = 9
_TITLES = (
    *("tickets", "changes", "deliveries", "again", "kills", "faults", "reviews", "notes"),
    *KINDS,
    *("between", "early", "found"),
    *("web MiB", "work MiB", "seconds"),
)


@pytest.fixture(params=HELPDESKS)
def helpdesk(request: pytest.FixtureRequest) -> str:
    """The helpdesk that a run is in front of."""
    return str(request.param)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    print(f"WARRANTY_CHAOS_SEED={_SEED}")
    return random.Random(f"{_SEED} {request.node.name}")


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    taken = Figures(request.node.name.removeprefix("test_"))
    yield taken
    _FIGURES.append(taken)


@pytest.fixture
def rig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chance: random.Random, figures: Figures
) -> Callable[..., AbstractContextManager[Rig]]:
    """Makes a rig: takes the database's URL, and what else ``running`` takes by name."""

    def make(database_url: str, **how: Any) -> AbstractContextManager[Rig]:
        return running(tmp_path, monkeypatch, database_url, chance, figures, **how)

    return make


def _whole() -> Figures:
    """All runs together, but those in which something is broken on purpose."""
    whole = Figures("all")
    for one in _FIGURES:
        if one.sabotaged:
            continue
        for each in fields(Figures):
            have, more = getattr(whole, each.name), getattr(one, each.name)
            if each.name.endswith("_mib"):
                setattr(whole, each.name, max(have, more))
            elif each.name not in ("name", "sabotaged"):
                setattr(whole, each.name, have + more)
    return whole


def _row(one: Figures) -> str:
    numbers = (
        one.tickets,
        one.edits,
        one.deliveries,
        one.sent_again,
        one.kills.total(),
        one.faults.total(),
        one.reviews,
        one.notes,
        *(one.broken[kind] for kind in KINDS),
        one.in_between,
        one.premature,
        one.found,
        round(one.web_mib),
        round(one.worker_mib),
        round(one.seconds),
    )
    return f"{one.name[:52]:52}" + "".join(f"{number:>{_WIDTH}}" for number in numbers)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _FIGURES:
        return
    write, whole = terminalreporter.write_line, _whole()
    terminalreporter.section(f"faults tried, WARRANTY_CHAOS_SEED={_SEED}")
    write(" " * 52 + "".join(f"{title[: _WIDTH - 1]:>{_WIDTH}}" for title in _TITLES))
    for one in (*_FIGURES, whole):
        write(_row(one))
    for what, counted in (("killed", whole.kills), ("faults", whole.faults)):
        write(f"{what}: " + ", ".join(f"{n} {kind}" for kind, n in sorted(counted.items())))
    if path := os.environ.get("WARRANTY_CHAOS_REPORT"):
        report = {"seed": _SEED, "all": vars(whole), "runs": [vars(one) for one in _FIGURES]}
        Path(path).write_text(json.dumps(report, indent=1))
