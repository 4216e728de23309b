"""Standard input: what is piped in, with or without a dash."""

from __future__ import annotations

import os
import stat
import sys

import click

from sensorium.core.errors import InputError, MediaError
from sensorium.core.files import MAX_BYTES

PIPE_SECONDS = 10.0
"""How long a pipe may stay silent."""


def is_piped() -> bool:
    """Whether a pipe or a file is standard input; waits until something comes.

    Raises:
        InputError: if nothing comes for `PIPE_SECONDS`, so that no command hangs on a pipe that nobody fills.
    """
    try:
        handle = sys.stdin.fileno()
        mode = os.fstat(handle).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    if stat.S_ISREG(mode):
        return True
    if not stat.S_ISFIFO(mode):
        return False
    if os.name == "posix":
        import select

        if not select.select([handle], [], [], PIPE_SECONDS)[0]:
            raise InputError(
                f"Standard input is a pipe, and nothing came through it in {PIPE_SECONDS:g} s.",
                "Write - to wait for it, or </dev/null to go without.",
            )
    return True


def piped_argument() -> tuple[str, ...]:
    """Return "-" as the only argument if something is piped in; else raise a usage error."""
    if not is_piped():
        raise click.UsageError("Missing argument: a file, or - for standard input.")
    return ("-",)


def standard_input() -> bytes:
    """Return all of standard input.

    Raises:
        MediaError: if it is empty, too large or can't be read.
    """
    try:
        data = b"" if sys.stdin is None else sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise MediaError(f"Standard input can't be read: {error.strerror}.", "Pipe a file in.") from None
    if len(data) > MAX_BYTES:
        raise MediaError(f"Standard input has more than {MAX_BYTES / 1e6:.0f} MB.", "Make it smaller first.")
    if not data:
        raise MediaError("Standard input is empty.", "Pipe a picture or a text in: cat photo.jpg | sensorium ask -")
    return data
