"""The two PP-OCR networks: where the lines of text are, and what each says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.weights import importing, onnx_session, package_file
from sensorium.eyes.ocr.amounts import has_unread_ink, is_doubtful_amount
from sensorium.eyes.ocr.struck import struck
from sensorium.media.image import Pixels, trim

Corners = NDArray[np.float32]
"""The corners of one line: (4, 2), x and y in pixels, clockwise from the text's own top left."""

_DETECTOR = ("models/PP-OCRv6_det_small.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f")
_RECOGNISER = ("models/PP-OCRv6_rec_small.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884")
# The published settings of PP-OCRv6: a pixel is text, a box counts, how far a box is grown.
_MIN_PIXEL, _MIN_BOX, _GROW = 0.3, 0.5, 1.6
_MAX_BOXES = 1000
_LARGE = 960  # longest side in pixels; smaller detections take little memory
_MAX_PIXELS = 1920 * 1440  # of one detection: its memory grows with its area, here to 0.6 GB
_LINE_HEIGHT = 48  # pixels, as the recogniser was trained
_WIDE_CHARACTER_STEPS = 5  # steps of the recogniser, 8 pixels each
_TWINS = {"¥": "￥", "￥": "¥"}
_MAX_LINE = 3200  # pixels at that height; a longer line is squeezed


@dataclass(frozen=True)
class OcrResult:
    """What the recogniser reads in one line.

    Args:
        text: What it says; "" if no character is recognised.
        mean, lowest: Mean and lowest probability of the characters.
        unread: Share of the inked width where no character was read, 0 to 1: high for scripts it does not know.
        doubtful_amount: Whether a digit, or the sign beside a number, isn't sure: ₦, ₩, ฿ look like N, W, B to it.
    """

    text: str
    mean: float
    lowest: float
    unread: float
    doubtful_amount: bool = False


def detect(rgb: Pixels, max_side: int) -> list[Corners]:
    """Return the lines of text in (height, width, 3) RGB pixels, shrunk to a longest side of `max_side` pixels.

    Source: differentiable binarisation (Liao et al. 2020), PP-OCRv6 small detector (Apache-2.0).
    """
    cv2 = opencv()
    height, width = rgb.shape[:2]
    scale = min(1.0, max_side / max(height, width), (_MAX_PIXELS / (height * width)) ** 0.5)
    size = (max(32, round(width * scale / 32) * 32), max(32, round(height * scale / 32) * 32))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR)
    large = max(size) >= _LARGE
    if large:
        trim()
    inputs = {"x": _normalise(small)[None]}
    (output,) = _session(*_DETECTOR).run(None, inputs, _shrinking_arena() if large else None)
    probability = output[0, 0]
    mask = cv2.dilate((probability > _MIN_PIXEL).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    lines = []
    for contour in contours[:_MAX_BOXES]:
        middle, (across, down), angle = cv2.minAreaRect(contour)
        if min(across, down) < 3 or _mean(cv2, probability, cv2.boxPoints((middle, (across, down), angle))) < _MIN_BOX:
            continue
        grow = 2 * across * down * _GROW / (2 * (across + down))
        box = cv2.boxPoints((middle, (across + grow, down + grow), angle))
        box = box * np.array([width / size[0], height / size[1]], dtype=np.float32)
        lines.append(_clockwise(np.clip(box, 0, [width - 1, height - 1]).astype(np.float32)))
    return lines


def recognise(crops: Sequence[Pixels]) -> list[OcrResult]:
    """Return what crops of one line each say, (height, width, 3) RGB pixels.

    Source: PP-OCRv6 small recogniser (Apache-2.0), greedy CTC decoding. One line a run: padding lines of a batch to
    one width costs as much as it saves on a CPU.
    """
    cv2 = opencv()
    session, characters = _session(*_RECOGNISER), _characters()
    results = []
    for crop in crops:
        height, width = crop.shape[:2]
        wide = int(np.clip(np.ceil(_LINE_HEIGHT * width / height), 16, _MAX_LINE))
        interpolation = cv2.INTER_AREA if height > 1.5 * _LINE_HEIGHT else cv2.INTER_LINEAR
        line = _normalise(cv2.resize(crop, (wide, _LINE_HEIGHT), interpolation=interpolation))
        (steps,) = session.run(None, {"x": line[None]})
        best = steps[0].argmax(axis=1)
        new = np.ones(len(best), dtype=bool)
        new[1:] = best[1:] != best[:-1]
        chosen = np.flatnonzero(new & (best != 0))
        if not len(chosen):
            results.append(OcrResult("", 0.0, 0.0, 1.0))
            continue
        read = [characters[i] for i in best[chosen]]
        probabilities = steps[0][chosen, best[chosen]]
        doubtful = _is_doubtful(steps[0], chosen, line, read)
        # Which of the dashes it is splits the probability and does not matter.
        plain = np.array([character not in "-–—" for character in read])
        probabilities = probabilities[plain] if plain.any() else probabilities
        unread = _unread_share(line, chosen, len(best))
        results.append(
            OcrResult("".join(read), float(probabilities.mean()), float(probabilities.min()), unread, doubtful)
        )
    return results


def _is_doubtful(
    steps: NDArray[np.float32], chosen: NDArray[np.intp], line: NDArray[np.float32], read: Sequence[str]
) -> bool:
    """Whether an amount of the line may carry a sign that the recogniser lacks; `steps` are its probabilities."""
    if not any(character.isdigit() for character in read):
        return False
    characters, index = _characters(), _indices()
    found = steps[chosen]
    best = found.max(axis=1)
    second = [characters[i] for i in np.argpartition(-found, 1, axis=1)[:, 1]]
    other_case = [index.get(_TWINS.get(character, character.swapcase())) for character in read]
    more = [found[i, k] if k is not None and characters[k] != read[i] else 0.0 for i, k in enumerate(other_case)]
    positions = chosen * (line.shape[2] / len(steps))
    twins = best + np.array(more, dtype=np.float32)
    return is_doubtful_amount(read, best, second, twins, struck(line, positions, read)) or (
        has_unread_ink(line, positions, read)
    )


def crop(rgb: Pixels, corners: Corners) -> Pixels:
    """Return one line cut out and straightened: (height, width, 3) RGB pixels, its top left at the first corner."""
    cv2 = opencv()
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = int(np.ceil(max(sides[0], sides[2], 1.0))), int(np.ceil(max(sides[1], sides[3], 1.0)))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    transform = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    line: Pixels = cv2.warpPerspective(
        rgb, transform, (width, height), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC
    )
    return line


def around(pieces: Sequence[Corners]) -> Corners:
    """Return the corners of the smallest (tilted) rectangle around pieces of one upright line."""
    cv2 = opencv()
    box = cv2.boxPoints(cv2.minAreaRect(np.concatenate(pieces).astype(np.float32)))
    return _clockwise(box.astype(np.float32))


def _unread_share(line: NDArray[np.float32], positions: NDArray[np.intp], steps: int) -> float:
    """Return the share of the inked steps that lie further than a wide character from any character read."""
    contrast = line.mean(axis=0).std(axis=0)
    per_step = contrast[: len(contrast) // steps * steps].reshape(steps, -1).mean(axis=1)
    typical = np.median(per_step[positions])
    inked = np.flatnonzero(per_step > 0.5 * typical)
    if not len(inked):
        return 0.0
    nearest = np.abs(inked[:, None] - positions[None, :]).min(axis=1)
    return float((nearest > _WIDE_CHARACTER_STEPS).mean())


def _mean(cv2: Any, probability: NDArray[np.float32], box: NDArray[np.float32]) -> float:
    """Return the mean probability inside a box."""
    left, top = (max(0, int(side)) for side in np.floor(box.min(axis=0)))
    right, bottom = (int(side) + 1 for side in np.ceil(box.max(axis=0)))
    part = probability[top:bottom, left:right]
    mask = np.zeros(part.shape, dtype=np.uint8)
    cv2.fillPoly(mask, [(box - [left, top]).astype(np.int32)], 1)
    return float(cv2.mean(part, mask)[0])


def _clockwise(box: Corners) -> Corners:
    """Return corners in order from the one at the image's top left."""
    by_x = box[np.argsort(box[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    left = left[np.argsort(left[:, 1], kind="stable")]
    right = right[np.argsort(right[:, 1], kind="stable")]
    return np.array([left[0], right[0], right[1], left[1]], dtype=np.float32)


def _normalise(rgb: Pixels) -> NDArray[np.float32]:
    """Return (3, height, width) in blue, green, red, from -1 to 1, as both networks were trained."""
    return np.ascontiguousarray((rgb[:, :, ::-1].astype(np.float32) / 127.5 - 1.0).transpose(2, 0, 1))


def opencv() -> Any:
    """Return cv2; InstallError if it is missing."""
    with importing("offline", "opencv-python-headless"):
        import cv2
    return cv2


@cache
def _characters() -> tuple[str, ...]:
    listed = _session(*_RECOGNISER).get_modelmeta().custom_metadata_map["character"]
    return ("", *listed.splitlines(), " ")


def _shrinking_arena() -> Any:
    """Make the runtime return its memory after a large detection: 0.4 GB would stay, and more with each shape."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


@cache
def _session(inside: str, sha256: str) -> Any:
    return onnx_session(package_file("rapidocr", inside, sha256))


@cache
def _indices() -> dict[str, int]:
    return {character: i for i, character in enumerate(_characters())}
