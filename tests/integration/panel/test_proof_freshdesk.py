"""The proof of Freshdesk's app: its own secret, by its own name, in its own way."""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import timedelta

import pytest
import responses
from structlog.testing import capture_logs

from integration.helpdesks import TicketRef
from integration.panel import proof
from integration.panel.building import AGAIN
from integration.panel.proof import INSTALLATION
from tests.integration.accounts import account
from tests.integration.desk import COMPLETE, ticket
from tests.integration.panel.conftest import URL, Serve, Service
from tests.integration.panel.freshdesk import HOST, NAME, Fresh, freshdesk_account, native
from tests.integration.panel.test_reading import keep

BODY = {"ticket": "7"}


def refused(fresh: Fresh, **changed: str | None) -> None:
    """As for Zendesk, to the letter; and the secret stands in nothing that is said or logged."""
    with capture_logs() as logs:
        answered = fresh.post("ticket", BODY, **changed)
    assert answered.status_code == 401, answered.text
    assert answered.content_type == "application/problem+json"
    assert answered.headers["WWW-Authenticate"] == "Bearer"
    by_zendesk = fresh.service.post("ticket", BODY, token="x")
    assert answered.get_json() == by_zendesk.get_json()
    assert [one["event"] for one in logs] == ["panel request not proven"]
    assert fresh.secret not in answered.text + str(logs)


def test_the_app_of_a_connected_account_is_answered(fresh: Fresh, filed: Serve) -> None:
    """By its two headers; the word before the secret in any case."""
    filed()
    assert fresh.post("ticket", BODY).status_code == 200
    for scheme in ("bearer", "BEARER"):
        given = f"{scheme} {fresh.secret}"
        assert fresh.post("ticket", BODY, authorization=given).status_code == 200


def test_the_ticket_is_read_in_the_account_that_is_proven(
    fresh: Fresh, freshdesk: responses.RequestsMock
) -> None:
    """By one request, with that account's key, whatever else the body says."""
    freshdesk.get(f"{HOST}/api/v2/tickets/7", json=native())
    body = {**BODY, "installation": "one", "subdomain": "one-account", "helpdesk": "zendesk"}
    assert fresh.post("ticket", body).status_code == 200
    (call,) = freshdesk.calls
    proven = b64encode(f"KEY-{NAME}:X".encode()).decode()
    assert call.request.headers["Authorization"] == f"Basic {proven}"


def test_a_secret_that_is_not_quite_right_proves_nothing(fresh: Fresh, filed: Serve) -> None:
    """A part of it, more than it, another one, one in other letters, or none."""
    filed()
    right = fresh.secret
    for secret in (
        right[:-1],
        f"{right}x",
        right.swapcase(),
        "s" * 43,
        "é" * 43,
        "None",
        "x" * 5_000,
    ):
        refused(fresh, secret=secret)
    for header in (None, "", "Bearer", "Bearer ", right, f"Basic {right}", f"Token {right}"):
        refused(fresh, authorization=header)


def test_the_webhook_s_secret_is_not_the_app_s(fresh: Fresh) -> None:
    """Whoever can read an automation rule of the account cannot ask for its tickets by it."""
    for secret in freshdesk_account().signing_secrets:
        refused(fresh, secret=secret)


def test_one_account_s_app_cannot_ask_for_another(fresh: Fresh) -> None:
    """Its secret proves the one account that it was made for."""
    fresh.service.kept.add(freshdesk_account("other"))
    other = fresh.service.kept.app_secret("other")
    refused(fresh, secret=other)
    refused(fresh, name="other")


def test_a_zendesk_account_s_secret_is_no_bearer(fresh: Fresh, serve: Serve) -> None:
    """It only signs: sent as it stands, it proves nothing, and neither does the other's."""
    serve()
    refused(fresh, name="one", secret=fresh.service.secrets["one"])
    refused(fresh, name="one")
    unnamed = {"name": None, "secret": fresh.service.secrets["one"]}
    refused(fresh, **unnamed)


def test_a_signed_token_is_none_of_freshdesk_s(fresh: Fresh, filed: Serve) -> None:
    """Signed by the very secret of the account, with its name as a header or without."""
    filed()
    token = fresh.service.token(NAME, secret=fresh.secret)
    refused(fresh, name=None, secret=token)
    refused(fresh, secret=token)


def test_a_zendesk_token_beside_a_name_is_not_looked_at(fresh: Fresh, serve: Serve) -> None:
    """One proof or the other: the two are not mixed, whichever account the header names."""
    serve()
    token = fresh.service.token()
    assert fresh.service.post("ticket", BODY, token=token).status_code == 200
    refused(fresh, name="one", secret=token)
    refused(fresh, name="", secret=token)
    refused(fresh, secret=token)


def test_what_is_no_name_proves_nothing(fresh: Fresh) -> None:
    """Nothing is looked up by it."""
    for name in ("", " ", "../one", "a b", "x" * 41, "fresh, fresh", "fré", "7/8"):
        refused(fresh, name=name)


def test_a_name_that_is_given_twice_is_none(fresh: Fresh) -> None:
    """Nobody has to guess which was meant."""
    headers = [*fresh.headers().items(), (INSTALLATION, NAME)]
    answered = fresh.service.client.post("/panel/ticket", json=BODY, headers=headers)
    assert answered.status_code == 401


def test_an_installation_that_there_is_not_is_said_so(fresh: Fresh) -> None:
    """As the app says to an admin who installs it."""
    answered = fresh.post("ticket", BODY, name="nobody")
    assert answered.status_code == 404
    by_zendesk = fresh.service.post("ticket", BODY, name="nobody")
    assert answered.get_json() == by_zendesk.get_json()


def test_without_a_secret_nothing_can_be_proven(fresh: Fresh) -> None:
    """An empty one is none either."""
    fresh.service.kept.add(freshdesk_account("new"))
    for secret in ("", "None", "None" * 10, fresh.secret):
        refused(fresh, name="new", secret=secret)


def test_the_secret_before_is_good_for_a_while(fresh: Fresh, filed: Serve) -> None:
    """Each until its own time is over, as Zendesk's are."""
    filed()
    kept, first = fresh.service.kept, fresh.secret
    second = kept.new_app_secret(NAME, timedelta(hours=1))
    third = kept.new_app_secret(NAME, timedelta(0))
    fourth = kept.new_app_secret(NAME, timedelta(hours=1))
    for secret, status in ((first, 200), (second, 401), (third, 200), (fourth, 200)):
        assert fresh.post("ticket", BODY, secret=secret).status_code == status


def test_each_secret_is_compared_in_constant_time(
    fresh: Fresh, filed: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them, whichever fits: how long it takes tells nothing."""
    filed()
    fresh.service.kept.new_app_secret(NAME, timedelta(hours=1))
    newest = fresh.service.kept.new_app_secret(NAME, timedelta(hours=1))
    compared: list[bool] = []

    class Watched:
        @staticmethod
        def compare_digest(one: bytes, other: bytes) -> bool:
            compared.append(hmac.compare_digest(one, other))
            return compared[-1]

    monkeypatch.setattr(proof, "hmac", Watched)
    assert fresh.post("ticket", BODY, secret=newest).status_code == 200
    assert sorted(compared) == [False, False, True]
    compared.clear()
    assert fresh.post("ticket", BODY, secret="s" * 43).status_code == 401
    assert compared == [False, False, False]


def test_an_account_without_an_address_is_not_answered(fresh: Fresh) -> None:
    """There is nothing that could be read of it."""
    one = account("half", helpdesk="freshdesk", subdomain=None, app_secret="s" * 43)
    with pytest.raises(proof.errors.NotAuthentic):
        proof.prove(f"Bearer {'s' * 43}", "half", {"half": one}, URL)


def test_what_is_not_proven_is_counted_against_nobody(fresh: Fresh, service: Service) -> None:
    """Nobody shuts an account's agents out in its name; once proven, the limits are Zendesk's."""
    keep(service.store, ticket(COMPLETE, ref=TicketRef(NAME, "7")), freshdesk_account())
    most = int(AGAIN.partition("/")[0])
    for _ in range(most + 1):
        assert fresh.post("again", BODY, secret="s" * 43).status_code == 401
    answers = [fresh.post("again", BODY).status_code for _ in range(most + 1)]
    assert answers == [202] * most + [429]
    keep(service.store, ticket(COMPLETE))
    assert service.post("again", BODY).status_code == 202
