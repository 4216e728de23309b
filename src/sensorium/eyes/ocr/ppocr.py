"""The two PP-OCR networks: where lines of text are, and what one line says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InstallError
from sensorium.core.weights import INSTALL_HINT, package_file
from sensorium.media.image import Pixels
from sensorium.media.memory import trim

Corners = NDArray[np.float32]
"""The corners of one line: (4, 2), x and y in pixels, clockwise from the text's own top left."""

_DETECTOR = ("models/PP-OCRv6_det_small.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f")
_RECOGNISER = ("models/PP-OCRv6_rec_small.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884")
_INK = 0.3  # the published settings of PP-OCRv6: a pixel is text, a box is kept, how far a box is grown
_KEEP = 0.5
_GROW = 1.6
_MOST_BOXES = 1000
_LARGE = 960  # longest side in pixels; smaller looks take little memory
_MOST_PIXELS = 1920 * 1440  # of one look: what it needs grows with its area, here to 0.6 GB
_LINE_HEIGHT = 48  # pixels, as the recogniser was trained
_WIDE_LETTER_STEPS = 5  # steps of the recogniser, 8 pixels each
_LONGEST_LINE = 3200  # pixels at that height; a longer line is squeezed


@dataclass(frozen=True)
class OcrResult:
    """What the recogniser makes of one line.

    Args:
        text: What it says; "" where it sees nothing that it knows.
        mean, least: Mean and least probability of the characters.
        unread: Share of the inked width where no character was read, 0 to 1: high for scripts it does not know.
    """

    text: str
    mean: float
    least: float
    unread: float


def detect(picture: Pixels, longest: int) -> list[Corners]:
    """Find the lines of text in (height, width, 3) RGB pixels, looked at with a longest side of `longest` pixels.

    Source: differentiable binarisation (Liao et al. 2020), PP-OCRv6 small detector (Apache-2.0).
    """
    cv2 = _cv2()
    height, width = picture.shape[:2]
    scale = min(1.0, longest / max(height, width), (_MOST_PIXELS / (height * width)) ** 0.5)
    size = (max(32, round(width * scale / 32) * 32), max(32, round(height * scale / 32) * 32))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR)
    feed = {"x": _normal(small)[None]}
    large = max(size) >= _LARGE
    if large:
        trim()
    (likely,) = _session(*_DETECTOR).run(None, feed, _giving_back() if large else None)
    chart = likely[0, 0]
    mask = cv2.dilate((chart > _INK).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours[:_MOST_BOXES]:
        middle, (across, down), angle = cv2.minAreaRect(contour)
        if min(across, down) < 3 or _ink_share(cv2, chart, cv2.boxPoints((middle, (across, down), angle))) < _KEEP:
            continue
        grow = 2 * across * down * _GROW / (2 * (across + down))
        box = cv2.boxPoints((middle, (across + grow, down + grow), angle))
        box = box * np.array([width / size[0], height / size[1]], dtype=np.float32)
        found.append(_clockwise(np.clip(box, 0, [width - 1, height - 1]).astype(np.float32)))
    return found


def recognise(crops: Sequence[Pixels]) -> list[OcrResult]:
    """Read crops of one line each, (height, width, 3) RGB pixels.

    Source: PP-OCRv6 small recogniser (Apache-2.0), greedy CTC decoding. One line a run: padding lines of a batch to
    one width costs as much as it saves on a CPU.
    """
    cv2 = _cv2()
    session = _session(*_RECOGNISER)
    letters = _letters()
    guesses = []
    for crop in crops:
        height, width = crop.shape[:2]
        wide = int(np.clip(np.ceil(_LINE_HEIGHT * width / height), 16, _LONGEST_LINE))
        how = cv2.INTER_AREA if height > 1.5 * _LINE_HEIGHT else cv2.INTER_LINEAR
        line = _normal(cv2.resize(crop, (wide, _LINE_HEIGHT), interpolation=how))
        (steps,) = session.run(None, {"x": line[None]})
        best = steps[0].argmax(axis=1)
        sure = steps[0][np.arange(len(best)), best]
        new = np.ones(len(best), dtype=bool)
        new[1:] = best[1:] != best[:-1]
        kept = new & (best != 0)
        text = "".join(letters[i] for i in best[kept])
        chances = sure[kept]
        if not len(chances):
            guesses.append(OcrResult("", 0.0, 0.0, 1.0))
            continue
        # which of the dashes it is splits the probability and matters to nobody
        told = np.array([letters[i] not in "-–—" for i in best[kept]])
        chances = chances[told] if told.any() else chances
        unread = _unread_share(line, np.flatnonzero(kept), len(best))
        guesses.append(OcrResult(text, float(chances.mean()), float(chances.min()), unread))
    return guesses


def crop(picture: Pixels, corners: Corners) -> Pixels:
    """Cut one line out and straighten it: (height, width, 3) RGB pixels, its top left at the first corner."""
    cv2 = _cv2()
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = int(np.ceil(max(sides[0], sides[2], 1.0))), int(np.ceil(max(sides[1], sides[3], 1.0)))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    how = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    cut: Pixels = cv2.warpPerspective(
        picture, how, (width, height), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC
    )
    return cut


def around(pieces: Sequence[Corners]) -> Corners:
    """Return the corners of the smallest (tilted) rectangle around pieces of one upright line."""
    cv2 = _cv2()
    box = cv2.boxPoints(cv2.minAreaRect(np.concatenate(pieces).astype(np.float32)))
    return _clockwise(box.astype(np.float32))


def _unread_share(line: NDArray[np.float32], read_at: NDArray[np.intp], steps: int) -> float:
    """Return the share of the inked steps that lie further than a wide letter from any character read."""
    contrast = line.mean(axis=0).std(axis=0)
    per_step = contrast[: len(contrast) // steps * steps].reshape(steps, -1).mean(axis=1)
    typical = np.median(per_step[read_at])
    inked = np.flatnonzero(per_step > 0.5 * typical)
    if not len(inked):
        return 0.0
    nearest = np.abs(inked[:, None] - read_at[None, :]).min(axis=1)
    return float((nearest > _WIDE_LETTER_STEPS).mean())


def _ink_share(cv2: Any, chart: NDArray[np.float32], box: NDArray[np.float32]) -> float:
    left, top = (max(0, int(side)) for side in np.floor(box.min(axis=0)))
    right, bottom = (int(side) + 1 for side in np.ceil(box.max(axis=0)))
    part = chart[top:bottom, left:right]
    mask = np.zeros(part.shape, dtype=np.uint8)
    cv2.fillPoly(mask, [(box - [left, top]).astype(np.int32)], 1)
    return float(cv2.mean(part, mask)[0])


def _clockwise(box: Corners) -> Corners:
    """Order corners from the one at the picture's top left."""
    by_x = box[np.argsort(box[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    left = left[np.argsort(left[:, 1], kind="stable")]
    right = right[np.argsort(right[:, 1], kind="stable")]
    return np.array([left[0], right[0], right[1], left[1]], dtype=np.float32)


def _normal(picture: Pixels) -> NDArray[np.float32]:
    """Return (3, height, width) in blue, green, red, from -1 to 1, as both networks were trained."""
    return np.ascontiguousarray((picture[:, :, ::-1].astype(np.float32) / 127.5 - 1.0).transpose(2, 0, 1))


def _cv2() -> Any:
    try:
        import cv2
    except ImportError as error:
        raise InstallError(f"The package {error.name!r} is not installed.", INSTALL_HINT) from None
    return cv2


@cache
def _letters() -> tuple[str, ...]:
    listed = _session(*_RECOGNISER).get_modelmeta().custom_metadata_map["character"]
    return ("", *listed.splitlines(), " ")


def _giving_back() -> Any:
    """Make the runtime give its memory back after a large look: 0.4 GB would stay, and more with each shape."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


@cache
def _session(inside: str, sha256: str) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise InstallError(f"The package {error.name!r} is not installed.", INSTALL_HINT) from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # 40 % less CPU time, no slower
    path = package_file("rapidocr", inside, sha256)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
