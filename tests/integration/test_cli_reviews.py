"""`warranty reviews`: what waits for a person, and starting it again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from integration.cli import main
from integration.jobs import Jobs
from integration.store import connect


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    store = connect("sqlite:///warranty.sqlite")
    store.prepare()
    yield Jobs(store)
    store.close()


def set_aside(jobs: Jobs, *tickets: str) -> None:
    for ticket in tickets:
        jobs.accept("main", f"delivery-{ticket}", ticket, "ticket_created")
        job = jobs.claim("worker", 60)
        assert job is not None
        jobs.set_aside(job, f"ticket {ticket}: access refused — Connect the account again.")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["reviews", *arguments])


def test_nothing_waits(jobs: Jobs) -> None:
    """An empty list says so."""
    result = run("list")
    assert result.exit_code == 0
    assert "No review waits for a person." in result.output


def test_what_waits_is_listed_with_what_to_do(jobs: Jobs) -> None:
    """Ticket, since when, why in plain words, and the advice."""
    set_aside(jobs, "11", "12")
    result = run("list")
    assert result.exit_code == 0, result.output
    assert "11" in result.output
    assert "access refused" in result.output
    assert "Connect the account again." in result.output


def test_a_review_is_started_again(jobs: Jobs) -> None:
    """Named tickets become due at once, others stay."""
    set_aside(jobs, "11", "12")
    result = run("retry", "11")
    assert result.exit_code == 0, result.output
    assert [one.ticket_id for one in jobs.waiting()] == ["12"]
    job = jobs.claim("worker", 60)
    assert job is not None
    assert (job.ticket_id, job.attempts) == ("11", 0)


def test_all_are_started_again(jobs: Jobs) -> None:
    """After an outage nobody has to type them one by one."""
    set_aside(jobs, "11", "12")
    assert run("retry", "--all").exit_code == 0
    assert jobs.waiting() == []
    assert jobs.backlog().due == 2


@pytest.mark.parametrize("arguments", [(), ("11", "--all"), ("99",)])
def test_what_cannot_be_started_again_changes_nothing(
    jobs: Jobs, arguments: tuple[str, ...]
) -> None:
    """Neither nothing nor both, and no ticket that does not wait."""
    set_aside(jobs, "11")
    assert run("retry", *arguments).exit_code != 0
    assert len(jobs.waiting()) == 1
