"""Learning names from examples, without a language model: a Model that answers as the examples before a question do."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Lock
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Delta, Embedder, Limits, Options
from sensorium.core.reply import Evidence
from sensorium.eyes.recognition import embedder as embed
from sensorium.eyes.recognition import recogniser

Method = Literal["prototypes", "nearest"]
METHODS: tuple[Method, ...] = ("prototypes", "nearest")
_NEAREST_SCALE = 10.0  # how fast an example's say falls with its distance; clothes, tune split
_SCALE, _HALF = 30.0, 1.5  # of the prototypes' confidence: the more examples, the surer; clothes, tune split
_WORDS_COUNT_UNTIL = 4  # examples an answer: with more, what the answers mean as words adds nothing; tune split
_LEAST = 1e-4
_LEAST_EACH = 2  # examples an answer from which on they tell how much alike examples of one answer are
_STRANGE = (
    0.2  # a cosine so far under that is strange; tune split: 64 to 98 of 100 other photos, under 2 of 100 clothes
)
_KEPT = 4096
_CHOICES = re.compile(r"[Aa]nswer with one of: (.+?)\.?\s*$", re.MULTILINE)


class ExampleClassifier:
    """Names a picture by the examples in its conversation: each a user's turn with pictures, then the right answer.

    "prototypes" takes the answer whose examples' mean is nearest to the picture (Snell et al. 2017), with a
    confidence, from two examples an answer on, as if one of the answers were right. "nearest" lets each example vote
    by its nearness, without a confidence. Where the question tells choices ("Answer with one of: hat, shoe."), what
    they mean as words counts too, the less the more examples there are, and alone without any; without examples and
    choices it can't tell.

    From two examples an answer on it gives no answer where the picture is unlike all of them. A thing of a like kind
    that is none of them it can't tell.

    Example:
        >>> model = ExampleClassifier("prototypes")
        >>> chat = Conversation.of(Image("tin.jpg")).then("assistant", "peppermint")
        >>> model.stream(chat.then("user", Image("other.jpg"), "Which is it?"), Options())  # doctest: +ELLIPSIS
        <generator object ...>
    """

    def __init__(self, way: Method = "prototypes", embedder: Embedder | None = None) -> None:
        self.name = f"offline:{way}"
        self.limits = Limits(parts=("text", "image"), schema="none")
        self._way = way
        self._embedder = embedder or embed.OfflineEmbedder()
        self._meant: OrderedDict[tuple[str, ...], dict[str, float]] = OrderedDict()
        self._lock = Lock()

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Return the answer in one piece."""
        shown, pictures = _examples(chat), _images(chat)
        if not pictures:
            yield _cannot("There is no picture in the question.")
        elif shown:
            yield self._by_examples(shown, pictures, _choices(chat))
        elif names := _choices(chat):
            best, chance = max(self._meanings(pictures[-1], names).items(), key=lambda named: named[1])
            yield Delta(best, evidence=(Evidence("recognise", f"likest to {best}", score=chance),))
        else:
            yield _cannot("There is no example before the question, and it tells no choices.")

    def _by_examples(
        self, shown: Sequence[tuple[list[Image], str]], pictures: Sequence[Image], names: Sequence[str]
    ) -> Delta:
        rows, query = self._rows([images for images, _ in shown]), self._rows([pictures])[0]
        near: NDArray[np.float32] = rows @ query
        answers = list(dict.fromkeys(answer for _, answer in shown))
        own = [[i for i, (_, answer) in enumerate(shown) if answer == each] for each in answers]
        each = len(shown) / len(answers)
        if self._way == "nearest":
            scores = np.log([np.exp(_NEAREST_SCALE * near[rows_of]).sum() for rows_of in own])
        else:
            scores = _SCALE * each / (each + _HALF) * np.array([_unit(rows[i].mean(axis=0)) @ query for i in own])
        if each <= _WORDS_COUNT_UNTIL and {*answers} <= {*names}:
            chances = self._meanings(pictures[-1], names)
            scores = scores + np.log([chances[answer] + _LEAST for answer in answers]) / each**2
        best = int(np.argmax(scores))
        likest = max(own[best], key=lambda i: float(near[i]))
        if each >= _LEAST_EACH and _strange(rows, own, query):
            seen = Evidence("example", f"most like example {likest + 1}, but not much", score=float(near[likest]))
            return replace(_cannot("The picture is unlike all of the examples."), evidence=(seen,))
        confidence = None
        if self._way == "prototypes" and len(answers) > 1 and each >= _LEAST_EACH:
            powers = np.exp(scores - scores.max())
            confidence = float(powers.max() / powers.sum())
        seen = Evidence("example", f"most like example {likest + 1}: {answers[best]}", score=float(near[likest]))
        return Delta(answers[best], confidence=confidence, evidence=(seen,))

    def _meanings(self, image: Image, names: Sequence[str]) -> dict[str, float]:
        """Return what each name's words have to do with a picture, as a probability; kept, since many ask again."""
        key = (image.blob.digest, *names)
        with self._lock:
            if key not in self._meant:
                sights = recogniser.recognise(image, names, top=len(names))
                self._meant[key] = {sight.name: sight.probability for sight in sights}
            self._meant.move_to_end(key)
            while len(self._meant) > _KEPT:
                self._meant.popitem(last=False)
            return self._meant[key]

    def _rows(self, groups: Sequence[Sequence[Image]]) -> NDArray[np.float32]:
        found = self._embedder.embed([image for group in groups for image in group])
        ends = np.cumsum([len(group) for group in groups])[:-1]
        return np.stack([_unit(rows.mean(axis=0)) for rows in np.split(found, ends)])


def _examples(chat: Conversation) -> list[tuple[list[Image], str]]:
    """Return (pictures, answer) of each user's turn that an answer follows."""
    found = []
    for turn, reply in zip(chat.messages, chat.messages[1:], strict=False):
        images = [part for part in turn.parts if isinstance(part, Image)]
        if turn.role == "user" and reply.role == "assistant" and images and reply.text.strip():
            found.append((images, reply.text.strip()))
    return found


def _strange(rows: NDArray[np.float32], own: Sequence[Sequence[int]], query: NDArray[np.float32]) -> bool:
    """Whether a picture is much less like any answer's mean than examples are like the mean of their fellows."""
    likeness = [
        float(rows[i] @ _unit(rows[together].sum(axis=0) - rows[i]))
        for together in map(list, own)
        if len(together) > 1
        for i in together
    ]
    best = max(float(_unit(rows[list(together)].mean(axis=0)) @ query) for together in own)
    return best < float(np.mean(likeness)) - _STRANGE


def _images(chat: Conversation) -> list[Image]:
    return [part for part in chat.messages[-1].parts if isinstance(part, Image)]


def _choices(chat: Conversation) -> list[str]:
    """Return the choices that the question tells, or none."""
    found = _CHOICES.search(chat.messages[-1].text)
    return [name for each in re.split(r"[;,]", found.group(1)) if (name := " ".join(each.split()))] if found else []


def _cannot(why: str) -> Delta:
    return Delta(f"I can't tell. {why}", abstained=True)


def _unit(row: NDArray[np.float32]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = row / max(float(np.linalg.norm(row)), 1e-12)
    return scaled
