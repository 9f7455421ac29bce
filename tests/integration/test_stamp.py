"""The stamp: what the app wrote last, on the ticket itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration import stamp
from integration.stamp import Stamp

_KEYS = ("verdict", "freight_payer", "warranty_end", "claim_deadline")
_WORD = st.none() | st.from_regex(r"[a-z0-9_:]{2,20}", fullmatch=True)


@given(values=st.tuples(_WORD, _WORD, _WORD, _WORD), replied=_WORD)
def test_a_stamp_reads_back(values: tuple[str | None, ...], replied: str | None) -> None:
    """What is written is what is read."""
    one = Stamp(dict(zip(_KEYS, values, strict=True)), "0" * 16, "f" * 16, replied)
    assert stamp.parse(str(one), _KEYS) == one


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
    ],
)
def test_what_we_could_not_have_written_is_no_stamp(text: object) -> None:
    """A stamp that somebody edited, or of another version, counts as none."""
    assert stamp.parse(text, _KEYS) is None


def test_a_digest_tells_contents_apart_and_not_their_order() -> None:
    """Equal contents, equal digest, in every process."""
    assert stamp.digest({"a": 1, "b": 2}) == stamp.digest({"b": 2, "a": 1}) == "44c7deead2ed8313"
    assert stamp.digest("a", "b") != stamp.digest("ab")
