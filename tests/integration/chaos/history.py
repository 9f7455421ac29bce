"""What a ticket went through, told by the helpdesk's own audits, and what in it must never be.

Nothing here asks the app: facts become a verdict by the policy alone, and what stood on a ticket
at each moment is put together from the audits' events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Final, Literal

from integration import catalogue, stamp
from integration.catalogue import OUTCOME_FIELDS, TAGS
from integration.helpdesks import Bindings
from policy import ENDED, FACTS, Claim, Settings, Verdict, decide

Kind = Literal["lost", "doubled", "half-written", "overwritten", "stale", "public"]
KINDS: Final[tuple[Kind, ...]] = (
    "lost",
    "doubled",
    "half-written",
    "overwritten",
    "stale",
    "public",
)
NEAR: Final = 7
"""Days before its deadline at which a ticket is near it, where nothing else is set."""

_FACTS: Final = frozenset(fact.name for fact in FACTS)
_MINE: Final = frozenset((*OUTCOME_FIELDS, "stamp"))


@dataclass(frozen=True, slots=True)
class Moment:
    """A ticket as one audit left it: when (UTC, whole seconds), whether the app wrote it, the
    fields by our key and with our options, the tags, which fields and other attributes it changed,
    which tags it added and removed, its private notes and how many public comments it made.
    ``unseen``: the app wrote it, and somebody had saved the ticket after the app last read it; only
    where the helpdesk checks no version."""

    at: datetime
    ours: bool
    fields: Mapping[str, str]
    tags: frozenset[str]
    touched: frozenset[str]
    added: frozenset[str]
    removed: frozenset[str]
    notes: tuple[str, ...]
    public: int
    unseen: bool = False

    @property
    def facts(self) -> dict[str, object]:
        """The facts that stand on it, in the policy's words."""
        given = {key: value for key, value in self.fields.items() if key in _FACTS and value}
        return {key: _meaning(key, value) for key, value in given.items()}

    @property
    def outcome(self) -> dict[str, str | None]:
        """Our outcome fields, in the policy's words."""
        found = {key: self.fields.get(key) or None for key in OUTCOME_FIELDS}
        return {key: None if one is None else str(_meaning(key, one)) for key, one in found.items()}

    @property
    def stamp(self) -> stamp.Stamp | None:
        """The app's stamp, None where there is none that can be read."""
        return stamp.parse(self.fields.get("stamp"), OUTCOME_FIELDS)


@dataclass(frozen=True, slots=True)
class Known:
    """What those who filed a ticket and changed it know of it: the facts and the tags that must be
    there at the end, tags that must not, and how often facts were changed."""

    facts: Mapping[str, object]
    tags: frozenset[str]
    gone: frozenset[str]
    changes: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that was not kept, on one ticket."""

    kind: Kind
    ticket: int
    what: str

    def __str__(self) -> str:
        return f"ticket {self.ticket}: {self.kind}: {self.what}"


def moments(audits: Iterable[Mapping[str, Any]], bindings: Bindings, app: int) -> list[Moment]:
    """A ticket after each of its audits, the oldest first; ``app`` is the app's user."""
    keys = {native: key for key, native in bindings.fields.items()}
    ours = {
        key: {native: option for option, native in options.items()}
        for key, options in bindings.options.items()
    }
    fields: dict[str, str] = {}
    tags: frozenset[str] = frozenset()
    found = []
    for audit in audits:
        before, touched = tags, set()
        for event in audit["events"]:
            if event["type"] not in ("Create", "Change"):
                continue
            name, value = event["field_name"], event.get("value")
            if name == "tags":
                tags = frozenset(value or ())
                continue
            key = keys.get(name)
            touched.add(key or name)
            if key is not None:
                fields = {**fields, key: ours.get(key, {}).get(value, value) or ""}
        said = [event for event in audit["events"] if event["type"] == "Comment"]
        found.append(
            Moment(
                datetime.fromisoformat(audit["created_at"]),
                audit["author_id"] == app,
                fields,
                tags,
                frozenset(touched),
                tags - before,
                before - tags,
                tuple(one["html_body"] for one in said if not one["public"]),
                sum(1 for one in said if one["public"]),
            )
        )
    return found


def broken(ticket: int, life: list[Moment], known: Known) -> list[Broken]:
    """Every promise that a ticket's life broke."""
    opened = life[0].at.date()
    found: list[tuple[Kind, str]] = [
        *outcome_is_due(life[-1], known, opened),
        *_nothing_doubled(life, known),
        *_nothing_by_halves(life),
        *nothing_overwritten(life, known),
        *decided_on_what_stood_there(life, opened),
        *nothing_public(life),
    ]
    return [Broken(kind, ticket, what) for kind, what in found]


def verdict_of(facts: Mapping[str, object], opened: date, today: date) -> Verdict:
    """The policy's verdict, with the settings that an installation starts with."""
    given = {key: value for key, value in facts.items() if value not in (None, "")}
    claim = Claim.from_record({"claim_opened_on": opened.isoformat(), **given})
    return decide(claim, max(today, opened), Settings())


def wanted(facts: Mapping[str, object], opened: date, today: date) -> dict[str, str | None]:
    verdict = verdict_of(facts, opened, today)
    ends, until = verdict.warranty_ends_on, verdict.claim_deadline
    return {
        "verdict": verdict.status,
        "freight_payer": verdict.freight.payer,
        "warranty_end": ends and ends.isoformat(),
        "claim_deadline": until and until.isoformat(),
    }


def tags_of(outcome: Mapping[str, str | None], today: date) -> frozenset[str]:
    status, payer = outcome["verdict"], outcome["freight_payer"]
    tags = {catalogue.status_tag(status)} if status else set()
    tags |= {catalogue.payer_tag(payer)} if payer else set()
    if outcome["claim_deadline"] and status not in ENDED:
        left = (date.fromisoformat(outcome["claim_deadline"]) - today).days
        tags |= {catalogue.DEADLINE_NEAR_TAG} if 0 <= left <= NEAR else set()
    return frozenset(tags)


def outcome_is_due(last: Moment, known: Known, opened: date) -> Iterable[tuple[Kind, str]]:
    """At the end a ticket carries what its newest facts call for: no event was lost."""
    # A run that goes past midnight may end with yesterday's verdicts or with today's.
    days = {last.at.date(), datetime.now(last.at.tzinfo).date()}
    due = [wanted(known.facts, opened, day) for day in sorted(days)]
    if last.stamp is None:
        yield "lost", "it was never reviewed"
    elif last.outcome not in due:
        yield "lost", f"{last.outcome}, and its facts call for {due[-1]}"


def _nothing_doubled(life: list[Moment], known: Known) -> Iterable[tuple[Kind, str]]:
    """No two notes in a row say the same, by their text and by the stamp's digest. Facts that go
    from A to B and back to A may be told of three times; but each note after the first needs a
    change of facts of its own."""
    noted = [(note, m.stamp) for m in life if m.ours for note in m.notes]
    for (text, mark), (text_after, mark_after) in pairwise(noted):
        if text == text_after:
            yield "doubled", "two notes in a row have the same text"
        elif mark is not None and mark_after is not None and mark.said == mark_after.said:
            yield "doubled", "two notes in a row say the same"
    if len(noted) > 1 + known.changes:
        yield "doubled", f"{len(noted)} notes for {known.changes} changes of its facts"


def _nothing_by_halves(life: list[Moment]) -> Iterable[tuple[Kind, str]]:
    """At every moment outcome fields, tags and stamp are those of one update; and a note comes in
    the very update that has something new to say."""
    before: stamp.Stamp | None = None
    for number, m in enumerate(life):
        mark = m.stamp
        told = dict.fromkeys(OUTCOME_FIELDS) if mark is None else dict(mark.outcome)
        if m.outcome != told:
            yield "half-written", f"audit {number}: fields {m.outcome}, the stamp says {told}"
        if m.tags & TAGS != tags_of(m.outcome, m.at.date()):
            yield "half-written", f"audit {number}: {sorted(m.tags & TAGS)} with {m.outcome}"
        if m.ours:
            new = mark is not None and (before is None or mark.said != before.said)
            if "stamp" not in m.touched:
                yield "half-written", f"audit {number}: the app wrote it without its stamp"
            if len(m.notes) != int(new):
                yield "half-written", f"audit {number}: {len(m.notes)} notes, news: {new}"
        before = mark


def nothing_overwritten(life: list[Moment], known: Known) -> Iterable[tuple[Kind, str]]:
    """The app changes its own fields and tags alone, and what people put there is there."""
    for number, m in enumerate(life):
        others = frozenset() if m.unseen else (m.added | m.removed) - TAGS
        if m.ours and (m.touched - _MINE or others):
            what = sorted(m.touched - _MINE | others)
            yield "overwritten", f"audit {number}: the app changed {', '.join(what)}"
    last = life[-1]
    taken = {tag for m in life if m.unseen for tag in m.removed}
    given = {tag for m in life if m.unseen for tag in m.added}
    if missing := known.tags - last.tags - taken:
        yield "overwritten", f"tags of an agent's are gone: {', '.join(sorted(missing))}"
    if back := (known.gone & last.tags) - given:
        yield "overwritten", f"tags an agent removed are back: {', '.join(sorted(back))}"
    facts = {key: value for key, value in known.facts.items() if value not in (None, "")}
    if last.facts != facts:
        wrong = sorted(
            key for key in {*facts, *last.facts} if facts.get(key) != last.facts.get(key)
        )
        yield "overwritten", f"facts of an agent's are gone: {', '.join(wrong)}"


def decided_on_what_stood_there(life: list[Moment], opened: date) -> Iterable[tuple[Kind, str]]:
    """What the app writes answers the facts that stand on the ticket at that moment."""
    for number, m in enumerate(life):
        if m.ours and m.stamp and m.outcome != wanted(m.facts, opened, m.at.date()):
            yield "stale", f"audit {number}: {m.outcome} answers other facts than were there"


def nothing_public(life: list[Moment]) -> Iterable[tuple[Kind, str]]:
    """Nobody allowed a reply in public."""
    return (("public", "the app wrote to the customer") for m in life if m.ours and m.public)


def _meaning(key: str, value: str) -> object:
    values = catalogue.FIELD[key].values or {}
    return values.get(value, value)
