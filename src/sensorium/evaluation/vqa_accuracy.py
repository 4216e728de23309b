"""VQA accuracy: how many of ten people's answers an answer agrees with, as the benchmark's own code counts it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_BETWEEN_DIGITS = re.compile(r"\d,\d")
_POINT = re.compile(r"\.(?!\d)")
_MAX_POINTS = 32  # the benchmark's code passes re.UNICODE, which is 32, where the count of replacements stands
_ARTICLES = frozenset({"a", "an", "the"})
_NUMBERS = {
    "none": "0", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9", "ten": "10",
}  # fmt: skip
_PEOPLE_TO_AGREE = 3

# Words with one apostrophe, which people leave out; and with two, of which they leave out one or the other.
_ONE = """
ain't aren't can't could've couldn't didn't doesn't don't hadn't hasn't haven't he'd he's how'd how'll how's isn't it'd
it'll ma'am mightn't might've mustn't must've needn't not've o'clock oughtn't shan't should've shouldn't somebody'll
somebody's someone'd someone'll someone's something'd something'll that's there'd there're there's they'd they'll
they're they've 'twas wasn't we've weren't what'll what're what's what've when's where'd where's where've who'd who'll
who's who've why'll why're why's won't would've wouldn't y'all you'd you'll you're you've
"""
_TWO = """
couldn't've hadn't've he'd've it'd've mightn't've she'd've shouldn't've someone'd've something'd've there'd've they'd've
we'd've who'd've wouldn't've you'd've
"""
_OTHERS = {  # as they stand in the benchmark's code, oddities with them
    "somebody'd": "somebodyd", "somebodyd've": "somebody'd've", "somebody'dve": "somebody'd've",
    "ow's'at": "'ow's'at", "'ows'at": "'ow's'at", "'ow'sat": "'ow's'at", "yall'll": "y'all'll", "y'allll": "y'all'll",
    "yall'd've": "y'all'd've", "y'alld've": "y'all'd've", "y'all'dve": "y'all'd've",
}  # fmt: skip


def vqa_accuracy(answer: str, answers: Sequence[str]) -> float:
    """Return the mean, over leaving out each person in turn, of min(others who gave the answer / 3, 1).

    If people disagree, all answers are normalised first (see `normalised`); if all agree, only case is ignored. With
    fewer than four people, all others must agree (at least one).

    Source: Antol et al. 2015, "VQA: Visual Question Answering", and the evaluation code of the VQA benchmark.
    """
    text = _plain(answer)
    people = [_plain(right) for right in answers]
    if len(set(people)) > 1:
        text = normalised(text)
        people = [normalised(right) for right in people]
    matches = [right.lower() == text.lower() for right in people]
    if len(matches) == 1:
        return float(matches[0])
    needed = min(_PEOPLE_TO_AGREE, len(matches) - 1)
    right = sum(matches)
    return sum(min(1.0, (right - match) / needed) for match in matches) / len(matches)


def normalised(answer: str) -> str:
    """Return an answer in lower case, without punctuation and articles, numbers as digits, apostrophes restored."""
    words = []
    for word in _without_punctuation(answer).lower().split():
        word = _NUMBERS.get(word, word)
        if word not in _ARTICLES:
            words.append(_contractions().get(word, word))
    return " ".join(words)


def _without_punctuation(answer: str) -> str:
    bare = answer
    thousands = _BETWEEN_DIGITS.search(answer) is not None
    for mark in _PUNCTUATION:
        at_an_edge = f"{mark} " in answer or f" {mark}" in answer
        bare = bare.replace(mark, "" if at_an_edge or thousands else " ")
    return _POINT.sub("", bare, count=_MAX_POINTS)


def _plain(answer: str) -> str:
    return answer.replace("\n", " ").replace("\t", " ").strip()


@cache
def _contractions() -> dict[str, str]:
    """Return misspelt contraction -> the word with its apostrophes."""
    contractions = {word.replace("'", ""): word for word in _ONE.split()}
    for word in _TWO.split():
        first, middle, last = word.split("'")
        contractions |= {f"{first}{middle}'{last}": word, f"{first}'{middle}{last}": word}
    return contractions | _OTHERS
