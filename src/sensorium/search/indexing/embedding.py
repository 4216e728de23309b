"""The embedding step: pictures become vectors in this process, or on workers that may be other machines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sensorium.core.blob import Blob
from sensorium.core.errors import LimitError, MediaError
from sensorium.core.messages import Image
from sensorium.core.protocols import Embedder


@dataclass(frozen=True)
class WorkerResult:
    """What a worker made of one picture.

    Args:
        number: Which one.
        digest: SHA-256 of its bytes, "" if they can't be read.
        vector: (dims,), or None if the picture is broken or its bytes are known.
        text: What was read in it, if this was asked for.
        reason: Why it can't be indexed, else "".
        embed_seconds: Spent in the embedder for it.
        read_seconds: Spent reading its text.
    """

    number: int
    digest: str
    vector: NDArray[np.float32] | None = None
    text: str | None = None
    reason: str = ""
    embed_seconds: float = 0.0
    read_seconds: float = 0.0


class Workers(Protocol):
    """Processes that read and embed pictures; they don't write to the index."""

    def embed(
        self,
        openers: Mapping[int, Callable[[], Blob]],
        known: Collection[str],
        read_text: Callable[[Image], str] | None,
        batch: int,
    ) -> Iterator[WorkerResult]:
        """Yield a result for each picture, in any order.

        Args:
            openers: What returns a picture's bytes, by its number; it can be pickled.
            known: Digests of bytes that need not be embedded.
            read_text: Reads the text in a picture; None to leave it unread.
            batch: Pictures that are embedded at once.

        Raises:
            SensoriumError: if the workers, or the embedder on them, fail for good.
        """


def embedded(images: Sequence[Image], embedder: Embedder) -> list[NDArray[np.float32] | str]:
    """Return a vector for each picture, or why it has none; a batch with a broken one is halved until it is alone."""
    if not images:
        return []
    try:
        return list(embedder.embed(images))
    except (MediaError, LimitError) as error:
        if len(images) == 1:
            return [error.message]
    half = len(images) // 2
    return embedded(images[:half], embedder) + embedded(images[half:], embedder)
