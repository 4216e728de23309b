"""Metrics: how right an answer is, from 0 to 1."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

from sensorium.core.errors import InputError, quoted
from sensorium.evaluation.ranking import RANKING_METRICS
from sensorium.evaluation.vqa_accuracy import vqa_accuracy
from sensorium.evaluation.wording import chrf, rouge
from sensorium.tasks.task import Example

__all__ = ["METRICS", "chosen", "exact_match", "f1", "fitting_metric", "metric", "relaxed_accuracy", "vqa_accuracy"]

Metric = Callable[[str, Example], float]
_NUMBER = re.compile(r"[-+−]?(?:\d+|\d{1,3}(?:,\d{3})+)?(?:(?<=\d)\.|\.(?=\d))?\d*(?:e[-+]?\d+)?%?", re.IGNORECASE)
_TOLERANCE = 0.05
_EDGES = " \t\n.!?;:,\"'“”‘’*`"
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


def exact_match(answer: str, answers: Sequence[str]) -> float:
    """Return 1 if the answer is one of the answers, ignoring case, spaces and punctuation at its ends, else 0."""
    return float(_bare(answer) in {_bare(right) for right in answers})


def relaxed_accuracy(answer: str, answers: Sequence[str], tolerance: float = _TOLERANCE) -> float:
    """Return 1 if a number is within 5 % of one of the answers or, for words, the text is the same but for case.

    12 % counts as 0.12, not as 12. Thousands may be separated by commas (1,234). If the right number is 0, only 0 is
    right.

    Source: Masry et al. 2022, "ChartQA", as in Pix2Struct's evaluation code, which however knows no commas between
    thousands, and compares texts if the right number is 0.
    """
    return float(any(_near(answer.strip(), right.strip(), tolerance) for right in answers))


def f1(answer: str, answers: Sequence[str]) -> float:
    """Return the harmonic mean of precision and recall of the words, against the answer that fits best.

    Case, punctuation and articles are ignored.

    Source: Rajpurkar et al. 2016, "SQuAD", with the rule of version 2.0 for answers without words.
    """
    return max((_word_f1(_tokens(answer), _tokens(right)) for right in answers), default=0.0)


def choice(answer: str, answers: Sequence[str], choices: Sequence[str]) -> float:
    """Return 1 if the answer picks the same choice as one of the right answers, else 0; see `chosen`.

    Raises:
        InputError: when the example has no choices.
    """
    if not choices:
        raise InputError("The example has no choices.", 'Give it a column choices, e.g. "red|blue".')
    picked = chosen(answer, choices)
    return float(picked is not None and picked in {chosen(right, choices) for right in answers})


def chosen(answer: str, choices: Sequence[str]) -> int | None:
    """Return the index of the choice that an answer picks; None if it picks none, or more than one.

    An answer picks a choice by its words, its letter ("B", "(b)", "B. blue"), its number from 1, or a sentence that
    holds the words of exactly one choice.
    """
    bare = _bare(answer)
    options = [_bare(words) for words in choices]
    if bare in options:
        return options.index(bare)
    marked = re.match(r"\(?([a-z]|\d{1,2})(?:[).:](?!\d)|$)", bare)
    if marked:
        mark = marked.group(1)
        index = int(mark) - 1 if mark.isdigit() else ord(mark) - ord("a")
        if 0 <= index < len(options):
            return index
    # not within a longer word or number: "12" is not in "12.3", "-12" or "312"
    matches = [
        i for i, words in enumerate(options) if re.search(rf"(?<![\w−-])(?<!\d[.,]){re.escape(words)}(?![.,]?\w)", bare)
    ]
    # "dark red" holds "red" too: a choice within a longer matching one does not count
    longest = [i for i in matches if not any(i != j and options[i] in options[j] for j in matches)]
    return longest[0] if len(longest) == 1 else None


METRICS: dict[str, Metric] = {
    "exact": lambda text, example: exact_match(text, example.answers),
    "vqa": lambda text, example: vqa_accuracy(text, example.answers),
    "relaxed": lambda text, example: relaxed_accuracy(text, example.answers),
    "f1": lambda text, example: f1(text, example.answers),
    "choice": lambda text, example: choice(text, example.answers, example.choices),
    "rouge": lambda text, example: rouge(text, example.answers),
    "chrf": lambda text, example: chrf(text, example.answers),
}
"""Name -> how right a text is as the answer to an example, 0 to 1; "rouge" and "chrf" need the extra `tune`."""


def metric(name: str) -> Metric:
    """Return the metric of a name, or one of rankings (`evaluation.ranking`); InputError if the name is unknown."""
    known = {**METRICS, **RANKING_METRICS}
    if name not in known:
        raise InputError(f"Unknown metric {quoted(name)}.", f"Use one of: {', '.join(METRICS)}.")
    return known[name]


def fitting_metric(examples: Sequence[Example]) -> str:
    """Return the metric that fits: "choice" if all have choices, "vqa" if all have ten answers, else "exact"."""
    if examples and all(example.choices for example in examples):
        return "choice"
    if examples and all(len(example.answers) == 10 for example in examples):
        return "vqa"
    return "exact"


def _bare(text: str) -> str:
    return " ".join(text.casefold().split()).strip(_EDGES)


def _near(answer: str, right: str, tolerance: float) -> bool:
    number, target = _number(answer), _number(right)
    if number is None or target is None:
        return answer.lower() == right.lower()
    return number == 0 if target == 0 else abs(number - target) / abs(target) <= tolerance


def _number(text: str) -> float | None:
    if not any(character.isdigit() for character in text) or not _NUMBER.fullmatch(text):
        return None
    value = float(text.rstrip("%").replace(",", "").replace("−", "-"))
    return value / 100 if text.endswith("%") else value


def _tokens(text: str) -> list[str]:
    return _ARTICLE.sub(" ", text.lower().translate(_WITHOUT_PUNCTUATION)).split()


def _word_f1(answer: list[str], right: list[str]) -> float:
    if not answer or not right:
        return float(answer == right)
    common = sum((Counter(answer) & Counter(right)).values())
    return 2 * common / (len(answer) + len(right))
