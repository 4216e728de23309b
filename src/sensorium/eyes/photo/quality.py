"""What is wrong with a photo: blurred, dark, bright, glaring, tilted, cut off; how much, and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sensorium.core.messages import Image
from sensorium.eyes.ocr.cut import cut_sides
from sensorium.eyes.ocr.lines import SURE, TextLine
from sensorium.eyes.ocr.ppocr import opencv
from sensorium.eyes.photo.background import Cutout, FloatArray, cutout, cutout_confidence, linear
from sensorium.eyes.photo.exposure import LUMA, exposure, glare
from sensorium.media.image import Pixels, pixels, resize

Kind = Literal["blurred", "dark", "bright", "glare", "tilted", "cut off"]
KINDS: tuple[Kind, ...] = ("blurred", "dark", "bright", "glare", "tilted", "cut off")
SIDES = ("left", "top", "right", "bottom")
_WAYS = {"left": "to the left", "right": "to the right", "top": "up", "bottom": "down"}
_MAX_SIDE = 800  # pixels of the longest side at which sharpness is judged
_Row = NDArray[np.float64]
_TEXT_CUT = 0.95  # that text which seems to run off the edge does (bench/cut_labels.py)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an image.

    Args:
        kind: Of `KINDS`.
        amount: "blurred": spread of the sharpest edges (sigma), in thousandths of the longest side; "dark": stops below
            a medium exposure; "bright", "glare": share of pixels with a channel at its maximum; "tilted": degrees,
            positive if the text leans clockwise; "cut off": share of that side that the thing covers.
        probability: That a person would call it so, 0 to 1, calibrated.
        where: "left", "top left", "left and right" … for what is cut off, else "".
        advice: One spoken sentence: what to do about it, without needing to see the image.
    """

    kind: Kind
    amount: float
    probability: float
    where: str
    advice: str


@dataclass(frozen=True)
class Quality:
    """What is wrong with an image.

    Args:
        faults: Those that are more likely there than not, the surest first.
        usable: False if blur, dark or glare is so likely (0.8) that nothing else seen in it should be trusted.
    """

    faults: tuple[Fault, ...]
    usable: bool


@dataclass(frozen=True)
class Measurements:
    """The features that the faults are judged by.

    Args:
        blur, light, thing, glare: Features for "blurred", "dark", and two for "bright": how light the thing is, whether
            a part is washed out.
        rim: Features for every side of `SIDES`, (4, n).
        spread: Sigma of the sharpest edges, in thousandths of the longest side; -1 if the image has no edges.
        stops: Stops below (or above, negative) a medium exposure.
        clipped: Share of the thing's pixels with a channel at its maximum.
        covered: Share of every side that the main thing covers, in the order of `SIDES`.
    """

    blur: _Row
    light: _Row
    thing: _Row
    glare: _Row
    rim: _Row
    spread: float
    stops: float
    clipped: float
    covered: tuple[float, ...]


def assess_quality(image: Image, lines: Sequence[TextLine] | None = None) -> Quality:
    """Return what is wrong with an image.

    Args:
        image: The image.
        lines: Its lines of text, if they were read; without them tilt is not judged.

    Raises:
        MediaError: if the image can't be opened.
        InstallError: if opencv is not installed.
    """
    measured = measure(image, lines)
    chances = _probabilities(measured, lines)
    faults = [_fault(kind, chances[kind], measured, lines) for kind in KINDS if chances[kind] >= 0.5]
    spoilt = any(fault.probability >= 0.8 and fault.kind in ("blurred", "dark", "bright") for fault in faults)
    return Quality(tuple(sorted(faults, key=lambda fault: -fault.probability)), not spoilt)


def fault_probabilities(image: Image, lines: Sequence[TextLine] | None = None) -> dict[str, float]:
    """Return the probability of every fault of `KINDS`, for ranking images; "tilted" is 0 without `lines`."""
    return {str(kind): chance for kind, chance in _probabilities(measure(image, lines), lines).items()}


def _probabilities(measured: Measurements, lines: Sequence[TextLine] | None) -> dict[Kind, float]:
    tilt = max(abs(tilt_degrees(lines)), turned_degrees(lines)) if lines else 0.0
    return {
        "blurred": 0.0 if measured.spread < 0 else _sigmoid(_logit(measured.blur, _BLURRED)),
        "dark": _sigmoid(_logit(measured.light, _DARK)),
        "bright": _sigmoid(_logit(measured.thing, _BRIGHT)),
        "glare": _sigmoid(_logit(measured.glare, _GLARE)) if lines else 0.0,
        "tilted": 1 / (1 + math.exp(max(_TILT - tilt, -30))) if tilt else 0.0,
        "cut off": max(*_cut_off_probabilities(measured), _TEXT_CUT if cut_sides(lines or ()) else 0.0),
    }


def _cut_off_probabilities(measured: Measurements) -> list[float]:
    if not any(row[-1] for row in measured.rim):
        return [0.0] * len(SIDES)  # nothing stands out, so nothing is cut off
    slope, bias = _CUT_WHOLE
    return [_sigmoid(slope * _logit(row, _CUT) + bias) for row in measured.rim]


def _logit(row: _Row, fitted: tuple[tuple[float, ...], float]) -> float:
    return float(row @ np.array(fitted[0]) + fitted[1])


def _sigmoid(logit: float) -> float:
    return float(1 / (1 + math.exp(-np.clip(logit, -30, 30))))


def tilt_degrees(lines: Sequence[TextLine]) -> float:
    """Return the angle of the lines of text in degrees, positive clockwise, -90 to 90; 0 if none is long enough.

    The median over lines by their length, from their corners; a line must be twice as long as high to have a direction.
    """
    angles, lengths = [], []
    for line in lines:
        if line.score < SURE or len(line.corners) != 4:
            continue
        (x0, y0), (x1, y1), _, (x3, y3) = line.corners
        along, across = math.hypot(x1 - x0, y1 - y0), math.hypot(x3 - x0, y3 - y0)
        if max(along, across) < 2 * min(along, across):
            continue
        rise, run = (y1 - y0, x1 - x0) if along >= across else (y3 - y0, x3 - x0)
        angle = math.degrees(math.atan2(rise, run))
        angles.append((angle + 90) % 180 - 90)
        lengths.append(max(along, across))
    if not angles:
        return 0.0
    order = np.argsort(angles)
    half = np.searchsorted(np.cumsum(np.array(lengths)[order]), sum(lengths) / 2)
    return float(np.array(angles)[order][half])


def turned_degrees(lines: Sequence[TextLine]) -> float:
    """Return how far most of the text is turned, in quarter turns clockwise: 0, 90, 180 or 270 degrees."""
    lengths = dict.fromkeys((0, 90, 180, 270), 0)
    for line in lines:
        if line.score >= SURE:
            lengths[line.turned_degrees] = lengths.get(line.turned_degrees, 0) + len(line.text)
    return float(max(lengths, key=lambda turn: lengths[turn]))


def _fault(kind: Kind, probability: float, measured: Measurements, lines: Sequence[TextLine] | None) -> Fault:
    if kind == "cut off" and (text := cut_sides(lines or ())):
        amount = max(measured.covered[SIDES.index(side)] for side in text)
        return Fault(kind, amount, probability, _where(text), describe_text_cut(text))
    if kind == "cut off":
        # A second side is less likely beforehand; it counts if the thing plainly lies on it too.
        sides = [
            side
            for side, chance, covered in zip(SIDES, _cut_off_probabilities(measured), measured.covered, strict=True)
            if chance >= 0.5 or (chance >= 0.15 and covered >= 0.15)
        ]
        amount = max(measured.covered[SIDES.index(side)] for side in sides)
        return Fault(kind, amount, probability, _where(sides), _move(sides))
    if kind == "tilted" and (turned := turned_degrees(lines or ())):
        return Fault(kind, turned, probability, _TURNED[turned], "Turn the picture or the page the right way round.")
    if kind == "tilted":
        degrees = tilt_degrees(lines or ())
        # Text leans clockwise in the image if the phone was turned anticlockwise: turn it the way the text leans.
        way = "clockwise, to the right" if degrees > 0 else "anticlockwise, to the left"
        return Fault(kind, degrees, probability, "", f"Turn the phone {way}, by about {abs(degrees):.0f} degrees.")
    amount = {
        "blurred": measured.spread,
        "dark": measured.stops,
        "bright": measured.clipped,
        "glare": measured.clipped,
    }[kind]
    return Fault(kind, amount, probability, "", _ADVICE[kind])


def _where(sides: Sequence[str]) -> str:
    """Return the sides in words: "left", "top left" for neighbours, "left and right", "left, right and bottom"."""
    if len(sides) == 2:
        upright, level = [s for s in sides if s in ("top", "bottom")], [s for s in sides if s in ("left", "right")]
        return f"{upright[0]} {level[0]}" if upright and level else " and ".join(sides)
    return sides[0] if len(sides) == 1 else f"{', '.join(sides[:-1])} and {sides[-1]}"


def _move(sides: Sequence[str]) -> str:
    """Return where to move the phone so that a thing cut off at these sides comes into the image whole.

    What runs out of the image on the left lies to the left of what the camera sees, so the camera goes left; at the
    top, up. Cut off on opposite sides, the thing needs more distance.
    """
    return f"The thing runs out of the picture {_places(sides)}: move the phone {_way(sides)}."


def describe_text_cut(sides: Sequence[str]) -> str:
    """Return one spoken sentence: where the text runs off the image, and where to move the phone; "" for nowhere."""
    return f"The text runs out {_places(sides)}: move the phone {_way(sides)}." if sides else ""


def _places(sides: Sequence[str]) -> str:
    return " and ".join(f"{'on' if side in ('left', 'right') else 'at'} the {side}" for side in sides)


def _way(sides: Sequence[str]) -> str:
    opposite = {"left", "right"} <= set(sides) or {"top", "bottom"} <= set(sides)
    return "farther away" if opposite else " and ".join(_WAYS[side] for side in sides)


def measure(image: Image, lines: Sequence[TextLine] | None = None) -> Measurements:
    """Return the measurements of an image, glare by its lines of text too if they were read."""
    whole = pixels(image)
    rgb = resize(whole, _MAX_SIDE)
    light, stops, clipped, thing = exposure(rgb)
    blur, spread = _blur(rgb)
    rim, covered = _rim(cutout(image))
    washed = glare(rgb, lines, rgb.shape[1] / whole.shape[1])
    return Measurements(blur, light, thing, washed, rim, spread, stops, clipped, covered)


def _blur(rgb: Pixels) -> tuple[_Row, float]:
    """Return features of the sharpness and the spread of the sharpest edges in thousandths of the longest side.

    The spread (sigma) of an edge follows from how much its slope falls when it is blurred again: Zhuo and Sim,
    "Defocus map estimation from a single image", 2011. Taken over the strongest edges only, so that a smooth thing
    on a plain background is judged by its outline; by direction too, because motion blurs only edges across it.
    """
    cv2 = opencv()
    grey = np.sqrt(linear(rgb) @ LUMA).astype(np.float32)
    noise = float(np.median(np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 0.5), cv2.CV_32F)))) + 1e-4
    slopes, angle = _slopes(cv2, grey)
    coarse = slopes[2]
    # Texture looks like noise: the clearest slopes count even where they hardly rise over it.
    high, top = (float(value) for value in np.percentile(coarse, (90, 97)))
    strong = coarse > max(min(1.5 * noise, top), 0.6 * high, 0.004)
    # On the ridge only: beside it the slope falls for another reason than blur.
    strong &= coarse >= 0.98 * cv2.dilate(coarse, np.ones((5, 5), dtype=np.uint8))
    if strong.sum() < 30:
        return np.zeros(16), -1.0
    fine = _spread(slopes[0][strong], slopes[1][strong], 1.0, 1.6)
    wide = _spread(slopes[1][strong], slopes[2][strong], 1.6, 3.2)
    way = (angle[strong] % np.pi) // (np.pi / 6)
    by_way = [np.percentile(wide[way == k], 25) for k in range(6) if (way == k).mean() > 0.03]
    p10, p25, p50 = np.percentile(fine, (10, 25, 50))
    w10, w25, w50 = np.percentile(wide, (10, 25, 50))
    low, high = min(by_way), max(by_way)
    detail = math.log(float((slopes[0] ** 2).mean()) / float((slopes[2] ** 2).mean() + 1e-9) + 1e-6)
    row = np.array([p10, p25, p50, w10, w25, w50, high, high - low, detail])
    return np.concatenate([row, np.log(row[:7] + 0.3)]), float(w10) * 1000 / max(rgb.shape[:2])


def _slopes(cv2: Any, grey: FloatArray) -> tuple[list[FloatArray], FloatArray]:
    """Return the slope of the brightness at spreads 1, 1.6 and 3.2 pixels, and its direction at the last."""
    out = []
    across = down = grey
    for sigma in (1.0, 1.6, 3.2):
        smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
        across, down = (cv2.Sobel(smooth, cv2.CV_32F, *order, scale=0.125) for order in ((1, 0), (0, 1)))
        out.append(np.hypot(across, down))
    return out, np.arctan2(down, across)


def _spread(sharp: FloatArray, smooth: FloatArray, first: float, second: float) -> FloatArray:
    """Return the sigma of edges whose slope is `sharp` at one smoothing and `smooth` at a second, 0 to 8 pixels."""
    ratio = np.clip((sharp / np.maximum(smooth, 1e-6)) ** 2, 1.02, None)
    return np.sqrt(np.clip((second**2 - ratio * first**2) / (ratio - 1), 0, 64))


def _rim(cut: Cutout) -> tuple[_Row, tuple[float, ...]]:
    """Return features of every side, (4, 8), and the share of it that the main thing covers."""
    mask, odds = cut.mask, cut.odds
    turned = [(mask.T, odds.T), (mask, odds), (mask.T[::-1], odds.T[::-1]), (mask[::-1], odds[::-1])]
    covered = [float(m[:2].mean()) for m, _ in turned]
    deep = max(3, round(0.06 * min(mask.shape)))
    confidence = cutout_confidence(cut)
    rows = []
    for k, (m, o) in enumerate(turned):
        edge, inner = m[:2].any(axis=0), m[:deep].all(axis=0)
        widest = float(m.mean(axis=1).max())
        others = sorted((covered[j] for j in range(4) if j != k), reverse=True)
        share = covered[k] / max(widest, 0.02)
        row = [edge.mean(), inner.mean(), (o[:2] > 0).mean(), share, others[0], others[1], confidence, m.mean()]
        rows.append([float(value) for value in row])
    return np.array(rows), tuple(covered)


_ADVICE: dict[Kind, str] = {
    "blurred": "Hold the phone still, give it a moment to focus, and take the picture again.",
    "dark": "Turn on a light or the flash, and take the picture again.",
    "bright": "Turn the flash off or turn away from the glare, and take the picture again.",
    "glare": "Turn the page or the light a little, and take the picture again.",
}
_TURNED = {90.0: "sideways", 180.0: "upside down", 270.0: "sideways"}
_TILT = 6.0  # degrees at which half the people would call text tilted
# Logistic weights and bias of the rows of `Measurements`; those of blur, brightness and glare fitted by
# recipes/photo_quality.py on clothes, things cut out onto white and drawn pages, the others on the tune split of
# bench/quality.py.
_BLURRED = (
    (
        5.0403, 3.1856, -0.6642, -0.0444, 0.2758, 0.0217, 0.9707, 1.92, -1.763, -1.9984, -0.0461, -0.8011, -0.9203,
        -1.825, -2.3643, -0.3751,
    ),
    -7.9151,
)  # fmt: skip
_DARK = ((-0.3553, -0.5884, -0.2987, 0.64, -0.9586, -4.6995, -0.685, 0.1267, -4.4385, -5.0309), -15.9984)
_BRIGHT = ((-0.0113, 0.2288, -0.454, -0.5508, 0.3307, 1.5278, 6.82, 9.5134, 4.259, -15.2856, 1.9623), -2.7784)
_GLARE = ((1.4055, 6.0501, 14.6907, 4.6264), -3.5562)
_CUT = ((-2.2323, 1.1041, 10.4302, 5.7712, -2.6164, 3.4001, 2.9337, -4.6467), -3.8894)
_CUT_WHOLE = (0.856, -1.045)  # slope and bias from a side's log odds to the picture's
