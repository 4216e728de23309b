"""Gains made by hand: examples with drawn pictures, and what each side is said to have answered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sensorium.core.messages import Conversation, Image
from sensorium.core.reply import Reply, Usage
from sensorium.media.image import encode
from sensorium.tasks.task import Example
from sensorium.tune.gain.found import TUNED, UNTOUCHED, Gain, Skill, side_of

RIGHT, WRONG = "red", "blue"


def examples(count: int, pictures: bool = False) -> list[Example]:
    out = []
    for number in range(count):
        pixels = np.full((40, 60, 3), (200, number * 4 % 256, 10), dtype=np.uint8)
        shown = [Image(encode(pixels).blob)] if pictures else []
        chat = Conversation.of(*shown, f"Which colour is {number}?")
        out.append(Example(chat, (RIGHT,), id=f"id{number}"))
    return out


def skill(said: dict[str, Sequence[int]], name: str = "task, split test", pictures: bool = False) -> Skill:
    """Make a skill of who was right (1) and wrong (0) in what order; "4 examples" may be among them."""
    asked = examples(len(next(iter(said.values()))), pictures)
    costs = {UNTOUCHED: (0.5, 100), TUNED: (0.5, 100)}
    sides = []
    for who, rights in said.items():
        seconds, tokens = costs.get(who, (1.5, 700))
        replies = [
            Reply(RIGHT if right else WRONG, usage=Usage(input_tokens=tokens, seconds=seconds)) for right in rights
        ]
        sides.append(side_of(who, asked, replies, ("exact",)))
    return Skill(name, tuple(asked), ("exact",), tuple(sides))


def gain(before: Sequence[int], after: Sequence[int], shown: Sequence[int] = (), retained: Skill | None = None) -> Gain:
    said = {UNTOUCHED: before, TUNED: after} | ({"4 examples": shown} if shown else {})
    return Gain("adapter", "base", skill(said), retained)
