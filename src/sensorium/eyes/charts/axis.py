"""Axes: where the categories of a chart are, tick labels as numbers, and the line through most ticks."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sensorium.core.reply import Box

_SUFFIXES = {"": 1.0, "%": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "bn": 1e9, "mn": 1e6}
_NUMBER = re.compile(
    r"^(?P<sign>-?)(?P<money>US\$|[$€£₹¥]?)(?P<inner>-?)"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?P<suffix>%|K|k|M|m|B|bn|mn)?[€]?$"
)
_MULTIPLIER = re.compile(r"^(?:[1Il]|[×xX]\s*[1Il][0Oo]\s*\^?)\s*[eE]?\s*(?P<power>[+-]?\d{1,2})$")
_LOOKALIKES = str.maketrans("−–—一Oo，．％еЗО", "----00,.%e30", " ")
_APOSTROPHE = re.compile(r"(?<=\d)['’](?=\d{3})")
_DOTTED = re.compile(r"^\D{0,3}\d{1,3}(?:\.\d{3})+\D{0,3}$")
_TWICE_DOTTED = re.compile(r"\d\.\d{3}\.\d{3}")
_COMMA_FRACTION = re.compile(r"^\D{0,3}(?:\d{1,3}(?:\.\d{3})+|\d+),(?:\d{1,2}|\d{4,})\D{0,3}$")
_DOT_FRACTION = re.compile(r"^\D{0,3}(?:0\.\d+|\d*\.(?:\d{1,2}|\d{4,})|\d{1,3}(?:,\d{3})+\.\d+)\D{0,3}$")
_PLAIN_ZERO = re.compile(r"^\D{0,3}0\D{0,3}$")
_GROUPED = re.compile(r"^\D{0,3}\d{1,3}(?:,\d{3})+\D{0,3}$")
_DOTS_GROUP = (_TWICE_DOTTED, _PLAIN_ZERO, _GROUPED)
_POWER = re.compile(r"^[1Il][0Oo](?P<power>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})$")
_LEAST_DECADES = 0.6  # from 1 to 4
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


@dataclass(frozen=True)
class CategoryAxis:
    """Where the categories of a chart are, in the frame in which the value axis is upright.

    Args:
        centres: One a category, x in pixels, from left to right.
        pitch: Distance of neighbours, pixels.
        area: Around the marks (bars, points).
        transposed: Whether the frame is the transposed image, as for horizontal bars.
    """

    centres: tuple[float, ...]
    pitch: float
    area: Box
    transposed: bool


@dataclass(frozen=True)
class Tick:
    """A tick label: its middle along the axis and the height of its characters, pixels; its number; its score."""

    pixel: float
    value: float
    height: float
    score: float


@dataclass(frozen=True)
class Axis:
    """A value axis: value = slope * pixel + intercept.

    Args:
        slope: Value a pixel.
        intercept: Value at pixel 0.
        inliers: The ticks that lie on the line.
        n_ticks: How many ticks it was fitted to.
        rmse: Root mean square distance of the inliers from the line, pixels.
    """

    slope: float
    intercept: float
    inliers: tuple[Tick, ...]
    n_ticks: int
    rmse: float

    def value(self, pixel: float) -> float:
        return self.slope * pixel + self.intercept

    def pixel(self, value: float) -> float:
        return (value - self.intercept) / self.slope

    def times(self, factor: float) -> Axis:
        """Return the axis with all values multiplied."""
        inliers = tuple(replace(tick, value=tick.value * factor) for tick in self.inliers)
        return replace(self, slope=self.slope * factor, intercept=self.intercept * factor, inliers=inliers)

    def snapped(self, profile: NDArray[np.float32]) -> Axis:
        """Return the axis through the tick marks or gridlines near its labels, if those fit a line better.

        Args:
            profile: How much ink lines up at each pixel along the axis.
        """
        floor = float(np.median(profile))
        ticks: list[Tick] = []
        for tick in self.inliers:
            reach = max(3, round(0.4 * tick.height))
            middle = round(self.pixel(tick.value))
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
            ticks.append(Tick(centre, tick.value, 4.0, tick.score))
        min_inliers = max(2, 0.6 * len(self.inliers))
        tight = fit_axis(ticks) if len(ticks) >= min_inliers else None
        if tight is None or len(tight.inliers) < min_inliers or tight.rmse > 1.0:
            return self
        if abs(tight.slope / self.slope - 1) > 0.06:
            return self
        return replace(self, slope=tight.slope, intercept=tight.intercept, rmse=tight.rmse)


def parse_number(text: str) -> float | None:
    """Return the value of "1,200", "$3.5", "−40 %" or "20K" (20000); None if the text is anything else."""
    match = _NUMBER.match(_APOSTROPHE.sub(",", text.strip()).translate(_LOOKALIKES).rstrip(".-"))
    if match is None:
        return None
    negative = bool(match["sign"]) != bool(match["inner"])
    scale = _SUFFIXES[(match["suffix"] or "").lower()]
    return (-1 if negative else 1) * float(match["digits"].replace(",", "")) * scale


def in_english(texts: Sequence[str]) -> tuple[list[str], str | None]:
    """Return the numbers of one axis in the English form, "1,200" for "1.200", and one whose form isn't clear, or None.

    "1.200" beside a plain 0 are thousands, as programs write all numbers of an axis with as many decimals; so they are
    beside "2,400", where a comma was misread.
    """
    dotted = [text for text in texts if _DOTTED.match(text)]
    commas = any(_COMMA_FRACTION.match(text) for text in texts)
    if not commas and (not dotted or any(_DOT_FRACTION.match(text) for text in texts)):
        return list(texts), None
    if not commas and not any(pattern.search(text) for text in texts for pattern in _DOTS_GROUP):
        return list(texts), dotted[0]
    exchange = str.maketrans(".,", ",.")
    return [text if _GROUPED.match(text) else text.translate(exchange) for text in texts], None


def parse_multiplier(text: str, lenient: bool = False) -> float | None:
    """Return the factor that stands at an axis' end, "1e6" or "×10⁶"; None for anything else.

    `lenient` takes letters for the digits that they look like: "teb" is "1e6".
    """
    if lenient and re.fullmatch(r"[1tlIi][eE][+]?[\dbBOoSs]{1,2}", text.strip()):
        text = "1" + text.strip()[1:].translate(str.maketrans("bBOoSs", "680055"))
    plain = text.strip().translate(_LOOKALIKES).translate(_SUPERSCRIPTS)
    plain = plain.replace("1000", "10^0") if plain.startswith("×1000") else plain
    match = _MULTIPLIER.match(plain)
    if match is None or ("e" not in plain.lower() and plain[0] not in "×xX"):
        return None
    power = int(match["power"])
    return 10.0**power if -12 <= power <= 15 and power != 0 else None


def parse_power(text: str) -> float | None:
    """Return the value of a power of ten with its exponent raised, "10³" or "10⁻²"; None for anything else."""
    match = _POWER.match(text.strip())
    return 10.0 ** int(match["power"].translate(_SUPERSCRIPTS)) if match else None


def is_logarithmic(ticks: Sequence[Tick]) -> bool:
    """Whether the numbers of an axis multiply from step to step: 1, 10, 100 or 1, 2, 4, 8.

    More of them lie on a line by their logarithms than by themselves, or all are powers of ten.
    """
    values = {tick.value for tick in ticks}
    if len(values) < 2 or min(values) <= 0:
        return False
    exponents = [math.log10(value) for value in values]
    if all(abs(exponent - round(exponent)) < 1e-9 for exponent in exponents):
        return True
    by_logarithm = fit_axis([replace(tick, value=math.log10(tick.value)) for tick in ticks])
    by_value = fit_axis(ticks)
    if by_logarithm is None or by_value is None or max(exponents) - min(exponents) < _LEAST_DECADES:
        return False
    return len(by_logarithm.inliers) > max(2, len(by_value.inliers))


def fit_axis(ticks: Sequence[Tick]) -> Axis | None:
    """Return the line that most ticks lie on (RANSAC over all pairs; Fischler and Bolles 1981); None if under two do.

    A tick whose sign or decimal point was misread is left out by the line, not corrected.
    """
    best: tuple[float, NDArray[np.bool_]] | None = None
    pixel = np.array([tick.pixel for tick in ticks])
    value = np.array([tick.value for tick in ticks])
    tolerance = np.array([max(2.0, 0.25 * tick.height) for tick in ticks])
    score = np.array([tick.score for tick in ticks])
    for i, j in combinations(range(len(ticks)), 2):
        if value[i] == value[j] or abs(pixel[i] - pixel[j]) < 2 * max(tolerance[i], tolerance[j]):
            continue
        slope = (value[j] - value[i]) / (pixel[j] - pixel[i])
        away = np.abs(pixel - (pixel[i] + (value - value[i]) / slope))
        near = away <= tolerance
        worth = float(score[near].sum()) - 0.05 * float((away[near] / tolerance[near]).mean())
        if best is None or worth > best[0]:
            best = (worth, near)
    if best is None:
        return None
    near = best[1]
    inliers = tuple(tick for tick, is_near in zip(ticks, near, strict=True) if is_near)
    inverse, start = np.polyfit(value[near], pixel[near], 1)  # the error is in the pixels, not in the numbers
    if abs(inverse) < 1e-12:
        return None
    rmse = float(np.sqrt(np.mean((pixel[near] - start - inverse * value[near]) ** 2)))
    return Axis(float(1 / inverse), float(-start / inverse), inliers, len(ticks), rmse)
