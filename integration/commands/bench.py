"""`warranty bench`: measurements that anyone can repeat."""

from __future__ import annotations

import gc
import json
import platform
from collections.abc import Callable, Sequence
from importlib import import_module
from statistics import median
from time import perf_counter_ns
from typing import Any, NamedTuple

import click

from integration.commands.bench_claims import COMPLETE, OPENED, TODAY, mix, without
from policy import STATUSES, Claim, Settings, Verdict
from policy import decide as judge

_SAMPLE_US = 2_000
"""How long one sample takes at least; shorter ones would measure the clock."""


class Case(NamedTuple):
    """Something to measure: ``work`` does it for each of ``things`` once; ``target`` is in µs."""

    name: str
    work: Callable[[Any], object]
    things: Sequence[Any]
    target: float | None = None


class Measured(NamedTuple):
    """A case's ``median`` and ``slowest`` round, in µs for each thing."""

    case: Case
    median: float
    slowest: float


def cases() -> list[Case]:
    """What is measured: decisions with their findings and presumptions, and what comes before and
    after them."""
    settings = Settings()

    def deciding(claim: Claim) -> Verdict:
        return judge(claim, TODAY, settings)

    def wording(verdict: Verdict) -> list[str]:
        return [finding.because for finding in verdict.findings]

    complete = Claim.from_record(COMPLETE)
    varied = [Claim.from_record(record) for record in mix(600)]
    return [
        Case("complete claim", deciding, [complete], 20),
        Case("1 fact unknown", deciding, [Claim.from_record(one) for one in without(1)]),
        Case("3 facts unknown", deciding, [Claim.from_record(one) for one in without(3)], 50),
        Case("all unknown but the opening day", deciding, [Claim(claim_opened_on=OPENED)], 200),
        Case(f"mix of {len(varied)} different claims", deciding, varied),
        Case("reading a record into a claim", Claim.from_record, [COMPLETE]),
        Case("words of a verdict's findings", wording, [deciding(claim) for claim in varied]),
        Case("a verdict as JSON, words included", _as_json, [deciding(claim) for claim in varied]),
    ]


def _as_json(verdict: Verdict) -> str:
    return json.dumps(verdict.to_dict())


def measure(case: Case, rounds: int, samples: int) -> Measured:
    """The median over rounds of each round's median over samples. Garbage is collected as usual,
    since a decision is to bear the cost of what it leaves behind."""
    work, things = case.work, case.things
    passes = 1
    while _timed(work, things, passes) * passes * len(things) < _SAMPLE_US:
        passes *= 2
    medians = []
    for _ in range(rounds):
        gc.collect()
        medians.append(median(_timed(work, things, passes) for _ in range(samples)))
    return Measured(case, median(medians), max(medians))


def _timed(work: Callable[[Any], object], things: Sequence[Any], passes: int) -> float:
    """µs for each thing."""
    begun = perf_counter_ns()
    for _ in range(passes):
        for thing in things:
            work(thing)
    return (perf_counter_ns() - begun) / 1000 / passes / len(things)


# -- the command -----------------------------------------------------------------------------------


_LARGER = ("service", "sidebar")


class _Bench(click.Group):
    """The larger benches are loaded when they are called: they need all that the app needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_LARGER])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LARGER:
            return super().get_command(ctx, cmd_name)
        found = import_module(f"integration.commands.bench_{cmd_name}")
        command: click.Command = getattr(found, cmd_name)
        return command


@click.group(cls=_Bench)
def bench() -> None:
    """Measure how quick this is, in a way that anyone can repeat."""


@bench.command()
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--samples", type=click.IntRange(1, 1000), default=40, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
def policy(rounds: int, samples: int, as_json: bool) -> None:
    """Measure decisions on one core: complete claims, and claims with facts unknown.

    Times are medians of each round's median, in microseconds, of a decision with its findings and
    presumptions. The words of findings are made when they are asked for, and measured apart.
    """
    measured = [measure(case, rounds, samples) for case in cases()]
    statuses = {judge(claim, TODAY).status for claim in map(Claim.from_record, mix(600))}
    python = f"{platform.python_implementation()} {platform.python_version()}"
    if as_json:
        click.echo(json.dumps(_report(measured, python), indent=2))
        return
    click.echo(
        f"{python} on {platform.machine()}, one core; {rounds} rounds of {samples} samples\n"
    )
    click.echo(f"{'':<36}{'median':>10}{'slowest':>10}{'each second':>14}{'target':>10}")
    for case, middle, slowest in measured:
        row = f"{case.name:<36}{middle:>7.1f} µs{slowest:>7.1f} µs{1e6 / middle:>14,.0f}"
        if case.target is not None:
            met = "met" if middle <= case.target else "missed"
            row += f"{case.target:>7.0f} µs  {met}"
        click.echo(row)
    click.echo(f"\nThe mix reaches {len(statuses)} of {len(STATUSES)} statuses.")


def _report(measured: Sequence[Measured], python: str) -> dict[str, Any]:
    return {
        "python": python,
        "machine": platform.machine(),
        "cases": [
            {
                "name": case.name,
                "median_us": round(middle, 2),
                "slowest_round_us": round(slowest, 2),
                "per_second": round(1e6 / middle),
                "target_us": case.target,
                "met": None if case.target is None else middle <= case.target,
            }
            for case, middle, slowest in measured
        ],
    }
