"""Installed apps, and the signed way in which the sandbox opens an app's page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from flask import Response

from integration.sandbox import auth
from integration.sandbox.api.apps import apps
from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox
from tests.integration.sandbox.test_views_browser import (
    chromium,
    dump,
    probed,
    report,
)

__all__ = ["chromium", "dump"]  # fixtures

URL = "https://warranty.example.com/setup"


@pytest.fixture
def desk(make_api: Callable[..., Any]) -> Any:
    return make_api(app_url=URL, app_settings={"backend": "https://warranty.example.com"})


def installation(api: Any) -> Any:
    (one,) = api.ok("GET", "/apps/installations.json")["installations"]
    return one


def opened(api: Any, **query: Any) -> tuple[str, str, Any]:
    """Where the page posts the token, the token, and the page's answer."""
    answer = api.client.get(f"/agent/apps/{installation(api)['id']}", query_string=query)
    form = re.search(r'<form id="opening" method="post" action="([^"]+)"', answer.text)
    token = re.search(r'name="token" value="([^"]+)"', answer.text)
    assert form, answer.text
    assert token
    return html.unescape(form[1]), token[1], answer


def read(api: Any, token: str, **more: Any) -> Any:
    one = installation(api)
    key = api.call("GET", f"/apps/{one['app_id']}/public_key.pem").text
    chosen = {
        "algorithms": ["RS256"],
        "audience": f"https://sandbox.zendesk.com/api/v2/apps/installations/{one['id']}.json",
        "issuer": "sandbox.zendesk.com",
        "options": {"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        **more,
    }
    return jwt.decode(token, key, **chosen)


def test_installations(desk: Any) -> None:
    """The installed app is listed and shown, with its settings; settings are changed one by one."""
    one = installation(desk)
    assert one["settings"]["backend"] == "https://warranty.example.com"
    assert one["enabled"]
    path = f"/apps/installations/{one['id']}.json"
    assert desk.ok("GET", path) == one
    changed = desk.ok("PUT", path, {"settings": {"key": "k"}, "enabled": False})
    assert changed["settings"] == {**one["settings"], "key": "k"}
    assert not desk.ok("GET", path)["enabled"]
    assert desk.ok("GET", "/apps/installations?include=app")["apps"][0]["id"] == one["app_id"]
    desk.refused(404, "GET", "/apps/installations/1")
    desk.refused(400, "PUT", path, {"settings": "x"})


def test_none_installed(api: Any) -> None:
    """Without an app there is none; one can be installed later on."""
    assert api.ok("GET", "/apps/installations")["installations"] == []
    assert "no apps yet" in api.client.get("/agent/apps").text
    apps(api.client.application).install(URL)
    assert installation(api)["app_id"] == api.state.options.app_id
    assert "Open Warranty Desk" in api.client.get("/agent/apps").text


def test_only_admins_change(desk: Any) -> None:
    """An agent may look at installations and change none; a token needs the scope for apps."""
    agent = desk.ok("POST", "/users", {"user": {"name": "Agent 2", "role": "agent"}})["user"]
    path = f"/apps/installations/{installation(desk)['id']}"
    for scope, method, status in (
        ("read write", "GET", 200),
        ("read write", "PUT", 403),
        ("apps:read", "GET", 200),
        ("tickets:read", "GET", 403),
    ):
        token = auth.issue(desk.state, agent["id"], scope)
        headers = {"Authorization": f"Bearer {token}"}
        assert desk.call(method, path, {}, headers=headers).status_code == status


def test_signed_request(desk: Any, clock: Any) -> None:
    """The app's page is opened by a POST of a token that the app's public key proves, and that says
    account, installation, person and place."""
    action, token, _ = opened(desk)
    where = urlsplit(action)
    assert f"{where.scheme}://{where.netloc}{where.path}" == URL
    query = parse_qs(where.query)
    assert query["origin"] == [desk.state.base_url]
    assert len(query["app_guid"][0]) == 36
    assert "token" not in query
    claims = read(desk, token)
    now = int(clock.now.timestamp())
    assert (claims["iat"], claims["exp"]) == (now, now + 300)
    agent = desk.state.agent["id"]
    assert claims["sub"] == f"https://sandbox.zendesk.com/api/v2/users/{agent}.json"
    assert claims["context"] == {"product": "support", "location": "nav_bar"}
    assert jwt.get_unverified_header(token)["alg"] == "RS256"


def test_signed_for_whom(desk: Any) -> None:
    """It can be opened as any agent, and as no customer."""
    agent = desk.ok("POST", "/users", {"user": {"name": "Agent 2", "role": "agent"}})["user"]
    customer = desk.ok("POST", "/users", {"user": {"name": "Customer 3"}})["user"]
    assert f"/users/{agent['id']}.json" in read(desk, opened(desk, **{"as": agent["id"]})[1])["sub"]
    other = read(desk, opened(desk, **{"as": customer["id"]})[1])
    assert f"/users/{desk.state.agent['id']}.json" in other["sub"]


def test_signature_is_an_accounts_own(desk: Any, make_api: Callable[..., Any]) -> None:
    """What one account signed does not hold in another, nor for another installation."""
    other = make_api(app_url=URL)
    with pytest.raises(jwt.InvalidSignatureError):
        read(other, opened(desk)[1])
    audience = "https://sandbox.zendesk.com/api/v2/apps/installations/1.json"
    with pytest.raises(jwt.InvalidAudienceError):
        read(desk, opened(desk)[1], audience=audience)


def test_public_key(desk: Any) -> None:
    """The key is told as PEM to whoever may read; the key of an unknown app is not."""
    app = desk.state.options.app_id
    answer = desk.call("GET", f"/apps/{app}/public_key.pem")
    assert answer.text.startswith("-----BEGIN PUBLIC KEY-----")
    assert answer.text == desk.call("GET", f"/apps/{app}/public_key.pem").text
    desk.refused(404, "GET", "/apps/1/public_key.pem")
    assert desk.client.get(f"/api/v2/apps/{app}/public_key.pem").status_code == 401


def test_frame(desk: Any) -> None:
    """The page may frame the app's own site and post there, and no other; nobody may frame it."""
    _, _, answer = opened(desk)
    policy = answer.headers["Content-Security-Policy"]
    assert "form-action 'self' https://warranty.example.com;" in policy
    assert "frame-src https://warranty.example.com" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    plain = desk.client.get("/agent/apps").headers["Content-Security-Policy"]
    assert "example.com" not in plain
    assert desk.client.get("/agent/apps/1").status_code == 404


# -- in a browser ----------------------------------------------------------------------------------


@pytest.fixture
def served(receiver: Any) -> Iterator[Sandbox]:
    """A sandbox whose app is the receiver of requests, at another origin."""
    options = Options(limits=Limits(enabled=False), app_url=receiver.url, redirects=(receiver.url,))
    with running_sandbox(options) as sandbox:
        yield sandbox


def asking(sandbox: Sandbox) -> str:
    options = sandbox.state.options
    query = {
        "response_type": "code",
        "client_id": options.client_id,
        "redirect_uri": options.redirects[0],
        "scope": "read write",
        "state": "s",
    }
    return f"/oauth/authorizations/new?{urlencode(query)}"


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
def test_pages_fit(
    dump: Callable[..., str],
    served: Sandbox,
    width: int,
    dark: bool,
) -> None:
    """The pages that connect an app fit a telephone, can be read, and name their inputs."""
    probed(served.app)
    (one,) = apps(served.app).installations
    for path in (asking(served), "/agent/apps", f"/agent/apps/{one}"):
        asked = f"/narrow?{urlencode({'path': path})}"
        found = report(dump(served.base_url + (asked if width == 320 else path), dark=dark))
        assert (found["width"], found["dark"]) == (width, dark)
        assert (found["scroll"], found["wide"]) == (width, []), path
        assert (found["dim"], found["nameless"], found["small"]) == ([], [], []), path


def test_app_opens_in_a_browser(
    dump: Callable[..., str],
    served: Sandbox,
    receiver: Any,
) -> None:
    """A browser posts the signed token into the frame at once, under the page's own policy."""
    (one,) = apps(served.app).installations
    dump(f"{served.base_url}/agent/apps/{one}", wait=3000)
    (sent,) = [one for one in receiver.deliveries if one.method == "POST"]
    assert sent.path.startswith("/hook?origin=http%3A%2F%2F127.0.0.1")
    assert parse_qs(sent.body.decode())["token"][0].count(".") == 2
    assert sent.headers["sec-fetch-dest"] == "iframe"


@pytest.mark.parametrize(("button", "answer"), [("allow", "code"), ("deny", "error")])
def test_consent_in_a_browser(
    dump: Callable[..., str],
    served: Sandbox,
    receiver: Any,
    button: str,
    answer: str,
) -> None:
    """Pressing a button brings a browser back to the client: the page's policy lets it."""
    press = f"document.querySelector('button[value={button}]').click()"
    served.app.add_url_rule(
        "/press.js", "press", lambda: Response(press, content_type="text/javascript")
    )

    @served.app.after_request
    def add(page: Response) -> Response:
        if page.mimetype == "text/html":
            added = '<script type="module" src="/press.js"></script></body>'
            page.set_data(page.get_data(as_text=True).replace("</body>", added))
        return page

    dump(served.base_url + asking(served), wait=3000)
    (back,) = [one for one in receiver.deliveries if one.path.startswith("/hook?")]
    assert {answer, "state"} <= set(parse_qs(back.path.partition("?")[2]))
