"""Learning names from examples, without a language model: a Model that answers as the examples before a question do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sensorium.core.messages import Conversation, Image
from sensorium.core.reply import Evidence
from sensorium.core.roles import Delta, Embedder, Limits, Options
from sensorium.eyes import embed, recognise

Way = Literal["prototypes", "nearest"]
WAYS: tuple[Way, ...] = ("prototypes", "nearest")
_NEAREST_SCALE = 10.0  # how fast an example's say falls with its distance; clothes, tune split
_SCALE, _HALF = 30.0, 1.5  # of the prototypes' confidence: the more examples, the surer; clothes, tune split
_CHOICES = re.compile(r"[Aa]nswer with one of: (.+?)\.?\s*$", re.MULTILINE)


class Examples:
    """Names a picture by the examples in its conversation: each a user's turn with pictures, then the right answer.

    "prototypes" takes the answer whose examples' mean is nearest to the picture (Snell et al. 2017), with a
    confidence as if one of the answers were right: it can't tell that a picture shows none of them. "nearest" lets
    each example vote by its nearness, without a confidence. Without examples the choices are taken that the question
    tells ("Answer with one of: hat, shoe."), by their meaning; without these it can't tell.

    Example:
        >>> model = Examples("prototypes")
        >>> chat = Conversation.of(Image("my-pills.jpg")).then("assistant", "my heart pills")
        >>> model.stream(chat.then("user", Image("box.jpg"), "Which is it?"), Options())  # doctest: +ELLIPSIS
        <generator object ...>
    """

    def __init__(self, way: Way = "prototypes", embedder: Embedder | None = None) -> None:
        self.name = f"offline:{way}"
        self.limits = Limits(parts=("text", "image"), schema="none")
        self._way = way
        self._embedder = embedder or embed.Offline()

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Give the answer in one piece."""
        shown, pictures = _examples(chat), _images(chat)
        if not pictures:
            yield _cannot("There is no picture in the question.")
        elif shown:
            yield self._by_examples(shown, pictures)
        elif found := _CHOICES.search(chat.messages[-1].text):
            yield _by_meaning(pictures[-1], re.split(r"\s*;\s*|\s*,\s*", found.group(1)))
        else:
            yield _cannot("There is no example before the question, and it tells no choices.")

    def _by_examples(self, shown: Sequence[tuple[list[Image], str]], pictures: Sequence[Image]) -> Delta:
        rows = self._rows([images for images, _ in shown])
        near: NDArray[np.float32] = rows @ self._rows([pictures])[0]
        answers = list(dict.fromkeys(answer for _, answer in shown))
        own = [[i for i, (_, answer) in enumerate(shown) if answer == each] for each in answers]
        confidence = None
        if self._way == "nearest":
            scores = [float(np.exp(_NEAREST_SCALE * near[each]).sum()) for each in own]
        else:
            means = [_unit(rows[each].mean(axis=0)) for each in own]
            query = self._rows([pictures])[0]
            scores = [float(mean @ query) for mean in means]
            each = len(shown) / len(answers)
            powers = np.exp(_SCALE * each / (each + _HALF) * (np.array(scores) - max(scores)))
            confidence = float(powers.max() / powers.sum()) if len(answers) > 1 else None
        best = int(np.argmax(scores))
        likest = max(own[best], key=lambda i: float(near[i]))
        seen = Evidence("example", f"most like example {likest + 1}: {answers[best]}", score=float(near[likest]))
        return Delta(answers[best], confidence=confidence, evidence=(seen,))

    def _rows(self, groups: Sequence[Sequence[Image]]) -> NDArray[np.float32]:
        found = self._embedder.embed([image for group in groups for image in group])
        ends = np.cumsum([len(group) for group in groups])[:-1]
        return np.stack([_unit(rows.mean(axis=0)) for rows in np.split(found, ends)])


def _examples(chat: Conversation) -> list[tuple[list[Image], str]]:
    """Give (pictures, answer) of each user's turn that an answer follows."""
    found = []
    for turn, reply in zip(chat.messages, chat.messages[1:], strict=False):
        images = [part for part in turn.parts if isinstance(part, Image)]
        if turn.role == "user" and reply.role == "assistant" and images and reply.text.strip():
            found.append((images, reply.text.strip()))
    return found


def _images(chat: Conversation) -> list[Image]:
    return [part for part in chat.messages[-1].parts if isinstance(part, Image)]


def _by_meaning(image: Image, names: Sequence[str]) -> Delta:
    sight = recognise.recognise(image, [name for name in names if name.strip()], top=1)[0]
    return Delta(sight.name, evidence=(Evidence("recognise", f"likest to {sight.name}", score=sight.probability),))


def _cannot(why: str) -> Delta:
    return Delta(f"I can't tell. {why}", abstained=True)


def _unit(row: NDArray[np.float32]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = row / max(float(np.linalg.norm(row)), 1e-12)
    return scaled
