"""A browser for the tests of the panel, one a module, and the service that answers it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from integration.store import connect
from tests.integration import workspace
from tests.integration.desk import COMPLETE, option
from tests.integration.manifest.panel_page import Panel, form, panel, window
from tests.integration.panel import conftest as served

service, serve, zendesk = served.service, served.serve, served.zendesk
fresh, filed, freshdesk = served.fresh, served.filed, served.freshdesk

Opened = Callable[..., Panel]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with workspace.chromium() as running:
        yield running


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables, made once."""
    path = tmp_path_factory.mktemp("made") / "warranty.sqlite"
    store = connect(f"sqlite:///{path}")
    store.prepare()
    store.close()
    return path


@pytest.fixture
def sqlite_url(made: Path, tmp_path: Path) -> str:
    path = tmp_path / "warranty.sqlite"
    shutil.copy(made, path)
    return f"sqlite:///{path}"


@pytest.fixture
def beside(chromium: Any, service: served.Service, serve: served.Serve) -> Iterator[Panel]:
    """The panel beside a ticket that is not opened yet."""
    with panel(chromium, service) as made:
        yield made


@pytest.fixture
def opened(beside: Panel, serve: served.Serve) -> Opened:
    """Opens the panel beside a ticket with these facts; what is given besides are parts of the
    ticket's page (``host``), or attributes of the ticket (``ticket``)."""

    def opening(
        facts: Mapping[str, Any] | None = None,
        *,
        ticket: Mapping[str, Any] | None = None,
        **host: Any,
    ) -> Panel:
        given = COMPLETE if facts is None else facts
        serve(given, **(ticket or {}))
        values = {key: option(key, value) for key, value in given.items()} | {"claim": True}
        if values.get("problem") == "warranty_problem_quality_defect":
            values["problem"] = "own_defect"
        beside.open(**window(**{"form": form(values), **host}))
        return beside.ready()

    return opening
