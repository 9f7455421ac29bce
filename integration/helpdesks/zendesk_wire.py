"""The line to one Zendesk account: a session, with zenpy on it, that never waits and never repeats.

Reviews ask for their JSON by ``Line.get`` and ``Line.put``: they want none of the objects that
zenpy would build of it, which cost more than the request. What zenpy 2.0.57 would do by itself,
and what is done about it here:

- its own adapter re-sends a PUT up to three times on 503, a timeout or a broken connection, and
  with it the comment inside: our adapter (``max_retries=0``) is mounted on http and https;
- it sleeps out a 429 in the calling thread, second by second and without end: a response hook
  raises for every refusal before zenpy sees the response, so that its exception zoo
  (``APIException``, ``RecordNotFoundException``, ``HTTPError``, …) never comes into play either;
- it answers from a cache that is shared by all threads: caching is off, a client belongs to one
  thread;
- it logs whole payloads at DEBUG: its logger is kept at INFO.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from zenpy import Zenpy

from integration import errors
from integration.helpdesks.transport import calling
from integration.helpdesks.zendesk_errors import judged

_SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


@dataclass(frozen=True, slots=True)
class Marketplace:
    """Who we are, for apps from Zendesk's Marketplace: it wants these three on every request
    (developer.zendesk.com, "Request header requirements for Marketplace apps")."""

    name: str
    organization_id: str
    app_id: str

    def headers(self) -> dict[str, str]:
        """The three request headers."""
        return {
            "X-Zendesk-Marketplace-Name": self.name,
            "X-Zendesk-Marketplace-Organization-Id": self.organization_id,
            "X-Zendesk-Marketplace-App-Id": self.app_id,
        }


@dataclass(frozen=True, slots=True)
class Account:
    """One Zendesk account and how to reach it.

    ``installation`` is our own id of it. ``token`` gives a bearer token whenever asked; where it
    also has ``invalidate(token) -> bool`` (see ``ClientCredentials``), a 401 leads to one renewal
    and one repeat. Timeouts are in seconds: to connect, and between two bytes of the answer.
    ``adapter`` sends, unless a line brings its own. Raises ValueError for what cannot be a
    subdomain: it becomes part of a host name.
    """

    installation: str
    subdomain: str
    token: Callable[[], str] = field(repr=False)
    marketplace: Marketplace | None = None
    connect_timeout: float = 3.05
    read_timeout: float = 15.0
    adapter: HTTPAdapter | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _SUBDOMAIN.match(self.subdomain):
            raise ValueError(f"subdomain {self.subdomain!r}: expected only a-z, 0-9 and '-'")


class Line:
    """An open line to an account: a session, and zenpy on it where it is asked for. It may serve
    one piece of work after the other, all in one thread."""

    def __init__(self, account: Account, session: requests.Session, answers: _Answers) -> None:
        self.account = account
        self.session = session
        self._answers = answers

    @cached_property
    def zenpy(self) -> Any:
        """zenpy's client on this line's session, built when first asked for."""
        logging.getLogger("zenpy").setLevel(logging.INFO)
        return Zenpy(
            subdomain=self.account.subdomain,
            session=self.session,
            anonymous=True,  # the session authenticates itself; zenpy would insist on its own way
            disable_cache=True,
            timeout=(self.account.connect_timeout, self.account.read_timeout),
        )

    def get(self, path: str, subject: str | None = None) -> dict[str, Any]:
        """GET a path under the account's address; the JSON answer. One request.

        ``subject`` is what an error's message starts with where no answer came; by default, the
        account and the path. Raises what ``integration.errors`` lists.
        """
        with calling(subject or f"{self.account.subdomain} GET {path}", writes=False):
            return self._ask("GET", path)

    def put(self, path: str, payload: dict[str, Any]) -> dict[str, Any]:
        """PUT exactly this JSON to a path under the account's address; the JSON answer.

        Not by zenpy, also because it writes a datetime as a date and drops a None that was meant.
        One request. Raises what ``integration.errors`` lists.
        """
        with calling(f"{self.account.subdomain} PUT {path}", writes=True):
            return self._ask("PUT", path, payload)

    def _ask(self, method: str, path: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request, as ``session.request`` would send it but for what never changes or never
        happens here: merged settings, cookies, redirects. They cost as much as the rest."""
        session = self.session
        request, url = requests.PreparedRequest(), origin(self.account.subdomain) + path
        request.prepare_method(method)
        request.prepare_url(url, None)
        request.prepare_headers(session.headers)
        request.prepare_body(None, None, payload)
        request.prepare_auth(session.auth, url)
        request.prepare_hooks(session.hooks)
        how: dict[str, Any] = {
            "stream": False,
            "timeout": (self.account.connect_timeout, self.account.read_timeout),
            "verify": session.verify,
            "cert": session.cert,
            "proxies": session.proxies,
        }
        response = session.get_adapter(url).send(request, **how)
        for hook in request.hooks["response"]:
            other = hook(response, **how)
            response = response if other is None else other  # a refusal counts as false
        return self._answers.newest


def origin(subdomain: str, environ: Mapping[str, str] = os.environ) -> str:
    """Scheme and host of an account. zenpy lets two environment variables point it at a test
    server; what we send ourselves must go to the same place."""
    scheme = environ.get("ZENPY_FORCE_SCHEME") or "https"
    host = environ.get("ZENPY_FORCE_NETLOC") or f"{subdomain}.zendesk.com"
    return f"{scheme}://{host}"


SOCKETS: Final = 64
"""Connections to one host that are kept open, so that each of a worker's threads has its own."""


def no_retries() -> HTTPAdapter:
    """An adapter that sends a request once. Safe to share between sessions and threads, and
    worth it: it holds the open connections."""
    return HTTPAdapter(max_retries=0, pool_maxsize=SOCKETS)


def open_line(
    account: Account,
    *,
    session: requests.Session | None = None,
    adapter: HTTPAdapter | None = None,
) -> Line:
    """Open a line to an account, for use by one thread. Sends nothing yet.

    A ``session`` becomes this line's own: its adapters, its authentication and its hooks are
    replaced. ``adapter`` may be shared (see ``no_retries``).
    """
    session = session or requests.Session()
    adapter = adapter or account.adapter or no_retries()
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    # As ``auth`` and not as a header: requests lets a ~/.netrc win over a header.
    session.auth = _bearer(account)
    answers = _Answers()
    session.hooks["response"] = [answers]
    session.headers["User-Agent"] = "WarrantyDesk"
    session.headers["Accept"] = "application/json"
    if account.marketplace is not None:
        session.headers.update(account.marketplace.headers())
    # The token says who we are; a cookie of an earlier request must not say it too.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    # Proxies and certificates that the environment names: read once, not at every request.
    around = session.merge_environment_settings(origin(account.subdomain), {}, None, None, None)
    session.proxies, session.verify = around["proxies"], around["verify"]
    session.cert = around["cert"]
    session.trust_env = False
    return Line(account, session, answers)


def _bearer(account: Account) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Puts the current token on each request to the account's own host, and no other: zenpy
    follows the ``next_page`` addresses that it is given."""

    def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
        host = urlsplit(request.url or "").netloc
        if host != urlsplit(origin(account.subdomain)).netloc:
            raise errors.Rejected(f"{account.subdomain}: Zendesk points to another host, {host}")
        request.headers["Authorization"] = f"Bearer {account.token()}"
        request.hooks.setdefault("response", []).append(renew)
        return request

    def renew(response: requests.Response, **kwargs: Any) -> requests.Response:
        # A 401 is said before anything is done, so even a PUT may be repeated; and only once,
        # because the repeat goes to the adapter and not through these hooks again.
        if response.status_code != 401:
            return response
        invalidate = getattr(account.token, "invalidate", None)
        used = str(response.request.headers.get("Authorization", "")).removeprefix("Bearer ")
        if invalidate is None or not invalidate(used):
            return response
        again = response.request.copy()
        again.headers["Authorization"] = f"Bearer {account.token()}"
        _ = response.content  # frees the connection
        response.close()
        connection: HTTPAdapter = response.connection
        answer = connection.send(again, **kwargs)
        answer.history.append(response)
        answer.request = again
        return answer

    return authorize


class _Answers:
    """A session's response hook: raises for anything but a 2xx that carries a JSON object, or a
    204, and keeps what the ``newest`` sound answer carried."""

    def __init__(self) -> None:
        self.newest: dict[str, Any] = {}

    def __call__(self, response: requests.Response, **_: Any) -> None:
        self.newest = {}
        request = response.request
        url = urlsplit(request.url or "")
        subject = f"{url.netloc.removesuffix('.zendesk.com')} {request.method} {url.path}"
        error, content = judged(
            response.status_code,
            response.headers,
            response.content,
            subject=subject,
            writes=request.method not in ("GET", "HEAD"),
        )
        if error is not None:
            raise error
        self.newest = content
