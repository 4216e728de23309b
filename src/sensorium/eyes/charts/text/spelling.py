"""Spelling: typical misreadings of labels, corrected by their neighbours, and the better of two readings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

Reading = tuple[str, float]
"""A text and the score of its reading, 0 to 1."""
_LOOKALIKES = {  # of single letters
    "1": "I", "0": "O", "l": "I", "|": "I", "8": "B", "5": "S", "工": "I", "口": "O", "一": "I", "-": "I",
}  # fmt: skip
_THIN = ("i", "j", "l", "I", "J", "L", "1", "|", ":", "!", "]", ")", "」", "丨", "」")
_VOCABULARY = Path(__file__).parents[2] / "question" / "data" / "bert-uncased-vocab.txt"
_SAME_SHAPE = "cosuvwxzp"  # letters whose capitals differ in size alone


def correct(texts: Sequence[str]) -> tuple[str, ...]:
    """Return labels without misreadings: tick marks read as dashes, "oct" beside labels that begin with capitals."""
    bare = [text.strip("-–—−_ ~") if len(text) > 1 else text for text in texts]
    bare = [text.strip("·. :,;|'`−-") if len(text) > 2 else text for text in bare]
    marks = [re.match(r"[1|lI'] \S", text) is not None for text in bare]
    if 0 < sum(marks) < 0.5 * len(bare) and not any(re.match(r"[02-9] ", text) for text in bare):  # tick marks
        bare = [text[2:] if mark else text for text, mark in zip(bare, marks, strict=True)]
    specks = [re.search(r" [a-z]$", text) is not None for text in bare]
    if sum(specks) == 1:  # a speck beside one label
        bare = [text[:-2] if speck else text for text, speck in zip(bare, specks, strict=True)]
    if sum(len(text.strip(".:,;·")) == 1 and text[0].isalpha() for text in bare if text) >= 0.6 * len(bare):
        bare = _correct_letters([text.strip(".,;·") or text for text in bare])
    bare = [re.sub(r"^0(?=[a-z]{2})", "O", text) for text in bare]
    if not any(re.match(r"[a-z]", text) for text in bare if not re.match(r"[il][a-z]", text)):
        bare = [re.sub(r"^[il](?=[a-z])", "I", text) if _are_capitalised(bare, text) else text for text in bare]
    letters = [text[0] for text in bare if text and text[0].isalpha()]
    capitals = sum(letter.isupper() for letter in letters)
    if capitals >= 0.6 * len(letters) and len(letters) >= 3:
        bare = [text[0].upper() + text[1:] if text and text[0] in _SAME_SHAPE else text for text in bare]
    small = sum(re.fullmatch(r"\d+s", text) is not None for text in bare)
    if small >= 0.5 * len(bare):  # "1990s" read with a capital
        bare = [re.sub(r"^(\d+)S$", r"\1s", text) for text in bare]
    return tuple(_unify_spaces(bare))


def _unify_spaces(texts: Sequence[str]) -> list[str]:
    """Put a space between number and word if most labels of that pattern have one: "4pm" beside "6 pm"."""
    out = list(texts)
    for spaced, joined in ((r"\d+ [^\W\d]+", r"(\d+)([^\W\d]+)"), (r"[^\W\d]+ \d+", r"([^\W\d]+)(\d+)")):
        with_space = sum(re.fullmatch(spaced, text) is not None for text in out)
        without = sum(re.fullmatch(joined, text) is not None for text in out)
        if with_space >= 2 and with_space > without:
            out = [re.sub(rf"^{joined}$", r"\1 \2", text) for text in out]
    return out


def count_outliers(texts: Sequence[str]) -> int:
    """Return how many labels have another pattern than most ("2000a" beside "1990s", "pm" beside "4 pm")."""
    patterns = [re.sub(r"\d+", "#", text) for text in texts]
    common = {pattern for pattern in patterns if "#" in pattern and patterns.count(pattern) >= 2}
    fitting = sum(pattern in common for pattern in patterns)
    return len(texts) - fitting if fitting >= 0.6 * len(texts) and len(texts) >= 3 else 0


def count_unknown_words(texts: Sequence[str]) -> int:
    """Return how many words of three letters and more are not in a list of common English words."""
    vocabulary = _vocabulary()
    return sum(word.lower() not in vocabulary for text in texts for word in re.findall(r"[^\W\d_]{3,}", text))


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(_VOCABULARY.read_text(encoding="utf-8").split())


def _correct_letters(texts: Sequence[str]) -> list[str]:
    """Correct single letters: thin ones by their place in the alphabet, the rest by what they look like."""
    capitals = sum(text.isupper() for text in texts) >= 0.5 * len(texts)
    out = []
    for index, text in enumerate(texts):
        steps = [(ord(other) - other_index * step, step) for step in (1, -1) for other_index, other in enumerate(texts)
                 if other_index != index and len(other) == 1 and other.isupper()]  # fmt: skip
        first, step = max(set(steps), key=steps.count) if steps else (0, 1)
        expected = chr(first + index * step) if steps and steps.count((first, step)) >= 2 else ""
        if text in _THIN and expected and expected in "IJL":
            out.append(expected)
        else:
            out.append(_LOOKALIKES.get(text, text.upper() if capitals and len(text) == 1 else text))
    return out


def _are_capitalised(texts: Sequence[str], but: str) -> bool:
    """Whether at least two labels, without one, begin with a capital."""
    return sum(text[:1].isupper() for text in texts if text != but) >= 2


def strip_specks(text: str) -> str:
    """Return a text without spaces, and without dashes and specks at its ends, for comparing two readings."""
    return re.sub(r"[\s]", "", text.translate(str.maketrans("−–—", "---"))).strip("-_~·.:,;|'`")


def more_complete(first: Reading, second: Reading) -> Reading:
    """Return the reading of more ink if it has the same characters and more, with a good score."""
    short, long = (re.sub(r"\W", "", text) for text, _ in (first, second))
    if short == long:
        return first
    return second if short in long and second[1] > 0.85 else (first[0], min(first[1], 0.88))


def more_certain(first: Reading, second: Reading) -> Reading:
    """Return the reading with the better score."""
    if first[0] == second[0]:
        return first[0], max(first[1], second[1])
    return second if second[1] > first[1] else first
