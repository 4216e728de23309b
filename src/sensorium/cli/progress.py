"""One thing after another, with the time that is left on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, Timer
from typing import Any, TypeVar

import click

from sensorium.cli import output as show
from sensorium.core.errors import MediaError

Item = TypeVar("Item")
Result = TypeVar("Result")

PATIENCE_SECONDS = 2.0
"""What takes no longer than this shows no progress."""


def each(
    items: Sequence[Item], work: Callable[[Item], Result], doing: str, quiet: bool = False
) -> Iterator[tuple[Item, Result]]:
    """Return each item with what `work` made of it; tells on a terminal's standard error how far it is.

    Of several items one that is a broken picture is said and left out, and the end is exit code 2.

    Args:
        items: What to work on.
        work: Called with one item at a time.
        doing: What is being done, e.g. "Reading".
        quiet: True to show no progress.
    """
    start = time.monotonic()
    broken = False
    for done, item in enumerate(items):
        try:
            if quiet or sys.stderr is None or not sys.stderr.isatty():
                result = work(item)
            else:
                with _shown(doing, done, len(items), time.monotonic() - start):
                    result = work(item)
        except MediaError as error:
            if len(items) == 1:
                raise
            show.error(error.message, error.hint)
            broken = True
        else:
            yield item, result
    if broken:
        raise click.exceptions.Exit(2)


@contextmanager
def _shown(doing: str, done: int, of: int, spent_seconds: float) -> Iterator[None]:
    """Show a line of progress while the block runs, from when the whole has taken over `PATIENCE_SECONDS`."""
    live: list[Any] = []
    over = False
    lock = Lock()

    def begin() -> None:
        from rich.console import Console
        from rich.progress import Progress, TextColumn, TimeElapsedColumn

        with lock:
            if over:
                return
            text = said(doing, done, of, spent_seconds)
            columns = (TextColumn("{task.description}", markup=False), TimeElapsedColumn())
            progress = Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=1)
            progress.add_task(text, total=None)
            progress.start()
            live.append(progress)

    timer = Timer(max(0.0, PATIENCE_SECONDS - spent_seconds), begin)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with lock:
            over = True
            for progress in live:
                progress.stop()
        timer.join()


def said(doing: str, done: int, of: int, spent_seconds: float) -> str:
    """Put the progress in words: how many, and about how long it will still take."""
    if of == 1:
        return f"{doing} …"
    if done == 0:
        return f"{doing} 1 of {of} …"
    left = spent_seconds / done * (of - done)
    return f"{doing} {done + 1} of {of}, about {max(1, round(left))} s left …"
