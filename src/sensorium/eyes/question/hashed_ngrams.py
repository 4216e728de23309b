"""Words and their pieces as hashed counts: what a sentence vector blurs, and what survives a misspelling."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BUCKETS = 4096
_WORDS = 120  # a longer text is cut: the vectors see no more either


def grams(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return one unit row a text, (n, BUCKETS) float32, zero for a text without letters.

    Words, pairs of words, and the runs of three and four letters within a word, hashed by CRC-32
    (Weinberger et al. 2009), counted as log(1 + n).
    """
    out = np.zeros((len(texts), BUCKETS), dtype=np.float32)
    for row, text in zip(out, texts, strict=True):
        for piece in _pieces(text):
            row[zlib.crc32(piece.encode()) % BUCKETS] += 1
    np.log1p(out, out=out)
    length = np.linalg.norm(out, axis=1, keepdims=True)
    out /= np.where(length > 0, length, np.float32(1))
    return out


def _pieces(text: str) -> list[str]:
    words = re.sub(r"[^a-z0-9' ?]+", " ", text.lower().replace("?", " ? ").replace("’", "'")).split()[:_WORDS]
    if not words:
        return []
    edged = ["^", *words, "$"]
    found = [f"w {word}" for word in edged]
    found += [f"b {left} {right}" for left, right in pairwise(edged)]
    for word in words:
        whole = f"<{word[:24]}>"
        for size in (3, 4):
            found += [f"c{whole[i : i + size]}" for i in range(len(whole) - size + 1)]
    return found
