"""Rate limits: by plan, by kind of request, told in headers."""

from __future__ import annotations

from typing import Any

import pytest

from integration.sandbox.freshdesk import Options

TOTAL, LEFT, USED = (
    f"X-RateLimit-{name}" for name in ("Total", "Remaining", "Used-CurrentRequest")
)


@pytest.mark.parametrize(
    ("plan", "total"), [("trial", 50), ("growth", 200), ("pro", 400), ("enterprise", 700)]
)
def test_a_plan_has_its_total(make_api: Any, plan: str, total: int) -> None:
    """So many requests a minute, then 429 with the seconds to wait, then again."""
    api = make_api(plan=plan, limited=True)
    left = []
    for _ in range(total):
        answer = api.call("GET", "/agents/me")
        assert answer.status_code == 200
        left.append(int(answer.headers[LEFT]))
    assert left == list(range(total - 1, -1, -1))
    answer = api.call("GET", "/agents/me")
    assert answer.status_code == 429
    assert (answer.headers[TOTAL], answer.headers[LEFT]) == (str(total), "0")
    wait = int(answer.headers["Retry-After"])
    assert 0 < wait <= 60
    api.account.shift(wait)
    assert api.call("GET", "/agents/me").status_code == 200


def test_a_free_plan_has_none(make_api: Any) -> None:
    """Not one request."""
    assert make_api(plan="free", limited=True).call("GET", "/agents/me").status_code == 429


def test_a_plan_there_is_not() -> None:
    """It is named."""
    with pytest.raises(ValueError, match="gold"):
        Options(plan="gold")


def test_switched_off_they_are_only_told(make_api: Any) -> None:
    """Nothing is refused."""
    api = make_api(plan="trial")
    answers = [api.call("GET", "/agents/me") for _ in range(60)]
    assert {one.status_code for one in answers} == {200}
    assert answers[-1].headers[LEFT] == "0"
    assert "Retry-After" not in answers[-1].headers


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("ticket_create", "POST", "/tickets"),
        ("ticket_update", "PUT", "/tickets/1"),
        ("tickets_list", "GET", "/tickets"),
        ("contacts_list", "GET", "/contacts"),
    ],
)
def test_some_kinds_have_a_limit_of_their_own(
    make_api: Any, name: str, method: str, path: str
) -> None:
    """The rest goes on; requests that fail count too."""
    api = make_api(limited=True)
    api.ok("PUT", "/sandbox/limits", {name: 2})
    statuses = [api.call(method, path, {}).status_code for _ in range(3)]
    assert 429 not in statuses[:2]
    assert statuses[2] == 429
    assert api.call("GET", "/agents/me").status_code == 200
    assert api.call("GET", "/tickets/1/conversations").status_code == 404


@pytest.mark.parametrize(
    ("path", "cost"),
    [
        ("/tickets/1", "1"),
        ("/tickets/1?include=requester,stats", "3"),
        ("/tickets/1?include=conversations", "2"),
        ("/tickets?include=requester,stats", "5"),
        ("/tickets", "1"),
    ],
)
def test_what_is_included_costs(make_api: Any, path: str, cost: str) -> None:
    """A call for each thing with a ticket, two with a list."""
    api = make_api(limited=True)
    api.ticket()
    answer = api.call("GET", path)
    assert answer.headers[USED] == cost
    assert answer.headers[LEFT] == str(200 - 1 - int(cost))


def test_failures_count_and_the_control_api_does_not(make_api: Any) -> None:
    """Also one without a key: the limit is the account's."""
    api = make_api(limited=True)
    api.refused(401, "GET", "/agents/me", key="wrong")
    api.refused(404, "GET", "/tickets/1")
    for _ in range(5):
        api.ok("GET", "/sandbox/limits")
    assert api.call("GET", "/agents/me").headers[LEFT] == "197"


def test_they_are_set_while_it_runs(api: Any) -> None:
    """A plan or single numbers; nonsense is refused and changes nothing."""
    assert api.ok("PUT", "/sandbox/limits", {"plan": "pro", "limited": True})["total"] == 400
    told = api.ok("PUT", "/sandbox/limits", {"tickets_list": None, "total": 7})
    assert (told["total"], told["tickets_list"], told["limited"]) == (7, None, True)
    for odd in ({"plan": "gold"}, {"total": -1}, {"total": None}, {"limited": 1}, {"speed": 5}):
        api.problems("PUT", "/sandbox/limits", odd)
    assert api.ok("GET", "/sandbox/limits") == told
