"""Threads that are kept for the next answer: in a new one each large tensor would meet fresh memory pages (3 %)."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread

_idle: list[SimpleQueue[Callable[[], None]]] = []
_lock = Lock()


def start(work: Callable[[], None]) -> None:
    """Run `work`, which raises nothing, in a thread that has nothing to do, or in a new one; returns at once."""
    with _lock:
        jobs = _idle.pop() if _idle else None
    if jobs is None:
        jobs = SimpleQueue()
        Thread(target=_serve, args=(jobs,), name="sensorium checkpoint", daemon=True).start()
    jobs.put(work)


def _serve(jobs: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        jobs.get()()
        with _lock:
            _idle.append(jobs)
