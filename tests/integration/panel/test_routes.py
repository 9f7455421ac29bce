"""The panel's routes: what is malformed, too much or too often is refused, and says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from integration.catalogue import FIELDS
from integration.config import Config, Installation
from integration.panel.building import AGAIN, LIMITS
from tests.integration.desk import COMPLETE, ticket
from tests.integration.panel.conftest import Serve, Service
from tests.integration.panel.test_reading import keep

NASTY = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/ticket"),
        ({"ticket": ""}, "/ticket"),
        ({"ticket": "7/../8"}, "/ticket"),
        ({"ticket": "-7"}, "/ticket"),
        ({"ticket": "٧"}, "/ticket"),
        ({"ticket": "7\n"}, "/ticket"),
        ({"ticket": True}, "/ticket"),
        ({"ticket": 7.5}, "/ticket"),
        ({"ticket": "9" * 40}, "/ticket"),
        ({"ticket": ["7"]}, "/ticket"),
        ({"ticket": "7", "language": NASTY}, "/language"),
        ({"ticket": "7", "language": 5}, "/language"),
        ({"ticket": "7", "customer_language": NASTY}, "/customer_language"),
        ({"ticket": "7", "customer_language": ["de"]}, "/customer_language"),
        ({"ticket": "7", "fields": "no"}, "/fields"),
        ({"ticket": "7", "version": 5}, "/version"),
        ({"ticket": "7", "edited": [1]}, "/edited"),
        ({"ticket": "7", "edited": {NASTY: "x"}}, "/edited"),
        ({"ticket": "7", "edited": {"subject": "x"}}, "/edited"),
        ({"ticket": "7", "edited": {"problem": {"a": 1}}}, "/edited/problem"),
        ({"ticket": "7", "edited": {"problem": 5}}, "/edited/problem"),
        ({"ticket": "7", "edited": {"order_number": "x" * 2_001}}, "/edited/order_number"),
        ({"ticket": "7", "what_if": {"agent_decision": "x"}}, "/what_if"),
        ([], ""),
        ("7", ""),
    ],
    ids=str,
)
def test_what_cannot_be_understood_is_refused(
    service: Service, body: object, field: str, zendesk: object
) -> None:
    """With where it is wrong and what was expected; what was sent is not repeated."""
    answered = service.post("ticket", body)
    assert answered.status_code == 400, answered.text
    said: dict[str, Any] = answered.get_json()
    assert (said["type"], said["field"]) == ("urn:warranty-desk:problem:malformed", field)
    assert "script" not in answered.text


def test_again_needs_a_ticket(service: Service) -> None:
    """A new one has nothing to decide again."""
    for body in ({}, {"ticket": None}, {"ticket": "x"}):
        assert service.post("again", body).status_code == 400


def test_a_number_is_a_ticket_too(service: Service, serve: Serve) -> None:
    """And an app that is newer than the service is answered all the same."""
    serve()
    assert service.post("ticket", {"ticket": 7, "mood": "sunny"}).status_code == 200


def test_only_json_is_read(service: Service) -> None:
    """A form that another site could send is not."""
    headers = {"Authorization": f"Bearer {service.token()}"}
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answered = service.client.post(
            "/panel/ticket", data='{"ticket":"7"}', content_type=kind, headers=headers
        )
        assert answered.status_code == 400
    broken = service.client.post(
        "/panel/ticket", data="{", content_type="application/json", headers=headers
    )
    assert broken.status_code == 400


def test_a_body_that_is_too_large_is_not_read(service: Service) -> None:
    """It is refused as such."""
    answered = service.post("ticket", {"ticket": "7", "padding": "x" * 70_000})
    assert answered.status_code == 413


def test_only_posting_is_answered(service: Service) -> None:
    """Nothing can be had by an address alone, or by a browser's own means."""
    for path in ("/panel/ticket", "/panel/again"):
        assert service.client.get(path).status_code == 405
        preflight = service.client.options(path, headers={"Origin": "https://elsewhere"})
        names = {name for name, _ in preflight.headers}
        assert not [name for name in names if name.startswith("Access-Control")]


def test_one_ticket_is_not_decided_again_and_again(service: Service) -> None:
    """Some times a minute; the next ticket is another matter."""
    most = int(AGAIN.partition("/")[0])
    keep(service.store, ticket(COMPLETE))
    answers = [service.post("again", {"ticket": "7"}) for _ in range(most + 1)]
    assert [one.status_code for one in answers] == [202] * most + [429]
    assert answers[-1].content_type == "application/problem+json"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert service.post("again", {"ticket": 7}).status_code == 429  # the same ticket
    from integration.helpdesks import TicketRef
    from tests.integration.panel.test_reading import ONE

    keep(service.store, ticket(COMPLETE, ref=TicketRef("one", "8")), ONE)
    assert service.post("again", {"ticket": "8"}).status_code == 202


def test_what_is_not_proven_is_not_counted_against_anybody(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can shut an account's agents out by asking in its name."""
    keep(service.store, ticket(COMPLETE))
    for _ in range(int(LIMITS["panel.again"].partition("/")[0]) + 1):
        forged = service.token(secret="s" * 43)
        assert service.post("again", {"ticket": "7"}, token=forged).status_code == 401
    assert service.post("again", {"ticket": "7"}).status_code == 202


def test_an_installation_asks_so_often_and_no_more(service: Service) -> None:
    """Another one is not held off by it."""
    most = int(LIMITS["panel.ticket"].partition("/")[0])
    token = service.token()
    answers = [service.post("ticket", {}, token=token).status_code for _ in range(most + 1)]
    assert set(answers[:-1]) == {400}
    assert answers[-1] == 429
    assert service.post("ticket", {}, name="two").status_code == 400


def test_the_fields_that_may_be_edited_are_the_catalogue_s(service: Service) -> None:
    """Each key that an answer tells of is understood when it comes back."""
    edited = {spec.key: None for spec in FIELDS}
    assert service.post("ticket", {"ticket": None, "edited": edited}).status_code == 200


def test_a_service_of_one_account_has_no_panel(sqlite_url: str) -> None:
    """Without keys nothing secret is kept, and nothing could be proven."""
    from integration.app import create_app

    one = Installation("main", signing_secrets=("a-secret-of-this-webhook",))
    app = create_app(Config({"main": one}, database_url=sqlite_url))
    assert app.test_client().post("/panel/ticket", json={}).status_code == 404
