"""What `warranty bench service` has measured, as figures with their targets: a table, or JSON."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import click

from integration.commands.bench_measures import SHARE, Limited, Measured, Sizes, quantile
from integration.installation import HelpdeskName

_BUSY: Final = 0.8  # of a core: with more, the sender may be what is measured


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``target`` is what is to be reached: at most that; at least, where ``least``."""

    name: str
    value: float
    unit: str
    target: float | None = None
    least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.least else self.value <= self.target


def figures(found: Measured, rate: float, helpdesk: HelpdeskName = "zendesk") -> list[Figure]:
    """Every figure with its target; ``rate`` is that of the paced webhooks. How few requests there
    are to be is said of Zendesk, where one holds a change and its note and a hundred tickets go in
    one; Freshdesk has neither."""
    few = helpdesk == "zendesk"
    paced, saturated, fresh, same = found.paced, found.saturated, found.fresh, found.unchanged
    bulk = found.bulk
    # A measurement that ended has them all.
    assert paced is not None
    assert saturated is not None
    assert fresh is not None
    assert same is not None
    assert bulk is not None
    at = f"acknowledged at {rate:g} webhooks/s"
    accepted = saturated.answers.get("202", 0)
    reading = ("read", "write", "other", "refused")
    return [
        Figure(f"{at}, p50", quantile(paced.milliseconds, 0.5), "ms"),
        Figure(f"{at}, p99", quantile(paced.milliseconds, 0.99), "ms", 50),
        Figure(f"{at}, slowest", quantile(paced.milliseconds, 1), "ms"),
        Figure(f"not {at}", _not_accepted(paced.answers), "", 0),
        Figure("acknowledged, saturated", accepted / saturated.seconds, "/s", 600, True),
        Figure("saturated, p50", quantile(saturated.milliseconds, 0.5), "ms"),
        Figure("saturated, p99", quantile(saturated.milliseconds, 0.99), "ms"),
        Figure("not acknowledged, saturated", _not_accepted(saturated.answers), "", 0),
        Figure("created to written back, p50", quantile(found.written, 0.5), "s"),
        Figure("created to written back, p95", quantile(found.written, 0.95), "s", 2),
        Figure("not written back in time", found.unwritten, "", 0),
        Figure("backlog of new claims", fresh.rate, "tickets/s", 200, True),
        Figure("backlog, nothing changed", same.rate, "tickets/s", 200, True),
        Figure("left of both backlogs", fresh.left + same.left, "", 0),
        Figure("processor time a new claim, worker", fresh.processor, "ms"),
        Figure("processor time an unchanged ticket, worker", same.processor, "ms"),
        Figure(
            "requests a new claim, previews apart", fresh.each(*reading), "", 2 if few else None
        ),
        Figure("macros previewed a new claim", fresh.each("preview"), ""),
        Figure("requests an unchanged ticket", same.each(*reading, "preview"), "", 2),
        Figure("writes an unchanged ticket", same.each("write"), "", 0),
        Figure("requests refused", fresh.requests["refused"] + same.requests["refused"], "", 0),
        Figure("in bulk", bulk.rate, "tickets/s"),
        Figure("requests a ticket in bulk", bulk.each(), "", 0.05 if few else None),
        Figure("left of what was done in bulk", bulk.left, "", 0),
        *(_within_limits(found.limited) if found.limited is not None else ()),
    ]


def _within_limits(limited: Limited) -> list[Figure]:
    """What was done with a plan's limits on, beside what the app's share of them allows."""
    minutes = max(1.0, limited.seconds / 60)  # a part of a minute may have all of its share
    plan = limited.plan
    updates, requests = (most * SHARE / 100 * minutes for most in (plan.updates, plan.requests))
    written, asked = limited.a_minute(limited.written), limited.a_minute(limited.requests)
    return [
        Figure("with limits on, tickets written", written, "/min"),
        Figure("… of the share that may be written", 100 * limited.written / updates, "%"),
        Figure("with limits on, requests", asked, "/min"),
        Figure("… of the share that may be sent", 100 * limited.requests / requests, "%"),
        Figure("… refused as too many", limited.too_many, "", 0),
    ]


def _not_accepted(answers: Mapping[str, int]) -> int:
    return sum(count for answer, count in answers.items() if answer != "202")


def surroundings(store: str, helpdesk: str = "Zendesk") -> dict[str, Any]:
    """On what is measured, to be said beside the figures: whose stand-in, the store, the machine,
    and how busy it is already."""
    return {
        "helpdesk": helpdesk,
        "store": store,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def doubts(found: Measured, helpdesk: str) -> list[str]:
    """What makes figures say less about the app than they seem to."""
    said = []
    for name, load in (("at the steady pace", found.paced), ("saturated", found.saturated)):
        if load is not None and load.core > _BUSY:
            said.append(
                f"The sender of webhooks {name} used {load.core:.0%} of a core: it may be what was "
                "measured."
            )
        if load is not None and load.latest > 50:
            said.append(
                f"A webhook {name} was sent {load.latest:.0f} ms late: the machine is busy."
            )
    for phase, cores in found.cores.items():
        if cores.get("sandbox", 0) > _BUSY:
            said.append(
                f"{phase}: the stand-in for {helpdesk} used {cores['sandbox']:.0%} of a core: it "
                "may be what was measured."
            )
    return said


def show(found: Measured, rows: list[Figure], where: dict[str, Any]) -> None:
    """Print a table: figures beside targets, memory, processor use, doubts."""
    click.echo(
        "{helpdesk}, {store}; {python} on {machine}, {cores} cores for everything; "
        "load {load_before}\n".format(**where)
    )
    click.echo(f"{'':<44}{'measured':>18}{'to reach':>12}")
    for row in rows:
        line = f"{row.name:<44}{_number(row.value):>8} {row.unit:<9}"
        if row.target is not None:
            bound = f"{'>=' if row.least else '<='} {row.target:g}"
            line += f"{bound:>12}  {'met' if row.met else 'missed'}"
        click.echo(line.rstrip())
    click.echo(f"\n{'memory':<20}{'after backlog':>14}{'at the end':>14}{'at most':>14}")
    for name, used in found.memory.items():
        then = found.after_backlog.get(name)
        cell = "" if then is None else f"{then:.1f} MiB"
        click.echo(f"{name:<20}{cell:>14}{used.memory:>10.1f} MiB{used.peak:>10.1f} MiB")
    click.echo(f"\n{'cores used':<20}" + "".join(f"{phase:>12}" for phase in found.cores))
    for name in found.memory:
        used_in = (cores.get(name) for cores in found.cores.values())
        cells = ("" if one is None else f"{one:.2f}" for one in used_in)
        click.echo(f"{name:<20}" + "".join(f"{cell:>12}" for cell in cells))
    loads = {"paced": found.paced, "saturated": found.saturated}
    cells = (f"{load.core:.2f}" if (load := loads.get(phase)) else "" for phase in found.cores)
    click.echo(f"{'sender of webhooks':<20}" + "".join(f"{cell:>12}" for cell in cells))
    for doubt in doubts(found, where["helpdesk"]):
        click.echo(f"\n{doubt}")


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def report(
    found: Measured, rows: list[Figure], sizes: Sizes, where: dict[str, Any]
) -> dict[str, Any]:
    """The same as a JSON object. A figure that there is none of is null."""
    return {
        **where,
        "sizes": asdict(sizes),
        "figures": [
            {
                "name": row.name,
                "value": None if math.isnan(row.value) else round(row.value, 3),
                "unit": row.unit,
                "target": row.target,
                "at_least": row.least,
                "met": row.met,
            }
            for row in rows
        ],
        "answers": {
            name: dict(load.answers)
            for name, load in (("paced", found.paced), ("saturated", found.saturated))
            if load is not None
        },
        "requests": {
            name: dict(one.requests)
            for name, one in (
                ("new claims", found.fresh),
                ("unchanged", found.unchanged),
                ("in bulk", found.bulk),
            )
            if one is not None
        },
        "memory_mib": {
            name: {
                "after_backlog": _rounded(found.after_backlog.get(name)),
                "at_the_end": round(used.memory, 1),
                "at_most": round(used.peak, 1),
            }
            for name, used in found.memory.items()
        },
        "cores_used": {
            phase: {name: round(used, 3) for name, used in cores.items()}
            for phase, cores in found.cores.items()
        },
        "doubts": doubts(found, where["helpdesk"]),
    }
