"""Models that take one question about one image: how they read a conversation, and what they decline."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sensorium.checkpoint import generate
from sensorium.checkpoint.load import Checkpoint
from sensorium.core.errors import LimitError, quoted
from sensorium.core.messages import Conversation, Image, Video
from sensorium.core.protocols import Delta, Options

_OTHER = "Choose another model: sensorium models lists what each takes."
_NOUN = r"(?:this|the|that|these|my)?\s*(?:picture|image|photo|photograph|video|film|clip|frame|scene)s?"
_DESCRIBES = re.compile(
    rf"""(?:please\s+|can\ you\s+|could\ you\s+)*(?:
        (?:describe|caption|summari[sz]e)\b.* |
        (?:give|write|make)\b.*\b(?:caption|description)\b.* |
        tell\ (?:me\ )?(?:about|what\ is\ (?:in|on))\b.* |
        what(?:'s|\ is|\ is\ shown|\ can\ be\ seen|\ do\ you\ see|\ happens|\ is\ happening)?\ (?:in|on)\ {_NOUN} |
        what\ does\ {_NOUN}\ show | what\ do\ you\ see | what\ happens | what\ is\ happening | what\ is\ this
    )[.?!\s]*""",
    re.I | re.X | re.S,
)


@dataclass(frozen=True)
class SingleQuestion:
    """One question about one image, several frames or a video; `text` may be empty."""

    media: tuple[Image | Video, ...]
    text: str


def single_question(name: str, chat: Conversation, needs_text: bool = False) -> SingleQuestion:
    """Return the question of a conversation of one user message.

    Raises:
        LimitError: when other messages come before it, nothing is shown, or the text is needed and missing.
    """
    if len(chat.messages) != 1:
        raise LimitError(
            f"The model {quoted(name)} takes one question, without earlier turns, examples or a system message.", _OTHER
        )
    (message,) = chat.messages
    media = tuple(part for part in message.parts if isinstance(part, Image | Video))
    if not media:
        raise LimitError(f"The model {quoted(name)} needs a picture, and the conversation has none.", "Add one.")
    text = message.text.strip()
    if needs_text and not text:
        raise LimitError(f"The model {quoted(name)} needs a question.", 'Ask, e.g. "What colour is the car?"')
    return SingleQuestion(media, text)


def describes(text: str) -> bool:
    """Whether a text asks only for a description ("Describe this picture.", "What is in the photo?", "")."""
    return not text or _DESCRIBES.fullmatch(text) is not None


def stream_single(
    checkpoint: Checkpoint,
    name: str,
    chat: Conversation,
    options: Options,
    to_inputs: Callable[[SingleQuestion], dict[str, Any]],
    lock: Lock,
    answering_model: str = "",
) -> Iterator[Delta]:
    """Yield the caption of a captioner, or the answer to the question.

    Args:
        checkpoint: The checkpoint.
        name: The model's name.
        chat: The conversation.
        options: As for `ask`.
        to_inputs: Turns the question into the inputs of the model's `generate`.
        lock: Held while the model runs.
        answering_model: For a captioner, a model that answers questions, to be named in the hint; else "".

    Raises:
        LimitError: as `single_question`, or when a captioner is asked a real question: it would answer another one.
    """
    question = single_question(name, chat, needs_text=not answering_model)
    if answering_model and not describes(question.text):
        raise LimitError(
            f"The model {quoted(name)} describes pictures and can't answer questions such as {question.text[:60]!r}.",
            f"Ask it to describe the picture, or use a model that answers: {answering_model}",
        )

    def work(emit: Callable[[Delta], None], cancelled: Callable[[], bool]) -> None:
        with lock:
            if not cancelled():
                generate.generate_stream(checkpoint, to_inputs(question), options, emit, cancelled)

    return generate.stream_from_thread(work, name, options.timeout_seconds)
