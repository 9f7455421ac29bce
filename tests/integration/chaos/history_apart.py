"""What must never be in a ticket's life where the helpdesk takes a change and a message in two
requests and checks no version; and what then cannot be promised, counted.

Whoever saves a ticket between the app's last reading of it and its update is not noticed
(``Moment.unseen``). Tags are one list, so theirs may be lost; and what was decided answers other
facts than theirs, until their own save has it reviewed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from integration import stamp
from integration.catalogue import OUTCOME_FIELDS, TAGS
from integration.helpdesks import Message
from integration.helpdesks.freshdesk_messages import mark_of
from tests.integration.chaos.history import (
    Broken,
    Kind,
    Known,
    Moment,
    decided_on_what_stood_there,
    nothing_overwritten,
    nothing_public,
    outcome_is_due,
    tags_of,
    wanted,
)

_MARK: Final = re.compile(r"\bwd-note-[0-9a-f]{12}\b")


def broken(ticket: int, life: list[Moment], known: Known) -> list[Broken]:
    """Every promise that a ticket's life broke."""
    opened = life[0].at.date()
    updates = [m for m in life if m.touched and not m.unseen]
    found: list[tuple[Kind, str]] = [
        *outcome_is_due(life[-1], known, opened),
        *_no_message_doubled(life, known),
        *_nothing_but_notes_apart(life),
        *nothing_overwritten(life, known),
        *decided_on_what_stood_there(updates, opened),
        *nothing_public(life),
    ]
    return [Broken(kind, ticket, what) for kind, what in found]


def in_between(life: list[Moment]) -> int:
    """How often somebody saved a ticket between the app's last reading and its update, and the
    update took tags of theirs away or answers other facts than stand there."""
    opened = life[0].at.date()
    return sum(
        1
        for m in life
        if m.unseen
        and (
            (m.added | m.removed) - TAGS
            or (m.stamp and m.outcome != wanted(m.facts, opened, m.at.date()))
        )
    )


def premature(life: list[Moment]) -> int:
    """How many notes tell of a verdict that never came to stand on the ticket: its facts changed
    after the note was posted and before the update that belongs to it."""
    stood = {m.stamp.said for m in life if m.stamp}
    digests = {mark_of(_note_of(said)) for said in stood}
    told = [mark for m in life if m.ours for note in m.notes for mark in _MARK.findall(note)]
    return sum(1 for mark in told if mark not in digests)


def _no_message_doubled(life: list[Moment], known: Known) -> Iterable[tuple[Kind, str]]:
    """The same where notes come in requests of their own: by the signs that name each."""
    noted = [note for m in life if m.ours for note in m.notes]
    for note, after in pairwise(noted):
        if _MARK.findall(note) == _MARK.findall(after):
            yield "doubled", "two notes in a row say the same"
    if len(noted) > 1 + known.changes:
        yield "doubled", f"{len(noted)} notes for {known.changes} changes of its facts"


def _nothing_but_notes_apart(life: list[Moment]) -> Iterable[tuple[Kind, str]]:
    """At every moment outcome fields, tags and stamp are those of one update; what it has to say
    was said before it, in a note that changes nothing."""
    before: stamp.Stamp | None = None
    told: list[str] = []
    spoilt = False
    for number, m in enumerate(life):
        mark = m.stamp
        stands = dict.fromkeys(OUTCOME_FIELDS) if mark is None else dict(mark.outcome)
        if m.outcome != stands:
            yield "half-written", f"event {number}: fields {m.outcome}, the stamp says {stands}"
        # An update that somebody's save, or a later update, got ahead of may leave the tags of
        # another: they are one list, and written only where they differ. The next sets them right.
        mends = spoilt and m.ours and not m.notes and not m.touched
        spoilt = m.unseen or (spoilt and not (m.ours and not m.notes))
        if not spoilt and m.tags & TAGS != tags_of(m.outcome, m.at.date()):
            yield "half-written", f"event {number}: {sorted(m.tags & TAGS)} with {m.outcome}"
        if m.ours and m.notes:
            told += _MARK.findall(m.notes[0])
            if m.touched or m.added or m.removed:
                yield "half-written", f"event {number}: a note that changes something"
        elif m.ours:
            if "stamp" not in m.touched and not mends:
                yield "half-written", f"event {number}: the app wrote it without its stamp"
            news = mark is not None and (before is None or mark.said != before.said)
            if mark is not None and news and mark_of(_note_of(mark.said)) not in told:
                yield "half-written", f"event {number}: it was never said"
        before = mark


def _note_of(said: str) -> Message:
    return Message("private_note", Markup("x"), f"note:{said}")
