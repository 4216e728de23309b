"""Unique screens: frames that show the same, so that each is read (OCR) once; a changed word makes another screen.

Example:
    >>> texts = {}
    >>> for visit in screen_visits(sample(film, Sampling(0.5))):  # doctest: +SKIP
    ...     if visit.is_new:
    ...         texts[visit.screen] = read_pixels(visit.frame.pixels)
    ...     print(visit.start, visit.end, texts[visit.screen])
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.media.image import Pixels, resize
from sensorium.media.video import Frame

Light = NDArray[np.float32]
_SIDE = 384  # of what frames are compared by, in pixels: letters of 1/40 of the width are still told apart
_BLOCK = 8
_CHANGED, _NOISE = 9.0, 3.0  # of 255: mean change of a block beyond so many times the usual one
_ALL_CHANGED = 8.0  # usual change of a block from which the whole picture is another
_TINY_CHANGED = 12.0  # of means of 16×16 pixels, which are compared first: the same screen differs by less
_KEPT = 256
"""The screens that are known again; 80 kB each."""


@dataclass(frozen=True)
class ScreenVisit:
    """A stretch of film that shows one screen.

    Args:
        screen: Its number, from 0 in the order in which screens are first seen; the same for one that comes back.
        is_new: Whether it is seen for the first time.
        frame: The sharpest of its frames.
        start: Time of its first frame, in seconds of the film.
        end: Time of the first frame after it; of the last visit, its last frame or the `end` that was passed.
    """

    screen: int
    is_new: bool
    frame: Frame
    start: float
    end: float


def screen_visits(
    frames: Iterable[Frame], end: float | None = None, every_moving: float = 1.5
) -> Iterator[ScreenVisit]:
    """Yield the screens in order, each when it is over; one frame and small copies of 256 screens are in memory.

    Args:
        frames: In order, some each second, all of one size.
        end: The film's end in seconds, if it is known.
        every_moving: While something moves in all frames, a screen lasts so many seconds, or one frame.
    """
    known = _Known()
    at = 0.0
    visit: _Visit | None = None
    before: Light | None = None
    for frame in frames:
        small, at = signature(frame.pixels), frame.at
        moving = before is not None and not is_same(before, small)
        before = small
        if visit is not None and visit.holds(small, moving, at, every_moving):
            visit.add(frame, small, moving)
            continue
        if visit is not None:
            yield ScreenVisit(*known.number(visit.small), visit.best, visit.start, at)
        visit = _Visit(frame, small, moving)
    if visit is not None:
        yield ScreenVisit(*known.number(visit.small), visit.best, visit.start, at if end is None else max(at, end))


def signature(pixels: Pixels) -> Light:
    """Return what frames are compared by: their brightness, the longer side 384 pixels at most, float32."""
    light: Light = resize(pixels, _SIDE).astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return light


def is_same(one: Light, two: Light) -> bool:
    """Whether two signatures show the same screen: no block differs by more than noise does."""
    if one.shape != two.shape:
        return False
    blocks = _block_changes(one, two)
    usual = float(np.median(blocks))
    return usual < _ALL_CHANGED and float(blocks.max()) < _CHANGED + _NOISE * usual


def sharpness(light: Light) -> float:
    """Return how sharp a picture is: the mean square of its second differences."""
    across = light[1:-1, 2:] + light[1:-1, :-2] - 2 * light[1:-1, 1:-1]
    down = light[2:, 1:-1] + light[:-2, 1:-1] - 2 * light[1:-1, 1:-1]
    return float((across * across).mean() + (down * down).mean()) if across.size else 0.0


def _block_changes(one: Light, two: Light) -> Light:
    """Return the mean change of blocks of 8×8 pixels, one each 4 pixels."""
    change = np.abs(one - two)
    height, width = (max(_BLOCK, -(-side // 4) * 4) for side in change.shape)
    padded = np.zeros((height, width), dtype=np.float32)
    padded[: change.shape[0], : change.shape[1]] = change
    quarter = padded.reshape(height // 4, 4, width // 4, 4).mean(axis=(1, 3))
    blocks: Light = (quarter[1:, 1:] + quarter[1:, :-1] + quarter[:-1, 1:] + quarter[:-1, :-1]) / 4
    return blocks


class _Known:
    """The screens that were seen, the latest `_KEPT` of them."""

    def __init__(self) -> None:
        self._signatures: OrderedDict[int, tuple[Light, Light]] = OrderedDict()
        self._count = 0

    def number(self, small: Light) -> tuple[int, bool]:
        """Return a screen's number, and whether it is new."""
        tiny = _tiny(small)
        for number, (other, tiny_other) in reversed(self._signatures.items()):
            if tiny.shape == tiny_other.shape and float(np.abs(tiny - tiny_other).max()) < _TINY_CHANGED:
                if is_same(other, small):
                    self._signatures.move_to_end(number)
                    return number, False
        number, self._count = self._count, self._count + 1
        self._signatures[number] = small, tiny
        if len(self._signatures) > _KEPT:
            self._signatures.popitem(last=False)
        return number, True


def _tiny(small: Light) -> Light:
    """Return the means of 16×16 pixels."""
    height, width = (side // 16 * 16 for side in small.shape)
    if not height or not width:
        return small
    means: Light = small[:height, :width].reshape(height // 16, 16, width // 16, 16).mean(axis=(1, 3))
    return means


class _Visit:
    """The screen that is shown now."""

    def __init__(self, frame: Frame, small: Light, moving: bool) -> None:
        self.best, self.start, self.small, self.moving = frame, frame.at, small, moving
        self._sharpness = sharpness(small)

    def holds(self, small: Light, moving: bool, at: float, every_moving: float) -> bool:
        """Whether a frame belongs to it: it shows the same, or something moves all the time and the screen is young."""
        if is_same(self.small, small):
            return True
        return moving and self.moving and at - self.start < every_moving

    def add(self, frame: Frame, small: Light, moving: bool) -> None:
        sharp = sharpness(small)
        if sharp > self._sharpness:
            self.best, self.small, self._sharpness = frame, small, sharp
        self.moving &= moving
