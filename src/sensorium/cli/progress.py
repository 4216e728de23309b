"""Progress on standard error: how many are done, and the time left."""

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
LINE_SECONDS = 30.0
"""Seconds between two lines of progress in a redirected stream."""


class TerminalProgress:
    """A `core.protocols.Progress` on standard error.

    On a terminal it shows how many are done and the time left, once the work has taken over `PATIENCE_SECONDS`; in a
    redirected stream it writes a line every `LINE_SECONDS`. Of several items a broken picture is reported and left
    out; `finish` then ends the command with exit code 2.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.broken = False

    def __call__(
        self, items: Sequence[Item], work: Callable[[Item], Result], label: str
    ) -> Iterator[tuple[Item, Result]]:
        """Yield each item with what `work` returns for it."""
        start = last_line = time.monotonic()
        for done, item in enumerate(items):
            spent = time.monotonic() - start
            try:
                if self.quiet or sys.stderr is None:
                    result = work(item)
                elif sys.stderr.isatty():
                    with _shown(label, done, len(items), spent):
                        result = work(item)
                else:
                    if time.monotonic() - last_line > LINE_SECONDS:
                        last_line = time.monotonic()
                        show.aside(progress_text(label, done, len(items), spent))
                    result = work(item)
            except MediaError as error:
                if len(items) == 1:
                    raise
                show.error(error.message, error.hint)
                self.broken = True
            else:
                yield item, result

    def finish(self) -> None:
        """Exit with 2 if an item was broken; call it once the results are printed."""
        if self.broken:
            raise click.exceptions.Exit(2)


def track(
    items: Sequence[Item], work: Callable[[Item], Result], label: str, quiet: bool = False
) -> Iterator[tuple[Item, Result]]:
    """Yield each item with its result, under a `TerminalProgress` that finishes at the end."""
    progress = TerminalProgress(quiet)
    yield from progress(items, work, label)
    progress.finish()


@contextmanager
def _shown(label: str, done: int, of: int, spent_seconds: float) -> Iterator[None]:
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
            text = progress_text(label, done, of, spent_seconds)
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


def progress_text(label: str, done: int, of: int, spent_seconds: float) -> str:
    """Return the progress in words: how many are done, and about how long the rest will take."""
    if of == 1:
        return f"{label} …"
    if done == 0:
        return f"{label} 1 of {of} …"
    left = spent_seconds / done * (of - done)
    return f"{label} {done + 1} of {of}, about {max(1, round(left))} s left …"
