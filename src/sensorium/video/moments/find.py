"""Find: the moments of a film where something is seen, from its index."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.blob import Blob
from sensorium.core.messages import Text, Video
from sensorium.core.protocols import Embedder
from sensorium.core.reply import Box
from sensorium.media.decoding import BrokenPart
from sensorium.media.video import Frame, frame_at
from sensorium.retrieval.query import Query, vector
from sensorium.video.moments.film_index import FilmIndex, FilmInfo
from sensorium.video.moments.pieces import Share
from sensorium.video.moments.scoring import (
    FrameScores,
    Threshold,
    picture_scores,
    picture_threshold,
)
from sensorium.video.moments.words import bank_scores, film_bank, word_scores, word_threshold, words_row
from sensorium.video.sheet import SheetCell, clock, sheet

__all__ = ["FilmFindings", "Moment", "find", "moments_of", "moments_sheet"]

MAX_CANDIDATES = 8
"""The most moments under the threshold that are kept, for a model to look at."""
_SAMPLE_ROWS = 2000
_EDGE = 0.6  # of the way from the film's median to a moment's best: what its first and last frame have at least,
_CLEAR_EDGE = 0.5  # and where scores are there that are not evened out,
_GOES_ON = 0.75  # or of the best, before what the film scores around it was taken off
_SHEET_SIDE = 720


@dataclass(frozen=True)
class Moment:
    """A part of a film in which something is seen.

    Args:
        film: The film's file.
        start, end: Seconds: midway between a frame in which it is seen and the neighbour in which it is not.
        best: Seconds of the frame that shows it best: the frame's own time.
        score: That frame's; see `scoring`.
        threshold: The score from which on it counts as seen.
        share: Where in that frame: left, top, right, bottom as shares of its width and height.
        confirmed: What a model said; None if none was asked.
    """

    film: str
    start: float
    end: float
    best: float
    score: float
    threshold: float
    share: Share = (0.0, 0.0, 1.0, 1.0)
    confirmed: bool | None = None

    @property
    def is_over(self) -> bool:
        """Whether the score reaches the threshold."""
        return self.score >= self.threshold

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; `box` is in shares of the frame's sides."""
        out: dict[str, Any] = {"film": self.film}
        out |= {name: round(getattr(self, name), 6) for name in ("start", "end", "best")}
        out |= {"score": round(self.score, 4), "threshold": round(self.threshold, 4)}
        out["box"] = [round(edge, 4) for edge in self.share]
        return out if self.confirmed is None else out | {"confirmed": self.confirmed}


@dataclass(frozen=True)
class FilmFindings:
    """What was found in one film.

    Args:
        film: Its file.
        moments: In order of time.
        candidates: The best moments under the threshold, best first.
        threshold: See `Threshold`.
        seconds: Of the film that were looked at.
        faults: The parts that could not be.
    """

    film: str
    moments: tuple[Moment, ...]
    candidates: tuple[Moment, ...]
    threshold: Threshold
    seconds: float
    faults: tuple[BrokenPart, ...] = ()


def find(query: Query, film: str, index: FilmIndex, embedder: Embedder, threshold: float | None = None) -> FilmFindings:
    """Return the moments of a film where something is seen.

    Args:
        query: Words, a picture or a sum of both.
        film: The film's name in the moments.
        index: See `index_film`; nothing is decoded.
        embedder: The one that made the index.
        threshold: The score from which on it counts as seen; None for what is fitted to the film.

    Raises:
        InputError: if the index can't be read.
        SensoriumError: what the embedder raises.
    """
    has_text = any(isinstance(term.part, Text) for term in query.terms)
    sample = _sample(index) if len(query.terms) > 1 else None
    info = index.info
    if all(isinstance(term.part, Text) for term in query.terms):
        row = words_row(query, embedder, sample)
        known = bank_scores(index, film_bank(embedder, index.folder.parent), embedder)
        scores = word_scores(index, row, known)
        fitted = word_threshold(known, row, _looked_at(info) / 3600)
    else:
        row = vector(query, embedder, sample)
        scores = picture_scores(index, row)
        fitted = picture_threshold(scores, info.embedder if not has_text else "")
    limit = fitted if threshold is None else Threshold(threshold)
    moments = moments_of(film, scores, limit.score, info)
    over = tuple(moment for moment in moments if moment.is_over)
    under = sorted((m for m in moments if not m.is_over), key=lambda moment: -moment.score)
    return FilmFindings(film, over, tuple(under[:MAX_CANDIDATES]), limit, _looked_at(info), info.faults)


def moments_of(film: str, scores: FrameScores, threshold: float, info: FilmInfo) -> list[Moment]:
    """Return the moments over the threshold, and the highest others, in order of time.

    Frames over it are one moment if they are neighbours, or but one frame lies between them; a moment goes on to
    neighbours that are nearer to its best than to the film's median. Peaks under the threshold that no moment holds are
    one frame long.
    """
    over = np.flatnonzero(scores.scores >= threshold)
    centre = float(np.median(scores.scores)) if len(scores.scores) else 0.0
    runs: list[tuple[int, int]] = []
    for place in over.tolist():
        if runs and place - runs[-1][1] <= 2:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    runs = _widened(runs, scores.scores, threshold, centre) if scores.edges is None else _fitted(runs, scores)
    taken = {place for first, last in runs for place in range(first - 1, last + 2)}
    peaks = [
        place
        for place in np.argsort(-scores.scores, kind="stable").tolist()[: 4 * MAX_CANDIDATES + len(over)]
        if place not in taken and math.isfinite(scores.scores[place])
    ]
    for place in peaks:
        if len(runs) >= len(over) + MAX_CANDIDATES:
            break
        if not taken & {place - 1, place, place + 1}:
            taken |= {place - 1, place, place + 1}
            runs.append((place, place))
    return [_moment(film, scores, first, last, threshold, info) for first, last in sorted(runs)]


def _widened(
    runs: list[tuple[int, int]], scores: NDArray[np.float64], threshold: float, centre: float
) -> list[tuple[int, int]]:
    """Return runs with their edges moved outward; those that then touch are one."""
    out: list[tuple[int, int]] = []
    for first, last in runs:
        edge = min(threshold, centre + _EDGE * (float(scores[first : last + 1].max()) - centre))
        while first > 0 and scores[first - 1] >= edge:
            first -= 1
        while last + 1 < len(scores) and scores[last + 1] >= edge:
            last += 1
        if out and first - out[-1][1] <= 2:
            out[-1] = (min(first, out[-1][0]), max(last, out[-1][1]))
        else:
            out.append((first, last))
    return out


def _fitted(runs: list[tuple[int, int]], frames: FrameScores) -> list[tuple[int, int]]:
    """Return runs that begin and end where clear scores do; those that then touch are one.

    What is seen for long stands out of itself only here and there: a moment goes on while its plain score does.
    """
    out: list[tuple[int, int]] = []
    clear = frames.scores if frames.edges is None else frames.edges
    plain = clear if frames.plain is None else frames.plain
    centre = float(np.median(clear)) if len(clear) else 0.0
    for first, last in runs:
        best = first + int(np.argmax(clear[first : last + 1]))
        seen = (clear >= centre + _CLEAR_EDGE * (clear[best] - centre)) | (plain >= _GOES_ON * plain[best])
        start, end = best, best
        while start > 0 and (seen[start - 1] or (start > 1 and seen[start - 2] and start - 1 > first)):
            start -= 1
        while end + 1 < len(seen) and (seen[end + 1] or (end + 2 < len(seen) and seen[end + 2] and end + 1 < last)):
            end += 1
        if out and start - out[-1][1] <= 2:
            out[-1] = (min(start, out[-1][0]), max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _moment(film: str, scores: FrameScores, first: int, last: int, threshold: float, info: FilmInfo) -> Moment:
    times = scores.times
    best = first + int(np.argmax(scores.scores[first : last + 1]))
    begin, close = info.start or 0.0, min(info.seconds, info.end or info.seconds)
    after = float(times[last + 1]) if last + 1 < len(times) else max(close, float(times[last]))
    if info.every is None:  # a frame stands for its scene
        start, end = float(times[first]), after
    else:
        start = begin if first == 0 else (float(times[first - 1]) + float(times[first])) / 2
        end = after if last + 1 == len(times) else (float(times[last]) + after) / 2
    share = tuple(float(edge) for edge in scores.shares[best])
    score = float(scores.scores[best])
    return Moment(film, start, end, float(times[best]), score, threshold, share)  # type: ignore[arg-type]


def best_frame(film: Blob, moment: Moment, max_side: int = _SHEET_SIDE) -> Frame:
    """Return the frame that shows a moment best, decoded from the film."""
    return frame_at(Video(film), moment.best, max_side)


def box_in(moment: Moment, frame: Frame) -> Box | None:
    """Return where in a frame a moment's thing lies, in pixels; None for the whole frame."""
    if moment.share == (0.0, 0.0, 1.0, 1.0):
        return None
    height, width = frame.pixels.shape[:2]
    left, top, right, bottom = moment.share
    return Box(left * width, top * height, right * width, bottom * height)


def moments_sheet(films: Sequence[tuple[Blob, FilmFindings]], title: str) -> bytes:
    """Return a JPEG: the best frame of each moment with its time; where nothing was found, of the nearest frames.

    Raises:
        MediaError: if a film can't be decoded any more.
    """
    found = any(findings.moments for _, findings in films)
    cells = []
    for film, findings in films:
        for moment in findings.moments if found else findings.candidates[:4]:
            frame = best_frame(film, moment)
            said = {True: ", confirmed", False: ", declined", None: ""}[moment.confirmed]
            detail = f"{Path(moment.film).name}   score {moment.score:.2f}, threshold {moment.threshold:.2f}{said}"
            cells.append(SheetCell(frame.pixels, clock(moment.best), detail, box_in(moment, frame)))
    return sheet(cells, title if found else f"Nothing found: {title}. The nearest frames:").blob.data


def with_answers(findings: FilmFindings, answers: dict[float, bool]) -> FilmFindings:
    """Return findings in which only what a model confirmed is a moment, by the time of the best frame."""
    looked = [
        replace(moment, confirmed=answers[moment.best])
        for moment in (*findings.moments, *findings.candidates)
        if moment.best in answers
    ]
    confirmed = tuple(sorted((m for m in looked if m.confirmed), key=lambda moment: moment.start))
    return replace(findings, moments=confirmed, candidates=tuple(m for m in looked if not m.confirmed))


def _looked_at(info: FilmInfo) -> float:
    return max(0.0, min(info.seconds, info.end or info.seconds) - (info.start or 0.0))


def _sample(index: FilmIndex) -> NDArray[np.float32]:
    """Return rows of pieces all over a film, for the spread of a query's terms."""
    each = max(1, _SAMPLE_ROWS // max(1, index.info.parts))
    rows = [part.vectors[:: max(1, len(part.vectors) // each)] for part in index.parts()]
    return np.concatenate(rows).astype(np.float32)
