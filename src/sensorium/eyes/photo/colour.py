"""Colours by the names people give them: of a whole image, of a region, of the main thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError
from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.eyes.photo.background import (
    Cutout,
    FloatArray,
    cutout,
    cutout_confidence,
    linear,
    logistic,
    mask_box,
    oklab,
)
from sensorium.media.image import Pixels, pixels, resize

BASIC_TERMS = (
    "black", "white", "grey", "red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink", "brown",
    "beige",
)  # fmt: skip
"""The eleven basic terms of English (Berlin and Kay 1969), with turquoise and beige."""
_GREYS = (0, 1, 2)
_NAMES = Path(__file__).parent / "data" / "colour-names.txt"
_SIDE = 160  # pixels of the longest side at which colours are counted
_STEPS = 32  # a side of the table of names over the sRGB cube
_WIDTH = 0.03  # of the kernel over the named colours, in OKLab
_LIGHTNESS = 0.6  # a step in lightness counts for less than one in hue or chroma
_RAMP = 0.5  # weight of a step of the ramp of greys beside a named colour
_MIN_SHARE = 0.06  # smaller ones are not worth saying
Weights = NDArray[np.float32]


@dataclass(frozen=True)
class Shade:
    """A colour.

    Args:
        name: A basic term, after "dark" or "light" if it is; "navy" for the darkest blues.
        share: Of the pixels, 0 to 1.
        rgb: Its mean, sRGB 0 to 255, as it is in the image.
    """

    name: str
    share: float
    rgb: tuple[int, int, int]

    @property
    def basic(self) -> str:
        """The basic term alone: "blue" for "dark blue" and for "navy"."""
        return basic_term(self.name)


@dataclass(frozen=True)
class ObjectColours:
    """Colours of the main thing and of its background.

    Args:
        box: The thing's box in pixels of the upright image, or None if none stands out.
        thing, background: Their colours, the largest share first; `thing` is empty without a thing.
        confidence: Probability that a person would give the thing's first colour the same basic term.
    """

    box: Box | None
    thing: tuple[Shade, ...]
    background: tuple[Shade, ...]
    confidence: float


def colours(image: Image, region: Box | None = None, max_colours: int = 5) -> tuple[Shade, ...]:
    """Return the colours of an image, or of a region of it, the largest share first.

    Raises:
        InputError: if the region has no pixel of the image, or `max_colours` is under 1.
        MediaError: if the image can't be opened.
    """
    if max_colours < 1:
        raise InputError(f"max_colours must be at least 1, not {max_colours}.", "Try max_colours=5.")
    rgb = pixels(image)
    small = resize(rgb, _SIDE)
    inside = np.ones(small.shape[:2], dtype=bool)
    if region is not None:
        inside = _inside(region, small.shape[:2], small.shape[1] / rgb.shape[1])
        if not inside.any():
            raise InputError(
                f"The region {tuple(region)} lies outside the picture of {rgb.shape[1]}×{rgb.shape[0]} pixels.",
                "Give left, top, right and bottom in pixels.",
            )
    return _shades(small[inside], _balanced(small)[inside], max_colours)


def object_colours(image: Image) -> ObjectColours:
    """Return the colours of the main thing (see `find_foreground`) and of its background.

    Raises:
        MediaError: if the image can't be opened.
        InstallError: if opencv is not installed.
    """
    cut = cutout(image)
    small = resize(pixels(image), max(cut.mask.shape))
    even = _balanced(small)
    background = _shades(small[~cut.mask], even[~cut.mask], 3)
    if cut.mask.sum() < 12:
        return ObjectColours(None, (), background, 0.0)
    core = _core(cut)
    confidence = logistic(features(cut, even[core]), _SURE, _SURE_BIAS)
    return ObjectColours(mask_box(cut.mask, cut.scale), _shades(small[core], even[core], 3), background, confidence)


def describe_colours(shades: Sequence[Shade]) -> str:
    """Return colours as people say them: "dark blue and white", without the small ones, at most three."""
    names = [shade.name for shade in shades if shade.share >= 0.12][:3] or [shade.name for shade in shades[:1]]
    if len(names) < 3:
        return " and ".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def basic_term(name: str) -> str:
    """Return the basic term of a shade's name: "blue" for "dark blue" and for "navy"."""
    last = name.split()[-1] if name.split() else ""
    return "blue" if last == "navy" else last


def features(cut: Cutout, even: FloatArray) -> NDArray[np.float64]:
    """Return the confidence's features, (7,): agreement, margin, clarity, cutout, chroma, grey, tinge of a grey."""
    mass = _posterior(even).mean(axis=0)
    order = np.sort(mass)[::-1]
    grey = float(np.argmax(mass) in _GREYS)
    lab = oklab(even)
    chroma = float(np.hypot(lab[:, 1].mean(), lab[:, 2].mean()))
    return np.array(
        [
            order[0],
            np.log((order[0] + 0.02) / (order[1] + 0.02)),
            np.log(_posterior(even.mean(axis=0)[None])[0].max() + 0.02),
            cutout_confidence(cut),
            np.tanh(chroma * 8),
            grey,
            grey * np.tanh(chroma * 30),  # black, grey and white with a tinge: people may name the tinge
        ]
    )


def _core(cut: Cutout) -> NDArray[np.bool_]:
    """Return the thing without its rim, where its colour mixes with the background's."""
    inner = cut.mask.copy()
    inner[1:] &= cut.mask[:-1]
    inner[:-1] &= cut.mask[1:]
    inner[:, 1:] &= cut.mask[:, :-1]
    inner[:, :-1] &= cut.mask[:, 1:]
    return inner if inner.sum() >= 30 else cut.mask


def _balanced(rgb: Pixels) -> FloatArray:
    """Return the linear light of pixels without part of a colour cast and of a wrong exposure.

    The cast by shades of grey with the sixth norm (Finlayson and Trezzi 2004), taken out by `_TRUST` of it because an
    image full of one colour looks like a cast; the exposure by the brightest hundredth.
    """
    light = linear(rgb)
    norm = (light.reshape(-1, 3).astype(np.float64) ** 6).mean(axis=0) ** (1 / 6) + 1e-4
    gain = np.clip(norm.mean() / norm, 0.7, 1.4) ** _TRUST
    bright = float(np.percentile((light * gain).max(axis=2), 98)) + 1e-3
    gain = np.asarray(gain * np.clip(_WHITE / bright, 1.0, 6.0), dtype=np.float32)
    return np.asarray(np.clip(light * gain, 0.0, 1.0), dtype=np.float32)


def _inside(region: Box, shape: tuple[int, ...], scale: float) -> NDArray[np.bool_]:
    rows = (np.arange(shape[0]) + 0.5) / scale
    columns = (np.arange(shape[1]) + 0.5) / scale
    down = (rows >= region.top) & (rows < region.bottom)
    across = (columns >= region.left) & (columns < region.right)
    if not down.any() and 0 <= region.top < region.bottom <= shape[0] / scale + 1:  # a region under a pixel high
        down[min(int(region.top * scale), shape[0] - 1)] = True
    if not across.any() and 0 <= region.left < region.right <= shape[1] / scale + 1:
        across[min(int(region.left * scale), shape[1] - 1)] = True
    return np.asarray(down[:, None] & across[None, :])


def _shades(raw: Pixels, even: FloatArray, max_colours: int) -> tuple[Shade, ...]:
    """Return the colours of pixels: `raw` (n, 3) sRGB as they are, `even` (n, 3) linear light without cast."""
    if not len(raw):
        return ()
    votes = _posterior(even) ** 2  # what is nearly sure is sure: shares add up as an eye sees them
    votes /= votes.sum(axis=1, keepdims=True)
    mass = votes.mean(axis=0)
    chosen = votes.argmax(axis=1)
    out: list[Shade] = []
    for term in np.argsort(-mass):
        own = chosen == term
        if not own.any() or (mass[term] < _MIN_SHARE and out):
            continue
        name = _toned(BASIC_TERMS[term], oklab(even[own].mean(axis=0)))
        red, green, blue = (round(float(v)) for v in raw[own].mean(axis=0))
        out.append(Shade(name, float(mass[term]), (red, green, blue)))
    return tuple(out[:max_colours])


def _toned(term: str, lab: FloatArray) -> str:
    """Return a term with "dark" or "light" by its OKLab lightness; black, white and beige take neither."""
    lightness = float(lab[0])
    if term not in _TONES:
        return term
    dark, light = _TONES[term]
    if term == "blue" and lightness < 0.30:
        return "navy"
    return f"dark {term}" if lightness < dark else f"light {term}" if lightness > light else term


def _posterior(even: FloatArray) -> Weights:
    """Return the probability of every basic term, (n, 13), of linear light (n, 3)."""
    coded = np.sqrt(np.clip(even, 0.0, 1.0))  # the table is even in roots of light, near to sRGB and cheap
    index = np.minimum((coded * _STEPS).astype(np.int32), _STEPS - 1)
    return _table()[index[:, 0], index[:, 1], index[:, 2]]


@cache
def _table() -> Weights:
    """Return the probability of every term over the cube of light, (32, 32, 32, 13).

    Kernel regression over the colours of the xkcd survey, beside a ramp of greys from black to white.
    """
    middles = (np.arange(_STEPS) + 0.5) / _STEPS
    cube = np.stack(np.meshgrid(middles, middles, middles, indexing="ij"), axis=-1).reshape(-1, 3)
    points = oklab((cube**2).astype(np.float32))
    mass = np.full((len(points), len(BASIC_TERMS)), 1e-9, dtype=np.float32)
    for line in _NAMES.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        term, *codes = line.split()
        named = np.array([[int(code[i : i + 2], 16) for i in (0, 2, 4)] for code in codes], dtype=np.uint8)
        mass[:, BASIC_TERMS.index(term)] += _WEIGHTS.get(term, 1.0) * _kernel(points, oklab(linear(named)))
    ramp = np.linspace(0.0, 1.0, 51, dtype=np.float32)
    for term, low, high in (("black", 0.0, _BLACK), ("grey", _BLACK, _PALE), ("white", _PALE, 1.01)):
        steps = ramp[(ramp >= low) & (ramp < high)]
        greys = np.stack([steps, np.zeros_like(steps), np.zeros_like(steps)], axis=-1)
        mass[:, BASIC_TERMS.index(term)] += _RAMP * _kernel(points, greys)
    mass /= mass.sum(axis=1, keepdims=True)
    return mass.reshape(_STEPS, _STEPS, _STEPS, len(BASIC_TERMS))


def _kernel(points: FloatArray, named: FloatArray) -> Weights:
    scale = np.array([_LIGHTNESS, 1.0, 1.0], dtype=np.float32)
    away = (((points[:, None, :] - named[None, :, :]) * scale) ** 2).sum(axis=2)
    return np.asarray(np.exp(-away / (2 * _WIDTH**2)).sum(axis=1), dtype=np.float32)


_TRUST = 0.4
_WEIGHTS = {"beige": 3.0, "brown": 1.5}  # the survey has few names in these; fitted on the tuning split
_WHITE = 0.85
_BLACK, _PALE = 0.42, 0.84
_TONES = {
    "grey": (0.48, 0.76), "red": (0.44, 0.70), "orange": (0.58, 0.80), "yellow": (0.68, 0.97), "green": (0.46, 0.78),
    "turquoise": (0.52, 0.84), "blue": (0.42, 0.70), "purple": (0.40, 0.70), "pink": (0.58, 0.84),
    "brown": (0.37, 0.58),
}  # fmt: skip
# Logistic weights and bias, fitted on the tuning split of bench/colours.py and on photos of clothes; the bias is 0.81
# below the fit's, so that answers at 0.8 were right at 0.9: real cloth is less clear than drawn things.
_SURE = np.array([2.609, 0.259, 0.278, 2.603, -0.511, -0.478, -1.97])
_SURE_BIAS = -2.118
