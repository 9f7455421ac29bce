"""Logging: one JSON line an event on standard error; no bodies, header values or ticket text."""

from __future__ import annotations

import sys
import traceback
from typing import TextIO

import structlog


def configure(stream: TextIO | None = None) -> None:
    """Send structlog's events to ``stream`` (standard error) as JSON lines with a UTC time.

    Does nothing where structlog has been configured already, so that tests and other programs
    keep their own way of listening.
    """
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        # looked up for each line: a server or a test may put another stream in its place
        logger_factory=lambda *_: structlog.WriteLogger(stream or sys.stderr),
    )


def traced(error: BaseException) -> dict[str, object]:
    """What may be logged of an exception nobody expected: its types and where it came from.

    The messages are left out, and so are source lines and local values: any of them may hold
    what a customer wrote.
    """
    chain: list[str] = []
    step: BaseException | None = error
    while step is not None and len(chain) < 5:
        chain.append(type(step).__qualname__)
        step = step.__cause__ or (None if step.__suppress_context__ else step.__context__)
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return {
        "error": chain,
        "traceback": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
