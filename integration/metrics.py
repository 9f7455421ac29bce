"""Counts and times for Prometheus. No label names a ticket, a person or an account.

What processes do is counted by each of them. What there is to do is read from the store at every
scrape, and is therefore the same from every process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from integration import errors, logs
from integration.heartbeats import Heartbeats
from integration.jobs import Jobs

_log = structlog.get_logger(__name__)

_ANSWER_BUCKETS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds
_REVIEW_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Everything that is counted. Counting never fails the work that is counted."""

    registry: CollectorRegistry
    """What is exposed when asked (``page``, ``serving``)."""
    _deliveries: Counter
    _delivery_seconds: Histogram
    _reviews: Counter
    _review_seconds: Histogram
    _requests: Counter
    _chores: Counter

    def delivery(self, status: int, answer: str, seconds: float) -> None:
        """A delivery was answered with ``status``: accepted, repeated, not_ours, refused or
        failed."""
        with _harmless():
            self._deliveries.labels(str(status), answer).inc()
            self._delivery_seconds.observe(seconds)

    def review(self, outcome: str, seconds: float) -> None:
        """A review ended like this: written, unchanged, postponed, set_aside …"""
        with _harmless():
            self._reviews.labels(outcome.replace(" ", "_")).inc()
            self._review_seconds.observe(seconds)

    def chore(self, name: str, outcome: str, seconds: float) -> None:
        """A chore (reconciliation, retention) ended like this."""
        with _harmless():
            self._chores.labels(name, outcome.replace(" ", "_")).inc()

    def helpdesk_request(self, kind: str, status: str) -> None:
        """A request of this kind was sent to a helpdesk and answered with ``status``."""
        with _harmless():
            self._requests.labels(kind, status).inc()

    def page(self, accept: str) -> tuple[bytes, str]:
        """The metrics and their content type, in the form that an Accept header asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type

    @contextmanager
    def serving(self, host: str, port: int) -> Iterator[None]:
        """Serve the metrics over http at ``host`` and ``port`` for the block; 0: do not.

        Where the port cannot be had, that is logged and the work goes on without.
        """
        if not port:
            yield
            return
        try:
            server, thread = start_http_server(port, host, self.registry)
        except OSError as error:
            _log.error("metrics not served", host=host, port=port, why=type(error).__name__)
            yield
            return
        _log.info("metrics served", host=host, port=port)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def build(jobs: Jobs, heartbeats: Heartbeats, shared: Path | None = None) -> Metrics:
    """The metrics of this process.

    ``shared`` is the folder of prometheus_client's multi-process mode, in which the processes that
    share it add up their counts; it has to be PROMETHEUS_MULTIPROC_DIR, which that library reads
    when it is imported. It is made if it is not there.
    """
    own = CollectorRegistry()
    exposed = own
    if shared is not None:
        shared.mkdir(parents=True, exist_ok=True)
        exposed = CollectorRegistry()
        MultiProcessCollector(exposed, str(shared))  # type: ignore[no-untyped-call]
    exposed.register(_Work(jobs, heartbeats))
    return Metrics(
        exposed,
        Counter(
            "warranty_deliveries",
            "Webhook deliveries, by the status and the kind of answer.",
            ["status", "answer"],
            registry=own,
        ),
        Histogram(
            "warranty_delivery_seconds",
            "Time from a delivery's headers to its answer.",
            buckets=_ANSWER_BUCKETS,
            registry=own,
        ),
        Counter("warranty_reviews", "Reviews, by how they ended.", ["outcome"], registry=own),
        Histogram(
            "warranty_review_seconds",
            "Time a review took, however it ended.",
            buckets=_REVIEW_BUCKETS,
            registry=own,
        ),
        Counter(
            "warranty_helpdesk_requests",
            "Requests sent to helpdesks, by kind and the answer's status (429: too many).",
            ["kind", "status"],
            registry=own,
        ),
        Counter(
            "warranty_chores",
            "Work by the clock (reconciliation, retention), by how it ended.",
            ["name", "outcome"],
            registry=own,
        ),
    )


class _Work(Collector):
    """What there is to do, and who is there to do it, as the store has it now."""

    def __init__(self, jobs: Jobs, heartbeats: Heartbeats) -> None:
        self._jobs = jobs
        self._heartbeats = heartbeats

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("warranty_store_up", "Whether the store answered this scrape.")
        try:
            backlog = self._jobs.backlog()
            alive = self._heartbeats.alive()
        except Exception as error:
            # A scrape is answered all the same: what this process counted is still worth having.
            known = isinstance(error, errors.Unavailable)
            _log.error("backlog not read", **({} if known else logs.traced(error)))
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        tickets = GaugeMetricFamily(
            "warranty_backlog",
            "Tickets whose review is due, being worked on, due later, or set aside for a person.",
            labels=["state"],
        )
        for state in ("due", "leased", "scheduled", "set_aside"):
            tickets.add_metric([state], getattr(backlog, state))
        yield tickets
        yield GaugeMetricFamily(
            "warranty_oldest_due_seconds",
            "For how long the oldest review that could begin has been due; 0 if there is none.",
            value=max(backlog.oldest_due_seconds or 0.0, 0.0),
        )
        yield GaugeMetricFamily(
            "warranty_workers_alive", "Workers heard of in the last 30 seconds.", value=alive
        )


@contextmanager
def _harmless() -> Iterator[None]:
    """Counting may fail (the shared folder is gone, the disk is full); the work goes on."""
    try:
        yield
    except Exception as error:
        _log.error("not counted", **logs.traced(error))
