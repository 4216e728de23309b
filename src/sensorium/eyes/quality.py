"""Is the picture good enough to see: blurred, dark, bright, tilted, cut off; how much, and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sensorium.core.messages import Image
from sensorium.eyes.ground import Cut, Values, cut_out, linear, opencv, sureness
from sensorium.eyes.read import SURE, Line
from sensorium.media.image import Pixels, pixels, resize

Kind = Literal["blurred", "dark", "bright", "tilted", "cut off"]
KINDS: tuple[Kind, ...] = ("blurred", "dark", "bright", "tilted", "cut off")
SIDES = ("left", "top", "right", "bottom")
_LONGEST = 800  # pixels of the longest side at which sharpness is judged
_LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
_Row = NDArray[np.float64]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a picture.

    Args:
        kind: Of `KINDS`.
        amount: How much. "blurred": spread of the sharpest edges (sigma), in thousandths of the longest side;
            "dark": stops under a middling exposure; "bright": share of pixels with a channel at its ceiling;
            "tilted": degrees, positive where the text leans clockwise; "cut off": share of that side the thing covers.
        probability: That a person would call it so, 0 to 1, calibrated.
        where: "left", "top left", "left and right" … for what is cut off, else "".
        advice: One spoken sentence: what to do about it, without needing to see the picture.
    """

    kind: Kind
    amount: float
    probability: float
    where: str
    advice: str


@dataclass(frozen=True)
class Quality:
    """What is wrong with a picture, the surest first.

    Args:
        faults: Those that are more likely there than not.
        usable: False where blur, dark or glare is so likely (0.8) that nothing else seen in it should be trusted.
    """

    faults: tuple[Fault, ...]
    usable: bool


@dataclass(frozen=True)
class Look:
    """What the judgement rests on: one row of numbers a kind.

    Args:
        blur, light, rim: Features for "blurred", for "dark" and "bright", and (4, n) for every side of `SIDES`.
        spread: Sigma of the sharpest edges, in thousandths of the longest side.
        stops: Stops under (or over, negative) a middling exposure.
        clipped: Share of pixels with a channel at its ceiling.
        covered: Share of every side that the main thing covers, in the order of `SIDES`.
    """

    blur: _Row
    light: _Row
    rim: _Row
    spread: float
    stops: float
    clipped: float
    covered: tuple[float, ...]


def look(image: Image) -> Look:
    """Measure a picture; see `Look`."""
    picture = resize(pixels(image), _LONGEST)
    light, stops, clipped = _light(picture)
    blur, spread = _blur(picture)
    rim, covered = _rim(cut_out(image))
    return Look(blur, light, rim, spread, stops, clipped, covered)


def _light(picture: Pixels) -> tuple[_Row, float, float]:
    """Give features of the exposure, its stops under middling, the share of clipped pixels."""
    light = linear(picture)
    luminance = light @ _LUMA
    stops = np.log2(np.percentile(luminance, (1, 10, 50, 75, 90, 99)) + 2e-3)
    top = picture.max(axis=2)
    low = picture.min(axis=2)
    clipped = float((top >= 254).mean())
    row = np.array([*stops, clipped, (low >= 250).mean(), (top >= 240).mean(), (luminance < 0.01).mean()])
    return row, float(math.log2(0.18) - np.log2(luminance.mean() + 2e-3)), clipped


def _blur(picture: Pixels) -> tuple[_Row, float]:
    """Give features of the sharpness and the spread of the sharpest edges in thousandths of the longest side.

    The spread (sigma) of an edge follows from how much its slope falls when it is blurred again: Zhuo and Sim,
    "Defocus map estimation from a single image", 2011. Taken over the strongest edges only, so that a smooth thing
    on a plain ground is judged by its outline; by direction too, because motion blurs edges across it alone.
    """
    cv2 = opencv()
    grey = np.sqrt(linear(picture) @ _LUMA).astype(np.float32)
    noise = float(np.median(np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 0.5), cv2.CV_32F)))) + 1e-4
    slopes, angle = _slopes(cv2, grey)
    coarse = slopes[2]
    strong = coarse > max(6 * noise / 4, float(np.percentile(coarse, 90)) * 0.6, 0.004)
    if strong.sum() < 50:
        return np.array([5.0, 5, 5, 5, 5, 5, 5, 1.0, -8.0]), 5.0
    fine = _spread(slopes[0][strong], slopes[1][strong], 1.0, 1.6)
    wide = _spread(slopes[1][strong], slopes[2][strong], 1.6, 3.2)
    way = (angle[strong] % np.pi) // (np.pi / 6)
    by_way = [np.percentile(wide[way == k], 25) for k in range(6) if (way == k).mean() > 0.03]
    p10, p25, p50 = np.percentile(fine, (10, 25, 50))
    w10, w25, w50 = np.percentile(wide, (10, 25, 50))
    low, high = min(by_way), max(by_way)
    detail = math.log(float((slopes[0] ** 2).mean()) / float((slopes[2] ** 2).mean() + 1e-9) + 1e-6)
    row = np.array([p10, p25, p50, w10, w25, w50, high, high - low, detail])
    return row, float(w10) * 1000 / max(picture.shape[:2])


def _slopes(cv2: Any, grey: Values) -> tuple[list[Values], Values]:
    """Give the slope of the brightness at spreads 1, 1.6 and 3.2 pixels, and its direction at the last."""
    out = []
    across = down = grey
    for sigma in (1.0, 1.6, 3.2):
        smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
        across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)
        out.append(np.hypot(across, down))
    return out, np.arctan2(down, across)


def _spread(sharp: Values, smooth: Values, first: float, second: float) -> Values:
    """Give the sigma of edges whose slope is `sharp` at one smoothing and `smooth` at a second, 0 to 8 pixels."""
    ratio = np.clip((sharp / np.maximum(smooth, 1e-6)) ** 2, 1.02, None)
    return np.sqrt(np.clip((second**2 - ratio * first**2) / (ratio - 1), 0, 64))


def _rim(cut: Cut) -> tuple[_Row, tuple[float, ...]]:
    """Give features of every side, (4, 8), and the share of it that the main thing covers."""
    mask, odds = cut.mask, cut.odds
    turned = [(mask.T, odds.T), (mask, odds), (mask.T[::-1], odds.T[::-1]), (mask[::-1], odds[::-1])]
    covered = [float(m[:2].mean()) for m, _ in turned]
    deep = max(3, round(0.06 * min(mask.shape)))
    sure = sureness(cut)
    rows = []
    for k, (m, o) in enumerate(turned):
        at, inner = m[:2].any(axis=0), m[:deep].all(axis=0)
        colour = float((o[:2] > 0).mean())
        widest = float(m.mean(axis=1).max())
        others = sorted((covered[j] for j in range(4) if j != k), reverse=True)
        rows.append([float(at.mean()), float(inner.mean()), colour, covered[k] / max(widest, 0.02), others[0], others[1],
                     sure, float(m.mean())])  # fmt: skip
    return np.array(rows), tuple(covered)
