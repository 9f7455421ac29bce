"""Macros: their preview, which changes nothing."""

from __future__ import annotations

from typing import Any

import pytest


def macro(api: Any, *actions: tuple[str, Any]) -> int:
    rows = [{"field": name, "value": value} for name, value in actions]
    made = api.ok("POST", "/macros", {"macro": {"title": "M", "actions": rows}})
    return int(made["macro"]["id"])


def preview(api: Any, macro_id: int, ticket_id: int | None = None) -> Any:
    path = f"/macros/{macro_id}/apply"
    if ticket_id is not None:
        path = f"/tickets/{ticket_id}{path}"
    return api.ok("GET", path)["result"]["ticket"]


def test_preview_changes_nothing(api: Any) -> None:
    """The preview is the whole ticket after the macro; the ticket itself stays as it was."""
    field = api.field("tagger", "Decision", "w_in")
    key = macro(
        api,
        ("status", "pending"),
        ("current_tags", "asked"),
        (f"custom_fields_{field}", "w_in"),
        ("comment_value", "Hello {{ticket.requester.first_name}}, ticket {{ticket.id}}"),
        ("comment_mode_is_public", "false"),
    )
    ticket = api.ticket(
        tags=["vip"], requester={"name": "Customer Three", "email": "customer3@example.com"}
    )
    shown = preview(api, key, ticket["id"])
    assert (shown["id"], shown["status"]) == (ticket["id"], "pending")
    assert shown["tags"] == ["asked", "vip", "w_in"]
    assert shown["fields"] == {"id": field, "value": "w_in"}
    assert shown["priority"] is None
    text = "Hello Customer, ticket 1"
    assert shown["comment"]["body"] == text
    assert shown["comment"]["scoped_body"] == [["channel:all", text]]
    assert shown["comment"]["public"] is False
    assert api.ok("GET", f"/tickets/{ticket['id']}")["ticket"] == ticket


def test_preview_without_a_ticket(api: Any) -> None:
    """Without a ticket only the changes are shown."""
    key = macro(api, ("priority", "high"), ("comment_value", ["channel:all", "Hello"]))
    shown = preview(api, key)
    assert shown["priority"] == "high"
    assert shown["comment"]["body"] == "Hello"
    assert "status" not in shown


def test_several_fields_are_a_list(api: Any) -> None:
    """Where a macro sets several custom fields, ``fields`` is a list of them."""
    one, two = api.field("text", "One"), api.field("text", "Two")
    key = macro(api, (f"custom_fields_{one}", "a"), (f"custom_fields_{two}", "b"))
    fields = preview(api, key, api.ticket()["id"])["fields"]
    assert fields == [{"id": one, "value": "a"}, {"id": two, "value": "b"}]


def test_values_are_escaped_in_html(api: Any) -> None:
    """What a customer wrote cannot become markup of a macro's reply."""
    key = macro(api, ("comment_value_html", "<p>Re: <b>{{ticket.title}}</b></p>"))
    ticket = api.ticket(subject="<img src=x onerror=alert(1)>")
    comment = preview(api, key, ticket["id"])["comment"]
    assert "<img" not in comment["html_body"]
    assert comment["body"] == "Re: <img src=x onerror=alert(1)>"
    plain = macro(api, ("comment_value", "Re: {{ticket.title}}"))
    assert "<img" not in preview(api, plain, ticket["id"])["comment"]["html_body"]


def test_public_unless_said(api: Any) -> None:
    """A macro's comment is public unless the macro says otherwise."""
    assert preview(api, macro(api, ("comment_value", "Hello")))["comment"]["public"] is True


@pytest.mark.parametrize(
    "actions",
    [[], [{"field": "dance", "value": "x"}], [{"field": "notification_webhook", "value": ["x"]}]],
)
def test_unsound_macros(api: Any, actions: Any) -> None:
    """A macro without sound actions is refused."""
    given = {"macro": {"title": "M", "actions": actions}}
    api.refused(422, "POST", "/macros", given)


def test_inactive(api: Any) -> None:
    """A macro that is switched off cannot be applied."""
    key = macro(api, ("priority", "low"))
    api.ok("PUT", f"/macros/{key}", {"macro": {"active": False}})
    api.refused(404, "GET", f"/macros/{key}/apply")
