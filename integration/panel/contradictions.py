"""What a reply would say that contradicts the verdict: phrases that the app looks for before an
agent sends it. It only warns.

A phrase is looked for anywhere in the reply's text in lower case, with its white space taken as one
space each. In all languages at once: a customer may be answered in another one than the agent's
own. It does not count where it is turned round (``turned``): ‘we cannot send a prepaid label’
promises none.
"""

from __future__ import annotations

from typing import Final

from integration.panel.phrases import (
    AFTER,
    BEFORE,
    BUYER_PAYS,
    DENIALS,
    ENDS,
    PROMISES,
    SOOCAS_PAYS,
)

_FREIGHT: Final[dict[str | None, tuple[str, ...]]] = {
    "buyer": SOOCAS_PAYS,
    "soocas": BUYER_PAYS,
    # Who pays is not settled: neither may be said yet.
    "undetermined": SOOCAS_PAYS + BUYER_PAYS,
}
_OPEN: Final = ("needs_information", "awaiting_inspection", "needs_review")
_COVERAGE: Final[dict[str | None, tuple[str, ...]]] = {
    "covered": DENIALS,
    "refund_eligible": DENIALS,
    "not_covered": PROMISES,
    "refer_to_dealer": PROMISES,
    **dict.fromkeys(_OPEN, PROMISES + DENIALS),
}


def contradictions(status: str | None, payer: str | None) -> dict[str, list[str]]:
    """The phrases that contradict a verdict: about the ``freight`` and about the ``coverage``. None
    where nothing is decided. With a claim that is not covered, nobody is promised a paid label."""
    freight = SOOCAS_PAYS if status == "not_covered" else _FREIGHT.get(payer, ())
    return {"freight": _spelt(freight), "coverage": _spelt(_COVERAGE.get(status, ()))}


def turned() -> dict[str, list[str]]:
    """What turns a phrase round, for whoever looks for it.

    The text is cut at each of ``ends``. In the part that holds the phrase, put between two spaces,
    the phrase does not count where one of ``before`` stands anywhere before it, or one of ``after``
    behind it; unless the phrase, put between two spaces, holds one of them itself: ‘is not covered’
    means what it says.
    """
    return {"before": _spelt(BEFORE), "after": list(AFTER), "ends": list(ENDS)}


def _spelt(phrases: tuple[str, ...]) -> list[str]:
    """With either apostrophe."""
    curved = [phrase.replace("'", "’") for phrase in phrases if "'" in phrase]
    return [*phrases, *curved]
