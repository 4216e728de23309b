"""How much each frame looks like a picture, and from which score on it counts as seen: where it stands out of the
film's other frames. Words are scored by `words`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.retrieval.hubness import robust_scale
from sensorium.video.moments.film_index import FilmIndex, IndexPart

# Fitted on 16 clothes photos planted at 0.25, 0.4 and 0.6 of a frame's height into 156 s of films of opencv-doc and
# gradio, and on 126 photos that are not in them: 1.1 false alarms an hour, 0 / 1.00 / 1.00 of single frames found; in
# the street film alone, which is all of one kind, none and 0.22 / 1.00 / 1.00 (`bench/LOG.md` has a fixed cosine's).
DEVIATIONS = 10.0
"""How far over the film's median frame a picture must be, in standard deviations as outliers leave them, ..."""
OVER_MEDIAN = {"offline": (0.08, 0.222)}
"""... and in cosine at least and at most, of embedders whose cosines were measured."""
_SMALLEST_STEP = 0.02  # of other embedders: what differs less may be noise
ALWAYS = {"offline": 0.5}
"""A cosine that counts as seen whatever the median is: something may be there all the time."""


@dataclass(frozen=True, eq=False)
class FrameScores:
    """Scores of a film's frames.

    Args:
        times: Seconds, (frames,).
        scores: The best of each frame's pieces, (frames,).
        shares: Where that piece lies, (frames, 4): left, top, right, bottom as shares of the frame.
        edges: Scores that show where a moment begins and ends, if those that find it are evened out, (frames,).
        plain: What scores had before those of the film around them were taken off, (frames,).
    """

    times: NDArray[np.float64]
    scores: NDArray[np.float64]
    shares: NDArray[np.float32]
    edges: NDArray[np.float64] | None = None
    plain: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Threshold:
    """From which score on something counts as seen in a film.

    Args:
        score: The score.
        false_alarms_per_hour: Moments that an unrelated query finds in an hour of this film; None if not known.
    """

    score: float
    false_alarms_per_hour: float | None = None


def picture_scores(index: FilmIndex, row: NDArray[np.float32]) -> FrameScores:
    """Return the cosine of each frame's nearest piece with a unit row."""
    return joined([best_pieces(part, part.vectors.astype(np.float32) @ row) for part in index.parts()])


def picture_threshold(scores: FrameScores, embedder: str) -> Threshold:
    """Return the score at which a picture stands out of the film's other frames."""
    if len(scores.scores) == 0:
        return Threshold(0.0)
    centre, spread = robust_scale(scores.scores)
    low, high = OVER_MEDIAN.get(embedder, (_SMALLEST_STEP, 2.0))
    over = min(high, max(low, DEVIATIONS * spread))
    return Threshold(float(min(ALWAYS.get(embedder, 2.0), centre + over)))


def best_pieces(part: IndexPart, scores: NDArray[np.float32]) -> FrameScores:
    """Return the best piece of each frame of a part; frames without a piece have the lowest score."""
    best = np.full(len(part.times), -np.inf)
    np.maximum.at(best, part.frames, scores)
    shares = np.tile(np.array([0, 0, 1, 1], dtype=np.float32), (len(part.times), 1))
    for piece in np.flatnonzero(scores >= best[part.frames])[::-1]:
        shares[part.frames[piece]] = part.shares[piece]
    return FrameScores(part.times, best, shares)


def joined(parts: list[FrameScores]) -> FrameScores:
    """Return the frames of all parts."""
    if not parts:
        return FrameScores(np.zeros(0), np.zeros(0), np.zeros((0, 4), dtype=np.float32))
    return FrameScores(
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.scores for part in parts]).astype(np.float64),
        np.concatenate([part.shares for part in parts]),
    )
