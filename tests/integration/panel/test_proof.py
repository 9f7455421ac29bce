"""The proof: only the app of a connected account is answered, and only for that account."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.integration.accounts import account
from tests.integration.panel.conftest import URL, Serve, Service, native

BODY = {"ticket": "7"}


def refused(service: Service, token: str) -> None:
    answered = service.post("ticket", BODY, token=token)
    assert answered.status_code == 401, answered.text
    assert answered.content_type == "application/problem+json"
    assert answered.get_json()["type"] == "urn:warranty-desk:problem:not-proven"


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_the_app_of_a_connected_account_is_answered(service: Service, serve: Serve) -> None:
    """Its token is for this service, with or without a slash at the end of the address."""
    serve()
    assert service.post("ticket", BODY).status_code == 200
    assert service.post("ticket", BODY, token=service.token(aud=f"{URL}/")).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "s" * 43},
        {"iss": "two-account"},
        {"iss": "one-account.zendesk.com"},
        {"aud": "https://elsewhere.example.com"},
        {"aud": f"{URL}.example.com"},
        {"algorithm": "HS384"},
        {"algorithm": "HS512"},
        {"exp": int(time.time()) - 120},
        {"iat": int(time.time()) + 600, "exp": int(time.time()) + 660},
        {"exp": int(time.time()) + 86_400},
        {"exp": None},
        {"iat": None},
        {"iss": None},
        {"aud": None},
        {"installation": None},
        {"installation": 7},
        {"installation": "../two"},
        {"exp": "soon"},
        {"exp": 10**400},
        {"nbf": int(time.time()) + 600},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_token_that_is_not_quite_right_proves_nothing(
    service: Service, serve: Serve, changed: dict[str, Any]
) -> None:
    """Another secret, account, service, algorithm or time, or something left out."""
    serve()
    refused(service, service.token(**changed))


def test_one_account_s_app_cannot_ask_for_another(service: Service, serve: Serve) -> None:
    """Signed by its own secret, a token that names the other installation is refused, whatever
    account it says it was issued by."""
    serve()
    mine = service.secrets["one"]
    for issuer in ("one-account", "two-account"):
        refused(service, service.token("two", secret=mine, iss=issuer))


def test_the_ticket_is_read_in_the_account_that_is_proven(
    service: Service, zendesk: responses.RequestsMock
) -> None:
    """The same number is another ticket in another account: whatever else a request says, it is
    read there, with that account's access."""
    zendesk.get(
        "https://two-account.zendesk.com/api/v2/tickets/7.json", json={"ticket": native({})}
    )
    body = {**BODY, "installation": "one", "subdomain": "one-account", "iss": "one-account"}
    assert service.post("ticket", body, name="two").status_code == 200
    (call,) = zendesk.calls
    assert call.request.headers["Authorization"] == "Bearer TOKEN-two"


def test_an_unsigned_token_proves_nothing(service: Service, serve: Serve) -> None:
    """The algorithm is ours to choose, not the token's."""
    serve()
    claims = jwt.decode(service.token(), options={"verify_signature": False})
    for algorithm in ("none", "None", "NONE"):
        unsigned = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}."
        refused(service, unsigned)
        refused(service, unsigned + service.token().rpartition(".")[2])


def test_a_key_pair_proves_nothing(service: Service, serve: Serve) -> None:
    """Not even one that the token's header brings along."""
    serve()
    pair = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    private = pair.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    claims = jwt.decode(service.token(), options={"verify_signature": False})
    refused(service, jwt.encode(claims, private, "RS256"))
    key = {"kty": "oct", "k": part("mine")}
    refused(service, jwt.encode(claims, "m" * 43, "HS256", headers={"jwk": key, "kid": "x"}))


def test_a_token_that_was_tampered_with_proves_nothing(service: Service, serve: Serve) -> None:
    """Every part of it is signed."""
    serve()
    head, body, signature = service.token().split(".")
    claims = jwt.decode(service.token(), options={"verify_signature": False})
    refused(service, f"{head}.{part({**claims, 'installation': 'two'})}.{signature}")
    refused(service, f"{head}.{part({**claims, 'exp': claims['exp'] + 100})}.{signature}")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    refused(service, f"{head}.{body}.{flipped}")
    refused(service, f"{head}.{body}.")
    refused(service, f"{head}.{body}")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic b25lOnR3bw==", "Bearer a.b.c"])
def test_what_is_no_token_proves_nothing(service: Service, header: str) -> None:
    """Nor does its absence."""
    for path in ("ticket", "again"):
        headers = {"Authorization": header} if header else {}
        assert service.client.post(f"/panel/{path}", json=BODY, headers=headers).status_code == 401


def test_a_huge_token_is_not_even_looked_at(service: Service) -> None:
    """Nobody is kept busy by one."""
    refused(service, service.token(padding="x" * 5_000))


def test_an_installation_that_there_is_not_is_said_so(service: Service) -> None:
    """The app shows that the account is not connected."""
    answered = service.post("ticket", BODY, name="three")
    assert answered.status_code == 404
    assert answered.get_json()["type"] == "urn:warranty-desk:problem:unknown-installation"


def test_without_a_secret_nothing_can_be_proven(service: Service) -> None:
    """An empty one signs nothing either."""
    service.kept.add(account("four"))
    for secret in ("f" * 43, "None" * 10):
        refused(service, service.token("four", secret=secret))
