"""The offline model: answers questions about pictures by looking, with no network, key or language model."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from threading import Lock

from sensorium.core.catalog import entries
from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.eyes.answers import Look, answer
from sensorium.eyes.photo import background
from sensorium.eyes.recognition import recogniser
from sensorium.eyes.recognition.embedder import embedder
from sensorium.eyes.recognition.examples import METHODS, ExampleClassifier

__all__ = ["Offline", "embedder", "hint", "model"]

NAME = "offline"
_KEPT = 4  # pictures whose looks are kept for the next question


class Offline:
    """Sees by reading, recognising, measuring and counting; says that it can't tell where that is not enough.

    The last message is the question; where it has no picture, the latest pictures before it are meant. English only.
    """

    name = NAME

    def __init__(self) -> None:
        self.limits = Limits(parts=("text", "image"), languages=("en",), schema="none")
        self._looks: OrderedDict[str, Look] = OrderedDict()
        self._lock = Lock()

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Return one piece for each thing that is asked, with its evidence; confidences multiply."""
        question = chat.messages[-1].text
        confidence, answered, limit, first = 1.0, False, False, True
        for said in answer(self._at(_pictures(chat)), question):
            text = said.text if first else f"\n{said.text}"
            first = False
            answered |= not said.abstained
            confidence *= 1.0 if said.confidence is None else said.confidence
            limit |= said.limit
            yield Delta(text, evidence=said.evidence)
        if limit:
            yield Delta(f"\n{hint()}")
        yield Delta(confidence=confidence if answered else None, abstained=not answered)

    def forget(self) -> None:
        """Throw away what is kept of the last pictures for a next question."""
        with self._lock:
            self._looks.clear()
        recogniser.clear_cache()
        background.cutout.cache_clear()

    def _at(self, images: Sequence[Image]) -> list[Look]:
        """Return a look at each picture, those of the last questions again."""
        found = []
        with self._lock:
            for number, image in enumerate(images):
                key = f"{number} {image.blob.digest}"
                look = self._looks.pop(key, None) or Look(image, number)
                self._looks[key] = look
                found.append(look)
            while len(self._looks) > max(_KEPT, len(images)):
                self._looks.popitem(last=False)
        return found


def _pictures(chat: Conversation) -> list[Image]:
    """Return the pictures that the question is about, in order."""
    for message in reversed(chat.messages):
        found = [part for part in message.parts if isinstance(part, Image)]
        if found:
            return found
    return []


def hint() -> str:
    """Say what to type to get a model that can see more."""
    others = [name for name, entry in entries().items() if name != NAME and "image" in entry.parts]
    if not others:
        return "A larger model may tell; to see which there are, type: sensorium models"
    return f"A larger model may tell; to change to one, type: sensorium use {others[0]}"


def model(name: str) -> Offline | ExampleClassifier:
    """Make the offline model; "prototypes" and "nearest" name those that answer by the examples before a question."""
    if name in METHODS:
        return ExampleClassifier(name)
    if name:
        raise InputError(
            f"There is no offline model {name!r}.", f"Use offline, {' or '.join(f'offline:{way}' for way in METHODS)}."
        )
    return Offline()
