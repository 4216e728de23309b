"""Task: examples, each a conversation that ends with a question, and the answers that count as right."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation

TRAIN, TEST = "train", "test"


@dataclass(frozen=True)
class Example:
    """One question with its answers.

    Args:
        conversation: Ends with a user's message: the question.
        answers: What counts as right; several where several people answered, one each (VQA has ten).
        split: "train", "test" … or "" where it is not divided.
        choices: What may be answered, in order, where the question is a choice.
        captions: Words that can stand for its pictures, sounds and films, in their order; or none.
        id: Its name in its file, or "".
    """

    conversation: Conversation
    answers: tuple[str, ...]
    split: str = ""
    choices: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    id: str = ""

    def __post_init__(self) -> None:
        for name in ("answers", "choices", "captions"):
            given = getattr(self, name)
            object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(given))
            for each in getattr(self, name):
                if not isinstance(each, str) or (name != "captions" and not each.strip()):
                    raise InputError(f"The {name} hold {each!r}; they are words.", f'Try {name}=("red",).')
        if not self.answers:
            raise InputError("An example has no answer.", 'Try answers=("red",).')
        if not self.conversation.messages or self.conversation.messages[-1].role != "user":
            raise InputError(
                "An example's conversation does not end with a user's message.", "Let the question end it."
            )

    @property
    def answer(self) -> str:
        """The answer that most gave; of several the first."""
        return Counter(self.answers).most_common(1)[0][0]


@dataclass(frozen=True)
class Task:
    """Examples with a name.

    Example:
        >>> chat = Conversation.of("Is the sky blue?")
        >>> sky = Task("sky", (Example(chat, ("yes",), "train"), Example(chat, ("no",), "test")))
        >>> sky.split("test").labels
        ('no',)
    """

    name: str
    examples: tuple[Example, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "examples", tuple(self.examples))

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of its splits, in the order in which they first come."""
        return tuple(dict.fromkeys(example.split for example in self.examples))

    @property
    def labels(self) -> tuple[str, ...]:
        """The answers that its examples have, the commonest first."""
        counts = Counter(example.answer for example in self.examples)
        return tuple(answer for answer, _ in counts.most_common())

    def split(self, name: str) -> Task:
        """Return the examples of one split; InputError where it has none of that name."""
        found = tuple(example for example in self.examples if example.split == name)
        if not found:
            have = ", ".join(repr(each) for each in self.splits) or "none"
            raise InputError(f"The task {self.name!r} has no split {name!r}; it has {have}.", "Name one of these.")
        return Task(self.name, found)

    def divided(self, shares: Mapping[str, float], seed: int = 0) -> Task:
        """Return each example a split anew, by chance, alike for each answer; the same seed divides alike.

        Args:
            shares: Split -> its share of the examples, e.g. {"train": 0.8, "test": 0.2}; they add up to 1.
            seed: Of the draw.
        """
        if not shares or min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > 1e-6:
            raise InputError(f"The shares {dict(shares)} do not add up to 1.", 'Try {"train": 0.8, "test": 0.2}.')
        chance = random.Random(seed)
        by_answer: dict[str, list[int]] = {}
        for index, example in enumerate(self.examples):
            by_answer.setdefault(example.answer, []).append(index)
        order = []
        for answer in sorted(by_answer):
            chance.shuffle(by_answer[answer])
            order += by_answer[answer]
        # In this order every stretch holds all answers alike, and so does each split when they take turns along it.
        given: dict[str, int] = dict.fromkeys(shares, 0)
        splits = [""] * len(order)
        for done, index in enumerate(order, 1):
            name = max(shares, key=lambda each: shares[each] * done - given[each])
            given[name] += 1
            splits[index] = name
        return Task(self.name, tuple(replace(e, split=s) for e, s in zip(self.examples, splits, strict=True)))

    def closed(self) -> Task:
        """Return every example that has no choices all of the task's answers as its choices, in alphabetical order."""
        labels = tuple(sorted(self.labels))
        return Task(self.name, tuple(e if e.choices else replace(e, choices=labels) for e in self.examples))

    def sample(self, most: int, seed: int = 0) -> Task:
        """Return at most `most` of its examples, drawn by chance, in their own order."""
        if most < 1:
            raise InputError(f"A sample of {most} examples has none.", "Ask for 1 or more.")
        if most >= len(self.examples):
            return self
        kept = sorted(random.Random(seed).sample(range(len(self.examples)), most))
        return Task(self.name, tuple(self.examples[index] for index in kept))


def mix(parts: Sequence[tuple[Task, float]], most: int | None = None, seed: int = 0) -> Task:
    """Make one task of several, shuffled, in the given proportions; no example comes twice.

    Args:
        parts: Tasks with their weights, e.g. [(new, 1), (old, 1)] to learn something without forgetting.
        most: How many examples; as many as the proportions allow where it is None.
        seed: Of the draw and the shuffling.

    Raises:
        InputError: when a weight is not over 0, a task is empty or `most` is more than the proportions allow.
    """
    for task, weight in parts:
        if weight <= 0 or not task.examples:
            raise InputError(
                f"The task {task.name!r} has {len(task)} examples and the weight {weight:g}.",
                "Give a weight over 0 to tasks that have examples.",
            )
    if not parts:
        raise InputError("There is no task to mix.", "Try mix([(new, 1), (old, 1)]).")
    total = sum(weight for _, weight in parts)
    can = int(min(len(task) * total / weight for task, weight in parts) + 1e-9)
    if most is not None and not 1 <= most <= can:
        raise InputError(f"These tasks give at most {can} examples so mixed, not {most}.", f"Try most={can}.")
    wanted = can if most is None else most
    counts = _shared([weight / total for _, weight in parts], wanted, [len(task) for task, _ in parts])
    chance = random.Random(seed)
    drawn = [
        example
        for (task, _), count in zip(parts, counts, strict=True)
        for example in chance.sample(task.examples, count)
    ]
    chance.shuffle(drawn)
    return Task("+".join(task.name for task, _ in parts), tuple(drawn))


def _shared(shares: Sequence[float], total: int, have: Sequence[int]) -> list[int]:
    """Divide a whole number by shares: largest remainders first, nobody over what it has."""
    counts = [min(int(share * total + 1e-9), most) for share, most in zip(shares, have, strict=True)]
    order = sorted(range(len(shares)), key=lambda i: counts[i] - shares[i] * total)
    while sum(counts) < total:
        for index in order:
            if sum(counts) < total and counts[index] < have[index]:
                counts[index] += 1
    return counts
