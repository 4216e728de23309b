"""Frames of a ground with texture, seen through a window that moves or grows."""

from __future__ import annotations

import cv2
import numpy as np

from sensorium.media.video import Frame
from sensorium.video.actions.motion import RATE

SIZE = (320, 180)


def ground(seed: int = 0, width: int = 700, height: int = 500) -> np.ndarray:
    """Make a picture with texture of several sizes."""
    chance = np.random.default_rng(seed)
    out = np.zeros((height, width, 3), np.float32)
    for size in (4, 12, 40):
        noise = chance.integers(0, 256, (height // size + 2, width // size + 2, 3)).astype(np.float32)
        out += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) / 3
    return out.clip(0, 255).astype(np.uint8)


def clip(pictures: list[np.ndarray]) -> list[Frame]:
    return [Frame(10 + number / RATE, picture) for number, picture in enumerate(pictures)]


def window(whole: np.ndarray, x: float, y: float, scale: float = 1.0) -> np.ndarray:
    """Look at a part of a picture around (x, y), `scale` times as large."""
    width, height = SIZE
    matrix = np.float32([[scale, 0, width / 2 - scale * x], [0, scale, height / 2 - scale * y]])
    return cv2.warpAffine(whole, matrix, SIZE)
