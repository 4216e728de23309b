"""The haystack test: a picture is planted into real films at chosen depths, and looked for.

Frames of the films are sampled and embedded once; a needle is laid over those that fall into its time, and only these
are embedded again. So a film of any length costs no more than its needles. `compose` writes such a film as a file.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError
from sensorium.core.messages import Image
from sensorium.core.protocols import Embedder, Progress, no_progress
from sensorium.media.image import Pixels, pixels
from sensorium.retrieval.hubness import QueryBank
from sensorium.retrieval.query import Query, vector
from sensorium.video.moments.film_index import FilmInfo
from sensorium.video.moments.find import moments_of
from sensorium.video.moments.pieces import Share, images, tile_shares
from sensorium.video.moments.scoring import FrameScores, Threshold, picture_threshold
from sensorium.video.moments.words import (
    BankScores,
    correction,
    stand_out,
    standing_out,
    word_bank,
    word_threshold,
    words_row,
)
from sensorium.video.sampling import Sampling, sample

Vectors = NDArray[np.float32]
FRAME_SIZE = (640, 360)
"""Width and height of the films that needles are planted into, in pixels: others are letterboxed into it."""


@dataclass(frozen=True)
class Needle:
    """What is planted.

    Args:
        name: What reports call it.
        image: The picture.
        text: What it shows, in words; "" if it is not to be looked for by words.
    """

    name: str
    image: Image
    text: str = ""


@dataclass(frozen=True)
class HaystackPlan:
    """What is measured.

    Args:
        lengths: Of the films, in seconds.
        depths: Where the needle begins, 0 to 1 of the film.
        sizes: The needle's height, as shares of the frame's.
        opacities: Of the needle, over 0 to 1.
        seconds: How long it is shown.
        every: Seconds between the frames that are looked at.
        pieces: See `pieces.GRIDS`.
        seed: Random seed of the needles' places.
    """

    lengths: tuple[float, ...] = (60.0, 300.0, 1800.0)
    depths: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    sizes: tuple[float, ...] = (0.5,)
    opacities: tuple[float, ...] = (1.0,)
    seconds: float = 3.0
    every: float = 1.0
    pieces: str = "tiles"
    seed: int = 0

    def __post_init__(self) -> None:
        checks = (
            ("lengths", self.lengths, 1.0, 360_000.0),
            ("depths", self.depths, 0.0, 1.0),
            ("sizes", self.sizes, 0.02, 1.0),
            ("opacities", self.opacities, 0.05, 1.0),
        )
        for name, values, low, high in checks:
            if not values or not all(low <= value <= high for value in values):
                raise InputError(
                    f"The {name} {list(values)} are not from {low:g} to {high:g}.", f"Try `{name}=({high:g},)`."
                )
        if not 0 < self.seconds <= min(self.lengths):
            raise InputError(
                f"A needle of {self.seconds:g} s does not fit into {min(self.lengths):g} s.", "Try `seconds=3`."
            )


@dataclass(frozen=True)
class Trial:
    """One needle in one film, looked for in one way.

    Args:
        needle: Its name.
        by: "picture" or "text".
        length: The film's, in seconds.
        depth, size, opacity: See `HaystackPlan`.
        start, end: When the needle is shown, in seconds.
        found: Whether a moment's best frame shows it.
        is_best: Whether it also has the highest score of the film.
        start_error, end_error: How far the moment's ends are from the needle's, in seconds; None if it is not found.
        false_alarms: Moments that don't touch it.
        score: The best of a frame that shows it.
        threshold: From which score on something counts as seen.
    """

    needle: str
    by: str
    length: float
    depth: float
    size: float
    opacity: float
    start: float
    end: float
    found: bool
    is_best: bool
    start_error: float | None
    end_error: float | None
    false_alarms: int
    score: float
    threshold: float

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Backdrop:
    """Frames of real films, one after the other, and the vectors of their pieces.

    Args:
        frames: RGB pixels, all of one size.
        vectors: Unit rows, (frames, pieces, dims).
        tiles: Where the pieces lie.
        every: Seconds between the frames.
        embedder: Made the vectors.
    """

    frames: tuple[Pixels, ...]
    vectors: Vectors
    tiles: tuple[Share, ...]
    every: float
    embedder: Embedder

    @classmethod
    def of(
        cls, films: Sequence[Blob], embedder: Embedder, plan: HaystackPlan, progress: Progress = no_progress
    ) -> Backdrop:
        """Return the frames of films, sampled as `find` samples them.

        Raises:
            MediaError: if a film can't be decoded.
        """
        sampling = Sampling(plan.every)
        frames = [letterboxed(frame.pixels, FRAME_SIZE) for film in films for frame in sample(film, sampling)]
        tiles = tile_shares(plan.pieces, FRAME_SIZE)

        def embed(frame: Pixels) -> Vectors:
            rows: Vectors = embedder.embed(images(frame, tiles, 0.0))
            return rows

        rows = [row for _, row in progress(frames, embed, "Embedding the films")]
        return cls(tuple(frames), np.stack(rows), tiles, plan.every, embedder)

    def planted(self, place: int, needle: Pixels, size: float, opacity: float, at: tuple[float, float]) -> Vectors:
        """Return the vectors of the pieces of a frame with a needle in it; only those that it touches are embedded."""
        frame = self.frames[place]
        laid, box = plant(frame, needle, size, opacity, at)
        touched = [n for n, tile in enumerate(self.tiles) if _touch(tile, box)]
        rows: Vectors = self.vectors[place].copy()
        rows[touched] = self.embedder.embed(images(laid, [self.tiles[n] for n in touched], 0.0))
        return rows


def plant(
    frame: Pixels, needle: Pixels, size: float, opacity: float = 1.0, at: tuple[float, float] = (0.5, 0.5)
) -> tuple[Pixels, Share]:
    """Return a frame with a picture laid over it, and where it lies.

    Args:
        frame: (height, width, 3) uint8 RGB.
        needle: The same.
        size: The picture's height as a share of the frame's; a wide one is made to fit.
        opacity: 0 to 1.
        at: Where, 0 to 1 from left and top of the room that there is.
    """
    height, width = frame.shape[:2]
    tall = max(1, min(height, round(size * height), int(width * needle.shape[0] / needle.shape[1])))
    wide = max(1, min(width, round(needle.shape[1] * tall / needle.shape[0])))
    small = np.asarray(PIL.Image.fromarray(needle).resize((wide, tall), PIL.Image.Resampling.LANCZOS), dtype=np.float32)
    left, top = round(at[0] * (width - wide)), round(at[1] * (height - tall))
    out = frame.copy()
    under = out[top : top + tall, left : left + wide].astype(np.float32)
    out[top : top + tall, left : left + wide] = np.round(opacity * small + (1 - opacity) * under).astype(np.uint8)
    return out, (left / width, top / height, (left + wide) / width, (top + tall) / height)


def letterboxed(frame: Pixels, size: tuple[int, int]) -> Pixels:
    """Return a frame made as large as fits into a size, in its middle, over black."""
    picture = PIL.Image.fromarray(frame)
    scale = min(size[0] / picture.width, size[1] / picture.height)
    fitted = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    if fitted != picture.size:
        picture = picture.resize(fitted, PIL.Image.Resampling.BICUBIC, reducing_gap=2.0)
    if fitted == size:
        return np.asarray(picture)
    page = PIL.Image.new("RGB", size)
    page.paste(picture, ((size[0] - fitted[0]) // 2, (size[1] - fitted[1]) // 2))
    return np.asarray(page)


def run(
    needles: Sequence[Needle], backdrop: Backdrop, plan: HaystackPlan, bank: QueryBank | None = None,
    progress: Progress = no_progress,
) -> list[Trial]:  # fmt: skip
    """Return a trial for each needle, size, opacity, depth and length, by its picture and, if it has one, its text.

    A film is the backdrop's frames over and over, turned so that at the needle's depth the same frames come in films of
    every length: what differs between the lengths is the haystack alone.

    Args:
        needles: What is planted, each into films of its own.
        backdrop: Real films.
        plan: What is measured.
        bank: Unrelated queries, for the search by text; None for `word_bank` of the embedder.
        progress: Shows how far it is.
    """
    search = _Search(backdrop, plan, bank, any(needle.text for needle in needles))
    jobs = [(n, s, o, d) for n in range(len(needles)) for s in plan.sizes for o in plan.opacities for d in plan.depths]

    def work(job: tuple[int, float, float, float]) -> list[Trial]:
        return search.trials(needles[job[0]], job[0], *job[1:])

    return [trial for _, trials in progress(jobs, work, "Looking for needles") for trial in trials]


class _Search:
    """Scores films made of a backdrop without building them: frames are looked up, needles put in their place."""

    def __init__(self, backdrop: Backdrop, plan: HaystackPlan, bank: QueryBank | None, by_text: bool) -> None:
        self._backdrop, self._plan = backdrop, plan
        self._rows: dict[str, Vectors] = {}
        self._bank = (bank or word_bank(backdrop.embedder)) if by_text else None
        if self._bank is not None:
            similar = backdrop.vectors @ self._bank.rows.T  # frames, pieces, queries
            self._centres, self._spreads = correction(similar, backdrop.embedder)
            self._bank_frames = ((similar - self._centres[..., None]) / self._spreads[..., None]).max(axis=1).T

    def trials(self, needle: Needle, number: int, size: float, opacity: float, depth: float) -> list[Trial]:
        plan, backdrop = self._plan, self._backdrop
        chance = random.Random(f"{plan.seed} {number} {size} {opacity} {depth}")
        at = (chance.random(), chance.random())
        first, phase = chance.randrange(len(backdrop.frames)), chance.random() * plan.every
        picture = pixels(needle.image, 1024)
        shown = math.ceil(plan.seconds / plan.every) + 1
        laid = [backdrop.planted((first + n) % len(backdrop.frames), picture, size, opacity, at) for n in range(shown)]
        out = []
        for length in plan.lengths:
            count = math.ceil(length / plan.every - 1e-9)
            # the needle begins `phase` before the first frame that shows it
            start = min(depth * (length - plan.seconds), length - plan.seconds)
            place = min(count - 1, math.ceil((start + (0.0 if depth == 0 else phase)) / plan.every))
            start = max(0.0, place * plan.every - (0.0 if depth == 0 else phase))
            end = min(length, start + plan.seconds)
            ids = (first + np.arange(count) - place) % len(backdrop.frames)
            inside = [n for n in range(place, count) if n * plan.every < end - 1e-9]
            planted = {n: laid[n - place] for n in inside}
            for by in ("picture", "text") if needle.text else ("picture",):
                scores, threshold = self._scored(needle, by, ids, planted, length)
                case = (needle.name, by, length, depth, size, opacity, start, end)
                out.append(_trial(case, scores, threshold, inside, plan))
        return out

    def _scored(
        self, needle: Needle, by: str, ids: NDArray[np.int64], planted: dict[int, Vectors], length: float
    ) -> tuple[FrameScores, Threshold]:
        backdrop = self._backdrop
        row = self._row(needle, by)
        base = backdrop.vectors @ row
        if by == "text":
            base = (base - self._centres) / self._spreads
        scores = base.max(axis=1).astype(np.float64)[ids]
        known = self._bank_frames[:, ids] if by == "text" and self._bank is not None else None
        for place, rows in planted.items():
            piece = rows @ row
            if by == "text" and self._bank is not None and known is not None:
                similar = rows @ self._bank.rows.T
                centre, spread = correction(similar, backdrop.embedder)
                piece = (piece - centre) / spread
                known[:, place] = ((similar - centre[:, None]) / spread[:, None]).max(axis=0)
            scores[place] = piece.max()
        times = np.arange(len(ids), dtype=np.float64) * backdrop.every
        found = FrameScores(times, scores, np.tile(np.array([0, 0, 1, 1], dtype=np.float32), (len(ids), 1)))
        if by == "picture":
            return found, picture_threshold(found, backdrop.embedder.name)
        assert self._bank is not None and known is not None
        empty = np.zeros(0, dtype=np.float32)
        bank = BankScores(self._bank, empty, empty, stand_out(known, backdrop.every).astype(np.float16))
        return standing_out(found, backdrop.every), word_threshold(bank, row, length / 3600)

    def _row(self, needle: Needle, by: str) -> Vectors:
        key = f"{by} {needle.name}"
        if key not in self._rows:
            query = Query.of(needle.image if by == "picture" else needle.text)
            self._rows[key] = (vector if by == "picture" else words_row)(query, self._backdrop.embedder)
        return self._rows[key]


def _trial(
    case: tuple[str, str, float, float, float, float, float, float], scores: FrameScores, threshold: Threshold,
    inside: list[int], plan: HaystackPlan,
) -> Trial:  # fmt: skip
    *_, start, end = case
    info = FilmInfo("", "", case[2], 0, 0, "", "", 0, plan.every, None, None, 0, plan.pieces)
    moments = [m for m in moments_of("", scores, threshold.score, info) if m.is_over]
    hits = [m for m in moments if start - 1e-9 <= m.best < end]
    touching = [m for m in moments if m.end > start and m.start < end]
    best = max(hits, key=lambda moment: moment.score, default=None)
    top = float(scores.scores[inside].max()) if inside else -math.inf
    return Trial(
        *case,
        found=best is not None,
        is_best=bool(inside) and top >= float(scores.scores.max()),
        start_error=None if best is None else abs(best.start - start),
        end_error=None if best is None else abs(best.end - end),
        false_alarms=len(moments) - len(touching),
        score=top,
        threshold=threshold.score,
    )


def _touch(tile: Share, box: Share) -> bool:
    return box[0] < tile[2] and box[2] > tile[0] and box[1] < tile[3] and box[3] > tile[1]


def summary(trials: Sequence[Trial], backdrop: Backdrop) -> list[str]:
    """Return in sentences what heat maps don't show: false alarms, time errors, and how varied the haystack is."""
    lines = []
    for by in sorted({trial.by for trial in trials}):
        own = [trial for trial in trials if trial.by == by]
        hours = sum(trial.length for trial in own) / 3600
        errors = [error for t in own for error in (t.start_error, t.end_error) if error is not None]
        late = f"; starts and ends within {np.percentile(errors, 95):.2f} s in 95 %" if errors else ""
        alarms = sum(trial.false_alarms for trial in own) / hours
        found = sum(trial.found for trial in own)
        lines.append(f"By {by}: found {found} of {len(own)}, {alarms:.2f} false alarms an hour{late}.")
    minutes = len(backdrop.frames) * backdrop.every / 60
    lines.append(f"The films hold {minutes:.1f} minutes of different frames, shown over and over in longer ones.")
    return lines
