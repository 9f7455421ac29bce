"""What other settings would have decided: the tickets of the last 90 days, judged again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from integration import settings
from integration.assess import judged
from integration.catalogue import STATUS_LABELS
from integration.installations import Kept
from integration.records import Records
from integration.setup.counter import Redecided

LOOK_BACK: Final = timedelta(days=90)
MOST: Final = 20_000
"""Tickets that are judged again at most: the ones reviewed last."""


def redecided(records: Records, kept: Kept, given: Mapping[str, Any]) -> Redecided:
    """Judge what is kept of each ticket's last review by the settings as they are and as ``given``
    (by name); on the day of that review. Raises settings.BadSettings, errors.Unavailable."""
    now, then = kept.installation, settings.changed(kept.installation, given)
    moves: Counter[tuple[str, str]] = Counter()
    tickets = different = 0
    for facts, at in records.lately(now.id, LOOK_BACK, MOST):
        tickets += 1
        was = judged(facts, at.astimezone(now.time_zone).date(), now)
        would = judged(facts, at.astimezone(then.time_zone).date(), then)
        if was is None or would is None:
            continue
        if was.status != would.status:
            moves[STATUS_LABELS[was.status], STATUS_LABELS[would.status]] += 1
        different += (was.status, was.freight.payer) != (would.status, would.freight.payer)
    most = tuple((a, b, count) for (a, b), count in moves.most_common(5))
    return Redecided(tickets, different, most)
