"""What moves in a film: the small frames of each scene, some seconds at a time, given to whatever tells motion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from sensorium.media.image import Pixels
from sensorium.media.video import Frame
from sensorium.video.answers.looking.seen import SeenMovement
from sensorium.video.answers.looking.store import RunNotes

_CLIP_SECONDS = 1.5  # what moves begins and ends that exactly; a longer way is joined from several
_FEWEST = 4  # frames
_JOIN_SECONDS = 0.5
_CELL = 16  # pixels
_TEXTURE, _TEXTURED = 2.0, 0.3  # mean step of brightness in a cell; under this share of such cells a ground is even
_OPPOSITE = {"left": "right", "right": "left", "up": "down", "down": "up"}


class ToldMovement(Protocol):
    """What a teller of motion found; `direction` is None if it is unsure."""

    @property
    def mover(self) -> str: ...
    @property
    def direction(self) -> str | None: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def confidence(self) -> float: ...


MotionTeller = Callable[[Sequence[Frame]], Sequence[ToldMovement]]
"""Returns what moves in the frames of a clip, with times of the film."""


class MotionWatcher:
    """Takes the small frames of a film in order.

    Args:
        teller: Tells what moves in a clip.
        notes: Keeps what it told.
    """

    def __init__(self, teller: MotionTeller, notes: RunNotes) -> None:
        self._teller, self._notes = teller, notes
        self._clip: list[Frame] = []
        self._found: list[SeenMovement] = []

    def add(self, at: float, pixels: Pixels, is_cut: bool) -> None:
        """Take the next small frame."""
        if is_cut:
            self._tell()
            self._clip = []
        self._clip.append(Frame(at, pixels))
        if at - self._clip[0].at >= _CLIP_SECONDS:
            self._tell()
            self._clip = self._clip[-1:]

    def finish(self) -> tuple[SeenMovement, ...]:
        """Return all that moves, in order of time."""
        self._tell()
        self._clip = []
        return tuple(joined_movements(self._found))

    def _tell(self) -> None:
        if len(self._clip) < _FEWEST:
            return
        known = self._notes.get("moves", self._clip[0].at)
        if known is None:
            is_even = has_even_ground(self._clip[len(self._clip) // 2].pixels)
            known = []
            for told in self._teller(self._clip):
                mover, direction = told.mover, told.direction or ""
                if mover == "camera" and is_even:  # no ground to see the camera move by: it is the thing that moves
                    mover, direction = "object", _OPPOSITE.get(direction, direction)
                known.append([round(told.start, 3), round(told.end, 3), mover, direction, round(told.confidence, 3)])
            self._notes.put("moves", self._clip[0].at, known)
        self._found += [SeenMovement(*told) for told in known]


def has_even_ground(pixels: Pixels) -> bool:
    """Whether most of a frame is without texture, such as a wall or a drawn ground."""
    grey = pixels.astype(np.float32).mean(axis=2)
    steps = np.abs(np.diff(grey, axis=1))[: grey.shape[0] // _CELL * _CELL, : (grey.shape[1] - 1) // _CELL * _CELL]
    if not steps.size:
        return True
    cells = steps.reshape(steps.shape[0] // _CELL, _CELL, steps.shape[1] // _CELL, _CELL).mean(axis=(1, 3))
    return float((cells > _TEXTURE).mean()) < _TEXTURED


def joined_movements(found: Sequence[SeenMovement]) -> list[SeenMovement]:
    """Return movements in order, those of the same mover and direction that follow each other as one."""
    out: list[SeenMovement] = []
    for move in sorted(found, key=lambda one: one.start):
        for place in range(len(out) - 1, max(-1, len(out) - 5), -1):
            last = out[place]
            same = (last.mover, last.direction) == (move.mover, move.direction)
            if same and move.start - last.end <= _JOIN_SECONDS:
                out[place] = replace(last, end=max(last.end, move.end), score=max(last.score, move.score))
                break
        else:
            out.append(move)
    return out
