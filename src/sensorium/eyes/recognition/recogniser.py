"""Recognising: what is in an image, with a calibrated probability; whether a named thing is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sensorium.core.blob import clear_on_forget
from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Image
from sensorium.eyes.recognition.efficientnet import infer_batch, preprocess
from sensorium.eyes.recognition.open_vocabulary import name_probabilities
from sensorium.eyes.recognition.vocabulary import load_vocabulary, lookup
from sensorium.media.image import Pixels, pixels, resize

SURE = 0.8
"""From this probability on a name may be given without a doubt."""

# Fitted by recipes/recognition_calibration.py on photos that no benchmark's test split holds; see there.
_SHARPNESS = 1.5
_KNOWN = (1.16, 1.9, -2.57)  # slope and intercept over the top score, and the term of a lookalike class
_MEAN_TOP_SCORE = 7.0
_PRESENCE = (0.85, 0.31, 0.57, -3.84, 2.39)  # whole, best part, top score, lookalike, intercept
_EPSILON = 1e-4

_MAX_SIDE = 512  # the image's longest side before the views are cut, pixels
_CENTRE, _CORNER = 0.875, 0.65  # shares of the side: the crop that ImageNet is scored with; the corner crops


@dataclass(frozen=True)
class Recognition:
    """Something recognised.

    Args:
        name: What it is called, readable: "tabby cat", "cup"; or the name that the caller gave.
        probability: 0 to 1, calibrated: of those at 0.9, nine in ten are right.
        synonyms: Other names of it.
    """

    name: str
    probability: float
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Presence:
    """Whether a named thing is in an image.

    Args:
        probability: 0 to 1, calibrated; None if the recogniser can't tell.
        recognitions: What it took the image for, best first: the observation that the answer rests on.
        known: False if the name is outside the recogniser's vocabulary (people, brands, colours, ideas …).
    """

    probability: float | None
    recognitions: tuple[Recognition, ...]
    known: bool


def recognise(image: Image, names: Sequence[str] | None = None, top: int = 5) -> tuple[Recognition, ...]:
    """Return names for what an image shows, best first, at most `top`.

    Without `names`: the 1000 things of ImageNet. What isn't among them (people, drawings, pages of text) gets low
    probabilities for all; see `name_image` for one careful word. With `names`: any names, by ConSE (Norouzi et al.
    2013, "Zero-Shot Learning by Convex Combination of Semantic Embeddings"), as if exactly one of them were right.

    Raises:
        InputError: if `names` is empty or holds an empty name, or `top` is under 1.
        MediaError: if the image can't be opened.
        InstallError: if the weights or their runtime are not installed.
    """
    if top < 1:
        raise InputError(f"top must be at least 1, not {top}.", "Use top=1 or more.")
    scores = _classify(image)
    if names is None:
        return _top(scores, top)
    unique = tuple(dict.fromkeys(" ".join(name.split()) for name in names))
    if not unique or "" in unique:
        raise InputError(f"names={quoted(list(names))} holds an empty name or none.", 'Try names=["cup", "bowl"].')
    probabilities = name_probabilities(_softmax(scores.standard[None], 1.0)[0], unique)
    order = np.argsort(-probabilities, kind="stable")[:top]
    return tuple(Recognition(unique[i], float(probabilities[i])) for i in order)


def name_image(image: Image, min_probability: float = SURE) -> Recognition | None:
    """Return the narrowest word that reaches `min_probability`: "tabby cat", else "cat", else "animal", else None.

    Raises:
        MediaError, InstallError: see `recognise`.
    """
    scores = _classify(image)
    best = _top(scores, 1)[0]
    if best.probability >= min_probability:
        return best
    wider = [(len(indices), word, indices) for word, indices in load_vocabulary().categories.items()]
    for _, word, indices in sorted(item for item in wider if scores.top_class in item[2]):
        known = _known(scores, _is_lookalike(scores.top_class, word, indices))
        probability = float(scores.classes[list(indices)].sum()) * known
        if probability >= min_probability:
            return Recognition(word, min(probability, 1.0))
    return None


def present(image: Image, name: str) -> Presence:
    """Return how probable it is that a thing is in an image: "dog", "a cup", "fruit", "mobile phones".

    Sums the probability of the word's classes, in the whole image and in its parts. If the classes cover only some of
    what the word means ("fruit": no grapes), seeing none does not mean no: probability None.

    Raises:
        InputError: if `name` is empty.
        MediaError, InstallError: see `recognise`.
    """
    if not name.strip():
        raise InputError("present() needs a name.", 'Try present(image, "dog").')
    scores = _classify(image)
    recognitions = _top(scores, 5)
    match = lookup(name)
    if match is None:
        return Presence(None, recognitions, False)
    word, indices = match
    parts = _softmax(_standardise(infer_batch(_corners(scores.image))[0]))
    whole, part = float(scores.classes[list(indices)].sum()), float(parts[:, list(indices)].sum(axis=1).max())
    lookalike = float(_is_lookalike(scores.top_class, word, indices))
    terms = (_logit(whole), _logit(part), scores.top_score - _MEAN_TOP_SCORE, lookalike, 1.0)
    probability = _sigmoid(sum(weight * term for weight, term in zip(_PRESENCE, terms, strict=True)))
    if probability < 0.5 and word in load_vocabulary().partial:
        return Presence(None, recognitions, True)
    return Presence(probability, recognitions, True)


@dataclass(frozen=True)
class _Scores:
    """Class probabilities and standard scores of an image, (1000,) each, and the small image they came from."""

    classes: NDArray[np.float64]
    standard: NDArray[np.float64]
    image: Pixels

    @property
    def top_score(self) -> float:
        return float(self.standard.max())

    @property
    def top_class(self) -> int:
        return int(self.classes.argmax())


@lru_cache(maxsize=2)  # one question often asks twice about one image: what is it, and is it a dog
def _classify(image: Image) -> _Scores:
    small = resize(pixels(image), _MAX_SIDE)
    height, width = small.shape[:2]
    side = max(1, round(min(height, width) * _CENTRE))
    whole, centre = preprocess(small), preprocess(_crop(small, (height - side) // 2, (width - side) // 2, side, side))
    logits, _ = infer_batch(np.stack([whole, np.ascontiguousarray(whole[:, :, ::-1]), centre]))
    standard = _standardise(logits.mean(axis=0, keepdims=True))[0]
    return _Scores(_softmax(standard[None])[0], standard, small)


def clear_cache() -> None:
    """Drop the images that are cached for a second question."""
    _classify.cache_clear()


clear_on_forget(clear_cache)


def _standardise(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return each row of logits at mean 0 and deviation 1: how far one class stands out tells a known thing best."""
    rows = logits.astype(np.float64)
    scaled: NDArray[np.float64] = (rows - rows.mean(axis=1, keepdims=True)) / rows.std(axis=1, keepdims=True)
    return scaled


def _softmax(standard: NDArray[np.float64], sharpness: float = _SHARPNESS) -> NDArray[np.float64]:
    powers = np.exp(sharpness * (standard - standard.max(axis=1, keepdims=True)))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _known(scores: _Scores, lookalike: bool) -> float:
    """Return the probability that the image shows one of the 1000 things at all."""
    slope, intercept, penalty = _KNOWN
    return _sigmoid(slope * (scores.top_score - _MEAN_TOP_SCORE) + intercept + (penalty if lookalike else 0.0))


def _is_lookalike(top_class: int, word: str = "", indices: tuple[int, ...] = ()) -> bool:
    """Whether many things outside the 1000 look like the top class, and the word is wrong for them."""
    vocabulary = load_vocabulary()
    wrong = not word or (top_class in indices and word not in vocabulary.tolerant)
    return top_class in vocabulary.lookalikes and wrong


def _top(scores: _Scores, top: int) -> tuple[Recognition, ...]:
    vocabulary = load_vocabulary()
    known = _known(scores, _is_lookalike(scores.top_class))
    best: dict[str, Recognition] = {}
    for index in np.argsort(-scores.classes, kind="stable")[: 3 * top]:
        name = vocabulary.names[index]
        same = [i for i, other in enumerate(vocabulary.names) if other == name]
        probability = min(float(scores.classes[same].sum()) * known, 1.0)
        best[name] = Recognition(name, probability, vocabulary.synonyms[index])
    return tuple(sorted(best.values(), key=lambda item: -item.probability)[:top])


def _corners(image: Pixels) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    tall, wide = max(1, round(height * _CORNER)), max(1, round(width * _CORNER))
    corners = [(0, 0), (0, width - wide), (height - tall, 0), (height - tall, width - wide)]
    return np.stack([preprocess(_crop(image, top, left, tall, wide)) for top, left in corners])


def _crop(image: Pixels, top: int, left: int, height: int, width: int) -> Pixels:
    return np.ascontiguousarray(image[top : top + height, left : left + width])


def _logit(share: float) -> float:
    return float(np.log((share + _EPSILON) / (1.0 - share + _EPSILON)))


def _sigmoid(value: float) -> float:
    return float(1.0 / (1.0 + np.exp(-value)))
