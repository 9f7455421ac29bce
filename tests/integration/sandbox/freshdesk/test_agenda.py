"""Work that falls due by the account's clock."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from integration.sandbox.freshdesk.agenda import Agenda

WAIT = 30


@pytest.fixture
def agenda(clock: Any) -> Any:
    found = Agenda(clock)
    yield found
    found.close()


def test_what_is_due_is_done_in_its_order(agenda: Any, clock: Any) -> None:
    """Not before its time; the earliest first, and of two at the same time the older."""
    done: list[str] = []
    for seconds, word in ((20, "c"), (10, "a"), (10, "b"), (60, "d")):
        agenda.later(seconds, lambda word=word: done.append(word))
    assert agenda.idle(WAIT)
    assert done == []
    clock.pass_(seconds=30)
    agenda.look()
    assert agenda.idle(WAIT)
    assert done == ["a", "b", "c"]
    assert len(agenda.waiting()) == 1


def test_a_clock_that_is_set_without_a_word_is_noticed(agenda: Any, clock: Any) -> None:
    """Soon after."""
    done = threading.Event()
    agenda.later(10, done.set)
    clock.pass_(seconds=10)
    assert done.wait(WAIT)


def test_what_is_under_way_elsewhere_counts(agenda: Any) -> None:
    """Until it has ended."""
    agenda.begin()
    assert not agenda.idle(0.01)
    agenda.end()
    assert agenda.idle(WAIT)


def test_a_failure_does_not_stop_the_rest(agenda: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged."""
    done = threading.Event()

    def fail() -> None:
        raise KeyError("gone")

    with caplog.at_level(logging.ERROR):
        agenda.later(0, fail)
        agenda.later(0, done.set)
        assert done.wait(WAIT)
        assert agenda.idle(WAIT)
    assert "work that was due failed" in caplog.text


def test_closed_it_takes_nothing_more(agenda: Any) -> None:
    """And a pause ends at once."""
    agenda.later(10, lambda: None)
    agenda.close()
    agenda.later(0, lambda: None)
    assert agenda.waiting() == []
    assert agenda.pause(600) is True
    assert agenda.closed()
