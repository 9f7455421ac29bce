"""A measured pace: turns, pauses, and an end to patience."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integration import errors
from integration.pace import Pace, Portion, Stalled


class Time:
    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def answering(*answers: Any) -> Callable[[], Any]:
    left = list(answers)

    def call() -> Any:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return call


def pace(time: Time, take: Callable[[int, int], float] = lambda r, u: 0.0) -> Pace:
    return Pace(take, time.wait, time, patience=600)


def test_it_waits_for_its_turn(time: Time) -> None:
    """Nothing is sent before the budget gives it, and a write asks for an update too."""
    asked: list[tuple[int, int]] = []
    waits = [3.0, 2.0, 0.0]

    def take(requests: int, updates: int) -> float:
        asked.append((requests, updates))
        return waits.pop(0)

    assert pace(time, take).ask(answering("done"), updates=1) == "done"
    assert asked == [(1, 1)] * 3
    assert time.waits == [3.0, 2.0]


def test_what_takes_several_requests_waits_for_all_of_them(time: Time) -> None:
    """As many as it is to count as, of each kind."""
    asked: list[tuple[int, int]] = []

    def take(requests: int, updates: int) -> float:
        asked.append((requests, updates))
        return 0.0

    pace(time, take).ask(answering("done"), 1, requests=5)
    pace(time, take).ask(answering("done"), requests=10)
    assert asked == [(5, 1), (10, 0)]


def test_without_room_it_ends(time: Time) -> None:
    """A budget that never gives anything is no reason to wait for ever."""
    with pytest.raises(Stalled, match="no room"):
        pace(time, lambda r, u: 50.0).ask(answering())
    assert time.now <= 700


def test_pauses_grow_and_heed_retry_after(time: Time) -> None:
    """Each pause is longer than the one before; never shorter than the helpdesk asks."""
    failing = errors.Unavailable("down")
    late = errors.RateLimited("enough", retry_after=90)
    assert pace(time).ask(answering(failing, failing, failing, late, "back")) == "back"
    one, two, three, four = time.waits
    assert 2 <= one <= 3
    assert 4 <= two <= 6
    assert 8 <= three <= 12
    assert 90 <= four <= 135


def test_patience_has_an_end(time: Time) -> None:
    """A helpdesk that stays away is given up, in words that say for how long it was waited for; and
    at once where it asks for more time than there is."""
    with pytest.raises(Stalled, match=r"down; waited \d+ minutes"):
        pace(time).ask(answering(*[errors.Unavailable("down")] * 100))
    assert 400 < time.now <= 700
    with pytest.raises(Stalled):
        pace(time).ask(answering(errors.RateLimited("enough", retry_after=10_000)))


def test_an_answer_starts_patience_afresh(time: Time) -> None:
    """Trouble now and then adds up to nothing."""
    asking = pace(time)
    for _ in range(50):
        answers = [errors.Unavailable("down")] * 4
        assert asking.ask(answering(*answers, "back")) == "back"
    assert time.now > 1_200


def test_a_write_of_unknown_fate_is_not_sent_again(time: Time) -> None:
    """Whoever asked has to look first; a read is simply asked again."""
    unknown = errors.Unavailable("no answer", ambiguous=True)
    with pytest.raises(errors.Unavailable, match="no answer"):
        pace(time).ask(answering(unknown, "never"), updates=1)
    assert pace(time).ask(answering(unknown, "read")) == "read"


def test_a_portion_is_never_exceeded(time: Time) -> None:
    """In no minute more than the limit, and in the long run most of it."""
    portion, sent = Portion(time), []
    while time.now < 600:
        seconds = portion.wait([1, 0], [40, 20])
        if seconds > 0:
            time.wait(seconds)
            continue
        portion.spend([1, 0])
        sent.append(time.now)
    for start in sent:
        assert sum(1 for moment in sent if start <= moment < start + 60) <= 40
    assert len(sent) > 0.7 * 40 * 10


def test_what_is_wanted_at_once_may_be_more_than_a_quarter() -> None:
    """It comes to its turn, and in no minute there is more than the limit."""
    now = [0.0]
    portion, sent = Portion(lambda: now[0]), []
    while now[0] < 1_200:
        if seconds := portion.wait([6], [16]):
            now[0] += seconds
            continue
        portion.spend([6])
        sent.append(now[0])
    for start in sent:
        assert sum(6 for moment in sent if start <= moment < start + 60) <= 16 + 2
    assert 6 * len(sent) > 0.5 * 16 * 20


def test_a_small_portion_still_moves(time: Time) -> None:
    """A limit below one a minute is slow, not an end."""
    portion = Portion(time)
    assert portion.wait([1], [0.5]) == 0
    portion.spend([1])
    assert 60 < portion.wait([1], [0.5]) <= 300
