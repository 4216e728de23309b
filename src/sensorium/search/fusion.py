"""Fusion: pictures and text as one score, and the words of a query that text is searched for.

A row's score is its picture's, in standard deviations above the collection's mean, plus `TEXT_WEIGHT` for the row whose
text fits best, and a share of that for the others, by BM25. Reciprocal rank fusion was measured beside it and found no
more than the pictures alone where the titles have taught the embedder: `python bench/hybrid.py`.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable

TEXT_WEIGHT = 0.5
"""Of the text, in standard deviations of the pictures' scores; the surest gain of .5 to 3 on the tune part."""
LEADING_WEIGHT = 10.0
"""The same where a row holds every word of the query and the pictures don't know it, or it has an article number."""
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


def shown_score(total: float) -> float:
    """Return a fused score as a number from 0 to 1, which grows with it: the logistic function of half of it."""
    return 1 / (1 + math.exp(-total / 2)) if total > -1000 else 0.0


def content_words(text: str) -> tuple[str, ...]:
    """Return the words of a query that say something, in lower case, each once."""
    return tuple(dict.fromkeys(word for word in _words(text) if word not in _FUNCTION_WORDS))


def has_code(text: str) -> bool:
    """Whether a word has a digit, as article numbers and sizes have."""
    return any(character.isdigit() for character in text)


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
