"""Models of one picture and one question: what a conversation asks of them, and what they can't be asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sensorium.core.errors import LimitError
from sensorium.core.messages import Conversation, Image, Video

_OTHER = "Choose another model: sensorium models lists what each takes."
_PICTURE = r"(?:this|the|that|these|my)?\s*(?:picture|image|photo|photograph|video|film|clip|frame|scene)s?"
_DESCRIBES = re.compile(
    rf"""(?:please\s+|can\ you\s+|could\ you\s+)*(?:
        (?:describe|caption|summari[sz]e)\b.* |
        (?:give|write|make)\b.*\b(?:caption|description)\b.* |
        tell\ (?:me\ )?(?:about|what\ is\ (?:in|on))\b.* |
        what(?:'s|\ is|\ is\ shown|\ can\ be\ seen|\ do\ you\ see|\ happens|\ is\ happening)?\ (?:in|on)\ {_PICTURE} |
        what\ does\ {_PICTURE}\ show | what\ do\ you\ see | what\ happens | what\ is\ happening | what\ is\ this
    )[.?!\s]*""",
    re.I | re.X | re.S,
)


@dataclass(frozen=True)
class Asked:
    """One question about one picture, several frames or a film; `text` may be empty."""

    seen: tuple[Image | Video, ...]
    text: str


def asked(name: str, chat: Conversation) -> Asked:
    """Take a conversation of one user turn apart.

    Raises:
        LimitError: when there are other turns, or nothing to look at.
    """
    if len(chat.messages) != 1:
        raise LimitError(
            f"The model {name!r} takes one question; it knows no earlier turns, examples or system text.", _OTHER
        )
    (message,) = chat.messages
    seen = tuple(part for part in message.parts if isinstance(part, Image | Video))
    if not seen:
        raise LimitError(f"The model {name!r} needs a picture, and the conversation has none.", "Add one.")
    return Asked(seen, message.text.strip())


def describes(text: str) -> bool:
    """Whether a text asks for nothing but a description ("Describe this picture.", "What is in the photo?", "")."""
    return not text or _DESCRIBES.fullmatch(text) is not None


def check_caption(name: str, text: str, example: str) -> None:
    """Raise LimitError where a captioner is asked a real question: it would answer another one."""
    if not describes(text):
        raise LimitError(
            f"The model {name!r} describes pictures and answers no questions such as {text[:60]!r}.",
            f"Ask it to describe the picture, or use a model that answers: {example}",
        )
