"""``due_by`` and ``fr_due_by``: from the policy, by hand, and worked out anew."""

from __future__ import annotations

from typing import Any

import pytest

EARLY, LATE = "2026-05-05T09:00:00Z", "2026-05-09T09:00:00Z"
HOUR = 3600


def policy(respond: int, resolve: int) -> Any:
    target = {"respond_within": respond, "resolve_within": resolve, "business_hours": False}
    return {f"priority_{number}": dict(target) for number in (4, 3, 2, 1)}


def due(api: Any) -> tuple[str | None, str | None]:
    told = api.ok("GET", "/tickets/1")
    return told["due_by"], told["fr_due_by"]


def test_they_follow_the_policy(api: Any) -> None:
    """By the ticket's priority, from when it was filed; and again when the priority changes."""
    api.ticket(priority=4)
    assert due(api) == ("2026-05-05T09:00:00Z", "2026-05-04T10:00:00Z")
    api.ok("PUT", "/tickets/1", {"priority": 1})
    assert due(api) == ("2026-05-09T09:00:00Z", "2026-05-05T09:00:00Z")


def test_the_first_policy_that_applies_wins(api: Any) -> None:
    """By position, the default one last."""
    scope = {"ticket_types": ["Warranty claim"]}
    given = {"name": "Claims", "applicable_to": scope, "sla_target": policy(HOUR, 30 * 24 * HOUR)}
    made = api.ok("POST", "/sla_policies", given)
    api.ticket(type="Warranty claim")
    assert due(api) == ("2026-06-03T09:00:00Z", "2026-05-04T10:00:00Z")
    assert api.ok("GET", "/sla_policies")[0]["name"] == "Claims"
    api.ok("PUT", f"/sla_policies/{made['id']}", {"applicable_to": scope, "active": False})
    api.ok("PUT", "/tickets/1", {"priority": 4})
    assert due(api)[0] == "2026-05-05T09:00:00Z"


def test_set_by_hand_they_stay(api: Any) -> None:
    """Another priority does not move them then."""
    api.ticket()
    told = api.ok("PUT", "/tickets/1", {"due_by": LATE, "fr_due_by": EARLY})
    assert (told["due_by"], told["fr_due_by"]) == (LATE, EARLY)
    api.ok("PUT", "/tickets/1", {"priority": 4})
    assert due(api) == (LATE, EARLY)


def test_a_time_without_a_zone_is_utc(api: Any) -> None:
    """And one with an offset is told in UTC."""
    api.ticket()
    body = {"due_by": "2026-05-09T11:00:00+02:00", "fr_due_by": "2026-05-05T09:00:00"}
    api.ok("PUT", "/tickets/1", body)
    assert due(api) == (LATE, EARLY)


def test_what_does_not_hold_up_is_refused(api: Any) -> None:
    """The first response after the resolution, what is past, and one of both on a new ticket."""
    api.ticket()
    swapped = {"due_by": EARLY, "fr_due_by": LATE}
    assert api.problems("PUT", "/tickets/1", swapped) == {"fr_due_by": "invalid_value"}
    past = {"due_by": "2026-05-04T08:59:59Z", "fr_due_by": "2026-05-04T08:59:59Z"}
    assert set(api.problems("PUT", "/tickets/1", past)) == {"due_by", "fr_due_by"}
    body = {"subject": "a", "description": "b", "email": "a@example.com", "due_by": LATE}
    assert api.problems("POST", "/tickets", body) == {"fr_due_by": "missing_field"}
    same = {"due_by": EARLY, "fr_due_by": EARLY}
    assert api.ok("PUT", "/tickets/1", same)["due_by"] == EARLY


@pytest.mark.parametrize("status", [3, 4, 5, 6, 7])
def test_nothing_is_due_while_the_clock_stands(api: Any, status: int) -> None:
    """In a status in which the SLA's timer is off they cannot be set."""
    api.ticket()
    body = {"status": status, "due_by": LATE, "fr_due_by": EARLY}
    codes = {"due_by": "incompatible_field", "fr_due_by": "incompatible_field"}
    assert api.problems("PUT", "/tickets/1", body) == codes


def test_late_tickets_are_escalated(api: Any, clock: Any) -> None:
    """Until somebody answered, and until they are done."""
    api.ticket(priority=4)
    clock.pass_(days=2)
    told = api.ok("GET", "/tickets/1")
    assert (told["is_escalated"], told["fr_escalated"]) == (True, True)
    api.ok("POST", "/tickets/1/reply", {"body": "Sorry."})
    assert api.ok("GET", "/tickets/1")["fr_escalated"] is False
    api.ok("PUT", "/tickets/1", {"status": 4})
    assert api.ok("GET", "/tickets/1")["is_escalated"] is False


def test_the_newest_slas_override_what_was_set(make_api: Any) -> None:
    """The answer shows the times from before the update, and soon they are the policy's again."""
    api = make_api(new_sla="recalculates")
    made = api.ticket(due_by=LATE, fr_due_by=EARLY, priority=4)
    assert (made["due_by"], made["fr_due_by"]) == (LATE, EARLY)
    other = "2026-05-20T09:00:00Z"
    told = api.ok("PUT", "/tickets/1", {"due_by": other, "fr_due_by": other})
    assert (told["due_by"], told["fr_due_by"]) == (LATE, EARLY)
    assert due(api) == (other, other)
    api.account.shift(60)
    api.settle()
    assert due(api) == ("2026-05-05T09:00:00Z", "2026-05-04T10:00:00Z")


def test_or_they_respect_it(make_api: Any) -> None:
    """The other reading of the documentation: what was set stays, the answer is late all the
    same."""
    api = make_api(new_sla="respects")
    api.ticket(priority=4)
    told = api.ok("PUT", "/tickets/1", {"due_by": LATE, "fr_due_by": EARLY})
    assert (told["due_by"], told["fr_due_by"]) == (None, None)
    api.account.shift(60)
    api.settle()
    assert due(api) == (LATE, EARLY)


def test_a_new_ticket_of_theirs_has_none_at_first(make_api: Any) -> None:
    """They follow within seconds."""
    api = make_api(new_sla="recalculates")
    made = api.ticket(priority=4)
    assert (made["due_by"], made["fr_due_by"]) == (None, None)
    api.account.shift(60)
    api.settle()
    assert due(api) == ("2026-05-05T09:00:00Z", "2026-05-04T10:00:00Z")


def test_a_policy_needs_all_its_parts(api: Any) -> None:
    """Every priority, the highest first, whole minutes; and whom it is for, each time."""
    scope = {"ticket_types": ["Refund"]}
    target = policy(HOUR, HOUR)
    upside = dict(reversed(target.items()))
    for odd in (None, {}, upside, policy(90, HOUR), policy(HOUR, 0)):
        given = {"name": "x", "applicable_to": scope, "sla_target": odd}
        assert api.problems("POST", "/sla_policies", given)
    made = api.ok(
        "POST", "/sla_policies", {"name": "x", "applicable_to": scope, "sla_target": target}
    )
    path = f"/sla_policies/{made['id']}"
    assert api.problems("PUT", path, {"name": "y"}) == {"applicable_to": "missing_field"}
    assert api.call("DELETE", path).status_code == 204
    default = api.ok("GET", "/sla_policies")[0]
    api.refused(403, "DELETE", f"/sla_policies/{default['id']}")
