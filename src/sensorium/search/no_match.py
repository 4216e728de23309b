"""Whether a collection has a good match for a query, told from what unrelated queries score in this collection.

A flat cutoff of the cosine doesn't work: each collection, embedder and kind of query has its own scale. Here the best
match of a query is compared with the best matches of a bank of unrelated queries (`retrieval.hubness`), among the
pictures and among the titles and categories; the two are added, so that one of them alone needs more. Queries in
another language are compared with the bank in that language, since an embedder knows less of its words. The threshold
lets a fixed share of the bank pass, which is a conformal test (Vovk et al. 2005): whatever the scores are like, about
that share of further unrelated queries passes, too. A picture as a query is compared with how near the collection's
own pictures are to each other. Measured by `python bench/no_match.py`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.retrieval.hubness import ENGLISH, QueryBank, Rows, corrected, own_topics, robust_scale

SETTING = "no_match"
"""The name under which an index keeps it."""
CANDIDATES = 64
"""So many of the nearest pictures are looked at for the best corrected one."""
_BEST = 5
_PASSING = 0.125
"""The share of the bank that may pass. Of absurd queries about half as many do, because the bank also has things that
are worn and carried. Chosen with `_BEST` on the tune part of bench/no_match.py: good and absurd queries fare alike."""
_IMAGE_DEVIATIONS = 3.0
_MIN_PICTURES = 10
"""Fewer don't show how near pictures of the collection are to each other."""
_SIZES = (1.0, 0.5, 0.25)
_COPY = 0.999
_SMALLEST = 1e-12


@dataclass(frozen=True)
class MatchEvidence:
    """How well a collection answers a query, in robust standard deviations above the unrelated queries' median.

    Args:
        pictures: By its pictures.
        titles: By its titles and categories; 0 if it has none.
        threshold: What the sum has to reach.
    """

    pictures: float
    titles: float
    threshold: float

    @property
    def total(self) -> float:
        """The sum, which decides."""
        return self.pictures + self.titles

    @property
    def is_match(self) -> bool:
        """Whether there is a good match."""
        return self.total >= self.threshold


@dataclass(frozen=True)
class FittedOn:
    """What a "no good match" was fitted on, and how often it errs there.

    Args:
        count: Rows of the index when it was fitted.
        queries: Unrelated queries that it was fitted on.
        topics: Topics that the collection is about itself, so that their queries were left out.
        titles: Titles and categories that it was fitted on.
        false_accept: Share of unrelated queries that pass, each topic with a threshold of the others.
    """

    count: int
    queries: int
    topics: tuple[str, ...]
    titles: int
    false_accept: float


@dataclass(frozen=True, eq=False)
class LanguageTest:
    """The test for queries of one language.

    Args:
        bank: Unit rows of the unrelated queries, (n, dims).
        scales: Median and robust standard deviation of their best scores among the pictures, and of those among the
            titles: (2, 2).
        threshold: Of the sum of both scores.
    """

    bank: Rows
    scales: NDArray[np.float64]
    threshold: float


@dataclass(frozen=True, eq=False)
class NoMatch:
    """The fitted test; `fit` makes one.

    Args:
        tests: Language -> its test; `ENGLISH` is there in any case.
        titles: Unit rows of titles and categories, (m, dims); m may be 0.
        image_threshold: The similarity that a picture's nearest needs; None if the collection is too small to say.
        fitted: What it was fitted on.
    """

    tests: Mapping[str, LanguageTest]
    titles: Rows
    image_threshold: float | None
    fitted: FittedOn

    @property
    def bank(self) -> Rows:
        """Unit rows of the unrelated queries in English."""
        return self.tests[ENGLISH].bank

    @property
    def scales(self) -> NDArray[np.float64]:
        """The scales of queries in English; see `LanguageTest`."""
        return self.tests[ENGLISH].scales

    @property
    def threshold(self) -> float:
        """What the evidence of a query in English has to reach."""
        return self.tests[ENGLISH].threshold

    def evidence(self, query: Rows, pictures: Rows, language: str = ENGLISH) -> MatchEvidence:
        """Return how well a query of words is answered.

        Args:
            query: Its unit row, (dims,).
            pictures: Rows of the pictures nearest to it, about `CANDIDATES`.
            language: Of the query: see `retrieval.hubness.bank_language`.
        """
        test = self.tests.get(language, self.tests[ENGLISH])
        places = _text_places(self.titles)
        among = (
            (query[None], pictures, test.bank),
            (_at(places, query[None]), _at(places, self.titles), _at(places, test.bank)),
        )
        sides = [
            (float(_strength(corrected(*rows))[0]) - centre) / spread if len(rows[1]) else 0.0
            for rows, (centre, spread) in zip(among, test.scales.tolist(), strict=True)
        ]
        return MatchEvidence(sides[0], sides[1], test.threshold if len(pictures) else np.inf)

    def has_image_match(self, similarity: float) -> bool:
        """Whether a picture whose nearest one is so similar has a good match."""
        return self.image_threshold is None or similarity >= self.image_threshold

    def to_bytes(self) -> bytes:
        """Return it as the bytes of an npz file."""
        file = io.BytesIO()
        words = np.array([str(value) for value in _flat(self.fitted)])
        arrays: dict[str, Any] = {"titles": self.titles.astype(np.float16), "fitted": words}
        arrays["image"] = np.array(np.nan if self.image_threshold is None else self.image_threshold)
        arrays["languages"] = np.array(list(self.tests))
        for number, test in enumerate(self.tests.values()):
            arrays[f"bank{number}"] = test.bank.astype(np.float16)
            arrays[f"scales{number}"], arrays[f"threshold{number}"] = test.scales, np.array(test.threshold)
        np.savez(file, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> NoMatch:
        """Return what `to_bytes` wrote; ValueError or KeyError if it's something else."""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            count, queries, titles, false_accept, *topics = file["fitted"].tolist()
            fitted = FittedOn(int(count), int(queries), tuple(topics), int(titles), float(false_accept))
            tests = {
                language: LanguageTest(
                    file[f"bank{number}"].astype(np.float32), file[f"scales{number}"], float(file[f"threshold{number}"])
                )
                for number, language in enumerate(file["languages"].tolist())
            }
            image = float(file["image"])
            return cls(tests, file["titles"].astype(np.float32), None if np.isnan(image) else image, fitted)


def fit(
    bank: QueryBank,
    pictures: Rows,
    titles: Rows,
    count: int | None = None,
    translated: Mapping[str, QueryBank] | None = None,
) -> NoMatch:
    """Return the test that is fitted on a collection.

    Args:
        bank: The unrelated queries; topics that the collection is about itself are found and left out.
        pictures: Rows of its pictures, or of a sample drawn by chance, (n, dims); at least one.
        titles: Rows of its titles and categories, each once, (m, dims); m may be 0.
        count: How many pictures it has, if `pictures` is a sample.
        translated: The bank in other languages: what is said in another than the embedder's scores differently.
    """
    count = len(pictures) if count is None else count
    own = own_topics(_best(bank.rows, pictures, bank.rows), bank.topics)
    places = _text_places(titles)
    if len(titles):
        texts = _at(places, bank.rows)
        own |= own_topics(_best(texts, _at(places, titles), texts), bank.topics)
    kept = bank.without(own)
    test, total = _fit_language(kept.rows, pictures, titles, count)
    tests = {ENGLISH: test}
    for language, other in (translated or {}).items():
        tests[language] = _fit_language(other.without(own).rows, pictures, titles, count)[0]
    fitted = FittedOn(count, len(kept.rows), tuple(sorted(own)), len(titles), _false_accept(total, kept.topics))
    return NoMatch(tests, titles, _image_threshold(pictures), fitted)


def _fit_language(bank: Rows, pictures: Rows, titles: Rows, count: int) -> tuple[LanguageTest, NDArray[np.float64]]:
    """Return the test for the language of a bank, and the bank's own evidence, (n,)."""
    places = _text_places(titles)
    scores, scales = [], np.array([[0.0, 1.0], [0.0, 1.0]])
    for number, (rows, asked) in enumerate(((pictures, bank), (_at(places, titles), _at(places, bank)))):
        if len(rows):
            best = _best(asked, rows, asked)
            scales[number] = robust_scale(best)
            scores.append((best - scales[number, 0]) / scales[number, 1])
    total = np.sum(scores, axis=0)
    if count > len(pictures):
        scales[0, 0] += _growth(bank, pictures, count)
    return LanguageTest(bank, scales, _threshold(total)), total


def _text_places(titles: Rows) -> NDArray[np.bool_]:
    """Return which places hold what texts are compared by, (dims,): a query's row may say more at others."""
    places: NDArray[np.bool_] = np.asarray(titles.any(axis=0))
    return places


def _at(places: NDArray[np.bool_], rows: Rows) -> Rows:
    """Return unit rows of some places."""
    chosen = rows[:, places]
    unit: Rows = chosen / np.maximum(np.linalg.norm(chosen, axis=1, keepdims=True), _SMALLEST)
    return unit


def _best(queries: Rows, rows: Rows, bank: Rows) -> NDArray[np.float64]:
    """Return the best corrected score of each query among its nearest rows, (queries,)."""
    near = (queries @ rows.T).astype(np.float64)
    scores = corrected(queries, rows, bank)
    if near.shape[1] > CANDIDATES:
        cut = -np.partition(-near, CANDIDATES - 1, axis=1)[:, CANDIDATES - 1 : CANDIDATES]
        scores = np.where(near >= cut, scores, -np.inf)
    return _strength(scores)


def _strength(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how well each query is answered: halfway between its best score and the mean of its five best, (queries,).

    One picture may be what is meant, but several are less likely to be so by chance.
    """
    best = -np.sort(-scores, axis=1)[:, :_BEST]
    found: NDArray[np.float64] = (best[:, 0] + best.mean(axis=1)) / 2
    return found


def _threshold(total: NDArray[np.float64]) -> float:
    """Return what at most the share `_PASSING` of the scores reaches (the conformal quantile, with its + 1)."""
    allowed = int(_PASSING * (len(total) + 1))
    ordered = np.sort(total)[::-1]
    return float(np.nextafter(ordered[allowed - 1], np.inf)) if allowed == 0 else float(ordered[allowed - 1])


def _false_accept(total: NDArray[np.float64], topics: Sequence[str]) -> float:
    labels = np.array(topics)
    passed = [total[labels == topic] >= _threshold(total[labels != topic]) for topic in sorted(set(topics))]
    return float(np.concatenate(passed).mean())


def _growth(bank: Rows, pictures: Rows, count: int) -> float:
    """Return how much higher the unrelated queries' best score lies among all pictures than among a sample.

    The best of more pictures is better by about as much for each doubling; that is measured on parts of the sample.
    """
    sizes = [max(CANDIDATES, int(len(pictures) * share)) for share in _SIZES]
    medians = [float(np.median(_best(bank, pictures[:size], bank))) for size in sizes]
    if len(set(sizes)) < 2:
        return 0.0
    slope = float(np.polyfit(np.log2(sizes), medians, 1)[0])
    return max(0.0, slope) * float(np.log2(count / len(pictures)))


def _image_threshold(pictures: Rows) -> float | None:
    """Return a similarity that nearly every picture's nearest one has; that of its own copies doesn't count."""
    if len(pictures) < _MIN_PICTURES:
        return None
    near = (pictures @ pictures.T).astype(np.float64)
    near[near > _COPY] = -np.inf
    best = near.max(axis=1)
    best = best[np.isfinite(best)]
    if len(best) < _MIN_PICTURES:
        return None
    centre, spread = robust_scale(best)
    return centre - _IMAGE_DEVIATIONS * spread


def _flat(fitted: FittedOn) -> list[Any]:
    values = asdict(fitted)
    topics = values.pop("topics")
    return [*values.values(), *topics]
