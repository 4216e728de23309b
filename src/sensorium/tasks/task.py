"""Task: examples, each a conversation that ends with a question, and its right answers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Conversation, is_unicode

TRAIN, TEST = "train", "test"


@dataclass(frozen=True)
class Example:
    """One question with its answers.

    Args:
        conversation: Ends with a user's message: the question.
        answers: The right answers; one of each person who answered (VQA has ten).
        split: "train", "test" … or "".
        choices: The possible answers of a multiple-choice question, in order.
        captions: Words that can stand for its images, audio and videos, in their order; or none.
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
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
            for text in getattr(self, name):
                if not isinstance(text, str) or (name != "captions" and not text.strip()):
                    raise InputError(f"The {name} hold {quoted(text)}; they are text.", f'Try {name}=("red",).')
                if not is_unicode(text):
                    raise InputError(f"The {name} hold half a character: {quoted(text)}.", "Write them in UTF-8.")
        if not self.answers:
            raise InputError("An example has no answer.", 'Try answers=("red",).')
        if not self.conversation.messages or self.conversation.messages[-1].role != "user":
            raise InputError(
                "An example's conversation does not end with a user's message.", "Let the question end it."
            )

    @property
    def turns(self) -> tuple[Example, ...]:
        """An example for each assistant's turn of the conversation, in order, and this one: what a training learns."""
        messages = self.conversation.messages
        earlier = (
            replace(self, conversation=Conversation(messages[:at]), answers=(turn.text,), choices=(), captions=())
            for at, turn in enumerate(messages)
            if turn.role == "assistant"
        )
        return (*earlier, self)

    @property
    def answer(self) -> str:
        """The most frequent answer; of several the first."""
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
        """The names of its splits, in order of appearance."""
        return tuple(dict.fromkeys(example.split for example in self.examples))

    @property
    def labels(self) -> tuple[str, ...]:
        """The answers of its examples, the most frequent first."""
        counts = Counter(example.answer for example in self.examples)
        return tuple(answer for answer, _ in counts.most_common())

    def split(self, name: str) -> Task:
        """Return the examples of one split; InputError if it has no split of that name."""
        selected = tuple(example for example in self.examples if example.split == name)
        if not selected:
            have = ", ".join(repr(split) for split in self.splits) or "none"
            raise InputError(
                f"The task {quoted(self.name)} has no split {quoted(name)}; it has {have}.", "Name one of these."
            )
        return Task(self.name, selected)

    def divided(self, shares: Mapping[str, float], seed: int = 0) -> Task:
        """Return it with new random splits, stratified by answer; the same seed gives the same splits.

        Args:
            shares: Split -> its share of the examples, e.g. {"train": 0.8, "test": 0.2}; they add up to 1.
            seed: Random seed.
        """
        if not shares or min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > 1e-6:
            raise InputError(f"The shares {dict(shares)} do not add up to 1.", 'Try {"train": 0.8, "test": 0.2}.')
        rng = random.Random(seed)
        by_answer: dict[str, list[int]] = {}
        for index, example in enumerate(self.examples):
            by_answer.setdefault(example.answer, []).append(index)
        order = []
        for answer in sorted(by_answer):
            rng.shuffle(by_answer[answer])
            order += by_answer[answer]
        # every stretch of this order holds all answers alike, and so does each split if they take turns along it
        sizes: dict[str, int] = dict.fromkeys(shares, 0)
        splits = [""] * len(order)
        for done, index in enumerate(order, 1):
            name = max(shares, key=lambda split: shares[split] * done - sizes[split])
            sizes[name] += 1
            splits[index] = name
        return Task(self.name, tuple(replace(e, split=s) for e, s in zip(self.examples, splits, strict=True)))

    def closed(self) -> Task:
        """Return it with all labels, in alphabetical order, as the choices of examples without choices."""
        labels = tuple(sorted(self.labels))
        return Task(self.name, tuple(e if e.choices else replace(e, choices=labels) for e in self.examples))

    def sample(self, max_examples: int, seed: int = 0) -> Task:
        """Return at most `max_examples` random examples, in their own order."""
        if max_examples < 1:
            raise InputError(f"A sample has at least 1 example, not {max_examples}.", "Try `max_examples=100`.")
        if max_examples >= len(self.examples):
            return self
        indices = sorted(random.Random(seed).sample(range(len(self.examples)), max_examples))
        return Task(self.name, tuple(self.examples[index] for index in indices))


def mix(parts: Sequence[tuple[Task, float]], max_examples: int | None = None, seed: int = 0) -> Task:
    """Return one task of several, shuffled, in proportion to their weights, without repeating an example.

    Args:
        parts: Tasks with their weights, e.g. [(new, 1), (old, 1)] to learn something without forgetting.
        max_examples: How many examples; None for as many as the weights allow.
        seed: Random seed.

    Raises:
        InputError: if a weight is not over 0, a task is empty, or the weights allow fewer than `max_examples`.
    """
    for task, weight in parts:
        if weight <= 0 or not task.examples:
            raise InputError(
                f"The task {quoted(task.name)} has {len(task)} examples and the weight {weight:g}.",
                "Give a weight over 0 to tasks that have examples.",
            )
    if not parts:
        raise InputError("No tasks to mix.", "Try mix([(new, 1), (old, 1)]).")
    total = sum(weight for _, weight in parts)
    available = int(min(len(task) * total / weight for task, weight in parts) + 1e-9)
    if max_examples is not None and not 1 <= max_examples <= available:
        raise InputError(
            f"With these weights the tasks give at most {available} examples, not {max_examples}.",
            f"Try `max_examples={available}`.",
        )
    size = available if max_examples is None else max_examples
    counts = _apportion([weight / total for _, weight in parts], size, [len(task) for task, _ in parts])
    rng = random.Random(seed)
    drawn = [
        example for (task, _), count in zip(parts, counts, strict=True) for example in rng.sample(task.examples, count)
    ]
    rng.shuffle(drawn)
    return Task("+".join(task.name for task, _ in parts), tuple(drawn))


def _apportion(shares: Sequence[float], total: int, sizes: Sequence[int]) -> list[int]:
    """Return `total` divided by shares: largest remainders first, at most the size of each."""
    counts = [min(int(share * total + 1e-9), size) for share, size in zip(shares, sizes, strict=True)]
    order = sorted(range(len(shares)), key=lambda i: counts[i] - shares[i] * total)
    while sum(counts) < total:
        for index in order:
            if sum(counts) < total and counts[index] < sizes[index]:
                counts[index] += 1
    return counts
