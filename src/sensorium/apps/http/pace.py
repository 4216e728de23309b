"""Pace: all clients together send so many bytes a second, so that the event loop is free for everybody else.

The system wakes a process late that has been copying bodies all the time: at a load of 12 on two cores, four clients
that sent as fast as they could made others wait for 0.5 s.
"""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

BYTES_PER_SECOND = 15_000_000
"""Of all bodies together, once `BURST_BYTES` have come at once."""
BURST_BYTES = 8_000_000
"""What comes at any speed after a pause: a large photo."""
PIECE_BYTES = 65_536
"""What one read of a connection takes, at most: a piece is copied four times before anybody else is looked at."""


class Pace:
    """A leaky bucket (the generic cell rate algorithm of ITU-T I.371): pieces are taken in the order they come."""

    def __init__(self, bytes_per_second: float, burst_bytes: float) -> None:
        self._rate = bytes_per_second
        self._burst_seconds = burst_bytes / bytes_per_second
        self._due = float("-inf")  # when all that has come would have come at the rate

    def wait(self, count: int, now: float) -> float:
        """Count so many bytes that have come; return for how many seconds whoever sent them may send no more."""
        self._due = max(self._due, now - self._burst_seconds) + count / self._rate
        return max(0.0, self._due - now)


class LoopPaces:
    """The paces of one event loop: of bodies that are read, and of those that are refused, which have no burst."""

    def __init__(self) -> None:
        self.reading = Pace(BYTES_PER_SECOND, BURST_BYTES)
        self.dropping = Pace(BYTES_PER_SECOND / 2, BYTES_PER_SECOND / 20)


_paces: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopPaces] = WeakKeyDictionary()


def paces_of(loop: asyncio.AbstractEventLoop) -> LoopPaces:
    """Return the paces that all connections of an event loop share."""
    found = _paces.get(loop)
    if found is None:
        found = _paces[loop] = LoopPaces()
    return found
