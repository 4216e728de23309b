"""The queue before a model: so many jobs run, so many wait, and a further one is refused with when to try again."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing, nullcontext
from typing import Any, TypeVar

from sensorium.apps.http.errors import RequestError
from sensorium.core.retry import abandonable, stop_if_abandoned
from sensorium.media.image import trim

T = TypeVar("T")
_MAX_RETRY_SECONDS = 60
_TRIM_SECONDS = 0.5
_NEWEST_WEIGHT = 0.2  # of the newest time in the running mean


class WorkQueue:
    """A bounded queue before a pool of threads; used from one event loop.

    Args:
        name: What metrics and threads call it.
        workers: How many jobs run at once.
        waiting: How many more may wait.
    """

    def __init__(self, name: str, workers: int, waiting: int) -> None:
        self.name = name
        self.workers = workers
        self.capacity = workers + waiting
        self.size = 0
        self.running = 0
        self.done = self.refused = self.cancelled = 0
        self.mean_seconds = 1.0
        self._trimmed = 0.0
        self.pool = ThreadPoolExecutor(workers, thread_name_prefix=f"sensorium-{name}")
        self.free = asyncio.Semaphore(workers)

    @property
    def waiting(self) -> int:
        return self.size - self.running

    @property
    def full(self) -> bool:
        return self.size >= self.capacity

    def check(self) -> None:
        """Raise RequestError if the queue is full, before a body is read that would only be refused afterwards."""
        if self.full:
            self.refused += 1
            seconds = min(_MAX_RETRY_SECONDS, max(1, math.ceil(self.mean_seconds * self.size / self.workers)))
            hint = f"Try again in {seconds} second{'s' * (seconds != 1)}."
            raise RequestError(503, "Too many people are asking at the moment.", hint, {"Retry-After": str(seconds)})

    def reserve(self) -> Slot:
        """Return a slot, or raise RequestError at once."""
        self.check()
        self.size += 1
        return Slot(self)

    async def run(self, work: Callable[[], T]) -> T:
        """Run one function in a thread; raises what it raises, or RequestError if the queue is full."""
        (result,) = await self.collect(lambda: iter([work()]))
        return result

    async def collect(self, make: Callable[[], Iterator[T]]) -> list[T]:
        """Iterate in a thread and return all items; when cancelled, the iterator is closed at its next item."""
        slot = self.reserve()
        try:
            async with aclosing(slot.stream(make)) as items:
                return [item async for item in items]
        finally:
            slot.release()

    def close(self) -> None:
        """Release the threads; what runs ends by itself."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    def end(self, seconds: float) -> None:
        """Count a job that has ended; for Slot."""
        self.running -= 1
        self.size -= 1
        self.done += 1
        self.mean_seconds += _NEWEST_WEIGHT * (seconds - self.mean_seconds)
        self.free.release()

    def trim_memory(self) -> None:
        """Return freed memory to the system, not too often: each thread would keep what its largest job took."""
        now = time.monotonic()
        if now - self._trimmed >= _TRIM_SECONDS:
            self._trimmed = now
            trim()


class Slot:
    """A slot in the queue. Once the work has begun it is released when the work's thread has ended, not before."""

    def __init__(self, queue: WorkQueue) -> None:
        self._queue = queue
        self._begun = False
        self._released = False
        self.ahead = max(0, queue.size - queue.workers)

    def release(self) -> None:
        """Release the slot if the work has not begun; may be called twice."""
        if not self._begun and not self._released:
            self._queue.size -= 1
        self._released = True

    async def stream(self, make: Callable[[], Iterator[T]]) -> AsyncGenerator[T]:
        """Wait for a thread, iterate there, yield the items as they come.

        When the caller leaves, the iterator is closed in its thread at its next item: a model stops generating.
        """
        queue = self._queue
        await queue.free.acquire()
        queue.running += 1
        self._begun = True
        loop = asyncio.get_running_loop()
        out: asyncio.Queue[tuple[Any, BaseException | None, bool]] = asyncio.Queue()
        stop = threading.Event()
        start = time.monotonic()

        def on_loop(call: Callable[..., None], *values: Any) -> None:
            try:
                loop.call_soon_threadsafe(call, *values)
            except RuntimeError:
                stop.set()  # the server has closed its loop: nobody listens anymore

        def work() -> None:
            error: BaseException | None = None
            try:
                with abandonable(stop.is_set):
                    stop_if_abandoned()
                    items = make()
                    with closing(items) if isinstance(items, Generator) else nullcontext():
                        for item in items:
                            on_loop(out.put_nowait, (item, None, False))
                            if stop.is_set():
                                break
            except BaseException as raised:
                error = raised
            queue.trim_memory()
            on_loop(queue.end, time.monotonic() - start)  # first: whoever has the answer may ask again at once
            on_loop(out.put_nowait, (None, error, True))

        queue.pool.submit(work)
        over = False
        try:
            while True:
                item, error, over = await out.get()
                if error is not None:
                    raise error
                if over:
                    return
                yield item
        finally:
            stop.set()
            queue.cancelled += not over
