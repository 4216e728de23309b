"""The scenes of a film: cuts, fades and dissolves, told from flashes, quick pans and changes of the light.

A cut is one frame that differs far more from the one before than its neighbours do, in most of the picture, in its
edges, and for good. A fade goes to black or white and back; a dissolve goes a straight way from one picture to another,
its middle being the mean of both. Numbers were tuned on films of recipes/film.py, seeds 1 to 4, and rough copies
of two of them (bench/video_cuts.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sensorium.core.blob import Blob
from sensorium.media.decoding import FaultLog
from sensorium.video.scenes.signals import SHORT, Floats, Signals, signals

Transition = Literal["cut", "fade", "dissolve", "start"]
_CUT = 15.0  # least difference to the frame before, of 255 after the root, ...
_FAINT, _FAINT_ALIKE = 9.5, 0.4  # ... or, but for the light, in edges that are others too
_RATIO = 2.5  # … over the second largest of three frames on both sides
_CHANGED = 0.3  # least share of the picture that changes
_ALIKE = 0.7  # edges that correlate better are the same picture in another light
_RETURN = 0.35  # a flash: later frames are that much closer to the one before it
_NEAR = 3
_BLANK = 5.0  # of 255: most that a faded frame differs from black or white
_DIM = 25.0  # a picture that differs less from black is too dark to see how it comes
_GRADUAL = 3  # least steps in which a picture comes or goes, where it isn't cut off
_FADE_SECONDS = 1.2  # at most, on either side
_LONG_BLANK_SECONDS = 3.0  # a blank of this length is a scene of its own
_DISSOLVE = 12.0  # least difference between both ends
_MIXED = 0.25  # most that the middle differs from their mean, as a share of that
_STEP = 0.4  # most that one frame adds
_STRAIGHT = 0.7  # least share of the way that leads from one end to the other
_WIDE = 0.6  # least share of the picture that differs between both ends
_BUSY = 0.6  # most movement on the calmer side, as a share of that within
_FLAT = 0.92  # most contrast in its middle over that of its ends: a mixture of two pictures has less, a moving one not


@dataclass(frozen=True)
class Scene:
    """A stretch of film between two changes, in seconds of the film.

    Args:
        start, end: The next scene starts at `end`. A fade's or dissolve's change is put in its middle.
        transition: How it begins: "start" is the film's first.
    """

    start: float
    end: float
    transition: Transition

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


@dataclass(frozen=True)
class Change:
    """Where one scene gives way to another: `frame` is the next one's first, `first` to `last` are its own frames."""

    frame: int
    transition: Transition
    first: int
    last: int


def scenes(film: Blob, log: FaultLog | None = None) -> list[Scene]:
    """Return the scenes of a film, in order and without gaps; one if nothing changes.

    Every frame is decoded, once, and memory does not grow with the film's size.

    Args:
        film: A file is read as it is needed.
        log: Takes the parts that can't be decoded.

    Raises:
        MediaError: if it isn't a video, or nothing can be decoded.
        InstallError: if PyAV is not installed.
    """
    return scenes_of(signals(film, log))


def scenes_of(measured: Signals) -> list[Scene]:
    """Return the scenes of a film whose frames were measured before."""
    found = changes(measured)
    starts = [0.0, *(round(float(measured.times[change.frame]), 6) for change in found)]
    ends = [*starts[1:], round(measured.seconds, 6)]
    kinds: list[Transition] = ["start", *(change.transition for change in found)]
    return [Scene(*row) for row in zip(starts, ends, kinds, strict=True)]


def changes(measured: Signals) -> list[Change]:
    """Return where scenes change, in order."""
    if measured.frames < 2:
        return []
    faded = fades(measured)
    sharp = [change for change in cuts(measured) if not _within(change.frame, faded)]
    taken = sorted([*faded, *sharp], key=lambda change: change.frame)
    soft = [change for change in dissolves(measured) if not _overlaps(change, taken)]
    return sorted([*taken, *soft], key=lambda change: change.frame)


def cuts(measured: Signals) -> list[Change]:
    """Return the cuts, those at the ends of fades too."""
    step = measured.short[:, 0]
    around = np.partition(_neighbours(step), -2, axis=0)[-2]
    other = (step > _CUT) & (measured.alike < _ALIKE)  # another picture, or a faint change that is sharp and no flicker
    other |= (measured.even > _FAINT) & (measured.alike < _FAINT_ALIKE)
    likely = other & (step > _RATIO * around) & (measured.changed > _CHANGED)
    return [
        Change(frame, "cut", frame, frame)
        for frame in map(int, np.flatnonzero(likely))
        if not _returns(measured, frame)
    ]


def _neighbours(step: Floats) -> Floats:
    """Return the steps of the three frames before and after each, (6, frames)."""
    padded = np.pad(step, _NEAR)
    places = [place for place in range(2 * _NEAR + 1) if place != _NEAR]
    return np.stack([padded[place : place + step.size] for place in places])


def _returns(measured: Signals, frame: int) -> bool:
    """Whether a frame begins or ends a flash: the picture before it comes back, or the one before the flash did."""
    most = _RETURN * measured.short[frame, 0]
    begins = any(
        frame + back - 1 < measured.frames and measured.short[frame + back - 1, back - 1] < most
        for back in range(2, SHORT + 1)
    )
    return begins or any(frame >= back and measured.short[frame, back - 1] < most for back in range(2, SHORT + 1))


def fades(measured: Signals) -> list[Change]:
    """Return fades through black or white; one that is cut off at one end changes there."""
    found: list[Change] = []
    for light in (measured.light, 255 - measured.light):
        strength = np.hypot(light, measured.contrast)  # how far the picture is from the one colour: a fade scales it
        for first, last in _runs(strength < _BLANK):
            if last - first > _LONG_BLANK_SECONDS * measured.fps:
                continue
            before, after = _slope(strength, first, -1, measured.fps), _slope(strength, last, 1, measured.fps)
            if before.steps < _GRADUAL and after.steps < _GRADUAL:
                continue
            middle = round((before.half + after.half) / 2)
            if after.steps < _GRADUAL:  # it fades out, and the next scene is cut in, or too dark to tell
                middle = last + 1 if after.level > _DIM else round(2 * before.half - before.end)
            elif before.steps < _GRADUAL:
                middle = first if before.level > _DIM else round(2 * after.half - after.end)
            if first > 0 and last < measured.frames - 1:
                found.append(Change(min(max(1, middle), measured.frames - 1), "fade", before.end, after.end))
    return sorted(found, key=lambda change: change.frame)


@dataclass(frozen=True)
class _Slope:
    """How a picture comes out of a blank: until which frame, in how many steps, how strong, and where by half."""

    end: int
    steps: int
    level: float
    half: float


def _slope(strength: Floats, edge: int, way: int, fps: float) -> _Slope:
    place = edge
    for _ in range(round(_FADE_SECONDS * fps)):
        later = [step for step in (1, 2) if 0 <= place + step * way < strength.size]
        rise = [step for step in later if strength[place + step * way] > strength[place] * 1.02 + 0.05 * step]
        if not rise:
            break
        place += rise[0] * way
    half, level = float(edge), float(strength[place])
    for at in range(edge, place, way):
        low, high = float(strength[at]), float(strength[at + way])
        if low <= level / 2 <= high:
            half = at + way * (level / 2 - low) / max(1e-6, high - low)
            break
    return _Slope(place, abs(place - edge), level, half)


def dissolves(measured: Signals) -> list[Change]:
    """Return where one picture turns into another step by step; those that overlap cuts or fades too."""
    step = measured.short[:, 0]
    total = np.concatenate(([0.0], np.cumsum(step, dtype=np.float64)))
    found: list[tuple[float, Change]] = []
    for place, back in enumerate(measured.steps):
        far, mixed = measured.long[:, place], measured.mixed[:, place]
        # else the same picture gets lighter or darker, or something passes before it
        other = (measured.kept[:, place] < _ALIKE) & (measured.wide[:, place] > _WIDE)
        for last in map(int, np.flatnonzero((far > _DISSOLVE) & (mixed < _MIXED * far) & other)):
            first = last - back
            way = total[last + 1] - total[first + 1]
            calm = min(_calm(step, first - back // 2, first), _calm(step, last + 1, last + 1 + back // 2))
            if step[first + 1 : last + 1].max() > _STEP * far[last] or far[last] < _STRAIGHT * (way - back * calm):
                continue
            if calm > _BUSY * way / back or not _flattened(measured.contrast, first, last):
                continue
            middle = _middle(measured.plain, first + 1, last + 1)
            found.append((float(far[last] - 0.5 * way), Change(middle, "dissolve", first, last)))
    found.sort(key=lambda row: -row[0])
    kept: list[Change] = []
    for _, change in found:
        if not _overlaps(change, kept):
            kept.append(change)
    return kept


def _flattened(contrast: Floats, first: int, last: int) -> bool:
    """Whether the frame in the middle has less contrast than the root mean square of both ends."""
    ends = float(np.hypot(contrast[first], contrast[last])) / np.sqrt(2)
    return bool(contrast[(first + last) // 2] < _FLAT * ends)


def _calm(step: Floats, first: int, last: int) -> float:
    """Return the mean step between two frames without the largest, which may be a cut; 0 outside the film."""
    part = step[max(0, first) : max(0, last)]
    return float((part.sum() - part.max()) / (part.size - 1)) if part.size > 1 else 0.0


def _middle(step: Floats, first: int, last: int) -> int:
    """Return the frame at which half of the way is gone."""
    gone = np.cumsum(step[first:last])
    return first + int(np.searchsorted(gone, gone[-1] / 2))


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first and last place of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(first), int(last) - 1) for first, last in edges.reshape(-1, 2)]


def _within(frame: int, others: list[Change]) -> bool:
    return any(other.first <= frame <= other.last + 1 for other in others)


def _overlaps(change: Change, others: list[Change]) -> bool:
    return any(change.first < other.last + 1 and change.last + 1 > other.first for other in others)
