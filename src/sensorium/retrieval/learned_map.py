"""A collection teaches an embedder its own words: ridge regression from its pictures' rows to its titles' rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError, quoted
from sensorium.core.files import replace_file

MIN_TITLED, MIN_TITLES = 10, 2
"""Fewer titled pictures, or fewer different titles, teach nothing that could be checked."""
MAX_FITTED = 20_000
"""Pictures that a map is fitted on; more change it little and take minutes."""
MAX_JUDGED, MAX_QUERIES = 2_000, 400
"""Pictures and titles that it is cross-validated on."""
PENALTIES = (0.1, 0.3, 1.0, 3.0)
"""Ridge penalties that are tried, in units of the mean squared length of a centred row (trace of X'X over n)."""
_FOLDS, _FOLDS_OF_FEW, _FEW = 5, 20, 200  # a title's two pictures should hardly ever be left out together
_FAVOUR = 1.5
"""Of the map's weight over the fitted one, which is that of all pairs, and of maps of fewer pictures: the best ten
want more of it. Tuned on the train split of clothes, flat from 1.5 to 3; bench/LOG.md."""
_LEAST_SHARE, _NEARLY_RIGHT = 0.05, 0.99
_PERMUTATIONS, _SIGNIFICANCE, _MAX_PERMUTED = 99, 0.05, 300
"""Of the test whether the titles say anything: so many shuffles of so many titled pictures, and the level."""
_TINY = 1e-12

Rows = NDArray[np.float32]
Matrix = NDArray[np.float64]
AnyRows = TypeVar("AnyRows", Rows, Matrix)


@dataclass(frozen=True)
class MapGain:
    """How well titles find their pictures, on pictures that the map was not fitted on.

    Args:
        plain: nDCG of the embedder alone, over all judged pictures; see `_gains` for what is right.
        joined: That of the map joined with it.
        error: The standard error of the difference, over titles.
        titled: How many pictures were judged.
        queries: How many titles were asked.
    """

    plain: float
    joined: float
    error: float
    titled: int
    queries: int

    @property
    def wins(self) -> bool:
        """Whether the map may be used: it doesn't find less by over a standard error, and there was more to find."""
        return self.plain < _NEARLY_RIGHT and self.joined - self.plain > -self.error


@dataclass(frozen=True)
class LearnedMap:
    """What a collection's titled pictures taught.

    Args:
        weights: From a centred picture row to a title's row, (dims, titles' places).
        places: Which places of a text row the titles' rows use, (n,); elsewhere all are zero.
        picture_mean: Mean of the fitted pictures' rows, (dims,).
        title_mean: Mean of their titles' rows at `places`.
        share: Its share in the joined score, 0 to 1.
        penalty: The ridge penalty, of `PENALTIES`.
        gain: What it was chosen by.
    """

    weights: Rows
    places: NDArray[np.int64]
    picture_mean: Rows
    title_mean: Rows
    share: float
    penalty: float
    gain: MapGain

    def predict(self, pictures: Rows) -> Rows:
        """Return where each picture's title should be, centred unit rows, (n, titles' places)."""
        centred: Rows = np.subtract(pictures, self.picture_mean, dtype=np.float32)
        predicted: Rows = centred @ self.weights
        return _unit(predicted)

    def scores(self, text: Rows, pictures: Rows, sample: Rows | None = None) -> Rows:
        """Return the joined score of each picture for a text row, (n,): z-scores over `sample`, by default themselves.

        Args:
            text: The text's row, (dims,).
            pictures: Rows of candidates, (n, dims).
            sample: Rows of the collection that means and deviations are taken over.
        """
        known = pictures if sample is None else sample
        text = np.asarray(text, dtype=np.float32)
        title = self._title(text)
        learned = _standardised(self.predict(pictures) @ title, self.predict(known) @ title)
        plain = _standardised(pictures @ text, known @ text)
        joined: Rows = self.share * learned + (1 - self.share) * plain
        return joined

    def query(self, text: Rows, sample: Rows) -> Rows:
        """Return a unit row whose similarity to stored rows orders them nearly as `scores` does, (dims,).

        The map is linear but for the length of what it predicts; that is left out here, so that an index finds the
        candidates by one vector. Order the best some hundreds of them again by `scores`.

        Args:
            text: The text's row, (dims,).
            sample: Rows of the collection, some hundreds or thousands.
        """
        text = np.asarray(text, dtype=np.float32)
        learned = self.weights @ self._title(text)
        total = self.share * learned / max(float((sample @ learned).std()), _TINY)
        total = total + (1 - self.share) * text / max(float((sample @ text).std()), _TINY)
        row: Rows = _unit(total[None].astype(np.float32))[0]
        return row

    def _title(self, text: Rows) -> Rows:
        """Return what a text row says as a title would, centred: a query's row may say more, at other places."""
        title: Rows = _unit(text[self.places][None])[0] - self.title_mean
        return title

    def to_bytes(self) -> bytes:
        """Return it as a safetensors file, for an index to keep."""
        from safetensors.numpy import save

        arrays = {name: np.ascontiguousarray(getattr(self, name)) for name in _ARRAYS}
        numbers = {"share": self.share, "penalty": self.penalty} | asdict(self.gain)
        data: bytes = save(arrays, {name: repr(value) for name, value in numbers.items()})
        return data

    def save(self, path: str | Path) -> None:
        """Write it to a file; see `load_map`."""
        replace_file(path, self.to_bytes())


_ARRAYS = ("weights", "places", "picture_mean", "title_mean")


def load_map(source: str | Path | bytes) -> LearnedMap:
    """Return the map of a file, or of the bytes of one.

    Raises:
        InputError: if it isn't such a file.
    """
    import json

    from safetensors import SafetensorError
    from safetensors.numpy import load

    shown = "The bytes" if isinstance(source, bytes) else quoted(str(source))
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
        arrays = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        gain = MapGain(**{field.name: json.loads(header[field.name]) for field in fields(MapGain)})
        return LearnedMap(
            arrays["weights"],
            arrays["places"],
            arrays["picture_mean"],
            arrays["title_mean"],
            float(header["share"]),
            float(header["penalty"]),
            gain,
        )
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{shown} can't be read as a learned map: {error}.", "Index the collection again.") from None


def fit(
    pictures: Rows, title_rows: Rows, titles: Sequence[str], seed: int = 0, asked: Rows | None = None
) -> LearnedMap | None:
    """Fit a map from pictures to their titles, and return it if it finds more than the plain embedder.

    Penalty and share are fitted by cross-validation: each title is asked of pictures that the map was not fitted on,
    which are right as far as their titles mean the same; the share is the map's weight beside the plain score in a
    regression of that on both. None is returned if it is nothing, if the joined score clearly finds less, or if a map
    of shuffled titles predicts titles nearly as well: then they say nothing of the pictures.

    Args:
        pictures: Rows of titled pictures, (n, dims).
        title_rows: The embedder's rows of their titles, (n, dims).
        titles: The titles, n; equal ones count as one query.
        seed: Of the folds, of the shuffles, and of the sample if there are more than `MAX_FITTED`.
        asked: The rows of the titles as queries, (n, dims); None if they are the same (see `query_rows`).

    Raises:
        InputError: if the three differ in length.
    """
    if not len(pictures) == len(title_rows) == len(titles):
        raise InputError(
            f"{len(pictures)} pictures, {len(title_rows)} rows and {len(titles)} titles don't go together.",
            "Give one of each for a picture.",
        )
    rng = np.random.default_rng(seed)
    if len(titles) > MAX_FITTED:
        kept = np.sort(rng.choice(len(titles), MAX_FITTED, replace=False))
        pictures, title_rows, titles = pictures[kept], title_rows[kept], [titles[place] for place in kept]
        asked = None if asked is None else asked[kept]
    if len(titles) < MIN_TITLED or len(set(titles)) < MIN_TITLES:
        return None
    places = np.flatnonzero(np.abs(title_rows).max(axis=0) > 0)
    penalty, share, gain = _choose(pictures, title_rows, title_rows if asked is None else asked, places, titles, rng)
    if share < _LEAST_SHARE or not gain.wins or not _says_something(pictures, title_rows[:, places], rng):
        return None
    x, y = pictures.astype(np.float64), title_rows[:, places].astype(np.float64)
    (weights,) = _ridge(x - x.mean(axis=0), y - y.mean(axis=0), (penalty,))
    return LearnedMap(
        weights.astype(np.float32),
        places.astype(np.int64),
        x.mean(axis=0).astype(np.float32),
        y.mean(axis=0).astype(np.float32),
        share,
        penalty,
        gain,
    )


def _choose(
    pictures: Rows,
    title_rows: Rows,
    query_rows: Rows,
    places: NDArray[np.int64],
    titles: Sequence[str],
    rng: np.random.Generator,
) -> tuple[float, float, MapGain]:
    """Return the penalty and the share that explain best what is right, and what they gain over share 0."""
    codes = np.unique(np.asarray(titles, dtype=object).astype(str), return_inverse=True)[1]
    judged = rng.permutation(len(titles))[:MAX_JUDGED]
    predicted = _predict_unseen(pictures, title_rows[:, places], judged, rng)
    asked = rng.permutation(np.unique(codes[judged]))[:MAX_QUERIES]
    first = {code: place for place, code in reversed(list(enumerate(codes)))}
    chosen = [first[code] for code in asked]
    texts, mean = title_rows[chosen][:, places], title_rows[:, places].mean(axis=0)
    gains = _gains(texts, title_rows[judged][:, places], mean)
    plain = _standardised_rows(query_rows[chosen] @ pictures[judged].T)
    maps = [_standardised_rows((texts - mean) @ rows.T) for rows in predicted]
    fits = [_fitted_share(plain, learned, gains) for learned in maps]
    best = min(range(len(fits)), key=lambda place: fits[place][0])
    share = fits[best][1]
    base, joined = _ndcg(plain, gains), _ndcg(share * maps[best] + (1 - share) * plain, gains)
    gained = joined - base
    error = float(gained.std(ddof=1)) / len(gained) ** 0.5 if len(gained) > 1 else float("inf")
    return PENALTIES[best], share, MapGain(float(base.mean()), float(joined.mean()), error, len(judged), len(asked))


def _fitted_share(plain: Matrix, learned: Matrix, gains: Matrix) -> tuple[float, float]:
    """Return the squared error of a regression of gains on both scores, and the map's share in it, 0 to 1."""
    right = (gains - gains.mean(axis=1, keepdims=True)).ravel()
    both = np.stack([plain.ravel(), learned.ravel()], axis=1)
    weights = np.linalg.lstsq(both, right, rcond=None)[0]
    error = float(((right - both @ weights) ** 2).sum())
    of_plain, of_map = max(float(weights[0]), 0.0), _FAVOUR * max(float(weights[1]), 0.0)
    return error, of_map / max(of_plain + of_map, _TINY)


def _says_something(pictures: Rows, title_rows: Rows, rng: np.random.Generator) -> bool:
    """Whether a map predicts left-out titles better than maps of shuffled ones do (a permutation test).

    Compared is the mean cosine between each title's row and what a ridge map of the others predicts from the picture,
    in closed form. Two photos of each of ten things suffice, where the gain in nDCG is too uncertain to tell.
    """
    kept = rng.permutation(len(pictures))[:_MAX_PERMUTED]
    x, y = pictures[kept].astype(np.float64), title_rows[kept].astype(np.float64)
    x, y = x - x.mean(axis=0), _unit(y - y.mean(axis=0))
    gram = x @ x.T
    hat = gram @ np.linalg.inv(gram + (np.trace(gram) / len(x) + _TINY) * np.eye(len(x)))
    own = np.diag(hat)[:, None]

    def agreement(titles: Matrix) -> float:
        left_out = (hat @ titles - own * titles) / (1 - own)
        return float((_unit(left_out) * titles).sum(axis=1).mean())

    shuffled = [agreement(y[rng.permutation(len(y))]) for _ in range(_PERMUTATIONS)]
    real = agreement(y)
    as_good = sum(value >= real for value in shuffled)
    return (1 + as_good) / (1 + _PERMUTATIONS) <= _SIGNIFICANCE


def _predict_unseen(
    pictures: Rows, title_rows: Rows, judged: NDArray[np.int64], rng: np.random.Generator
) -> list[Rows]:
    """Return, for each penalty, the predicted unit rows of the judged pictures by maps that never saw them."""
    count = _FOLDS_OF_FEW if len(judged) <= _FEW else _FOLDS
    folds = rng.permutation(np.arange(len(judged)) % count)
    predicted = [np.zeros((len(judged), title_rows.shape[1]), dtype=np.float32) for _ in PENALTIES]
    for fold in np.unique(folds):
        out = folds == fold
        seen = np.ones(len(pictures), dtype=bool)
        seen[judged[out]] = False
        x, y = pictures[seen].astype(np.float64), title_rows[seen].astype(np.float64)
        centred = pictures[judged[out]].astype(np.float64) - x.mean(axis=0)
        for rows, weights in zip(predicted, _ridge(x - x.mean(axis=0), y - y.mean(axis=0), PENALTIES), strict=True):
            rows[out] = _unit((centred @ weights).astype(np.float32))
    return predicted


def _ridge(x: Matrix, y: Matrix, penalties: Sequence[float]) -> Iterator[Matrix]:
    """Yield the weights of ridge regression, (dims, targets), for each penalty, by the smaller of the two systems."""
    by_rows = len(x) <= x.shape[1]
    gram = x @ x.T if by_rows else x.T @ x
    scale = float(np.trace(gram)) / len(x)
    values, vectors = np.linalg.eigh(gram)
    values = np.maximum(values, 0.0)
    target = vectors.T @ (y if by_rows else x.T @ y)
    for penalty in penalties:
        solved = vectors @ (target / (values + penalty * scale + _TINY)[:, None])
        yield x.T @ solved if by_rows else solved


def _gains(texts: Rows, titles: Rows, mean: Rows) -> Matrix:
    """Return how right each picture is for each text, (texts, pictures), 0 to 1: how near its title is in meaning.

    Only few pictures have the very title that is asked for; the squared similarity also counts those nearly right.
    """
    near = _unit(texts - mean) @ _unit(titles - mean).T
    gains: Matrix = np.maximum(near, 0.0).astype(np.float64) ** 2
    return gains


def _ndcg(scores: Matrix, gains: Matrix) -> NDArray[np.float64]:
    """Return the normalised discounted cumulative gain of each text over all pictures, (texts,)."""
    discounts = 1 / np.log2(np.arange(2, gains.shape[1] + 2))
    order = np.argsort(-scores, axis=1, kind="stable")
    ideal = -np.sort(-gains, axis=1) @ discounts
    found: NDArray[np.float64] = (np.take_along_axis(gains, order, axis=1) @ discounts) / np.maximum(ideal, _TINY)
    return found


def _standardised(scores: Rows, known: Rows) -> Rows:
    found: Rows = (scores - known.mean()) / max(float(known.std()), _TINY)
    return found


def _standardised_rows(scores: Rows) -> Matrix:
    deviation = np.maximum(scores.std(axis=1, keepdims=True), _TINY)
    found: Matrix = ((scores - scores.mean(axis=1, keepdims=True)) / deviation).astype(np.float64)
    return found


def _unit(rows: AnyRows) -> AnyRows:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    found: AnyRows = rows / np.maximum(lengths, _TINY)
    return found
