"""The line never repeats a write, never waits, and turns every failure into ours."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from requests.structures import CaseInsensitiveDict

from integration import errors
from integration.helpdesks import Bindings, Change, Message, Ticket, TicketRef
from integration.helpdesks.transport import calling, retry_after
from integration.helpdesks.zendesk import (
    Account,
    Marketplace,
    StaticToken,
    ZendeskHelpdesk,
    connect,
)
from integration.helpdesks.zendesk_errors import error_from
from integration.helpdesks.zendesk_ticket import ticket_from
from integration.helpdesks.zendesk_wire import no_retries, open_line, origin

API = "https://acme.zendesk.com/api/v2"
URL = f"{API}/tickets/4016.json"
REF = TicketRef("inst", "4016")
NOTE = Message("private_note", Markup("<p>note</p>"), "k")
CHANGE = Change(fields={"note": "x"})


# -- a server that misbehaves ---------------------------------------------------------------------


@dataclass
class Server:
    """A server on this machine: what it was asked, and how it behaves."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    behave: Callable[[BaseHTTPRequestHandler], None] | None = None


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Zendesk on 127.0.0.1, by the two variables that zenpy reads."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.asked.append(f"{self.command} {self.path}")
            assert state.behave is not None
            state.behave(self)

        do_GET = do_PUT = handle_any

        def log_message(self, format: str, *args: Any) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    state.address = f"127.0.0.1:{httpd.server_port}"
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", state.address)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def answer(status: int, body: bytes = b"{}", **headers: str) -> Callable[..., None]:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def break_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"ticket":')
    handler.close_connection = True


def dawdle(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)  # until the other side gives up
    handler.close_connection = True


def patience(behave: Callable[..., None]) -> float:
    return 0.2 if behave is dawdle else 10


def a_desk(**changes: Any) -> ZendeskHelpdesk:
    account = Account("inst", "acme", StaticToken("TOKEN"), **changes)
    return connect(account, Bindings(fields={"note": "2"}))


@pytest.fixture
def base(ticket: dict[str, Any]) -> Ticket:
    """A ticket as read elsewhere."""
    return ticket_from(ticket, "inst", Bindings(fields={"note": "2"}))


@pytest.mark.parametrize(
    ("behave", "ambiguous"),
    [
        (answer(503, Retry_After="0"), True),
        (answer(503), True),
        (answer(413), None),
        (answer(500), True),
        (answer(429, Retry_After="0"), False),
        (answer(429, Retry_After="59"), False),
        (answer(307, Location="/api/v2/elsewhere.json"), None),
        (answer(308, Location="/api/v2/elsewhere.json"), None),
        (hang_up, True),
        (break_off, True),
        (dawdle, True),
    ],
    ids=[
        "503-0",
        "503",
        "413",
        "500",
        "429-0",
        "429-1",
        "307",
        "308",
        "hangs up",
        "breaks off",
        "late",
    ],
)
def test_a_put_goes_out_once(
    server: Server, base: Ticket, behave: Callable[..., None], ambiguous: bool | None
) -> None:
    """However it goes wrong, a PUT with a comment reaches the server exactly once, at once; and
    where it may have been carried out, that is said."""
    server.behave = behave
    started = time.monotonic()
    with pytest.raises(errors.HelpdeskError) as caught:
        a_desk(read_timeout=patience(behave)).apply(base, CHANGE, [NOTE])
    assert time.monotonic() - started < 20
    assert server.asked == ["PUT /api/v2/tickets/4016.json"]
    if ambiguous is None:
        assert isinstance(caught.value, errors.Rejected)
    else:
        assert isinstance(caught.value, errors.Unavailable)
        assert caught.value.ambiguous is ambiguous


@pytest.mark.parametrize(
    "behave", [answer(503), answer(429, Retry_After="59"), hang_up, break_off, dawdle]
)
def test_a_get_goes_out_once(server: Server, behave: Callable[..., None]) -> None:
    """Nor is a read repeated: when to try again is for the caller to say."""
    server.behave = behave
    with pytest.raises(errors.Unavailable) as caught:
        a_desk(read_timeout=patience(behave)).get(REF)
    assert server.asked == ["GET /api/v2/tickets/4016.json"]
    assert not caught.value.ambiguous


def test_refused_connection_is_not_ambiguous(monkeypatch: pytest.MonkeyPatch, base: Ticket) -> None:
    """Where no connection came about, the write was certainly not carried out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(errors.Unavailable) as caught:
            a_desk().apply(base, CHANGE)
    assert not caught.value.ambiguous


@pytest.mark.parametrize(
    ("error", "ambiguous"),
    [
        (requests.ConnectTimeout("TOKEN"), False),
        (requests.exceptions.ProxyError("TOKEN"), False),
        (requests.ReadTimeout("TOKEN"), True),
        (requests.ConnectionError("TOKEN"), True),
        (requests.exceptions.SSLError("TOKEN"), True),
        (requests.exceptions.ChunkedEncodingError("TOKEN"), True),
        (requests.exceptions.ContentDecodingError("TOKEN"), True),
        (RuntimeError("TOKEN"), True),
    ],
)
def test_transport_errors(
    zendesk: responses.RequestsMock, base: Ticket, error: Exception, ambiguous: bool
) -> None:
    """Each way of getting no answer is Unavailable; ambiguous unless surely nothing was sent; and
    the original's words, which may quote anything, are not passed on."""
    zendesk.put(URL, body=error)
    with pytest.raises(errors.Unavailable) as caught:
        a_desk().apply(base, CHANGE)
    assert caught.value.ambiguous is ambiguous
    assert "TOKEN" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    zendesk.get(URL, body=error)
    with pytest.raises(errors.Unavailable) as caught:
        a_desk().get(REF)
    assert not caught.value.ambiguous


def test_429_never_sleeps(zendesk: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 429 comes back at once with the time to wait, instead of being slept out."""

    def no_sleep(seconds: float) -> None:
        raise AssertionError(f"slept {seconds} s")

    monkeypatch.setattr("zenpy.lib.api.sleep", no_sleep)
    monkeypatch.setattr(time, "sleep", no_sleep)
    zendesk.get(URL, status=429, headers={"Retry-After": "59"}, json={"error": "TooManyRequests"})
    with pytest.raises(errors.RateLimited) as caught:
        a_desk().get(REF)
    assert caught.value.retry_after == 59
    assert not caught.value.ambiguous
    assert len(zendesk.calls) == 1


# -- what an answer means -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "ambiguous"),
    [
        (301, errors.Rejected, None),
        (400, errors.Invalid, None),
        (401, errors.Forbidden, None),
        (402, errors.Rejected, None),
        (403, errors.Forbidden, None),
        (404, errors.NotFound, None),
        (405, errors.Rejected, None),
        (408, errors.Unavailable, True),
        (409, errors.Conflict, False),
        (410, errors.NotFound, None),
        (413, errors.Invalid, None),
        (422, errors.Invalid, None),
        (429, errors.RateLimited, False),
        (500, errors.Unavailable, True),
        (502, errors.Unavailable, True),
        (503, errors.Unavailable, True),
        (504, errors.Unavailable, True),
        (520, errors.Unavailable, True),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        b'{"error":"SomeError","description":"SECRET"}',
        b'{"error":{"title":"SECRET","message":"words"}}',
        b'{"error":"SECRET: 1+1","details":"SECRET"}',
        b'["SECRET"]',
        b'"SECRET"',
        b"null",
        b"<html>SECRET</html>",
        b"\xff\xfe",
        b"",
    ],
)
def test_each_status_has_its_error(
    zendesk: responses.RequestsMock,
    base: Ticket,
    status: int,
    kind: type[errors.HelpdeskError],
    ambiguous: bool | None,
    body: bytes,
) -> None:
    """Whatever the body, a status means the same by who must act, for a read as for a write, and
    the body's words stay out of the message."""
    zendesk.get(URL, status=status, body=body)
    zendesk.put(URL, status=status, body=body)
    for write in (False, True):
        with pytest.raises(errors.HelpdeskError) as caught:
            a_desk().apply(base, CHANGE) if write else a_desk().get(REF)
        assert type(caught.value) is kind
        assert getattr(caught.value, "ambiguous", None) is (
            ambiguous if write or ambiguous is None else False
        )
        assert "SECRET" not in str(caught.value)
        assert str(caught.value).startswith(("acme ", "ticket 4016: "))
    assert len(zendesk.calls) == 2


@pytest.mark.parametrize("body", ["<html>maintenance</html>", "", "[]", "5", "null"])
def test_a_200_that_is_no_json(zendesk: responses.RequestsMock, base: Ticket, body: str) -> None:
    """A page for people with status 200 is no answer; after a write it leaves doubt."""
    zendesk.get(URL, body=body)
    zendesk.put(URL, body=body)
    with pytest.raises(errors.Unavailable) as caught:
        a_desk().get(REF)
    assert not caught.value.ambiguous
    with pytest.raises(errors.Unavailable) as caught:
        a_desk().apply(base, CHANGE)
    assert caught.value.ambiguous


def test_no_help_desk_there(zendesk: responses.RequestsMock) -> None:
    """Where no account lives at the address, the advice is about the address."""
    zendesk.get(URL, status=404, body="<html>No help desk at acme.zendesk.com</html>")
    with pytest.raises(errors.NotFound) as caught:
        a_desk().get(REF)
    assert "subdomain" in caught.value.advice


def test_complaints_without_details() -> None:
    """A 400 in Zendesk's other notation has its words in ``fields``, cut to a sane length."""
    error = error_from(
        400,
        {},
        b'{"error":{"title":"Invalid attribute","message":"' + b"x" * 1000 + b'"}}',
        subject="acme PUT /x",
        writes=True,
    )
    assert isinstance(error, errors.Invalid)
    assert error.fields == {"base": "x" * 300}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "93"}, 93.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-5"}, 0.0),
        ({"Retry-After": "1e9"}, 86_400.0),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
        (
            {
                "Retry-After": "Mon, 23 Nov 2026 09:16:00 GMT",
                "Date": "Mon, 23 Nov 2026 09:15:00 GMT",
            },
            60.0,
        ),
        (
            {
                "Retry-After": "Mon, 23 Nov 2026 09:14:00 GMT",
                "Date": "Mon, 23 Nov 2026 09:15:00 GMT",
            },
            0.0,
        ),
        ({"Retry-After": "Mon, 23 Nov 2026 09:16:00 GMT"}, None),
        (
            {
                "Retry-After": "Mon, 23 Nov 2026 09:16:00 -0000",
                "Date": "Mon, 23 Nov 2026 09:15:00 GMT",
            },
            None,
        ),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """Retry-After is a number of seconds, whole or broken, or a date; anything else is unknown."""
    assert retry_after(CaseInsensitiveDict(headers)) == seconds


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_retry_after_never_fails(value: str, date: str) -> None:
    """No header, however odd, is an error or an absurd time."""
    seconds = retry_after(CaseInsensitiveDict({"Retry-After": value, "Date": date}))
    assert seconds is None or 0 <= seconds <= 86_400


@settings(deadline=None)
@given(st.integers(100, 599), st.binary(max_size=100))
def test_error_from_never_fails(status: int, body: bytes) -> None:
    """Any status with any body is either sound or one of our errors."""
    error = error_from(status, {}, body, subject="acme GET /x", writes=False)
    assert error is None or isinstance(error, errors.HelpdeskError)
    assert error is not None or 200 <= status < 300


def test_unavailable_with_a_time(zendesk: responses.RequestsMock) -> None:
    """A 503 says when to come back as well."""
    zendesk.get(URL, status=503, headers={"Retry-After": "30"}, body="down")
    with pytest.raises(errors.Unavailable) as caught:
        a_desk().get(REF)
    assert caught.value.retry_after == 30


def test_our_errors_pass_through() -> None:
    """An error of ours is not wrapped in another."""
    with pytest.raises(errors.Conflict), calling("x", writes=True):
        raise errors.Conflict("x")


# -- where it goes, and with what -----------------------------------------------------------------


def test_headers(zendesk: responses.RequestsMock, ticket: dict[str, Any]) -> None:
    """Every request has the token and, for a Marketplace app, the three headers Zendesk wants."""
    zendesk.get(URL, json={"ticket": ticket})
    a_desk(marketplace=Marketplace("Warranty Desk", "12", "34")).get(REF)
    sent = zendesk.calls[0].request.headers
    assert sent["Authorization"] == "Bearer TOKEN"
    assert sent["X-Zendesk-Marketplace-Name"] == "Warranty Desk"
    assert sent["X-Zendesk-Marketplace-Organization-Id"] == "12"
    assert sent["X-Zendesk-Marketplace-App-Id"] == "34"
    assert sent["User-Agent"] == "WarrantyDesk"


def test_netrc_does_not_win(
    zendesk: responses.RequestsMock,
    ticket: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A ~/.netrc with an entry for the account's host does not replace the token."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine acme.zendesk.com login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    zendesk.get(URL, json={"ticket": ticket})
    a_desk().get(REF)
    assert zendesk.calls[0].request.headers["Authorization"] == "Bearer TOKEN"


def test_no_cookie_comes_back(zendesk: responses.RequestsMock, ticket: dict[str, Any]) -> None:
    """A line serves one review after the other: a cookie that one of them was given is not sent
    along by the next."""
    zendesk.get(URL, json={"ticket": ticket}, headers={"Set-Cookie": "_session=someone; Path=/"})
    desk = a_desk()
    desk.get(REF)
    desk.get(REF)
    assert [call.request.headers.get("Cookie") for call in zendesk.calls] == [None, None]


def test_proxies_of_the_environment_are_heeded(
    zendesk: responses.RequestsMock, ticket: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line goes through the proxy, and trusts the certificates, that the environment names when
    it is opened; and past the proxy where NO_PROXY has the account's host."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/own.pem")
    seen: list[Any] = []
    for past in ("", "acme.zendesk.com"):
        monkeypatch.setenv("NO_PROXY", past)
        session = requests.Session()
        desk = connect(Account("inst", "acme", StaticToken("T")), Bindings(), session=session)
        session.hooks["response"].append(
            lambda r, **kw: seen.append((kw["proxies"].get("https"), kw["verify"]))
        )
        zendesk.get(URL, json={"ticket": ticket})
        desk.get(REF)
    bundle = "/etc/ssl/own.pem"
    assert seen == [("http://proxy.example:3128", bundle), (None, bundle)]


def test_an_answer_is_not_taken_for_an_earlier_one(zendesk: responses.RequestsMock) -> None:
    """Where an answer carries nothing, the line does not give what the one before it carried."""
    line = open_line(Account("inst", "acme", StaticToken("TOKEN")))
    zendesk.get(URL, json={"ticket": {"id": 1}})
    zendesk.put(URL, status=204)
    assert line.get("/api/v2/tickets/4016.json") == {"ticket": {"id": 1}}
    assert line.put("/api/v2/tickets/4016.json", {}) == {}


def test_timeouts_reach_every_request(
    zendesk: responses.RequestsMock, ticket: dict[str, Any]
) -> None:
    """A read and a write both have the account's two timeouts."""
    kwargs: list[Any] = []
    account = Account("inst", "acme", StaticToken("TOKEN"), connect_timeout=1, read_timeout=2)
    session = requests.Session()
    desk = connect(account, Bindings(fields={"note": "2"}), session=session)
    session.hooks["response"].append(lambda r, **kw: kwargs.append(kw["timeout"]))
    zendesk.get(URL, json={"ticket": ticket})
    zendesk.put(URL, json={"ticket": ticket, "audit": {"events": []}})
    desk.apply(desk.get(REF), CHANGE)
    assert kwargs == [(1, 2), (1, 2)]


def test_a_given_session_is_made_safe() -> None:
    """A session that somebody set up to retry retries no more once it is ours."""
    session = requests.Session()
    session.mount("https://", requests.adapters.HTTPAdapter(max_retries=3))
    open_line(Account("inst", "acme", StaticToken("t")), session=session)
    for scheme in ("http", "https"):
        adapter = session.get_adapter(f"{scheme}://acme.zendesk.com/")
        assert isinstance(adapter, requests.adapters.HTTPAdapter)
        assert adapter.max_retries.total == 0
        assert not adapter.max_retries.status_forcelist


def test_no_token_for_strangers(zendesk: responses.RequestsMock) -> None:
    """An address to another host, as in a ``next_page``, gets no token and no request."""
    zendesk.get("https://evil.example/api/v2/macros.json", json={"macros": []})
    line = open_line(Account("inst", "acme", StaticToken("TOKEN")))
    with pytest.raises(errors.Rejected, match="another host"):
        line.session.get("https://evil.example/api/v2/macros.json", timeout=1)
    assert not zendesk.calls


def test_redirected_reads_are_not_followed(zendesk: responses.RequestsMock) -> None:
    """An account that has moved is for a person to look at; nothing is sent on."""
    zendesk.get(URL, status=302, headers={"Location": "https://other.zendesk.com/x"})
    with pytest.raises(errors.Rejected) as caught:
        a_desk().get(REF)
    assert "subdomain" in caught.value.advice
    assert len(zendesk.calls) == 1


@pytest.mark.parametrize(
    "subdomain", ["", "a.b", "evil.example/", "a@b", "-a", "A", "a\n", "a" * 64]
)
def test_subdomains(subdomain: str) -> None:
    """What would become another host name is refused."""
    with pytest.raises(ValueError, match="subdomain"):
        Account("inst", subdomain, StaticToken("t"))


def test_origin() -> None:
    """The two variables move our own requests exactly as they move zenpy's."""
    assert origin("acme", {}) == "https://acme.zendesk.com"
    forced = {"ZENPY_FORCE_SCHEME": "http", "ZENPY_FORCE_NETLOC": "127.0.0.1:9"}
    assert origin("acme", forced) == "http://127.0.0.1:9"


def test_connections_are_kept_open_between_pieces_of_work(
    server: Server, ticket: dict[str, Any]
) -> None:
    """Two connections to the account that share an adapter share its sockets."""
    clients: set[tuple[str, int]] = set()

    def behave(handler: BaseHTTPRequestHandler) -> None:
        clients.add(handler.client_address)
        handler.protocol_version = "HTTP/1.1"
        answer(200, json.dumps({"ticket": ticket}).encode())(handler)
        handler.close_connection = False

    server.behave = behave
    adapter = no_retries()
    for _ in range(3):
        account = Account("inst", "acme", StaticToken("TOKEN"))
        connect(account, Bindings(), adapter=adapter).get(REF)
    assert len(server.asked) == 3
    assert len(clients) == 1
    adapter.close()
