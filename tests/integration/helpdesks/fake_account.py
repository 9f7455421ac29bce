"""The little of a Zendesk account that setting it up needs: things with ids, in pages of two."""

from __future__ import annotations

import copy
import json
import re
from typing import Any
from urllib.parse import urlsplit

HOST = "https://acme.zendesk.com"
SECRET = "S" * 32
_SINGULAR = {"sla_policies": "sla_policy"}


class FakeAccount:
    """``rows`` by kind; ``writes`` are what was sent (method, path, body); ``refusals`` maps
    (method, kind) to the status and JSON that are answered instead."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {
            kind: []
            for kind in (
                *("ticket_fields", "ticket_forms", "macros", "triggers", "webhooks"),
                *("automations", "views", "sla_policies"),
            )
        }
        self.writes: list[tuple[str, str, Any]] = []
        self.refusals: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        self.next_id = 100

    def add(self, kind: str, **row: Any) -> dict[str, Any]:
        self.next_id += 1
        native_id: object = f"01WEBHOOK{self.next_id}" if kind == "webhooks" else self.next_id
        if kind == "ticket_fields":
            row = {"custom_field_options": []} | row
            row = {"raw_title": row["title"], "active": True, "editable_in_portal": False} | row
        if kind in ("triggers", "automations", "views", "macros"):
            row = {"active": True, "position": len(self.rows[kind]) + 1} | row
        if kind == "sla_policies":
            row = {"position": len(self.rows[kind]) + 1} | row
        row = {"id": native_id} | _told(row)
        self.rows[kind].append(row)
        return row

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        url = urlsplit(request.url)
        path = url.path.removeprefix("/api/v2/").removesuffix(".json")
        parts = path.replace("slas/policies", "sla_policies").split("/")
        kind = parts[0]
        payload = json.loads(request.body) if request.body else None
        if request.method != "GET":
            self.writes.append((request.method, path, copy.deepcopy(payload)))
        refusal = self.refusals.get((request.method, kind))
        if refusal is not None and not (kind == "views" and _by_creation(payload)):
            return self.say(refusal[1], refusal[0])
        if request.method == "GET" and parts[-1] == "signing_secret":
            return self.say({"signing_secret": {"secret": SECRET, "algorithm": "SHA256"}})
        if request.method == "GET" and kind not in self.rows:
            return self.say({"error": "InvalidEndpoint"}, 404)
        if request.method == "GET":
            return self.page(kind, url.query)
        return self.change(request.method, kind, parts[1:], payload)

    def change(
        self, method: str, kind: str, rest: list[str], payload: Any
    ) -> tuple[int, dict[str, str], str]:
        singular = _SINGULAR.get(kind, kind.removesuffix("s"))
        if method == "POST" and rest[-1:] == ["options"]:
            option = {"id": 1, **payload["custom_field_option"]}
            self.row(kind, rest[0])["custom_field_options"].append(option)
            return self.say({"custom_field_option": option}, 201)
        if method == "POST":
            return self.say({singular: self.add(kind, **payload[singular])}, 201)
        row = self.row(kind, rest[0])
        if method == "DELETE":
            self.rows[kind].remove(row)
            return 204, {}, ""
        row |= _told(payload[singular])
        return (204, {}, "") if method == "PATCH" else self.say({singular: row})

    def row(self, kind: str, native_id: str) -> dict[str, Any]:
        return next(r for r in self.rows[kind] if str(r["id"]) == native_id)

    def page(self, kind: str, query: str) -> tuple[int, dict[str, str], str]:
        start = int(match[1]) if (match := re.search(r"from=(\d+)", query)) else 0
        rows = self.rows[kind]
        more = len(rows) > start + 2
        path = "slas/policies" if kind == "sla_policies" else kind
        path += "" if kind == "webhooks" else ".json"
        following = f"{HOST}/api/v2/{path}?from={start + 2}" if more else None
        page: dict[str, Any] = {kind: rows[start : start + 2]}
        if kind in ("ticket_fields", "ticket_forms", "sla_policies"):
            page |= {"next_page": following, "count": len(rows)}
        else:
            page |= {"meta": {"has_more": more}, "links": {"next": following}}
        return self.say(page)

    @staticmethod
    def say(content: object, status: int = 200) -> tuple[int, dict[str, str], str]:
        return status, {}, json.dumps(content)


def _told(given: dict[str, Any]) -> dict[str, Any]:
    """What was sent, as Zendesk tells it: conditions together, and what a view shows apart."""
    row = {name: value for name, value in given.items() if name not in ("all", "any", "output")}
    if "all" in given or "any" in given:
        row["conditions"] = {"all": given.get("all") or [], "any": given.get("any") or []}
    if "output" in given:
        row["execution"] = given["output"]
    return row


def _by_creation(payload: Any) -> bool:
    return bool(payload and payload.get("view", {}).get("output", {}).get("sort_by") == "created")
