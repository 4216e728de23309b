"""The offline model: answers questions about pictures by its eyes, with no network, key or language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Lock

from cachetools import LRUCache

from sensorium.core.blob import forget_media
from sensorium.core.catalog import entries
from sensorium.core.errors import InputError, LimitError, quoted
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.eyes.answers import ImageView, answer
from sensorium.eyes.recognition.embedder import embedder
from sensorium.eyes.recognition.examples import METHODS, ExampleClassifier

__all__ = ["Offline", "embedder", "model"]

NAME = "offline"
MAX_CHARACTERS = 10_000
"""The longest question."""
_MAX_VIEWS = 4  # pictures whose views are kept for the next question


class Offline:
    """Answers by reading, recognising, measuring and counting; says that it can't tell if that is not enough.

    The last message is the question; if it has no picture, the latest pictures before it are meant. English only.
    """

    name = NAME

    def __init__(self) -> None:
        self.limits = Limits(parts=("text", "image"), languages=("en",), schema="none", may_think=False)
        self._views: LRUCache[str, ImageView] = LRUCache(_MAX_VIEWS)
        self._lock = Lock()

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Return one piece for each thing that is asked, with its evidence; confidences multiply.

        Raises:
            LimitError: when the question is longer than `MAX_CHARACTERS`.
        """
        question = chat.messages[-1].text
        if len(question) > MAX_CHARACTERS:
            raise LimitError(
                f"The question has {len(question):,} characters; the most that {NAME} takes is {MAX_CHARACTERS:,}.",
                "Ask about a picture in a sentence or two.",
            )
        confidence, answered, suggest, separator = 1.0, False, False, ""
        for one in answer(self._views_of(_images(chat)), question):
            yield Delta(f"{separator}{one.text}", evidence=one.evidence)
            separator = "\n"
            answered |= not one.abstained
            confidence *= 1.0 if one.confidence is None else one.confidence
            suggest |= one.suggest_model
        yield Delta(
            confidence=confidence if answered else None,
            abstained=not answered,
            suggestion=_suggestion() if suggest else None,
        )

    def forget(self) -> None:
        """Drop what is kept of the last pictures for a next question."""
        with self._lock:
            self._views = LRUCache(_MAX_VIEWS)
        forget_media()

    def _views_of(self, images: Sequence[Image]) -> list[ImageView]:
        """Return a view of each image, those of the last questions again."""
        with self._lock:
            keys = [f"{number} {image.blob.digest}" for number, image in enumerate(images)]
            views = [
                self._views.get(key) or ImageView(image, number)
                for number, (key, image) in enumerate(zip(keys, images, strict=True))
            ]
            if len(views) > self._views.maxsize:
                self._views = LRUCache(len(views))
            self._views.update(zip(keys, views, strict=True))
        return views


def _images(chat: Conversation) -> list[Image]:
    """Return the images that the question is about, in order."""
    images = ([part for part in message.parts if isinstance(part, Image)] for message in reversed(chat.messages))
    return next((found for found in images if found), [])


def _suggestion() -> str:
    """Return what to type to get a model that can see more."""
    others = [name for name, entry in entries().items() if name != NAME and "image" in entry.parts]
    if not others:
        return "A larger model may tell; to see which there are, type: sensorium models"
    return f"A larger model may tell; to change to one, type: sensorium use {others[0]}"


def model(name: str) -> Offline | ExampleClassifier:
    """Return the offline model; for "prototypes" and "nearest" one that answers by the examples before a question."""
    if name in METHODS:
        return ExampleClassifier(name)
    if name:
        raise InputError(
            f"Unknown offline model {quoted(name)}.",
            f"Use offline, {' or '.join(f'offline:{way}' for way in METHODS)}.",
        )
    return Offline()
