"""A service whose set-up page is tried, and one that is connected already."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration.store import connect
from tests.integration.setup.served import Service, services
from tests.integration.setup.served_freshdesk import FreshdeskService, freshdesk_services


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
def make_service(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Service]]:
    with services(sqlite_url, monkeypatch) as make:
        yield make


@pytest.fixture
def service(make_service: Callable[..., Service]) -> Service:
    return make_service()


@pytest.fixture
def connected(service: Service) -> Service:
    """Connected by an admin who is still there."""
    answer = service.connect()
    assert answer.status_code == 303, answer.text
    return service


@pytest.fixture
def make_freshdesk(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., FreshdeskService]]:
    with freshdesk_services(sqlite_url, monkeypatch) as make:
        yield make


@pytest.fixture
def freshdesk(make_freshdesk: Callable[..., FreshdeskService]) -> FreshdeskService:
    """A service that knows no account yet, and a Freshdesk account."""
    return make_freshdesk()


@pytest.fixture
def keyed(freshdesk: FreshdeskService) -> FreshdeskService:
    """Connected by an administrator's key."""
    answer = freshdesk.connect()
    assert answer.status_code == 303, answer.text
    return freshdesk
