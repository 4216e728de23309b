"""EfficientNet-Lite0 in onnxruntime: an image -> 1000 class logits, 1280 features."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from sensorium.core.messages import Image
from sensorium.core.weights import onnx_session, reinstall_hint, verified_file
from sensorium.media.image import Pixels, pixels

DIMS = 1280
SIDE = 224
"""The side in pixels that the network was trained at."""
_MODEL = Path(__file__).parent / "data" / "efficientnet-lite0.onnx"  # made by recipes/efficientnet_to_onnx.py
SHA256 = "8067ce987bc2b4e5d1431888ed14911f18cd6fc962a95059bc55e65bd524e115"
CLASSES = 1000
_CLASSIFIER_START = 13_417_933
"""Where in the file, which `SHA256` fixes, the last layer's weights begin: `_fc.weight`, float32, (1000, 1280)."""


def logits(image: Image) -> NDArray[np.float32]:
    """Return the network's raw scores of the 1000 ImageNet classes, (1000,) float32.

    Source: EfficientNet-Lite0 (Tan and Le 2019; Google, Apache-2.0) with weights trained on ImageNet-1k.

    Raises:
        MediaError: if the image can't be opened.
        InstallError: if the weights or their runtime are not installed.
    """
    return infer(pixels(image))[0]


def features(image: Image) -> NDArray[np.float32]:
    """Return the pooled features as a unit vector, (1280,) float32; two photos of one thing have a small angle.

    Raises:
        MediaError, InstallError: see `logits`.
    """
    pooled = infer(pixels(image))[1]
    unit: NDArray[np.float32] = pooled / max(float(np.linalg.norm(pooled)), 1e-12)
    return unit


def infer(image: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (logits (1000,), features (1280,) not yet unit) of (height, width, 3) uint8 RGB pixels, in one pass."""
    scores, pooled = infer_batch(preprocess(image)[None])
    return scores[0], pooled[0]


def infer_batch(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (logits (n, 1000), features (n, 1280)) of preprocessed images, (n, 3, height, width); thread-safe."""
    scores, pooled = _session().run(["logits", "features"], {"pixels": batch})
    return scores, pooled


def preprocess(image: Pixels, side: int = SIDE) -> NDArray[np.float32]:
    """Return (3, side, side) float32 for the network: the whole image, resized, (x - 127) / 128."""
    if image.shape[:2] != (side, side):
        whole = PIL.Image.fromarray(image)
        image = np.asarray(whole.resize((side, side), PIL.Image.Resampling.BICUBIC, reducing_gap=3.0))
    scaled = (image.astype(np.float32) - 127.0) / 128.0
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


@cache
def class_directions() -> NDArray[np.float32]:
    """Return the last layer's weights less their mean over classes, (1000, 1280): features @ these are centred logits.

    Raises:
        InstallError: if the weights are not the expected ones.
    """
    data = verified_file(_MODEL, SHA256, reinstall_hint("sensorium")).read_bytes()
    weights = np.frombuffer(data, np.float32, CLASSES * DIMS, _CLASSIFIER_START).reshape(CLASSES, DIMS)
    centred: NDArray[np.float32] = weights - weights.mean(axis=0)
    return centred


@cache
def _session() -> Any:
    return onnx_session(verified_file(_MODEL, SHA256, reinstall_hint("sensorium")))
