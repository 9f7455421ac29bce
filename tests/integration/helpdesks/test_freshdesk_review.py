"""A whole review on Freshdesk: set up as an admin does it, broken off wherever it can be."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses

from integration import catalogue, errors
from integration.config import Installation
from integration.helpdesks import Ticket
from integration.helpdesks.freshdesk import Account, connect
from integration.helpdesks.freshdesk_admin import put_in_place
from integration.helpdesks.freshdesk_catalogue import flags, wanted
from integration.helpdesks.freshdesk_export import FreshdeskExport
from integration.helpdesks.freshdesk_wanted import Wanted, WantedWebhook
from integration.helpdesks.freshdesk_wire import open_line
from integration.review import Reviewed, Reviewer
from tests.integration.desk import COMPLETE, option
from tests.integration.helpdesks.fake_freshdesk import Answer, FakeFreshdesk, iso

ACCOUNT = Account("main", "acme", "KEY-IS-SECRET", flags(catalogue.FIELDS))
HOOK = WantedWebhook(
    "main", "https://desk.example.com/webhooks/freshdesk/main", "a-secret-of-32-characters-or-so"
)


def everything() -> Wanted:
    return wanted(
        HOOK,
        fields=catalogue.FIELDS,
        macros=catalogue.MACROS,
        triggers=catalogue.TRIGGERS,
        clock=catalogue.CLAIM_CLOCK,
        claim_tag=catalogue.CLAIM_TAG,
    )


class Shop:
    """An account that is set up, with one claim in it that can be decided."""

    def __init__(self, fake: FakeFreshdesk, **settings: Any) -> None:
        self.fake = fake
        self.bindings = put_in_place(ACCOUNT, everything()).bindings
        fields: dict[str, object] = dict.fromkeys(self.bindings.fields.values())
        fields[self.bindings.fields["claim"]] = True
        for key, value in COMPLETE.items():
            ours = option(key, value)
            label = self.bindings.options.get(key, {}).get(str(ours), ours)
            fields[self.bindings.fields[key]] = label
        fake.tickets[901]["custom_fields"] = fields
        fake.asked.clear()
        fake.writes.clear()
        settings = {"mode": "full", "time_zone": UTC, **settings}
        self.installation = Installation(id="main", signing_secrets=(), **settings)

    def review(self) -> Reviewed:
        now = self.fake.now + timedelta(minutes=1)
        reviewer = Reviewer(
            {"main": self.installation},
            lambda one, bindings: connect(ACCOUNT, bindings, now=lambda: now),
            lambda name: self.bindings,
            lambda: now,
        )
        return reviewer("main", "901")

    def shows(self, key: str) -> object:
        return self.fake.tickets[901]["custom_fields"][self.bindings.fields[key]]

    def state(self) -> object:
        """All that matters of the ticket and what was said on it."""
        ticket = copy.deepcopy(self.fake.tickets[901])
        del ticket["updated_at"]
        stamp = str(ticket["custom_fields"].pop(self.bindings.fields["stamp"]))
        said = [(one["private"], one["body"]) for one in self.fake.talks[901]]
        # When a pending reply was announced is the one thing that differs.
        return ticket, [word for word in stamp.split() if not word.startswith("replied=")], said


@pytest.fixture
def open_shop() -> Iterator[Callable[..., Shop]]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield lambda **settings: Shop(_later(FakeFreshdesk()).serve(mock), **settings)
        mock.reset()


def _later(fake: FakeFreshdesk) -> FakeFreshdesk:
    """The claim is of the days that the sample facts are of."""
    fake.now = datetime(2026, 5, 5, 12, tzinfo=UTC)
    fake.tickets[901] |= {
        "created_at": "2026-05-04T10:00:00Z",
        "updated_at": iso(fake.now),
        "due_by": "2026-05-09T09:00:00Z",
    }
    return fake


def test_a_claim_is_decided(open_shop: Callable[..., Shop]) -> None:
    """A ticked checkbox makes a claim of it: outcome fields by their labels, tags beside the
    others', one private note with a reply that greets by name, and the stamp."""
    shop = open_shop()
    assert shop.review().did == "written"
    assert (shop.shows("verdict"), shop.shows("freight_payer")) == ("Covered", "SOOCAS")
    assert shop.shows("claim_deadline") == "2027-02-01"
    assert set(shop.fake.tickets[901]["tags"]) == {
        *("vip", "blender", "warranty_covered", "warranty_freight_soocas")
    }
    (note,) = shop.fake.talks[901]
    assert note["private"] is True
    assert "Hello Ann" in note["body"]
    assert "{{" not in note["body"]
    assert len(str(shop.shows("stamp"))) < 1000


def test_a_second_review_sends_nothing(open_shop: Callable[..., Shop]) -> None:
    """The stamp is there: one request reads the ticket, and that is all."""
    shop = open_shop()
    shop.review()
    shop.fake.asked.clear()
    assert shop.review().did == "unchanged"
    assert shop.fake.asked == [("GET", "tickets/901")]


def test_not_ticked_is_no_claim(open_shop: Callable[..., Shop]) -> None:
    """Unticked, it is left alone; with the tag it is a claim all the same."""
    shop = open_shop()
    shop.fake.edit(**{shop.bindings.fields["claim"]: False})
    assert shop.review().did == "no claim"
    shop.fake.edit(tags=["vip", catalogue.CLAIM_TAG])
    assert shop.review().did == "written"
    assert catalogue.CLAIM_TAG in shop.fake.tickets[901]["tags"]


def test_said_again_after_something_else_was(open_shop: Callable[..., Shop]) -> None:
    """A verdict that comes back is told again: what is never repeated is a broken-off try, not a
    word that is due anew."""
    shop = open_shop()
    evidence = shop.bindings.fields["defect_evidence"]
    shop.review()
    was = shop.fake.tickets[901]["custom_fields"][evidence]
    shop.fake.edit(**{evidence: None})
    assert shop.review().did == "written"
    shop.fake.edit(**{evidence: was})
    assert shop.review().did == "written"
    assert shop.review().did == "unchanged"
    assert len(shop.fake.talks[901]) == 3
    assert shop.shows("verdict") == "Covered"


PUBLIC = {"public_replies": frozenset({"covered"})}


@pytest.mark.parametrize("settings", [{}, PUBLIC])
@pytest.mark.parametrize("after", [False, True])
def test_wherever_it_breaks_off_it_ends_the_same(
    open_shop: Callable[..., Shop], settings: dict[str, Any], after: bool
) -> None:
    """At each request of a review, one after the other, the line breaks, before the request is
    carried out or after. The review that follows leaves what an unbroken one leaves: the note once,
    the reply to the customer once, fields and tags whole."""
    whole = open_shop(**settings)
    assert whole.review().did == "written"
    steps, expected = len(whole.fake.asked), whole.state()
    assert len(whole.fake.talks[901]) == 1 + bool(settings)
    assert [one["private"] for one in whole.fake.talks[901]] == [True, False][: 1 + bool(settings)]
    for broken in range(steps):
        shop = open_shop(**settings)
        count = iter(range(steps))

        def answer(
            request: Any, shop: Shop = shop, count: Iterator[int] = count, at: int = broken
        ) -> Answer:
            if next(count, None) == at:
                if after:
                    FakeFreshdesk.answer(shop.fake, request)
                raise requests.ConnectionError(requests.exceptions.ReadTimeout())
            return FakeFreshdesk.answer(shop.fake, request)

        with responses.RequestsMock() as mock:
            for method in ("GET", "PUT", "POST"):
                mock.assert_all_requests_are_fired = False
                mock.add_callback(method, re.compile(".*"), answer)
            with pytest.raises(errors.Unavailable):
                shop.review()
            shop.review()
            assert shop.review().did == "unchanged"
        assert shop.state() == expected, f"broken at request {broken}"


def test_an_agent_who_saves_while_the_note_is_posted(open_shop: Callable[..., Shop]) -> None:
    """Nothing of theirs is undone: it is a conflict, and the next try says nothing twice."""
    shop = open_shop()

    def meanwhile(answer: Callable[[], Answer]) -> Answer:
        told = answer()
        shop.fake.edit(tags=[*shop.fake.tickets[901]["tags"], "escalated"])
        return told

    shop.fake.fault("POST", r"tickets/901/notes", meanwhile)
    with pytest.raises(errors.Conflict):
        shop.review()
    assert shop.review().did == "written"
    assert len(shop.fake.talks[901]) == 1
    assert {"escalated", "vip", "warranty_covered"} <= set(shop.fake.tickets[901]["tags"])


def test_a_field_that_is_gone_is_a_person_s(open_shop: Callable[..., Shop]) -> None:
    """A field of ours that was deleted meanwhile refuses the update, and is named."""
    shop = open_shop()

    def delete_first(answer: Callable[[], Answer]) -> Answer:
        del shop.fake.tickets[901]["custom_fields"][shop.bindings.fields["warranty_end"]]
        return answer()

    shop.fake.fault("PUT", r"tickets/901", delete_first)
    with pytest.raises(errors.FieldGone, match="warranty_end"):
        shop.review()


def test_what_changed_is_found_by_the_list(open_shop: Callable[..., Shop]) -> None:
    """The list of changes holds the claim as a review reads it."""
    shop = open_shop()
    export = FreshdeskExport(open_line(ACCOUNT), shop.bindings)
    (seen,) = export.changed(None, shop.fake.now).tickets
    read: Ticket = connect(ACCOUNT, shop.bindings).get(seen.ref)
    assert seen == read
    assert catalogue.CLAIM_TAG in seen.tags


def test_the_catalogue_fits() -> None:
    """Each option has a label of its own within its field, and the long field is a long one."""
    for field in everything().fields:
        labels = [label.casefold() for _, label in field.options]
        assert len(labels) == len(set(labels)), field.key
    assert {f.key: f.type for f in everything().fields}["stamp"] == "textarea"
    assert ACCOUNT.flags == {"claim": catalogue.CLAIM_TAG}


def test_an_update_says_the_whole_outcome(open_shop: Callable[..., Shop]) -> None:
    """Though only a part of it differs: carried out late, over what was decided since, it leaves an
    outcome and a stamp that go together. What an agent wrote into a field of ours stays out."""
    shop = open_shop()
    shop.review()
    names = shop.bindings.fields
    shop.fake.edit(**{names["order_number"]: "SO-2", names["claim_deadline"]: "2026-06-01"})
    shop.fake.writes.clear()
    assert shop.review().did == "written"
    (body,) = [body for method, _, body in shop.fake.writes if method == "PUT"]
    outcome = {names[key] for key in (*catalogue.OUTCOME_FIELDS, "stamp")}
    assert set(body["custom_fields"]) == outcome - {names["claim_deadline"]}
    assert shop.shows("claim_deadline") == "2026-06-01"
