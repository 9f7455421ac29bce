"""Where everything is built and joined. Nothing imports this but the WSGI server and the CLI."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from flask import Flask, Response, json

from integration import errors, logs, problems, webhooks
from integration.config import Config, Role
from integration.helpdesks import zendesk_webhook
from integration.jobs import Jobs
from integration.store import WEB_TIMEOUT, WORKER_TIMEOUT, Store, connect
from integration.worker import Mark, Review, Worker

_log = structlog.get_logger(__name__)


def create_app(
    config: Config | None = None,
    *,
    authenticate: webhooks.Authenticate = zendesk_webhook.authenticate,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Flask:
    """The web app: the front door, ``/healthz`` and ``/readyz``.

    Without ``config`` the environment is read, and a file ``.env`` in the working directory for
    what is not in it. Raises ConfigError where the signing secret is missing: no secret, no start.
    A store that is out of reach does not keep it from starting: deliveries are answered 503 until
    the store is back.
    """
    logs.configure()
    if config is None:
        config = Config.from_environ(os.environ, Role.WEB, dotenv=Path(".env"))
    config.require(Role.WEB)
    store = connect(config.database_url, WEB_TIMEOUT)
    jobs = Jobs(store)
    _prepare(store)

    app = Flask(__name__, static_folder=None)
    problems.init(app)
    app.register_blueprint(
        webhooks.blueprint(
            webhooks.Door(
                helpdesk="zendesk",
                authenticate=authenticate,
                secrets={one.id: one.signing_secrets for one in config.installations.values()},
                accept=jobs.accept,
                now=now,
                max_age=timedelta(seconds=config.webhook_max_age),
                max_body=config.max_body,
            )
        )
    )
    _health(app, store)
    return app


def build_worker(
    config: Config,
    review: Review | None = None,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Worker:
    """A worker on the configured store that has tickets reviewed by ``review``: by default, by the
    policy in the connected helpdesk.

    Raises ConfigError where the helpdesk's address or credentials are missing.
    """
    logs.configure()
    config.require(Role.WORKER)
    store = connect(config.database_url, WORKER_TIMEOUT)
    _prepare(store)
    mark: Mark | None = None
    if review is None:
        # Imported here because the web app shares this module and has no use for zenpy: it would
        # cost each web process some 12 MB.
        from integration.connections import Connections  # noqa: PLC0415
        from integration.review import Reviewer  # noqa: PLC0415

        reviewer = Reviewer(config.installations, Connections(), store.load_bindings, now)
        review, mark = reviewer, reviewer.set_aside
    return Worker(
        Jobs(store),
        review,
        slots=config.worker_slots,
        lease_seconds=config.lease_seconds,
        mark=mark,
    )


def _prepare(store: Store) -> None:
    try:
        store.prepare()
    except errors.Unavailable as error:
        _log.error("store out of reach at start", why=str(error))
    # The server may fork after this, and no connection may be shared by two processes.
    store.close()


def _health(app: Flask, store: Store) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        """The process is alive; asks nobody else."""
        return Response(json.dumps({"status": "ok"}), content_type="application/json")

    @app.get("/readyz")
    def readyz() -> Response:
        """Deliveries can be stored: the store answers, within a second."""
        try:
            store.ping()
        except errors.Unavailable:
            return problems.answer(problems.unavailable("The store is out of reach."))
        return Response(json.dumps({"status": "ready"}), content_type="application/json")
