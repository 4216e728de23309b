"""Text on the screen: read once a unique screen, and followed in small frames so that its start and end are exact.

A screen is read when edges that stay in their place appear or vanish, which those of text do and those of a moving
picture don't; a moment after each cut; and every few seconds while the picture moves. Between two readings each line is
followed by the correlation of its place in small frames, some ten a second, with that place when it was read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sensorium.core.reply import Box
from sensorium.media.image import Pixels
from sensorium.video.answers.looking.seen import ScreenText
from sensorium.video.answers.looking.store import RunNotes
from sensorium.video.moments.pieces import Share

THUMB_SIDE = 256
"""Longest side of the small frames, in pixels: a line of a twentieth of the height is still seven high."""
_RING_SECONDS = 12.0  # how long small frames are kept, to look back for the start of a line
_SETTLED_SECONDS = 0.3  # after a cut, before the screen is read
_SHORTEST_WAIT, _LONGEST_WAIT = 0.5, 4.0  # between two readings; it doubles while readings find nothing new
_MOVING_SECONDS = 4.0  # at most between two readings while the picture moves
_CELL = 8  # pixels of a small frame
_STABLE_FRAMES = 4  # small frames in which an edge stays: 0.3 s
# Mean gradient of a cell, of 255: text has 20 and more, the grain of a film 2 to 5.
_EDGE = 10.0
_CHANGED_CELLS = 2
_LEAST_EDGES = 4.0  # mean square of the steps between neighbouring pixels: an even place has less
_SAME_PLACE = 0.5  # correlation from which on a place shows what it showed
_MISSES = 2  # readings or small frames in a row that a line may be missing from
_MIN_SCORE, _MIN_CHARACTERS = 0.5, 2
_ALIKE, _OVERLAP = 0.7, 0.3  # of two readings of one line: ratio of their letters, share of their boxes
_JOIN_SECONDS = 0.6
Thumb = NDArray[np.float32]


class ReadLine(Protocol):
    """A line that a reader found; `box` in pixels, `score` the probability that it is read without a mistake."""

    @property
    def text(self) -> str: ...
    @property
    def box(self) -> Box: ...
    @property
    def score(self) -> float: ...


Reader = Callable[[Pixels], Sequence[ReadLine]]
"""Returns the lines of text in (height, width, 3) uint8 RGB pixels, in reading order."""


@dataclass
class _Line:
    """A line that is being followed."""

    text: str
    share: Share
    score: float
    start: float
    last: float  # the last small frame that shows it
    place: Thumb
    missed_frames: int = 0
    missed_readings: int = 0


class ScreenReader:
    """Takes the small frames of a film in order, and has the large ones read that may hold new text.

    Args:
        reader: Reads a frame.
        notes: Keeps what was read.
    """

    def __init__(self, reader: Reader, notes: RunNotes) -> None:
        self._reader, self._notes = reader, notes
        self._ring: deque[tuple[float, Thumb]] = deque()
        self._stable: deque[NDArray[np.float32]] = deque(maxlen=_STABLE_FRAMES)
        self._edges_when_read: NDArray[np.float32] | None = None
        self._when_read: Thumb | None = None
        self._read_at = self._cut_at = -np.inf
        self._wait = _SHORTEST_WAIT
        self._due = True
        self._open: list[_Line] = []
        self._closed: list[ScreenText] = []
        self.readings = 0

    def add(self, at: float, thumb: Thumb, is_cut: bool, large: Callable[[], Pixels]) -> bool:
        """Take the next small frame; return whether the large one was read.

        Args:
            at: Its time.
            thumb: Brightness, (height, width) float32 from 0 to 255.
            is_cut: Whether it is the first of a scene.
            large: Returns the frame as the reader wants it.
        """
        self._ring.append((at, thumb))
        while at - self._ring[0][0] > _RING_SECONDS:
            self._ring.popleft()
        if is_cut:
            self._cut_at, self._due, self._wait = at, True, _SHORTEST_WAIT
            self._stable.clear()
        self._stable.append(_gradient(thumb))
        self._follow(at, thumb)
        if not self._should_read(at, thumb):
            return False
        self._read(at, thumb, large)
        return True

    def finish(self, end: float) -> tuple[ScreenText, ...]:
        """Return all lines, those that are still there until the end."""
        for line in self._open:
            self._close(line, end if line.missed_frames == 0 else line.last)
        self._open = []
        return tuple(sorted(_joined(self._closed), key=lambda text: (text.start, text.share[1], text.share[0])))

    def _follow(self, at: float, thumb: Thumb) -> None:
        for line in self._open:
            if _correlation(_place(thumb, line.share), line.place) >= _SAME_PLACE:
                line.last, line.missed_frames = at, 0
            else:
                line.missed_frames += 1
                self._due |= line.missed_frames == _MISSES

    def _should_read(self, at: float, thumb: Thumb) -> bool:
        if at - self._cut_at < _SETTLED_SECONDS or at - self._read_at < _SHORTEST_WAIT:
            return False
        if self._due:
            return True
        if at - self._read_at < self._wait or len(self._stable) < _STABLE_FRAMES:
            return False
        edges = self._stable_edges()
        before = self._edges_when_read
        if before is None or before.shape != edges.shape:
            return True
        changed = int((np.abs(edges - before) > _EDGE).sum())
        moved = self._when_read is None or float(np.abs(thumb - self._when_read).mean()) > _EDGE / 2
        return changed >= _CHANGED_CELLS or (moved and at - self._read_at >= _MOVING_SECONDS)

    def _stable_edges(self) -> NDArray[np.float32]:
        """Return for each cell how strong the edges are that stayed in the last small frames."""
        return _cells(np.minimum.reduce(list(self._stable)))

    def _read(self, at: float, thumb: Thumb, large: Callable[[], Pixels]) -> None:
        known = self._notes.get("text", at)
        if known is None:
            pixels = large()
            height, width = pixels.shape[:2]
            known = [
                [line.text, round(float(line.score), 4),
                 [round(float(side) / (width, height)[n % 2], 4) for n, side in enumerate(line.box)]]
                for line in self._reader(pixels)
            ]  # fmt: skip
            self._notes.put("text", at, known)
        self.readings += 1
        lines = [
            (str(text), float(score), tuple(share))
            for text, score, share in known
            if score >= _MIN_SCORE and sum(c.isalnum() for c in text) >= _MIN_CHARACTERS
        ]
        found_new = self._matched(at, thumb, lines)
        self._wait = _SHORTEST_WAIT if found_new else min(_LONGEST_WAIT, 2 * self._wait)
        self._read_at, self._due, self._when_read = at, False, thumb
        self._edges_when_read = self._stable_edges() if len(self._stable) == _STABLE_FRAMES else None

    def _matched(self, at: float, thumb: Thumb, lines: list[tuple[str, float, Any]]) -> bool:
        """Carry on the lines that were read again, end those that weren't, begin the others; return if any is new."""
        free = list(self._open)
        fresh: list[_Line] = []
        for text, score, share in lines:
            place = _place(thumb, share)
            same = next((line for line in free if _is_same(line, text, share)), None)
            if same is None:
                fresh.append(_Line(text, share, score, self._begin(place, share, at), at, place))
                continue
            free.remove(same)
            if score >= same.score:
                same.text, same.score = text, score
            same.share, same.place, same.last = share, place, at
            same.missed_frames = same.missed_readings = 0
        for line in free:
            line.missed_readings += 1
            if line.missed_frames or line.missed_readings >= _MISSES:
                self._close(line, line.last)
                self._open.remove(line)
        self._open += fresh
        return bool(fresh)

    def _begin(self, place: Thumb, share: Share, at: float) -> float:
        """Return the first small frame, back from `at`, since which a place has shown what it shows."""
        first, missed = at, 0
        for time, thumb in reversed(self._ring):
            if time >= at:
                continue
            if _correlation(_place(thumb, share), place) >= _SAME_PLACE:
                first, missed = time, 0
            else:
                missed += 1
                if missed > _MISSES:
                    break
        return first

    def _close(self, line: _Line, end: float) -> None:
        self._closed.append(ScreenText(line.text, line.start, max(line.start, end), line.score, line.share))


def _gradient(thumb: Thumb) -> NDArray[np.float32]:
    """Return the strength of the edges of each pixel."""
    edges = np.zeros_like(thumb)
    edges[:, 1:] = np.abs(np.diff(thumb, axis=1))
    edges[1:] = np.maximum(edges[1:], np.abs(np.diff(thumb, axis=0)))
    return edges


def _cells(values: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = (max(1, side // _CELL) for side in values.shape)
    if min(values.shape) < _CELL:
        return np.array([[values.mean()]], dtype=np.float32)
    inner = values[: height * _CELL, : width * _CELL]
    means: NDArray[np.float32] = inner.reshape(height, _CELL, width, _CELL).mean(axis=(1, 3))
    return means


def _place(thumb: Thumb, share: Share) -> Thumb:
    """Return the part of a small frame that a line covers."""
    height, width = thumb.shape
    left, top = min(width - 2, int(share[0] * width)), min(height - 2, int(share[1] * height))
    right, bottom = max(left + 2, round(share[2] * width)), max(top + 2, round(share[3] * height))
    place: Thumb = thumb[top:bottom, left:right]
    return place


def _correlation(a: Thumb, b: Thumb) -> float:
    """Return how alike the edges of two places are, whatever their brightness and contrast, -1 to 1; 0 if one is even.

    Of the brightness itself a card's shading would decide, which a photo may share with it.
    """
    if a.shape != b.shape:
        return 0.0
    one, two = (np.concatenate((np.diff(x, axis=0).ravel(), np.diff(x, axis=1).ravel())) for x in (a, b))
    norm = float(np.sqrt((one @ one) * (two @ two)))
    return 0.0 if norm < _LEAST_EDGES * one.size else float(one @ two) / norm


def _is_same(line: _Line, text: str, share: Share) -> bool:
    alike = SequenceMatcher(None, line.text.casefold(), text.casefold(), autojunk=False).ratio()
    return alike >= _ALIKE and (_shared(line.share, share) >= _OVERLAP or alike >= (1 + _ALIKE) / 2)


def _shared(a: Share, b: Share) -> float:
    """Return the intersection of two boxes over their union."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inner = max(0.0, width) * max(0.0, height)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return inner / max(1e-9, areas - inner)


def _joined(texts: list[ScreenText]) -> list[ScreenText]:
    """Return lines, with those that were lost for a moment as one."""
    out: list[ScreenText] = []
    for text in sorted(texts, key=lambda text: text.start):
        for place in range(len(out) - 1, max(-1, len(out) - 12), -1):
            last = out[place]
            near = text.start - last.end <= _JOIN_SECONDS and _shared(last.share, text.share) >= _OVERLAP
            if near and SequenceMatcher(None, last.text, text.text, autojunk=False).ratio() >= _ALIKE:
                better = max(last, text, key=lambda one: one.score)
                out[place] = replace(better, start=last.start, end=max(last.end, text.end))
                break
        else:
            out.append(text)
    return out
