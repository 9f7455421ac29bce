"""`warranty reviews`: what waits for a person, and starting it again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from integration.budgets import Limits, Spent
from integration.chores import Chores
from integration.cli import main
from integration.commands import reviews
from integration.jobs import Jobs
from integration.store import connect


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    store = connect("sqlite:///warranty.sqlite")
    store.prepare()
    yield Jobs(store, lambda _: Limits(updates=1_000_000, requests=1_000_000))
    store.close()


WHY = "The helpdesk refused access (ticket {}: 403) — Connect the account [again], as an admin."


def set_aside(jobs: Jobs, *tickets: str, installation: str = "main") -> None:
    for ticket in tickets:
        jobs.accept(installation, f"delivery-{ticket}", ticket, "ticket_created")
        job = jobs.claim("worker", 60)
        assert job is not None
        jobs.set_aside(job, WHY.format(ticket))


class Terminal(Console):
    """A terminal so many columns wide."""

    wide = 120

    def __init__(self, **how: Any) -> None:
        super().__init__(**how, force_terminal=True, color_system=None, width=self.wide)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["reviews", *arguments])


def test_work_by_the_clock_in_trouble_is_named(jobs: Jobs) -> None:
    """On standard error, so that a pipe's lines stay as they are: of the installation that is
    named, and of the whole store."""
    store = connect("sqlite:///warranty.sqlite")
    chores = Chores(store)
    for where, name in (("", "retention"), ("main", "reconcile"), ("other", "examine")):
        chores.ensure(where, name, timedelta(minutes=5))
        turn = chores.claim("worker", 60, [(where, name)])
        assert turn is not None
        chores.fail(turn, 60, "answered 403\x1b[31m")
    store.close()
    set_aside(jobs, "11")
    everything = run("list")
    assert everything.stdout.count("\n") == 1
    assert everything.stderr.count("Work by the clock") == 3
    assert "\x1b" not in everything.stderr
    one = run("list", "--installation", "main")
    assert "Work by the clock: Deleting what is old came to nothing once" in one.stderr
    assert "Work by the clock (main): Looking for tickets" in one.stderr
    assert "other" not in one.stderr


def test_nothing_waits(jobs: Jobs) -> None:
    """An empty list says so."""
    result = run("list")
    assert result.exit_code == 0
    assert "No review waits for a person." in result.output


def test_what_waits_is_listed_with_what_to_do(jobs: Jobs) -> None:
    """In a pipe: a line each, with tabs between installation, ticket, since when, and why with what
    to do."""
    set_aside(jobs, "11", "12")
    result = run("list")
    assert result.exit_code == 0, result.output
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[:2] for row in rows] == [["main", "11"], ["main", "12"]]
    assert datetime.strptime(rows[0][2], "%Y-%m-%d %H:%M")
    assert rows[1][3] == WHY.format("12")


@pytest.mark.parametrize("wide", [120, 100, 80, 40, 24])
def test_the_list_is_readable_at_any_width(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, wide: int
) -> None:
    """On a terminal nothing is cut off or taken for markup, and no line is longer than it."""
    set_aside(jobs, "1234567")
    set_aside(jobs, "7654321", installation="an-installation-with-a-long-name-of-its")
    monkeypatch.setattr(Terminal, "wide", wide)
    monkeypatch.setattr(reviews, "Console", Terminal)
    result = run("list")
    assert result.exit_code == 0, result.output
    assert max(map(len, result.output.splitlines())) <= wide
    words = re.sub("[│┃]", " ", result.output).split()
    for ticket in ("1234567", "7654321"):
        assert ticket in words
    assert " ".join(words).count(WHY.partition(" (")[0]) == 2
    assert " ".join(words).count("account [again], as an admin.") == 2


def test_only_one_installation_is_listed(jobs: Jobs) -> None:
    """Where it is named."""
    set_aside(jobs, "11")
    set_aside(jobs, "11", "12", installation="other")
    result = run("list", "--installation", "other")
    assert [line.split("\t")[:2] for line in result.stdout.splitlines()] == [
        ["other", "11"],
        ["other", "12"],
    ]


def test_what_was_sent_to_us_gives_the_terminal_no_command(jobs: Jobs) -> None:
    """A ticket's id or a delivery's comes from outside."""
    jobs.accept("main", "d\x1b[2J", "11", "ticket_created")
    job = jobs.claim("worker", 60)
    assert job is not None
    jobs.set_aside(job, "no\naccess\x1b]0;x\x07")
    for result in (run("list"), run("show", "11"), run("retry", "11")):
        assert result.exit_code == 0, result.output
        assert "no access" in result.output
        assert "\x1b" not in result.output
        assert "\x07" not in result.output


# -- looking closer --------------------------------------------------------------------------------


def test_a_review_is_shown_in_full(jobs: Jobs) -> None:
    """Since when it waits, how often it was tried, why, what came in last, and what to do."""
    set_aside(jobs, "11")
    result = run("show", "11")
    assert result.exit_code == 0, result.output
    rows = {line[:17].strip(): line[18:] for line in result.output.splitlines()}
    assert rows["ticket"] == "11"
    assert rows["waits since"].endswith("for a person")
    assert rows["due"] == "not by itself"
    assert rows["fruitless tries"] == "1"
    assert rows["why"] == WHY.format("11")
    assert rows["last events"].endswith("ticket_created, delivery delivery-11")
    assert rows["then"] == "warranty reviews retry --installation main 11"


def test_a_review_that_waits_for_nobody_is_shown_too(jobs: Jobs) -> None:
    """One that is worked on, one that waits to be tried again, and one that is due some day."""
    jobs.make_due("main", "1")
    job = jobs.claim("worker", 60)
    assert job is not None
    assert "worked on" in run("show", "1").output
    jobs.postpone(job, 600, "helpdesk: 503", spent=Spent(3, 2))
    output = run("show", "1").output
    assert "not before" in output
    assert "helpdesk: 503" in output
    assert "2 times since" in output
    assert "retry" not in output
    jobs.make_due("main", "2", datetime(2031, 5, 4, 12, tzinfo=UTC))
    assert "2031-05-04 12:00" in run("show", "2").output


def test_a_ticket_number_of_several_installations_needs_the_name(jobs: Jobs) -> None:
    """Nobody's review is shown, started or given up by mistake for another's."""
    set_aside(jobs, "11")
    set_aside(jobs, "11", installation="other")
    for command in ("show", "retry", "drop"):
        result = run(command, "11")
        assert result.exit_code == 1
        assert "--installation and one of main, other" in result.output
        assert len(jobs.waiting()) == 2
    assert "other" in run("show", "11", "--installation", "other").output
    assert run("retry", "11", "--installation", "other").exit_code == 0
    assert [one.installation for one in jobs.waiting()] == ["main"]


@pytest.mark.parametrize("command", ["show", "retry", "drop"])
def test_an_unknown_ticket_is_said_to_be(jobs: Jobs, command: str) -> None:
    """With the installation, if one was named; nothing else is done."""
    set_aside(jobs, "11")
    result = run(command, "99")
    assert result.exit_code == 1
    assert "99: no review of it is known" in result.output
    result = run(command, "11", "--installation", "other")
    assert result.exit_code == 1
    assert "11: no review of it is known in installation other" in result.output
    assert len(jobs.waiting()) == 1


# -- starting again, giving up ---------------------------------------------------------------------


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


def test_one_installation_s_are_started_again(jobs: Jobs) -> None:
    """All of that one, none of the others."""
    set_aside(jobs, "11", "12")
    set_aside(jobs, "11", installation="other")
    assert run("retry", "--all", "--installation", "main").exit_code == 0
    assert [one.installation for one in jobs.waiting()] == ["other"]


def test_what_is_started_again_says_why_it_waited(jobs: Jobs) -> None:
    """So that nobody starts it again without having mended the cause."""
    set_aside(jobs, "11")
    assert run("retry", "11").output == f"ticket 11: due now; {WHY.format('11')}\n"


def test_a_review_is_given_up(jobs: Jobs) -> None:
    """It waits no more and is not due; the others stay."""
    set_aside(jobs, "11", "12")
    result = run("drop", "11")
    assert result.exit_code == 0, result.output
    assert "ticket 11: given up until something happens on it" in result.output
    assert WHY.format("11") in result.output
    assert [one.ticket_id for one in jobs.waiting()] == ["12"]
    assert jobs.backlog().due == 0


@pytest.mark.parametrize("command", ["retry", "drop"])
def test_one_wrong_ticket_of_several_stops_all(jobs: Jobs, command: str) -> None:
    """Each is named with what is wrong about it, and nothing is done."""
    set_aside(jobs, "11")
    jobs.make_due("main", "12")
    result = run(command, "11", "12", "99")
    assert result.exit_code == 1
    assert "12: its review does not wait for a person" in result.output
    assert "99: no review of it is known" in result.output
    assert "Nothing was changed." in result.output
    assert len(jobs.waiting()) == 1


def test_a_store_out_of_reach_is_said_plainly(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback."""
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/at/all/warranty.sqlite")
    for arguments in (("list",), ("show", "1"), ("retry", "1"), ("drop", "1")):
        result = run(*arguments)
        assert result.exit_code == 1
        assert "Error: store: " in result.output
