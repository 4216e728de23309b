"""Hubness: some pictures are near to every query; what unrelated queries score shows which, and how much to take off.

Sources: Chowdhury et al. 2024, "Nearest Neighbor Normalization Improves Multimodal Retrieval" (arXiv 2410.24114), and
Bogolin et al. 2022, "Cross Modal Retrieval with Querybank Normalisation" (2112.12777): a bank of queries, here of all
kinds of things, and each picture's scores corrected by those of the bank.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.core.languages import script_of
from sensorium.core.messages import Text
from sensorium.core.protocols import Embedder
from sensorium.retrieval.query import query_rows

Rows = NDArray[np.float32]
_FOLDER = Path(__file__).parent / "data"
ENGLISH, OTHER = "en", ""
BANK_LANGUAGES = ("es", "de", "hi", "ta")
"""The languages that the bank is translated to; `OTHER` stands for all of these together."""
_BY_SCRIPT = {"DEVANAGARI": "hi", "TAMIL": "ta"}
_LETTERS = {"de": "äöüß", "es": "ñáéíóú¿¡"}
_FUNCTION_WORDS = {
    ENGLISH: frozenset("a an the of for with without to on and or my something from by at is are how".split()),
    "de": frozenset(
        "ein eine einen einem einer der die das des dem den für mit ohne und oder im am zum zur von aus auf mein meine "
        "etwas wie zu bei".split()
    ),
    "es": frozenset(
        "un una unos unas el la los las de del para con sin y o en al por que algo mi mis cómo como sobre".split()
    ),
}
_SMALLEST = 1e-6
_OUTLYING, _RARE = 3.0, 0.95
"""A collection is about a topic if its median lies so many robust standard deviations above the topics' medians, and
above this share of the other topics' queries."""


@dataclass(frozen=True, eq=False)
class QueryBank:
    """Vectors of queries that a collection does not answer.

    Args:
        rows: Unit rows, (n, dims).
        topics: The topic of each, n.
    """

    rows: Rows
    topics: tuple[str, ...]

    @classmethod
    def of(cls, embedder: Embedder, language: str = ENGLISH) -> QueryBank:
        """Return the bank of `unrelated_queries` in an embedder's space."""
        queries = [(topic, query) for topic, texts in unrelated_queries(language).items() for query in texts]
        rows = query_rows([Text(query) for _, query in queries], embedder)
        return cls(np.asarray(rows, dtype=np.float32), tuple(topic for topic, _ in queries))

    def without(self, topics: frozenset[str] | set[str]) -> QueryBank:
        """Return the bank without some topics."""
        keep = np.array([topic not in topics for topic in self.topics], dtype=bool)
        return QueryBank(self.rows[keep], tuple(topic for topic in self.topics if topic not in topics))


@cache
def unrelated_queries(language: str = ENGLISH) -> Mapping[str, tuple[str, ...]]:
    """Return queries of 24 topics: topic -> queries, 12 in English, 3 in each of `BANK_LANGUAGES`."""
    name = "unrelated_queries.toml" if language == ENGLISH else f"unrelated_queries_{language}.toml"
    bank = tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return {topic: tuple(queries) for topic, queries in bank.items()}


def translated_banks(embedder: Embedder) -> Mapping[str, QueryBank]:
    """Return the bank in each of `BANK_LANGUAGES`, and in `OTHER` all of them together."""
    banks = {language: QueryBank.of(embedder, language) for language in BANK_LANGUAGES}
    topics = tuple(topic for bank in banks.values() for topic in bank.topics)
    return {**banks, OTHER: QueryBank(np.concatenate([bank.rows for bank in banks.values()]), topics)}


def bank_language(text: str) -> str:
    """Return the language of the bank that a query is compared with: by its script, its letters and its small words.

    A bare noun in Latin letters counts as English.

    Example:
        >>> bank_language("ein Kleid für den Sommer"), bank_language("сапоги"), bank_language("boots")
        ('de', '', 'en')
    """
    scripts = Counter(script for character in text if character.isalpha() and (script := script_of(character)))
    if scripts:
        return _BY_SCRIPT.get(scripts.most_common(1)[0][0], OTHER)
    words = text.casefold().split()
    hits = {language: sum(word in known for word in words) for language, known in _FUNCTION_WORDS.items()}
    for language, letters in _LETTERS.items():
        hits[language] += any(letter in text.casefold() for letter in letters)
    return max(hits, key=lambda language: hits[language])  # English, the first, if in doubt


def corrected(queries: Rows, pictures: Rows, bank: Rows) -> NDArray[np.float64]:
    """Return how unusually near each picture is to each query, (queries, pictures).

    It is the similarity in standard deviations above the mean of the picture's own similarities to the bank. Measured
    against NNN, which takes off the mean of the 16 nearest of the bank: `python bench/no_match.py`.

    Args:
        queries, pictures, bank: Unit rows of one space; the bank has at least two.
    """
    scores = pictures @ bank.T
    centre, spread = scores.mean(axis=1, dtype=np.float64), np.maximum(scores.std(axis=1, dtype=np.float64), _SMALLEST)
    scores_in_deviations: NDArray[np.float64] = ((queries @ pictures.T).astype(np.float64) - centre) / spread
    return scores_in_deviations


def robust_scale(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return median and standard deviation as outliers don't move them: 1.4826 times the median absolute deviation."""
    centre = float(np.median(values))
    return centre, max(1.4826 * float(np.median(np.abs(values - centre))), _SMALLEST)


def own_topics(scores: NDArray[np.float64], topics: tuple[str, ...]) -> frozenset[str]:
    """Return the topics that a collection is about itself: their queries score far above the others'.

    Args:
        scores: How well each query of the bank is answered.
        topics: The topic of each.
    """
    names = sorted(set(topics))
    labels = np.array(topics)
    medians = np.array([np.median(scores[labels == name]) for name in names])
    centre, spread = robust_scale(medians)
    return frozenset(
        name
        for name, median in zip(names, medians, strict=True)
        if median > centre + _OUTLYING * spread and median > np.quantile(scores[labels != name], _RARE)
    )
