"""An embedder for tests of an index: a small colour histogram of each picture, and a count of what was embedded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.core.messages import Image, Part
from sensorium.media.image import pixels

DIMS = 12


class CountingEmbedder:
    """Embeds a picture as the mean colours of its quarters; `embedded` counts pictures."""

    dims = DIMS

    def __init__(self, name: str = "quarters", version: str = "1") -> None:
        self.name = name
        self.version = version
        self.embedded = 0

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        """Return unit rows, (n, 12)."""
        rows = np.zeros((len(parts), DIMS), dtype=np.float32)
        for row, part in zip(rows, parts, strict=True):
            assert isinstance(part, Image)
            picture = pixels(part).astype(np.float32) + 1.0
            half = [array for band in np.array_split(picture, 2) for array in np.array_split(band, 2, axis=1)]
            row[:] = np.concatenate([quarter.mean(axis=(0, 1)) for quarter in half])
            if self.version != "1":
                row[:] = row[::-1]
        self.embedded += len(parts)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)
