"""ModelRow: what one way to answer did with each question of a comparison, and ModelChoice: the rows of one report."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sensorium.core.errors import InputError
from sensorium.tasks.task import Example

TIMEOUT = "timeout"


@dataclass(frozen=True)
class AnswerRow:
    """What one way to answer did with one question.

    Args:
        example: The question's position in `ModelChoice.examples`.
        text: The answer; "" if it failed.
        score: How right it is, 0 to 1; a failure scores 0 and stays in the denominator.
        failure: "" or the kind: "timeout", "rate limit", "refused", "empty", "bad JSON", "cut off", "limit" …
        abstained: Whether it was said that it can't be told.
        confidence: The model's probability that it is right, or None.
        seconds, first_token_seconds: Until the last and the first word, in the first run in which the answer was kept;
            None if unknown. Of a time-out, `seconds` is how long it was waited for.
        input_tokens, cached_tokens, output_tokens, thinking_tokens: As the model counted them; None if it doesn't.
            Cached tokens are part of the input, thinking ones of the output.
        usd: Money, by the price at the time of the request; None if unknown.
        asked: When, in UTC: "2026-11-29T23:59:58.120Z".
    """

    example: int
    text: str
    score: float
    failure: str = ""
    abstained: bool = False
    confidence: float | None = None
    seconds: float | None = None
    first_token_seconds: float | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    thinking_tokens: int | None = None
    usd: float | None = None
    asked: str = ""


@dataclass(frozen=True)
class ModelRow:
    """One way to answer: a classic model, offline, the starter, hosted, tuned, few-shot, a chain, the majority.

    Args:
        name: What reports call it; unique in a report.
        kind: Which of these it is, in a word.
        settings: What every score carries: model, prompt, shots, place, max_tokens, image tokens, thinking, seed,
            adapter, chain, schema … as plain JSON values.
        answers: One of each question, in the order of `ModelChoice.examples`.
        price: In words: "$0.10 / $0.50 a million tokens, read 2026-11-29", "a machine of $0.20 an hour" or "unknown".
        peak_memory_bytes: The most memory of the process that answered, or None if it wasn't measured (hosted).
        joules: Energy of the whole machine meanwhile, or None if it wasn't measured.
        concurrency: How many questions were asked at once; above 1 the seconds are marked.
        is_private: Whether nothing leaves the machine.
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    answers: tuple[AnswerRow, ...]
    price: str = "unknown"
    peak_memory_bytes: int | None = None
    joules: float | None = None
    concurrency: int = 1
    is_private: bool = False

    @property
    def scores(self) -> tuple[float, ...]:
        """How right each answer is; failures score 0."""
        return tuple(answer.score for answer in self.answers)

    @property
    def accuracy(self) -> float:
        """The mean score over all questions, failures included."""
        return math.fsum(self.scores) / len(self.scores)

    @property
    def failures(self) -> dict[str, int]:
        """How many questions failed, by kind, the commonest first."""
        return dict(Counter(answer.failure for answer in self.answers if answer.failure).most_common())

    @property
    def usd(self) -> float | None:
        """Money of all questions, failures included; None if it is unknown of one of them."""
        known = [answer.usd for answer in self.answers if answer.usd is not None]
        return math.fsum(known) if len(known) == len(self.answers) else None

    @property
    def usd_per_1000(self) -> float | None:
        """Money for 1,000 questions such as these; None if it is unknown."""
        return None if self.usd is None else 1000 * self.usd / len(self.answers)

    def tokens(self, name: str) -> int | None:
        """Return the sum of "input_tokens", "cached_tokens" …; None if no answer counts them."""
        known = [value for answer in self.answers if (value := getattr(answer, name)) is not None]
        return sum(known) if known else None

    def latency(self, share: float, name: str = "seconds") -> float | None:
        """Return the seconds within which that share of the answers came: 0.5 for p50, 0.95 for p95.

        Answers, and time-outs with the time that they were waited for; other failures don't count: many come at once.

        Args:
            share: 0 to 1.
            name: "seconds" until the last word, or "first_token_seconds".
        """
        counted = [answer for answer in self.answers if answer.failure in ("", TIMEOUT)]
        return percentile([value for answer in counted if (value := getattr(answer, name)) is not None], share)


@dataclass(frozen=True)
class UserLimits:
    """What the user allows; None for anything.

    Args:
        usd_per_1000: The most money for 1,000 questions.
        p95_seconds: The most seconds within which 95 % of the answers come.
        accuracy: The smallest accuracy, 0 to 1.
        private: Whether nothing may leave the machine.

    Raises:
        InputError: if a limit isn't a number that it can be.
    """

    usd_per_1000: float | None = None
    p95_seconds: float | None = None
    accuracy: float | None = None
    private: bool = False

    def __post_init__(self) -> None:
        money, time, accuracy = self.usd_per_1000, self.p95_seconds, self.accuracy
        if money is not None and not 0 <= money < math.inf:
            raise InputError(f"A limit of money is 0 or more dollars, not {money:g}.", "Try `usd_per_1000=1`.")
        if time is not None and not 0 < time < math.inf:
            raise InputError(f"A limit of time is over 0 seconds, not {time:g}.", "Try `p95_seconds=2`.")
        if accuracy is not None and not 0 <= accuracy <= 1:
            raise InputError(f"An accuracy is 0 to 1, not {accuracy:g}.", "Try `accuracy=0.8`.")


@dataclass(frozen=True)
class ModelChoice:
    """What a report shows: questions, and what each way to answer did with them.

    Args:
        task: Its name.
        metric: What the scores are by.
        examples: The questions that all rows were asked.
        clusters: A number for each question; those that share a picture or film have the same one.
        rows: In the order that the user gave.
        limits: The user's.
        notes: What a reader must know: what was not asked and why, what could not be measured.
        settings: How it was measured, name -> words: seed, the task's digest, limits of money and time.
    """

    task: str
    metric: str
    examples: tuple[Example, ...]
    clusters: tuple[int, ...]
    rows: tuple[ModelRow, ...]
    limits: UserLimits = field(default_factory=UserLimits)
    notes: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def row(self, name: str) -> ModelRow:
        """Return the row of a name."""
        return next(row for row in self.rows if row.name == name)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which that share of the values lies, between neighbours by a line; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])
