"""The processes of a benchmark: what they use (memory and processor time, where the system tells),
and how they are ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """Resident memory now and at most, in MiB, and the processor time used so far, in seconds."""

    memory: float
    peak: float
    processor: float


def usage(pid: int) -> Usage | None:
    """What a process uses; None where it is gone, or the system has no ``/proc``."""
    try:
        status = (_PROC / str(pid) / "status").read_text()
        after_name = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    rows = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    if "VmRSS" not in rows:
        return None  # it has ended and nobody has asked how
    ticks = int(after_name[11]) + int(after_name[12])  # utime, stime: proc(5)
    return Usage(_mib(rows["VmRSS"]), _mib(rows["VmHWM"]), ticks / os.sysconf("SC_CLK_TCK"))


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run, the oldest first."""
    found = []
    for path in _PROC.glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid:
            found.append(int(path.parent.name))
    return sorted(found)


def _mib(row: str) -> float:
    return int(row.split(maxsplit=1)[0]) / 1024


def say(words: str) -> None:
    """Tell what goes on, beside the figures."""
    click.echo(words, err=True)


@contextmanager
def ended_as_by_ctrl_c() -> Iterator[None]:
    """Let SIGTERM, too, end the other processes and drop what was made."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
