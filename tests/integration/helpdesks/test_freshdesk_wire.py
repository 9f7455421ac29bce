"""The line to Freshdesk: where it goes, what it repeats, what its answers mean, what it tells."""

from __future__ import annotations

import json
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import requests
import responses

from integration import budgets, errors
from integration.helpdesks.freshdesk_errors import Complaint, judged
from integration.helpdesks.freshdesk_watch import WatchedAdapter, kind_of, limit_of
from integration.helpdesks.freshdesk_wire import STAND_IN, Account, Line, open_line, origin
from integration.helpdesks.transport import retry_after
from tests.integration.helpdesks.test_contract_freshdesk import ACCOUNT

API = "https://acme.freshdesk.com/api/v2"


@pytest.fixture
def freshdesk() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.delenv(STAND_IN, raising=False)
    return open_line(ACCOUNT)


# -- where it goes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subdomain",
    ["", "ACME", "acme.example.com#", "evil.com/", "a b", "-acme", "acme\n", "acme:1", "a@b", "ä"],
)
def test_only_a_subdomain_becomes_a_host(subdomain: str) -> None:
    """Nothing that could lead anywhere else."""
    with pytest.raises(ValueError, match="subdomain"):
        Account("inst", subdomain, "key", {})


@pytest.mark.parametrize("key", ["", "  ", "ä", "a\nb"])
def test_a_key_that_cannot_be_sent(key: str) -> None:
    """It is refused before it is used, and not repeated."""
    with pytest.raises(ValueError, match="API key"):
        Account("inst", "acme", key, {})
    assert "KEY-IS-SECRET" not in repr(ACCOUNT)


def test_the_stand_in_is_on_this_machine() -> None:
    """Only this machine may stand in for Freshdesk: the key goes along."""
    assert origin("acme", {}) == "https://acme.freshdesk.com"
    for sound in ("http://127.0.0.1:8081", "http://localhost:1", "http://[::1]:9"):
        assert origin("acme", {STAND_IN: sound}) == sound
    for wrong in (
        *("http://127.0.0.1.example.com:1", "https://acme.example.com", "127.0.0.1:1"),
        *("http://10.0.0.1", "file:///etc/passwd", "http://x@127.0.0.1", "http://2130706433"),
    ):
        with pytest.raises(ValueError, match=STAND_IN):
            origin("acme", {STAND_IN: wrong})


def test_the_wire_is_json_with_a_key(freshdesk: responses.RequestsMock, line: Line) -> None:
    """Basic authentication with the key as the name; a body that is exactly what was given."""
    freshdesk.put(f"{API}/tickets/1", json={"id": 1})
    assert line.put("tickets/1", {"tags": [], "custom_fields": {"cf_x": None}}) == {"id": 1}
    request = freshdesk.calls[0].request
    proof = b64encode(b"KEY-IS-SECRET:X").decode()
    assert request.headers["Authorization"] == f"Basic {proof}"
    assert json.loads(request.body or b"") == {"tags": [], "custom_fields": {"cf_x": None}}


def test_no_other_host_gets_the_key(freshdesk: responses.RequestsMock, line: Line) -> None:
    """Not by a redirect, which is not followed, and not by an address that we are given."""
    freshdesk.get(f"{API}/tickets/1", status=301, headers={"Location": "https://evil.example"})
    with pytest.raises(errors.Rejected):
        line.get("tickets/1")
    assert len(freshdesk.calls) == 1
    for url in ("https://evil.example/", "http://acme.freshdesk.com/api/v2/tickets"):
        with pytest.raises(errors.Rejected, match="another host"):
            line.session.get(url)
    assert len(freshdesk.calls) == 1


def test_a_key_that_is_refused_is_told(freshdesk: responses.RequestsMock) -> None:
    """Each time, for whichever method; not where a right lacks, or the account is away."""
    told: list[str] = []
    line = open_line(replace(ACCOUNT, refused=lambda: told.append("refused")))
    for status, method, count in (
        *((403, "GET", 0), (404, "GET", 0), (429, "GET", 0), (500, "GET", 0)),
        *((401, "GET", 1), (401, "PUT", 2)),
    ):
        freshdesk.add(method, f"{API}/tickets/1", status=status)
        with pytest.raises(errors.HelpdeskError):
            line.get("tickets/1") if method == "GET" else line.put("tickets/1", {})
        assert len(told) == count
        freshdesk.reset()


def test_cookies_are_not_kept(freshdesk: responses.RequestsMock, line: Line) -> None:
    """The key alone says who we are."""
    freshdesk.get(f"{API}/agents/me", json={}, headers={"Set-Cookie": "session=x; Path=/"})
    line.get("agents/me")
    line.get("agents/me")
    assert "Cookie" not in freshdesk.calls[1].request.headers


# -- what answers mean ----------------------------------------------------------------------------


def test_answers_are_sorted_by_who_must_act() -> None:
    """By status alone where Freshdesk does not say what the body holds; an empty one is no error of
    ours."""
    table: list[tuple[int, bytes, type[errors.HelpdeskError]]] = [
        (400, b'{"errors":[{"field":"x","code":"missing_field"}]}', errors.Invalid),
        (400, b"", errors.Invalid),
        (401, b'{"code":"invalid_credentials","message":"SECRET"}', errors.Forbidden),
        (401, b"", errors.Forbidden),
        (403, b'{"code":"access_denied"}', errors.Forbidden),
        (404, b"", errors.NotFound),
        (404, b"<html>", errors.NotFound),
        (405, b'{"message":"PUT method is not allowed"}', errors.Unwritable),
        (409, b'{"code":"inconsistent_state"}', errors.Conflict),
        (415, b"", errors.Invalid),
        (429, b"", errors.RateLimited),
        (500, b"<html>", errors.Unavailable),
        (503, b"", errors.Unavailable),
        (302, b"", errors.Rejected),
        (418, b"", errors.Rejected),
        (200, b"<html>", errors.Unavailable),
    ]
    for status, body, kind in table:
        error, _ = judged(status, {}, body, subject="acme PUT /api/v2/tickets/1", writes=True)
        assert type(error) is kind or (kind is errors.Invalid and type(error) is Complaint), status
        assert "SECRET" not in str(error)
    assert judged(204, {}, b"", subject="x", writes=True) == (None, None)
    assert judged(200, {}, b"[1]", subject="x", writes=False) == (None, [1])


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("tickets/1", errors.Unwritable),
        ("tickets/1/notes", errors.Unwritable),
        ("tickets/1/reply", errors.Unwritable),
        ("canned_responses/1", errors.Rejected),
    ],
)
def test_405_of_a_ticket(path: str, kind: type[errors.HelpdeskError]) -> None:
    """A ticket that is spam or deleted; of anything else it is the verb."""
    error, _ = judged(405, {}, b"", subject=f"acme PUT /api/v2/{path}", writes=True)
    assert type(error) is kind


def test_complaints_are_kept_apart() -> None:
    """Field by field, with Freshdesk's words and code; the message names the fields alone."""
    rows = [
        {"field": "custom_fields.cf_a", "message": "SECRET", "code": "datatype_mismatch"},
        {"field": "tags", "code": "invalid_value"},
        {"message": "and so on", "code": "x"},
        "nonsense",
    ]
    error, _ = judged(400, {}, json.dumps({"errors": rows}).encode(), subject="s", writes=True)
    assert isinstance(error, Complaint)
    assert error.fields == {"cf_a": "SECRET", "tags": "invalid_value", "base": "and so on"}
    assert error.codes["cf_a"] == "datatype_mismatch"
    assert str(error) == "s: answered 400: base, cf_a, tags"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("37", 37.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("999999999", 86_400.0),
        ("nan", None),
        ("", None),
        ("soon", None),
    ],
)
def test_when_to_come_back(told: str, seconds: float | None) -> None:
    """A number of seconds, within a day; nothing where nothing sensible is said."""
    assert retry_after({"Retry-After": told}) == seconds


def test_too_many_requests_is_not_waited_out(freshdesk: responses.RequestsMock, line: Line) -> None:
    """It is said at once, and sent once: whoever plans the work waits."""
    freshdesk.get(f"{API}/tickets/1", status=429, headers={"Retry-After": "3000"})
    with pytest.raises(errors.RateLimited) as caught:
        line.get("tickets/1")
    assert caught.value.retry_after == 3000.0
    assert len(freshdesk.calls) == 1


def test_lists_come_in_pages(freshdesk: responses.RequestsMock, line: Line) -> None:
    """Read on as long as a next page is announced, and no longer; what is no list is not taken for
    an empty one."""
    more = {"Link": f'<{API}/things?page=2>;rel="next"'}
    freshdesk.get(f"{API}/things", json=[1, 2], headers=more)
    freshdesk.get(f"{API}/things?page=2", json=[3])
    assert list(line.rows("things", "things")) == [1, 2, 3]
    freshdesk.get(f"{API}/other", json={"x": 1})
    with pytest.raises(errors.Unavailable):
        list(line.rows("other", "other"))


# -- what is repeated -----------------------------------------------------------------------------


class Stub:
    """Speaks HTTP by hand: of the connections it is given, the first ``breaks`` are read and then
    cut without an answer."""

    def __init__(self, breaks: int) -> None:
        self.breaks = breaks
        self.heard: list[str] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._door.accept()
            except OSError:
                return
            with peer:
                asked = b""
                while b"\r\n\r\n" not in asked and (piece := peer.recv(65_536)):
                    asked += piece
                self.heard.append(asked.decode("latin-1").partition(" ")[0])
                if len(self.heard) > self.breaks:
                    peer.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
                    )

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join(30)


@contextmanager
def stub(monkeypatch: pytest.MonkeyPatch, breaks: int) -> Iterator[Stub]:
    one = Stub(breaks)
    monkeypatch.setenv(STAND_IN, f"http://127.0.0.1:{one.port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    try:
        yield one
    finally:
        one.close()


def test_a_reading_that_broke_off_is_repeated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not more often."""
    with stub(monkeypatch, breaks=1) as one:
        assert open_line(ACCOUNT).get("tickets/1") == {}
        assert one.heard == ["GET", "GET"]
    with stub(monkeypatch, breaks=9) as one:
        with pytest.raises(errors.Unavailable) as caught:
            open_line(ACCOUNT).get("tickets/1")
        assert one.heard == ["GET", "GET"]
        assert not caught.value.ambiguous


@pytest.mark.parametrize("method", ["post", "put"])
def test_a_write_is_never_repeated(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """It may have arrived: it is sent once, and that nobody knows is said."""
    with stub(monkeypatch, breaks=1) as one:
        send: Callable[..., Any] = getattr(open_line(ACCOUNT), method)
        with pytest.raises(errors.Unavailable) as caught:
            send("tickets/1", {"tags": []})
        assert caught.value.ambiguous
        assert one.heard == [method.upper()]


def test_what_was_never_sent_is_not_ambiguous(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens: nothing can have arrived."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    monkeypatch.setenv(STAND_IN, f"http://127.0.0.1:{port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(errors.Unavailable) as caught:
        open_line(ACCOUNT).post("tickets/1/notes", {})
    assert not caught.value.ambiguous


# -- what is told ---------------------------------------------------------------------------------


def test_requests_are_counted_by_kind(freshdesk: responses.RequestsMock) -> None:
    """Each by what it is for and how it was answered; an update as such, for the account's budget,
    whose size Freshdesk tells with each answer; one that counts as two is counted as two."""
    heard: list[tuple[str, str]] = []
    adapter = WatchedAdapter(lambda kind, status: heard.append((kind, status)), budgets.spend)
    line = open_line(ACCOUNT, adapter=adapter)
    told = {"X-RateLimit-Total": "400"}
    freshdesk.put(f"{API}/tickets/1", json={}, headers=told)
    freshdesk.post(f"{API}/tickets/1/notes", json={})
    double = {"X-RateLimit-Used-CurrentRequest": "2"}
    freshdesk.get(f"{API}/tickets/1", json={}, headers=double)
    freshdesk.get(f"{API}/tickets/2", body=requests.ReadTimeout("x"))
    with budgets.counting() as spent:
        line.put("tickets/1", {})
        line.post("tickets/1/notes", {})
        line.get("tickets/1?include=requester")
        with pytest.raises(errors.Unavailable):
            line.get("tickets/2")
    assert heard == [
        ("ticket_update", "200"),
        ("note", "200"),
        ("ticket_read", "200"),
        ("ticket_read", "timeout"),
    ]
    assert (spent.requests, spent.updates, spent.limit) == (5, 1, 400)


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "tickets/1", "ticket_read"),
        ("PUT", "tickets/1", "ticket_update"),
        ("POST", "tickets/1/reply", "reply"),
        ("GET", "tickets/1/conversations?page=2", "conversations_read"),
        ("GET", "canned_responses/7", "macro_preview"),
        ("GET", "tickets?updated_since=x", "export"),
        ("GET", "search/tickets?query=x", "search"),
        ("POST", "admin/ticket_fields", "other"),
    ],
)
def test_kinds(method: str, path: str, kind: str) -> None:
    """A short list, without numbers or addresses."""
    assert kind_of(method, f"{API}/{path}") == kind


@pytest.mark.parametrize("told", ["", "many", "0", "-1", "99999999999", "4e2"])
def test_a_limit_that_makes_no_sense_is_none(told: str) -> None:
    """Nothing is planned by it."""
    assert limit_of({"X-RateLimit-Total": told}) is None


@pytest.mark.parametrize(("told", "minute"), [("50", 50), ("700", 700), ("3000", 50), ("5000", 83)])
def test_a_limit_of_an_hour_is_one_of_a_minute(told: str, minute: int) -> None:
    """No plan has thousands a minute: old accounts are counted by the hour."""
    assert limit_of({"X-RateLimit-Total": told}) == minute


def test_neither_key_nor_answer_in_errors(freshdesk: responses.RequestsMock, line: Line) -> None:
    """Whatever goes wrong, the message holds the account, the method and the path."""
    for body in (b"SECRET", requests.ConnectionError("SECRET KEY-IS-SECRET"), ValueError("SECRET")):
        freshdesk.get(f"{API}/tickets/1", body=body)
        with pytest.raises(errors.Unavailable) as caught:
            line.get("tickets/1")
        assert "SECRET" not in str(caught.value)
        assert "acme" in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        freshdesk.reset()
