"""Reading text: lines with boxes, script and score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sensorium.core.errors import InstallError
from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.eyes.weights import INSTALL_HINT
from sensorium.media.image import Pixels, pixels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SURE = 0.9
"""Below this score a line counts as unread."""


@dataclass(frozen=True)
class Line:
    """One line of text.

    Args:
        text: What it says.
        box: Where, upright rectangle in pixels of the upright picture.
        score: How sure the reader is, 0 to 1; under `SURE` treat as unread.
        script: "latin", "han", "devanagari" …
        corners: The four corners of the (possibly tilted) line, clockwise from its top left.
    """

    text: str
    box: Box
    score: float
    script: str = "latin"
    corners: tuple[tuple[float, float], ...] = ()


def read(image: Image) -> tuple[Line, ...]:
    """Read every line in a picture, in reading order, the doubtful ones too (score under `SURE`).

    Source: PP-OCRv6 through rapidocr (Apache-2.0).

    Raises:
        MediaError: when the picture cannot be opened.
        InstallError: when the reader is not installed.
    """
    return read_pixels(pixels(image))


def read_pixels(picture: Pixels) -> tuple[Line, ...]:
    """Read every line of (height, width, 3) uint8 RGB pixels; see `read`."""
    found = _engine()(picture[:, :, ::-1])
    if found.txts is None:
        return ()
    return tuple(
        Line(text, _box(corners), float(score), corners=tuple((float(x), float(y)) for x, y in corners))
        for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True)
    )


def _box(corners: NDArray[np.float32]) -> Box:
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))


@cache
def _engine() -> Any:
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise InstallError(f"The package {error.name!r} is not installed.", INSTALL_HINT) from None
    return RapidOCR(params={"Global.log_level": "error", "Global.use_cls": False})
