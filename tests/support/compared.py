"""Comparisons made by hand: examples with drawn pictures, and which of them each condition answered rightly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sensorium.core.messages import Conversation, Image
from sensorium.core.reply import Reply, Usage
from sensorium.evaluation.comparison import Comparison
from sensorium.evaluation.run_store import Record
from sensorium.evaluation.runner import Run
from sensorium.media.image import encode
from sensorium.tasks.task import Example, Task
from sensorium.tune.evaluate.result import BASE, FINE_TUNED, AdapterEvaluation

RIGHT, WRONG = "red", "blue"


def examples(count: int, pictures: bool = False) -> list[Example]:
    out = []
    for number in range(count):
        pixels = np.full((40, 60, 3), (200, number * 4 % 256, 10), dtype=np.uint8)
        shown = [Image(encode(pixels).blob)] if pictures else []
        chat = Conversation.of(*shown, f"Which colour is {number}?")
        out.append(Example(chat, (RIGHT,), id=f"id{number}"))
    return out


def comparison(
    replies: Mapping[str, Sequence[Reply]],
    asked: Sequence[Example],
    metrics: tuple[str, ...] = ("exact",),
    name: str = "t",
) -> Comparison:
    """Make a comparison of what each condition replied."""
    records = {
        condition: {
            number: Record(condition, number, reply.text, usage=reply.usage) for number, reply in enumerate(several)
        }
        for condition, several in replies.items()
    }
    return Comparison.of(Run(Task(name, tuple(asked)), records), metrics)


def skill(right: Mapping[str, Sequence[int]], name: str = "task, split test", pictures: bool = False) -> Comparison:
    """Make a comparison of who was right (1) and wrong (0) in what order; "4-shot" may be among them."""
    asked = examples(len(next(iter(right.values()))), pictures)
    costs = {BASE: (0.5, 100), FINE_TUNED: (0.5, 100)}
    replies = {}
    for condition, scores in right.items():
        seconds, tokens = costs.get(condition, (1.5, 700))
        usage = Usage(input_tokens=tokens, seconds=seconds)
        replies[condition] = [Reply(RIGHT if score else WRONG, usage=usage) for score in scores]
    return comparison(replies, asked, name=name)


def evaluation(
    before: Sequence[int], after: Sequence[int], shown: Sequence[int] = (), retained: Comparison | None = None
) -> AdapterEvaluation:
    right = {BASE: before, FINE_TUNED: after} | ({"4-shot": shown} if shown else {})
    return AdapterEvaluation("adapter", "base", skill(right), retained)
