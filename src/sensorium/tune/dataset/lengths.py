"""Lengths of rows in words or tokens, and the limits of a model."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sensorium.core import catalog
from sensorium.core.messages import Conversation, Image, Message, Text, kind
from sensorium.core.protocols import Limits, Model
from sensorium.media.image import fresh, size
from sensorium.tune.dataset.data import DataRow, media_key

_CHARACTERS_PER_TOKEN = 4  # of English, if a model can't count
_BINS = 8


@runtime_checkable
class TokenCounter(Protocol):
    """A model that can count tokens, as a local checkpoint does."""

    def count(self, chat: Conversation) -> int: ...
    def cost(self, image: Image) -> int: ...


@dataclass(frozen=True)
class Histogram:
    """Numbers of values in bins of equal width.

    Args:
        label: What was counted, with its unit.
        edges: Edges of the bins, one more than counts; a bin includes its lower edge.
        counts: Number of values in each bin.
        median: Median of the values.
        maximum: The largest value.
    """

    label: str
    edges: tuple[int, ...]
    counts: tuple[int, ...]
    median: int
    maximum: int

    def line(self) -> str:
        """Return it in one sentence."""
        spans = [
            f"{low} to {high - 1}: {count}" if high - 1 > low else f"{low}: {count}"
            for low, high, count in zip(self.edges, self.edges[1:], self.counts, strict=False)
            if count
        ]
        return f"{self.label}: median {self.median}, maximum {self.maximum} ({'; '.join(spans)})"


@dataclass(frozen=True)
class RowLength:
    """Length of a row in a model's tokens.

    Args:
        text: Tokens of its question's words.
        answer: Tokens of its answer.
        pictures: Tokens of its pictures.
    """

    text: int
    answer: int
    pictures: int

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.text + self.answer + self.pictures


def measure(row: DataRow, model: Model, tokens: Mapping[Hashable, int] | None) -> RowLength:
    """Return a row's length, counted by the model if it can, else estimated from the number of characters.

    Args:
        row: The row.
        model: The model.
        tokens: Tokens of each picture by `media_key`; None for the model's least.

    Raises:
        MediaError: when a picture of it can't be opened.
    """
    chat = row.example.conversation
    if isinstance(model, TokenCounter) and tokens is not None:
        text = model.count(_without_pictures(chat))
        pictures = sum(tokens[media_key(image)] for image in row.images)
        answer = model.count(Conversation.of(row.example.answer)) - model.count(Conversation.of(""))
        return RowLength(text, max(1, answer), pictures)
    pictures = sum(_least_tokens(model, image) for image in row.images)
    return RowLength(_estimate(row.question), _estimate(row.example.answer), pictures)


def _least_tokens(model: Model, image: Image) -> int:
    if model.limits.max_side is None or catalog.image_tokens(model.name, 1, 1) is None:
        return model.limits.image_tokens
    cost = catalog.image_tokens(model.name, *size(fresh(image), model.limits.max_side))
    return model.limits.image_tokens if cost is None else cost.least


def image_tokens(model: TokenCounter, image: Image) -> int:
    """Return a picture's tokens; its file is not kept in memory."""
    return model.cost(fresh(image))


def exceeded_limit(row: DataRow, length: RowLength | None, limits: Limits) -> str:
    """Return the limit of the model that a row exceeds; "" for none."""
    kinds = sorted({kind(part) for part in row.example.conversation.parts} - set(limits.parts))
    if kinds:
        return f"it takes no {', '.join(kinds)}"
    if limits.max_images is not None and len(row.images) > limits.max_images:
        return f"it takes at most {limits.max_images} pictures a row"
    if length is not None and limits.context_tokens is not None and length.tokens > limits.context_tokens:
        return f"it takes at most {limits.context_tokens} tokens a row"
    return ""


def histogram(label: str, values: Sequence[int]) -> Histogram:
    """Count values in at most eight bins of equal width."""
    low, high = min(values), max(values)
    width = max(1, -(-(high - low + 1) // _BINS))
    bins = (high - low) // width + 1
    counts = [0] * bins
    for value in values:
        counts[(value - low) // width] += 1
    edges = tuple(low + width * index for index in range(bins + 1))
    return Histogram(label, edges, tuple(counts), sorted(values)[len(values) // 2], high)


def _estimate(text: str) -> int:
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


def _without_pictures(chat: Conversation) -> Conversation:
    return Conversation(tuple(Message(m.role, [p for p in m.parts if isinstance(p, Text)]) for m in chat.messages))
