"""How much each frame looks like what is looked for, and from which score on it counts as seen.

Words are scored in standard deviations above what unrelated queries score with the same piece (`retrieval.hubness`),
and counted as seen above what all but 5 % of these queries reach anywhere in this film. Pictures are scored by the
cosine, and counted as seen where they stand out of the film's other frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.core.files import replace_file
from sensorium.core.protocols import Embedder
from sensorium.retrieval.hubness import QueryBank, own_topics, robust_scale, unrelated_queries
from sensorium.video.moments.film_index import FilmIndex, IndexPart

FALSE_ACCEPTS = 0.05
"""The share of unrelated queries that may find something in a film."""
_RELATED = 0.1  # the share of the bank, nearest to a query, that may be about the same and isn't used against it
_SMALLEST = 1e-6
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
    """

    times: NDArray[np.float64]
    scores: NDArray[np.float64]
    shares: NDArray[np.float32]


@dataclass(frozen=True)
class Threshold:
    """From which score on something counts as seen in a film.

    Args:
        score: The score.
        false_alarms_per_hour: Moments that an unrelated query finds in an hour of this film; None if not known.
    """

    score: float
    false_alarms_per_hour: float | None = None


@dataclass(frozen=True, eq=False)
class BankScores:
    """What unrelated queries score in a film.

    Args:
        bank: The queries.
        centres, spreads: Mean and standard deviation over the bank, for each piece of the index in order.
        frames: Corrected scores of each query and frame, (queries, frames).
    """

    bank: QueryBank
    centres: NDArray[np.float32]
    spreads: NDArray[np.float32]
    frames: NDArray[np.float16]


def picture_scores(index: FilmIndex, row: NDArray[np.float32]) -> FrameScores:
    """Return the cosine of each frame's nearest piece with a unit row."""
    return _joined([_best(part, part.vectors.astype(np.float32) @ row) for part in index.parts()])


def text_scores(index: FilmIndex, row: NDArray[np.float32], known: BankScores) -> FrameScores:
    """Return how unusually near each frame's nearest piece is to a unit row: standard deviations above the bank."""
    found, start = [], 0
    for part in index.parts():
        end = start + len(part.frames)
        similar = part.vectors.astype(np.float32) @ row
        found.append(_best(part, (similar - known.centres[start:end]) / known.spreads[start:end]))
        start = end
    return _joined(found)


def picture_threshold(scores: FrameScores, embedder: str) -> Threshold:
    """Return the score at which a picture stands out of the film's other frames."""
    if len(scores.scores) == 0:
        return Threshold(0.0)
    centre, spread = robust_scale(scores.scores)
    low, high = OVER_MEDIAN.get(embedder, (_SMALLEST_STEP, 2.0))
    over = min(high, max(low, DEVIATIONS * spread))
    return Threshold(float(min(ALWAYS.get(embedder, 2.0), centre + over)))


def text_threshold(known: BankScores, row: NDArray[np.float32], hours: float) -> Threshold:
    """Return the score that all but `FALSE_ACCEPTS` of the unrelated queries stay under everywhere in the film.

    Topics of the bank that the film itself is about, and the queries nearest to this one, are left out.

    Args:
        known: What the bank scores.
        row: The query.
        hours: The film's length.
    """
    peaks = known.frames.max(axis=1, initial=0.0).astype(np.float64)
    own = own_topics(peaks, known.bank.topics)
    near = known.bank.rows @ row
    unrelated = (near <= np.quantile(near, 1 - _RELATED)) & np.array([t not in own for t in known.bank.topics])
    score = float(np.quantile(peaks[unrelated], 1 - FALSE_ACCEPTS))
    over = known.frames[unrelated] > score
    runs = int(over[:, :1].sum()) + int((over[:, 1:] & ~over[:, :-1]).sum())
    return Threshold(score, runs / max(_SMALLEST, hours * int(unrelated.sum())))


def bank_scores(index: FilmIndex, bank: QueryBank) -> BankScores:
    """Return what the bank scores in a film; stored beside the index, so that it is computed once."""
    from safetensors.numpy import load, save

    path = index.folder / f"bank-{_bank_digest(bank)}.safetensors"
    names = ("centres", "spreads", "frames")
    if path.exists():
        tensors = load(path.read_bytes())
        if all(name in tensors for name in names):
            return BankScores(bank, *(tensors[name] for name in names))
    centres, spreads, frames = [], [], []
    for part in index.parts():
        scores = part.vectors.astype(np.float32) @ bank.rows.T
        centre, spread = scores.mean(axis=1), np.maximum(scores.std(axis=1), _SMALLEST)
        corrected = (scores - centre[:, None]) / spread[:, None]
        best = np.full((len(part.times), corrected.shape[1]), -np.inf, dtype=np.float32)
        np.maximum.at(best, part.frames, corrected)
        centres.append(centre)
        spreads.append(spread)
        frames.append(best.T.astype(np.float16))
    tensors = {
        "centres": np.concatenate(centres).astype(np.float32),
        "spreads": np.concatenate(spreads).astype(np.float32),
        "frames": np.concatenate(frames, axis=1),
    }
    replace_file(path, save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}))
    return BankScores(bank, *(tensors[name] for name in names))


def film_bank(embedder: Embedder, folder: Path) -> QueryBank:
    """Return the bank in an embedder's space, stored in the folder of the indexes: embedding it takes seconds."""
    from safetensors.numpy import load, save

    texts = unrelated_queries()
    key = repr([embedder.name, embedder.version, embedder.dims, sorted(texts.items())])
    path = folder / f"bank-{sha256(key.encode()).hexdigest()[:16]}.safetensors"
    topics = tuple(topic for topic, queries in texts.items() for _ in queries)
    if path.exists():
        rows = load(path.read_bytes()).get("rows")
        if rows is not None and rows.shape == (len(topics), embedder.dims):
            return QueryBank(rows, topics)
    bank = QueryBank.of(embedder)
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(path, save({"rows": np.ascontiguousarray(bank.rows)}))
    return bank


def _bank_digest(bank: QueryBank) -> str:
    return sha256(np.ascontiguousarray(bank.rows).tobytes()).hexdigest()[:16]


def _best(part: IndexPart, scores: NDArray[np.float32]) -> FrameScores:
    """Return the best piece of each frame of a part; frames without a piece have the lowest score."""
    best = np.full(len(part.times), -np.inf)
    np.maximum.at(best, part.frames, scores)
    shares = np.tile(np.array([0, 0, 1, 1], dtype=np.float32), (len(part.times), 1))
    for piece in np.flatnonzero(scores >= best[part.frames])[::-1]:
        shares[part.frames[piece]] = part.shares[piece]
    return FrameScores(part.times, best, shares)


def _joined(parts: list[FrameScores]) -> FrameScores:
    if not parts:
        return FrameScores(np.zeros(0), np.zeros(0), np.zeros((0, 4), dtype=np.float32))
    return FrameScores(
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.scores for part in parts]).astype(np.float64),
        np.concatenate([part.shares for part in parts]),
    )
