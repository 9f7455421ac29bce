"""Zendesk keeps the port's promises."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from integration.helpdesks import FieldValue, Helpdesk
from integration.helpdesks.zendesk import Account, StaticToken, connect
from tests.integration.helpdesks.conftest import API, BINDINGS, REF, TICKET
from tests.integration.helpdesks.contract import LATER, Contract, Said, World

ACCOUNT = Account(installation="inst", subdomain="acme", token=StaticToken("TOKEN-IS-SECRET"))
Answer = tuple[int, dict[str, str], str]


class Zendesk(World):
    """One ticket of Zendesk's in memory: a PUT is refused unless it carries the newest stamp."""

    ref = REF
    macro = "7"

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.ticket: dict[str, Any] = copy.deepcopy(TICKET) | {"tags": ["vip", "v_needs"]}
        self.comments: list[dict[str, Any]] = []
        self.html = "<p>Hi</p>"
        self.requests = 0
        self.carried_out = 0
        self.faults: list[tuple[str, Callable[[Callable[[], Answer]], Answer]]] = []
        self.gone = False
        self.now = datetime(2026, 11, 23, 9, 15, 4, tzinfo=UTC)
        for method in ("GET", "PUT"):
            mock.add_callback(method, re.compile(rf"{API}/.*"), self.answer)

    # -- the account ------------------------------------------------------------------------------

    def answer(self, request: Any) -> Answer:
        self.requests += 1
        url = urlsplit(request.url)
        payload = json.loads(request.body) if request.body else None

        def carry_out() -> Answer:
            return self.route(request.method, url.path, url.query, payload)

        for number, (method, do) in enumerate(self.faults):
            if method == request.method:
                del self.faults[number]
                return do(carry_out)
        return carry_out()

    def route(self, method: str, path: str, query: str, payload: Any) -> Answer:
        if path.endswith("/show_many.json"):
            wanted = parse_qs(query)["ids"][0].split(",")
            return self.say({"tickets": [self.ticket] if REF.id in wanted else []})
        if f"/tickets/{REF.id}" not in path or self.gone:
            return self.say({"error": "RecordNotFound"}, 404)
        if "/macros/" in path:
            if not path.endswith("/macros/7/apply.json"):
                return self.say({"error": "RecordNotFound"}, 404)
            comment = {"html_body": self.html, "public": True}
            return self.say({"result": {"ticket": {**self.ticket, "comment": comment}}})
        if method == "PUT":
            return self.update(payload["ticket"])
        return self.say({"ticket": self.ticket})

    def update(self, body: dict[str, Any]) -> Answer:
        if body.get("safe_update") and body["updated_stamp"] != self.ticket["updated_at"]:
            return self.say({"error": "UpdateConflict"}, 409)
        self.carried_out += 1
        values = {row["id"]: row for row in self.ticket["custom_fields"]}
        for row in body.get("custom_fields", ()):
            values[row["id"]]["value"] = row["value"]
        self.ticket["tags"] = body.get("tags", self.ticket["tags"])
        events = []
        if comment := body.get("comment"):
            self.comments.append(comment)
            events.append({"type": "Comment", **comment})
        self.touch()
        return self.say({"ticket": self.ticket, "audit": {"events": events}})

    def touch(self) -> None:
        self.now += LATER
        self.ticket["updated_at"] = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    @staticmethod
    def say(content: object, status: int = 200) -> Answer:
        return status, {}, json.dumps(content)

    # -- what is done to it -----------------------------------------------------------------------

    def desk(self) -> Helpdesk:
        return connect(ACCOUNT, BINDINGS)

    def row(self, key: str) -> dict[str, Any]:
        number = int(BINDINGS.fields[key])
        found: dict[str, Any] = next(
            row for row in self.ticket["custom_fields"] if row["id"] == number
        )
        return found

    def agent_sets(self, key: str, value: FieldValue) -> None:
        self.row(key)["value"] = value
        self.touch()

    def agent_tags(self, *tags: str) -> None:
        self.ticket["tags"] = [*self.ticket["tags"], *tags]
        self.touch()

    def close(self) -> None:
        self.ticket["status"] = "closed"
        self.touch()

    def remove(self) -> None:
        self.gone = True

    def value(self, key: str) -> FieldValue:
        native: FieldValue = self.row(key)["value"]
        ours = {tag: option for option, tag in BINDINGS.options.get(key, {}).items()}
        return ours.get(str(native), native)

    def tags(self) -> set[str]:
        return set(self.ticket["tags"])

    def said(self) -> Sequence[Said]:
        return [Said(not one["public"], one["html_body"]) for one in self.comments]

    def writes(self) -> int:
        return self.carried_out

    def asked(self) -> int:
        return self.requests

    def refuse(self, status: int, *, reading: bool = False, retry_after: str = "") -> None:
        headers = {"Retry-After": retry_after} if retry_after else {}
        text = json.dumps({"error": "Something"})
        self.faults.append(("GET" if reading else "PUT", lambda _: (status, headers, text)))

    def go_silent(self, *, after: bool) -> None:
        def silent(answer: Callable[[], Answer]) -> Answer:
            if after:
                answer()
            raise requests.ConnectionError(requests.exceptions.ReadTimeout("SECRET"))

        self.faults.append(("PUT", silent))

    def complain(self, key: str, words: str) -> None:
        row = {"description": words, "error": None, "ticket_field_id": int(BINDINGS.fields[key])}
        said = self.say({"error": "RecordInvalid", "details": {"base": [row]}}, 422)
        self.faults.append(("PUT", lambda _: said))

    def template(self, html: str) -> None:
        self.html = html


@pytest.fixture
def world() -> Iterator[Zendesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Zendesk(mock)


class TestZendesk(Contract):
    """All of them."""
