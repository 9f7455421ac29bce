"""The little of a Freshdesk account that the adapter needs, in memory; served by ``responses``.

Two tickets' worth of rules: a PUT is partial, but its list of tags replaces; an unknown field
refuses the whole PUT; a drop-down takes its labels only; spam and deleted tickets answer 405.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses

HOST = "https://acme.freshdesk.com"
CHOICES = {
    "cf_verdict_88123": ["Covered", "Needs information"],
    "cf_freight": ["Buyer", "SOOCAS"],
}
TICKET: dict[str, Any] = {
    "id": 901,
    "subject": "SECRET-SUBJECT",
    "description_text": "SECRET-DESCRIPTION",
    "status": 2,
    "priority": 2,
    "source": 1001,
    "type": "Question",
    "requester_id": 77,
    "responder_id": None,
    "product_id": 5,
    "tags": ["vip", "blender"],
    "due_by": "2026-12-01T09:00:00Z",
    "fr_due_by": "2026-11-28T09:00:00Z",
    "spam": False,
    "custom_fields": {
        "cf_verdict_88123": "Needs information",
        "cf_note": None,
        "cf_bought": "2026-01-31",
        "cf_claim_41": False,
        "cf_theirs": "not ours",
        "cf_freight": None,
    },
    "created_at": "2026-11-20T08:00:00Z",
    "updated_at": "2026-11-23T09:15:04Z",
}

Answer = tuple[int, dict[str, str], str]


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class FakeFreshdesk:
    """``tickets`` by number, ``talks`` what was said on each, ``rows`` by kind what an admin sets
    up; ``asked`` are the requests (method, path), ``writes`` those that changed something, with
    their body. ``faults`` are used up one by one: (method, pattern of the path, what to do)."""

    def __init__(self) -> None:
        self.tickets = {901: copy.deepcopy(TICKET)}
        self.talks: dict[int, list[dict[str, Any]]] = {901: []}
        self.people = {77: {"id": 77, "name": "Ann <b>Lee</b>", "email": "ann@example.com"}}
        self.rows: dict[str, list[dict[str, Any]]] = {
            "admin/ticket_fields": [],
            "canned_response_folders": [],
            "canned_responses": [],
            "automations/1/rules": [],
            "automations/4/rules": [],
            "sla_policies": [],
        }
        self.asked: list[tuple[str, str]] = []
        self.writes: list[tuple[str, str, Any]] = []
        self.faults: list[tuple[str, str, Callable[[Callable[[], Answer]], Answer]]] = []
        self.now = datetime(2026, 11, 23, 9, 15, 4, tzinfo=UTC)
        self.next_id = 1000
        self.page_size = 30

    # -- what a test does -------------------------------------------------------------------------

    def fault(self, method: str, path: str, do: Callable[[Callable[[], Answer]], Answer]) -> None:
        """At the next such request, ``do`` answers; it is given what answers it otherwise."""
        self.faults.append((method, path, do))

    def refuse(
        self, method: str, path: str, status: int, content: object = None, **headers: str
    ) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        text = "" if content is None else json.dumps(content)
        self.fault(method, path, lambda answer: (status, named, text))

    def go_silent(self, method: str, path: str, *, after: bool) -> None:
        """Break off at the next such request: before it is carried out, or after."""

        def silent(answer: Callable[[], Answer]) -> Answer:
            if after:
                answer()
            raise requests.ConnectionError(requests.exceptions.ReadTimeout("SECRET"))

        self.fault(method, path, silent)

    def edit(self, number: int = 901, /, **changes: Any) -> None:
        """What an agent saves: attributes, and custom fields by their names."""
        ticket = self.tickets[number]
        for name, value in changes.items():
            (ticket["custom_fields"] if name.startswith("cf_") else ticket)[name] = value
        self.touch(ticket)

    def touch(self, ticket: dict[str, Any]) -> None:
        self.now += timedelta(seconds=1)
        ticket["updated_at"] = iso(self.now)

    def say(self, number: int, **row: Any) -> dict[str, Any]:
        self.next_id += 1
        body = str(row.get("body", ""))
        text = re.sub(r"<[^>]*>", "", body)
        told = {"id": self.next_id, "body_text": text, "incoming": False, "private": False, **row}
        self.talks[number].append(told)
        self.touch(self.tickets[number])
        return told

    def add(self, kind: str, **row: Any) -> dict[str, Any]:
        self.next_id += 1
        row = dict[str, Any](id=self.next_id) | row
        if kind == "admin/ticket_fields":
            # The name is made by Freshdesk, and not to be told from the label.
            word = re.sub(r"[^a-z]+", "_", str(row["label"]).lower())
            row = {"name": f"cf_{word}{self.next_id}", "default": False, "archived": False} | row
            row["choices"] = [
                {"id": 10 * self.next_id + n, **one} for n, one in enumerate(row.get("choices", []))
            ]
        self.rows[kind].append(row)
        return row

    # -- answering --------------------------------------------------------------------------------

    def serve(self, mock: responses.RequestsMock) -> FakeFreshdesk:
        for method in ("GET", "PUT", "POST", "DELETE"):
            mock.add_callback(method, re.compile(rf"{HOST}/api/v2/.*"), self.answer)
        return self

    def answer(self, request: Any) -> Answer:
        url = urlsplit(request.url)
        path = url.path.removeprefix("/api/v2/")
        self.asked.append((request.method, path))
        payload = json.loads(request.body) if request.body else None
        query = {name: values[0] for name, values in parse_qs(url.query).items()}

        def carry_out() -> Answer:
            if request.method != "GET":
                self.writes.append((request.method, path, copy.deepcopy(payload)))
            return self.route(request.method, path, query, payload)

        for number, (method, pattern, do) in enumerate(self.faults):
            if method == request.method and re.fullmatch(pattern, path):
                del self.faults[number]
                return do(carry_out)
        return carry_out()

    def route(self, method: str, path: str, query: dict[str, str], payload: Any) -> Answer:
        if path == "tickets" and method == "GET":
            return self.listed(query)
        if path == "search/tickets":
            return self.found(query)
        if match := re.fullmatch(r"tickets/(\d+)(/\w+)?", path):
            return self.ticket(method, int(match[1]), match[2] or "", query, payload)
        if path == "agents/me":
            return self.json(
                {"id": 48, "type": "support_agent", "contact": {"time_zone": "Berlin"}}
            )
        if path == "ticket_fields":
            status = {"6": ["Waiting on Customer", "Waiting"], "9": ["At the workshop", "Open"]}
            return self.json([{"name": "status", "type": "default_status", "choices": status}])
        return self.admin(method, path, query, payload)

    def ticket(
        self, method: str, number: int, part: str, query: dict[str, str], payload: Any
    ) -> Answer:
        ticket = self.tickets.get(number)
        if ticket is None:
            return 404, {}, ""
        if method != "GET" and (ticket["spam"] or ticket.get("deleted")):
            return 405, {"Allow": "GET"}, json.dumps({"message": "GET method is allowed"})
        if part == "/conversations":
            return self.paged(self.talks[number], query)
        if part == "/notes":
            payload = {"private": True, **payload}
            return self.json(self.say(number, source=2, user_id=48, **payload), 201)
        if part == "/reply":
            return self.json(self.say(number, source=0, user_id=48, **payload), 201)
        if method == "PUT":
            return self.update(ticket, payload)
        told = copy.deepcopy(ticket)
        if query.get("include") == "requester":
            told["requester"] = self.people[ticket["requester_id"]]
        return self.json(told)

    def update(self, ticket: dict[str, Any], payload: dict[str, Any]) -> Answer:
        known = ticket["custom_fields"]
        wrong = [
            {"field": name, "message": "Unexpected/invalid field", "code": "invalid_field"}
            for name in payload.get("custom_fields", {})
            if name not in known
        ] + [
            {"field": name, "message": "It should be one of these values", "code": "invalid_value"}
            for name, value in payload.get("custom_fields", {}).items()
            if value is not None and name in CHOICES and value not in CHOICES[name]
        ]
        if wrong:
            return self.json({"description": "Validation failed", "errors": wrong}, 400)
        known.update(payload.pop("custom_fields", {}))
        ticket.update(payload)
        self.touch(ticket)
        return self.json(copy.deepcopy(ticket))

    def admin(self, method: str, path: str, query: dict[str, str], payload: Any) -> Answer:
        kind, _, number = path.rpartition("/")
        if path in self.rows and method == "GET":
            return self.paged(self.rows[path], query)
        if path in self.rows:
            return self.json(self.add(path, **payload), 201)
        if match := re.fullmatch(r"canned_response_folders/(\d+)/responses", path):
            own = [r for r in self.rows["canned_responses"] if str(r["folder_id"]) == match[1]]
            return self.paged(own, query)
        row = next((r for r in self.rows.get(kind, ()) if str(r["id"]) == number), None)
        if row is None:
            return 404, {}, ""
        if method == "DELETE":
            self.rows[kind].remove(row)
            return 204, {}, ""
        if method == "PUT":
            if "choices" in payload:
                self.choose(row, payload.pop("choices"))
            row.update(payload)
        return self.json(row)

    def choose(self, row: dict[str, Any], choices: list[dict[str, Any]]) -> None:
        """Those with a number are changed, the others added; who is left out stays."""
        for one in choices:
            self.next_id += 1
            old = next((c for c in row["choices"] if c["id"] == one.get("id")), None)
            row["choices"].append({"id": self.next_id, **one}) if old is None else old.update(one)

    def listed(self, query: dict[str, str]) -> Answer:
        rows = [copy.deepcopy(one) for one in self.tickets.values()]
        since = query.get("updated_since")
        rows = [one for one in rows if since is None or one["updated_at"] >= since]
        order = query.get("order_by", "created_at")
        down = query.get("order_type", "desc") == "desc"
        rows.sort(key=lambda one: (one[order], one["id"]), reverse=down)
        return self.paged(rows, query)

    def found(self, query: dict[str, str]) -> Answer:
        rows = list(self.tickets.values())
        page = int(query.get("page", 1))
        return self.json({"total": len(rows), "results": rows[30 * page - 30 : 30 * page]})

    def paged(self, rows: list[dict[str, Any]], query: dict[str, str]) -> Answer:
        size, page = int(query.get("per_page", self.page_size)), int(query.get("page", 1))
        part = rows[size * (page - 1) : size * page]
        more = len(rows) > size * page
        link = {"Link": f'<{HOST}/api/v2/x?page={page + 1}>; rel="next"'} if more else {}
        return self.json(part, headers=link)

    @staticmethod
    def json(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
        told = {"X-RateLimit-Total": "400", "X-RateLimit-Used-CurrentRequest": "1"}
        return status, told | (headers or {}), json.dumps(content)
