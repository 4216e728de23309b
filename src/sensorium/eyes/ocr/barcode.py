"""Barcodes and QR codes: what they say and where."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL.Image

from sensorium.core.errors import InstallError
from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.core.weights import INSTALL_HINT
from sensorium.media.image import Pixels, pixels

_SMALL = 1600
"""Pictures up to this longest side, in pixels, are looked at twice as large too."""
_LARGE = 2400
"""Turned views are shrunk to this longest side, in pixels."""
_VIEWS = ((0.0, 1), (45.0, 1), (22.5, 1), (67.5, 1), (0.0, 2), (45.0, 2), (22.5, 2), (67.5, 2))
_STRONG = ("QR", "Aztec", "Data Matrix", "PDF417", "MaxiCode", "Code 128", "Code 93")
"""Formats whose own check is strong. Those of shops hold one check digit, which a misreading passes one time in ten."""


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


_Reading = tuple[float, Barcode]  # by how many degrees the view was turned, and what was read in it


def barcodes(image: Image, small: bool = True) -> tuple[Barcode, ...]:
    """Read every barcode and QR code, tilted, upside down, inverted and small ones too, from top to bottom.

    A code with a weak check (EAN, UPC, ITF …) counts as valid only where two of the views, turned by parts of a right
    angle and enlarged, read the same. One that was seen but not confirmed is given with `valid` False, unless a valid
    one lies there.

    Args:
        image: The picture.
        small: False does without the enlarged views, which take most of the time: small codes are passed over.

    Source: zxing-cpp (Apache-2.0).

    Raises:
        MediaError: when the picture cannot be opened.
        InstallError: when zxing-cpp is not installed.
    """
    picture = pixels(image)
    readings: list[_Reading] = []
    for step, (degrees, larger) in enumerate(_VIEWS):
        if larger > 1 and (not small or max(picture.shape[:2]) > _SMALL):
            break
        readings += [(degrees, code) for code in _read(picture, degrees, larger)]
        found = _agreed(readings)
        if step > 0 and found and all(code.valid for code in found):
            return found
    return _agreed(readings)


def _read(picture: Pixels, degrees: float, larger: int) -> list[Barcode]:
    """Read a view of the picture: turned anticlockwise and enlarged; boxes are given in the picture itself."""
    zxingcpp = _zxing()
    view, scale = PIL.Image.fromarray(picture), float(larger)
    if larger > 1:
        view = view.resize((larger * view.width, larger * view.height), PIL.Image.Resampling.BICUBIC)
    if degrees:
        shrink = min(1.0, _LARGE / max(view.size))
        if shrink < 1:
            view = view.resize((round(view.width * shrink), round(view.height * shrink)))
            scale *= shrink
        before = view.size
        view = view.rotate(degrees, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=(210, 210, 210))
    else:
        before = view.size
    found = zxingcpp.read_barcodes(np.ascontiguousarray(np.asarray(view)[:, :, ::-1]), return_errors=True)
    return [
        Barcode(*_named(code), _box(code.position, view.size, before, degrees, scale), bool(code.valid))
        for code in found
        if code.text or not code.valid
    ]


def _named(code: Any) -> tuple[str, str]:
    """Return text and format; an EAN-13 that begins with 0 is a UPC-A, whose twelve digits are what is printed."""
    text, format = code.text, str(code.format)
    return (text[1:], "UPC-A") if format == "EAN-13" and len(text) == 13 and text[0] == "0" else (text, format)


def _box(position: Any, size: tuple[int, int], before: tuple[int, int], degrees: float, scale: float) -> Box:
    """Turn a code's corners back from a view to the picture and put a box around them."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    across, down = [], []
    for corner in (position.top_left, position.top_right, position.bottom_right, position.bottom_left):
        x, y = corner.x - size[0] / 2, corner.y - size[1] / 2
        across.append((x * cos - y * sin + before[0] / 2) / scale)
        down.append((x * sin + y * cos + before[1] / 2) / scale)
    return Box(min(across), min(down), max(max(across), min(across) + 1), max(max(down), min(down) + 1))


def _agreed(readings: list[_Reading]) -> tuple[Barcode, ...]:
    """Return one code a place: the reading that most views agree on, valid where that is enough."""
    places: list[list[_Reading]] = []
    for reading in readings:
        near = [place for place in places if any(_overlap(reading[1].box, code.box) for _, code in place)]
        places = [place for place in places if not any(place is other for other in near)]
        places.append([one for place in near for one in place] + [reading])
    # What one view takes for a code and cannot read is mostly none.
    out = [_best(place) for place in places if len(place) > 1 or place[0][1].valid]
    return tuple(sorted(out, key=lambda code: (code.box.top, code.box.left)))


def _best(place: list[_Reading]) -> Barcode:
    views: dict[tuple[str, str], set[float]] = {}
    for degrees, code in place:
        if code.valid:
            views.setdefault((code.text, code.format), set()).add(degrees)
    if not views:
        return place[0][1]
    # A strong check outweighs any number of weak ones: a slice of one code may pass for another, shorter one.
    order = sorted(views, key=lambda name: (name[1].startswith(_STRONG), len(views[name]), len(name[0])), reverse=True)
    (text, format), rivals = order[0], [len(views[name]) for name in order[1:]]
    sure = format.startswith(_STRONG) or len(views[order[0]]) >= 2 + max(rivals, default=0)
    boxes = [code.box for _, code in place if code.valid and code.text == text]
    return Barcode(text, format, max(boxes, key=lambda box: min(box.width, box.height)), sure)


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
