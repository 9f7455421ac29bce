"""Where everything is built and joined. Nothing imports this but the WSGI server and the CLI."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from flask import Flask, Response, json, request

from integration import errors, logs, metrics, problems, webhooks
from integration.config import Config, Role
from integration.heartbeats import Heartbeats
from integration.helpdesks import zendesk_webhook
from integration.jobs import Jobs
from integration.migrations import NewerSchema
from integration.store import WEB_TIMEOUT, WORKER_TIMEOUT, Store, connect
from integration.worker import Mark, Review, Worker

_log = structlog.get_logger(__name__)


def create_app(
    config: Config | None = None,
    *,
    authenticate: webhooks.Authenticate = zendesk_webhook.authenticate,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Flask:
    """The web app: the front door, ``/healthz``, ``/readyz`` and ``/metrics``.

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
    jobs, heartbeats = Jobs(store), Heartbeats(store)
    _prepare(store)
    counts = metrics.build(jobs, heartbeats, _shared_counts())

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
                told=counts.delivery,
            )
        )
    )
    _health(app, heartbeats)
    _metrics(app, counts)
    return app


def build_worker(
    config: Config,
    review: Review | None = None,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Worker:
    """A worker on the configured store that has tickets reviewed by ``review``: by default, by the
    policy in the connected helpdesk.

    Raises ConfigError where the helpdesk's address or credentials are missing, and NewerSchema
    where the store belongs to a newer program.
    """
    logs.configure()
    config.require(Role.WORKER)
    store = connect(config.database_url, WORKER_TIMEOUT)
    _prepare(store, refuse=NewerSchema)
    jobs, heartbeats = Jobs(store), Heartbeats(store)
    counts = metrics.build(jobs, heartbeats, _shared_counts())
    mark: Mark | None = None
    if review is None:
        # Imported here because the web app shares this module and has no use for zenpy: it would
        # cost each web process some 12 MB.
        from integration.connections import Connections  # noqa: PLC0415
        from integration.review import Reviewer  # noqa: PLC0415

        connections = Connections(counts.helpdesk_request)
        reviewer = Reviewer(config.installations, connections, store.load_bindings, now)
        review, mark = reviewer, reviewer.set_aside
    return Worker(
        jobs,
        review,
        slots=config.worker_slots,
        lease_seconds=config.lease_seconds,
        mark=mark,
        heart=heartbeats,
        told=counts.review,
        beside=partial(counts.serving, config.metrics_host, config.metrics_port),
    )


def _prepare(store: Store, refuse: type[errors.Unavailable] | tuple[()] = ()) -> None:
    try:
        store.prepare()
    except refuse:
        store.close()
        raise
    except errors.Unavailable as error:
        _log.error("store out of reach at start", why=str(error))
    # The server may fork after this, and no connection may be shared by two processes.
    store.close()


def _shared_counts() -> Path | None:
    """Where processes add up their counts; prometheus_client reads the variable too, on import."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(folder) if folder else None


def _health(app: Flask, heartbeats: Heartbeats) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        """The process is alive; asks nobody else."""
        return Response(json.dumps({"status": "ok"}), content_type="application/json")

    @app.get("/readyz")
    def readyz() -> Response:
        """Deliveries can be stored and somebody works on them; answered within a second."""
        try:
            alive = heartbeats.alive(storable=True)
        except errors.Unavailable:
            return problems.answer(problems.unavailable("The store is out of reach."))
        if not alive:
            return problems.answer(
                problems.unavailable("No worker is alive: what is stored waits for one.")
            )
        return Response(json.dumps({"status": "ready"}), content_type="application/json")


def _metrics(app: Flask, counts: metrics.Metrics) -> None:
    @app.get("/metrics")
    def scrape() -> Response:
        """Counts and times, in the format of Prometheus that is asked for."""
        page, content_type = counts.page(request.headers.get("Accept", ""))
        return Response(page, content_type=content_type)
