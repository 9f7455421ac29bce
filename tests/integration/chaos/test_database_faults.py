"""A database that is away, locked or full: 503 meanwhile, and nothing lost of what was accepted."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
import requests

from tests.integration.chaos.rig import Delivery, Rig
from tests.integration.chaos.storm import Database
from tests.integration.live import until

pytestmark = pytest.mark.chaos
MakeRig = Callable[..., AbstractContextManager[Rig]]

_ANSWERED = 1.5  # seconds: one by what was promised, and a half for a busy machine


def _refused(run: Rig, one: Delivery) -> None:
    """A delivery is answered 503 with Retry-After, soon."""
    began = time.monotonic()
    answer = run.post(one)
    took = time.monotonic() - began
    assert answer is not None
    assert answer.status_code == 503, answer.text
    assert 1 <= int(answer.headers["Retry-After"]) < 60
    assert took < _ANSWERED, f"answered after {took:.2f} s"


def test_database_away_and_back(rig: MakeRig, database_url: str) -> None:
    """PostgreSQL out of reach, or SQLite's file locked by another process, for longer than anybody
    waits: 503 within a second, sent again as Zendesk does, and all is done when it is back."""
    with (
        closing(Database(database_url)) as database,
        rig(database.url, store_url=database.direct) as run,
    ):
        run.start()
        for _ in range(20):
            run.people.file()
        run.settle()
        (known, *_) = run.deliveries()
        run.figures.faults[database.trouble] += 1
        database.away()
        ends = time.monotonic() + 8
        while time.monotonic() < ends:
            run.people.file()
            run.people.edit()
            new = Delivery(f"{known.id}-{time.monotonic_ns()}", known.ticket, known.body, False)
            _refused(run, new)
            assert requests.get(run.live.url + "/healthz", timeout=5).ok
            assert requests.get(run.live.url + "/readyz", timeout=5).status_code == 503
            threading.Event().wait(0.2)
        database.back()
        run.settle()
        assert run.reckon() == []
        until(lambda: requests.get(run.live.url + "/readyz", timeout=5).ok)


def test_sqlite_folder_away_and_back(rig: MakeRig, tmp_path: Path) -> None:
    """The folder with the file goes away and comes back: deliveries are stored or refused, none is
    lost, and no second file comes to be."""
    place, elsewhere = tmp_path / "disk", tmp_path / "elsewhere"
    place.mkdir()
    with rig(f"sqlite:///{place / 'warranty.sqlite'}") as run:
        run.start()
        for _ in range(10):
            run.people.file()
        run.settle()
        run.figures.faults["folder gone"] += 1
        (known, *_) = run.deliveries()
        place.rename(elsewhere)
        for _ in range(10):
            run.people.file()
            run.people.edit()
            threading.Event().wait(0.1)
        # Those that had the file open may go on in it; whoever starts now has none.
        for name in ("web", "worker-1"):
            run.kill(name)
            run.start_again(name)
        until(lambda: run.live.answers("/healthz"))
        for number in range(5):
            run.people.file()
            _refused(run, Delivery(f"{known.id}-{number}", known.ticket, known.body, False))
        assert not place.exists()
        elsewhere.rename(place)
        run.settle()
        assert run.reckon() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB: SQLite's log alone takes 4 before it is written back."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"no small disk: {mounted.stderr}")
        pytest.skip(f"a disk that can be full needs the right to mount: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as filler:
        while True:
            filler.write(b"\0" * 4096)


def test_disk_full(rig: MakeRig, small_disk: Path) -> None:
    """No space left for SQLite: 503 meanwhile, what was accepted before stays, and all goes on when
    there is space again."""
    with rig(f"sqlite:///{small_disk / 'warranty.sqlite'}") as run:
        run.start()
        for _ in range(20):
            run.people.file()
        run.settle()
        (known, *_) = run.deliveries()
        run.figures.faults["disk full"] += 1
        filler = small_disk / "filler"
        with pytest.raises(OSError, match="No space"):
            _fill(filler)

        # What the file has free inside is used up first.
        def refused() -> bool:
            new = Delivery(f"fills-{time.monotonic_ns()}", known.ticket, known.body, False)
            answer = run.post(new)
            assert answer is not None
            assert answer.status_code in (202, 503)
            return answer.status_code == 503

        until(refused, 60)
        for number in range(20):
            run.people.file()
            run.people.edit()
            new = Delivery(f"{known.id}-{number}", known.ticket, known.body, False)
            answer = run.post(new)
            assert answer is not None
            assert answer.status_code in (202, 503)  # a checkpoint may give back a page or two
            threading.Event().wait(0.1)
        filler.unlink()
        run.settle()
        assert run.reckon() == []
