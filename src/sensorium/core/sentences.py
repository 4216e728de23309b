"""Sentences: where a text may be cut, in the scripts that end them otherwise too."""

from __future__ import annotations

import re

from sensorium.core.errors import InputError

# full stop of Latin, Devanagari (danda), Arabic, Chinese, Ethiopic …; a stop between digits or after one letter is none
_END = re.compile(r"(?<![\s.]\w)(?<!^\w)[.!?…]+[\"'”’)\]]*(?=\s)|[।॥۔؟。！？።]+[\"'”’)\]]*|\n+")
_SHORT = re.compile(r"(?:^|\s)(?:Mr|Mrs|Ms|Dr|Prof|vs|e\.g|i\.e|approx|incl|Rs|Exp|Tel|Vol|Fig)\.$", re.I)
_WRAPPED = re.compile(r"(?<=[^\s.!?…।॥۔؟。！？:;])[ \t]*\n(?=[a-zà-öø-ÿ])")  # a line that goes on in small letters
_WEAK = (re.compile(r"[;:,،、，]\s*"), re.compile(r"\s+"))


def sentences(text: str) -> list[str]:
    """Cut a text after its sentences and lines; joined by spaces they say the same.

    A line that goes on in small letters on the next is one with it, as in a printed paragraph.

    Example:
        >>> sentences("It costs 3.50. Is that Mr. Smith? यह बिल्ली है। हाँ।")
        ['It costs 3.50.', 'Is that Mr. Smith?', 'यह बिल्ली है।', 'हाँ।']
    """
    text = _WRAPPED.sub(" ", text)
    found, start = [], 0
    for end in _END.finditer(text):
        piece = text[start : end.end()].strip()
        if not piece or _SHORT.search(piece):
            continue
        found.append(piece)
        start = end.end()
    rest = text[start:].strip()
    return [*found, rest] if rest else found


def pieces(text: str, most: int) -> list[str]:
    """Cut a text into pieces of at most `most` letters: between sentences, else at commas, else between words.

    Raises:
        InputError: when `most` is under 1.
    """
    if most < 1:
        raise InputError(f"A piece of at most {most} letters holds nothing.", "Try 1000.")
    found: list[str] = []
    for sentence in sentences(text):
        for piece in _fitting(sentence, most):
            if found and len(found[-1]) + 1 + len(piece) <= most:
                found[-1] = f"{found[-1]} {piece}"
            else:
                found.append(piece)
    return found


def _fitting(sentence: str, most: int) -> list[str]:
    found = []
    while len(sentence) > most:
        at = _cut(sentence, most)
        found.append(sentence[:at].strip())
        sentence = sentence[at:].strip()
    return [piece for piece in (*found, sentence) if piece]


def _cut(sentence: str, most: int) -> int:
    for weak in _WEAK:
        places = [m.end() for m in weak.finditer(sentence, 0, most + 1) if len(sentence[: m.end()].rstrip()) <= most]
        if places and places[-1] > 1:
            return places[-1]
    return most
