"""Who is let in: passes of our own, and the helpdesk's signed requests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from integration.setup.access import LIFE, LONGEST, NotLetIn, Passes, Visitor, read_signed
from integration.vault import new_key
from tests.integration.setup.served import URL, Service, pass_in

ADMIN = Visitor("acme-1", "17", "https://acme.zendesk.com")
ONE, OTHER = new_key(), new_key()


# -- passes --------------------------------------------------------------------------------------


def test_pass() -> None:
    """A pass gives back who it is for, from where and since when."""
    passes = Passes([ONE], lambda: 5_000)
    read = passes.read(passes.give(ADMIN))
    assert read == Visitor("acme-1", "17", "https://acme.zendesk.com", 5_000)
    assert passes.read(passes.give(read)) == read
    assert ONE not in passes.give(ADMIN)


def refused(passes: Passes, text: str | None, purpose: str = "form") -> None:
    with pytest.raises(NotLetIn, match="session has ended"):
        passes.read(text, purpose)


@pytest.mark.parametrize("at", range(0, 120, 7))
def test_tampered_pass(at: int) -> None:
    """A pass of which any character is another is none."""
    passes = Passes([ONE])
    text = passes.give(ADMIN)
    at %= len(text)
    other = "A" if text[at] != "A" else "B"
    changed = text[:at] + other + text[at + 1 :]
    # The last characters of base64 may mean the same.
    if base64.urlsafe_b64decode(changed.rpartition(".")[2] + "==") == base64.urlsafe_b64decode(
        text.rpartition(".")[2] + "=="
    ) and at > text.rindex("."):
        return
    refused(passes, changed)


@pytest.mark.parametrize("text", [None, "", ".", "a.b.c", "ä", "x" * 100_000, "\x00"])
def test_no_pass(text: str | None) -> None:
    """Whatever else is no pass, and no error either."""
    refused(Passes([ONE]), text)


def test_pass_of_another_purpose() -> None:
    """What lets a page be read does not let it be written, nor the other way round."""
    passes = Passes([ONE])
    refused(passes, passes.give(ADMIN, "cookie"))
    refused(passes, passes.give(ADMIN), "cookie")


def test_pass_of_another_key() -> None:
    """A pass is as good as the keys: signed by a key that is not known, it is none."""
    refused(Passes([OTHER]), Passes([ONE]).give(ADMIN))


def test_keys_follow_each_other() -> None:
    """While a key is changed both are good, and the first one signs."""
    both = Passes([OTHER, ONE])
    assert both.read(Passes([ONE]).give(ADMIN)).who == "17"
    assert Passes([OTHER]).read(both.give(ADMIN)).who == "17"
    refused(Passes([ONE]), both.give(ADMIN))


def test_pass_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass is good for an hour."""
    passes, began = Passes([ONE]), time.time()
    text = passes.give(ADMIN)
    monkeypatch.setattr(time, "time", lambda: began + LIFE - 5)
    assert passes.read(text).who == "17"
    monkeypatch.setattr(time, "time", lambda: began + LIFE + 5)
    refused(passes, text)


def test_session_ends() -> None:
    """However often it was renewed: after eight hours the helpdesk is asked again who it is."""
    clock = [1_000]
    passes = Passes([ONE], lambda: clock[0])
    text = passes.give(ADMIN)
    while clock[0] <= LONGEST:
        text = passes.give(passes.read(text))
        clock[0] += 1_800
    clock[0] = 1_000 + LONGEST + 1
    refused(passes, text)


def test_pass_that_a_key_of_another_program_signed() -> None:
    """What the same key signs for another purpose of ours (OAuth's way there and back) is none."""
    from itsdangerous import URLSafeTimedSerializer

    text = URLSafeTimedSerializer([ONE], salt="asked to connect").dumps(["form", "acme-1", "17"])
    refused(Passes([ONE]), str(text))


# -- signed requests -------------------------------------------------------------------------------


def pem_of(key: Any) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = pem_of(KEY)
HOST = "acme.zendesk.com"


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    given = {
        "iss": HOST,
        "aud": f"https://{HOST}/api/v2/apps/installations/42.json",
        "sub": f"https://{HOST}/api/v2/users/17.json",
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "context": {"product": "support", "location": "nav_bar"},
        **more,
    }
    return {name: value for name, value in given.items() if value is not None}


def signed(key: Any = KEY, algorithm: str = "RS256", **more: Any) -> str:
    # Not ``jwt.encode``, which would not sign every nonsense.
    return jwt.PyJWS().encode(json.dumps(claims(**more)).encode(), key, algorithm=algorithm)


def by_hand(header: dict[str, Any], body: dict[str, Any], secret: bytes | None) -> str:
    """A token of any algorithm, also those that no library would sign."""

    def part(value: dict[str, Any]) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    text = part(header) + b"." + part(body)
    mark = b"" if secret is None else hmac.new(secret, text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(mark).rstrip(b"=")).decode()


def not_let_in(token: str, words: str, key: str | None = PEM) -> None:
    with pytest.raises(NotLetIn, match=words):
        read_signed(token, lambda subdomain: key)


def test_signed() -> None:
    """Account, user, installation of the app and place, as the helpdesk says."""
    opened = read_signed(signed(), {"acme": PEM}.get)
    assert (opened.subdomain, opened.user) == ("acme", "17")
    assert (opened.app_installation, opened.location) == ("42", "nav_bar")


@pytest.mark.parametrize(
    "more",
    [
        {"iss": f"https://{HOST}"},
        {"aud": [f"https://{HOST}/api/v2/apps/installations/42.json"]},
        {"sub": f"https://{HOST}/api/v2/users/17"},
        {"sub": "17"},
        {"nbf": None},
        {"qsh": "whatever", "role": "agent"},
    ],
)
def test_signed_otherwise(more: dict[str, Any]) -> None:
    """What the manual leaves open is taken either way."""
    assert read_signed(signed(**more), lambda _: PEM).user == "17"


NO_SIGNATURE = "signature does not hold"


def test_only_rs256() -> None:
    """Nothing else signs: not the public key taken for a shared secret, not none, no other kind of
    key, no other app's key."""
    for secret in (PEM.encode(), PEM.strip().encode()):
        not_let_in(by_hand({"alg": "HS256", "typ": "JWT"}, claims(), secret), NO_SIGNATURE)
    for name in ("none", "None", "NONE", ""):
        not_let_in(by_hand({"alg": name}, claims(), None), NO_SIGNATURE)
    not_let_in(by_hand({"alg": "RS256"}, claims(), PEM.encode()), NO_SIGNATURE)
    not_let_in(signed(STRANGER), NO_SIGNATURE)
    not_let_in(signed(algorithm="RS512"), NO_SIGNATURE)
    not_let_in(signed(algorithm="PS256"), NO_SIGNATURE)
    curve = ec.generate_private_key(ec.SECP256R1())
    not_let_in(signed(curve, "ES256"), NO_SIGNATURE)
    not_let_in(signed(curve, "ES256"), NO_SIGNATURE, pem_of(curve))
    not_let_in(signed(), NO_SIGNATURE, pem_of(curve))


def test_key_is_not_taken_from_the_token() -> None:
    """A token that brings its own key proves nothing."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(STRANGER.public_key()))
    headers = {"jwk": public, "x5u": "https://evil.example.com", "kid": "../../etc/passwd"}
    token = jwt.encode(claims(), STRANGER, algorithm="RS256", headers=headers)
    not_let_in(token, NO_SIGNATURE)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"exp": int(time.time()) - 120}, NO_SIGNATURE),
        ({"nbf": int(time.time()) + 600}, NO_SIGNATURE),
        ({"iat": int(time.time()) + 600}, NO_SIGNATURE),
        ({"exp": None}, NO_SIGNATURE),
        ({"iat": None}, NO_SIGNATURE),
        ({"aud": None}, NO_SIGNATURE),
        ({"sub": None}, NO_SIGNATURE),
        ({"exp": "soon"}, NO_SIGNATURE),
        ({"sub": 17}, NO_SIGNATURE),
        ({"iss": None}, "does not come from a Zendesk account"),
        ({"iss": ["acme.zendesk.com"]}, "does not come from a Zendesk account"),
        ({"iss": "acme.zendesk.com.evil.example.com"}, "does not come from a Zendesk account"),
        ({"iss": "evil.example.com/.zendesk.com"}, "does not come from a Zendesk account"),
        ({"iss": "a.b.zendesk.com"}, "does not come from a Zendesk account"),
        ({"iss": "zendesk.com"}, "does not come from a Zendesk account"),
        ({"iss": "äcme.zendesk.com"}, "does not come from a Zendesk account"),
        ({"iss": "other.zendesk.com"}, "for another app"),
        ({"aud": "https://other.zendesk.com/api/v2/apps/installations/42.json"}, "another app"),
        ({"aud": "https://warranty.example.com"}, "for another app"),
        ({"aud": f"https://{HOST}/api/v2/apps/installations/.json"}, "for another app"),
        ({"aud": f"https://{HOST}/api/v2/apps/installations/4/2.json"}, "for another app"),
        ({"aud": []}, "for another app"),
        ({"aud": [5]}, "for another app"),
        ({"aud": ["https://a", f"https://{HOST}/api/v2/apps/installations/42.json"]}, "another"),
        ({"aud": {}}, "for another app"),
        ({"sub": "https://other.zendesk.com/api/v2/users/17.json"}, "does not say who"),
        ({"sub": f"https://{HOST}/api/v2/users/me.json"}, "does not say who"),
        ({"sub": f"https://{HOST}/api/v2/users/1/../2.json"}, "does not say who"),
        ({"sub": f"https://{HOST}/api/v2/users/٣.json"}, "does not say who"),
        ({"sub": ""}, "does not say who"),
        ({"context": None}, "does not say who"),
        ({"context": "support"}, "does not say who"),
        ({"context": {"product": "chat"}}, "does not say who"),
    ],
)
def test_signed_and_yet_not(more: dict[str, Any], words: str) -> None:
    """The app's own key on a request that is too old or too early, says too little, or is for
    another account, another app or nobody."""
    not_let_in(signed(**more), words)


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "ä.ö.ü", "." * 10, "\x00", "\ud800"])
def test_no_token(text: str) -> None:
    """Whatever else is no request of the helpdesk's, and no error either."""
    not_let_in(text, NO_SIGNATURE)


def test_huge() -> None:
    """A token beyond any size of the helpdesk's own is not even looked at."""
    not_let_in(signed(padding="x" * 30_000), "larger")


def test_unknown_account() -> None:
    """Where there is no key for an account, nothing of it is believed."""
    not_let_in(signed(), "not connected", key=None)


# -- on the page ---------------------------------------------------------------------------------


def admin_number(service: Service) -> str:
    return str(service.sandbox.state.agent["id"])


def test_embedded(connected: Service) -> None:
    """The helpdesk opens the page for an admin; it needs no cookie, only the account may frame it,
    and what is done from it says who did."""
    connected.post("/setup/leave")
    answer = connected.open_inside()
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    origin = connected.sandbox.base_url
    assert f"frame-ancestors {origin}" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert "Sign out" not in answer.text
    given = {"pass": pass_in(answer.text), "do": "settings", "version": "1", "regions": "EU:DE,FR"}
    saved = connected.post(connected.path, given, headers={"Sec-Fetch-Site": "cross-site"})
    assert saved.status_code == 200
    assert f"frame-ancestors {origin}" in saved.headers["Content-Security-Policy"]
    assert connected.one.installation.regions == "EU:DE,FR"
    (change,) = connected.kept.changes(connected.name)
    assert change.who == f"admin {admin_number(connected)}"


def test_not_embedded(connected: Service) -> None:
    """Outside the helpdesk nobody may frame the page, whatever the pass says of it."""
    for answer in (connected.get(connected.path), connected.do("show"), connected.get("/setup/x")):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_agent_inside(connected: Service) -> None:
    """An agent who opens the page inside the helpdesk is shown the overview, and none of the set-up
    page's forms."""
    answer = connected.open_inside(connected.agent())
    assert answer.status_code == 200
    assert "Overview</h1>" in answer.text
    assert "Set up Warranty Desk" not in answer.text
    assert connected.path not in answer.text


def test_customer_inside(connected: Service) -> None:
    """Somebody who answers no tickets is not let in, in a page that the helpdesk may show."""
    answer = connected.open_inside(connected.agent("end-user"))
    assert answer.status_code == 403
    assert "Only agents and administrators" in answer.text
    assert (
        f"frame-ancestors {connected.sandbox.base_url}" in answer.headers["Content-Security-Policy"]
    )
    assert 'name="pass"' not in answer.text


def test_admin_who_is_one_no_more(connected: Service) -> None:
    """Somebody suspended, or deleted, is no administrator."""
    other = connected.agent("admin")
    assert connected.open_inside(other).status_code == 200
    third = {**other, "id": 99_999}
    assert connected.open_inside(third).status_code == 403


def test_inside_an_account_that_is_not_connected(service: Service) -> None:
    """The page inside the helpdesk then offers to connect, in a new tab."""
    answer = service.open_inside()
    assert answer.status_code == 200
    assert 'value="sandbox"' in answer.text
    assert 'target="_blank"' in answer.text
    assert (
        f"frame-ancestors {service.sandbox.base_url}" in answer.headers["Content-Security-Policy"]
    )


@pytest.mark.parametrize("known", [True, False])
def test_inside_an_account_whose_grant_is_gone(connected: Service, known: bool) -> None:
    """Where access was withdrawn, be it known already or found out now, it offers to connect."""
    from integration.sandbox.api.oauth import authorizations

    granted = authorizations(connected.sandbox.app)
    for one in granted.granted:
        granted.revoke(one)
    if known:
        serial = connected.kept.held(connected.name).serial
        connected.kept.grant_gone(connected.name, serial=serial)
    answer = connected.open_inside()
    assert answer.status_code == 200, answer.text
    assert "withdrawn" in answer.text
    assert 'name="pass"' not in answer.text
    assert connected.one.grant == "gone"


def test_without_the_app_s_key(make_service: Callable[..., Service]) -> None:
    """A service that does not know the app's key lets nobody in by its signature."""
    service = make_service(app_key=None)
    service.connect()
    answer = service.open_inside()
    assert answer.status_code == 403
    assert "WARRANTY_APP_KEY" in answer.text


def test_bad_signature_inside(connected: Service) -> None:
    """Also inside the helpdesk it can be read why nobody is let in; there is nothing to press."""
    headers = {"Sec-Fetch-Dest": "iframe"}
    answer = connected.post(
        "/setup/zendesk", {"token": signed(iss="sandbox.zendesk.com")}, headers=headers
    )
    assert answer.status_code == 403
    assert "signature does not hold" in answer.text
    assert "frame-ancestors" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" not in answer.headers["Content-Security-Policy"]
    assert "<button" not in answer.text


def test_cookie_cannot_write(connected: Service) -> None:
    """Being signed in lets nobody write: not without a pass, not with the cookie for one."""
    cookie = connected.client.get_cookie("__Host-warranty-desk", domain="warranty.example.com")
    assert cookie is not None
    assert cookie.secure
    assert cookie.http_only
    for given in ({}, {"pass": ""}, {"pass": cookie.value}):
        form = {"do": "settings", "version": "1", "mode": "full", **given}
        assert connected.post(connected.path, form).status_code == 403
    assert connected.one.version == 1


def test_pass_in_an_address_counts_for_nothing(connected: Service) -> None:
    """A pass belongs into a form; in an address it would be kept in logs."""
    given = pass_in(connected.page())
    answer = connected.post(f"{connected.path}?pass={given}", {"do": "show"})
    assert answer.status_code == 403


def another(service: Service) -> str:
    """Another account that is connected to the same service."""
    from integration.config import Installation
    from integration.helpdesks.tokens import Tokens

    one = Installation("other-1", subdomain="other", mode="off", client_secret="OTHER-SECRET")
    service.kept.add(one, Tokens("OTHER-ACCESS", 1800, "OTHER-REFRESH", 9000))
    return "/setup/accounts/other-1"


def test_another_account_s_page(connected: Service) -> None:
    """An admin of one account neither reads nor writes another's, and is not told whether there is
    such an account."""
    theirs = another(connected)
    given = {"pass": pass_in(connected.page()), "do": "settings", "version": "1", "regions": "A:DE"}
    for path in (theirs, "/setup/accounts/none-at-all"):
        read, written = connected.get(path), connected.post(path, given)
        assert (read.status_code, written.status_code) == (404, 404)
        assert "other" not in read.text + written.text
    assert connected.get(theirs).text == connected.get("/setup/accounts/none-at-all").text
    for do in ("place", "look", "try", "examine", "show", "preview"):
        assert connected.post(theirs, {**given, "do": do}).status_code == 404
    kept = connected.kept.get("other-1")
    assert kept is not None
    assert (kept.version, kept.installation.regions) == (1, "")


def test_signed_for_another_account(connected: Service) -> None:
    """A signature of one account opens that account's page and no other's."""
    another(connected)
    page = connected.open_inside().text
    assert connected.path in page
    assert "other-1" not in page


def test_nobody(connected: Service) -> None:
    """Without a cookie nothing of an account is shown, whether there is one or not."""
    path = connected.path
    connected.post("/setup/leave")
    for one in (path, "/setup/accounts/none-at-all"):
        answer = connected.get(one)
        assert answer.status_code == 403
        assert "session has ended" in answer.text
        assert connected.post(one, {"do": "show"}).status_code == 403


def test_leaving(connected: Service) -> None:
    """Whoever leaves is not here any more."""
    assert connected.post("/setup/leave").headers["Location"] == "/setup/"
    assert "Connect your Zendesk account" in connected.get("/setup/").text
    assert URL
