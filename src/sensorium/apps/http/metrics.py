"""Metrics: counts and times, no content (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

from sensorium.apps.http.work_queue import Queue

BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Upper ends, in seconds, of the histogram of requests."""


class Metrics:
    """What happened since the start."""

    def __init__(self, queues: Iterable[Queue]) -> None:
        self._queues = tuple(queues)
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets: Counter[tuple[str, int]] = Counter()
        self._sums: Counter[str] = Counter()

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is a route's pattern, never an address that somebody typed."""
        self._requests[route, status] += 1
        self._buckets[route, bisect_left(BUCKETS, seconds)] += 1
        self._sums[route] += seconds  # type: ignore[assignment]

    def text(self) -> str:
        """Write everything."""
        lines = ["# HELP sensorium_requests_total Answered requests.", "# TYPE sensorium_requests_total counter"]
        for (route, status), number in sorted(self._requests.items()):
            lines.append(f'sensorium_requests_total{{route="{route}",status="{status}"}} {number}')
        lines += ["# HELP sensorium_request_seconds Time of requests.", "# TYPE sensorium_request_seconds histogram"]
        for route in sorted(self._sums):
            below = 0
            for at, end in enumerate((*BUCKETS, "+Inf")):
                below += self._buckets[route, at]
                lines.append(f'sensorium_request_seconds_bucket{{route="{route}",le="{end}"}} {below}')
            lines.append(f'sensorium_request_seconds_sum{{route="{route}"}} {self._sums[route]:.6f}')
            lines.append(f'sensorium_request_seconds_count{{route="{route}"}} {below}')
        for name, help_, kind in (
            ("running", "Being worked on.", "gauge"),
            ("waiting", "Waiting for a thread.", "gauge"),
            ("done", "Ended works.", "counter"),
            ("refused", "Sent away because the queue was full.", "counter"),
            ("cancelled", "Left before their end by the person or by an error.", "counter"),
        ):
            full = f"sensorium_queue_{name}{'_total' if kind == 'counter' else ''}"
            lines += [f"# HELP {full} {help_}", f"# TYPE {full} {kind}"]
            for queue in self._queues:
                value = queue.inside - queue.running if name == "waiting" else getattr(queue, name)
                lines.append(f'{full}{{queue="{queue.name}"}} {value}')
        resident = resident_bytes()
        if resident is not None:
            lines += [
                "# HELP process_resident_memory_bytes Memory in use.",
                "# TYPE process_resident_memory_bytes gauge",
            ]
            lines.append(f"process_resident_memory_bytes {resident}")
        return "\n".join(lines) + "\n"


def resident_bytes() -> int | None:
    """Return this process's resident memory where the system tells it (Linux)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return None
