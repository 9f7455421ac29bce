"""`warranty bench sidebar`: that it measures what it says. How long things take is not tested."""

from __future__ import annotations

import json
import math
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import urlopen

import click
import pytest
from click.testing import CliRunner

from integration.cli import main
from integration.commands import bench_sidebar_browser, bench_sidebar_sdk
from integration.commands.bench_sidebar_browser import Opening
from integration.commands.bench_sidebar_figures import doubts, figures, report
from integration.commands.bench_sidebar_shots import SIDEBARS
from integration.commands.demo import PACKAGE
from tests.integration.workspace import chromium, sdk

OPENED = Opening(200, 500, 600, 700, 40, 1, (("/apps/1/assets/panel.html", 500),), 0.1, False)
WHERE = {"load_before": 0.5, "cores": 2}
PICTURES = {*SIDEBARS, "agents-view", "new-ticket", "overview"}
PNG = b"\x89PNG\r\n\x1a\n"


def test_everything_is_measured_and_pictures_are_taken(tmp_path: Path) -> None:
    """The whole measurement, small: every figure has a value, the files are those of the package,
    there is a picture of each kind, and nothing else is left behind."""
    sdk()
    with chromium():
        pass  # skips where there is none
    pictures = tmp_path / "pictures"
    command = [sys.executable, "-m", "integration.cli", "bench", "sidebar", "--tickets", "2"]
    with tempfile.TemporaryDirectory() as scratch:  # a short path: browsers have sockets there
        ended = subprocess.run(
            [*command, "--screenshots", str(pictures), "--json"],
            env={**os.environ, "TMPDIR": scratch},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        left = [path.name for path in Path(scratch).iterdir()]
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    rows = {row["name"]: row for row in told["figures"]}
    assert len(rows) == len(told["figures"]) == len(figures([("cold", []), ("warm", [])]))
    assert [name for name, row in rows.items() if row["value"] is None] == []
    assert rows["requests to the service on opening, at most"]["value"] >= 1
    for way in ("cold", "warm"):
        shown = rows[f"{way}: click to verdict, p50"]["value"]
        assert shown > rows[f"{way}: answer to verdict, p50"]["value"] > 0
    assert {"panel.html", "panel.css", "panel/main.js", "words/en.json"} <= set(told["files"])
    for path, size in told["files"].items():
        assert size == (PACKAGE / "assets" / path).stat().st_size
    assert told["browser"].startswith("Chromium ")
    assert told["tickets"] == 2
    assert {path.stem for path in pictures.iterdir()} == PICTURES
    assert all(path.read_bytes().startswith(PNG) for path in pictures.iterdir())
    assert [name for name in left if name.startswith("warranty")] == []


def test_what_never_comes_makes_no_figure_better() -> None:
    """A ticket whose verdict is never shown is counted, counts as the slowest, and misses."""
    never = replace(OPENED, painted=math.nan)
    rows = {row.name: row for row in figures([("cold", [OPENED, never])])}
    assert rows["opened without a verdict"].met is False
    assert rows["cold: click to verdict, p50"].value == 700
    assert math.isnan(rows["cold: click to verdict, p95"].value)
    assert rows["cold: answer to verdict, p95"].met is False
    shown = report([("cold", [OPENED, never])], list(rows.values()), 2, WHERE)
    values = {row["name"]: row["value"] for row in shown["figures"]}
    assert values["cold: click to verdict, slowest"] is None
    json.dumps(shown, allow_nan=False)


Of = Callable[[Opening], Opening]


@pytest.mark.parametrize(
    ("name", "worse"),
    [
        ("requests to the service on opening, at most", lambda one: replace(one, requests=2)),
        (
            "bytes of the app's own files, at most",
            lambda one: replace(one, files=(("/apps/1/assets/panel.html", 60_000),)),
        ),
        ("answered without reading the ticket", lambda one: replace(one, remembered=True)),
        ("cold: answer to verdict, p95", lambda one: replace(one, painted=one.answered + 301)),
    ],
)
def test_one_bad_opening_misses_the_target(name: str, worse: Of) -> None:
    """Each target is met by openings that are as they should be, and missed for one that is not."""
    good = {row.name: row for row in figures([("cold", [OPENED] * 3)])}
    bad = {row.name: row for row in figures([("cold", [OPENED, worse(OPENED), OPENED])])}
    assert good[name].met is True
    assert bad[name].met is False


def test_doubts_are_said() -> None:
    """A machine that was busy before, and clocks that are apart, are told beside the figures."""
    assert doubts([("cold", [OPENED])], WHERE) == []
    said = doubts([("cold", [replace(OPENED, skew=9)])], {**WHERE, "load_before": 7.5})
    assert len(said) == 2
    assert "7.5 on 2 cores" in said[0]
    assert "9 ms apart" in said[1]


def test_what_is_missing_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the framework, without a browser, without playwright: which, and how to get it."""
    command = ["bench", "sidebar", "--tickets", "1"]
    monkeypatch.setattr(bench_sidebar_browser, "playwright", None)
    ended = CliRunner().invoke(main, command)
    assert ended.exit_code == 1
    assert "playwright is missing" in ended.stderr
    monkeypatch.setattr(bench_sidebar_browser, "playwright", SimpleNamespace(Error=OSError))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "A browser is missing" in CliRunner().invoke(main, command).stderr
    monkeypatch.setattr(bench_sidebar_sdk, "MODULES", tmp_path / "nowhere")
    with pytest.raises(click.ClickException, match="npm ci"):
        bench_sidebar_sdk.script(None)


def test_the_framework_comes_from_a_file_and_nothing_else_does(tmp_path: Path) -> None:
    """What `--sdk` names is served at the framework's path, over TLS; any other path is 404."""
    file = tmp_path / "zaf_sdk.min.js"
    file.write_text("window.ZAFClient = {};")
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with bench_sidebar_sdk.served(bench_sidebar_sdk.script(file), tmp_path) as where:
        home = f"https://127.0.0.1:{where.port}"
        with urlopen(f"{home}{bench_sidebar_sdk.PATH}", timeout=30, context=trusting) as answer:
            assert answer.read() == b"window.ZAFClient = {};"
        with pytest.raises(HTTPError, match="404") as missing:
            urlopen(f"{home}/other.js", timeout=30, context=trusting)
        missing.value.close()
