"""Everything in one process: a helpdesk in a sandbox, the web app it calls, and a worker."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from integration import catalogue
from integration.app import build_worker, create_app
from integration.config import Config
from integration.helpdesks import Bindings, FieldValue
from integration.jobs import Backlog, Jobs
from integration.store import Store, connect
from tests.integration.places import MAKERS

Kind = TypeVar("Kind", bound="Stack")


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Say nothing."""


@dataclass
class Stack:
    """Everything, connected; ``work`` runs a worker until nothing is due."""

    place: Any
    config: Config
    url: str
    filed: int = 0

    @property
    def bindings(self) -> Bindings:
        bindings: Bindings = self.place.bindings
        return bindings

    def file(self, facts: Mapping[str, object], tags: Sequence[str] = ()) -> int:
        """A customer of their own files a claim, and it comes with these tags."""
        self.filed += 1
        person = f"Customer {self.filed}", f"customer{self.filed}@example.com"
        ticket = self.place.file({"claim": True, **facts}, *person, "Broken", "Help.", tags)
        assert self.place.idle()
        return int(ticket)

    def edit(self, ticket: int, **values: object) -> None:
        self.place.change(ticket, values)
        assert self.place.idle()

    def work(self, done: Callable[[], bool] | None = None, seconds: float = 60.0) -> None:
        """Have a worker review until nothing is due, or what is given is ``done``, and the helpdesk
        has told all of it. Fails where it does not come to that."""
        done = done or (lambda: self.due() == 0)
        stop = threading.Event()
        thread = threading.Thread(target=build_worker(self.config).run, args=(stop,))
        thread.start()
        ends = time.monotonic() + seconds
        while not done() and time.monotonic() < ends:
            stop.wait(0.02)
        stop.set()
        thread.join()
        assert done()
        assert self.place.idle()

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = connect(self.config.database_url)
        try:
            yield store
        finally:
            store.close()

    def backlog(self) -> Backlog:
        with self.store() as store:
            return Jobs(store).backlog()

    def due(self) -> int:
        """How much is due or being worked on."""
        backlog = self.backlog()
        return backlog.due + backlog.leased

    def outcome(self, ticket: int) -> dict[str, FieldValue]:
        fields = self.place.fields(ticket)
        return {key: fields[key] for key in (*catalogue.OUTCOME_FIELDS, "stamp")}

    def verdict(self, ticket: int) -> object:
        """The status that the ticket shows, in the policy's word."""
        value = self.place.fields(ticket)["verdict"]
        return value and catalogue.meaning("verdict", str(value))

    def ours(self, ticket: int) -> frozenset[str]:
        """The tags of ours that it carries."""
        tags: frozenset[str] = self.place.tags(ticket) & catalogue.TAGS
        return tags

    def post(self, body: bytes, **headers: str) -> requests.Response:
        """Send a delivery by hand, proven unless ``headers`` say otherwise."""
        sent = {"Content-Type": "application/json", **self.place.proof(body), **headers}
        path = f"/webhooks/{self.place.helpdesk}/main"
        return requests.post(self.url + path, data=body, headers=sent, timeout=10)


@contextmanager
def stacked(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    helpdesk: str,
    options: Any = None,
    *,
    kind: type[Kind] = Stack,  # type: ignore[assignment]
    **settings: Any,
) -> Iterator[Kind]:
    """All of it, with the web app being served; ``settings`` are the installation's. Its limits
    are out of the way."""
    settings = {"update_limit": 10_000, "request_limit": 100_000, "limit_share": 100, **settings}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with MAKERS[helpdesk](monkeypatch, url, options, **settings) as place:
        one = place.installation
        config = Config({one.id: one}, f"sqlite:///{folder / 'warranty.sqlite'}")
        store = connect(config.database_url)
        store.prepare()
        store.save_bindings(one.id, place.bindings)
        store.close()
        app = create_app(config)
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield kind(place, config, url)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
