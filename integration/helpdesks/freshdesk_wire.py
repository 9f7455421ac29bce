"""The line to one Freshdesk account: a session that never waits for an answer's sake and never
repeats a write.

No client library: those that there are lack what is needed here (a session, timeouts, headers) or
lie unkept. developers.freshdesk.com/api, "Authentication", "Pagination", "Rate limit".
"""

from __future__ import annotations

import os
import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter

from integration import errors
from integration.helpdesks.freshdesk_errors import judged
from integration.helpdesks.freshdesk_watch import WatchedAdapter
from integration.helpdesks.transport import calling

T = TypeVar("T")

STAND_IN: Final = "WARRANTY_FRESHDESK_STAND_IN"
"""The environment's variable that puts a stand-in on this machine in Freshdesk's place, for tests
and the sandbox: ``http://127.0.0.1:PORT``. Any other host is refused."""
SOCKETS: Final = 64
"""Connections to one host that are kept open, so that each of a worker's threads has its own."""
MOST: Final = 100
"""Rows on a page of a list, at most."""
_PAGES: Final = 300

_HOST: Final = re.compile(r"[a-z0-9][a-z0-9-]*\.freshdesk\.com")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Account:
    """One Freshdesk account and how to reach it.

    ``installation`` is our own id of it, ``subdomain`` what stands before ``.freshdesk.com`` (a
    domain of its own does not serve the API), ``key`` an agent's API key. ``flags`` are checkboxes
    of ours (by key) that stand for a tag while ticked: Freshdesk tags nothing by itself. Timeouts
    are in seconds: to connect, and between two bytes of the answer. ``refused`` is called each time
    that the key is not accepted; ``adapter`` sends, unless a line brings its own. Raises ValueError
    for what cannot be a subdomain: it becomes part of a host name; and for an empty key.
    """

    installation: str
    subdomain: str
    key: str = field(repr=False)
    flags: Mapping[str, str]
    connect_timeout: float = 3.05
    read_timeout: float = 15.0
    refused: Callable[[], object] = field(default=lambda: None, repr=False, compare=False)
    adapter: HTTPAdapter | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(f"{self.subdomain}.freshdesk.com"):
            raise ValueError(f"subdomain {self.subdomain!r}: expected only a-z, 0-9 and '-'")
        if not self.key.strip() or not self.key.isascii() or not self.key.isprintable():
            raise ValueError("API key: expected one of printable ASCII characters")


class Line:
    """An open line to an account. It may serve one piece of work after the other, all in one
    thread. ``clock`` counts seconds and never goes back."""

    def __init__(
        self,
        account: Account,
        session: requests.Session,
        answers: _Answers,
        clock: Callable[[], float],
    ) -> None:
        self.account = account
        self.session = session
        self._answers = answers
        self._clock = clock
        self._known: dict[str, tuple[float, Any]] = {}

    def get(self, path: str, subject: str | None = None) -> Any:
        """GET a path under ``/api/v2/``; the JSON answer, an object or a list. One request.

        ``subject`` is what an error's message starts with where no answer came: by default, account
        and path. Raises what ``integration.errors`` lists.
        """
        return self._ask("GET", path, None, subject)

    def put(self, path: str, payload: Mapping[str, Any]) -> Any:
        """PUT exactly this JSON; the JSON answer. One request, never repeated."""
        return self._ask("PUT", path, payload, None)

    def post(self, path: str, payload: Mapping[str, Any]) -> Any:
        """POST exactly this JSON; the JSON answer. One request, never repeated: whether something
        arrived whose answer did not come is for the caller to find out."""
        return self._ask("POST", path, payload, None)

    def delete(self, path: str) -> None:
        """DELETE a path. One request."""
        self._ask("DELETE", path, None, None)

    def page(self, path: str, query: Mapping[str, str], subject: str) -> tuple[list[Any], bool]:
        """One page of a list, and whether more follows ("Pagination": a ``Link`` with
        ``rel="next"``, which is absent on the last)."""
        rows = self.get(f"{path}?{urlencode(query)}" if query else path, subject)
        if not isinstance(rows, list):
            raise errors.Unavailable(f"{subject}: there is no list in what Freshdesk sent")
        link = self._answers.headers.get("Link") or ""
        return rows, bool(re.search(r'rel="?next', link))

    def rows(self, path: str, subject: str) -> Iterator[Any]:
        """Every row of a short list, page by page."""
        for number in range(1, _PAGES + 1):
            # Not every list is said to know pages: the first is asked for without a number.
            query = {} if number == 1 else {"page": str(number)}
            found, more = self.page(path, query, subject)
            yield from found
            if not more or not found:
                return

    @property
    def headers(self) -> Mapping[str, str]:
        """The newest answer's headers, empty where none came."""
        return self._answers.headers

    @property
    def status(self) -> int | None:
        """The newest answer's status, None where none came."""
        return self._answers.status

    def remembered(self, key: str, seconds: float, read: Callable[[], T]) -> T:
        """What ``read`` gives, or gave less than so many seconds ago."""
        kept = self._known.get(key)
        now = self._clock()
        if kept is not None and now < kept[0] + seconds:
            value: T = kept[1]
            return value
        value = read()
        self._known[key] = (now, value)
        return value

    def _ask(
        self, method: str, path: str, payload: Mapping[str, Any] | None, subject: str | None
    ) -> Any:
        account = self.account
        self._answers.forget()
        named = subject or f"{account.subdomain} {method} /api/v2/{path.partition('?')[0]}"
        with calling(named, writes=method != "GET"):
            self.session.request(
                method,
                f"{origin(account.subdomain)}/api/v2/{path}",
                json=payload,
                timeout=(account.connect_timeout, account.read_timeout),
                allow_redirects=False,
            )
            return self._answers.content


def origin(subdomain: str, environ: Mapping[str, str] = os.environ) -> str:
    """Scheme and host of an account: https always; or those of the stand-in on this machine
    (``STAND_IN``). ValueError where that names any other machine."""
    stand_in = environ.get(STAND_IN)
    if not stand_in:
        return f"https://{subdomain}.freshdesk.com"
    url = urlsplit(stand_in)
    if url.scheme not in ("http", "https") or url.hostname not in _LOOPBACK or url.username:
        raise ValueError(f"{STAND_IN}: expected http://127.0.0.1:PORT, nothing but this machine")
    return f"{url.scheme}://{url.netloc}"


def open_line(
    account: Account,
    *,
    session: requests.Session | None = None,
    adapter: HTTPAdapter | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Line:
    """Open a line to an account, for use by one thread. Sends nothing yet.

    A ``session`` becomes this line's own: adapters, authentication and hooks are replaced.
    ``adapter`` may be shared by all lines, to keep sockets open between them.
    """
    session = session or requests.Session()
    adapter = adapter or account.adapter or WatchedAdapter(sockets=SOCKETS)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    # As ``auth`` and not as a header: requests lets a ~/.netrc win over a header.
    session.auth = _basic(account)
    answers = _Answers(account.refused)
    session.hooks["response"] = [answers]
    session.headers["User-Agent"] = "WarrantyDesk"
    session.headers["Accept"] = "application/json"
    # The key says who we are; a cookie of an earlier request must not say it too.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    # Proxies and certificates that the environment names: read once, not at every request.
    around = session.merge_environment_settings(origin(account.subdomain), {}, None, None, None)
    session.proxies, session.verify = around["proxies"], around["verify"]
    session.cert = around["cert"]
    session.trust_env = False
    return Line(account, session, answers, clock)


def _basic(account: Account) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Puts the key on each request to the account's own host, and no other ("Authentication": the
    key as the user's name, any password)."""
    proof = b64encode(f"{account.key}:X".encode()).decode("ascii")

    def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
        url, own = urlsplit(request.url or ""), urlsplit(origin(account.subdomain))
        if (url.scheme, url.netloc) != (own.scheme, own.netloc):
            raise errors.Rejected(f"{account.subdomain}: another host is asked for, {url.netloc}")
        request.headers["Authorization"] = f"Basic {proof}"
        return request

    return authorize


class _Answers:
    """A session's response hook: raises for anything but a 2xx that carries JSON, or a 204, and
    keeps what the newest answer was. ``refused`` as in ``Account``."""

    def __init__(self, refused: Callable[[], object]) -> None:
        self._refused = refused
        self.forget()

    def forget(self) -> None:
        self.content: Any = None
        self.headers: Mapping[str, str] = {}
        self.status: int | None = None

    def __call__(self, response: requests.Response, **_: Any) -> None:
        self.headers, self.status = response.headers, response.status_code
        if response.status_code == 401:  # where a right lacks it is 403: the key is good
            self._refused()
        request = response.request
        url = urlsplit(request.url or "")
        subject = f"{url.netloc.removesuffix('.freshdesk.com')} {request.method} {url.path}"
        status, writes = response.status_code, request.method != "GET"
        error, self.content = judged(
            status, response.headers, response.content, subject=subject, writes=writes
        )
        if error is not None:
            raise error
