"""Recognising: what is in a picture, with a probability that means what it says; whether a named thing is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError
from sensorium.core.messages import Image
from sensorium.eyes.recognition import open_vocabulary
from sensorium.eyes.recognition.efficientnet import infer_batch, preprocess
from sensorium.eyes.recognition.vocabulary import load_vocabulary, lookup
from sensorium.media.image import Pixels, pixels, resize

SURE = 0.8
"""From this probability on a name may be said without a doubt."""

# Fitted by recipes/recognition_calibration.py on photos that no benchmark's test split holds; see there.
_SHARPNESS = 1.5
_WORLD = (1.16, 1.9, -2.57)  # slope and intercept over the leading score, and what a much-imitated class takes away
_WORLD_MIDDLE = 7.0
_PRESENCE = (0.85, 0.31, 0.57, -3.84, 2.39)  # whole, best part, leading score, much-imitated, intercept
_LEAST = 1e-4

_LONGEST = 512  # the picture's longest side before the views are cut, pixels
_CENTRE, _PART = 0.875, 0.65  # shares of the side: the crop that ImageNet is scored with; the corner crops


@dataclass(frozen=True)
class Recognition:
    """Something seen.

    Args:
        name: What it is called, readable: "tabby cat", "cup"; or the name that the caller gave.
        probability: 0 to 1, calibrated: of the sights given 0.9, nine in ten are right.
        synonyms: Other names of it.
    """

    name: str
    probability: float
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Presence:
    """Whether a named thing is in a picture.

    Args:
        probability: 0 to 1, calibrated; None where the recogniser can't tell.
        recognitions: What it took the picture for, best first: the observation that the answer rests on.
        known: False where the name is outside the recogniser's world (people, brands, colours, ideas …).
        word: The known word that the name was understood as, or "".
    """

    probability: float | None
    recognitions: tuple[Recognition, ...]
    known: bool
    word: str = ""


def recognise(image: Image, names: Sequence[str] | None = None, top: int = 5) -> tuple[Recognition, ...]:
    """Name what a picture shows, best first, at most `top` sights.

    Without `names`: the 1000 things of ImageNet. What is outside of that world (people, drawings, pages of text) gets
    low probabilities all over; see `name` for one careful word. With `names`: any names, by ConSE (Norouzi et al.
    2013, "Zero-Shot Learning by Convex Combination of Semantic Embeddings"), as if exactly one of them were right.

    Raises:
        InputError: when `names` is empty or holds an empty name, or `top` is under 1.
        MediaError: when the picture cannot be opened.
        InstallError: when the weights or their runtime are not installed.
    """
    if top < 1:
        raise InputError(f"top={top} asks for no sights.", "Use top=1 or more.")
    seen = _look(image)
    if names is None:
        return _sights(seen, top)
    wanted = tuple(dict.fromkeys(" ".join(name.split()) for name in names))
    if not wanted or "" in wanted:
        raise InputError(f"names={list(names)!r} holds an empty name or none.", 'Try names=["cup", "bowl"].')
    chances = open_vocabulary.name_probabilities(_distribution(seen.standard[None], 1.0)[0], wanted)
    order = np.argsort(-chances, kind="stable")[:top]
    return tuple(Recognition(wanted[i], float(chances[i])) for i in order)


def name_image(image: Image, sure: float = SURE) -> Recognition | None:
    """Return narrowest word for a picture that is at least `sure`: "tabby cat", else "cat", else "animal", else None.

    Raises:
        MediaError, InstallError: see `recognise`.
    """
    seen = _look(image)
    best = _sights(seen, 1)[0]
    if best.probability >= sure:
        return best
    leading = int(seen.classes.argmax())
    wider = [(len(held), word, held) for word, held in load_vocabulary().categories.items() if leading in held]
    for _, word, held in sorted(wider):
        chance = float(seen.classes[list(held)].sum()) * _world(seen, _imitated(leading, word, held))
        if chance >= sure:
            return Recognition(word, min(chance, 1.0))
    return None


def present(image: Image, name: str) -> Presence:
    """Say how probable it is that a thing is in a picture: "dog", "a cup", "fruit", "mobile phones".

    Sums the probability of the classes below that word, in the whole picture and in its parts. Where the word's
    classes hold only some of what it means ("fruit": no grapes), not seeing one is no answer: probability None.

    Raises:
        InputError: when `name` is empty.
        MediaError, InstallError: see `recognise`.
    """
    if not name.strip():
        raise InputError("present() was given no name.", 'Try present(image, "dog").')
    seen = _look(image)
    sights = _sights(seen, 5)
    found = lookup(name)
    if found is None:
        return Presence(None, sights, False)
    word, held = found
    parts = _distribution(_standard(infer_batch(_parts(seen.picture))[0]))
    whole, part = float(seen.classes[list(held)].sum()), float(parts[:, list(held)].sum(axis=1).max())
    imitated = float(_imitated(int(seen.classes.argmax()), word, held))
    terms = (_logit(whole), _logit(part), seen.leading - _WORLD_MIDDLE, imitated, 1.0)
    chance = _sigmoid(sum(weight * term for weight, term in zip(_PRESENCE, terms, strict=True)))
    if chance < 0.5 and word in load_vocabulary().partial:
        return Presence(None, sights, True, word)
    return Presence(chance, sights, True, word)


@dataclass(frozen=True)
class _Seen:
    """One look: class distribution and standard scores, (1000,) each, and the small picture that they came from."""

    classes: NDArray[np.float64]
    standard: NDArray[np.float64]
    picture: Pixels

    @property
    def leading(self) -> float:
        return float(self.standard.max())


@lru_cache(maxsize=2)  # one question often asks twice about one picture: what is it, and is it a dog
def _look(image: Image) -> _Seen:
    picture = resize(pixels(image), _LONGEST)
    whole, centre = preprocess(picture), preprocess(_crop(picture, *_middle(picture)))
    scores, _ = infer_batch(np.stack([whole, np.ascontiguousarray(whole[:, :, ::-1]), centre]))
    standard = _standard(scores.mean(axis=0, keepdims=True))[0]
    return _Seen(_distribution(standard[None])[0], standard, picture)


def clear_cache() -> None:
    """Throw away the pictures that are kept for a second question."""
    _look.cache_clear()


def _standard(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Scale each row of logits to mean 0 and deviation 1: how far one class stands out tells a known thing best."""
    rows = logits.astype(np.float64)
    scaled: NDArray[np.float64] = (rows - rows.mean(axis=1, keepdims=True)) / rows.std(axis=1, keepdims=True)
    return scaled


def _distribution(standard: NDArray[np.float64], sharpness: float = _SHARPNESS) -> NDArray[np.float64]:
    powers = np.exp(sharpness * (standard - standard.max(axis=1, keepdims=True)))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _world(seen: _Seen, imitated: bool) -> float:
    """Return the probability that the picture shows one of the 1000 things at all."""
    slope, intercept, less = _WORLD
    return _sigmoid(slope * (seen.leading - _WORLD_MIDDLE) + intercept + (less if imitated else 0.0))


def _imitated(leading: int, word: str = "", held: tuple[int, ...] = ()) -> bool:
    """Whether the leading class is one that many things outside the 1000 look like, and the word wrong for them."""
    known = load_vocabulary()
    return leading in known.lookalikes and (not word or (leading in held and word not in known.tolerant))


def _sights(seen: _Seen, top: int) -> tuple[Recognition, ...]:
    known = load_vocabulary()
    world = _world(seen, _imitated(int(seen.classes.argmax())))
    chances: dict[str, float] = {}
    also: dict[str, tuple[str, ...]] = {}
    for index in np.argsort(-seen.classes, kind="stable")[: 3 * top]:
        called = known.names[index]
        same = [i for i, other in enumerate(known.names) if other == called]
        chances[called] = float(seen.classes[same].sum()) * world
        also[called] = known.synonyms[index]
    order = sorted(chances, key=lambda called: -chances[called])[:top]
    return tuple(Recognition(called, min(chances[called], 1.0), also[called]) for called in order)


def _middle(picture: Pixels) -> tuple[int, int, int, int]:
    height, width = picture.shape[:2]
    side = max(1, round(min(height, width) * _CENTRE))
    return (height - side) // 2, (width - side) // 2, side, side


def _parts(picture: Pixels) -> NDArray[np.float32]:
    height, width = picture.shape[:2]
    tall, wide = max(1, round(height * _PART)), max(1, round(width * _PART))
    corners = [(0, 0), (0, width - wide), (height - tall, 0), (height - tall, width - wide)]
    return np.stack([preprocess(_crop(picture, top, left, tall, wide)) for top, left in corners])


def _crop(picture: Pixels, top: int, left: int, height: int, width: int) -> Pixels:
    return np.ascontiguousarray(picture[top : top + height, left : left + width])


def _logit(share: float) -> float:
    return float(np.log((share + _LEAST) / (1.0 - share + _LEAST)))


def _sigmoid(value: float) -> float:
    return float(1.0 / (1.0 + np.exp(-value)))
