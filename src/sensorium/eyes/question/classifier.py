"""The trained classifiers: sentences as features, and how likely each kind and each operation is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.core.weights import reinstall_hint, verified_bytes
from sensorium.eyes.question.hashed_ngrams import hashed_ngrams
from sensorium.eyes.question.sentence_vectors import vectors

WEIGHTS = Path(__file__).parent / "data" / "understand.npz"
SHA256 = "b6558cefd139a84890aad6a42e465293a4efce40125f1a98bfa5a69772a6cfd6"


@dataclass(frozen=True)
class LinearClassifier:
    """Multinomial logistic regression: `weight` (classes, features), `bias` (classes,), softmax at `temperature`."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    temperature: float = 1.0

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n, classes) float32, rows summing to 1, for (n, features) float32."""
        logits = (features @ self.weight.T + self.bias) / self.temperature
        scaled = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(scaled / scaled.sum(axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True)
class Classifiers:
    """The two classifiers: of the kind (in the order of `KINDS`) and of the chart's operation (`OPERATIONS`)."""

    kind: LinearClassifier
    operation: LinearClassifier


def extract_features(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return (n, 384 + BUCKETS) float32: sentence vectors beside hashed words and characters."""
    return np.hstack([vectors(texts), hashed_ngrams(texts)])


@cache
def load_classifiers(path: Path = WEIGHTS, sha256: str = SHA256) -> Classifiers:
    """Load the trained classifiers once their file's digest has been checked.

    Raises:
        InstallError: when the file is missing or not the expected one.
    """
    with np.load(io.BytesIO(verified_bytes(path, sha256, reinstall_hint("sensorium"))), allow_pickle=False) as arrays:

        def classifier(name: str) -> LinearClassifier:
            weight = arrays[f"{name}_weight"].astype(np.float32) * arrays[f"{name}_scale"]
            return LinearClassifier(weight, arrays[f"{name}_bias"], float(arrays[f"{name}_temperature"]))

        return Classifiers(classifier("kind"), classifier("operation"))
