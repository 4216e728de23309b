"""Fusion: one ranking out of those of several retrievers, whose scores can't be compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

RANK_CONSTANT = 60
"""Cormack's own; 10 was worse on clothes (bench/hybrid.py, part tune)."""
_WITHIN = "'’-"  # T-shirt, don't
_FUNCTION_WORDS = frozenset(
    # English, German, Spanish, French; they stand in many rows, and a ranking of ranks can't weigh them
    "a an and any are as at be by can for from have i in is it me my of on or something some that the this to "
    "what which with without you your "
    "am auf aus bei das dem den der des die ein eine einem einen einer etwas für ich im in ist mein meine mit nach "
    "ohne oder und von zu zum zur "
    "al con como de del el en es la las lo los mi o para por que sin sobre su un una unas unos y "
    "au aux avec ce ces dans de des du en et la le les mes mon ou pour qui sans sur une".split()
)
_STEM = 4
"""Words of so many letters and more are one if they differ only in up to two letters at their end: shoe, shoes."""


def reciprocal_rank_fusion(rankings: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return the fused score of each id, the best first, from 0 to 1: 1 is first in every ranking.

    Ranks only: a score is comparable within one query, and no threshold may stand on it.

    Source: Cormack et al. 2009, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods".
    """
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, name in enumerate(ranking, 1):
            scores[name] = scores.get(name, 0.0) + (RANK_CONSTANT + 1) / (RANK_CONSTANT + rank) / len(rankings)
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


def content_words(text: str) -> tuple[str, ...]:
    """Return the words of a query that say something, in lower case, each once."""
    return tuple(dict.fromkeys(word for word in _words(text) if word not in _FUNCTION_WORDS))


def words_in(words: Iterable[str], texts: Iterable[str]) -> tuple[str, ...]:
    """Return those of the words that stand in one of the texts; singular and plural are one word."""
    there = {word for text in texts for word in _words(text)}
    stems = {word[: max(_STEM, len(word) - cut)] for word in there if len(word) >= _STEM for cut in range(3)}
    return tuple(word for word in words if word in there or (len(word) >= _STEM and _stem_of(word) & stems))


def _words(text: str) -> list[str]:
    """Return the words of a text in lower case: letters with their marks (Hindi's vowel signs), and digits."""
    kept = (c if c in _WITHIN or unicodedata.category(c)[0] in "LMN" else " " for c in text.casefold())
    return [word for each in "".join(kept).split() if (word := each.strip(_WITHIN))]


def _stem_of(word: str) -> set[str]:
    return {word, word[: max(_STEM, len(word) - 1)], word[: max(_STEM, len(word) - 2)]}
