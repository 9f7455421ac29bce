"""`warranty decide`: claims in, verdicts out, one for each and in order."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from io import TextIOWrapper
from typing import Any, BinaryIO, Final, get_args

import click

from integration.commands.decide_records import Format, Lines, Record, read
from policy import (
    FACT,
    CrossBorder,
    FactError,
    Settings,
    SettingsError,
    Status,
    Verdict,
    parse_date,
    parse_regions,
)
from policy import decide as judge
from policy import explain as in_words

_LONG: Final = 1 << 18
"""Bytes of a file from which on a progress bar is worth showing."""
_COLOURS: Final[dict[Status, str]] = {
    "covered": "green",
    "refund_eligible": "green",
    "not_covered": "red",
    "refer_to_dealer": "magenta",
    "needs_review": "yellow",
    "awaiting_inspection": "cyan",
    "needs_information": "blue",
}


def _date(context: click.Context, parameter: click.Parameter, value: str | None) -> date:
    if value is None:
        return datetime.now().astimezone().date()
    day = parse_date(value)
    if day is None:
        raise click.BadParameter(f"{value!r} is not a date as YYYY-MM-DD")
    return day


def _regions(
    context: click.Context, parameter: click.Parameter, value: str
) -> tuple[frozenset[str], ...]:
    try:
        return parse_regions(value)
    except SettingsError as error:
        raise click.BadParameter(f"{error.value!r} is not {error.expected}") from None


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--on", metavar="DATE", callback=_date, help="The day of the verdict [today].")
@click.option(
    "--cross-border",
    type=click.Choice(get_args(CrossBorder)),
    default="buyer_freight",
    show_default=True,
    help="What becomes of a claim outside the country or region of purchase.",
)
@click.option(
    "--regions",
    metavar="GROUPS",
    default="",
    callback=_regions,
    help="Countries that count as one, as 'EU:DE,FR;NA:US,CA'.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(get_args(Format)),
    help="How claims are written [csv for FILE.csv, else jsonl].",
)
@click.option(
    "--explain/--json",
    "explaining",
    default=None,
    help="Write for a person, or JSON lines [for a person on a terminal].",
)
@click.pass_context
def decide(
    context: click.Context,
    file: BinaryIO,
    on: date,
    cross_border: CrossBorder,
    regions: tuple[frozenset[str], ...],
    form: Format | None,
    explaining: bool | None,
) -> None:
    """Decide claims by the policy.

    Reads claims from FILE, or from standard input: JSON objects one a line, or CSV with a header.
    Writes one verdict for each, in order. A record that cannot be decided gets an error in its
    place and a message on standard error, and the exit status is 1.
    """
    settings = Settings(cross_border, regions)
    if form is None:
        form = "csv" if str(getattr(file, "name", "-")).lower().endswith(".csv") else "jsonl"
    output, terminal = sys.stdout, sys.stdout.isatty()
    if isinstance(output, TextIOWrapper):
        output.reconfigure(errors="backslashreplace")
    write = _explanation if explaining or (explaining is None and terminal) else _line
    size = _size(file)
    lines = Lines(file)
    failed = 0
    with _progress(size, terminal) as advance:
        for record in read(lines, form):
            shown = _verdict(record, on, settings)
            text = write(record, shown)
            output.write(f"{text if terminal or write is _line else click.unstyle(text)}\n")
            if isinstance(shown, FactError):
                failed += 1
                click.echo(f"line {record.line}: {_message(shown)}", err=True)
            if size is None:
                output.flush()  # whoever feeds us by and by is waiting for each answer
            advance(lines.consumed)
        output.flush()
    if failed:
        context.exit(1)


def _verdict(record: Record, on: date, settings: Settings) -> Verdict | FactError:
    if isinstance(record.claim, FactError):
        return record.claim
    return judge(record.claim, on, settings)


# -- writing ---------------------------------------------------------------------------------------


def _line(record: Record, shown: Verdict | FactError) -> str:
    """One line of JSON, in ASCII, so that no terminal or pipe can spoil it."""
    if isinstance(shown, FactError):
        return json.dumps(_error(shown))
    return json.dumps(shown.to_dict())


def _error(error: FactError) -> dict[str, Any]:
    what = {"fact": error.fact, "value": error.value, "expected": error.expected}
    return {"error": what}


def _explanation(record: Record, shown: Verdict | FactError) -> str:
    """What a person reads, with a line to find the record by."""
    if isinstance(shown, FactError):
        title = f"Line {record.line}"
        text = f"{click.style('CANNOT BE DECIDED', bold=True)} — {_message(shown)}"
    else:
        title = f"Line {record.line}" if shown.id is None else f"Claim {json.dumps(shown.id)}"
        first, _, rest = in_words(shown).partition("\n")
        text = f"{click.style(first, fg=_COLOURS[shown.status], bold=True)}\n{rest}"
    return f"{click.style(title, dim=True)}\n{text}\n"


def _message(error: FactError) -> str:
    """An error on one line, with nothing in it that a terminal would obey."""
    if error.fact is None or error.fact in FACT:
        return str(error)
    return str(FactError(_short(repr(error.fact)), error.value, error.expected))


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"


# -- progress --------------------------------------------------------------------------------------


def _size(file: BinaryIO) -> int | None:
    """The size of a regular file; None for what comes by and by."""
    try:
        status = os.fstat(file.fileno())
    except OSError:  # no file of the system's
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


@contextmanager
def _progress(size: int | None, terminal: bool) -> Iterator[Callable[[int], None]]:
    """A bar on standard error for a long file, where a person sees it and it disturbs nothing."""
    seen = sys.stderr.isatty() and not terminal
    if size is None or size < _LONG or not seen:
        yield lambda consumed: None
        return
    from rich.console import Console  # noqa: PLC0415 - short inputs do not wait for it
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn  # noqa: PLC0415

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Deciding", total=size)
        shown = 0

        def advance(consumed: int) -> None:
            nonlocal shown
            if consumed - shown >= size // 500:
                shown = consumed
                bar.update(task, completed=consumed)

        yield advance
