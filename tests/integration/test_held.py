from __future__ import annotations

from collections.abc import Callable

import pytest

from integration.held import Held
from integration.jobs import Job

SLOTS = 4


class Clock:
    """Seconds, as the test has them pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def held(clock: Clock) -> Held:
    return Held(SLOTS, 60, together=True, clock=clock)


def jobs(
    number: int, installation: str = "main", *, alone: bool = True, tries: int = 0
) -> list[Job]:
    return [
        Job(
            installation,
            f"{n}",
            "date reached",
            1,
            tries,
            lease=f"w/{installation}{n}",
            alone=alone,
        )
        for n in range(number)
    ]


@pytest.fixture
def hurried(held: Held) -> Held:
    """One that has seen much to do, and quick reviews."""
    for _ in range(6):
        asked = held.room()[0]
        found = jobs(asked)
        held.add(found, asked)
        while chunk := held.next():
            for job in chunk:
                held.ended(job, 0.01)
            held.slot_free("main")
    assert held.all() == []
    return held


def test_nothing_is_claimed_ahead_before_it_is_known_how_long_it_takes(held: Held) -> None:
    """At first there is room for as many as there are slots, even where more is due."""
    assert held.room() == (SLOTS, {}, SLOTS - 1)
    held.add(jobs(SLOTS), SLOTS)
    assert held.room()[0] == SLOTS, "the slots are idle until they begin"
    begun = [held.next() for _ in range(SLOTS)]
    assert [len(chunk) for chunk in begun] == [1] * SLOTS
    assert (held.next(), held.room()[0]) == ([], 0)


def test_much_to_do_is_claimed_ahead_and_done_together(hurried: Held) -> None:
    """Where each claim finds all that it asks for, it asks for more, up to a bound; a slot takes
    its share of what waits."""
    asked, _, each = hurried.room()
    assert asked == SLOTS + 64
    assert each == SLOTS - 1 + 64
    hurried.add(jobs(asked), asked)
    assert [len(hurried.next()) for _ in range(SLOTS + 1)] == [16, 13, 10, 7, 0]


def test_little_to_do_ends_it(hurried: Held) -> None:
    """A claim that finds less than it asks for is the last that looks ahead."""
    hurried.add(jobs(2), hurried.room()[0])
    assert [len(hurried.next()) for _ in range(3)] == [1, 1, 0]
    assert hurried.room()[0] == SLOTS - 2


@pytest.mark.parametrize(("seconds", "ahead"), [(0.05, 64), (0.2, 20), (1.0, 4), (8.0, 0)])
def test_no_more_waits_than_is_done_in_a_second(held: Held, seconds: float, ahead: int) -> None:
    """Slow reviews, by a helpdesk that is slow, let little be claimed ahead, or nothing."""
    for _ in range(8):
        asked = held.room()[0]
        held.add(jobs(asked), asked)
        while chunk := held.next():
            for job in chunk:
                held.ended(job, seconds)
            held.slot_free("main")
    assert held.room()[0] == SLOTS + ahead


def test_what_is_over_takes_no_room(hurried: Held) -> None:
    """It is still held, so that its lease is renewed until its end is stored; but there is room for
    another in its place."""
    asked = hurried.room()[0]
    hurried.add(jobs(asked), asked)
    chunks = [hurried.next() for _ in range(SLOTS)]
    assert hurried.room()[0] == 0
    over = [job for chunk in chunks for job in chunk]
    for job in over:
        hurried.over(job)
    room, owners, _ = hurried.room()
    assert (room, owners["main"]) == (len(over), asked - len(over))
    assert len(hurried.all()) == asked
    assert hurried.still(over[0])
    hurried.ended(over[0], 0.01)
    assert over[0] not in hurried.all()
    assert hurried.room()[0] == room


def test_what_failed_before_goes_alone(hurried: Held) -> None:
    """One whose last try came to nothing takes no other along: it may be what killed a worker."""
    hurried.add([*jobs(1), *jobs(20, "again", tries=1)], 99)
    assert len(hurried.next()) == 1
    assert [len(hurried.next()) for _ in range(SLOTS)] == [1, 1, 1, 0]


def test_one_that_failed_before_is_taken_along_by_none(hurried: Held) -> None:
    """Nor does another take it along."""
    found = jobs(30)
    found[3] = jobs(4, tries=2)[3]
    hurried.add(found, 99)
    assert [job.ticket_id for job in hurried.next()] == ["0", "1", "2"]
    assert [job.ticket_id for job in hurried.next()] == ["3"]


def test_the_last_slot_is_left_to_others(hurried: Held) -> None:
    """An installation that is not alone has all slots but one, whatever of it waits; another's
    review begins at once, and room is made for claiming it."""
    hurried.add(jobs(68, "flood", alone=False), 68)
    assert [bool(hurried.next()) for _ in range(SLOTS)] == [True, True, True, False]
    asked, owners, each = hurried.room()
    assert (asked, owners["flood"] >= (each or 0)) == (1, True)
    hurried.add(jobs(1, "small", alone=False), asked)
    assert [job.installation for job in hurried.next()] == ["small"]


def test_where_many_wait_each_goes_alone(hurried: Held) -> None:
    """With more installations than slots, a slot takes one review at a time; with as many as slots
    at most, each installation's are done together, and nobody hands back."""
    several = [job for name in "abcde" for job in jobs(9, name, alone=False)]
    hurried.add(several, 99)
    assert [len(hurried.next()) for _ in range(SLOTS)] == [1] * SLOTS
    hurried.leftover()
    for name in "abcd":
        hurried.slot_free(name)
    hurried.add([job for name in "ab" for job in jobs(9, name, alone=False)], 99)
    chunk, other = hurried.next(), hurried.next()
    assert (len(chunk), len(other)) == (2, 2)
    assert hurried.goes_on(chunk[1:], 0.01)


def test_those_with_fewer_slots_come_first(hurried: Held) -> None:
    """Of two that wait, the one with fewer slots in use is next."""
    hurried.add([*jobs(40, "a", alone=False), *jobs(40, "b", alone=False)], 99)
    assert [hurried.next()[0].installation for _ in range(SLOTS)] == ["a", "b", "a", "b"]


@pytest.mark.parametrize(
    ("spoil", "goes_on"),
    [
        (lambda held: 0.01, True),
        (lambda held: 2.0, False),
        (lambda held: held.add(jobs(1, "other", alone=False), 99) or 0.01, False),
        (lambda held: held.leave() or 0.01, False),
    ],
    ids=["quick", "slow", "others wait", "stopping"],
)
def test_a_slot_hands_back_what_others_may_do_sooner(
    hurried: Held, spoil: Callable[[Held], float], goes_on: bool
) -> None:
    """A slot goes on with what it took along, unless a review was slow, others wait, or the worker
    is to stop; then the rest waits again, in its order."""
    hurried.add(jobs(40), 99)
    chunk = hurried.next()
    before = len(hurried.all())
    assert hurried.goes_on(chunk[1:], spoil(hurried)) is goes_on
    assert len(hurried.all()) >= before
    left = [job.ticket_id for job in hurried.leftover() if job.installation == "main"]
    first = len(chunk) if goes_on else 1
    assert left == [str(n) for n in range(first, 40)]


def test_what_waited_longer_than_its_lease_is_not_begun(hurried: Held, clock: Clock) -> None:
    """After a pause of the whole process a lease may be another's: it is not begun, and forgotten;
    one that was renewed is."""
    first, second, third = jobs(3)
    hurried.add([first, second, third], 3)
    clock.now += 50
    hurried.renewed(second)
    hurried.renewed(third)
    hurried.lost(third)
    clock.now += 20
    assert [hurried.still(job) for job in (first, second, third)] == [False, True, False]
    assert hurried.all() == [second]


def test_what_waits_behind_a_blockage_is_let_go(hurried: Held, clock: Clock) -> None:
    """What no slot had time for within seconds is held no longer; nothing more is claimed ahead,
    and what is under way stays."""
    hurried.add(jobs(40), 40)
    under_way = [job for _ in range(SLOTS) for job in hurried.next()]
    clock.now += 4
    assert hurried.let_go() == []
    clock.now += 2
    gone = hurried.let_go()
    assert len(gone) + len(under_way) == 40
    assert hurried.all() == under_way
    assert hurried.room()[0] == 0
