"""Turns: work that can wait is done one piece at a time, with pauses, so that everybody else is served between."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from weakref import WeakKeyDictionary

TURN_SECONDS = 0.01
"""From one turn to the next."""


class Turns:
    """A queue of functions that an event loop calls in order, one every `TURN_SECONDS`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Callable[[], None]] = deque()
        self._next = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def take(self, do: Callable[[], None]) -> None:
        """Call a function, without arguments, at the next free turn."""
        self._waiting.append(do)
        self._plan()

    def _plan(self) -> None:
        if self._waiting and self._timer is None:
            self._timer = self._loop.call_at(max(self._next, self._loop.time()), self._run)

    def _run(self) -> None:
        self._timer = None
        do = self._waiting.popleft()
        self._next = self._loop.time() + TURN_SECONDS
        self._plan()
        do()


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


def turns_of(loop: asyncio.AbstractEventLoop) -> Turns:
    """Return the turns that all connections of an event loop share."""
    found = _turns.get(loop)
    if found is None:
        found = _turns[loop] = Turns(loop)
    return found
