"""zenpy, unmodified, against a sandbox on a port."""

from __future__ import annotations

from typing import Any

import pytest
from zenpy import Zenpy
from zenpy.lib.api_objects import (
    Comment,
    CustomStatus,
    Macro,
    Ticket,
    TicketField,
    Trigger,
    User,
    View,
    Webhook,
)
from zenpy.lib.exception import APIException, RecordNotFoundException

from integration.sandbox.server import Sandbox


@pytest.fixture
def zenpy(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Zenpy:
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", sandbox.base_url.removeprefix("http://"))
    return Zenpy(subdomain="sandbox", oauth_token=sandbox.token, disable_cache=True, timeout=10)


def test_tickets(zenpy: Any) -> None:
    """Tickets are created, read, listed, changed, tagged and deleted."""
    person = User(name="Customer 3", email="customer3@example.com")
    made = zenpy.tickets.create(
        Ticket(subject="Broken", comment=Comment(body="Hm"), requester=person)
    )
    key = made.ticket.id
    assert made.audit.events[0]["type"] == "Comment"
    assert zenpy.tickets(id=key).requester.name == "Customer 3"
    patch = Ticket(
        id=key,
        safe_update=True,
        updated_stamp=made.ticket.updated_at,
        tags=["a"],
        comment=Comment(html_body="<p>Note</p>", public=False),
    )
    assert zenpy.tickets.update(patch).ticket.tags == ["a"]
    assert list(zenpy.tickets.add_tags(key, ["b"])) == ["a", "b"]
    assert [c.public for c in zenpy.tickets.comments(ticket=key)] == [True, False]
    assert len(list(zenpy.tickets.audits(ticket=key))) == 3
    zenpy.tickets.create([Ticket(description=str(n), subject="More") for n in range(5)])
    assert [t.id for t in zenpy.tickets(cursor_pagination=2)] == [1, 2, 3, 4, 5, 6]
    assert len(list(zenpy.tickets())) == 6
    found = zenpy.search(type="ticket", tags="b")
    assert [t.id for t in found] == [key]
    job = zenpy.tickets.update([Ticket(id=key, subject="Bulk")])
    assert zenpy.job_status(id=job.id).status == "completed"
    assert zenpy.tickets(id=key).subject == "Bulk"
    assert list(zenpy.tickets.incremental(start_time=1, paginate_by_time=False)) == []
    zenpy.tickets.delete(zenpy.tickets(id=key))
    with pytest.raises(RecordNotFoundException):
        zenpy.tickets(id=key)


def test_conflict(zenpy: Any) -> None:
    """A stale stamp is an ``APIException`` with 409."""
    made = zenpy.tickets.create(Ticket(subject="Broken", description="Hm"))
    stale = Ticket(id=made.ticket.id, safe_update=True, updated_stamp="2020-01-01T00:00:00Z")
    with pytest.raises(APIException) as caught:
        zenpy.tickets.update(stale)
    assert caught.value.response.status_code == 409


def test_fields(zenpy: Any) -> None:
    """Ticket fields with options are created, read, listed, changed and deleted."""
    options = [{"name": "In", "value": "w_in"}]
    made = zenpy.ticket_fields.create(
        TicketField(type="tagger", title="Decision", custom_field_options=options)
    )
    field = zenpy.ticket_fields(id=made.id)
    field.title = "Verdict"
    assert zenpy.ticket_fields.update(field).title == "Verdict"
    assert "Verdict" in [row.title for row in zenpy.ticket_fields()]
    ticket = zenpy.tickets.create(
        Ticket(description="x", custom_fields=[{"id": made.id, "value": "w_in"}])
    ).ticket
    assert ticket.tags == ["w_in"]
    zenpy.ticket_fields.delete(field)
    assert made.id not in [row.id for row in zenpy.ticket_fields()]


def test_macros(zenpy: Any) -> None:
    """Macros are created, previewed, changed, listed and deleted."""
    actions = [{"field": "comment_value", "value": "Hello {{ticket.id}}"}]
    macro = zenpy.macros.create(Macro(title="M", actions=actions))
    ticket = zenpy.tickets.create(Ticket(subject="Broken", description="Hm")).ticket
    shown = zenpy.tickets.show_macro_effect(ticket, macro)
    assert shown.ticket.comment.body == f"Hello {ticket.id}"
    macro.title = "N"
    assert zenpy.macros.update(macro).title == "N"
    assert [row.title for row in zenpy.macros()] == ["N"]
    zenpy.macros.delete(macro)
    assert list(zenpy.macros()) == []


def test_webhooks_and_triggers(zenpy: Any) -> None:
    """Webhooks and the triggers that call them are created, changed, listed and deleted."""
    webhook = zenpy.webhooks.create(
        Webhook(
            name="Engine",
            endpoint="http://127.0.0.1:9/hook",
            http_method="POST",
            request_format="json",
            status="active",
            subscriptions=["conditional_ticket_events"],
            authentication={
                "type": "bearer_token",
                "data": {"token": "t"},
                "add_position": "header",
            },
        )
    )
    secret = zenpy.webhooks.show_secret(webhook)
    assert zenpy.webhooks.reset_secret(webhook).secret != secret.secret
    zenpy.webhooks.patch(Webhook(id=webhook.id, name="Engine 2"))
    assert [row.name for row in zenpy.webhooks.list()] == ["Engine 2"]
    assert zenpy.webhooks.clone(webhook).id != webhook.id
    trigger = zenpy.triggers.create(
        Trigger(
            title="T",
            conditions={"all": [{"field": "update_type", "operator": "is", "value": "Create"}]},
            actions=[{"field": "notification_webhook", "value": [webhook.id, "{}"]}],
        )
    )
    trigger.title = "U"
    assert zenpy.triggers.update(trigger).title == "U"
    assert [row.title for row in zenpy.triggers()] == ["U"]
    zenpy.triggers.delete(trigger)
    assert list(zenpy.triggers()) == []
    zenpy.webhooks.delete(webhook)
    assert len(list(zenpy.webhooks.list())) == 1


def test_views(zenpy: Any) -> None:
    """Views are created, executed, counted, changed, listed and deleted."""
    condition = {"field": "current_tags", "operator": "includes", "value": "vip"}
    view = zenpy.views.create(View(title="V", all=[condition], output={"columns": ["subject"]}))
    zenpy.tickets.create(Ticket(subject="Broken", description="Hm", tags=["vip"]))
    zenpy.tickets.create(Ticket(subject="Other", description="Hm"))
    assert [t.subject for t in zenpy.views.tickets(view)] == ["Broken"]
    assert zenpy.views.execute(view).title == "V"
    assert zenpy.views.count(view).value == 1
    view.title = "W"
    assert zenpy.views.update(view).title == "W"
    assert [row.title for row in zenpy.views()] == ["W"]
    zenpy.views.delete(view)
    assert list(zenpy.views()) == []


def test_users_and_the_rest(zenpy: Any) -> None:
    """Users, groups, forms, brands, custom statuses and SLA policies can be read and made."""
    assert zenpy.users.me().name == "Warranty Desk"
    user = zenpy.users.create(User(name="Customer 4", email="customer4@example.com"))
    assert [u.id for u in zenpy.users.search(query="customer4@example.com")] == [user.id]
    assert [g.name for g in zenpy.groups()] == ["Support"]
    assert len(list(zenpy.ticket_forms())) == 1
    assert [b.name for b in zenpy.brands()] == ["Sandbox"]
    status = CustomStatus(agent_label="Checked", status_category="open")
    assert zenpy.custom_statuses.create(status).agent_label == "Checked"
    assert list(zenpy.sla_policies()) == []
