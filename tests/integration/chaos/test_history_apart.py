"""The same reckoning where a note is a request of its own: it can fail, and it excuses nothing but
what came between a reading and its update."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from markupsafe import Markup

from integration import catalogue, stamp
from integration.helpdesks import Bindings, Message
from integration.helpdesks.freshdesk_messages import html_of
from integration.sandbox.freshdesk import Options, conversations, fields, tickets
from integration.sandbox.freshdesk.records import Actor
from integration.sandbox.freshdesk.seed import new_account
from tests.integration.chaos import history, history_apart, test_history
from tests.integration.chaos.history import Known, Moment
from tests.integration.chaos.people import SOUND
from tests.integration.chaos.test_history import AGENT, APP, DROPPED, KNOWN
from tests.integration.chaos.witness_freshdesk import moments
from tests.integration.desk import option

Author = Callable[[Any], None]


class Helpdesk:
    """A small Freshdesk, and one ticket in it that people and the app write on; the same words as
    ``test_history.Helpdesk``. ``knows``: how many events each event's author could know."""

    def __init__(self) -> None:
        self.account = new_account(Options(limited=False))
        kinds = {"claim": "custom_checkbox"}
        self.bindings = Bindings(
            {
                spec.key: self._field(spec.title, kinds.get(spec.key, "custom_paragraph"))
                for spec in catalogue.FIELDS
            }
        )
        self.knows: list[int | None] = []
        self._tags: frozenset[str] = frozenset()
        self._ticket: Any = None

    def _field(self, title: str, kind: str) -> str:
        given = {"label": title, "label_for_customers": title, "type": kind}
        return str(fields.create(self.account, given)["name"])

    def update(
        self,
        author: int,
        values: dict[str, object],
        *,
        note: str | None = None,
        public: bool = False,
        tags: frozenset[str] | None = None,
        knows: int | None = None,
    ) -> None:
        """A note, if any, and then a change of fields and tags, if any."""
        who = Actor(author, "agent", "api" if author == APP else "page")
        custom = {
            self.bindings.fields[key]: value if value is None else str(option(key, value))
            for key, value in values.items()
        }
        self._tags = self._tags if tags is None else tags
        if self._ticket is None:
            first = {"subject": "Broken", "description": "x", "email": "a@example.com"}
            given = {**first, "custom_fields": custom, "tags": sorted(self._tags)}
            self._ticket = tickets.create(self.account, given, who)
            self.knows.append(None)
            return
        if note is not None:
            given = {"body": note, "private": not public}
            conversations.note(self.account, self._ticket.id, given, who)
            self.knows.append(None)
        if custom or tags is not None:
            given = {"custom_fields": custom}
            given |= {} if tags is None else {"tags": sorted(tags)}
            before = len(self._ticket.history)
            tickets.update(self.account, self._ticket.id, given, who)
            self.knows += [knows] * (len(self._ticket.history) - before)

    def verdict(self, facts: dict[str, object], note: str | None, **kept: Any) -> None:
        """The app writes what these facts call for, or leaves a part of it out."""
        today = datetime.now(UTC).date()
        verdict = history.verdict_of(facts, today, today)
        assert verdict.warranty_ends_on
        outcome: dict[str, Any] = {
            "verdict": verdict.status,
            "freight_payer": verdict.freight.payer,
            "warranty_end": verdict.warranty_ends_on.isoformat(),
            "claim_deadline": verdict.claim_deadline and verdict.claim_deadline.isoformat(),
        }
        said = stamp.digest(note)
        tags = {catalogue.status_tag(verdict.status), catalogue.payer_tag(verdict.freight.payer)}
        mine = (self._tags - catalogue.TAGS) | tags
        written = {**outcome, "stamp": str(stamp.Stamp(outcome, "0" * 16, said))}
        if note is not None:
            named = Message("private_note", Markup("<p>{}</p>").format(note), f"note:{said}")
            public = bool(kept.get("public", False))
            self.update(APP, {}, note=html_of(named), public=public)
        self.update(
            APP,
            {key: value for key, value in written.items() if kept.get(key, True)},
            tags=mine if kept.get("tags", True) else None,
            knows=kept.get("knows"),
        )

    def life(self) -> list[Moment]:
        return moments(self._ticket, self.bindings, APP, self.knows)


def lived(author: Author) -> list[Moment]:
    desk = Helpdesk()
    author(desk)
    return desk.life()


def kinds(author: Author, known: Known = KNOWN) -> list[str]:
    return sorted({one.kind for one in history_apart.broken(7, lived(author), known)})


def test_a_sound_life_breaks_no_promise() -> None:
    """What is as it should be is not found fault with, and nothing came in between."""
    life = lived(test_history.sound)
    assert [str(one) for one in history_apart.broken(7, life, KNOWN)] == []
    assert history_apart.in_between(life) == 0
    assert history_apart.premature(life) == 0


def test_a_moment_is_what_the_events_add_up_to() -> None:
    """Worked out backwards from what the ticket is now: fields, tags, notes and whose it was."""
    filed, note, update, changed, _, last = lived(test_history.sound)
    assert filed.facts == changed.facts | {"problem": SOUND["problem"]} == SOUND
    assert (note.notes != (), note.touched) == (True, frozenset())
    assert update.outcome["verdict"] == "covered"
    assert update.notes == ()
    assert (changed.added, changed.removed) == ({"urgent"}, {"old"})
    assert [m.ours for m in (filed, note, update, changed, last)] == [0, 1, 1, 0, 1]
    assert last.outcome["verdict"] == "not_covered"


BROKEN = [
    (test_history._never_reviewed, "lost"),
    (test_history._last_change_missed, "lost"),
    (test_history._same_note, "doubled"),
    (test_history._no_stamp, "half-written"),
    (test_history._stamp_alone, "half-written"),
    (test_history._without_tags, "half-written"),
    (test_history._without_note, "half-written"),
    (test_history._tags_overwritten, "overwritten"),
    (test_history._facts_overwritten, "overwritten"),
    (test_history._stale, "stale"),
    (test_history._public, "public"),
]


@pytest.mark.parametrize(("author", "kind"), BROKEN)
def test_a_broken_promise_is_named(author: Author, kind: str) -> None:
    """Each kind of harm is noticed in a history that has it."""
    assert kind in kinds(author)


def test_a_note_too_many_is_named() -> None:
    """Each note after the first needs a change of facts of its own."""

    def talkative(desk: Helpdesk) -> None:
        test_history.sound(desk)  # type: ignore[arg-type]
        desk.verdict(DROPPED, "Not covered, in other words.")

    assert kinds(talkative) == ["doubled"]


def _between(desk: Helpdesk, *, reads: int | None) -> None:
    """The app decides on what it read; an agent saves a fact and a tag; the app's update comes."""
    test_history.filed(desk)  # type: ignore[arg-type]
    test_history.changed(desk)  # type: ignore[arg-type]
    desk._tags = frozenset({"old"})
    desk.verdict(dict(SOUND), "Covered.", knows=reads)
    desk.verdict(DROPPED, "Not covered.")


def test_what_came_between_is_counted_and_not_broken() -> None:
    """Somebody's tag is taken away and the facts are others: excused where the save came after the
    reading, and only there."""
    life = lived(lambda desk: _between(desk, reads=1))
    assert history_apart.in_between(life) == 1
    assert {one.kind for one in history_apart.broken(7, life, KNOWN)} == set()
    assert kinds(lambda desk: _between(desk, reads=2)) == ["overwritten", "stale"]
    assert kinds(lambda desk: _between(desk, reads=None)) == ["overwritten", "stale"]


def test_a_verdict_told_of_too_early_is_counted() -> None:
    """The note was posted, and before its update the facts changed: that verdict never stood."""

    def early(desk: Helpdesk) -> None:
        test_history.filed(desk)  # type: ignore[arg-type]
        named = Message("private_note", Markup("<p>Covered.</p>"), "note:00")
        desk.update(APP, {}, note=html_of(named))
        test_history.changed(desk)  # type: ignore[arg-type]
        desk.verdict(DROPPED, "Not covered.")

    assert kinds(early) == []
    assert history_apart.premature(lived(early)) == 1
    assert kinds(early, replace(KNOWN, changes=0)) == ["doubled"]


def test_an_agent_is_not_the_app() -> None:
    """What agents write on the page is theirs, and what they say in public is no fault."""

    def agent(desk: Helpdesk) -> None:
        test_history.sound(desk)  # type: ignore[arg-type]
        desk.update(AGENT, {}, note="Dear customer", public=True)

    assert kinds(agent) == []
