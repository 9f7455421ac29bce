"""`warranty backfill`: the command, as a person runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from integration import catalogue
from integration.backfills import Backfills
from integration.cli import main
from integration.jobs import Jobs
from integration.sandbox.faults import Fault
from integration.store import Store, connect
from tests.integration.live import until
from tests.integration.past import Past, past
from tests.integration.past_freshdesk import past_freshdesk

BOTH = pytest.mark.parametrize("account", ["zendesk", "freshdesk"], indirect=True)
"""For what is promised of both helpdesks; by default, the account is Zendesk's."""
FRESHDESK = pytest.mark.parametrize("account", ["freshdesk"], indirect=True)


@pytest.fixture
def account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Past]:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("WARRANTY_")]:
        monkeypatch.delenv(name)
    made = past_freshdesk if getattr(request, "param", "") == "freshdesk" else past
    with made(monkeypatch) as opened:
        for name, value in opened.environ.items():
            monkeypatch.setenv(name, value)
        # An account that allows a lot, so that nothing waits for its turn.
        monkeypatch.setenv("WARRANTY_REQUEST_LIMIT", "100000")
        monkeypatch.setenv("WARRANTY_UPDATE_LIMIT", "10000")
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'warranty.sqlite'}")
        monkeypatch.setenv("COLUMNS", "80")
        store = connect(os.environ["DATABASE_URL"])
        store.save_bindings("main", opened.bindings)
        store.close()
        yield opened


@pytest.fixture
def kept(account: Past) -> Iterator[Store]:
    store = connect(os.environ["DATABASE_URL"])
    yield store
    store.close()


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, ["backfill", *arguments], input=answer)


SINCE = ("--since", "2000-01-01")


@BOTH
def test_a_dry_run_shows_what_would_be_written(account: Past, kept: Store) -> None:
    """A table within 80 columns: from which verdict to which, how often, which tickets; what is
    left alone and why; no name. Nothing is changed."""
    covered = account.file()
    solved = account.file()
    account.edit(solved, status="solved")
    result = run(*SINCE, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "Selected: 2 tickets. To be written: 1." in result.output
    assert re.search(rf"none +│ Covered +│ +1 │ {covered} ", result.output)
    assert re.search(r"solved; --include-solved takes them in +│ +1 ", result.output)
    assert "Freight paid by: SOOCAS 1." in result.output
    assert "Dry run: nothing was changed." in result.output
    assert "Customer" not in result.output
    assert max(map(len, result.output.splitlines())) <= 80
    assert account.notes(covered) == []
    assert Backfills(kept).all() == []


@BOTH
def test_it_asks_before_it_writes(account: Past, kept: Store) -> None:
    """Without --yes the table comes first; a no leaves everything as it was, a yes writes."""
    one = account.file()
    refused = run(*SINCE, answer="n\n")
    assert refused.exit_code == 0
    assert "Write 1 ticket?" in refused.output
    assert "Nothing was changed." in refused.output
    assert account.notes(one) == []
    assert Backfills(kept).all() == []
    unattended = run(*SINCE)
    assert "Nothing was changed." in unattended.output
    agreed = run(*SINCE, answer="y\n")
    assert agreed.exit_code == 0, agreed.output
    assert "Written: 1 ticket." in agreed.output
    assert len(account.notes(one)) == 1
    assert Jobs(kept).backlog().scheduled == 1
    nothing = run(*SINCE)
    assert "There is nothing to write." in nothing.output


def test_a_search_and_a_view_select(account: Past) -> None:
    """By what Zendesk's search finds, and by a view's id."""
    one, other = account.file(tags=["batch_a"]), account.file(tags=["batch_b"])
    view = account.view({"field": "current_tags", "operator": "includes", "value": "batch_b"})
    assert "Written: 1 ticket." in run("--search", "tags:batch_a", "--yes").output
    assert (len(account.notes(one)), len(account.notes(other))) == (1, 0)
    assert "Written: 1 ticket." in run("--view", view, "--yes").output
    assert len(account.notes(other)) == 1
    missing = run("--view", "99", "--yes")
    assert missing.exit_code == 1
    assert "404" in missing.output


@BOTH
def test_days_are_those_of_the_installation(account: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    """--until is the last day that counts, in the installation's time zone."""
    account.file()
    monkeypatch.setenv("WARRANTY_TIME_ZONE", "UTC")
    assert "Selected: 1 ticket." in run("--since", "2001-01-01", "--dry-run").output
    assert (
        "Selected: 0 tickets."
        in run("--since", "2001-01-01", "--until", "2001-12-31", "--dry-run").output
    )


def test_failures_are_shown_and_counted(account: Past, kept: Store) -> None:
    """Each ticket with why and what to do; the command ends with 1, and --list still shows it."""
    one = account.file()
    verdict = account.sandbox.state.fields[int(account.bindings.fields["verdict"])]
    verdict["custom_field_options"] = []
    result = run(*SINCE, "--yes")
    assert result.exit_code == 1
    assert "Written: 0 tickets. Failed: 1 ticket." in result.output
    assert re.search(rf"│ {one} +│ not written", result.output)
    assert "Check the named fields" in result.output
    listed = run("--list")
    assert listed.exit_code == 0
    assert re.search(r"│ 1 .*│ since 2000-01-01 │ done +│ +0 │ +0 │ +1 │", listed.output)
    assert re.search(rf"Failed in no. 1:(.|\n)*│ {one} +│ not written", listed.output)


@BOTH
def test_claims_are_marked(account: Past) -> None:
    """--claims: the selected tickets become claims, and get their verdict."""
    one = account.file({"purchase_date": "2026-01-01", "claim": None})
    assert "no claim; --claims makes them claims" in run(*SINCE, "--dry-run").output
    result = run(*SINCE, "--claims", "--yes")
    assert "To be made claims first: 1." in result.output
    assert catalogue.CLAIM_TAG in account.tags(one)
    assert len(account.notes(one)) == 1


@FRESHDESK
def test_freshdesk_s_search_selects(account: Past) -> None:
    """In its own words; and what it does not take is said in ours."""
    one, other = account.file(tags=["batch_a"]), account.file(tags=["batch_b"])
    # The index of the search is some minutes behind.
    account.place.sandbox.account.shift(600)  # type: ignore[attr-defined]
    result = run("--search", "tag:'batch_a'", "--yes")
    assert "Written: 1 ticket." in result.output, result.output
    assert (len(account.notes(one)), len(account.notes(other))) == (1, 0)
    wrong = run("--search", 'tag:"batch_a"', "--yes")
    assert wrong.exit_code == 1
    assert "without double quotes" in wrong.output


@FRESHDESK
def test_freshdesk_s_views_cannot_be_read(account: Past, kept: Store) -> None:
    """That is said at once, with what to do instead."""
    result = run("--view", "7", "--dry-run")
    assert result.exit_code == 2
    assert "does not say which tickets a view shows" in " ".join(result.output.split())
    assert "--since" in result.output
    assert account.requests() == 0
    assert Backfills(kept).all() == []


@FRESHDESK
def test_freshdesk_s_failures_are_shown_and_counted(account: Past) -> None:
    """Each ticket with why and what to do; the others are written."""
    bad, good = account.file(), account.file()
    path = rf"/api/v2/tickets/{bad}"
    row = {"field": "status", "message": "It is required", "code": "missing_field"}
    body = {"description": "Validation failed", "errors": [row]}
    account.faults.add(Fault(path, "PUT", status=400, body=body))
    result = run(*SINCE, "--yes")
    assert result.exit_code == 1
    assert "Written: 1 ticket. Failed: 1 ticket." in result.output
    assert re.search(rf"│ {bad} +│ Freshdesk refused status", result.output)
    assert account.verdict(good) == "covered"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "exactly one of"),
        ((*SINCE, "--view", "1"), "exactly one of"),
        (("--until", "2026-01-01", "--view", "1"), "--until goes with --since"),
        (("--since", "2026-02-01", "--until", "2026-01-01"), "not before it"),
        ((*SINCE, "--resume"), "exactly one of"),
        (("--resume", "--claims"), "leave out the other options"),
        (("--since", "yesterday"), "does not match"),
        ((*SINCE, "--share", "0"), "1<=x<=100"),
        ((*SINCE, "--installation", "other"), "expected one of main"),
    ],
)
def test_what_cannot_be_meant_is_said(
    account: Past, arguments: tuple[str, ...], words: str
) -> None:
    """A wrong command sends nothing."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())
    assert account.requests() == 0


@BOTH
def test_nothing_to_resume(account: Past) -> None:
    """It says so."""
    result = run("--resume")
    assert result.exit_code == 1
    assert "no backfill waits" in result.output


@BOTH
def test_without_fields_it_says_what_to_do(
    account: Past, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An account in which nothing is put in place yet."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'other.sqlite'}")
    result = run(*SINCE, "--yes")
    assert result.exit_code == 1
    assert "warranty install" in result.output


# -- the process -----------------------------------------------------------------------------------


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "integration.cli", "backfill", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def slow_job(account: Past) -> None:
    """The first batch is written, but whoever asks after it waits long for the answer."""
    account.sandbox.state.faults.add(Fault(r"/api/v2/job_statuses/.*", delay=60.0))


def test_killed_in_the_middle_of_a_batch(account: Past, kept: Store) -> None:
    """SIGKILL after a batch was handed over and before anybody heard of it: the same command goes
    on; every ticket has one note, the one batch that was written is not written again."""
    ids = [account.file() for _ in range(120)]
    slow_job(account)
    process = start(*SINCE, "--yes")
    until(lambda: sum(len(account.notes(one)) for one in ids) == 100, 60)
    process.send_signal(signal.SIGKILL)
    assert process.wait(20) == -signal.SIGKILL
    assert process.stdout is not None
    process.stdout.close()
    account.sandbox.state.faults.clear()
    (run,) = Backfills(kept).all()
    assert (run.state, Backfills(kept).left(run)) == ("writing", 120)
    again = start(*SINCE, "--yes")
    output, _ = again.communicate(timeout=90)
    assert again.returncode == 0, output
    assert "Going on with backfill 1" in output
    assert "Written: 120 tickets." in output
    assert [len(account.notes(one)) for one in ids] == [1] * 120
    assert account.requests("PUT", "update_many") == 2
    assert [one.state for one in Backfills(kept).all()] == ["done"]


@FRESHDESK
def test_killed_in_the_middle_of_a_ticket(account: Past, kept: Store) -> None:
    """SIGKILL after a note was posted in Freshdesk and before the verdict stood beside it: the same
    command goes on, and no ticket has two notes."""
    ids = [account.file() for _ in range(4)]
    slow = Fault(rf"/api/v2/tickets/{ids[2]}/notes", "POST", delay=60.0, delayed="after")
    account.faults.add(slow)
    process = start(*SINCE, "--yes")
    until(lambda: sum(len(account.notes(one)) for one in ids) == 3, 60)
    process.send_signal(signal.SIGKILL)
    assert process.wait(20) == -signal.SIGKILL
    assert process.stdout is not None
    process.stdout.close()
    account.faults.clear()
    (begun,) = Backfills(kept).all()
    assert (begun.state, Backfills(kept).left(begun)) == ("writing", 2)
    assert account.verdict(ids[2]) is None
    again = run("--resume")
    assert again.exit_code == 0, again.output
    assert "Going on with backfill 1" in again.output
    assert "Written: 4 tickets." in again.output
    assert [len(account.notes(one)) for one in ids] == [1] * 4
    assert {account.verdict(one) for one in ids} == {"covered"}


def test_stopped_by_hand(account: Past, kept: Store) -> None:
    """Ctrl-C says that what was written stays; --resume goes on."""
    ids = [account.file() for _ in range(3)]
    slow_job(account)
    process = start(*SINCE, "--yes")
    until(lambda: sum(len(account.notes(one)) for one in ids) == 3, 60)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 130, output
    assert "the same command goes on where it stopped" in output
    account.sandbox.state.faults.clear()
    result = run("--resume")
    assert result.exit_code == 0, result.output
    assert "Written: 3 tickets." in result.output
    assert [len(account.notes(one)) for one in ids] == [1] * 3
    assert "stopped" not in run("--list").output
