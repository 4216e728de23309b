"""How long rows are, in words or tokens, and whether a model takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sensorium.core.messages import Conversation, Image, Message, Text, kind
from sensorium.core.protocols import Limits, Model
from sensorium.media.image import fresh
from sensorium.tune.dataset.data import Row

_LETTERS_A_TOKEN = 4  # of English, where a model can't count
_BINS = 8


@runtime_checkable
class Counting(Protocol):
    """A model that counts tokens before it is asked, as a local checkpoint does."""

    def count(self, chat: Conversation) -> int: ...
    def cost(self, image: Image) -> int: ...


@dataclass(frozen=True)
class Histogram:
    """How many values lie in each stretch.

    Args:
        what: What was counted, with its unit.
        edges: The stretches' borders, one more than there are counts; each stretch holds its lower border.
        counts: How many values lie in each.
        median: Of the values.
        most: The largest value.
    """

    what: str
    edges: tuple[int, ...]
    counts: tuple[int, ...]
    median: int
    most: int

    def line(self) -> str:
        """Put it in one sentence."""
        spans = [
            f"{low} to {high - 1}: {count}" if high - 1 > low else f"{low}: {count}"
            for low, high, count in zip(self.edges, self.edges[1:], self.counts, strict=False)
            if count
        ]
        return f"{self.what}: median {self.median}, most {self.most} ({'; '.join(spans)})"


@dataclass(frozen=True)
class Length:
    """How long a row is for a model.

    Args:
        number: The row's.
        text: Tokens of its question's words.
        answer: Tokens of its answer.
        pictures: Tokens of its pictures.
        exact: False where the letters were divided by four and the pictures taken at their least.
    """

    number: int
    text: int
    answer: int
    pictures: int
    exact: bool

    @property
    def tokens(self) -> int:
        """Of everything together."""
        return self.text + self.answer + self.pictures


def measured(row: Row, model: Model, picture_tokens: Callable[[Image], int] | None) -> Length:
    """Count a row's tokens as the model does where it can, and by its letters where not.

    Raises:
        MediaError: when a picture of it can't be opened.
    """
    chat = row.example.conversation
    if isinstance(model, Counting) and picture_tokens is not None:
        words = model.count(_without_pictures(chat))
        pictures = sum(picture_tokens(image) for image in row.images)
        answer = model.count(Conversation.of(row.example.answer)) - model.count(Conversation.of(""))
        return Length(row.number, words, max(1, answer), pictures, True)
    return Length(
        row.number, _estimate(row.question), _estimate(row.example.answer),
        model.limits.image_tokens * len(row.images), False,
    )  # fmt: skip


def cost(model: Counting, image: Image) -> int:
    """Return a picture's tokens; what was read of its file is let go."""
    return model.cost(fresh(image))


def outside(row: Row, length: Length | None, limits: Limits) -> str:
    """Say what of a row the model does not take; "" where it takes all."""
    kinds = sorted({kind(part) for part in row.example.conversation.parts} - set(limits.parts))
    if kinds:
        return f"it takes no {', '.join(kinds)}"
    if limits.max_images is not None and len(row.images) > limits.max_images:
        return f"it takes at most {limits.max_images} pictures a row"
    if length is not None and limits.context_tokens is not None and length.tokens > limits.context_tokens:
        return f"it takes at most {limits.context_tokens} tokens a row"
    return ""


def histogram(what: str, values: Sequence[int]) -> Histogram:
    """Count values in at most eight stretches of equal width."""
    low, high = min(values), max(values)
    width = max(1, -(-(high - low + 1) // _BINS))
    bins = (high - low) // width + 1
    counts = [0] * bins
    for value in values:
        counts[(value - low) // width] += 1
    edges = tuple(low + width * index for index in range(bins + 1))
    return Histogram(what, edges, tuple(counts), sorted(values)[len(values) // 2], high)


def words(text: str) -> int:
    """Count the words of a text."""
    return len(text.split())


def _estimate(text: str) -> int:
    return -(-len(text) // _LETTERS_A_TOKEN)


def _without_pictures(chat: Conversation) -> Conversation:
    return Conversation(tuple(Message(m.role, [p for p in m.parts if isinstance(p, Text)]) for m in chat.messages))
