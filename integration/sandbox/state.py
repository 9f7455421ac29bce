"""Everything a sandbox knows, in memory, under one lock. For trying and testing only.

Requests take the lock for as long as they last; webhooks are sent outside it. Besides what the
API needs, ``State`` offers what a person at the screen does: look at tickets, edit one as an agent,
write as the customer.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integration.sandbox import auth, comments, fields, people, records, tickets
from integration.sandbox.counts import Requests
from integration.sandbox.deliveries import Deliveries
from integration.sandbox.faults import Faults
from integration.sandbox.ids import Ids
from integration.sandbox.limits import Counters
from integration.sandbox.options import Json, Options, stamp
from integration.sandbox.records import Actor, Record
from integration.sandbox.webhooks import Webhook

BROWSER = "Mozilla/5.0 (sandbox agent view)"


@dataclass(frozen=True, slots=True)
class TicketDetail:
    """A ticket as an agent's page shows it, oldest comment first.

    ``users`` are all the people it names, by id; ``fields`` the active custom fields in order;
    each comment's ``html_body`` is sanitised.
    """

    ticket: Json
    comments: tuple[Json, ...]
    users: Mapping[int, Json]
    fields: tuple[Json, ...]
    audits: tuple[Json, ...]


class State:
    """One sandbox account. ``base_url`` has no slash at its end."""

    def __init__(self, options: Options | None = None, base_url: str = "http://127.0.0.1") -> None:
        self.options = options or Options()
        self.base_url = base_url
        self.lock = threading.RLock()
        self.ids = Ids()
        self.users: dict[Any, Json] = {}
        self.tickets: dict[Any, Record] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.jobs: dict[str, Json] = {}
        self.tokens: dict[str, auth.Grant] = {}
        self.idempotency: dict[str, tuple[datetime, bytes, Json]] = {}
        self.counters = Counters(self.options.limits)
        self.faults = Faults()
        self.requests = Requests()
        self._shelves: dict[str, dict[Any, Json]] = {}
        self._sequence = 0
        self.deliveries = Deliveries(self)
        self._furnish()

    def _furnish(self) -> None:
        for kind, title, choices in fields.SYSTEM:
            self.keep("ticket_fields", fields.system_row(kind, title, choices))
        self.keep("ticket_forms", _form([*self.fields]))
        self.keep("brands", _brand(self.options.subdomain, self.base_url))
        self.keep("groups", _group())
        self.keep("trigger_categories", {"name": "General", "position": 1}, text_id=True)
        for status in records.STATUSES[:-1]:
            self.keep("custom_statuses", _status(status))
        self.agent = people.add(self, "Agent", "agent@example.com", "admin")
        self.app_user = people.add(self, "Warranty Desk", "warranty-desk@example.com", "admin")
        grant = auth.Grant(int(self.app_user["id"]), frozenset(("read", "write")), None)
        self.tokens[self.options.token] = grant

    # -- what is kept ------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.options.clock()

    def link(self, path: str, *, api: bool = True) -> str:
        """An absolute address: of an API resource, or of a page with ``api=False``."""
        return f"{self.base_url}/api/v2/{path}.json" if api else f"{self.base_url}/{path}"

    def shelf(self, name: str) -> dict[Any, Json]:
        """The rows of one kind of resource by id, in the order they were made."""
        return self._shelves.setdefault(name, {})

    def keep(self, name: str, row: Json, *, text_id: bool = False) -> Json:
        """Put a new row on its shelf, with an id and the present moment."""
        now = stamp(self.now())
        identity = self.ids.large()
        kept = {
            "id": str(identity) if text_id else identity,
            **row,
            "created_at": now,
            "updated_at": now,
        }
        self.shelf(name)[kept["id"]] = kept
        return kept

    @property
    def fields(self) -> dict[Any, Json]:
        return self.shelf("ticket_fields")

    def custom_fields(self) -> list[Json]:
        """The active custom fields, which every ticket has."""
        return [row for row in self.fields.values() if row["removable"] and row["active"]]

    def default_custom_status(self, status: str) -> int | None:
        """The id that stands for a plain status; closed has none of its own and stays solved's."""
        wanted = "solved" if status == "closed" else status
        for row in self.shelf("custom_statuses").values():
            if row["status_category"] == wanted and row["default"]:
                return int(row["id"])
        return None

    def touch(self, record: Record, *, event: bool = False) -> None:
        """Note a change of a ticket; ``updated_at`` moves only where it made an ``event``."""
        now = self.now()
        self._sequence += 1
        record.generated, record.sequence = int(now.timestamp()), self._sequence
        if event:
            record.attributes["updated_at"] = stamp(now)

    def webhooks_idle(self, timeout: float = 10.0) -> bool:
        """Wait up to ``timeout`` seconds until no webhook is under way; whether that came true."""
        return self.deliveries.idle(timeout)

    def close(self) -> None:
        """Stop sending webhooks."""
        self.deliveries.close()

    # -- what people do ----------------------------------------------------------------------------

    def tickets_for_agent(self) -> list[Json]:
        """All tickets that are not deleted, as the API tells them, newest first."""
        with self.lock:
            live = [record for record in self.tickets.values() if not record.deleted]
            return [records.ticket_json(self, record) for record in reversed(live)]

    def ticket_detail(self, ticket_id: int) -> TicketDetail:
        """A ticket with all that belongs to it; ``ApiError`` 404 where there is none."""
        with self.lock:
            record = tickets.find(self, ticket_id)
            ticket = records.ticket_json(self, record)
            named = {comment["author_id"] for comment in record.comments}
            named |= {ticket[f"{role}_id"] for role in ("requester", "submitter", "assignee")}
            return TicketDetail(
                ticket,
                tuple(dict(comment) for comment in record.comments),
                {key: dict(self.users[key]) for key in named if key in self.users},
                tuple(dict(row) for row in self.custom_fields()),
                tuple(dict(audit) for audit in record.audits),
            )

    def agent_edit(
        self, ticket_id: int, patch: Mapping[str, Any], agent: Json | None = None
    ) -> Json:
        """Submit an agent's edit from the browser: the ticket as it then is.

        ``patch`` is what the API takes under ``ticket``. Runs the triggers, and counts against
        the same limits as the API. Raises ``ApiError`` 404, 409 and 422.
        """
        with self.lock:
            actor = Actor(agent or self.agent, "web", BROWSER)
            self.counters.ticket_update(ticket_id, actor.id, self.now())
            record, _ = tickets.update(self, ticket_id, patch, actor)
            return records.ticket_json(self, record)

    def file_ticket(
        self, given: Mapping[str, Any], name: str, email: str, channel: str = "email"
    ) -> Json:
        """File a ticket as a customer would, through a web form or by e-mail."""
        with self.lock:
            person = people.by_email(self, email) or people.add(self, name, email)
            actor = Actor(person, channel, BROWSER)
            record, _ = tickets.create(self, {**given, "requester_id": person["id"]}, actor)
            return records.ticket_json(self, record)

    def customer_reply(self, ticket_id: int, text: str, channel: str = "email") -> Json:
        """Answer on a ticket as its requester: a public comment, which opens the ticket again."""
        with self.lock:
            record = tickets.find(self, ticket_id)
            person = self.users[record.attributes["requester_id"]]
            patch = {"comment": {"html_body": comments.wrapped(text), "public": True}}
            tickets.update(self, ticket_id, patch, Actor(person, channel, BROWSER))
            return records.ticket_json(self, record)


def _form(field_ids: list[int]) -> Json:
    return {
        "name": "Default Ticket Form",
        "raw_name": "Default Ticket Form",
        "display_name": "Default Ticket Form",
        "raw_display_name": "Default Ticket Form",
        "end_user_visible": True,
        "position": 1,
        "ticket_field_ids": field_ids,
        "active": True,
        "default": True,
        "in_all_brands": True,
        "restricted_brand_ids": [],
        "end_user_conditions": [],
        "agent_conditions": [],
    }


def _brand(subdomain: str, base_url: str) -> Json:
    return {
        "name": "Sandbox",
        "brand_url": base_url,
        "subdomain": subdomain,
        "host_mapping": None,
        "has_help_center": False,
        "help_center_state": "disabled",
        "active": True,
        "default": True,
        "is_deleted": False,
        "logo": None,
        "ticket_form_ids": [],
        "signature_template": "{{agent.signature}}",
    }


def _group() -> Json:
    return {
        "is_public": True,
        "name": "Support",
        "description": "",
        "default": True,
        "deleted": False,
    }


def _status(status: str) -> Json:
    label = {"hold": "On-hold"}.get(status, status.title())
    return {
        "status_category": status,
        "agent_label": label,
        "raw_agent_label": label,
        "end_user_label": label,
        "raw_end_user_label": label,
        "description": None,
        "raw_description": None,
        "end_user_description": None,
        "raw_end_user_description": None,
        "active": True,
        "default": True,
    }
