"""Comparison: what several conditions answered to the same examples, as scores, paired differences and costs."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from sensorium.core.errors import InputError
from sensorium.evaluation.runner import Run
from sensorium.evaluation.statistics import (
    Interval,
    bootstrap_interval,
    clusters_of,
    holm,
    paired_difference,
    paired_test,
    questions_needed,
    smallest_detectable_difference,
    wilson_interval,
)
from sensorium.tasks.task import Example

NEWLY_RIGHT, NEWLY_WRONG, BOTH_RIGHT, BOTH_WRONG = "newly right", "newly wrong", "both right", "both wrong"
BETTER, WORSE, EQUAL = "better", "worse", "equal"


@dataclass(frozen=True)
class ConditionResult:
    """What one condition answered.

    Args:
        name: The condition's name.
        texts: Its answers, in the order of the examples.
        scores: Metric -> how right each answer is, 0 to 1; failures score 0.
        failures: How many questions failed, by kind.
        abstained: How often the model said that it can't tell.
        input_tokens, output_tokens: Mean a question, or None if the model doesn't count.
        seconds: Median an answer, asked one at a time, or None.
        usd: Money for all questions, or None if unknown.
    """

    name: str
    texts: tuple[str, ...]
    scores: Mapping[str, tuple[float, ...]]
    failures: Mapping[str, int] = field(default_factory=dict)
    abstained: int = 0
    input_tokens: float | None = None
    output_tokens: float | None = None
    seconds: float | None = None
    usd: float | None = None

    @classmethod
    def of(cls, run: Run, condition: str, metrics: Sequence[str]) -> ConditionResult:
        """Return what a condition answered in a run."""
        records = run.records[condition].values()

        def known(name: str) -> list[float]:
            counted = [record for record in records if name == "usd" or not record.failure]
            return [value for record in counted if (value := getattr(record.usage, name)) is not None]

        tokens_in, tokens_out, seconds, usd = map(known, ("input_tokens", "output_tokens", "seconds", "usd"))
        return cls(
            condition,
            tuple(record.text for record in records),
            {name: run.scores(condition, name) for name in metrics},
            run.failures(condition),
            sum(record.abstained for record in records),
            statistics.fmean(tokens_in) if tokens_in else None,
            statistics.fmean(tokens_out) if tokens_out else None,
            statistics.median(seconds) if seconds else None,
            sum(usd) if usd else None,
        )

    def score(self, metric: str, seed: int = 0) -> Interval:
        """Return the mean by a metric, with its interval."""
        return bootstrap_interval(self.scores[metric], seed)


@dataclass(frozen=True)
class Comparison:
    """Examples, and what each condition answered to them.

    Args:
        name: What was asked.
        examples: The questions.
        metrics: How answers are scored; the first one decides.
        results: The baseline first, then what is compared with it.
    """

    name: str
    examples: tuple[Example, ...]
    metrics: tuple[str, ...]
    results: tuple[ConditionResult, ...]

    @classmethod
    def of(cls, run: Run, metrics: tuple[str, ...]) -> Comparison:
        """Return the comparison of a run's conditions, on the examples that all of them have a record of.

        Raises:
            InputError: when no example was asked of all.
        """
        common = [place for place in range(len(run.task)) if all(place in records for records in run.records.values())]
        if not common:
            raise InputError(f"No question of {run.task.name} could be asked.", "Look: sensorium data check TASK")
        shared = Run(run.task, {name: {p: records[p] for p in common} for name, records in run.records.items()})
        results = tuple(ConditionResult.of(shared, name, metrics) for name in run.records)
        return cls(run.task.name, tuple(run.task.examples[place] for place in common), metrics, results)

    @property
    def baseline(self) -> ConditionResult:
        """What the others are compared with."""
        return self.results[0]

    @cached_property
    def clusters(self) -> tuple[int, ...]:
        """A number for each example; those that share a picture or video have the same one."""
        return clusters_of(self.examples)

    def result(self, name: str) -> ConditionResult:
        """Return the result of a condition."""
        return next(result for result in self.results if result.name == name)

    def differences(self, condition: str, baseline: str = "", metric: str = "") -> tuple[float, ...]:
        """Return for each example how much better a condition's answer is than the baseline's."""
        first, second = self._scores(condition, baseline, metric)
        return tuple(a - b for a, b in zip(first, second, strict=True))

    def difference(self, condition: str, baseline: str = "", metric: str = "") -> Interval:
        """Return the mean of the paired differences with its interval, clustered by picture."""
        return paired_difference(*self._scores(condition, baseline, metric), self.clusters)

    def detectable(self, condition: str, baseline: str = "") -> float | None:
        """Return the smallest difference that so many examples would show; None if all differences are alike."""
        return smallest_detectable_difference(self.differences(condition, baseline), self.clusters)

    def needed(self, condition: str, baseline: str = "", minimum: float = 0.05) -> int | None:
        """Return about how many examples would settle the difference, or `minimum` if it is 0."""
        return questions_needed(self.differences(condition, baseline), self.clusters, minimum)

    @cached_property
    def p_values(self) -> Mapping[str, tuple[float, str]]:
        """Condition -> p-value against the baseline by the first metric, Holm-adjusted, and the test's name."""
        names = [result.name for result in self.results[1:]]
        tests = [paired_test(*self._scores(name, "", ""), self.clusters) for name in names]
        adjusted = holm([p for p, _ in tests])
        return {name: (p, test) for name, p, (_, test) in zip(names, adjusted, tests, strict=True)}

    def outcomes(self) -> tuple[str, ...]:
        """Return what became of each example under the second condition; unless scores are 0 or 1: better, worse …"""
        after, before = self._scores(self.results[1].name, "", "")
        pairs = list(zip(before, after, strict=True))
        if all(value in (0, 1) for pair in pairs for value in pair):
            words = {(0, 1): NEWLY_RIGHT, (1, 0): NEWLY_WRONG, (1, 1): BOTH_RIGHT, (0, 0): BOTH_WRONG}
            return tuple(words[int(old), int(new)] for old, new in pairs)
        return tuple(BETTER if new > old else WORSE if new < old else EQUAL for old, new in pairs)

    def figures(self) -> dict[str, Any]:
        """Return scores, differences and costs as plain JSON values."""
        conditions = {}
        for result in self.results:
            row: dict[str, Any] = {
                "scores": {metric: asdict(result.score(metric)) for metric in self.metrics},
                "seconds": result.seconds,
                "input_tokens": result.input_tokens,
                "failures": dict(result.failures),
            }
            if result is not self.baseline:
                over = {metric: asdict(self.difference(result.name, "", metric)) for metric in self.metrics}
                p, test = self.p_values[result.name]
                detectable = self.detectable(result.name)
                row |= {"over_base": over, "p": p, "test": test, "smallest_detectable_difference": detectable}
            conditions[result.name] = row
        return {
            "name": self.name,
            "n": len(self.examples),
            "metrics": list(self.metrics),
            "conditions": conditions,
        }

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, with every answer."""
        answers = [
            {
                "id": example.id,
                "question": example.conversation.messages[-1].text,
                "right": list(example.answers),
                "outcome": outcome,
                "texts": {result.name: result.texts[place] for result in self.results},
                "scores": {result.name: result.scores[self.metrics[0]][place] for result in self.results},
            }
            for place, (example, outcome) in enumerate(zip(self.examples, self.outcomes(), strict=True))
        ]
        return self.figures() | {"answers": answers}

    def lines(self) -> list[str]:
        """Return the comparison as sentences, a line for each condition."""
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(Counter(self.outcomes()).items()))
        head = f"{len(self.examples)} examples of {self.name}; scores by {', '.join(self.metrics)}, with 95 % intervals"
        return [f"{head}; {counts}.", *(f"  {self._line(result)}" for result in self.results)]

    def _line(self, result: ConditionResult) -> str:
        figures = []
        for metric in self.metrics:
            over = "" if result is self.baseline else f", {signed(self.difference(result.name, '', metric))} over it"
            figures.append(f"{metric + ' ' if len(self.metrics) > 1 else ''}{result.score(metric)}{over}")
        if result is not self.baseline:
            figures.append(self.evidence(result.name))
        if result.seconds is not None:
            figures.append(f"{result.seconds:.2f} s an answer")
        if result.input_tokens is not None:
            figures.append(f"{result.input_tokens:.0f} tokens a question")
        if result.failures:
            figures.append(failures_in_words(result.failures, len(self.examples)))
        return f"{result.name}: {'; '.join(figures)}"

    def evidence(self, condition: str) -> str:
        """Return in words the p-value of a condition's difference and the smallest one that would be detected."""
        p, _ = self.p_values[condition]
        detectable = self.detectable(condition)
        smallest = "unknown: all differences are alike" if detectable is None else f"{detectable:.3f}"
        return f"{'p < 0.001' if p < 0.001 else f'p = {p:.3f}'}, smallest detectable difference {smallest}"

    def _scores(self, condition: str, baseline: str, metric: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
        name = metric or self.metrics[0]
        return self.result(condition).scores[name], self.result(baseline or self.baseline.name).scores[name]


def signed(interval: Interval) -> str:
    """Return a difference with its interval; with a true minus, which screen readers do not skip as a hyphen."""
    return f"{interval.mean:+.3f} ({interval.low:+.3f} to {interval.high:+.3f})".replace("-", "−")


def failures_in_words(failures: Mapping[str, int], n: int) -> str:
    """Return how many of n questions failed, by kind, and what share that is."""
    count = sum(failures.values())
    kinds = ", ".join(f"{number} {kind}" for kind, number in failures.items())
    share = wilson_interval(count, n)
    return f"{count} of {n} failed and score 0 ({kinds}; {share.mean:.1%}, {share.low:.1%} to {share.high:.1%})"
