"""A model made ready before a clock starts: the seconds of an answer leave out the import of an SDK."""

from __future__ import annotations

from collections.abc import Callable

from sensorium.core.protocols import Model


def prepare(model: Model) -> None:
    """Let a model import and open what every answer needs, if it has a method `prepare`; a second call does nothing.

    Raises:
        InstallError: if a package is missing.
    """
    method: Callable[[], object] | None = getattr(model, "prepare", None)
    if method is not None:
        method()
