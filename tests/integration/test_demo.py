"""The demo, as a newcomer runs it: separate processes, real webhooks, real SIGKILLs."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from integration.commands.demo import Demo
from integration.commands.demo_claims import demo_claims
from policy import STATUSES


def test_the_demo_shows_every_status_and_freight_both_ways(tmp_path: Path) -> None:
    """`warranty demo --once` ends well, and its table has every status, the buyer's and SOOCAS's
    freight."""
    command = [sys.executable, "-m", "integration.cli", "demo", "--once"]
    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    shown = " ".join(ended.stdout.split())
    for words in ("Covered", "Not covered", "Awaiting", "Refund", "Refer to", "Needs"):
        assert words in shown
    assert "Buyer" in shown
    assert "SOOCAS" in shown


def test_the_demos_claims_cover_what_it_promises() -> None:
    """Every status, freight both ways, and a claim that needs one question only."""
    from datetime import date

    claims = demo_claims(date(2026, 5, 4))
    assert {claim.status for claim in claims} == set(STATUSES)
    assert {"buyer", "soocas"} <= {claim.payer for claim in claims}
    assert [claim.asks for claim in claims].count(1) == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    """SIGKILL at random moments, started again each time: every ticket gets its verdict, field by
    field as it must be, with one note."""
    chance = random.Random(seed)
    pause = threading.Event()
    with Demo(tmp_path) as demo:
        for number, claim in enumerate(demo.claims * 3, start=1):
            demo.file(claim, number)
            if number % 10 == 0:
                pause.wait(chance.uniform(0.0, 0.15))
                demo.processes["worker"].kill()
                demo.processes["worker"].wait()
                demo.start_worker()
        killed_early = demo.written() < len(demo.tickets)
        assert demo.wait(seconds=60)
        rows = demo.rows()
    assert killed_early, "the worker had done everything before it was killed"
    assert len(rows) == 3 * len(demo.claims)
    assert [f"{row.claim.subject}: {row.wrong}" for row in rows if row.wrong] == []
