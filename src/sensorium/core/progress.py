"""Progress: the one interface for work on many items that may show how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Progress(Protocol):
    """Works on items one after another and may show how far it is; `label` is e.g. "Reading"."""

    def __call__(
        self, items: Sequence[Item], work: Callable[[Item], Result], label: str
    ) -> Iterator[tuple[Item, Result]]:
        """Yield each item with what `work` returns for it."""
        ...


def no_progress(items: Sequence[Item], work: Callable[[Item], Result], label: str) -> Iterator[tuple[Item, Result]]:
    """Yield each item with what `work` returns for it; shows nothing."""
    for item in items:
        yield item, work(item)
