"""How right an answer is, 0 to 1, and how sure a mean of such scores can be."""

from __future__ import annotations

import random
import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from sensorium.core.errors import InputError
from sensorium.evaluation.vqa_accuracy import vqa_accuracy
from sensorium.tasks.task import Example

__all__ = ["METRICS", "Interval", "chosen", "exact_match", "f1", "fitting_metric", "interval", "metric",
           "relaxed_accuracy", "vqa_accuracy"]  # fmt: skip

Metric = Callable[[str, Example], float]
_NUMBER = re.compile(r"[-+−]?(?:\d+|\d{1,3}(?:,\d{3})+)?(?:(?<=\d)\.|\.(?=\d))?\d*(?:e[-+]?\d+)?%?", re.IGNORECASE)
_TOLERANCE = 0.05
_EDGES = " \t\n.!?;:,\"'“”‘’*`"
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


def exact_match(answer: str, answers: Sequence[str]) -> float:
    """Return 1 where the answer is one of the answers but for case, spaces and punctuation at its ends, else 0."""
    return float(_bare(answer) in {_bare(each) for each in answers})


def relaxed_accuracy(answer: str, answers: Sequence[str], tolerance: float = _TOLERANCE) -> float:
    """Return 1 where a number is within 5 % of one of the answers or, for words, the text is the same but for case.

    A percentage counts as its hundredth: 12 % is 0.12, not 12. Thousands may be parted by commas (1,234). Where the
    right number is 0, only 0 is right.

    Source: Masry et al. 2022, "ChartQA", as the evaluation code of Pix2Struct has it; that code does not know commas
    between thousands, and compares texts where the right number is 0.
    """
    return float(any(_near(answer.strip(), each.strip(), tolerance) for each in answers))


def f1(answer: str, answers: Sequence[str]) -> float:
    """Return the harmonic mean of precision and recall of its words, against the answer that fits best.

    Words are compared without case, punctuation and articles.

    Source: Rajpurkar et al. 2016, "SQuAD", with version 2.0's rule for answers without words.
    """
    return max((_word_f1(_tokens(answer), _tokens(each)) for each in answers), default=0.0)


def choice(answer: str, answers: Sequence[str], choices: Sequence[str]) -> float:
    """Return 1 where the answer picks the choice that one of the answers picks, else 0; see `chosen`.

    Raises:
        InputError: when there are no choices.
    """
    if not choices:
        raise InputError("The example has no choices.", 'Give it a column choices, e.g. "red|blue".')
    picked = chosen(answer, choices)
    return float(picked is not None and picked in {chosen(each, choices) for each in answers})


def chosen(answer: str, choices: Sequence[str]) -> int | None:
    """Return the index of the choice that an answer picks; None where it picks none, or it can't be told which.

    It may be the choice's own words, its letter ("B", "(b)", "B. blue") or number from 1, or words that hold the
    words of exactly one choice.
    """
    bare = _bare(answer)
    own = [_bare(each) for each in choices]
    if bare in own:
        return own.index(bare)
    marked = re.match(r"\(?([a-z]|\d{1,2})(?:[).:](?!\d)|$)", bare)
    if marked:
        mark = marked.group(1)
        index = int(mark) - 1 if mark.isdigit() else ord(mark) - ord("a")
        if 0 <= index < len(own):
            return index
    # not within a longer word or number: "12" is not in "12.3", "-12" or "312"
    held = [
        i for i, words in enumerate(own) if re.search(rf"(?<![\w−-])(?<!\d[.,]){re.escape(words)}(?![.,]?\w)", bare)
    ]
    # "dark red" holds "red" too: a choice within a longer one that is held does not count
    widest = [i for i in held if not any(i != j and own[i] in own[j] for j in held)]
    return widest[0] if len(widest) == 1 else None


def _elsewhere(where: str) -> Metric:
    """Return a metric that needs a library, "module:function"; it is imported when it is used."""
    module, _, function = where.partition(":")
    return lambda text, example: float(getattr(import_module(module), function)(text, example.answers))


METRICS: dict[str, Metric] = {
    "exact": lambda text, example: exact_match(text, example.answers),
    "vqa": lambda text, example: vqa_accuracy(text, example.answers),
    "relaxed": lambda text, example: relaxed_accuracy(text, example.answers),
    "f1": lambda text, example: f1(text, example.answers),
    "choice": lambda text, example: choice(text, example.answers, example.choices),
    "rouge": _elsewhere("sensorium.evaluation.wording:rouge"),
    "chrf": _elsewhere("sensorium.evaluation.wording:chrf"),
}
"""Name -> how right a text is as the answer to an example, 0 to 1; "rouge" and "chrf" need the extra `tune`."""


def metric(name: str) -> Metric:
    """Return the metric of a name; InputError where there is none."""
    if name not in METRICS:
        raise InputError(f"There is no metric {name!r}.", f"Use one of: {', '.join(METRICS)}.")
    return METRICS[name]


def fitting_metric(examples: Sequence[Example]) -> str:
    """Name the metric that fits: "choice" where all have choices, "vqa" where all have ten answers, else "exact"."""
    if examples and all(example.choices for example in examples):
        return "choice"
    if examples and all(len(example.answers) == 10 for example in examples):
        return "vqa"
    return "exact"


@dataclass(frozen=True)
class Interval:
    """A mean of n scores, and between what it would lie, with the probability `level`, on other such examples."""

    mean: float
    low: float
    high: float
    n: int
    level: float = 0.95

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.low:.3f} to {self.high:.3f})"


def interval(scores: Sequence[float], seed: int = 0, draws: int = 1000, level: float = 0.95) -> Interval:
    """Return the mean of scores with its bootstrap percentile interval; the same seed gives the same.

    Of 40 scores or more it holds what it says; of fewer it is too narrow, and where all scores are alike it has no
    width: look at n.

    Source: Efron 1979, "Bootstrap Methods".

    Raises:
        InputError: when there are no scores.
    """
    if not scores:
        raise InputError("There are no scores to take the mean of.", "Give the task examples.")
    chance = random.Random(seed)
    n = len(scores)
    means = sorted(sum(chance.choices(scores, k=n)) / n for _ in range(draws))
    edge = (1 - level) / 2
    low, high = means[int(edge * draws)], means[min(draws - 1, int((1 - edge) * draws))]
    return Interval(sum(scores) / n, low, high, n, level)


def _bare(text: str) -> str:
    return " ".join(text.casefold().split()).strip(_EDGES)


def _near(answer: str, right: str, tolerance: float) -> bool:
    number, wanted = _number(answer), _number(right)
    if number is None or wanted is None:
        return answer.lower() == right.lower()
    return number == 0 if wanted == 0 else abs(number - wanted) / abs(wanted) <= tolerance


def _number(text: str) -> float | None:
    if not any(letter.isdigit() for letter in text) or not _NUMBER.fullmatch(text):
        return None
    value = float(text.rstrip("%").replace(",", "").replace("−", "-"))
    return value / 100 if text.endswith("%") else value


def _tokens(text: str) -> list[str]:
    return _ARTICLE.sub(" ", text.lower().translate(_WITHOUT_PUNCTUATION)).split()


def _word_f1(given: list[str], right: list[str]) -> float:
    if not given or not right:
        return float(given == right)
    same = sum((Counter(given) & Counter(right)).values())
    return 2 * same / (len(given) + len(right))
