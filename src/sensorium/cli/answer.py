"""Conversations -> replies of the chosen model, each picture opened once before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from sensorium.ask import ask
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Model, Options
from sensorium.core.reply import Reply
from sensorium.media.image import MAX_SIDE, decode
from sensorium.registry import load

DESCRIBE = "Describe this picture."


def notes(images: Sequence[Image], longest: int = MAX_SIDE) -> list[str]:
    """Open every picture, so that a broken one is said before a model is asked; give what a person should know.

    Raises:
        MediaError: when a picture can't be opened.
    """
    found = []
    for number, image in enumerate(images, 1):
        name = f"Picture {number}" if len(images) > 1 else "The picture"
        found += [f"{name} {text}." for text in decode(image, longest).surprises]
    return found


def asking(
    model_name: str | None,
    options: Options | None = None,
    prepare: Callable[[Model, Conversation], Conversation] = lambda model, chat: chat,
) -> Callable[[Conversation], Reply]:
    """Return a function that asks the model what `prepare` makes of a question; it is loaded when first called."""
    model = cache(lambda: load(model_name))
    return lambda chat: ask(model(), prepare(model(), chat), options)


def pictures(chat: Conversation) -> list[Image]:
    """Return the pictures of a conversation, in order."""
    return [part for part in chat.parts if isinstance(part, Image)]
