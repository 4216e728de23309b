"""Spelling: what reading does to labels, mended by their neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

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
_THIN = ("i", "j", "l", "I", "J", "L", "1", "|", ":", "!", "]", ")", "」", "丨", "」")
_WORDS = Path(__file__).parents[2] / "question" / "data" / "bert-uncased-vocab.txt"
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
    if sum(len(text.strip(".:,;·")) == 1 and text[0].isalpha() for text in bare if text) >= 0.6 * len(bare):
        bare = _alphabet([text.strip(".,;·") or text for text in bare])
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
    return tuple(_like_the_others(bare))


def _like_the_others(texts: Sequence[str]) -> list[str]:
    """Put a space between number and word where most of the labels of that make have one: "4pm" beside "6 pm"."""
    out = list(texts)
    for parted, joined in ((r"\d+ [^\W\d]+", r"(\d+)([^\W\d]+)"), (r"[^\W\d]+ \d+", r"([^\W\d]+)(\d+)")):
        with_space = sum(re.fullmatch(parted, text) is not None for text in out)
        without = [re.fullmatch(joined, text) for text in out]
        if with_space >= 2 and with_space > sum(found is not None for found in without):
            out = [
                text if found is None else f"{found[1]} {found[2]}" for text, found in zip(out, without, strict=True)
            ]
    return out


def misfits(texts: Sequence[str]) -> int:
    """Count the labels that are made otherwise than most ("2000a" beside "1990s", "pm" beside "4 pm")."""
    makes = [re.sub(r"\d+", "#", text) for text in texts]
    common = {make for make in makes if "#" in make and makes.count(make) >= 2}
    fitting = sum(make in common for make in makes)
    return len(texts) - fitting if fitting >= 0.6 * len(texts) and len(texts) >= 3 else 0


def unknown(texts: Sequence[str]) -> int:
    """Count the words of three letters and more that are in no list of common English words."""
    listed = _listed()
    return sum(word.lower() not in listed for text in texts for word in re.findall(r"[^\W\d_]{3,}", text))


@cache
def _listed() -> frozenset[str]:
    return frozenset(_WORDS.read_text(encoding="utf-8").split())


def _alphabet(texts: Sequence[str]) -> list[str]:
    """Mend lone letters: thin ones as their place between the others says, the rest by what they are mistaken for."""
    capitals = sum(text.isupper() for text in texts) >= 0.5 * len(texts)
    out = []
    for place, text in enumerate(texts):
        steps = [(ord(other) - place_ * step, step) for step in (1, -1) for place_, other in enumerate(texts)
                 if place_ != place and len(other) == 1 and other.isupper()]  # fmt: skip
        first, step = max(set(steps), key=steps.count) if steps else (0, 1)
        due = chr(first + place * step) if steps and steps.count((first, step)) >= 2 else ""
        if text in _THIN and due and due in "IJL":
            out.append(due)
        else:
            out.append(_LETTERS.get(text, text.upper() if capitals and len(text) == 1 else text))
    return out


def _capitals(texts: Sequence[str], but: str) -> bool:
    """Whether at least two labels other than one begin with a capital."""
    return sum(text[:1].isupper() for text in texts if text != but) >= 2


def bare_of(text: str) -> str:
    """Return what counts when two readings are compared: no spaces, no dashes or specks at the ends."""
    return re.sub(r"[\s]", "", text.translate(str.maketrans("−–—", "---"))).strip("-_~·.:,;|'`")
