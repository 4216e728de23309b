"""Whether two answers agree; claimed only if it is certain, by yes and no, numbers and the words that matter."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

Verdict = Literal["agree", "differ", "one", "neither", "unclear"]
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_YES, _NO = re.compile(r"^\W*(?:yes|yeah|yep)\b", re.I), re.compile(r"^\W*(?:no|nope)\b", re.I)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_STOP_WORDS = set(
    "a an the is are was were be it its this that these those there here of in on at to and or with for from by as i "
    "you we they he she my your see sees seen can could may might will would has have had not very some any one it's "
    "looks look like appears seems probably likely picture image photo shows show showing says say which what sure am "
    "but also just about main total kind sort".split()
)
_MIN_SHARED = 0.5  # share of the shorter answer's words in the longer one
_MAX_UNRELATED = 0.15
_MIN_DIGITS = 3  # a number of so many digits is not the same by chance


class Agreement(NamedTuple):
    """Whether two answers agree ("one": only one of them is an answer), and a sentence that says so."""

    verdict: Verdict
    text: str


def compare_answers(
    first: str, second: str, first_abstained: bool = False, second_abstained: bool = False
) -> Agreement:
    """Compare two answers to one question.

    Numbers must be the same, yes is not no; else the content words decide, and if they overlap only partly nothing is
    claimed.

    Example:
        >>> compare_answers("Total: 14.25", "The total is 14.25 dollars.").verdict
        'agree'
    """
    if first_abstained and second_abstained:
        return Agreement("neither", "Neither model can tell.")
    if first_abstained or second_abstained:
        return Agreement("one", "Only one of the two models gave an answer, so nothing confirms it.")
    polarities = _yes_no(first), _yes_no(second)
    if set(polarities) == {"yes", "no"}:
        return Agreement("differ", "The two models do not agree: one says yes, the other says no.")
    numbers = _numbers(first), _numbers(second)
    if all(numbers) and not (numbers[0] <= numbers[1] or numbers[1] <= numbers[0]):
        return Agreement("differ", "The two models do not agree: their numbers differ.")
    words = _words(first), _words(second)
    shorter = min(len(words[0]), len(words[1]))
    shared = len(words[0] & words[1]) / shorter if shorter else 0.0
    distinctive = numbers[0] == numbers[1] and any(
        len(re.sub(r"\D", "", number)) >= _MIN_DIGITS for number in numbers[0]
    )
    if distinctive or (all(numbers) and (shared >= _MIN_SHARED or not shorter)):
        return Agreement("agree", "The two models agree.")
    if any(numbers) and not all(numbers):
        return Agreement("unclear", "Only one of the two answers has numbers: compare them yourself.")
    if shared >= _MIN_SHARED or (polarities[0] and polarities[0] == polarities[1]):
        return Agreement("agree", "The two models agree.")
    if shorter and shared <= _MAX_UNRELATED and not any(numbers):
        return Agreement("differ", "The two models do not agree.")
    return Agreement("unclear", "It is not certain whether the two models agree: compare the two answers.")


def _yes_no(text: str) -> str:
    return "yes" if _YES.match(text) else "no" if _NO.match(text) else ""


def _numbers(text: str) -> set[str]:
    return {_normalised(number) for number in _NUMBER.findall(unicodedata.normalize("NFKC", text))}


def _normalised(number: str) -> str:
    """Return 1,234.50, 1234.5 and 1234,50 in one form; dates and times stay as they are."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number):
        number = number.replace(",", "")
    elif re.fullmatch(r"\d+,\d{1,2}", number):
        number = number.replace(",", ".")
    if re.fullmatch(r"\d+(?:\.\d+)?", number):
        whole, _, part = number.partition(".")
        part = part.rstrip("0")
        return f"{int(whole)}.{part}" if part else str(int(whole))
    return number


def _words(text: str) -> set[str]:
    words = (word.removesuffix("'s") for word in _WORD.findall(text.casefold()))
    return {word[:-1] if len(word) > 4 and word.endswith("s") else word for word in words if word not in _STOP_WORDS}
