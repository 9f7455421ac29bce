"""Logging: one JSON line an event on standard error; no bodies, header values or ticket text.

A delivery's lines and those of the review that answers it carry the same ``delivery``; a review's
lines and the helpdesk's audit of what it wrote, the same ``review``.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Final, TextIO

import structlog

_REVIEW: Final = "review"


def configure(stream: TextIO | None = None) -> None:
    """Send structlog's events to ``stream`` (standard error) as JSON lines with a UTC time, and
    with them what libraries warn of.

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
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(Foreign(logging.WARNING))


class Foreign(logging.Handler):
    """What other libraries log, as events of ours: the message before its values are filled in.

    The values are left out because nobody can vouch for them: urllib3, say, quotes what it could
    not read of an answer.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on. Never raises."""
        try:
            # A text that its library put together itself is given by its place alone.
            words = str(record.msg) if record.args else f"{record.module}:{record.lineno}"
            error = record.exc_info[1] if record.exc_info else None
            structlog.get_logger(record.name).log(
                record.levelno,
                "a library's remark",
                logger=record.name,
                remark=words[:200],
                **({} if error is None else traced(error)),
            )
        except Exception:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Say only that it failed: logging's own way would print the record."""
        sys.stderr.write(f"a remark of {record.name} could not be logged\n")


def mark() -> dict[str, str]:
    """The review that this thread is at, as ``{"review": its name}``; empty where it is at none."""
    name = structlog.contextvars.get_contextvars().get(_REVIEW)
    return {_REVIEW: name} if isinstance(name, str) else {}


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
