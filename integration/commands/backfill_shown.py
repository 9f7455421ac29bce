"""What `warranty backfill` shows: how a selection looks, how far it is, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from integration import catalogue
from integration.backfill import Tell
from integration.backfill_counts import NOTHING, OTHER, Tally
from integration.backfill_look import FIELD_MISSING, GONE, UNREADABLE, UP_TO_DATE
from integration.backfills import Run

_WHY: Final[dict[str, str]] = {
    "closed": "closed: they are left as they are",
    "solved": "solved; --include-solved takes them in",
    "no claim": "no claim; --claims makes them claims",
    UP_TO_DATE: "already up to date",
    FIELD_MISSING: "a field is missing; run `warranty install`",
    UNREADABLE: "not readable",
    GONE: "deleted, or not visible any more",
}
_LABELS: Final = {
    **{str(status): label for status, label in catalogue.STATUS_LABELS.items()},
    NOTHING: "none",
    OTHER: "another",
}
_PAUSE: Final = 5.0
"""Seconds between two lines where there is no terminal."""


def console() -> Console:
    """Where the tables go: the terminal's width, 80 columns where there is none."""
    return Console(highlight=False)


def outlook(tally: Tally) -> None:
    """How a selection looks: what is left alone and why, and what would be written."""
    out = console()
    out.print(f"Selected: {tickets(tally.selected)}. To be written: {tally.to_write:,}.")
    if tally.left:
        table = Table("Left alone", _numbers("Tickets"))
        for why, number in tally.left.most_common():
            table.add_row(escape(_WHY.get(why, why)), f"{number:,}")
        out.print()
        out.print(table)
    if not tally.to_write:
        return
    table = Table("Verdict now", "Verdict to be written", _numbers("Tickets"), "For example")
    for (shown, new), number in tally.moves.most_common():
        ids = ", ".join(tally.examples.get((shown, new), ()))
        table.add_row(_label(shown), _label(new), f"{number:,}", escape(ids))
    out.print()
    out.print(table)
    payers = (
        f"{catalogue.PAYER_LABELS.get(payer, 'another')} {number:,}"
        for payer, number in tally.freight.most_common()
    )
    out.print(f"Freight paid by: {', '.join(payers)}.")
    out.print(f"Deadline already past: {tally.past:,}. With an unreadable field: ", end="")
    out.print(f"{tally.unreadable:,}.")
    if tally.marked:
        out.print(f"To be made claims first: {tally.marked:,}.")


def summary(tally: Tally, failures: Sequence[tuple[str, str]]) -> None:
    """What became of a run, and of each ticket that failed."""
    out = console()
    words = [f"Written: {tickets(tally.written)}."]
    words += [f"{number:,} {why}." for why, number in _skipped(tally).items()]
    if failures:
        words.append(f"Failed: {tickets(len(failures))}.")
    out.print(" ".join(words))
    _failed(failures)


def _failed(failures: Sequence[tuple[str, str]]) -> None:
    if failures:
        table = Table("Ticket", "Why, and what to do")
        for ticket_id, why in failures:
            table.add_row(escape(ticket_id), escape(why.removeprefix(f"ticket {ticket_id}: ")))
        console().print(table)


def _skipped(tally: Tally) -> Mapping[str, int]:
    words = {UP_TO_DATE: "needed nothing any more", "closed": "were closed meanwhile"}
    found: dict[str, int] = {}
    for why, number in tally.skipped.items():
        word = words.get(why, f"left alone ({why})")
        found[word] = found.get(word, 0) + number
    return found


def runs(
    found: Sequence[Run],
    left: Mapping[int, int],
    failures: Mapping[int, Sequence[tuple[str, str]]],
) -> None:
    """Every run, with how many tickets are ``left`` of it, and which ones failed."""
    if not found:
        click.echo("No backfill has been run.")
        return
    table = Table(
        "No.",
        "Begun (UTC)",
        "Selection",
        "State",
        _numbers("Written"),
        _numbers("Left"),
        _numbers("Failed"),
    )
    for run in found:
        tally = Tally.from_json(run.counts)
        table.add_row(
            str(run.id),
            f"{run.created_at:%Y-%m-%d %H:%M}",
            escape(selected(run.selection)),
            "done" if run.state == "done" else f"not done ({run.state})",
            f"{tally.written:,}",
            f"{left.get(run.id, 0):,}",
            f"{tally.failed:,}",
        )
    console().print(table)
    for run in found:
        if failures.get(run.id):
            click.echo(f"\nFailed in no. {run.id}:")
            _failed(failures[run.id])


def selected(selection: Mapping[str, object]) -> str:
    """A selection in a few words; what was searched for is not among them."""
    if "view" in selection:
        return f"view {selection['view']}"
    if "search" in selection:
        return "a search"
    until = selection.get("until")
    return f"since {selection.get('since')}" + (f" until {until}" if until else "")


@contextmanager
def progress(what: str) -> Iterator[Tell]:
    """Show how far something is: a bar on a terminal, else a line now and then."""
    out = console()
    if not out.is_terminal:
        yield _lines(what)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=out, transient=True) as bar:
        task = bar.add_task(what, total=None)

        def tell(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of or None)

        yield tell


def _lines(what: str) -> Tell:
    last = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _PAUSE:
            last = time.monotonic()
            click.echo(f"{what}: {done:,}" + (f" of {of:,}" if of else ""))

    return tell


def tickets(number: int) -> str:
    """A number of tickets, in words."""
    return f"{number:,} ticket{'s' * (number != 1)}"


def _label(status: str) -> str:
    return _LABELS.get(status, status)


def _numbers(title: str) -> Column:
    return Column(title, justify="right")
