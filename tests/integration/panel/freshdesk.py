"""A connected Freshdesk account for the tests of the panel, and what its app sends.

The platform puts the app's secret into one header and the installation's name into another, as
``manifest/freshdesk/config/requests.json`` has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from werkzeug.test import TestResponse

from integration import catalogue
from integration.config import Installation
from integration.helpdesks import Bindings
from integration.panel.proof import INSTALLATION
from tests.integration.accounts import account
from tests.integration.desk import COMPLETE, option

if TYPE_CHECKING:
    from tests.integration.panel.conftest import Service

NAME: Final = "fresh"
HOST: Final = f"https://{NAME}-account.freshdesk.com"
OWN_DEFECT: Final = "It broke by itself"
FIELDS: Final = {spec.key: f"cf_warranty_{spec.key}_88" for spec in catalogue.FIELDS}
_LABELS: Final = {spec.key: dict(spec.options) for spec in catalogue.FIELDS if spec.options}
BINDINGS: Final = Bindings(
    fields=FIELDS,
    # As in an account whose admin chose a field of their own for the problem.
    options={**_LABELS, "problem": {"warranty_problem_quality_defect": OWN_DEFECT}},
    macros={macro.key: str(70 + number) for number, macro in enumerate(catalogue.MACROS)},
)


def freshdesk_account(name: str = NAME) -> Installation:
    """An account that is reached by an API key."""
    own = {"helpdesk": "freshdesk", "client_id": None, "client_secret": None}
    return account(name, api_key=f"KEY-{name}", **own)


def label(key: str, value: object) -> object:
    """A value as Freshdesk's field holds it: a label, where it is a choice."""
    ours = option(key, value)
    return BINDINGS.options.get(key, {}).get(str(ours), ours)


def custom_fields(facts: Mapping[str, object]) -> dict[str, object]:
    """All our fields by their names there, with these facts; a claim unless they say otherwise."""
    empty: dict[str, object] = dict.fromkeys(FIELDS.values())
    given = {"claim": True, **facts}
    return empty | {FIELDS[key]: label(key, value) for key, value in given.items()}


def native(facts: Mapping[str, object] | None = None, **attributes: object) -> dict[str, Any]:
    """A ticket as Freshdesk sends it, with these facts and more than we may hand on."""
    return {
        "id": 7,
        "status": 2,
        "priority": 2,
        "source": 2,
        "subject": "SECRET-SUBJECT",
        "description_text": "SECRET-DESCRIPTION",
        "requester_id": 424_242,
        "tags": ["vip"],
        "spam": False,
        "due_by": "2026-05-09T09:00:00Z",
        "created_at": "2026-05-04T10:00:00Z",
        "updated_at": "2026-05-04T10:00:00Z",
        "custom_fields": custom_fields(COMPLETE if facts is None else facts),
        **attributes,
    }


@dataclass
class Fresh:
    """The account in a service, and its app."""

    service: Service
    secret: str

    def headers(self, **changed: str | None) -> dict[str, str]:
        """The headers of the app's request. ``secret``, ``name`` and ``authorization`` may be
        others; None: left out."""
        secret, name = changed.get("secret", self.secret), changed.get("name", NAME)
        given = {
            "Authorization": changed.get("authorization", f"Bearer {secret}"),
            INSTALLATION: name,
        }
        return {key: value for key, value in given.items() if value is not None}

    def post(self, path: str, body: object, **changed: str | None) -> TestResponse:
        """What the service answers to it."""
        return self.service.client.post(
            f"/panel/{path}", json=body, headers=self.headers(**changed)
        )

    def ticket(self, ticket: str | None = "7", **more: object) -> dict[str, Any]:
        """The answer on a ticket, which must be had."""
        answered = self.post("ticket", {"ticket": ticket, "language": "en", **more})
        assert answered.status_code == 200, answered.text
        found: dict[str, Any] = answered.get_json()
        return found


def joined(service: Service) -> Fresh:
    """The account connected to a service, and set up."""
    service.kept.add(freshdesk_account())
    service.store.save_bindings(NAME, BINDINGS)
    return Fresh(service, service.kept.app_secret(NAME))
