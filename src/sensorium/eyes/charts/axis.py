"""Axis: tick labels as numbers, and the straight line from pixels to values through most of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

_SCALES = {"": 1.0, "%": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "bn": 1e9, "mn": 1e6}
_NUMBER = re.compile(
    r"^(?P<sign>-?)(?P<money>US\$|[$€£₹¥]?)(?P<inner>-?)"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?P<scale>%|K|k|M|m|B|bn|mn)?[€]?$"
)
_OFFSET = re.compile(r"^(?:[1Il]|[×xX]\s*[1Il][0Oo]\s*\^?)\s*[eE]?\s*(?P<power>[+-]?\d{1,2})$")
_LIKE = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "—": "-",
        "一": "-",
        "O": "0",
        "o": "0",
        "，": ",",
        "．": ".",
        "％": "%",
        " ": "",
        "е": "e",
        "З": "3",
        "О": "0",
    }
)


@dataclass(frozen=True)
class Number:
    """A number as it stood written.

    Args:
        value: With its suffix worked in: "20K" is 20000, "20%" is 20.
        step: The worth of its last written digit.
    """

    value: float
    step: float


@dataclass(frozen=True)
class Tick:
    """A number beside an axis: where its middle is, how high its letters are (pixels), how surely it was read."""

    at: float
    value: float
    height: float
    score: float


@dataclass(frozen=True)
class Axis:
    """value = slope * pixel + intercept.

    Args:
        slope: Value a pixel.
        intercept: Value at pixel 0.
        held: The ticks that lie on the line.
        offered: How many ticks there were.
        off: Root mean square distance of the held ticks from the line, pixels.
    """

    slope: float
    intercept: float
    held: tuple[Tick, ...]
    offered: int
    off: float

    def value(self, at: float) -> float:
        return self.slope * at + self.intercept

    def pixel(self, value: float) -> float:
        return (value - self.intercept) / self.slope


def number(text: str) -> Number | None:
    """Read "1,200", "$3.5", "−40 %", "20K"; None where the text is anything else."""
    found = _NUMBER.match(text.strip().translate(_LIKE).rstrip(".-"))
    if found is None:
        return None
    digits = found["digits"].replace(",", "")
    scale = _SCALES[(found["scale"] or "").lower()]
    negative = bool(found["sign"]) != bool(found["inner"])
    decimals = len(digits.partition(".")[2])
    return Number((-1 if negative else 1) * float(digits) * scale, scale * 10.0**-decimals)


def offset(text: str, guessed: bool = False) -> float | None:
    """Read the factor that stands at an axis' end: "1e6" or "×10⁶"; None for anything else.

    `guessed` takes letters for the digits that they look like: "teb" is "1e6".
    """
    if guessed and re.fullmatch(r"[1tlIi][eE][+]?[\dbBOoSs]{1,2}", text.strip()):
        text = "1" + text.strip()[1:].translate(str.maketrans("bBOoSs", "680055"))
    plain = text.strip().translate(_LIKE).translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
    plain = plain.replace("1000", "10^0") if plain.startswith("×1000") else plain
    found = _OFFSET.match(plain)
    if found is None or ("e" not in plain.lower() and plain[0] not in "×xX"):
        return None
    power = int(found["power"])
    return 10.0**power if -12 <= power <= 15 and power != 0 else None


def fit(ticks: Sequence[Tick], slack: float = 0.0) -> Axis | None:
    """Find the line that most ticks lie on (RANSAC over all pairs; Fischler and Bolles 1981); None where under two do.

    A tick whose sign or decimal point was lost in reading is left out by the line, not mended.
    """
    best: tuple[float, NDArray[np.bool_]] | None = None
    at = np.array([tick.at for tick in ticks])
    value = np.array([tick.value for tick in ticks])
    tolerance = np.array([max(2.0, 0.25 * tick.height) + slack for tick in ticks])
    score = np.array([tick.score for tick in ticks])
    for i, j in combinations(range(len(ticks)), 2):
        if value[i] == value[j] or abs(at[i] - at[j]) < 2 * max(tolerance[i], tolerance[j]):
            continue
        slope = (value[j] - value[i]) / (at[j] - at[i])
        away = np.abs(at - (at[i] + (value - value[i]) / slope))
        near = away <= tolerance
        worth = float(score[near].sum()) - 0.05 * float((away[near] / tolerance[near]).mean())
        if best is None or worth > best[0]:
            best = (worth, near)
    if best is None:
        return None
    near = best[1]
    held = tuple(tick for tick, kept in zip(ticks, near, strict=True) if kept)
    inverse, start = np.polyfit(value[near], at[near], 1)  # the error is in the pixels, not in the numbers
    if abs(inverse) < 1e-12:
        return None
    off = float(np.sqrt(np.mean((at[near] - start - inverse * value[near]) ** 2)))
    return Axis(float(1 / inverse), float(-start / inverse), held, len(ticks), off)


def snap(axis: Axis, profile: NDArray[np.float32]) -> Axis:
    """Move the ticks of an axis onto the tick marks or gridlines near them, where those agree with a line better.

    Args:
        axis: As the middles of the tick labels gave it.
        profile: How much ink lines up at each pixel along the axis.
    """
    floor = float(np.median(profile))
    moved: list[Tick] = []
    for tick in axis.held:
        reach = max(3, round(0.4 * tick.height))
        middle = round(axis.pixel(tick.value))
        low, high = max(0, middle - reach), min(len(profile), middle + reach + 1)
        if high - low < 3:
            continue
        window = np.clip(profile[low:high] - floor, 0, None)
        peak = int(window.argmax())
        if window[peak] < 6:
            continue
        near = slice(max(0, peak - 2), peak + 3)
        weight = np.where(window[near] > 0.4 * window[peak], window[near], 0)
        centre = low + float((np.arange(len(window))[near] * weight).sum() / weight.sum()) + 0.5
        moved.append(Tick(centre, tick.value, tick.height, tick.score))
    if len(moved) < max(2, 0.6 * len(axis.held)):
        return axis
    tight = fit([Tick(tick.at, tick.value, 4.0, tick.score) for tick in moved])
    if tight is None or len(tight.held) < max(2, 0.6 * len(axis.held)) or tight.off > 1.0:
        return axis
    if abs(tight.slope / axis.slope - 1) > 0.06:
        return axis
    return Axis(tight.slope, tight.intercept, axis.held, axis.offered, tight.off)
