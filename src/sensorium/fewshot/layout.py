"""How examples stand before a question: turn by turn, on one canvas, or in words alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation, Message, Part, Text, kind
from sensorium.core.protocols import Limits
from sensorium.fewshot.collage import collage
from sensorium.fewshot.selection import Shot
from sensorium.tasks.prompt import to_conversation
from sensorium.tasks.task import Example

PLACES = ("interleave", "collage", "text")
_NAMES = {"image": "picture", "video": "film", "audio": "sound"}


def place(shots: Sequence[Shot], question: Example | Conversation, how: str = "interleave") -> Conversation:
    """Return the question with examples before it.

    Args:
        shots: The examples, in order.
        question: What is asked. The choices of an Example are told to the model.
        how: "interleave": each example is a turn of the user and its answer a turn of the assistant, so that many
            models see what they were trained on. "collage": one canvas holds the examples' pictures with their
            answers and below them the question's, for models that take one picture. "text": interleaved, but words
            stand for the examples' pictures, sounds and films: their captions, or without captions their answers;
            only the question keeps its own. It shows what the examples' words alone do.

    Raises:
        InputError: when there is no such way, or a film or sound would have to go on a canvas.
    """
    if how not in PLACES:
        raise InputError(f"There is no way to place {how!r}.", f"Use one of: {', '.join(PLACES)}.")
    chat = question if isinstance(question, Conversation) else to_conversation(question)
    if not shots:
        return chat
    if how == "collage":
        return collage([(replace(s.example, conversation=_turn(s)), s.example.answer) for s in shots], chat)
    if how == "text":
        shots = [replace(shot, example=_in_words(shot.example, True)) for shot in shots]
    system = tuple(message for message in chat.messages if message.role == "system")
    rest = tuple(message for message in chat.messages if message.role != "system")
    examples = [
        message for shot in shots for message in (*_turn(shot).messages, Message("assistant", shot.example.answer))
    ]
    return Conversation((*system, *examples, *rest))


def without_media(shots: Sequence[Shot]) -> tuple[Shot, ...]:
    """Return the shots without their pictures, sounds and films: the control that shows what these do."""
    return tuple(replace(shot, example=_in_words(shot.example, False)) for shot in shots)


def default_place(limits: Limits) -> tuple[str, str]:
    """Name the way that fits a model, and say why where it is not turn by turn.

    Models that take, or are advised to be given, one picture get a canvas: Llama 3.2 Vision is one of the latter.
    """
    if "image" not in limits.parts:
        return "text", "It takes no pictures: words stand for those of the examples."
    if limits.max_images == 1:
        return "collage", "It takes one picture: the examples are put on one canvas with the question's."
    if limits.advised_images == 1:
        return "collage", (
            "It is advised to be given one picture: the examples are put on one canvas with the question's; "
            "--place interleave overrides it."
        )
    return "interleave", ""


def _turn(shot: Shot) -> Conversation:
    """Return an example's turns without its system message, with what it is not at the end of its question."""
    messages = [message for message in to_conversation(shot.example).messages if message.role != "system"]
    if shot.unlike:
        note = Text(f"It may look like this answer, but is not: {shot.unlike}.")
        messages[-1] = Message(messages[-1].role, (*messages[-1].parts, note))
    return Conversation(tuple(messages))


def _in_words(example: Example, captions: bool) -> Example:
    """Return an example whose media are replaced by words, or with `captions` False left out."""
    told = iter(example.captions)

    def words(part: Part) -> Part | None:
        if isinstance(part, Text):
            return part
        if not captions:
            return None
        return Text(f"[A {_NAMES[kind(part)]}: {next(told, example.answer)}]")

    turns = []
    for message in example.conversation.messages:
        parts = [new for part in message.parts if (new := words(part)) is not None]
        turns.append(Message(message.role, parts or [Text("[Left out]")]))
    return replace(example, conversation=Conversation(tuple(turns)))
