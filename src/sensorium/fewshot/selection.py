"""Which examples go before a question: by chance, one answer after another, the nearest, or pairs that look alike."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation, Part, Text, Video
from sensorium.core.protocols import Embedder
from sensorium.media.image import encode
from sensorium.media.video import frames
from sensorium.tasks.task import Example

PICKS = ("random", "balanced", "nearest", "contrastive")
BY_LOOK = ("nearest", "contrastive")
"""The ways that need an embedder."""
_FRAMES, _FRAME_SIDE = 4, 320  # of each film, pixels
_KEPT = 4096  # questions whose vectors are kept: each is asked under several conditions


@dataclass(frozen=True)
class Shot:
    """An example that was picked.

    Args:
        example: It.
        unlike: The answer that it looks like but is not, or "".
    """

    example: Example
    unlike: str = ""


Picker = Callable[[Conversation, int | None], tuple[Shot, ...]]
"""(question, k) -> k shots, or with None all that may be picked, in their order: the one that fits best comes last."""


def picker(how: str, pool: Sequence[Example], embedder: Embedder | None = None, seed: int = 0) -> Picker:
    """Return a function that picks k examples of a pool for a question.

    Never picked is an example that shares a picture, sound or part of a film with the question, or is the question.
    Films are compared by four of their frames.

    Args:
        how: "random": the same for every question, drawn by chance, so that the prefix stays the same and is encoded
            once. "balanced": likewise, one answer after another. "nearest": those whose pictures (or, without any,
            words) are nearest to the question's, the nearest last. "contrastive": the nearest, each with the one most
            like it that has another answer.
        pool: The examples to pick from.
        embedder: Gives the vectors for "nearest" and "contrastive".
        seed: Of what is drawn by chance.

    Sources: "nearest" is RICES (Yang et al. 2022; Alayrac et al. 2022).

    Raises:
        InputError: when there is no such way, the pool is empty, or an embedder is missing; when called, when k is
            more than the pool has.
    """
    if how not in PICKS:
        raise InputError(f"There is no way to pick {how!r}.", f"Use one of: {', '.join(PICKS)}.")
    if not pool:
        raise InputError("There are no examples to pick from.", "Give the task a split train.")
    if how in BY_LOOK and embedder is None:
        raise InputError(f"To pick the {how} an embedder is needed.", 'Try load("offline", role="embedder").')
    order = _balanced(pool, seed) if how == "balanced" else random.Random(seed).sample(range(len(pool)), len(pool))
    rows = _rows(embedder, [example.conversation for example in pool]) if how in BY_LOOK and embedder else None
    media = [_media(example.conversation) for example in pool]

    @lru_cache(maxsize=_KEPT)
    def row_of(question: Conversation) -> NDArray[np.float32]:
        assert embedder is not None
        row: NDArray[np.float32] = _rows(embedder, [question])[0]
        return row

    def pick(question: Conversation, k: int | None) -> tuple[Shot, ...]:
        own = _media(question)
        free = [i for i in order if not _share(media[i], own) and pool[i].conversation != question]
        k = len(free) if k is None else k
        if not 0 <= k <= len(free):
            raise InputError(f"{k} examples were asked for, and {len(free)} may be picked.", f"Try --shots {len(free)}")
        if k == 0:
            return ()
        if rows is None:
            return tuple(Shot(pool[i]) for i in free[:k])
        near = rows[free] @ row_of(question)
        ranked = [free[i] for i in np.argsort(-near, kind="stable")]
        if how == "nearest":
            return tuple(Shot(pool[i]) for i in reversed(ranked[:k]))
        return _pairs(pool, rows, ranked, k)

    return pick


def vote(shots: Sequence[Shot]) -> str:
    """Return the answer that most of the shots have; of several the one whose shot stands last: "" without shots."""
    counts = Counter(shot.example.answer for shot in shots)
    last = {shot.example.answer: place for place, shot in enumerate(shots)}
    return max(counts, key=lambda answer: (counts[answer], last[answer]), default="")


def _balanced(pool: Sequence[Example], seed: int) -> list[int]:
    """Order a pool so that each stretch holds every answer alike often; which comes first is drawn anew each round."""
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


def _pairs(pool: Sequence[Example], rows: NDArray[np.float32], ranked: list[int], k: int) -> tuple[Shot, ...]:
    left = list(ranked)
    shots: list[Shot] = []
    while len(shots) < k and left:
        first = left.pop(0)
        others = [i for i in left if pool[i].answer != pool[first].answer]
        if not others:
            shots.append(Shot(pool[first]))
            continue
        alike = max(others, key=lambda i: float(rows[i] @ rows[first]))
        shots.append(Shot(pool[first], pool[alike].answer))
        if len(shots) < k:
            shots.append(Shot(pool[alike], pool[first].answer))
            left.remove(alike)
    return tuple(reversed(shots))


def _rows(embedder: Embedder, chats: Sequence[Conversation]) -> NDArray[np.float32]:
    """Return a unit row a conversation: the mean of its pictures and films' frames; without any, its last words."""
    parts: list[Part] = []
    owners: list[int] = []
    for owner, chat in enumerate(chats):
        seen: list[Part] = []
        for part in chat.parts:
            if isinstance(part, Video):
                seen += [encode(frame.pixels) for frame in frames(part, _FRAMES, _FRAME_SIDE)]
            elif not isinstance(part, Text):
                seen.append(part)
        seen = seen or [Text(chat.messages[-1].text)]
        parts += seen
        owners += [owner] * len(seen)
    found = embedder.embed(parts)
    rows = np.zeros((len(chats), found.shape[1]), dtype=np.float32)
    np.add.at(rows, owners, found)
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit


def _media(chat: Conversation) -> dict[str, list[tuple[float, float]]]:
    """Return the contents of a conversation's files, each with the stretches of time that are shown of it."""
    found: dict[str, list[tuple[float, float]]] = {}
    for part in chat.parts:
        if not isinstance(part, Text):
            start, end = getattr(part, "start", None), getattr(part, "end", None)
            found.setdefault(part.blob.digest, []).append((start or 0.0, math.inf if end is None else end))
    return found


def _share(one: dict[str, list[tuple[float, float]]], other: dict[str, list[tuple[float, float]]]) -> bool:
    return any(
        start < last and first < end
        for digest in one.keys() & other.keys()
        for start, end in one[digest]
        for first, last in other[digest]
    )
