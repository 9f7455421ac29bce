"""Request templates: what is filled in, where it may go, what is refused, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from integration.sandbox.freshdesk import asking, bundles
from integration.sandbox.freshdesk.asking import Refused, Sent
from tests.integration.sandbox.freshdesk.hosting import FOLDER, OWN, SECRET, Service, settings

CONTEXT = {"id": 7, "page": "2"}


def ask(api: Any, template: str, headers: Any = OWN, **options: Any) -> Any:
    """As the app's page does: what its caller gets."""
    path = f"/agent/apps/{api.account.app.id}/request"
    given = {"template": template, "options": options}
    answer = api.client.post(path, json=given, headers=headers)
    assert answer.status_code == 200, answer.text
    assert SECRET not in answer.text
    return answer.json


def prepared(template: str, values: dict[str, Any], *, handler: bool = False, **given: Any) -> Sent:
    bundle = bundles.read(FOLDER)
    return asking.prepared(bundle, values, template, given, handler=handler)


def test_a_template_is_filled_in(hosting: Any, service: Service) -> None:
    """The host, the path and the query from settings and context, headers with the secret; the body
    goes as it is, and the answer is a text."""
    service.asked.clear()
    service.usual = {"told": "well"}
    found = ask(hosting, "ask", context=CONTEXT, body='{"a": 1}')
    (one,) = service.asked
    assert (one.method, one.path) == ("POST", "/ask/7?page=2&of=as+ever")
    assert one.headers["authorization"] == f"Bearer {SECRET}"
    assert one.headers["x-plain"] == "as ever"
    assert (one.headers["content-type"], one.body) == ("application/json", {"a": 1})
    assert (found["status"], found["attempts"]) == (200, 1)
    assert json.loads(found["response"]) == {"told": "well"}
    assert found["headers"]["content-type"] == "application/json"


def test_a_secret_is_encoded_where_a_template_says_so(hosting: Any, service: Service) -> None:
    """``encode`` is base64."""
    ask(hosting, "quick")
    basic = "U0VDUkVULW9mLXRoZS1hcHAtMDEyMzQ1Njc4OS0wMTIzNDU2Nzg5"
    assert service.of("/quick")[0].headers["authorization"] == f"Basic {basic}"


def test_a_name_is_asked_by_https() -> None:
    """A host of this machine, the one thing that the platform does not take, by http."""
    assert prepared("quick", {"host": "warranty.example.com", "app_secret": "x"}).url == (
        "https://warranty.example.com/quick"
    )
    for host in ("127.0.0.1", "127.0.0.1:8000", "localhost:8000", "[::1]:8000", " 127.0.0.1:80 "):
        url = prepared("quick", {"host": host, "app_secret": "x"}).url
        assert url == f"http://{host.strip()}/quick"


@pytest.mark.parametrize(
    "host",
    [
        *("https://warranty.example.com", "warranty.example.com/", "warranty.example.com:8443"),
        *("192.168.0.1", "10.0.0.1:80", "warranty", "a@127.0.0.1", "127.0.0.1@evil.example.com"),
        *(
            "127.0.0.1.",
            "127.0.0.2",
            "evil.example.com#127.0.0.1",
            "a b.example.com",
            "-a.b",
            "[::]",
        ),
    ],
)
def test_what_is_no_host(host: str) -> None:
    """No scheme, no path, no port, no address of another machine."""
    with pytest.raises(Refused, match="host: expected a name"):
        prepared("look", {"host": host})


@pytest.mark.parametrize(
    ("template", "given", "words"),
    [
        ("nothing", {}, "have none"),
        ("undeclared", {}, "have none"),
        ("leak", {}, "secure settings go into headers alone"),
        ("elsewhere", {"context": {"host": "evil.example.com"}}, "a page passes none there"),
        ("chosen", {"context": {"x": "y"}}, "a page passes none there"),
        ("odd", {}, "neither a setting nor of the context"),
        ("ask", {"context": {"page": 1}}, "context.id: it is not set"),
        ("ask", {"context": "7"}, "context: expected an object"),
        ("ask", {"context": CONTEXT, "body": {"a": 1}}, "body: expected a text"),
    ],
)
def test_what_is_refused(
    hosting: Any, service: Service, template: str, given: Any, words: str
) -> None:
    """The caller gets an error with its reason, and nothing is sent."""
    service.asked.clear()
    found = ask(hosting, template, **given)
    assert found["status"] == 400
    assert words in json.loads(found["response"])["message"]
    assert service.asked == []


def test_a_handler_may_pass_more(service: Service) -> None:
    """What a page may not pass into host and headers, a handler may; a line break nobody."""
    values = settings(service)
    sent = prepared("chosen", values, handler=True, context={"x": "of a handler"})
    assert sent.headers == {"X": "of a handler"}
    elsewhere = prepared("elsewhere", values, handler=True, context={"host": "example.com"})
    assert elsewhere.url == "https://example.com/"
    with pytest.raises(Refused, match="more than one line"):
        prepared("chosen", values, handler=True, context={"x": "a\r\nX-Other: b"})
    with pytest.raises(Refused, match="secure settings go into headers alone"):
        prepared("leak", values, handler=True)


def test_a_value_stays_in_its_place(service: Service) -> None:
    """A page's context chooses neither another path nor another parameter."""
    odd = {"id": "../../x?y#z", "page": "1&admin=1"}
    sent = prepared("ask", settings(service, plain="as ever"), context=odd)
    assert sent.url.partition("/ask/")[2] == "..%2F..%2Fx%3Fy%23z?page=1%26admin%3D1&of=as+ever"


def test_what_is_sent_names_no_secret(service: Service) -> None:
    """In no log and no traceback."""
    assert SECRET not in repr(prepared("quick", settings(service)))


def test_failures_that_may_pass_are_tried_again() -> None:
    """As often as the template says, with its pause between; others are not."""
    paused: list[float] = []

    def pause(seconds: float) -> bool:
        paused.append(seconds)
        return False

    nobody = Sent("GET", "http://127.0.0.1:1/", {}, b"", 3, 1.5)
    came = asking.made(nobody, pause)
    assert (came.status, came.attempts, came.well) == (502, 3, False)
    assert paused == [1.5, 1.5]
    assert asking.made(nobody, lambda _: True).attempts == 1  # the account is given up meanwhile


@pytest.mark.parametrize(
    ("statuses", "status", "attempts"),
    [
        ([429, 503], 200, 3),
        ([500, 502, 504], 504, 3),
        ([401], 401, 1),
        ([404, 500], 404, 1),
        ([302], 302, 1),
    ],
)
def test_which_failures_may_pass(
    hosting: Any,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    statuses: list[int],
    status: int,
    attempts: int,
) -> None:
    """429 and what is the service's own; a redirect is not followed."""
    monkeypatch.setattr(hosting.account.agenda, "pause", lambda _: False)
    service.answers = [(one, {"status": one}) for one in statuses]
    found = ask(hosting, "ask", context=CONTEXT)
    assert (found["status"], found["attempts"]) == (status, attempts)


def test_an_answer_takes_fifteen_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is an error like any other."""
    asked: list[Any] = []

    def late(*_: Any, **more: Any) -> Any:
        asked.append(more["timeout"])
        raise requests.Timeout

    monkeypatch.setattr(requests.Session, "request", late)
    came = asking.made(Sent("GET", "https://example.com/", {}, b""), lambda _: False)
    assert (came.status, asked) == (504, [15.0])


def test_a_cookie_is_not_handed_on(hosting: Any, service: Service) -> None:
    """It is between the platform and the service."""
    found = ask(hosting, "look")
    assert (found["headers"]["x-told"], "set-cookie" in found["headers"]) == ("yes", False)


def test_fifty_requests_a_minute(
    make_api: Callable[..., Any], service: Service, clock: Any
) -> None:
    """The one after them is told so; a minute later it is let through."""
    api = make_api(app_folder=FOLDER, app_settings=settings(service), limited=True)
    api.settle()
    found = [ask(api, "look")["status"] for _ in range(51)]
    assert found == [200] * 50 + [429]
    clock.pass_(seconds=61)
    assert ask(api, "look")["status"] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_only_the_agent_s_page_may_ask(hosting: Any, service: Service, headers: Any) -> None:
    """No other page, and not the app's own frame: with the secret in its headers it would be a door
    to the service."""
    service.asked.clear()
    path = f"/agent/apps/{hosting.account.app.id}/request"
    answer = hosting.client.post(path, json={"template": "quick"}, headers=headers)
    assert answer.status_code == 403
    assert service.asked == []


def test_another_app_asks_nothing(hosting: Any, api: Any, service: Service) -> None:
    """Neither by another number nor where none is installed."""
    for one in (hosting, api):
        answer = one.client.post("/agent/apps/1/request", json={"template": "quick"}, headers=OWN)
        assert answer.status_code == 404
