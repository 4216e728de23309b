"""Any names the caller gives, for a classifier that was trained on a thousand others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.eyes.question.sentence_vectors import vectors
from sensorium.eyes.recognition.vocabulary import lookup

_VECTORS = Path(__file__).parent / "data" / "class-vectors.npy"
SCALE = 400.0
"""The file holds the text vectors of the 1000 class names times this, as int8."""

# Fitted by recipes/recognition_calibration.py on photos that no benchmark's test split holds.
_NEARNESS = 8.0
_SHARPEN = 1.8


def name_probabilities(classes: NDArray[np.float64], names: Sequence[str]) -> NDArray[np.float64]:
    """Return the probability of each name, (n,), as if exactly one were right, from class probabilities (1000,).

    Each class lends its probability to the names near to it in meaning. Source: ConSE (Norouzi et al. 2013), with one
    change that measured better on the tune photos: the convex combination is taken over each class's shares of the
    names instead of over the vectors. Text vectors are those of "a photo of a …", minus their mean over the 1000
    classes; a name that is a known word also gets the mean vector of its classes.

    Raises:
        InstallError: if the weights or their runtime are not installed.
    """
    known, mean = class_vectors()
    targets = unit_rows(vectors([prompt(name) for name in names]) - mean)
    for row, name in enumerate(names):
        match = lookup(name)
        if match is not None:
            own = unit_rows(known[list(match[1])].mean(axis=0)[None])
            targets[row] = unit_rows(targets[row][None] + own)[0]
    near = _NEARNESS * (known @ targets.T).astype(np.float64)
    shares = np.exp(near - near.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    sharp: NDArray[np.float64] = (classes @ shares) ** _SHARPEN
    sharp /= sharp.sum()
    return sharp


def prompt(name: str) -> str:
    """Return the sentence whose text vector stands for a name."""
    return f"a photo of a {name}"


def class_vector_bytes() -> bytes:
    """Return the bytes of the file of the class names' text vectors."""
    return _VECTORS.read_bytes()


@cache
def class_vectors() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return text vectors of the 1000 class names, unit rows (1000, 384) about their mean, and that mean, (384,)."""
    stored = np.load(_VECTORS).astype(np.float32) / SCALE
    mean: NDArray[np.float32] = stored.mean(axis=0)
    return unit_rows(stored - mean), mean


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows scaled to length 1."""
    scaled: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return scaled
