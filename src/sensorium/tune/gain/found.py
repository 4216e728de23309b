"""What was answered before and after, as figures: scores and paired differences with intervals, costs, judgements."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sensorium.core.reply import Reply
from sensorium.evaluation.metrics import Interval, interval, metric
from sensorium.tasks.task import Example
from sensorium.tune.gain.judge import Verdicts

UNTOUCHED, TUNED = "untouched", "tuned"
GAINED, LOST, BOTH, NEITHER = "gained", "lost", "both right", "neither right"
BETTER, WORSE, ALIKE = "better", "worse", "alike"
_POWER = 7.85
"""(1.96 + 0.84) squared: at the 5 % level, found four times out of five (Cohen 1988, for a paired mean)."""


@dataclass(frozen=True)
class Side:
    """What one of those compared answered.

    Args:
        name: "untouched", "tuned", "4 examples" …
        texts: Its answers, in the examples' order.
        scores: Metric -> how right each is, 0 to 1.
        seconds: Median an answer, asked one at a time.
        input_tokens: Mean a question, or None where the model does not count.
    """

    name: str
    texts: tuple[str, ...]
    scores: Mapping[str, tuple[float, ...]]
    seconds: float | None = None
    input_tokens: float | None = None

    def score(self, name: str) -> Interval:
        """Its mean by a metric, with the interval."""
        return interval(self.scores[name])


@dataclass(frozen=True)
class Skill:
    """Examples, and what each side answered to them.

    Args:
        name: Of what was asked.
        examples: What was asked.
        metrics: How answers are scored; the first decides.
        sides: The untouched model first, then the tuned one.
    """

    name: str
    examples: tuple[Example, ...]
    metrics: tuple[str, ...]
    sides: tuple[Side, ...]

    def side(self, name: str) -> Side:
        """Return a side by its name."""
        return next(side for side in self.sides if side.name == name)

    @property
    def shots(self) -> tuple[Side, ...]:
        """The sides with examples in their prompts."""
        return tuple(side for side in self.sides if side.name not in (UNTOUCHED, TUNED))

    def differences(self, of: str, over: str, by: str = "") -> tuple[float, ...]:
        """Return for each example how much better one side's answer is than another's."""
        name = by or self.metrics[0]
        one, other = self.side(of).scores[name], self.side(over).scores[name]
        return tuple(a - b for a, b in zip(one, other, strict=True))

    def difference(self, of: str, over: str, by: str = "") -> Interval:
        """Return the mean of the differences with its interval: the same examples are asked of both."""
        return interval(self.differences(of, over, by))

    def marks(self) -> tuple[str, ...]:
        """Say of each example what became of it by the tuning; where scores are no yes or no: better, worse, alike."""
        name = self.metrics[0]
        before, after = self.side(UNTOUCHED).scores[name], self.side(TUNED).scores[name]
        pairs = list(zip(before, after, strict=True))
        if all(value in (0, 1) for pair in pairs for value in pair):
            words = {(0, 1): GAINED, (1, 0): LOST, (1, 1): BOTH, (0, 0): NEITHER}
            return tuple(words[int(one), int(other)] for one, other in pairs)
        return tuple(BETTER if b > a else WORSE if b < a else ALIKE for a, b in pairs)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, every answer among them."""
        made: dict[str, Any] = {"name": self.name, "n": len(self.examples), "metrics": list(self.metrics)}
        made["sides"] = [
            {
                "name": side.name,
                "scores": {name: asdict(side.score(name)) for name in self.metrics},
                "over_untouched": {
                    name: asdict(self.difference(side.name, UNTOUCHED, name))
                    for name in self.metrics
                    if side.name != UNTOUCHED
                },
                "seconds": side.seconds,
                "input_tokens": side.input_tokens,
            }
            for side in self.sides
        ]
        made["answers"] = [
            {
                "id": example.id,
                "question": example.conversation.messages[-1].text,
                "right": list(example.answers),
                "mark": mark,
                "said": {side.name: side.texts[number] for side in self.sides},
                "scores": {side.name: side.scores[self.metrics[0]][number] for side in self.sides},
            }
            for number, (example, mark) in enumerate(zip(self.examples, self.marks(), strict=True))
        ]
        return made


@dataclass(frozen=True)
class Gain:
    """What a training gained and what it lost.

    Args:
        adapter: Its folder.
        base: The untouched checkpoint.
        skill: What was to be learnt.
        retained: Other skills, or None where they were not asked.
        verdicts: Of a judge, or None.
        replay: Whether other skills were learnt along.
        notes: What a reader must know of the figures.
        settings: How it was asked, name -> words.
    """

    adapter: str
    base: str
    skill: Skill
    retained: Skill | None = None
    verdicts: Verdicts | None = None
    replay: bool = False
    notes: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "adapter": self.adapter,
            "base": self.base,
            "skill": self.skill.to_json(),
            "over_few_shot": {
                side.name: asdict(self.skill.difference(TUNED, side.name)) for side in self.skill.shots
            },
            "retained": self.retained and self.retained.to_json(),
            "judge": self.verdicts and self.verdicts.to_json(),
            "notes": list(self.notes),
            "settings": dict(self.settings),
        }  # fmt: skip


def side_of(name: str, examples: Sequence[Example], replies: Sequence[Reply], metrics: Sequence[str]) -> Side:
    """Make a side of what was answered."""
    texts = tuple(reply.text for reply in replies)
    pairs = list(zip(texts, examples, strict=True))
    scores = {by: tuple(metric(by)(text, example) for text, example in pairs) for by in metrics}
    seconds = [reply.usage.seconds for reply in replies if reply.usage.seconds is not None]
    tokens = [reply.usage.input_tokens for reply in replies if reply.usage.input_tokens is not None]
    return Side(
        name,
        texts,
        scores,
        statistics.median(seconds) if seconds else None,
        statistics.fmean(tokens) if tokens else None,
    )


def enough(differences: Sequence[float], least: float = 0.05) -> int | None:
    """Tell about how many examples would show the mean difference that was seen, or `least` where none was.

    So many that four of five such measurements' intervals leave 0 out; None where all differences are alike.
    """
    spread = statistics.pstdev(differences)
    seen = abs(statistics.fmean(differences)) or least
    return math.ceil(_POWER * (spread / seen) ** 2) if spread else None
