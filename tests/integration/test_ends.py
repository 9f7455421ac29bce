from __future__ import annotations

import threading

import pytest

from integration import ends
from integration.ends import Ends


def test_all_that_is_added_is_stored_before_it_is_left() -> None:
    """In the order in which it came, and nothing of it twice; whoever adds does not wait for it."""
    stored: list[list[int]] = []
    gathering = Ends(stored.append)
    with gathering.running():
        for number in range(50):
            gathering.add(number)
    assert [number for some in stored for number in some] == list(range(50))
    assert len(stored) < 50, "several go together"


def test_no_more_than_so_many_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction has a bound; the others go with the next."""
    monkeypatch.setattr(ends, "_MOST", 3)
    monkeypatch.setattr(ends, "_GATHERED", 0.0)
    stored: list[list[int]] = []
    first, go_on = threading.Event(), threading.Event()

    def store(some: list[int]) -> None:
        stored.append(some)
        first.set()
        assert go_on.wait(10)

    gathering = Ends(store)
    with gathering.running():
        gathering.add(0)
        assert first.wait(10)
        for number in range(1, 4):
            gathering.add(number)  # as many as may wait
        waiting = threading.Thread(target=gathering.add, args=(4,))
        waiting.start()
        assert waiting.is_alive(), "one more waits for room"
        go_on.set()
        waiting.join(10)
        assert not waiting.is_alive()
    assert stored == [[0], [1, 2, 3], [4]]


def test_none_at_all() -> None:
    """Where nothing is added nothing is stored."""
    stored: list[list[int]] = []
    with Ends(stored.append).running():
        pass
    assert stored == []
