"""The demo, as a newcomer runs it: separate processes, real webhooks, real SIGKILLs."""

from __future__ import annotations

import contextlib
import random
import re
import signal
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from integration.cli import main
from integration.commands import demo
from integration.commands.demo import Demo
from integration.commands.demo_claims import demo_claims
from integration.installation import HELPDESKS, HelpdeskName
from policy import STATUSES


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_the_demo_shows_every_status_and_freight_both_ways(tmp_path: Path, helpdesk: str) -> None:
    """`warranty demo --once` ends well in either helpdesk, and its table has every status, the
    buyer's and SOOCAS's freight."""
    command = [sys.executable, "-m", "integration.cli", "demo", "--once", "--helpdesk", helpdesk]
    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    shown = " ".join(ended.stdout.split())
    for words in ("Covered", "Not covered", "Awaiting", "Refund", "Refer to", "Needs"):
        assert words in shown
    assert "Buyer" in shown
    assert "SOOCAS" in shown


def test_the_demo_has_the_sidebar_beside_its_tickets(tmp_path: Path) -> None:
    """`warranty demo` installs the app and connects it, says where it is, and ends with Ctrl-C."""
    command = [sys.executable, "-u", "-m", "integration.cli", "demo"]
    running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    said = []
    assert running.stdout is not None
    try:
        for line in running.stdout:
            said.append(line)
            if "static.zdassets.com" in line:
                break
        words = "".join(said).replace("\n", " ")
        found = re.search(r"(http://127\.0\.0\.1:\d+)/agent/apps/\d+", words)
        assert found, words
        page = requests.get(f"{found[1]}/agent/tickets/1", timeout=10)
        assert '"location": "ticket_sidebar"' in page.text
        assert "Not set up yet" not in page.text
        assert requests.get(found[0], timeout=10).status_code == 200
    finally:
        running.send_signal(signal.SIGINT)
        said += running.communicate(timeout=60)[0].splitlines()
    assert running.returncode == 0, said


def test_the_demos_claims_cover_what_it_promises() -> None:
    """Every status, freight both ways, and a claim that needs one question only."""
    claims = demo_claims(date(2026, 5, 4))
    assert {claim.status for claim in claims} == set(STATUSES)
    assert {"buyer", "soocas"} <= {claim.payer for claim in claims}
    assert [claim.asks for claim in claims].count(1) == 1


@pytest.mark.parametrize(("helpdesk", "seed"), [("zendesk", 1), ("zendesk", 2), ("freshdesk", 3)])
def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(
    tmp_path: Path, helpdesk: HelpdeskName, seed: int
) -> None:
    """SIGKILL at random moments, started again each time: every ticket gets its verdict, field by
    field as it must be, with one note."""
    chance = random.Random(seed)
    pause = threading.Event()
    with Demo(tmp_path, helpdesk=helpdesk) as running:
        for number, claim in enumerate(running.claims * 3, start=1):
            running.file(claim, number)
            if number % 10 == 0:
                pause.wait(chance.uniform(0.0, 0.15))
                running.processes["worker"].kill()
                running.processes["worker"].wait()
                running.start_worker()
        killed_early = running.written() < len(running.tickets)
        assert running.wait(seconds=60)
        rows = running.rows()
    assert killed_early, "the worker had done everything before it was killed"
    assert len(rows) == 3 * len(running.claims)
    assert [f"{row.claim.subject}: {row.wrong}" for row in rows if row.wrong] == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"verdict": "covered"}, "verdict"),
        ({"freight_payer": None}, "freight"),
        ({"warranty_end": "2026-01-01"}, "warranty_end"),
        ({"claim_deadline": "2026-01-01"}, "claim_deadline"),
        ({"clauses": "X7"}, "clauses"),
        ({"tags": frozenset()}, "tag"),
        ({"notes": ("a", "b")}, "2 notes"),
        ({"notes": ("<script>",)}, "markup"),
        ({"public": 2}, "public"),
    ],
)
def test_the_demo_notices_what_is_not_as_it_must_be(change: dict[str, object], named: str) -> None:
    """Each part of a written-back ticket is looked at: a wrong one is named, a right one is not."""
    claim = next(c for c in demo_claims(date(2026, 5, 4)) if c.clauses == "X8")
    right: dict[str, object] = {
        "verdict": "not_covered",
        "freight_payer": "not_applicable",
        "warranty_end": claim.ends,
        "claim_deadline": None,
        "clauses": "X8",
        "tags": frozenset({"warranty_not_covered", "warranty_freight_not_applicable"}),
        "notes": ("a note",),
        "public": 1,
    }

    def wrong(values: dict[str, object]) -> tuple[str, ...]:
        rest = {key: values.pop(key) for key in ("tags", "clauses", "notes", "public")}
        return demo.wrong_with(claim, values, **rest)  # type: ignore[arg-type]

    assert wrong(dict(right)) == ()
    (found,) = wrong({**right, **change})[:1]
    assert named in found


def test_once_fails_where_anything_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """`warranty demo --once` leaves with 1 if a ticket is not as it must be, naming it."""
    claim = demo_claims(date(2026, 5, 4))[0]
    fields = dict.fromkeys(("verdict", "freight_payer", "claim_deadline"))
    row = demo.Row(5, claim, fields, frozenset(), "", (), 1, ("verdict None, expected covered",))
    monkeypatch.setattr(
        demo, "Demo", lambda folder, say, app, helpdesk: contextlib.nullcontext(_Still([row]))
    )
    result = CliRunner().invoke(main, ["demo", "--once"])
    assert result.exit_code == 1
    assert "ticket 5: verdict None, expected covered" in result.output


class _Still:
    """A demo that has run, with these rows."""

    def __init__(self, rows: list[demo.Row]) -> None:
        self._rows = rows
        self.claims = ()

    def file_tickets(self) -> None:
        """There is nothing to file."""

    def wait(self, told: object) -> bool:
        return True

    def rows(self) -> list[demo.Row]:
        return self._rows
