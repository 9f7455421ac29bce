"""Who is let in, what an agent may not do, and how a refusal looks."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_key_is_the_user_and_any_password_does(api: Any) -> None:
    """``agents/me`` says whose key it is."""
    me = api.ok("GET", "/agents/me")
    assert (me["contact"]["name"], me["type"]) == ("Admin Sample", "support_agent")
    other = api.ok("GET", "/agents/me", key=api.account.options.agent_key)
    assert other["id"] != me["id"]
    assert me["contact"]["time_zone"] == api.account.options.time_zone


@pytest.mark.parametrize("given", ["", "Basic", "Basic !", "Bearer x", "Basic d3Jvbmc6WA=="])
def test_without_a_key_nothing_is_told(api: Any, given: str) -> None:
    """401 with a code, whatever stands in the header; also for the control API."""
    for path in ("/tickets", "/sandbox/requests"):
        said = api.refused(401, "GET", path, headers={"Authorization": given})
        assert said["code"] == "invalid_credentials"


@pytest.mark.parametrize(
    "path",
    [
        "/admin/ticket_fields",
        "/canned_response_folders",
        "/canned_responses",
        "/sla_policies",
        "/automations/1/rules",
    ],
)
def test_some_is_for_administrators(api: Any, path: str) -> None:
    """An agent's key gets 403 there, and an administrator's an answer."""
    said = api.refused(403, "GET", path, key=api.account.options.agent_key)
    assert said["code"] == "access_denied"
    api.ok("GET", path)


@pytest.mark.parametrize(
    "path",
    [
        "/tickets",
        "/ticket_fields",
        "/agents",
        "/contacts",
        "/products",
        "/groups",
        "/roles",
        "/settings/helpdesk",
    ],
)
def test_the_rest_is_for_every_agent(api: Any, path: str) -> None:
    """What a review reads needs no administrator."""
    api.ok("GET", path, key=api.account.options.agent_key)


def test_what_is_not_there_is_404_without_a_body(api: Any) -> None:
    """A ticket or a path that does not exist."""
    for path in ("/tickets/9", "/nowhere", "/automations/2/rules", "/jobs/x", "/products/1"):
        assert api.call("GET", path).data == b""
        api.refused(404, "GET", path)


def test_another_verb_is_405(api: Any) -> None:
    """It names those there are."""
    answer = api.call("PATCH", "/tickets/1", {})
    assert answer.status_code == 405
    assert {"GET", "PUT", "DELETE"} <= set(answer.headers["Allow"].split(", "))


def test_a_body_must_be_json(api: Any) -> None:
    """400 ``invalid_json`` where it does not parse, 415 where it is something else."""
    json_type = {"Content-Type": "application/json"}
    for data in (b"{", b"[]", b"", b"7"):
        answer = api.call("POST", "/tickets", data=data, headers=json_type)
        assert (answer.status_code, answer.json["code"]) == (400, "invalid_json")
    assert api.call("POST", "/tickets", data="a=b").status_code == 415


def test_another_host_name_is_refused(api: Any) -> None:
    """A page elsewhere cannot reach it under a name of its own."""
    api.refused(400, "GET", "/tickets", headers={"Host": "helpdesk.example.com"})
