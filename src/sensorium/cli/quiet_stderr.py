"""What C libraries write past Python to standard error (libtiff, libpng, onnxruntime): kept from the user."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silenced() -> Iterator[None]:
    """Silence file descriptor 2 while the block runs; Python's `sys.stderr` still reaches the user.

    With SENSORIUM_TRACEBACK=1, or if `sys.stderr` is not the process's own (in tests), nothing changes.
    """
    own = sys.stderr
    if own is not sys.__stderr__ or own is None or os.environ.get("SENSORIUM_TRACEBACK") == "1":
        yield
        return
    try:
        saved = os.dup(own.fileno())
    except (OSError, ValueError):  # standard error is closed
        yield
        return
    devnull = os.open(os.devnull, os.O_WRONLY)
    with open(saved, "w", encoding=own.encoding, errors="backslashreplace", buffering=1, closefd=False) as stream:
        os.dup2(devnull, own.fileno())
        sys.stderr = stream
        try:
            yield
        finally:
            sys.stderr = own
            os.dup2(saved, own.fileno())
            os.close(devnull)
            try:
                stream.flush()
            except OSError:  # the reader has gone
                pass
    os.close(saved)
