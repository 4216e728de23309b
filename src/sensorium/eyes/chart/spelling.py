"""Spelling: what reading does to labels, mended by their neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LETTERS = {
    "1": "I",
    "0": "O",
    "l": "I",
    "|": "I",
    "8": "B",
    "5": "S",
    "工": "I",
    "口": "O",
    "一": "I",
    "-": "I",
}  # among lone letters
_ALIKE = "cosuvwxzp"  # letters whose capitals differ in size alone


def mended(texts: Sequence[str]) -> tuple[str, ...]:
    """Mend what reading does to labels: tick marks read as dashes, "oct" for "Oct" where all others are capitals."""
    bare = [text.strip("-–—−_ ~") if len(text) > 1 else text for text in texts]
    bare = [text.strip("·. :,;|'`−-") if len(text) > 2 else text for text in bare]
    marks = [re.match(r"[1|lI'] \S", text) is not None for text in bare]
    if 0 < sum(marks) < 0.5 * len(bare) and not any(re.match(r"[02-9] ", text) for text in bare):  # tick marks
        bare = [text[2:] if mark else text for text, mark in zip(bare, marks, strict=True)]
    specks = [re.search(r" [a-z]$", text) is not None for text in bare]
    if sum(specks) == 1:  # a speck beside one label, read as a letter
        bare = [text[:-2] if speck else text for text, speck in zip(bare, specks, strict=True)]
    if sum(len(text) == 1 and text.isalpha() for text in bare) >= 0.6 * len(bare):
        bare = [_LETTERS.get(text, text) for text in bare]
    bare = [re.sub(r"^0(?=[a-z]{2})", "O", text) for text in bare]
    if not any(re.match(r"[a-z]", text) for text in bare if not re.match(r"[il][a-z]", text)):
        bare = [re.sub(r"^[il](?=[a-z])", "I", text) if _capitals(bare, text) else text for text in bare]
    letters = [text[0] for text in bare if text and text[0].isalpha()]
    capitals = sum(letter.isupper() for letter in letters)
    if capitals >= 0.6 * len(letters) and len(letters) >= 3:
        bare = [text[0].upper() + text[1:] if text and text[0] in _ALIKE else text for text in bare]
    small = sum(re.fullmatch(r"\d+s", text) is not None for text in bare)
    if small >= 0.5 * len(bare):  # "1990s" read with a capital
        bare = [re.sub(r"^(\d+)S$", r"\1s", text) for text in bare]
    return tuple(bare)


def _capitals(texts: Sequence[str], but: str) -> bool:
    """Tell whether at least two labels other than one begin with a capital."""
    return sum(text[:1].isupper() for text in texts if text != but) >= 2


def bare_of(text: str) -> str:
    """Give what counts when two readings are compared: no spaces, no dashes or specks at the ends."""
    return re.sub(r"[\s]", "", text.translate(str.maketrans("−–—", "---"))).strip("-_~·.:,;|'`")
