"""The queue: bounded, fair, and what nobody waits for stops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from sensorium.apps.http.errors import RequestError
from sensorium.apps.http.work_queue import WorkQueue


class Counting:
    """A generator that gives numbers until it is closed; waits for `go` before each."""

    def __init__(self) -> None:
        self.go = threading.Semaphore(0)
        self.closed = threading.Event()
        self.given = self.wanted = 0

    def pieces(self) -> Iterator[int]:
        try:
            while True:
                self.wanted += 1
                self.go.acquire()
                self.given += 1
                yield self.given
        finally:
            self.closed.set()


async def until(true: object) -> None:
    async with asyncio.timeout(10):
        while not true():  # type: ignore[operator]
            await asyncio.sleep(0.005)


def test_work_runs_in_a_thread_and_errors_come_back() -> None:
    async def main() -> None:
        queue = WorkQueue("q", 1, 0)
        assert await queue.run(threading.get_ident) != threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            await queue.run(lambda: 1 // 0)
        await until(lambda: queue.size == 0)
        assert (queue.running, queue.done, queue.cancelled) == (0, 2, 0)
        queue.close()

    asyncio.run(main())


def test_a_full_queue_refuses_at_once_and_says_when() -> None:
    async def main() -> None:
        queue = WorkQueue("q", 1, 1)
        gate = threading.Event()
        tasks = [asyncio.create_task(queue.run(gate.wait)) for _ in range(2)]
        await until(lambda: queue.running == 1 and queue.size == 2)
        with pytest.raises(RequestError) as refused:
            await queue.run(gate.wait)
        assert refused.value.headers == {"Retry-After": "2"} and queue.refused == 1
        gate.set()
        await asyncio.gather(*tasks)
        await until(lambda: queue.size == 0)
        assert await queue.run(lambda: "again") == "again"
        queue.close()

    asyncio.run(main())


def test_who_leaves_while_waiting_gives_the_place_up() -> None:
    async def main() -> None:
        queue = WorkQueue("q", 1, 1)
        gate = threading.Event()
        first = asyncio.create_task(queue.run(gate.wait))
        await until(lambda: queue.running == 1)
        ran = threading.Event()
        second = asyncio.create_task(queue.run(ran.set))
        await until(lambda: queue.size == 2)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        assert queue.size == 1
        gate.set()
        await first
        assert not ran.is_set()
        queue.close()

    asyncio.run(main())


def test_who_leaves_at_work_has_the_generator_closed_and_keeps_the_place_until_then() -> None:
    async def main() -> None:
        queue = WorkQueue("q", 1, 0)
        counting = Counting()
        slot = queue.reserve()
        counting.go.release()
        async with aclosing(slot.stream(counting.pieces)) as pieces:
            assert await anext(pieces) == 1
            await until(lambda: counting.wanted == 2)
        slot.release()
        # the thread is still in the generator: its place is not free, or two would run where one may
        assert queue.full and not counting.closed.is_set()
        counting.go.release()
        await until(counting.closed.is_set)
        await until(lambda: not queue.full)
        assert counting.given == 2 and queue.cancelled == 1
        queue.close()

    asyncio.run(main())


def test_those_who_wait_are_taken_in_their_order() -> None:
    async def main() -> None:
        queue = WorkQueue("q", 1, 10)
        order: list[int] = []
        await asyncio.gather(*(queue.run(lambda n=n: order.append(n)) for n in range(8)))  # type: ignore[misc]
        assert order == list(range(8))
        queue.close()

    asyncio.run(main())
