"""The set-up page in this process, in front of a sandbox helpdesk, with a worker's hands beside."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from integration.app import create_app
from integration.budgets import Limits as Budget
from integration.config import Config, OAuth
from integration.directory import Directory
from integration.errands import Errand, Errands
from integration.heartbeats import Heartbeats
from integration.installations import Installations, Kept
from integration.jobs import Jobs
from integration.metrics import build
from integration.records import Records
from integration.sandbox import people
from integration.sandbox.api.apps import apps
from integration.sandbox.apps import Opening
from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox
from integration.store import Store, connect
from integration.vault import Vault, new_key
from integration.worker import Worker
from integration.workplace import Workplace, furnish

URL = "https://warranty.example.com"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OWN = {"Origin": URL, "Sec-Fetch-Site": "same-origin"}


@dataclass
class Service:
    """One deployment: the pages by ``client`` (a browser), the work by ``work`` and ``review``."""

    sandbox: Sandbox
    config: Config
    client: FlaskClient
    store: Store
    kept: Installations
    place: Workplace
    jobs: Jobs
    directory: Directory
    answers: list[TestResponse] = field(default_factory=list)

    # -- a browser --------------------------------------------------------------------------------

    def get(self, path: str, **more: Any) -> TestResponse:
        return self._told(self.client.get(path, base_url=URL, buffered=True, **more))

    def post(self, path: str, data: Any = None, **more: Any) -> TestResponse:
        more.setdefault("headers", OWN)
        return self._told(self.client.post(path, data=data, base_url=URL, buffered=True, **more))

    def _told(self, answer: TestResponse) -> TestResponse:
        self.answers.append(answer)
        return answer

    def leave_for_zendesk(self, subdomain: str = "sandbox") -> str:
        """Ask to connect; where the admin is sent."""
        answer = self.post("/setup/connect", {"way": "marketplace", "subdomain": subdomain})
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def decide(self, url: str, do: str = "allow", who: int | None = None) -> str:
        """Allow or deny at the helpdesk; where the admin is sent back to, without the host."""
        given = dict(parse_qsl(urlsplit(url).query))
        user = who or int(self.sandbox.state.agent["id"])
        answer = requests.post(
            self.sandbox.base_url + "/oauth/authorizations",
            data={**given, "do": do, "as": user},
            headers={"Origin": self.sandbox.base_url},
            allow_redirects=False,
            timeout=10,
        )
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["Location"])
        assert f"{back.scheme}://{back.netloc}" == URL
        return f"{back.path}?{back.query}"

    def connect(self, who: int | None = None) -> TestResponse:
        """Connect the sandbox by the marketplace app's client; the answer to coming back."""
        return self.get(self.decide(self.leave_for_zendesk(), who=who))

    def connect_by_own(self, **more: str) -> TestResponse:
        options = self.sandbox.state.options
        given = {
            "way": "own",
            "subdomain": "sandbox",
            "client_id": options.client_id,
            "client_secret": options.client_secret,
            **more,
        }
        return self.post("/setup/connect", given)

    @property
    def one(self) -> Kept:
        """The sandbox's installation."""
        kept = self.kept.at("zendesk", "sandbox")
        assert kept is not None
        return kept

    @property
    def name(self) -> str:
        return self.one.installation.id

    @property
    def path(self) -> str:
        return f"/setup/accounts/{self.name}"

    def page(self) -> str:
        answer = self.get(self.path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def do(self, do: str, form: Any = None, **more: str) -> TestResponse:
        """Send a form of the page."""
        given = {"pass": pass_in(self.page()), "do": do, **more, **(form or {})}
        return self.post(self.path, given)

    def save(self, do: str = "settings", **given: Any) -> TestResponse:
        """Send the settings as they are shown, with some of them changed."""
        return self.do(do, {"version": str(self.one.version), **given})

    def opening(self, user: Any = None) -> Opening:
        """What the helpdesk sends to open the page inside itself."""
        state = self.sandbox.state
        known = apps(self.sandbox.app)
        (one,) = known.installations.values()
        return known.open(one, user or state.agent, "nav_bar")

    def open_inside(self, user: Any = None, **more: Any) -> TestResponse:
        opening = self.opening(user)
        return self.post("/setup/zendesk", {"token": opening.token}, headers={}, **more)

    def agent(self, role: str = "agent") -> Any:
        return people.add(self.sandbox.state, "Agent 2", "agent2@example.com", role)

    # -- the worker -------------------------------------------------------------------------------

    def work(self) -> None:
        """Do the errands that are asked for."""
        assert self.place.errands is not None
        while self.place.errands.one():
            pass

    def result(self, kind: str) -> Any:
        """What came of an errand that is asked for now."""
        self.do(kind)
        self.work()
        found = self.errand(kind)
        assert found.state == "done", found.why
        return found.result

    def errand(self, kind: str) -> Errand:
        found = Errands(self.store).get(self.name, kind)
        assert found is not None
        return found

    def placed(self, **form: str) -> Any:
        """Put everything in place."""
        self.do("place", {"forms": "1", **form})
        self.work()
        found = self.errand("place")
        assert found.state == "done", found.why
        return found.result

    def review(self) -> None:
        """Review what is due."""
        worker = Worker(
            self.jobs, self.place.review, keep=Records(self.store).keep, mark=self.place.mark
        )
        while job := self.jobs.claim("tests", 60):
            worker.reviewing.work(job, self.place.review)

    # -- the helpdesk -----------------------------------------------------------------------------

    def writes(self) -> int:
        """How many requests that write the helpdesk was sent, and forget them."""
        counted = self.sandbox.state.requests
        number = len(counted.writes())
        counted.clear()
        return number

    def ticket(self, *tags: str, **facts: Any) -> Any:
        """File a ticket; facts by our key, in the helpdesk's own values."""
        bound = self.store.load_bindings(self.name)
        values = (
            [{"id": int(bound.fields[k]), "value": v} for k, v in facts.items()] if bound else []
        )
        given = {
            "subject": "Does not charge",
            "comment": {"body": "It does not charge."},
            "tags": list(tags),
            "custom_fields": values,
        }
        return self.sandbox.state.file_ticket(given, "Customer 1", "customer1@example.com")


S = TypeVar("S", bound=Service)


def pass_in(page: str) -> str:
    """The pass in a page's forms."""
    found = re.search(r'name="pass" value="([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


@contextmanager
def services(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Service]]:
    """Starts a sandbox and a service in front of it, with more of the configuration."""
    with ExitStack() as opened:

        def make(environ: Mapping[str, Any] | None = None, **more: Any) -> Service:
            options = Options(
                limits=Limits(enabled=False),
                redirects=(f"{URL}/setup/callback",),
                app_url=f"{URL}/setup/zendesk",
                **(environ or {}),
            )
            sandbox = opened.enter_context(running_sandbox(options))
            # Its key is made when first needed, which takes longer than all the rest.
            vars(apps(sandbox.app))["_key"] = KEY
            monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
            monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{sandbox.port}")
            given: dict[str, Any] = {
                "installations": {},
                "database_url": database_url,
                "keys": (new_key(),),
                "url": URL,
                "oauth": OAuth(options.global_id, options.global_secret, "Warranty Desk", "1", "2"),
                "app_key": apps(sandbox.app).public_key(options.app_id),
                **more,
            }
            config = Config(**given)
            store = connect(config.database_url)
            opened.callback(store.close)
            return joined(Service, sandbox, config, store)

        yield make


def joined(kind: type[S], sandbox: Any, config: Config, store: Store) -> S:
    """A service of a kind in front of a sandbox."""
    app = create_app(config)
    kept = Installations(store, Vault(config.keys))
    jobs, records = Jobs(store), Records(store)
    directory = Directory(kept, config.installations)
    place = furnish(
        config,
        store,
        jobs,
        records,
        directory,
        kept,
        lambda installation: Budget(),
        build(jobs, Heartbeats(store)),
        lambda: datetime.now(UTC),
    )
    return kind(sandbox, config, app.test_client(), store, kept, place, jobs, directory)
