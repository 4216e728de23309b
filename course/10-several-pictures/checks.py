"""The checks of "Several pictures in one question"."""

from __future__ import annotations

from collections.abc import Callable

from sensorium import Conversation, Image, Text

NAMED = ("before", "during", "after")
CASES: tuple[tuple[list[str], list[int]], ...] = (
    (["image", "text"], [1]),
    (["image", "text", "image", "text"], [2]),
    (["image", "image", "text"], [1, 2]),
    (["text", "image", "image", "image", "text"], [1, 2, 3]),
    (["image", "text", "image", "image", "text"], [2, 3]),
    (["image", "image", "text", "image", "text"], [3]),
    (["image", "image", "text", "text"], [1, 2]),
    (["text"], []),
)


def group(chat: Conversation, before: Image, during: Image, after: Image) -> str | None:
    """Three pictures side by side, then the words that name them and the question: it looks at all three."""
    if not isinstance(chat, Conversation):
        return f"`chat` is a Conversation, made by Conversation.of(…), not {type(chat).__name__}."
    parts = list(chat.parts)
    pictures = [part for part in parts if isinstance(part, Image)]
    if sorted(map(id, pictures)) != sorted(map(id, (before, during, after))):
        return f"Use `before`, `during` and `after`, each once; there are {len(pictures)} pictures."
    if not isinstance(parts[-1], Text):
        return "The question stands before the pictures, so it looks at none of them. Put it last."
    if [id(part) for part in pictures] != [id(before), id(during), id(after)]:
        return "The pictures stand in another order than before, during, after."
    start = parts.index(pictures[0])
    if any(isinstance(part, Text) for part in parts[start : start + 3]):
        return "Words stand between the pictures: the question then looks at the last one only."
    words = " ".join(part.text.lower() for part in parts if isinstance(part, Text))
    if missing := [name for name in NAMED if name not in words]:
        return f"Say which picture is which, with words beside the group: {', '.join(missing)} isn't named."
    return None


def sees(sees: Callable[[list[str]], list[int]]) -> str | None:
    """A group of pictures without words between is seen together; the next picture after words begins a new group."""
    for parts, right in CASES:
        told = sees(list(parts))
        if told == right:
            continue
        if told is None:
            return "Return the list of numbers."
        hint = (
            "Words between pictures close the group."
            if len(told) > len(right)
            else "Pictures side by side are seen together."
        )
        if len(told) == len(right):
            hint = "Count the pictures from 1, not the parts."
        return f"Of {parts} it says {told}; the last text looks at {right}. {hint}"
    return None
