"""Where everything is built and joined. Nothing imports this but the WSGI server and the CLI."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from flask import Flask, Response, json, request
from werkzeug.middleware.proxy_fix import ProxyFix

from integration import errors, logs, metrics, problems, webhooks
from integration.config import Config, Installation, Role
from integration.directory import Directory, Proofs, at_home
from integration.heartbeats import Heartbeats
from integration.installations import Installations
from integration.jobs import Jobs
from integration.migrations import NewerSchema
from integration.records import Records
from integration.reviewing import Review
from integration.store import WEB_TIMEOUT, WORKER_TIMEOUT, Moved, Store, connect
from integration.vault import Vault
from integration.vendors import VENDORS
from integration.worker import Worker

_log = structlog.get_logger(__name__)


def create_app(
    config: Config | None = None,
    *,
    authenticate: webhooks.Authenticate | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Flask:
    """The web app: the front door, ``/healthz``, ``/readyz``, ``/metrics``, and with keys to keep
    secrets by the set-up page at ``/setup`` and the agents' panel at ``/panel``.

    Without ``config`` the environment is read, and a file ``.env`` in the working directory for
    what is not in it. Raises ConfigError where the signing secret is missing: no secret, no start;
    and store.Moved where the store's only account is another than the environment's.
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
    installations, kept = _installations(config, store)
    counts = metrics.build(jobs, heartbeats, _shared_counts())

    app = Flask(__name__, static_folder=None)
    if config.proxies:
        hops = config.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
    problems.init(app)
    for vendor in VENDORS.values():
        door = webhooks.Door(
            helpdesk=vendor.name,
            authenticate=vendor.authenticate if authenticate is None else authenticate,
            secrets=Proofs(installations, vendor.name, app_too=vendor.app_reports),
            accept=jobs.accept,
            now=now,
            max_age=timedelta(seconds=config.webhook_max_age),
            max_body=config.max_body,
            proof=vendor.proof,
            unproven=vendor.unproven,
            told=counts.delivery,
        )
        app.register_blueprint(webhooks.blueprint(door))
    if kept is not None:
        _setup(app, config, store, kept, installations, now)
        _panel(app, config, store, kept, installations, counts, now)
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

    Raises ConfigError where the helpdesk's address or credentials are missing, NewerSchema where
    the store belongs to a newer program, and store.Moved as ``create_app`` does.
    """
    logs.configure()
    config.require(Role.WORKER)
    # Imported here because the web app shares this module and has no use for most of it.
    from integration.workplace import furnish, limits_of  # noqa: PLC0415

    store = connect(config.database_url, WORKER_TIMEOUT)
    _prepare(store, refuse=NewerSchema)
    installations, kept = _installations(config, store)
    limits = limits_of(installations)
    jobs, heartbeats, records = Jobs(store, limits), Heartbeats(store), Records(store)
    counts = metrics.build(jobs, heartbeats, _shared_counts())
    place = furnish(config, store, jobs, records, installations, kept, limits, counts, now)

    @contextmanager
    def beside() -> Iterator[None]:
        with counts.serving(config.metrics_host, config.metrics_port), place.beside():
            yield

    return Worker(
        jobs,
        review or place.review,
        several=place.several if review is None else None,
        slots=config.worker_slots,
        lease_seconds=config.lease_seconds,
        mark=place.mark if review is None else None,
        keep=records.keep,
        heart=heartbeats,
        told=counts.review,
        beside=beside,
    )


def _installations(
    config: Config, store: Store
) -> tuple[Mapping[str, Installation], Installations | None]:
    """Which installations there are, and where they are kept: the store's, if there is a key to
    keep their secrets by; otherwise the environment's one."""
    if not config.keys:
        try:
            at_home(store, config.installations)
        except Moved:
            raise
        except errors.Unavailable as error:
            _log.error("store out of reach at start", why=str(error))
        finally:
            store.close()  # as in _prepare
        return config.installations, None
    kept = Installations(store, Vault(config.keys))
    return Directory(kept, config.installations), kept


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


def _setup(
    app: Flask,
    config: Config,
    store: Store,
    kept: Installations,
    installations: Mapping[str, Installation],
    now: Callable[[], datetime],
) -> None:
    """The set-up page, and the overview beside it."""
    # Imported here because a service of one account, set up by its environment, has none.
    from integration.overview.building import overview_for  # noqa: PLC0415
    from integration.setup.building import counter_for, limited  # noqa: PLC0415
    from integration.setup.pages import blueprint  # noqa: PLC0415

    overview = overview_for(config, kept, now)
    counter = counter_for(config, store, kept, installations, overview.shown)
    app.register_blueprint(blueprint(counter))
    app.register_blueprint(overview.blueprint())
    limited(app)


def _panel(
    app: Flask,
    config: Config,
    store: Store,
    kept: Installations,
    installations: Mapping[str, Installation],
    counts: metrics.Metrics,
    now: Callable[[], datetime],
) -> None:
    """What the app in the agents' sidebar asks."""
    # Imported here for the same reason.
    from integration.panel.building import limited, panel_for  # noqa: PLC0415
    from integration.workplace import limits_of  # noqa: PLC0415

    limits = limits_of(installations)
    told = counts.helpdesk_request
    app.register_blueprint(panel_for(config, store, kept, installations, limits, now, told))
    limited(app)


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
