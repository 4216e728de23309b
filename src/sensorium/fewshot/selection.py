"""Selection: which examples go before a question."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Conversation, Part, Text, Video
from sensorium.core.protocols import Embedder
from sensorium.media.image import encode
from sensorium.media.video import frames
from sensorium.tasks.task import Example

SELECTIONS = ("random", "balanced", "nearest", "contrastive")
NEED_EMBEDDER = ("nearest", "contrastive")
_FRAMES, _FRAME_SIDE = 4, 320  # of each video, pixels
_MAX_CACHED = 4096  # questions whose vectors are cached: each is asked under several conditions


@dataclass(frozen=True)
class Demonstration:
    """An example that is shown before a question.

    Args:
        example: The example.
        contrast: The answer that it looks like but does not have, or "".
    """

    example: Example
    contrast: str = ""


Picker = Callable[[Conversation, int | None], tuple[Demonstration, ...]]
"""(question, k) -> k demonstrations, or with None all that may be shown; the best-fitting one comes last."""


def picker(selection: str, pool: Sequence[Example], embedder: Embedder | None = None, seed: int = 0) -> Picker:
    """Return a function that picks k examples of a pool for a question.

    It never picks an example that shares a picture, audio or stretch of a video with the question, or is the question.
    Videos are compared by four of their frames.

    Args:
        selection: "random": the same examples for every question, so that the prefix stays the same and is encoded
            once. "balanced": likewise, one answer after another. "nearest": those whose pictures (or, without any,
            words) are nearest to the question's, the nearest last. "contrastive": the nearest, each with the one most
            like it that has another answer.
        pool: The examples to pick from.
        embedder: Gives the vectors for "nearest" and "contrastive".
        seed: Random seed.

    Sources: "nearest" is RICES (Yang et al. 2022; Alayrac et al. 2022).

    Raises:
        InputError: when the selection is unknown, the pool is empty, or an embedder is missing; when called, when k is
            more than the pool has.
    """
    if selection not in SELECTIONS:
        raise InputError(f"Unknown way to pick examples {quoted(selection)}.", f"Use one of: {', '.join(SELECTIONS)}.")
    if not pool:
        raise InputError("The pool has no examples to pick from.", "Give the task a split train.")
    by_vector = selection in NEED_EMBEDDER
    if by_vector and embedder is None:
        raise InputError(
            f"Picking the {selection} examples needs an embedder.", 'Try load("offline", role="embedder").'
        )
    order = (
        _balanced(pool, seed) if selection == "balanced" else random.Random(seed).sample(range(len(pool)), len(pool))
    )
    rows = _rows(embedder, [example.conversation for example in pool]) if by_vector and embedder else None
    media = [_media(example.conversation) for example in pool]

    @lru_cache(maxsize=_MAX_CACHED)
    def row_of(question: Conversation) -> NDArray[np.float32]:
        assert embedder is not None
        row: NDArray[np.float32] = _rows(embedder, [question])[0]
        return row

    def pick(question: Conversation, k: int | None) -> tuple[Demonstration, ...]:
        own = _media(question)
        free = [i for i in order if not _share(media[i], own) and pool[i].conversation != question]
        k = len(free) if k is None else k
        if not 0 <= k <= len(free):
            raise InputError(
                f"{k} examples were asked for, and {len(free)} may be picked.", f"Try `shots={len(free)}`."
            )
        if k == 0:
            return ()
        if rows is None:
            return tuple(Demonstration(pool[i]) for i in free[:k])
        similarity = rows[free] @ row_of(question)
        ranked = [free[i] for i in np.argsort(-similarity, kind="stable")]
        if selection == "nearest":
            return tuple(Demonstration(pool[i]) for i in reversed(ranked[:k]))
        return _pairs(pool, rows, ranked, k)

    return pick


def vote(demonstrations: Sequence[Demonstration]) -> str:
    """Return the majority answer of demonstrations; of a tie the one shown last, "" without any."""
    counts = Counter(shown.example.answer for shown in demonstrations)
    last = {shown.example.answer: place for place, shown in enumerate(demonstrations)}
    return max(counts, key=lambda answer: (counts[answer], last[answer]), default="")


def _balanced(pool: Sequence[Example], seed: int) -> list[int]:
    """Return the order of a pool in which each stretch holds every answer equally often, shuffled each round."""
    chance = random.Random(seed)
    by_answer: dict[str, list[int]] = {}
    for index in chance.sample(range(len(pool)), len(pool)):
        by_answer.setdefault(pool[index].answer, []).append(index)
    order = []
    while by_answer:
        for answer in chance.sample(sorted(by_answer), len(by_answer)):
            order.append(by_answer[answer].pop())
            if not by_answer[answer]:
                del by_answer[answer]
    return order


def _pairs(pool: Sequence[Example], rows: NDArray[np.float32], ranked: list[int], k: int) -> tuple[Demonstration, ...]:
    left = list(ranked)
    picked: list[Demonstration] = []
    while len(picked) < k and left:
        first = left.pop(0)
        others = [i for i in left if pool[i].answer != pool[first].answer]
        if not others:
            picked.append(Demonstration(pool[first]))
            continue
        similar = max(others, key=lambda i: float(rows[i] @ rows[first]))
        picked.append(Demonstration(pool[first], pool[similar].answer))
        if len(picked) < k:
            picked.append(Demonstration(pool[similar], pool[first].answer))
            left.remove(similar)
    return tuple(reversed(picked))


def _rows(embedder: Embedder, chats: Sequence[Conversation]) -> NDArray[np.float32]:
    """Return a unit row for each conversation: the mean of its pictures and frames; without any, its last words."""
    parts: list[Part] = []
    owners: list[int] = []
    for owner, chat in enumerate(chats):
        media: list[Part] = []
        for part in chat.parts:
            if isinstance(part, Video):
                media += [encode(frame.pixels) for frame in frames(part, _FRAMES, _FRAME_SIDE)]
            elif not isinstance(part, Text):
                media.append(part)
        media = media or [Text(chat.messages[-1].text)]
        parts += media
        owners += [owner] * len(media)
    vectors = embedder.embed(parts)
    rows = np.zeros((len(chats), vectors.shape[1]), dtype=np.float32)
    np.add.at(rows, owners, vectors)
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit


def _media(chat: Conversation) -> dict[str, list[tuple[float, float]]]:
    """Return file digest -> the stretches of time of it that a conversation shows."""
    stretches: dict[str, list[tuple[float, float]]] = {}
    for part in chat.parts:
        if not isinstance(part, Text):
            start, end = getattr(part, "start", None), getattr(part, "end", None)
            stretches.setdefault(part.blob.digest, []).append((start or 0.0, math.inf if end is None else end))
    return stretches


def _share(first: dict[str, list[tuple[float, float]]], second: dict[str, list[tuple[float, float]]]) -> bool:
    return any(
        start < other_end and other_start < end
        for digest in first.keys() & second.keys()
        for start, end in first[digest]
        for other_start, other_end in second[digest]
    )
