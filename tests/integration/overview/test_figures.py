"""What agents did, and what the counts come to."""

from __future__ import annotations

from typing import Any

import pytest

from integration.overview.figures import brands_in, did_agent, figures
from integration.overview.making import contested, questions, why
from integration.overview.queries import Group
from integration.overview.tables import pictures, span_words


def group(tickets: int = 1, **more: Any) -> Group:
    values: dict[str, Any] = {
        "status": "not_covered",
        "shown": "not_covered",
        "decision": None,
        "payer": "buyer",
        "kind": "live",
        "brand": None,
        "clauses": ("X8",),
        "asked": (),
        **more,
    }
    return Group(tickets=tickets, **values)


@pytest.mark.parametrize(
    ("decision", "shown", "did"),
    [
        (None, "not_covered", "none"),
        (None, None, "none"),
        (None, "covered", "by hand"),
        (None, "other", "by hand"),
        ("accept", "not_covered", "accepted"),
        ("accept", "covered", "accepted"),
        ("not_covered", "not_covered", "accepted"),
        ("covered", "covered", "overridden"),
        ("hold", "covered", "held"),
        ("other", "covered", "held"),
    ],
)
def test_what_an_agent_did(decision: str | None, shown: str | None, did: str) -> None:
    """To choose what the policy says is to accept it; to hold, or an option that is none of the
    app's, is not to decide; another status without a decision was written by hand."""
    assert did_agent(group(decision=decision, shown=shown)) == did


def test_overrides_by_clause() -> None:
    """The share is of those that an agent accepted or overrode: who only holds, or says nothing,
    has not contested anything. Of a clause on which nobody decided there is no share."""
    found = figures(
        [
            group(2, decision="accept"),
            group(3, decision="covered", shown="covered"),
            group(5),
            group(7, decision="hold"),
            group(11, clauses=("X3", "D2"), decision="accept"),
            group(13, clauses=("S1",), status="covered", shown="covered"),
        ]
    )
    one = found.clauses["X8"]
    assert (one.tickets, one.denied, one.decided, one.differ, one.share) == (17, 17, 5, 3, 0.6)
    assert found.clauses["S1"].share is None
    assert found.clauses["S1"].denied == 0
    assert (found.tickets, found.denials, found.denials_overridden) == (41, 28, 3)
    assert found.moves == {("not_covered", "covered"): 3}
    assert [row[:4] for row in contested(found).rows] == [
        ("X8", 3, 5, 0.6),
        ("D2", 0, 11, 0.0),
        ("X3", 0, 11, 0.0),
    ]


def test_denials_that_stand() -> None:
    """What is not covered is counted by the status on the ticket and by the policy, each whole; an
    agent's are those that the policy says otherwise and that stand. To agree with a denial, to
    write one by hand, and one that is no longer on the ticket are none of an agent's."""
    found = figures(
        [
            group(2),
            group(3, decision="accept"),
            group(5, decision="not_covered"),
            group(7, decision="covered", shown="covered"),
            group(11, status="covered", decision="not_covered"),
            group(13, status="needs_review", decision="not_covered"),
            group(17, status="covered", decision="not_covered", shown="covered"),
            group(19, status="covered", decision=None),
            group(23, status="covered", shown="covered"),
            group(29, shown=None, kind="shadow"),
        ]
    )
    assert (found.denied, found.denied_by_agents) == (2 + 3 + 5 + 11 + 13 + 19 + 29, 11 + 13)
    assert (found.denials, found.denials_overridden) == (2 + 3 + 5 + 7 + 29, 7)
    assert figures([group(status="covered", shown="covered")]).denied == 0


def test_by_brand_and_kind() -> None:
    """Only those that were asked for; tickets without a brand are a choice as well."""
    groups = [group(2, brand="1"), group(3, brand="2", kind="shadow"), group(5, kind="shadow")]
    assert figures(groups).tickets == 10
    assert figures(groups).shadow == 8
    assert figures(groups, "1").tickets == 2
    assert figures(groups, "none").tickets == 5
    assert figures(groups, kind="shadow").tickets == 8
    assert figures(groups, "2", "live").tickets == 0
    assert brands_in(groups) == ["none", "2", "1"]


def test_questions() -> None:
    """The one asked most comes first, beside how many still wait for its answer."""
    found = figures([group(2, asked=("problem",))])
    table = questions({"problem": 3, "purchase_date": 9}, found)
    assert table.rows == (("The purchase date", 9, 0), ("What the problem is", 3, 2))


def test_nothing() -> None:
    """No tickets make no rows, no pictures and no division by nothing."""
    found = figures([])
    assert contested(found).rows == ()
    assert pictures([contested(found), questions({}, found)]) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0, "1 s"),
        (59, "59 s"),
        (61, "1 min 1 s"),
        (1_805, "30 min"),
        (7_260, "2 h 1 min"),
        (7_201, "2 h"),
        (86_400, "1 d"),
        (100_000, "1 d 3 h"),
    ],
)
def test_spans(seconds: int | None, words: str) -> None:
    """To two units, as a person would say it."""
    assert span_words(seconds) == words


def test_why_a_ticket_waits() -> None:
    """What happened, and what to do; also of a text that has no advice, and of none at all."""
    assert why("A field is gone (x) — Put it in place.") == (
        "A field is gone (x)",
        "Put it in place.",
    )
    assert why("It failed")[0] == "It failed"
    assert all(why(None))
