"""The sandbox's HTTP server: connections that stay open, whatever is sent over them."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator

import pytest
import requests

from integration.sandbox.faults import Fault
from integration.sandbox.server import Sandbox, running_sandbox
from integration.sandbox.serving import LARGEST

USERS = "/api/v2/users/me.json"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def line(sandbox: Sandbox) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=10)
    yield connection
    connection.close()


def ask(
    sandbox: Sandbox,
    line: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None = None,
    **headers: str,
) -> tuple[int, bytes]:
    login = {"Authorization": f"Bearer {sandbox.token}", "Content-Type": "application/json"}
    line.request(method, path, body, {**login, **headers})
    answer = line.getresponse()
    return answer.status, answer.read()


def test_a_connection_serves_one_request_after_the_other(
    sandbox: Sandbox, line: http.client.HTTPConnection
) -> None:
    """Also after bodies that the application did not read, refusals, and answers without a body."""
    line.connect()
    own = line.sock
    ticket = json.dumps({"ticket": {"comment": {"body": "Broken"}}}).encode()
    assert ask(sandbox, line, "POST", "/api/v2/tickets.json", ticket)[0] == 201
    assert ask(sandbox, line, "POST", "/nowhere", b"x" * 10_000)[0] == 404
    assert ask(sandbox, line, "PUT", "/api/v2/tickets/99.json", ticket)[0] == 404
    assert ask(sandbox, line, "DELETE", "/sandbox/requests") == (204, b"")
    assert ask(sandbox, line, "HEAD", USERS) == (200, b"")
    status, body = ask(sandbox, line, "GET", USERS)
    assert (status, json.loads(body)["user"]["role"]) == (200, "admin")
    assert line.sock is own


def test_a_client_may_ask_to_close(sandbox: Sandbox, line: http.client.HTTPConnection) -> None:
    """``Connection: close`` is heeded."""
    line.connect()
    assert ask(sandbox, line, "GET", USERS, Connection="close")[0] == 200
    assert line.sock is None


def test_a_body_without_a_length_is_read_too(sandbox: Sandbox) -> None:
    """Sent in chunks, it is understood, and the connection is not used again."""
    ticket = json.dumps({"ticket": {"comment": {"body": "Broken"}}}).encode()
    answer = requests.post(
        f"{sandbox.base_url}/api/v2/tickets.json",
        data=iter([ticket[:10], ticket[10:]]),
        headers={"Authorization": f"Bearer {sandbox.token}", "Content-Type": "application/json"},
        timeout=10,
    )
    assert answer.status_code == 201
    assert answer.headers["Connection"] == "close"


def test_a_body_that_is_too_large_is_refused(sandbox: Sandbox) -> None:
    """It is not kept in memory, and the next request goes over a connection of its own."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.token}"
    with session:
        url = f"{sandbox.base_url}/api/v2/tickets.json"
        assert session.post(url, data=b"x" * (LARGEST + 1), timeout=10).status_code == 413
        assert session.get(f"{sandbox.base_url}{USERS}", timeout=10).status_code == 200


@pytest.mark.parametrize("length", ["-1", "1e3", "x", ""])
def test_an_odd_length_is_no_way_in(sandbox: Sandbox, length: str) -> None:
    """What follows such a body is never taken for a request."""
    with socket.create_connection(("127.0.0.1", sandbox.port), 10) as raw:
        smuggled = "DELETE /sandbox/requests HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        head = f"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n"
        raw.sendall((head + smuggled).encode())
        raw.shutdown(socket.SHUT_WR)
        said = b""
        while part := raw.recv(4096):
            said += part
    assert said.count(b"HTTP/1.1 ") == 1


def test_a_connection_that_is_cut_is_cut(sandbox: Sandbox) -> None:
    """A fault's hanging up reaches the client, and the next connection works."""
    sandbox.state.faults.add(Fault(cut=True))
    url = f"{sandbox.base_url}{USERS}"
    login = {"Authorization": f"Bearer {sandbox.token}"}
    with pytest.raises(requests.ConnectionError):
        requests.get(url, headers=login, timeout=10)
    assert requests.get(url, headers=login, timeout=10).status_code == 200


def test_whoever_is_connected_is_hung_up_on_at_the_end() -> None:
    """No connection, and no thread behind it, outlives the sandbox."""
    with running_sandbox() as sandbox:
        raw = socket.create_connection(("127.0.0.1", sandbox.port), 10)
        raw.sendall(b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert raw.recv(16_000).startswith(b"HTTP/1.1 404")
    began = time.monotonic()
    assert raw.recv(1) == b""
    assert time.monotonic() - began < 9
    raw.close()


def test_limits_are_set_while_it_runs(sandbox: Sandbox) -> None:
    """Some of the limits, from now on; nonsense is refused and changes nothing."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.token}"
    with session:
        address = f"{sandbox.base_url}/sandbox/limits"
        before = session.get(address, timeout=10).json()
        assert (before["account"], before["enabled"]) == (700, True)
        assert session.put(address, json={"account": 2}, timeout=10).json()["account"] == 2
        asked = [session.get(f"{sandbox.base_url}{USERS}", timeout=10) for _ in range(3)]
        assert [one.status_code for one in asked] == [200, 200, 429]
        assert asked[0].headers["X-Rate-Limit"] == "2"
        for odd in ({"account": 0}, {"account": True}, {"enabled": 1}, {"speed": 5}):
            assert session.put(address, json=odd, timeout=10).status_code == 400
        assert session.get(address, timeout=10).json() == {**before, "account": 2}
        session.put(address, json={"enabled": False}, timeout=10)
        assert session.get(f"{sandbox.base_url}{USERS}", timeout=10).status_code == 200
    assert requests.get(address, timeout=10).status_code == 401


def sent(sandbox: Sandbox, *lines: str, path: str = USERS) -> bytes:
    """What is answered to a request with these header lines, until the connection is closed."""
    rows = [f"GET {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {sandbox.token}"]
    with socket.create_connection(("127.0.0.1", sandbox.port), 10) as connection:
        head = "\r\n".join([*rows, *lines, "Connection: close"])
        connection.sendall(f"{head}\r\n\r\n".encode("latin-1"))
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("X-Usual: yes",), b"200"),
        (("x-odd:no blank ", "X-Two: a", "X-Two: b"), b"200"),
        (("X-Folded: it goes", " on in the next line"), b"200"),
        (("Expect: 100-continue",), b"100"),
        (tuple(f"X-{number}: many" for number in range(120)), b"431"),
        ((f"X-Long: {'a' * 70_000}",), b"431"),
    ],
)
def test_headers_are_read_as_they_are_sent(
    sandbox: Sandbox, lines: tuple[str, ...], status: bytes
) -> None:
    """Usual ones and unusual ones; too many, or too long ones, are refused."""
    assert sent(sandbox, *lines).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("mark", ["X-Sandbox: 1", "X-Folded: it goes\r\n on"])
def test_a_request_reaches_the_application_whole(
    sandbox: Sandbox, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read quickly or by the library: the same headers, once each, and the same path."""
    seen: list[dict[str, str]] = []
    application = sandbox.app.wsgi_app

    def look(environ: dict[str, str], start: object) -> object:
        seen.append(dict(environ))
        return application(environ, start)  # type: ignore[arg-type]

    monkeypatch.setattr(sandbox.app, "wsgi_app", look)
    assert sent(sandbox, mark, "X-Value:  a: b ", path=f"/{USERS}?a=%20b").startswith(
        b"HTTP/1.1 200"
    )
    (environ,) = seen
    assert environ["HTTP_X_VALUE"].strip() == "a: b"
    assert environ["HTTP_HOST"] == "localhost"
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == (USERS, "a=%20b")
