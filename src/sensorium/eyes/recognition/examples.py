"""Naming by examples, without a language model: a Model that answers as the examples before the question do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Lock
from typing import Literal

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Delta, Embedder, Limits, Options
from sensorium.core.reply import Evidence
from sensorium.eyes.recognition.embedder import OfflineEmbedder
from sensorium.eyes.recognition.recogniser import recognise

Method = Literal["prototypes", "nearest"]
METHODS: tuple[Method, ...] = ("prototypes", "nearest")
_NEAREST_SCALE = 10.0  # how fast an example's vote falls with its distance; clothes, tune split
_SCALE, _HALF = 30.0, 1.5  # of the prototypes' confidence: the more examples, the surer; clothes, tune split
_MAX_EXAMPLES_FOR_WORDS = 4  # examples an answer: with more, what the answers mean as words adds nothing; tune split
_MIN_PROBABILITY = 1e-4
_MIN_EXAMPLES = 2  # an answer: from here on they tell how alike examples of one answer are
_OUTLIER_MARGIN = 0.2  # of cosine; tune split: 64 to 98 of 100 other photos are outliers, under 2 of 100 clothes
_MAX_CACHED = 4096
_CHOICES = re.compile(r"[Aa]nswer with one of: (.+?)\.?\s*$", re.MULTILINE)


class ExampleClassifier:
    """Names an image by the examples in its conversation: each a user's turn with images, then the right answer.

    "prototypes" takes the answer whose examples' mean is nearest to the image (Snell et al. 2017), with a confidence,
    from two examples an answer on, as if one of the answers were right. "nearest" lets each example vote by its
    nearness, without a confidence. If the question names choices ("Answer with one of: hat, shoe."), what they mean as
    words counts too, the less the more examples there are, and alone without any; without examples and choices it
    can't tell.

    From two examples an answer on it gives no answer to an image that is unlike all of them. It can't tell a thing of
    a similar kind that isn't among them.

    Example:
        >>> model = ExampleClassifier("prototypes")
        >>> chat = Conversation.of(Image("tin.jpg")).then("assistant", "peppermint")
        >>> model.stream(chat.then("user", Image("other.jpg"), "Which is it?"), Options())  # doctest: +ELLIPSIS
        <generator object ...>
    """

    def __init__(self, method: Method = "prototypes", embedder: Embedder | None = None) -> None:
        self.name = f"offline:{method}"
        self.limits = Limits(parts=("text", "image"), schema="none", may_think=False)
        self._method = method
        self._embedder = embedder or OfflineEmbedder()
        self._word_probabilities: LRUCache[tuple[str, ...], dict[str, float]] = LRUCache(_MAX_CACHED)
        self._lock = Lock()

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Return the answer in one piece."""
        examples, images, choices = _examples(chat), _images(chat), _choices(chat)
        if not images:
            yield _cannot_tell("The question has no picture.")
        elif examples:
            yield self._classify(examples, images, choices)
        elif choices:
            best, probability = max(self._by_words(images[-1], choices).items(), key=lambda named: named[1])
            yield Delta(best, evidence=(Evidence("recognise", f"most like {best}", score=probability),))
        else:
            yield _cannot_tell("The question has no examples before it and names no choices.")

    def _classify(
        self, examples: Sequence[tuple[list[Image], str]], images: Sequence[Image], choices: Sequence[str]
    ) -> Delta:
        rows, query = self._rows([images for images, _ in examples]), self._rows([images])[0]
        similarity: NDArray[np.float32] = rows @ query
        answers = list(dict.fromkeys(answer for _, answer in examples))
        groups = [[i for i, (_, answer) in enumerate(examples) if answer == name] for name in answers]
        per_answer = len(examples) / len(answers)
        if self._method == "nearest":
            scores = np.log([np.exp(_NEAREST_SCALE * similarity[group]).sum() for group in groups])
        else:
            cosines = np.array([_unit(rows[group].mean(axis=0)) @ query for group in groups])
            scores = _SCALE * per_answer / (per_answer + _HALF) * cosines
        if per_answer <= _MAX_EXAMPLES_FOR_WORDS and {*answers} <= {*choices}:
            by_words = self._by_words(images[-1], choices)
            scores = scores + np.log([by_words[answer] + _MIN_PROBABILITY for answer in answers]) / per_answer**2
        best = int(np.argmax(scores))
        nearest = max(groups[best], key=lambda i: float(similarity[i]))
        score = float(similarity[nearest])
        if per_answer >= _MIN_EXAMPLES and _is_outlier(rows, groups, query):
            evidence = Evidence("example", f"most like example {nearest + 1}, but not much", score=score)
            return replace(_cannot_tell("The picture is unlike all of the examples."), evidence=(evidence,))
        confidence = None
        if self._method == "prototypes" and len(answers) > 1 and per_answer >= _MIN_EXAMPLES:
            powers = np.exp(scores - scores.max())
            confidence = float(powers.max() / powers.sum())
        evidence = Evidence("example", f"most like example {nearest + 1}: {answers[best]}", score=score)
        return Delta(answers[best], confidence=confidence, evidence=(evidence,))

    def _by_words(self, image: Image, names: Sequence[str]) -> dict[str, float]:
        """Return each name's probability by what its words mean; cached, since many questions share it."""
        key = (image.blob.digest, *names)
        with self._lock:
            if key not in self._word_probabilities:
                recognitions = recognise(image, names, top=len(names))
                self._word_probabilities[key] = {item.name: item.probability for item in recognitions}
            return self._word_probabilities[key]

    def _rows(self, groups: Sequence[Sequence[Image]]) -> NDArray[np.float32]:
        embedded = self._embedder.embed([image for group in groups for image in group])
        ends = np.cumsum([len(group) for group in groups])[:-1]
        return np.stack([_unit(rows.mean(axis=0)) for rows in np.split(embedded, ends)])


def _examples(chat: Conversation) -> list[tuple[list[Image], str]]:
    """Return (images, answer) of each user's turn that an answer follows."""
    examples = []
    for turn, reply in zip(chat.messages, chat.messages[1:], strict=False):
        images = [part for part in turn.parts if isinstance(part, Image)]
        if turn.role == "user" and reply.role == "assistant" and images and reply.text.strip():
            examples.append((images, reply.text.strip()))
    return examples


def _is_outlier(rows: NDArray[np.float32], groups: Sequence[Sequence[int]], query: NDArray[np.float32]) -> bool:
    """Whether an image is much less like any answer's mean than examples are like the mean of the others."""
    within = [
        float(rows[i] @ _unit(rows[group].sum(axis=0) - rows[i]))
        for group in map(list, groups)
        if len(group) > 1
        for i in group
    ]
    best = max(float(_unit(rows[list(group)].mean(axis=0)) @ query) for group in groups)
    return best < float(np.mean(within)) - _OUTLIER_MARGIN


def _images(chat: Conversation) -> list[Image]:
    return [part for part in chat.messages[-1].parts if isinstance(part, Image)]


def _choices(chat: Conversation) -> list[str]:
    """Return the choices that the question names."""
    match = _CHOICES.search(chat.messages[-1].text)
    names = [" ".join(choice.split()) for choice in re.split(r"[;,]", match.group(1))] if match else []
    return [name for name in names if name]


def _cannot_tell(reason: str) -> Delta:
    return Delta(f"I can't tell. {reason}", abstained=True)


def _unit(row: NDArray[np.float32]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = row / max(float(np.linalg.norm(row)), 1e-12)
    return scaled
