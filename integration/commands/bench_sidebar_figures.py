"""What `warranty bench sidebar` has measured, as figures with their targets: a table, or JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from integration.commands.bench_figures import Figure
from integration.commands.bench_measures import quantile
from integration.commands.bench_sidebar_browser import Opening

PAINTED: Final = 300  # milliseconds from the answer to the verdict
OWN: Final = 60_000  # bytes of the app's own code
_SKEW: Final = 5  # milliseconds that two clocks of one browser may be apart
_BUSY: Final = 1.0  # load on each core from which figures say more of the machine

Way = tuple[str, Sequence[Opening]]
"""Openings that were made in one way, and what it is called."""


def figures(ways: Sequence[Way]) -> list[Figure]:
    """Every figure with its target."""
    every = [one for _, openings in ways for one in openings]
    rows = []
    for name, openings in ways:
        shown = [one.painted for one in openings]
        painting = [one.painted - one.answered for one in openings]
        rows += [
            Figure(f"{name}: click to verdict, p50", _at(shown, 0.5), "ms"),
            Figure(f"{name}: click to verdict, p95", _at(shown, 0.95), "ms"),
            Figure(f"{name}: click to verdict, slowest", _at(shown, 1), "ms"),
            Figure(f"{name}: answer to verdict, p50", _at(painting, 0.5), "ms"),
            Figure(f"{name}: answer to verdict, p95", _at(painting, 0.95), "ms", PAINTED),
        ]
    for name, openings in ways:
        rows += [
            Figure(f"{name}, p50: click to the frame", _half(openings, lambda o: o.begun), "ms"),
            Figure(
                f"{name}, p50: the frame to the question",
                _half(openings, lambda o: o.asked - o.begun),
                "ms",
            ),
            Figure(
                f"{name}, p50: the question to its answer",
                _half(openings, lambda o: o.answered - o.asked),
                "ms",
            ),
        ]
    took = [one.service for one in every]
    return [
        *rows,
        Figure("service's own time, p50", _at(took, 0.5), "ms"),
        Figure("service's own time, p95", _at(took, 0.95), "ms"),
        Figure("requests to the service on opening, at most", _most(every, _requests), "", 1),
        Figure("bytes of the app's own files, at most", _most(every, _bytes), "B", OWN - 1),
        Figure("the app's own files, at most", _most(every, _files), ""),
        Figure("answered without reading the ticket", sum(one.remembered for one in every), "", 0),
        Figure("opened without a verdict", sum(math.isnan(one.painted) for one in every), "", 0),
    ]


def _requests(one: Opening) -> float:
    return one.requests


def _bytes(one: Opening) -> float:
    return sum(size for _, size in one.files)


def _files(one: Opening) -> float:
    return len(one.files)


def _at(values: Sequence[float], share: float) -> float:
    """Where one never came, no figure is better for that: it counts as the slowest."""
    found = quantile([math.inf if math.isnan(one) else one for one in values], share)
    return math.nan if math.isinf(found) else found


def _half(openings: Sequence[Opening], of: Callable[[Opening], float]) -> float:
    return _at([of(one) for one in openings], 0.5)


def _most(openings: Sequence[Opening], of: Callable[[Opening], float]) -> float:
    return max((of(one) for one in openings), default=math.nan)


def doubts(ways: Sequence[Way], where: dict[str, Any]) -> list[str]:
    """What makes figures say less about the app than they seem to."""
    said = []
    load, cores = where["load_before"], where["cores"]
    if load > _BUSY * cores:
        said.append(f"The load was {load:g} on {cores} cores before it began: the machine is busy.")
    skew = max((one.skew for _, openings in ways for one in openings), default=0)
    if skew > _SKEW:
        said.append(f"The clocks of the window and the frame were up to {skew:.0f} ms apart.")
    return said


def show(ways: Sequence[Way], rows: Sequence[Figure], where: dict[str, Any]) -> None:
    """Print a table: figures beside targets, the app's files, doubts."""
    click.echo(
        "{browser} without a window; {store}; {python} on {machine}, {cores} cores for everything; "
        "load {load_before}\n".format(**where)
    )
    click.echo(f"{'':<46}{'measured':>16}{'to reach':>12}")
    for row in rows:
        line = f"{row.name:<46}{_number(row.value):>10} {row.unit:<5}"
        if row.target is not None:
            line += f"{f'<= {row.target:,.0f}':>12}  {'met' if row.met else 'missed'}"
        click.echo(line.rstrip())
    click.echo("\nThe app's own files, in bytes before compression:")
    for path, size in sorted(_largest(ways).files, key=lambda one: -one[1]):
        click.echo(f"{size:>8,}  {path.partition('/assets/')[2]}")
    for doubt in doubts(ways, where):
        click.echo(f"\n{doubt}")
    click.echo(
        "\nThe stand-in for Zendesk lets no browser keep the app's files: they are loaded anew for "
        "each ticket, also in a browser that has been there."
    )


def _largest(ways: Sequence[Way]) -> Opening:
    return max((one for _, openings in ways for one in openings), key=_bytes)


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def report(
    ways: Sequence[Way], rows: Sequence[Figure], tickets: int, where: dict[str, Any]
) -> dict[str, Any]:
    """The same as a JSON object. A figure that there is none of is null."""
    return {
        **where,
        "tickets": tickets,
        "figures": [
            {
                "name": row.name,
                "value": None if math.isnan(row.value) else round(row.value, 1),
                "unit": row.unit,
                "target": row.target,
                "at_least": row.least,
                "met": row.met,
            }
            for row in rows
        ],
        "files": {path.partition("/assets/")[2]: size for path, size in _largest(ways).files},
        "doubts": doubts(ways, where),
    }
