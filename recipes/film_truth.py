"""What a film of recipes/film.py shows and says, and when: its truth, as JSON beside the film."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

Transition = Literal["start", "cut", "fade", "dissolve"]
Direction = Literal["left", "right", "up", "down", "in", "out"]


@dataclass(frozen=True)
class SceneTruth:
    """A scene, in seconds of the film; `start` is its first frame, or the middle of a fade or dissolve.

    Args:
        start, end: Of the scene; the next one starts at `end`.
        transition: How it begins.
        transition_start, transition_end: The frames that belong to two scenes or to none; of a cut both are `start`.
        kind: What it shows: a labelled photo, a card with words, a moving shape, or an unlabelled ground.
        dark: Whether it is so dark that little is seen of it.
    """

    start: float
    end: float
    transition: Transition
    transition_start: float
    transition_end: float
    kind: Literal["photo", "card", "shape", "ground"]
    dark: bool


@dataclass(frozen=True)
class TextTruth:
    """Words on the screen, from `start` to `end` seconds: on a card, or as a caption over a photo."""

    text: str
    start: float
    end: float
    where: Literal["card", "caption"]


@dataclass(frozen=True)
class PhraseTruth:
    """A spoken phrase, with the pauses around it cut off."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class WordTruth:
    """A spoken word, in small letters; its times are the phrase's by its share of the letters: within about 0.3 s."""

    word: str
    start: float
    end: float


@dataclass(frozen=True)
class ObjectTruth:
    """A photographed thing; `also` are other names of it and of what else its photo shows: they are seen then too."""

    label: str
    also: tuple[str, ...]
    start: float
    end: float


@dataclass(frozen=True)
class ShapeTruth:
    """A drawn shape that moves from `start` to `end`, when it vanishes.

    Args:
        shape: "circle", "square" or "triangle".
        colour: Its name.
        direction: Where it moves to.
        speed: Widths of the picture a second.
    """

    shape: str
    colour: str
    direction: Direction
    speed: float
    start: float
    end: float


@dataclass(frozen=True)
class CameraTruth:
    """A move of the camera: where it turns or comes to ("in" comes nearer), in widths (or in zoom) a second."""

    direction: Direction
    speed: float
    start: float
    end: float


@dataclass(frozen=True)
class HardTruth:
    """What looks like a cut and isn't one, or hides one: a flash, a quick pan, a dark scene."""

    kind: Literal["flash", "pan", "dark"]
    start: float
    end: float


@dataclass(frozen=True)
class Absent:
    """What isn't in the film: labels of things, texts, spoken words, and shapes as "colour shape"."""

    objects: tuple[str, ...]
    texts: tuple[str, ...]
    words: tuple[str, ...]
    shapes: tuple[str, ...]


@dataclass(frozen=True)
class Truth:
    """A film's truth; every time is in seconds of the film, within half a frame for what is seen.

    Args:
        seed: What it was drawn from.
        fps: Frames a second, as a fraction, "25/1".
        frames: How many there are.
        width, height: In pixels.
        seconds: Its length.
        voice: Who speaks: "recording", "piper" or "" for a film without sound.
    """

    seed: int
    fps: str
    frames: int
    width: int
    height: int
    seconds: float
    voice: str
    scenes: tuple[SceneTruth, ...]
    texts: tuple[TextTruth, ...]
    phrases: tuple[PhraseTruth, ...]
    words: tuple[WordTruth, ...]
    objects: tuple[ObjectTruth, ...]
    shapes: tuple[ShapeTruth, ...]
    camera: tuple[CameraTruth, ...]
    hard: tuple[HardTruth, ...]
    absent: Absent

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        return Fraction(self.fps)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Truth:
        """Return the truth of `to_json`."""
        rows = {
            "scenes": SceneTruth, "texts": TextTruth, "phrases": PhraseTruth, "words": WordTruth,
            "objects": ObjectTruth, "shapes": ShapeTruth, "camera": CameraTruth, "hard": HardTruth,
        }  # fmt: skip
        known: dict[str, Any] = {
            name: tuple(kind(**_tuples(row)) for row in value[name]) for name, kind in rows.items()
        }
        return cls(**{**value, **known, "absent": Absent(**_tuples(value["absent"]))})


def truth_path(film: Path) -> Path:
    """Return where a film's truth lies: film.mp4 has film.json beside it."""
    return film.with_suffix(".json")


def read_truth(film: Path) -> Truth:
    """Return the truth of a film that was made before."""
    return Truth.from_json(json.loads(truth_path(film).read_text("utf-8"))["truth"])


def _tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
