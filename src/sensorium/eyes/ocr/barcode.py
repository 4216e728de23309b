"""Barcodes and QR codes: their text and place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL.Image

from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.core.weights import importing
from sensorium.media.image import Pixels, pixels

_MAX_SIDE_ENLARGED = 1600
"""Images up to this longest side, in pixels, are also read at twice their size."""
_MAX_SIDE_ROTATED = 2400
"""Rotated views are shrunk to this longest side, in pixels."""
_VIEWS = ((0.0, 1), (45.0, 1), (22.5, 1), (67.5, 1), (0.0, 2), (45.0, 2), (22.5, 2), (67.5, 2))
_STRONG = ("QR", "Aztec", "Data Matrix", "PDF417", "MaxiCode", "Code 128", "Code 93")
"""Formats with a strong check. Shop codes hold one check digit, which a misreading passes one time in ten."""


@dataclass(frozen=True)
class Barcode:
    """A code.

    Args:
        text: Its content, as people read it.
        format: "EAN-13", "QR Code", "Code 128" …
        box: Where, in pixels of the upright image.
        valid: Whether its own check (digits, error correction) holds; if not, do not repeat its text.
    """

    text: str
    format: str
    box: Box
    valid: bool


_Reading = tuple[float, Barcode]  # by how many degrees the view was rotated, and the code read in it


def barcodes(image: Image, small: bool = True) -> tuple[Barcode, ...]:
    """Return every barcode and QR code, tilted, upside down, inverted and small ones too, from top to bottom.

    A code with a weak check (EAN, UPC, ITF …) counts as valid only if two of the views, rotated by parts of a right
    angle and enlarged, read the same. One that was seen but not confirmed has `valid` False, unless a valid one lies
    there.

    Args:
        image: The image.
        small: False skips the enlarged views, which take most of the time, and so misses small codes.

    Source: zxing-cpp (Apache-2.0).

    Raises:
        MediaError: if the image can't be opened.
        InstallError: if zxing-cpp is not installed.
    """
    rgb = pixels(image)
    readings: list[_Reading] = []
    for step, (degrees, enlargement) in enumerate(_VIEWS):
        if enlargement > 1 and (not small or max(rgb.shape[:2]) > _MAX_SIDE_ENLARGED):
            break
        readings += [(degrees, code) for code in _read(rgb, degrees, enlargement)]
        codes = _merge(readings)
        if step > 0 and codes and all(code.valid for code in codes):
            return codes
    return _merge(readings)


def _read(rgb: Pixels, degrees: float, enlargement: int) -> list[Barcode]:
    """Return the codes in a view, rotated anticlockwise and enlarged, with boxes in the image itself."""
    zxingcpp = _zxing()
    view, scale = PIL.Image.fromarray(rgb), float(enlargement)
    if enlargement > 1:
        view = view.resize((enlargement * view.width, enlargement * view.height), PIL.Image.Resampling.BICUBIC)
    shrink = min(1.0, _MAX_SIDE_ROTATED / max(view.size)) if degrees else 1.0
    if shrink < 1:
        view = view.resize((round(view.width * shrink), round(view.height * shrink)))
        scale *= shrink
    size = view.size
    if degrees:
        view = view.rotate(degrees, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=(210, 210, 210))
    codes = zxingcpp.read_barcodes(np.ascontiguousarray(np.asarray(view)[:, :, ::-1]), return_errors=True)
    return [
        Barcode(*_text_and_format(code), _box(code.position, view.size, size, degrees, scale), bool(code.valid))
        for code in codes
        if code.text or not code.valid
    ]


def _text_and_format(code: Any) -> tuple[str, str]:
    """Return text and format; an EAN-13 that begins with 0 is a UPC-A, printed as twelve digits."""
    text, format = code.text, str(code.format)
    return (text[1:], "UPC-A") if format == "EAN-13" and len(text) == 13 and text[0] == "0" else (text, format)


def _box(position: Any, rotated: tuple[int, int], size: tuple[int, int], degrees: float, scale: float) -> Box:
    """Return the box around a code's corners, rotated back from a view to the image."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    xs, ys = [], []
    for corner in (position.top_left, position.top_right, position.bottom_right, position.bottom_left):
        x, y = corner.x - rotated[0] / 2, corner.y - rotated[1] / 2
        xs.append((x * cos - y * sin + size[0] / 2) / scale)
        ys.append((x * sin + y * cos + size[1] / 2) / scale)
    return Box(min(xs), min(ys), max(max(xs), min(xs) + 1), max(max(ys), min(ys) + 1))


def _merge(readings: list[_Reading]) -> tuple[Barcode, ...]:
    """Return one code a place: the reading that most views agree on, valid if that is enough."""
    places: list[list[_Reading]] = []
    for reading in readings:
        near = [place for place in places if any(_overlap(reading[1].box, code.box) for _, code in place)]
        places = [place for place in places if not any(place is other for other in near)]
        places.append([earlier for place in near for earlier in place] + [reading])
    # What a single view takes for a code and can't read is mostly not a code.
    codes = [_best(place) for place in places if len(place) > 1 or place[0][1].valid]
    return tuple(sorted(codes, key=lambda code: (code.box.top, code.box.left)))


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
    valid = format.startswith(_STRONG) or len(views[order[0]]) >= 2 + max(rivals, default=0)
    boxes = [code.box for _, code in place if code.valid and code.text == text]
    return Barcode(text, format, max(boxes, key=lambda box: min(box.width, box.height)), valid)


def _overlap(a: Box, b: Box) -> bool:
    across = min(a.right, b.right) > max(a.left, b.left) - 2
    return across and min(a.bottom, b.bottom) > max(a.top, b.top) - 2


def _zxing() -> Any:
    with importing("offline", "zxing-cpp"):
        import zxingcpp
    return zxingcpp
