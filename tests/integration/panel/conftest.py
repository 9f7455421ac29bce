"""Two connected accounts of Zendesk, and one of Freshdesk where a test wants it, each with the
app's own secret, and a web app that answers their panels; the helpdesks are served by
``responses``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
import responses
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from integration import catalogue
from integration.app import create_app
from integration.config import Config
from integration.helpdesks import Bindings
from integration.installations import Installations
from integration.store import Store, connect
from integration.vault import Vault
from tests.integration.accounts import account
from tests.integration.desk import COMPLETE, option
from tests.integration.panel.freshdesk import HOST, Fresh, joined
from tests.integration.panel.freshdesk import native as freshdesk_native

URL = "https://warranty.example.com"
NOW = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)
KEY = Fernet.generate_key().decode()
FIELD_IDS = {spec.key: str(9_000 + number) for number, spec in enumerate(catalogue.FIELDS)}
BINDINGS = Bindings(
    fields=FIELD_IDS,
    # As in an account whose admin chose a field of their own for the problem.
    options={"problem": {"warranty_problem_quality_defect": "own_defect"}},
    macros={macro.key: str(70 + number) for number, macro in enumerate(catalogue.MACROS)},
)


def native(facts: Mapping[str, object], **attributes: object) -> dict[str, Any]:
    """A ticket as Zendesk sends it, with these facts and more than we may hand on."""
    values: dict[str, object] = dict.fromkeys(FIELD_IDS) | {"claim": True}
    values |= {key: option(key, value) for key, value in facts.items()}
    if values["problem"] == "warranty_problem_quality_defect":
        values["problem"] = "own_defect"
    return {
        "id": 7,
        "status": "open",
        "subject": "SECRET-SUBJECT",
        "description": "SECRET-DESCRIPTION",
        "requester_id": 424_242,
        "tags": ["vip", catalogue.CLAIM_TAG],
        "created_at": "2026-05-04T10:00:00Z",
        "updated_at": "2026-05-04T10:00:00Z",
        "custom_fields": [
            {"id": int(FIELD_IDS[key]), "value": value} for key, value in values.items()
        ],
        **attributes,
    }


@dataclass
class Service:
    """The web app over one store, and what the tests need to ask it as the app does."""

    app: Flask
    store: Store
    kept: Installations
    secrets: dict[str, str]

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def token(self, name: str = "one", **changed: object) -> str:
        """A token as the helpdesk's proxy makes it; ``secret`` and ``algorithm`` may be others, and
        a claim of None is left out."""
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": f"{name}-account",
            "aud": URL,
            "installation": name,
            "iat": now,
            "exp": now + 60,
        }
        key = changed.pop("secret", self.secrets.get(name, "x" * 40))
        algorithm = changed.pop("algorithm", "HS256")
        claims = {key: one for key, one in (claims | changed).items() if one is not None}
        return jwt.encode(claims, key, algorithm)  # type: ignore[arg-type]

    def post(
        self, path: str, body: object, *, token: str | None = None, name: str = "one"
    ) -> TestResponse:
        bearer = self.token(name) if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"}
        return self.client.post(f"/panel/{path}", json=body, headers=headers)

    def ticket(self, ticket: str | None = "7", **more: object) -> dict[str, Any]:
        """The answer on a ticket of the first account, which must be had."""
        answered = self.post("ticket", {"ticket": ticket, "language": "en", **more})
        assert answered.status_code == 200, answered.text
        found: dict[str, Any] = answered.get_json()
        return found


@pytest.fixture
def service(sqlite_url: str) -> Iterator[Service]:
    """The web app with two accounts, ``one`` and ``two``, set up alike."""
    store = connect(sqlite_url)
    store.prepare()
    kept = Installations(store, Vault((KEY,)))
    for name in ("one", "two"):
        static = {"token": f"TOKEN-{name}", "client_id": None, "client_secret": None}
        kept.add(account(name, **static))
        store.save_bindings(name, BINDINGS)
    secrets = {name: kept.app_secret(name) for name in ("one", "two")}
    config = Config({}, database_url=sqlite_url, keys=(KEY,), url=URL)
    yield Service(create_app(config, now=lambda: NOW), store, kept, secrets)
    store.close()


Serve = Callable[..., dict[str, Any]]


@pytest.fixture
def zendesk() -> Iterator[responses.RequestsMock]:
    """Zendesk, which knows only what a test registers."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def serve(zendesk: responses.RequestsMock) -> Serve:
    """Serves a ticket of the first account with these facts, and gives it."""

    def serving(
        facts: Mapping[str, object] | None = None, number: int = 7, **attributes: object
    ) -> dict[str, Any]:
        given = native(COMPLETE if facts is None else facts, id=number, **attributes)
        url = f"https://one-account.zendesk.com/api/v2/tickets/{number}.json"
        zendesk.upsert(responses.GET, url, json={"ticket": given})
        return given

    return serving


@pytest.fixture
def fresh(service: Service) -> Fresh:
    """The service with a Freshdesk account beside the others."""
    return joined(service)


@pytest.fixture
def freshdesk() -> Iterator[responses.RequestsMock]:
    """Freshdesk, which knows only what a test registers."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def filed(freshdesk: responses.RequestsMock) -> Serve:
    """Serves a ticket of the Freshdesk account with these facts, and gives it."""

    def serving(
        facts: Mapping[str, object] | None = None, number: int = 7, **attributes: object
    ) -> dict[str, Any]:
        given = freshdesk_native(facts, id=number, **attributes)
        freshdesk.upsert(responses.GET, f"{HOST}/api/v2/tickets/{number}", json=given)
        return given

    return serving
