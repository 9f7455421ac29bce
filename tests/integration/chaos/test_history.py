"""The reckoning can fail: each promise, once broken in a history that was sound, is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integration import catalogue, stamp
from integration.catalogue import OUTCOME_FIELDS
from integration.helpdesks import Bindings
from tests.integration.chaos import history
from tests.integration.chaos.history import Known, Moment
from tests.integration.chaos.people import SOUND
from tests.integration.desk import option

APP, AGENT = 1, 2
BINDINGS = Bindings(fields={spec.key: str(n) for n, spec in enumerate(catalogue.FIELDS, start=1)})
_BEGAN = datetime.now(UTC).replace(microsecond=0)

Audit = dict[str, Any]


class Helpdesk:
    """Writes audits as a helpdesk does."""

    def __init__(self) -> None:
        self.audits: list[Audit] = []
        self._values: dict[str, object] = {}
        self._tags: frozenset[str] = frozenset()

    def update(
        self,
        author: int,
        fields: dict[str, object],
        *,
        note: str | None = None,
        public: bool = False,
        tags: frozenset[str] | None = None,
    ) -> None:
        """Change fields (by our key, in the policy's words), and the tags beside their options."""
        events: list[Audit] = []
        if note is not None:
            events.append({"type": "Comment", "html_body": note, "public": public})
        for key, value in fields.items():
            self._values[key] = given = option(key, value)
            events.append({"type": "Change", "field_name": BINDINGS.fields[key], "value": given})
        before, self._tags = self._tags, self._tags if tags is None else tags
        if before != self._tags:
            now = sorted(self._tags)
            events.append({"type": "Change", "field_name": "tags", "value": now})
        at = _BEGAN + timedelta(seconds=len(self.audits))
        self.audits.append({"author_id": author, "created_at": at.isoformat(), "events": events})

    def verdict(self, facts: dict[str, object], note: str | None, **kept: object) -> None:
        """The app writes what these facts call for, or leaves a part of it out."""
        verdict = history.verdict_of(facts, _BEGAN.date(), _BEGAN.date())
        assert verdict.warranty_ends_on
        outcome: dict[str, Any] = {
            "verdict": verdict.status,
            "freight_payer": verdict.freight.payer,
            "warranty_end": verdict.warranty_ends_on.isoformat(),
            "claim_deadline": verdict.claim_deadline and verdict.claim_deadline.isoformat(),
        }
        mark = str(stamp.Stamp(outcome, "0" * 16, stamp.digest(note, len(self.audits))))
        tags = {catalogue.status_tag(verdict.status), catalogue.payer_tag(verdict.freight.payer)}
        mine = (self._tags - catalogue.TAGS) | tags
        written: dict[str, Any] = {**outcome, "stamp": mark}
        self.update(
            APP,
            {key: value for key, value in written.items() if kept.get(key, True)},
            note=note,
            public=bool(kept.get("public", False)),
            tags=mine if kept.get("tags", True) else None,
        )


DROPPED = {**SOUND, "problem": "dropped"}
KNOWN = Known(DROPPED, frozenset({"urgent"}), frozenset({"old"}), changes=1)


def life(author: Callable[[Helpdesk], None]) -> list[str]:
    """What a ticket's life is found to have broken, sorted."""
    desk = Helpdesk()
    author(desk)
    moments = history.moments(desk.audits, BINDINGS, APP)
    return sorted({one.kind for one in history.broken(7, moments, KNOWN)})


def filed(desk: Helpdesk) -> None:
    desk.update(AGENT, dict(SOUND), note="It is broken", public=True, tags=frozenset({"old"}))


def changed(desk: Helpdesk) -> None:
    tags = (desk._tags - {"old"}) | {"urgent"}
    desk.update(AGENT, {"problem": "dropped"}, tags=tags)


def sound(desk: Helpdesk) -> None:
    filed(desk)
    desk.verdict(dict(SOUND), "Covered.")
    changed(desk)
    desk.verdict(DROPPED, "Not covered.")


def test_a_sound_life_breaks_no_promise() -> None:
    """What is as it should be is not found fault with."""
    assert life(sound) == []


def test_there_and_back_is_no_note_doubled() -> None:
    """A, B and A again are three notes, where the facts changed in between."""

    def there_and_back(desk: Helpdesk) -> None:
        sound(desk)
        desk.update(AGENT, {"problem": "quality_defect"})
        desk.verdict(dict(SOUND), "Covered.")

    desk = Helpdesk()
    there_and_back(desk)
    moments = history.moments(desk.audits, BINDINGS, APP)
    known = replace(KNOWN, facts=SOUND, changes=2)
    assert history.broken(7, moments, known) == []
    assert [one.kind for one in history.broken(7, moments, replace(known, changes=1))] == [
        "doubled"
    ]


def _never_reviewed(desk: Helpdesk) -> None:
    filed(desk)
    changed(desk)


def _last_change_missed(desk: Helpdesk) -> None:
    filed(desk)
    desk.verdict(dict(SOUND), "Covered.")
    changed(desk)


def _same_note(desk: Helpdesk) -> None:
    sound(desk)
    desk.verdict(DROPPED, "Not covered.")


def _no_stamp(desk: Helpdesk) -> None:
    filed(desk)
    changed(desk)
    desk.verdict(DROPPED, "Not covered.", stamp=False)


def _stamp_alone(desk: Helpdesk) -> None:
    filed(desk)
    changed(desk)
    desk.verdict(DROPPED, "Not covered.", verdict=False, freight_payer=False, tags=False)


def _without_tags(desk: Helpdesk) -> None:
    filed(desk)
    changed(desk)
    desk.verdict(DROPPED, "Not covered.", tags=False)


def _without_note(desk: Helpdesk) -> None:
    filed(desk)
    changed(desk)
    desk.verdict(DROPPED, None)


def _tags_overwritten(desk: Helpdesk) -> None:
    filed(desk)
    changed(desk)
    desk._tags = frozenset({"old"})  # as read before the change
    desk.verdict(DROPPED, "Not covered.")


def _facts_overwritten(desk: Helpdesk) -> None:
    filed(desk)
    changed(desk)
    desk.verdict(DROPPED, "Not covered.")
    desk.update(APP, {"problem": "quality_defect", "stamp": "x"})


def _stale(desk: Helpdesk) -> None:
    filed(desk)
    changed(desk)
    desk.verdict(dict(SOUND), "Covered.")
    desk.verdict(DROPPED, "Not covered.")


def _public(desk: Helpdesk) -> None:
    filed(desk)
    changed(desk)
    desk.verdict(DROPPED, "Not covered.", public=True)


@pytest.mark.parametrize(
    ("broken_life", "kind"),
    [
        (_never_reviewed, "lost"),
        (_last_change_missed, "lost"),
        (_same_note, "doubled"),
        (_no_stamp, "half-written"),
        (_stamp_alone, "half-written"),
        (_without_tags, "half-written"),
        (_without_note, "half-written"),
        (_tags_overwritten, "overwritten"),
        (_facts_overwritten, "overwritten"),
        (_stale, "stale"),
        (_public, "public"),
    ],
)
def test_a_broken_promise_is_named(broken_life: Callable[[Helpdesk], None], kind: str) -> None:
    """Each kind of harm is noticed in a history that has it."""
    assert kind in life(broken_life)


def test_a_moment_is_what_the_audits_add_up_to() -> None:
    """Fields, tags and notes at each step, from events alone."""
    desk = Helpdesk()
    sound(desk)
    first, second, third, last = history.moments(desk.audits, BINDINGS, APP)
    assert first.facts == SOUND
    assert not first.ours
    assert isinstance(last, Moment)
    assert second.outcome["verdict"] == "covered"
    assert set(second.outcome) == set(OUTCOME_FIELDS)
    assert (third.added, third.removed) == ({"urgent"}, {"old"})
    assert last.notes == ("Not covered.",)
