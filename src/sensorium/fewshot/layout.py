"""Layout: how demonstrations stand before a question: turn by turn, on one canvas, or in words alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Conversation, Message, Part, Text, kind
from sensorium.core.protocols import Limits
from sensorium.fewshot.collage import collage
from sensorium.fewshot.selection import Demonstration
from sensorium.tasks.prompt import to_conversation
from sensorium.tasks.task import Example

LAYOUTS = ("interleave", "collage", "text")
_NAMES = {"image": "picture", "video": "video", "audio": "recording"}


def place(
    demonstrations: Sequence[Demonstration], question: Example | Conversation, layout: str = "interleave"
) -> Conversation:
    """Return the question with demonstrations before it.

    Args:
        demonstrations: The examples to show, in order.
        question: The model is told the choices of an Example.
        layout: "interleave": each example is a turn of the user and its answer a turn of the assistant, as many models
            were trained on. "collage": one canvas holds the examples' pictures with their answers and below them the
            question's, for models that take one picture. "text": interleaved, but words stand for the examples'
            media: their captions, or without captions their answers; it shows what the examples' words alone do.

    Raises:
        InputError: when the layout is unknown, or a video or audio would have to go on a canvas.
    """
    if layout not in LAYOUTS:
        raise InputError(f"Unknown layout {quoted(layout)}.", f"Use one of: {', '.join(LAYOUTS)}.")
    chat = question if isinstance(question, Conversation) else to_conversation(question)
    if not demonstrations:
        return chat
    if layout == "collage":
        turns = [replace(shown.example, conversation=_turn(shown)) for shown in demonstrations]
        return collage([(example, example.answer) for example in turns], chat)
    if layout == "text":
        demonstrations = [replace(shown, example=_in_words(shown.example, True)) for shown in demonstrations]
    system = tuple(message for message in chat.messages if message.role == "system")
    rest = tuple(message for message in chat.messages if message.role != "system")
    before = [
        message
        for shown in demonstrations
        for message in (*_turn(shown).messages, Message("assistant", shown.example.answer))
    ]
    return Conversation((*system, *before, *rest))


def without_media(demonstrations: Sequence[Demonstration]) -> tuple[Demonstration, ...]:
    """Return demonstrations without their pictures, audio and videos: the control that shows what these contribute."""
    return tuple(replace(shown, example=_in_words(shown.example, False)) for shown in demonstrations)


def default_layout(limits: Limits) -> tuple[str, str]:
    """Return the layout that fits a model, and why if it is not "interleave"."""
    if "image" not in limits.parts:
        return "text", "It takes no pictures: words stand for those of the examples."
    if limits.max_images == 1:
        return "collage", "It takes one picture: the examples are put on one canvas with the question's."
    if limits.advised_images == 1:
        return "collage", (
            "Its makers advise one picture: the examples are put on one canvas with the question's; "
            "`place='interleave'` overrides it."
        )
    return "interleave", ""


def _turn(demonstration: Demonstration) -> Conversation:
    """Return an example's turns without its system message, its contrast at the end of its question."""
    chat = to_conversation(demonstration.example)
    messages = [message for message in chat.messages if message.role != "system"]
    if demonstration.contrast:
        note = Text(f"It may look like this answer, but is not: {demonstration.contrast}.")
        messages[-1] = Message(messages[-1].role, (*messages[-1].parts, note))
    return Conversation(tuple(messages))


def _in_words(example: Example, captions: bool) -> Example:
    """Return an example with its media replaced by words, or left out if `captions` is False."""
    left = iter(example.captions)

    def words(part: Part) -> Part | None:
        if isinstance(part, Text):
            return part
        return Text(f"[A {_NAMES[kind(part)]}: {next(left, example.answer)}]") if captions else None

    turns = []
    for message in example.conversation.messages:
        parts = [new for part in message.parts if (new := words(part)) is not None]
        turns.append(Message(message.role, parts or [Text("[Left out]")]))
    return replace(example, conversation=Conversation(tuple(turns)))
