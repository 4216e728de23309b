"""Words and character n-grams as hashed counts: they keep what a sentence vector blurs, and survive a misspelling."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BUCKETS = 4096
_MAX_WORDS = 120  # the sentence vectors see no more either


def hashed_ngrams(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return one unit row a text, (n, BUCKETS) float32, zero for a text without words.

    Words, pairs of words, and the runs of three and four characters within a word, hashed by CRC-32
    (Weinberger et al. 2009), counted as log(1 + n).
    """
    rows = np.zeros((len(texts), BUCKETS), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for ngram in _ngrams(text):
            row[zlib.crc32(ngram.encode()) % BUCKETS] += 1
    np.log1p(rows, out=rows)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(length > 0, length, np.float32(1))
    return rows


def _ngrams(text: str) -> list[str]:
    words = re.sub(r"[^a-z0-9' ?]+", " ", text.lower().replace("?", " ? ").replace("’", "'")).split()[:_MAX_WORDS]
    if not words:
        return []
    bounded = ["^", *words, "$"]
    ngrams = [f"w {word}" for word in bounded]
    ngrams += [f"b {left} {right}" for left, right in pairwise(bounded)]
    for word in words:
        whole = f"<{word[:24]}>"
        for size in (3, 4):
            ngrams += [f"c{whole[i : i + size]}" for i in range(len(whole) - size + 1)]
    return ngrams
