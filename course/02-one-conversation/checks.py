"""The checks of "One conversation"."""

from __future__ import annotations

from sensorium import Conversation, Image, Text


def order(chat: Conversation, before: Image, after: Image) -> str | None:
    """Each picture follows the words that name it, and the question comes last, when the model has seen both."""
    if not isinstance(chat, Conversation):
        return f"`chat` is a Conversation, made by Conversation.of(…), not {type(chat).__name__}."
    parts = list(chat.parts)
    pictures = [part for part in parts if isinstance(part, Image)]
    if sorted(map(id, pictures)) != sorted((id(before), id(after))):
        return f"Use the pictures `before` and `after`, each once; there are {len(pictures)} pictures."
    if not isinstance(parts[-1], Text):
        return "The question comes last: the model reads from left to right."
    for name, picture in (("Before", before), ("After", after)):
        place = next(number for number, part in enumerate(parts) if part is picture)
        words = parts[place - 1] if place else None
        if not isinstance(words, Text) or name.lower() not in words.text.lower():
            return f'Put "{name}:" right before its picture, so that the model knows which is which.'
    return None


def frames(film: Conversation) -> str | None:
    """Three frames with their times, in order: what a model without a video input can be asked about a film."""
    if not isinstance(film, Conversation):
        return f"`film` is a Conversation, not {type(film).__name__}."
    parts = list(film.parts)
    times = [part.at for part in parts if isinstance(part, Image)]
    if len(times) != 3:
        return f"Three frames are wanted, at 0, 2 and 4 seconds; there are {len(times)}."
    if None in times:
        return "A frame without a time is just a picture: Image(…, at=2)."
    if times != sorted(times):
        return f"The frames come at {', '.join(f'{at:g}' for at in times if at is not None)} s: time runs backwards."
    if times != [0, 2, 4]:
        return "The times are 0, 2 and 4 seconds."
    return None if isinstance(parts[-1], Text) else "Ask your question after the frames."


def tokens(tokens: float) -> str | None:
    """300 seconds at 109 tokens: 32,700. At 0.75 dollars a million (Gemini 3.8 Flash, November 2026): 2.5 cents."""
    known = {6540: "That is one minute. Five are wanted.", 21000: "The sound and the time stamps count, too.",
             545: "Those are five seconds; a minute has sixty."}  # fmt: skip
    if not isinstance(tokens, int | float):
        return "Give a number."
    return None if tokens == 32700 else known.get(int(tokens), "A second has one frame, its time stamp, and sound.")
