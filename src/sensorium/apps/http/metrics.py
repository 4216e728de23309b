"""Metrics: counts and times, no content (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from sensorium.apps.http.work_queue import WorkQueue

BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Upper bounds, in seconds, of the histogram of requests."""
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """What happened in one app since its start."""

    def __init__(self, queues: Iterable[WorkQueue]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "sensorium_requests", "Answered requests.", ("route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "sensorium_request_seconds", "Time of requests.", ("route",), buckets=BUCKETS, registry=self._registry
        )
        self._registry.register(_QueueCollector(tuple(queues)))
        ProcessCollector(registry=self._registry)

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is a route's pattern, never an address that somebody typed."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self._registry)


class _QueueCollector(Collector):
    """The state of the queues at the moment of asking."""

    def __init__(self, queues: Sequence[WorkQueue]) -> None:
        self._queues = queues

    def collect(self) -> Iterator[Metric]:
        for name, description, family in (
            ("running", "Jobs that are running.", GaugeMetricFamily),
            ("waiting", "Jobs that wait for a thread.", GaugeMetricFamily),
            ("done", "Jobs that have ended.", CounterMetricFamily),
            ("refused", "Jobs that were refused because the queue was full.", CounterMetricFamily),
            ("cancelled", "Jobs that ended early, by the client or by an error.", CounterMetricFamily),
        ):
            metric = family(f"sensorium_queue_{name}", description, labels=("queue",))
            for queue in self._queues:
                metric.add_metric((queue.name,), getattr(queue, name))
            yield metric
