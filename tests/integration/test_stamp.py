"""The stamp: what the app wrote last, on the ticket itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration import stamp
from integration.stamp import Stamp

_KEYS = ("verdict", "freight_payer", "warranty_end", "claim_deadline")
_WORD = st.none() | st.from_regex(r"[a-z0-9_:]{2,20}", fullmatch=True)


_DAY = st.none() | st.dates().map(str)


@given(values=st.tuples(_WORD, _WORD, _WORD, _WORD), replied=_WORD, near=_DAY, last=_DAY)
def test_a_stamp_reads_back(
    values: tuple[str | None, ...], replied: str | None, near: str | None, last: str | None
) -> None:
    """What is written is what is read."""
    one = Stamp(
        dict(zip(_KEYS, values, strict=True)),
        "0" * 16,
        "f" * 16,
        replied=replied,
        near=near,
        last=last if near else None,
    )
    assert stamp.parse(str(one), _KEYS) == one


_BEFORE_REMINDERS = (
    "wd1 verdict=needs_information freight_payer=undetermined warranty_end=2026-05-10 "
    "claim_deadline=2026-06-03 decision=- effect=needs_information/undetermined due=- replied=- "
    "133b1ae638383dee 0c42babb3cd00ddb"
)
"""As the program wrote it before it knew of reminders."""


def test_a_stamp_from_before_reminders_is_read() -> None:
    """It says that nobody was reminded, and is written again letter for letter."""
    one = stamp.parse(_BEFORE_REMINDERS, _KEYS)
    assert one is not None
    assert (one.state, one.said) == ("133b1ae638383dee", "0c42babb3cd00ddb")
    assert (one.near, one.last) == (None, None)
    assert str(one) == _BEFORE_REMINDERS


def test_the_program_from_before_reminders_reads_the_new_stamp() -> None:
    """It went by the number of words and by their names, and compared the last two as they are: it
    finds them in place, so that going back costs no second note."""
    one = stamp.parse(_BEFORE_REMINDERS, _KEYS)
    assert one is not None
    new = str(replace(one, near="2026-06-03", last="2026-06-03"))
    before, after = _BEFORE_REMINDERS.split(" "), new.split(" ")
    assert len(after) == len(before)
    assert after[:-2] == before[:-2]
    assert after[-2] != before[-2]
    assert after[-1] == before[-1]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "hello",
        "wd0 verdict=- freight_payer=- warranty_end=- claim_deadline=- replied=- a b",
        "wd1 verdict=- freight_payer=- warranty_end=- replied=- a b",
        "wd1 payer=- verdict=- warranty_end=- claim_deadline=- replied=- a b",
        "wd1 verdict=- freight_payer=- warranty_end=- claim_deadline=- replied=- a",
        17,
        _BEFORE_REMINDERS.replace("dee ", "dee/2026-06-03 "),
        _BEFORE_REMINDERS.replace("dee ", "dee/-/2026-06-03 "),
        _BEFORE_REMINDERS.replace("dee ", "dee/soon/- "),
        _BEFORE_REMINDERS.replace("dee ", "dee/2026-06-03/-/- "),
    ],
)
def test_what_we_could_not_have_written_is_no_stamp(text: object) -> None:
    """A stamp that somebody edited, or of another version, counts as none."""
    assert stamp.parse(text, _KEYS) is None


def test_a_digest_tells_contents_apart_and_not_their_order() -> None:
    """Equal contents, equal digest, in every process."""
    assert stamp.digest({"a": 1, "b": 2}) == stamp.digest({"b": 2, "a": 1}) == "44c7deead2ed8313"
    assert stamp.digest("a", "b") != stamp.digest("ab")
