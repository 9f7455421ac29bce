"""The installed apps of a Zendesk account, as its API tells them: secure settings are not told."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses

HOST = "https://acme.zendesk.com"
INSTALLATIONS = "/api/v2/apps/installations"


class FakeApps:
    """``rows`` are installations; ``secrets`` what secure settings they were given, by number.
    ``refusals`` map a method to the status that is answered instead; with ``wants_secrets`` an
    empty secret is refused; ``page`` is how many are told at once."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.names: dict[int, dict[str, Any]] = {}
        self.secrets: dict[int, dict[str, str]] = {}
        self.refusals: dict[str, int] = {}
        self.asked: list[tuple[str, str]] = []
        self.wants_secrets = False
        self.page = 100
        self._clock = 0

    def serve(self, mock: responses.RequestsMock) -> None:
        pattern = re.compile(rf"{HOST}{INSTALLATIONS}.*")
        for method in ("GET", "PUT"):
            mock.add_callback(method, pattern, self.answer)

    def install(
        self, name: str = "Warranty Desk", app_id: int = 7, version: str = "0.1.0", **settings: Any
    ) -> dict[str, Any]:
        """Install an app; the row of it."""
        row = {
            "id": 501 + len(self.rows),
            "app_id": app_id,
            "product": "support",
            "settings": {"name": name, "title": name, **settings},
            "enabled": True,
            "updated_at": self.now(),
        }
        self.names[app_id] = {"id": app_id, "name": name, "version": version}
        self.rows.append(row)
        return row

    def now(self) -> str:
        self._clock += 1
        return f"2026-11-23T09:{self._clock // 60:02}:{self._clock % 60:02}Z"

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        url = urlsplit(request.url)
        self.asked.append((request.method, url.path))
        if status := self.refusals.get(request.method):
            return status, {}, json.dumps({"error": "Forbidden"})
        if request.method == "GET":
            start = int(parse_qs(url.query).get("from", ["0"])[0])
            more = len(self.rows) > start + self.page
            following = f"{HOST}{INSTALLATIONS}.json?include=app&from={start + self.page}"
            body = {
                "installations": self.rows[start : start + self.page],
                "apps": list(self.names.values()),
                "next_page": following if more else None,
            }
            return 200, {}, json.dumps(body)
        number = int(re.sub(r"\D", "", url.path.rpartition("/")[2]))
        row = next(row for row in self.rows if row["id"] == number)
        given = json.loads(request.body)["settings"]
        if self.wants_secrets and given.get("app_secret") == "":
            return 422, {}, json.dumps({"error": "RecordInvalid"})
        secret = given.pop("app_secret", None)
        if secret is not None:
            self.secrets.setdefault(number, {})["app_secret"] = secret
        row["settings"] |= given
        row["updated_at"] = self.now()
        return 200, {}, json.dumps(row)
