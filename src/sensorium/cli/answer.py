"""Conversations -> replies of the chosen model, each picture opened once before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sensorium.ask import ask
from sensorium.cli import work
from sensorium.core.messages import Conversation, Image
from sensorium.core.reply import Reply
from sensorium.registry import load

DESCRIBE = "Describe this picture."


def describing(image: Image) -> Conversation:
    """Make the conversation that asks for a description."""
    return Conversation.of(image, DESCRIBE)


def check(chat: Conversation) -> list[str]:
    """Open every picture, so that a broken one is said before a model is asked; give what a person should know.

    Raises:
        MediaError: when a picture can't be opened.
    """
    from sensorium.media.image import decode

    images = [part for part in chat.parts if isinstance(part, Image)]
    notes = []
    for number, image in enumerate(images, 1):
        name = f"Picture {number}" if len(images) > 1 else "The picture"
        notes += [f"{name} {note}." for note in decode(image).notes if note.startswith(("shows", "laid"))]
    return notes


def each(
    chats: Sequence[Conversation], model_name: str | None, doing: str, quiet: bool
) -> Iterator[tuple[Conversation, Reply]]:
    """Load the model once and give each conversation with its reply; see `work.each`."""
    model = load(model_name)
    return work.each(chats, lambda chat: ask(model, chat), doing, quiet)
