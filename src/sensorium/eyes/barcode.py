"""Barcodes and QR codes: what they say and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sensorium.core.errors import InstallError
from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.eyes.weights import INSTALL_HINT
from sensorium.media.image import Pixels, pixels

_SMALL = 1600
"""Pictures up to this longest side, in pixels, are enlarged twofold when nothing was found in them."""


@dataclass(frozen=True)
class Barcode:
    """A code.

    Args:
        text: What it holds, as people read it.
        format: "EAN-13", "QR Code", "Code 128" …
        box: Where, in pixels of the upright picture.
        valid: True where its own check (digits, error correction) holds; do not repeat the text of one where not.
    """

    text: str
    format: str
    box: Box
    valid: bool


def barcodes(image: Image) -> tuple[Barcode, ...]:
    """Read every barcode and QR code, tilted, upside down, inverted and small ones too, from top to bottom.

    A code that was seen but fails its own check is given with `valid` False, unless a valid one covers it. Where
    nothing is found the picture is tried again enlarged and at half a right angle.

    Source: zxing-cpp (Apache-2.0).

    Raises:
        MediaError: when the picture cannot be opened.
        InstallError: when zxing-cpp is not installed.
    """
    picture = pixels(image)
    found = _read(picture, 1.0)
    if not any(code.valid for code in found) and max(picture.shape[:2]) <= _SMALL:
        found += _read(_enlarged(picture), 2.0)
    return _distinct(found)


def _read(picture: Pixels, scale: float) -> list[Barcode]:
    zxingcpp = _zxing()
    found = zxingcpp.read_barcodes(picture[:, :, ::-1].copy(), return_errors=True)
    return [
        Barcode(code.text, str(code.format), _box(code.position, scale), bool(code.valid))
        for code in found
        if code.text or not code.valid
    ]


def _enlarged(picture: Pixels) -> Pixels:
    import numpy as np
    import PIL.Image

    height, width = picture.shape[:2]
    larger = PIL.Image.fromarray(picture).resize((2 * width, 2 * height), PIL.Image.Resampling.BICUBIC)
    return np.asarray(larger)


def _box(position: Any, scale: float) -> Box:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    across, down = [corner.x / scale for corner in corners], [corner.y / scale for corner in corners]
    return Box(min(across), min(down), max(max(across), min(across) + 1), max(max(down), min(down) + 1))


def _distinct(found: list[Barcode]) -> tuple[Barcode, ...]:
    """Drop what was seen twice, the invalid where a valid one lies; order from the top."""
    kept: list[Barcode] = []
    for code in sorted(found, key=lambda code: (not code.valid, code.box.top, code.box.left)):
        if not any(_overlap(code.box, other.box) and (not code.valid or code.text == other.text) for other in kept):
            kept.append(code)
    return tuple(sorted(kept, key=lambda code: (code.box.top, code.box.left)))


def _overlap(one: Box, other: Box) -> bool:
    return (
        min(one.right, other.right) > max(one.left, other.left) - 2
        and min(one.bottom, other.bottom) > max(one.top, other.top) - 2
    )


def _zxing() -> Any:
    try:
        import zxingcpp
    except ImportError:
        raise InstallError("The package 'zxing-cpp' is not installed.", INSTALL_HINT) from None
    return zxingcpp
