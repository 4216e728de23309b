"""The queue before a model: so many at work, so many waiting, and the next one is told at once when to come again."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any, TypeVar

from sensorium.media.image import trim

T = TypeVar("T")
_LONGEST_RETRY_SECONDS = 60
_TIDY_SECONDS = 0.5
_WEIGHT = 0.2  # of the newest time in the running mean


class Full(Exception):
    """The queue has no place; `retry_seconds` is when one is likely."""

    def __init__(self, retry_seconds: int) -> None:
        super().__init__(f"full, try again in {retry_seconds} s")
        self.retry_seconds = retry_seconds


class Queue:
    """A bounded queue before a pool of threads; used from one event loop.

    Args:
        name: What metrics and threads call it.
        workers: How many are worked on at once.
        waiting: How many more may wait.
    """

    def __init__(self, name: str, workers: int, waiting: int) -> None:
        self.name = name
        self.workers = workers
        self.most = workers + waiting
        self.inside = 0
        self.running = 0
        self.done = self.refused = self.cancelled = 0
        self.mean_seconds = 1.0
        self._tidied = 0.0
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=f"sensorium-{name}")
        self._free = asyncio.Semaphore(workers)

    @property
    def full(self) -> bool:
        return self.inside >= self.most

    def refuse_if_full(self) -> None:
        """Raise Full before anything is read from a person who would only be sent away afterwards."""
        if self.full:
            self.refused += 1
            raise Full(self.retry_seconds)

    @property
    def retry_seconds(self) -> int:
        """When a place is likely to be free."""
        return min(_LONGEST_RETRY_SECONDS, max(1, math.ceil(self.mean_seconds * self.inside / self.workers)))

    def enter(self) -> Place:
        """Take a place, or raise Full at once."""
        self.refuse_if_full()
        self.inside += 1
        return Place(self)

    async def run(self, work: Callable[[], T]) -> T:
        """Do one thing in a thread; raises Full, or what `work` raises."""
        (result,) = await self.all(lambda: iter([work()]))
        return result

    async def all(self, make: Callable[[], Iterator[T]]) -> list[T]:
        """Iterate in a thread and give everything; cancelled, the iterator is closed at its next piece."""
        place = self.enter()
        try:
            async with aclosing(place.pieces(make)) as pieces:
                return [piece async for piece in pieces]
        finally:
            place.leave()

    def close(self) -> None:
        """Let go of the threads; what runs ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    # ---- for Place -----------------------------------------------------------------------------------------

    async def begin(self) -> None:
        await self._free.acquire()
        self.running += 1

    def submit(self, work: Callable[[], None]) -> None:
        self._pool.submit(work)

    def tidy(self) -> None:
        """Return freed memory back to the system, not too often: each thread would keep what its largest work took."""
        now = time.monotonic()
        if now - self._tidied >= _TIDY_SECONDS:
            self._tidied = now
            trim()

    def end(self, seconds: float) -> None:
        self.running -= 1
        self.inside -= 1
        self.done += 1
        self.mean_seconds += _WEIGHT * (seconds - self.mean_seconds)
        self._free.release()


class Place:
    """A place in the queue. Once the work has begun it is given up when the work's thread has ended, not before."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._begun = False
        self._left = False
        self.ahead = max(0, queue.inside - queue.workers)

    def leave(self) -> None:
        """Return the place up if the work has not begun; may be called twice."""
        if not self._begun and not self._left:
            self._queue.inside -= 1
        self._left = True

    async def pieces(self, make: Callable[[], Iterator[T]]) -> AsyncGenerator[T]:
        """Wait for a thread, iterate there, give the pieces as they come.

        When the caller goes away, the iterator is closed in its thread at its next piece: a model stops generating.
        """
        await self._queue.begin()
        self._begun = True
        loop = asyncio.get_running_loop()
        out: asyncio.Queue[tuple[Any, BaseException | None, bool]] = asyncio.Queue()
        stop = threading.Event()
        start = time.monotonic()

        def on_loop(call: Callable[..., None], *values: Any) -> None:
            try:
                loop.call_soon_threadsafe(call, *values)
            except RuntimeError:
                stop.set()  # the server has closed its loop: nobody listens any more

        def work() -> None:
            error: BaseException | None = None
            try:
                _iterate(make, stop, lambda piece: on_loop(out.put_nowait, (piece, None, False)))
            except BaseException as raised:
                error = raised
            self._queue.tidy()
            on_loop(self._queue.end, time.monotonic() - start)  # first: who has the answer may ask again at once
            on_loop(out.put_nowait, (None, error, True))

        self._queue.submit(work)
        over = False
        try:
            while True:
                piece, error, over = await out.get()
                if error is not None:
                    raise error
                if over:
                    return
                yield piece
        finally:
            stop.set()
            self._queue.cancelled += not over


def _iterate(make: Callable[[], Iterator[T]], stop: threading.Event, tell: Callable[[T], None]) -> None:
    pieces = make()
    try:
        for piece in pieces:
            if stop.is_set():
                return
            tell(piece)
            if stop.is_set():
                return
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
