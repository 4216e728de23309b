"""Large images as services can read them: an overview, and numbered tiles with their place in words."""

from __future__ import annotations

import math
from collections.abc import Container

import PIL.Image

from sensorium.core.errors import MediaError
from sensorium.core.messages import Conversation, Image, Message, Part, Text
from sensorium.media.image import LONG, encode, fresh, pixels, size, tile_boxes

MAX_TILES = 50
"""An image that would take more is refused: nobody reads so many, and each is paid for."""
_OVERLAP = 8  # a tile shares this part of its side with the next one


def is_shrunk(image: Image, max_side: int) -> bool:
    """Whether an image is larger than `max_side`, the longest side that a model is sent.

    Raises:
        MediaError: if it can't be opened.
    """
    return max(size(image)) > max_side


def tile_grid(width: int, height: int, max_side: int) -> tuple[list[tuple[int, int, int, int]], int]:
    """Return left, top, right, bottom of the tiles of at most `max_side` pixels, row by row, and how many a row has."""
    if max(width, height) >= LONG * min(width, height):
        boxes = tile_boxes((width, height))
        if all(max(right - left, bottom - top) <= max_side for left, top, right, bottom in boxes):
            return boxes, len(boxes) if width > height else 1
    across, down = _spans(width, max_side), _spans(height, max_side)
    return [(left, top, right, bottom) for top, bottom in down for left, right in across], len(across)


def in_tiles(chat: Conversation, max_side: int, images: Container[Image] | None = None) -> Conversation:
    """Return a conversation with every image that would be shrunk as an overview and its tiles; the order is kept.

    Frames of videos stay as they are.

    Args:
        chat: The conversation.
        max_side: The longest side, in pixels, that the model is sent: `Limits.max_side`.
        images: Only these are replaced; None for all.

    Raises:
        MediaError: if an image can't be opened, or would take more than `MAX_TILES`.
    """

    def parts_of(part: Part) -> list[Part]:
        if not isinstance(part, Image) or part.at is not None or (images is not None and part not in images):
            return [part]
        return _parts(part, max_side) if is_shrunk(part, max_side) else [part]

    return Conversation(
        tuple(
            Message(message.role, [new for part in message.parts for new in parts_of(part)])
            for message in chat.messages
        )
    )


def _parts(image: Image, max_side: int) -> list[Part]:
    width, height = size(image)
    boxes, across = tile_grid(width, height, max_side)
    if len(boxes) > MAX_TILES:
        raise MediaError(
            f"{image.blob.shown} has {width}×{height} pixels: {len(boxes)} tiles, and the most is {MAX_TILES}.",
            "Cut out the part that you ask about.",
        )
    whole = PIL.Image.fromarray(pixels(fresh(image), max(width, height)))
    parts: list[Part] = [
        Text(f"The whole picture, shrunk; {len(boxes)} tiles of it follow, each overlapping the next:")
    ]
    parts.append(image)
    for number, box in enumerate(boxes, 1):
        parts.append(Text(f"Tile {number} of {len(boxes)}, {_place(number - 1, across, len(boxes) // across)}:"))
        parts.append(encode(whole.crop(box)))
    return parts


def _place(index: int, across: int, down: int) -> str:
    column, row = index % across, index // across
    places = [
        (_one_place(row, down, ("top", "bottom")), down),
        (_one_place(column, across, ("left", "right")), across),
    ]
    return ", ".join(words for words, count in places if count > 1)


def _one_place(index: int, count: int, ends: tuple[str, str]) -> str:
    if index in (0, count - 1):
        return f"at the {ends[index > 0]}"
    return f"{index + 1} of {count} from the {ends[0]}"


def _spans(length: int, max_side: int) -> list[tuple[int, int]]:
    """Return beginning and end of the fewest equal spans that overlap by an eighth at least."""
    count = max(1, math.ceil((length - max_side / _OVERLAP) / (max_side * (1 - 1 / _OVERLAP))))
    side = min(length, max_side)
    step = (length - side) / max(1, count - 1)
    return [(round(step * i), round(step * i) + side) for i in range(count)]
