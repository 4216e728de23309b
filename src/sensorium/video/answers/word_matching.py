"""Where words are read or said: misread letters, lost blanks and other endings are forgiven, other numbers are not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from sensorium.core.languages import Span
from sensorium.video.answers.looking.seen import ScreenText
from sensorium.video.watch.evidence import TimedEvidence

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")
_NUMBERS = {
    name: str(number)
    for number, name in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}
_COMMON = frozenset(
    "a an the of to in on at is are was were be it its and or for with as by this that there he she they we you i his "
    "her their our your my so do does did has have had not from into up out".split()
)
_ALIKE, _ALIKE_FROM = 0.8, 5  # ratio of the letters of two words that may be one, and from which length on
_SQUEEZED, _SQUEEZED_FROM = 0.85, 6  # … of lines without their blanks
_COMMON_SHARE = 0.5  # of a phrase's common words that must be there
_SHORTEST_STEM = 3
_SKIP = 2  # words between two of a phrase
_JOIN_SECONDS = 0.6
_BELOW = 3.0  # heights of a line: how far below the next line of a text may be


def tokens(text: str) -> list[str]:
    """Return the words and numbers of a text in one form: lower case, no accents, small numbers in digits."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words = [token.replace("’", "'") for token in _TOKEN.findall(plain)]
    return [_NUMBERS.get(word, word) for word in words]


def heard_moments(words: Sequence[Span], subject: str, confidence: float | None = None) -> list[TimedEvidence]:
    """Return where words are said, each with how sure the match is.

    Args:
        words: The spoken words, in order.
        subject: What to find.
        confidence: The mean probability of the words.
    """
    spoken = [(token, number) for number, word in enumerate(words) for token in tokens(word.text)]
    found = []
    for first, last, score in _matches([token for token, _ in spoken], tokens(subject)):
        left, right = spoken[first][1], spoken[last][1]
        text = " ".join(word.text for word in words[left : right + 1])
        found.append(
            TimedEvidence(words[left].start, max(words[left].start, words[right].end), text, "heard", score=score)
        )
    return found


def read_moments(texts: Sequence[ScreenText], subject: str) -> list[TimedEvidence]:
    """Return when words stand on the screen, in one line or in two below each other."""
    wanted = tokens(subject)
    found: list[TimedEvidence] = []
    for text in texts:
        score = _line_score(text.text, wanted)
        if score > 0:
            found.append(TimedEvidence(text.start, text.end, text.text, "read", score=score * text.score))
            continue
        for below in texts if len(wanted) > 1 else ():
            if not _is_below(text, below):
                continue
            score = _line_score(f"{text.text} {below.text}", wanted)
            if score > 0:
                start, end = max(text.start, below.start), min(text.end, below.end)
                sure = score * min(text.score, below.score)
                found.append(TimedEvidence(start, end, f"{text.text} / {below.text}", "read", score=sure))
    return joined(found, _JOIN_SECONDS)


def joined(found: Sequence[TimedEvidence], seconds: float) -> list[TimedEvidence]:
    """Return moments in order of time, those at most `seconds` apart as one with the words of the surest."""
    out: list[TimedEvidence] = []
    for moment in sorted(found, key=lambda one: one.start):
        if out and moment.start - out[-1].end <= seconds:
            best = max(out[-1], moment, key=lambda one: one.score or 0.0)
            end = max(out[-1].end, moment.end)
            out[-1] = TimedEvidence(out[-1].start, end, best.text, best.source, best.film, best.score)
        else:
            out.append(moment)
    return out


@dataclass(frozen=True)
class _Step:
    """A word of a phrase: what it is, and whether it may be left out."""

    token: str
    is_common: bool


def _line_score(line: str, wanted: Sequence[str]) -> float:
    """Return how well a line holds the words, 0 if it doesn't."""
    there = tokens(line)
    best = max((score for _, _, score in _matches(there, wanted)), default=0.0)
    if best:
        return best
    whole = "".join(wanted)
    if len(whole) < _SQUEEZED_FROM:
        return 0.0
    for size in {max(1, len(wanted) - 1), len(wanted), len(wanted) + 1}:  # blanks that the reader lost or saw
        for first in range(len(there) - size + 1):
            piece = "".join(there[first : first + size])
            if re.sub(r"\D", "", piece) == re.sub(r"\D", "", whole):
                ratio = SequenceMatcher(None, piece, whole, autojunk=False).ratio()
                best = max(best, ratio if ratio >= _SQUEEZED else 0.0)
    return best


def _matches(there: Sequence[str], wanted: Sequence[str]) -> list[tuple[int, int, float]]:
    """Return (first, last, score) of each place that holds the words in order; places don't overlap."""
    if not wanted:
        return []
    only_common = all(word in _COMMON for word in wanted)
    steps = [_Step(word, word in _COMMON and not only_common) for word in wanted]
    key = next(place for place, step in enumerate(steps) if not step.is_common)
    out: list[tuple[int, int, float]] = []
    for place, word in enumerate(there):
        if alike(word, steps[key].token) and (not out or place > out[-1][1]):
            match = _aligned(there, steps, key, place)
            if match is not None:
                out.append(match)
    return out


def _aligned(there: Sequence[str], steps: Sequence[_Step], key: int, place: int) -> tuple[int, int, float] | None:
    """Return the match of a phrase whose word number `key` is the one at `place`."""
    scores = [alike(there[place], steps[key].token)]
    first = last = place
    missing = 0
    for direction, rest in ((-1, steps[:key][::-1]), (1, steps[key + 1 :])):
        at = place
        for step in rest:
            reach = range(at + direction, at + direction * (_SKIP + 1), direction)
            near = [(alike(there[k], step.token), k) for k in reach if 0 <= k < len(there)]
            score, found = max(near, key=lambda pair: pair[0], default=(0.0, at))
            if score:
                at = found
                scores.append(score)
            elif step.is_common:
                missing += 1
                scores.append(0.5)
            else:
                return None
        first, last = min(first, at), max(last, at)
    common = sum(step.is_common for step in steps)
    if common and missing > (1 - _COMMON_SHARE) * common:
        return None
    return first, last, sum(scores) / len(scores)


@lru_cache(maxsize=100_000)
def alike(word: str, other: str) -> float:
    """Return how sure two words are the same one, 0 if they are not: other endings and misread letters are forgiven."""
    if word == other:
        return 1.0
    if any(c.isdigit() for c in word + other):
        return 0.0
    if _stems(word) & _stems(other):
        return 0.95
    if min(len(word), len(other)) < _ALIKE_FROM:
        return 0.0
    ratio = SequenceMatcher(None, word, other, autojunk=False).ratio()
    return ratio if ratio >= _ALIKE else 0.0


def _stems(word: str) -> frozenset[str]:
    """Return a word and what it may be without its ending: "hoped" -> hoped, hope, hop."""
    word = re.sub(r"'s?$", "", word)
    stems = {word}
    for ending, others in (("ing", ("", "e")), ("ies", ("y",)), ("ed", ("", "e")), ("es", ("", "e")), ("s", ("",))):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            stems |= {word[: -len(ending)] + other for other in others}
    return frozenset(stems)


def _is_below(text: ScreenText, other: ScreenText) -> bool:
    """Whether another line stands under one at the same time."""
    height = text.share[3] - text.share[1]
    overlap = min(text.end, other.end) - max(text.start, other.start)
    gap = other.share[1] - text.share[3]
    return overlap > 0 and other is not text and -0.5 * height <= gap <= _BELOW * height
