"""What every helpdesk's adapter keeps, whichever vendor it speaks to: the port's promises.

A vendor's tests subclass ``Contract`` and give it a ``world``: an account with one open ticket in
it, and the few things that people, or the network, do to it.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta

import pytest
from markupsafe import Markup

from integration import errors
from integration.helpdesks import (
    Change,
    FieldValue,
    Helpdesk,
    Message,
    Part,
    Phase,
    TicketRef,
)

NOTE = Message("private_note", Markup("<p>Covered &amp; done</p>"), "note:0123")
REPLY = Message("public_reply", Markup("<p>Dear customer</p>"), "reply:0123")
CHANGE = Change(
    fields={"verdict": "covered", "note": "x"},
    add_tags=frozenset({"wd_new"}),
    remove_tags=frozenset({"wd_old"}),
)


@dataclass(frozen=True)
class Said:
    """Something that was said on the ticket."""

    private: bool
    html: str


class World(ABC):
    """One account with one open ticket: its verdict is ``needs``, its note empty, bought on
    2026-01-31, tagged ``vip``. Fields by our keys."""

    ref: TicketRef
    macro: str
    """The number of a template that is there."""

    @abstractmethod
    def desk(self) -> Helpdesk: ...

    @abstractmethod
    def agent_sets(self, key: str, value: FieldValue) -> None:
        """An agent saves a field; some time passes."""

    @abstractmethod
    def agent_tags(self, *tags: str) -> None:
        """An agent adds tags."""

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def remove(self) -> None:
        """The ticket is deleted."""

    @abstractmethod
    def value(self, key: str) -> FieldValue:
        """What stands in a field, in our words."""

    @abstractmethod
    def tags(self) -> set[str]: ...

    @abstractmethod
    def said(self) -> Sequence[Said]: ...

    @abstractmethod
    def writes(self) -> int:
        """How many writing requests were carried out."""

    @abstractmethod
    def asked(self) -> int:
        """How many requests of any kind came."""

    @abstractmethod
    def refuse(self, status: int, *, reading: bool = False, retry_after: str = "") -> None:
        """The next update of the ticket (or its next reading) is answered so, and not done."""

    @abstractmethod
    def go_silent(self, *, after: bool) -> None:
        """The answer to the next request that says something is lost; after it was carried out, or
        before."""

    @abstractmethod
    def complain(self, key: str, words: str) -> None:
        """The next update is refused because of this field, in the helpdesk's own words."""

    @abstractmethod
    def template(self, html: str) -> None:
        """What the template says, as the vendor gives it for this ticket."""


class Contract:
    """The promises."""

    # -- reading ----------------------------------------------------------------------------------

    def test_a_ticket_is_read_in_our_words(self, world: World) -> None:
        """Fields by our keys with our options, tags, a phase, aware times in UTC; one request."""
        got = world.desk().get(world.ref)
        assert got.ref == world.ref
        assert got.phase is Phase.OPEN
        assert (got.fields["verdict"], got.fields["note"]) == ("needs", None)
        assert got.fields["bought"] == "2026-01-31"
        assert "vip" in got.tags
        assert got.updated_at.tzinfo is UTC
        assert got.created_at.tzinfo is UTC
        assert got.version
        assert world.asked() == 1

    def test_a_field_the_ticket_lacks_is_absent(self, world: World) -> None:
        """Absent is not empty: nobody can tell what stands in it."""
        assert "gone" not in world.desk().get(world.ref).fields

    def test_reading_is_never_from_a_cache(self, world: World) -> None:
        """Read twice, asked twice."""
        desk = world.desk()
        desk.get(world.ref)
        world.agent_sets("note", "newer")
        assert desk.get(world.ref).fields["note"] == "newer"

    def test_a_ticket_read_ahead_is_the_same(self, world: World) -> None:
        """Reading ahead may be nothing, and changes nothing of what is read."""
        desk = world.desk()
        desk.read_ahead([world.ref])
        assert desk.get(world.ref) == world.desk().get(world.ref)

    def test_what_is_not_there_is_not_found(self, world: World) -> None:
        """A deleted ticket, an unknown one, and a name that is none."""
        world.remove()
        for name in (world.ref.id, "4711", "nonsense", "1/2"):
            with pytest.raises(errors.NotFound):
                world.desk().get(replace(world.ref, id=name))

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (401, errors.Forbidden),
            (403, errors.Forbidden),
            (404, errors.NotFound),
            (429, errors.RateLimited),
            (500, errors.Unavailable),
            (503, errors.Unavailable),
        ],
    )
    def test_refused_readings(
        self, world: World, status: int, kind: type[errors.HelpdeskError]
    ) -> None:
        """Each answer is sorted by who must act; a reading is never ambiguous."""
        world.refuse(status, reading=True)
        with pytest.raises(kind) as caught:
            world.desk().get(world.ref)
        assert not getattr(caught.value, "ambiguous", False)

    # -- writing ----------------------------------------------------------------------------------

    def test_a_change_is_carried_out(self, world: World) -> None:
        """Fields and tags are as asked, each part says so, and the ticket comes back so."""
        world.agent_tags("wd_old")
        desk = world.desk()
        base = desk.get(world.ref)
        done = desk.apply(base, CHANGE)
        assert {part: how for part, (how, _) in done.parts.items()} == {
            "field:verdict": Part.APPLIED,
            "field:note": Part.APPLIED,
            "tags": Part.APPLIED,
        }
        assert (world.value("verdict"), world.value("note")) == ("covered", "x")
        assert done.ticket is not None
        assert done.ticket.fields["verdict"] == "covered"
        assert done.ticket.updated_at >= base.updated_at  # versions count whole seconds

    def test_a_change_is_seen_again_later(self, world: World) -> None:
        """Read some time afterwards, each part is there; one that an agent changed since is named,
        and looking writes nothing."""
        desk = world.desk()
        desk.apply(desk.get(world.ref), CHANGE)
        wrote = world.writes()
        parts = world.desk().confirm(world.ref, CHANGE).parts
        assert {how for how, _ in parts.values()} == {Part.APPLIED}
        assert set(parts) == {"field:verdict", "field:note", "tags"}
        world.agent_sets("note", "y")
        parts = world.desk().confirm(world.ref, CHANGE).parts
        assert parts["field:note"][0] in (Part.REJECTED, Part.SUBSTITUTED)
        assert parts["field:verdict"][0] is Part.APPLIED
        assert world.writes() == wrote

    def test_other_people_s_tags_are_kept(self, world: World) -> None:
        """Only the tags that were named come and go."""
        world.agent_tags("wd_old", "theirs")
        desk = world.desk()
        desk.apply(desk.get(world.ref), CHANGE)
        assert {"vip", "theirs", "wd_new"} <= world.tags()
        assert "wd_old" not in world.tags()

    def test_fields_that_are_not_named_stay(self, world: World) -> None:
        """A change of one field is no change of another."""
        desk = world.desk()
        desk.apply(desk.get(world.ref), Change(fields={"note": "x"}))
        assert (world.value("bought"), world.value("verdict")) == ("2026-01-31", "needs")

    def test_a_field_is_emptied(self, world: World) -> None:
        """None clears."""
        desk = world.desk()
        desk.apply(desk.get(world.ref), Change(fields={"bought": None}))
        assert world.value("bought") is None

    def test_nothing_is_sent_where_nothing_differs(self, world: World) -> None:
        """Asked for what is so already: every part is unchanged, and no request goes out."""
        desk = world.desk()
        base = desk.get(world.ref)
        before = world.asked()
        same = Change(
            fields={"verdict": "needs", "note": None},
            add_tags=frozenset({"vip"}),
            remove_tags=frozenset({"never_there"}),
        )
        done = desk.apply(base, same)
        assert {how for how, _ in done.parts.values()} == {Part.UNCHANGED}
        assert done.ticket == base
        assert desk.apply(base, Change()).parts == {}
        assert world.asked() == before

    def test_a_field_that_is_not_bound_is_gone(self, world: World) -> None:
        """It is named before anything is sent."""
        desk = world.desk()
        base = desk.get(world.ref)
        with pytest.raises(errors.FieldGone, match="unheard"):
            desk.apply(base, Change(fields={"unheard": "x", "note": "y"}), [NOTE])
        assert (world.writes(), world.said()) == (0, [])

    def test_an_option_that_is_not_known_is_gone(self, world: World) -> None:
        """A choice's option that the field does not have is not written as a word."""
        desk = world.desk()
        base = desk.get(world.ref)
        with pytest.raises(errors.FieldGone, match="verdict"):
            desk.apply(base, Change(fields={"verdict": "nonsense"}))
        assert world.writes() == 0

    # -- messages ---------------------------------------------------------------------------------

    def test_a_note_is_private(self, world: World) -> None:
        """One private note, with the text that was given, beside the change."""
        desk = world.desk()
        done = desk.apply(desk.get(world.ref), CHANGE, [NOTE])
        (said,) = world.said()
        assert said.private
        assert said.html.startswith(str(NOTE.html))
        assert done.parts["message:0"][0] is Part.APPLIED

    def test_only_a_public_reply_is_public(self, world: World) -> None:
        """It reaches the customer, and is the one thing that does."""
        desk = world.desk()
        done = desk.apply(desk.get(world.ref), Change(fields={"note": "x"}), [REPLY])
        (said,) = world.said()
        assert not said.private
        assert done.parts["message:0"][0] is Part.APPLIED

    def test_a_message_alone(self, world: World) -> None:
        """Something can be said where nothing is to be changed."""
        desk = world.desk()
        before = world.desk().get(world.ref).fields
        desk.apply(desk.get(world.ref), Change(), [NOTE])
        assert [one.private for one in world.said()] == [True]
        assert world.desk().get(world.ref).fields == before

    def test_an_empty_message_is_our_mistake(self, world: World) -> None:
        """It is refused before anything is sent."""
        desk = world.desk()
        base = desk.get(world.ref)
        with pytest.raises(ValueError, match="empty"):
            desk.apply(base, CHANGE, [replace(NOTE, html=Markup("  "))])
        assert world.writes() == 0

    # -- what stands against a write --------------------------------------------------------------

    @pytest.mark.parametrize(
        "meanwhile",
        [
            lambda world: world.agent_sets("note", "an agent's"),
            lambda world: world.agent_tags("urgent"),
        ],
    )
    def test_a_ticket_that_moved_on_is_a_conflict(
        self, world: World, meanwhile: Callable[[World], None]
    ) -> None:
        """What an agent saved since we read it is neither undone nor talked past."""
        desk = world.desk()
        base = desk.get(world.ref)
        meanwhile(world)
        note, tags = world.value("note"), world.tags()
        with pytest.raises(errors.Conflict):
            desk.apply(base, CHANGE, [NOTE])
        assert (world.value("note"), world.tags(), world.said()) == (note, tags, [])

    def test_a_closed_ticket(self, world: World) -> None:
        """Where closed is final, nothing is tried; elsewhere it can be written."""
        world.close()
        desk = world.desk()
        base = desk.get(world.ref)
        assert base.phase is Phase.CLOSED
        if desk.capabilities().closed_is_final:
            with pytest.raises(errors.Unwritable):
                desk.apply(base, CHANGE, [NOTE])
            assert (world.writes(), world.said()) == (0, [])
        else:
            desk.apply(base, CHANGE, [NOTE])
            assert world.value("verdict") == "covered"

    def test_a_refused_value_names_our_field(self, world: World) -> None:
        """By our key, with the helpdesk's words apart from the message."""
        desk = world.desk()
        base = desk.get(world.ref)
        world.complain("note", "SECRET is too long")
        with pytest.raises(errors.Invalid) as caught:
            desk.apply(base, CHANGE)
        assert caught.value.fields == {"note": "SECRET is too long"}
        assert "note" in str(caught.value)
        assert "SECRET" not in str(caught.value)

    @pytest.mark.parametrize(
        ("status", "kind", "ambiguous"),
        [
            (401, errors.Forbidden, False),
            (403, errors.Forbidden, False),
            (404, errors.NotFound, False),
            (409, errors.Conflict, False),
            (429, errors.RateLimited, False),
            (500, errors.Unavailable, True),
            (502, errors.Unavailable, True),
        ],
    )
    def test_refused_writes(
        self, world: World, status: int, kind: type[errors.HelpdeskError], ambiguous: bool
    ) -> None:
        """Each answer is sorted by who must act; where a write may have arrived, that is said. No
        update is sent twice by itself."""
        desk = world.desk()
        base = desk.get(world.ref)
        world.refuse(status)
        before = world.asked()
        with pytest.raises(kind) as caught:
            desk.apply(base, Change(fields={"note": "x"}))
        assert getattr(caught.value, "ambiguous", False) is ambiguous
        assert world.writes() == 0
        assert world.asked() - before <= 2

    def test_too_many_requests_say_when_to_come_back(self, world: World) -> None:
        """And nobody waits for that here."""
        world.refuse(429, reading=True, retry_after="37")
        with pytest.raises(errors.RateLimited) as caught:
            world.desk().get(world.ref)
        assert caught.value.retry_after == 37.0

    # -- answers that are lost --------------------------------------------------------------------

    @pytest.mark.parametrize("message", [NOTE, REPLY])
    @pytest.mark.parametrize("after", [True, False])
    def test_nothing_is_said_twice(self, world: World, message: Message, after: bool) -> None:
        """The answer to what was said is lost: nobody knows whether it arrived. Whoever reads the
        ticket anew, and writes what it still lacks, leaves one message and the whole change."""
        desk = world.desk()
        base = desk.get(world.ref)
        world.go_silent(after=after)
        with pytest.raises(errors.Unavailable) as caught:
            desk.apply(base, CHANGE, [message])
        assert caught.value.ambiguous
        assert "SECRET" not in str(caught.value)
        again = world.desk()
        base = again.get(world.ref)
        if base.fields["verdict"] != "covered":
            again.apply(base, CHANGE, [message])
        assert len(world.said()) == 1
        assert world.value("verdict") == "covered"

    # -- templates --------------------------------------------------------------------------------

    def test_a_template_is_safe_html(self, world: World) -> None:
        """What runs or loads in it is taken out; nothing is written by rendering."""
        world.template(
            "<p>Hi</p><script>alert(1)</script><img src=x onerror=alert(1)>"
            '<p onclick="x()"><a href="javascript:x()">a</a></p>'
        )
        got = world.desk().render(world.ref, world.macro)
        assert got.text == '<p>Hi</p><p><a rel="noopener noreferrer">a</a></p>'
        assert isinstance(got.text, Markup)
        assert got.problem is None
        assert world.writes() == 0

    @pytest.mark.parametrize("left", ["<p>Hi {{nobody.fills.this}}</p>", "<p>{% if x %}a</p>"])
    def test_a_placeholder_that_is_left_makes_it_unusable(self, world: World, left: str) -> None:
        """A customer never reads one; why there is no text is said."""
        world.template(left)
        got = world.desk().render(world.ref, world.macro)
        assert got.text is None
        assert got.problem
        assert "placeholder" in got.problem

    def test_a_template_that_is_not_there(self, world: World) -> None:
        """Gone, or no template's name at all."""
        for name in ("987654", "covered", "../1"):
            with pytest.raises(errors.NotFound):
                world.desk().render(world.ref, name)

    # -- whose it is ------------------------------------------------------------------------------

    def test_another_installation_s_ticket(self, world: World) -> None:
        """Is our mistake, and asked for nowhere."""
        with pytest.raises(ValueError, match="another installation"):
            world.desk().get(replace(world.ref, installation="other"))
        assert world.asked() == 0

    def test_one_connection_one_thread(self, world: World) -> None:
        """A connection refuses to be used by a second thread."""
        desk = world.desk()
        base = desk.get(world.ref)
        caught: list[BaseException] = []

        def use() -> None:
            for call in (
                lambda: desk.get(world.ref),
                lambda: desk.read_ahead([world.ref]),
                lambda: desk.apply(base, CHANGE),
                lambda: desk.render(world.ref, world.macro),
            ):
                try:
                    call()
                except RuntimeError as error:
                    caught.append(error)

        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
        assert len(caught) == 4
        assert world.writes() == 0

    def test_it_says_what_it_can(self, world: World) -> None:
        """Capabilities are a promise that the other tests here rest on."""
        can = world.desk().capabilities()
        assert can.webhook_proof in ("hmac", "shared_secret")
        assert can.template_render in ("server", "client")


LATER = timedelta(seconds=2)
"""How much time passes when people do something: versions count whole seconds."""
