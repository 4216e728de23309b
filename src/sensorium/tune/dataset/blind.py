"""How far the words of a question alone lead to its answer: what a model may learn without looking."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.core.errors import quoted
from sensorium.core.weights import importing
from sensorium.evaluation.statistics import Interval, bootstrap_interval

FOLDS = 5
_LEAST_ROWS = 40  # below, five folds teach nothing
_LEAST_REPEATED = 0.8  # where most answers come once, there is nothing to guess from
_MOST_ROWS = 20_000
_TYPE_WORDS = 2


@dataclass(frozen=True)
class Blind:
    """How often answers are guessed right without the picture, on rows that were not learned from.

    Args:
        words: By a linear model of the question's words.
        kind: By the commonest answer to questions that begin with the same two words.
        majority: By the commonest answer of all.
        chance: By drawing one of the answers that there are.
        gain: Of `words` over `kind`, row by row.
        guessed: Indices of the rows that the words alone got right and the kind of question did not.
    """

    words: Interval
    kind: Interval
    majority: Interval
    chance: float
    gain: Interval
    guessed: tuple[int, ...]


def blind(questions: Sequence[str], answers: Sequence[str], groups: Sequence[int], seed: int = 0) -> Blind | str:
    """Fit a text-only baseline, cross-validated in five folds; or say why it can't be.

    A logistic regression over words and pairs of words (tf-idf). Rows of one picture stay in one fold. The prior of a
    question's kind is that of Antol et al. 2015, "VQA: Visual Question Answering"; what the words give beyond it is
    what an answer leaks into its question.

    Args:
        questions: The words of each row.
        answers: Its answer.
        groups: The number of its picture; rows of one are not learned from and guessed at once.
        seed: Of the folds.

    Raises:
        InstallError: without scikit-learn.
    """
    counts = Counter(answers)
    if len(answers) < _LEAST_ROWS:
        return f"{len(answers)} rows are too few to measure it; it takes {_LEAST_ROWS}"
    repeated = sum(count for count in counts.values() if count >= 3) / len(answers)
    if len(counts) < 2:
        return f"all rows have the answer {quoted(next(iter(counts)))}"
    if repeated < _LEAST_REPEATED:
        return f"{1 - repeated:.0%} of the answers come once or twice: there is nothing to guess from"
    if len(set(groups)) < 2 * FOLDS:
        return f"{len(set(groups))} different pictures are too few to measure it"
    guesses = _guesses(questions[:_MOST_ROWS], answers[:_MOST_ROWS], groups[:_MOST_ROWS], seed)
    right = {name: [float(g == a) for g, a in zip(given, answers, strict=False)] for name, given in guesses.items()}
    gain = [w - k for w, k in zip(right["words"], right["kind"], strict=True)]
    words, kind, majority = (bootstrap_interval(right[name], seed) for name in ("words", "kind", "majority"))
    guessed = tuple(index for index, change in enumerate(gain) if change > 0)
    return Blind(words, kind, majority, 1 / len(counts), bootstrap_interval(gain, seed), guessed)


def beginning(question: str) -> str:
    """Return the kind of a question: its first two words."""
    return " ".join(re.findall(r"\w+", question.casefold())[:_TYPE_WORDS])


def _guesses(
    questions: Sequence[str], answers: Sequence[str], groups: Sequence[int], seed: int
) -> dict[str, list[str]]:
    with importing("tune", "scikit-learn"):
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GroupKFold
        from sklearn.pipeline import make_pipeline
    out = {name: [""] * len(answers) for name in ("words", "kind", "majority")}
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=seed).split(questions, answers, groups):
        commonest = Counter(answers[i] for i in train).most_common(1)[0][0]
        by_kind: dict[str, Counter[str]] = {}
        for i in train:
            by_kind.setdefault(beginning(questions[i]), Counter())[answers[i]] += 1
        learned = None
        if len({answers[i] for i in train}) > 1 and any(re.search(r"\w\w", questions[i]) for i in train):
            learned = make_pipeline(
                TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+", sublinear_tf=True, max_features=20_000),
                LogisticRegression(C=10.0, max_iter=200),
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # nearly fitted is good enough for a baseline
                learned.fit([questions[i] for i in train], [answers[i] for i in train])
        said = learned.predict([questions[i] for i in test]) if learned is not None else [commonest] * len(test)
        for i, guess in zip(test, said, strict=True):
            prior = by_kind.get(beginning(questions[i]))
            out["words"][i] = str(guess)
            out["kind"][i] = prior.most_common(1)[0][0] if prior else commonest
            out["majority"][i] = commonest
    return out
