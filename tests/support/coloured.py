"""Small drawn pictures, a task of them, and an embedder that looks at their colour: what the few-shot tests share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.core.messages import Conversation, Image, Part, Text
from sensorium.media.image import encode, pixels
from sensorium.tasks.task import Example

COLOURS = {"red": (220, 30, 30), "orange": (230, 130, 30), "blue": (30, 30, 220), "green": (30, 200, 30)}


def picture(colour: str, number: int = 0, side: int = 24) -> Image:
    """Draw a square of a colour, each number a little darker."""
    shade = np.array(COLOURS[colour]) * (1 - number / 100)
    return encode(np.tile(shade.astype(np.uint8), (side, side, 1)))


def example(colour: str, number: int, split: str = "train") -> Example:
    chat = Conversation.of(picture(colour, number), "Which colour?")
    return Example(chat, (colour,), split, captions=(f"a {colour} square",), id=f"{colour} {number}")


def pool(each: int = 3) -> list[Example]:
    return [example(colour, number) for number in range(each) for colour in COLOURS]


def questions() -> list[Example]:
    return [example(colour, number, "test") for colour in COLOURS for number in (20, 21)]


class Colours:
    """An Embedder: mean red, green and blue of a picture; which colours a text names."""

    name = "colours"
    version = "1"
    dims = 3

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        rows = np.array([self._row(part) for part in parts], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def _row(self, part: Part) -> NDArray[np.float64]:
        if isinstance(part, Image):
            return np.asarray(pixels(part).reshape(-1, 3).mean(axis=0), dtype=np.float64)
        assert isinstance(part, Text)
        named = [np.array(shade) for colour, shade in COLOURS.items() if colour in part.text]
        return np.sum([*named, np.ones(3)], axis=0)


class ColoursAndWords(Colours):
    """Colours, of which texts that name none are far from every picture."""

    name = "colours and words"
    dims = 4

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        rows = np.pad(super().embed(parts), ((0, 0), (0, 1)))
        unnamed = [isinstance(part, Text) and not any(colour in part.text for colour in COLOURS) for part in parts]
        rows[unnamed] = (0, 0, 0, 1)
        return rows


def copier(chat: Conversation) -> str:
    """Answer as the last example before the question does; without one, "none"."""
    answers = [message.text for message in chat.messages if message.role == "assistant"]
    return answers[-1] if answers else "none"


def saved(folder: Path) -> Path:
    """Write the pool and the questions as a JSON Lines file with a media folder."""
    import json

    lines = []
    for one in (*pool(), *questions()):
        image = next(part for part in one.conversation.parts if isinstance(part, Image))
        name = f"{one.id.replace(' ', '-')}.png"
        (folder / name).write_bytes(image.blob.data)
        row = {"image": name, "question": "Which colour?", "answer": one.answer, "split": one.split, "id": one.id}
        lines.append(json.dumps(row))
    path = folder / "colours.jsonl"
    path.write_text("\n".join(lines))
    return path
