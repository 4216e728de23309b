"""One canvas of numbered examples and the question's picture, for models that take a single one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from sensorium.core.errors import LimitError
from sensorium.core.messages import Conversation, Image, Message, Part, Text, kind
from sensorium.media.image import encode, pixels, resize
from sensorium.media.times import moment
from sensorium.tasks.task import Example

CANVAS_SIDE = 1120
"""Width and maximum height in pixels: four tiles of 560, as much as Llama 3.2 Vision sees at full resolution."""
_GAP, _STRIP = 12, 34
_DARK, _LIGHT, _FRAME = (20, 20, 20), (255, 255, 255), (200, 30, 30)
_QUESTION_SHARE = 0.45  # of the canvas's height


def collage(demonstrations: Sequence[tuple[Example, str]], question: Conversation) -> Conversation:
    """Return the question with one canvas instead of its pictures, and the examples in words before it.

    Above each example's picture stand its number and answer; the question's is below in a red frame, with a question
    mark. Several pictures of an example stand side by side; an example without any is described in words alone.

    Raises:
        LimitError: for a video or audio.
        MediaError: when a picture can't be opened.
    """
    for part in (*question.parts, *(part for example, _ in demonstrations for part in example.conversation.parts)):
        if not isinstance(part, Image | Text):
            raise LimitError(
                f"A canvas holds pictures, not {kind(part)}.", "Use `place='interleave'` or `place='text'`."
            )
    tiles = []
    for number, (example, answer) in enumerate(demonstrations, 1):
        images = [part for part in example.conversation.parts if isinstance(part, Image)]
        if images:
            tiles.append((f"{number}: {answer}" if _printable(answer) else f"{number}", images))
    own = [part for part in question.parts if isinstance(part, Image)]
    if not tiles and not own:
        return _with_canvas(demonstrations, question, None, False)
    return _with_canvas(demonstrations, question, encode(canvas(tiles, own)), bool(own))


def canvas(tiles: Sequence[tuple[str, Sequence[Image]]], question: Sequence[Image]) -> PIL.Image.Image:
    """Return labelled tiles in rows, and below them the question's pictures, larger, in a red frame."""
    below = round(CANVAS_SIDE * (_QUESTION_SHARE if tiles else 1)) if question else 0
    columns, width, height = _grid(len(tiles), CANVAS_SIDE - below)
    rows = math.ceil(len(tiles) / columns) if tiles else 0
    above = rows * (height + _GAP) + (_GAP if rows else 0)
    sheet = PIL.Image.new("RGB", (CANVAS_SIDE, above + below), _LIGHT)
    draw = PIL.ImageDraw.Draw(sheet)
    for index, (label, images) in enumerate(tiles):
        left = _GAP + index % columns * (width + _GAP)
        top = _GAP + index // columns * (height + _GAP)
        _tile(sheet, draw, (left, top, width, height), label, images, _DARK)
    if question:
        box = (_GAP, above + _GAP // 2, CANVAS_SIDE - 2 * _GAP, below - _GAP)
        _tile(sheet, draw, box, "?", question, _FRAME)
    return sheet


def _with_canvas(
    demonstrations: Sequence[tuple[Example, str]], question: Conversation, drawn: Image | None, own: bool
) -> Conversation:
    where = " In the red frame, under the question mark, is the picture that is asked about." if own else ""
    where += _times("It holds", question.parts) if own else ""
    lines = []
    if drawn is not None:
        lines.append(f"The picture holds numbered examples.{where}")
    lines.append("The examples:")
    for number, (example, answer) in enumerate(demonstrations, 1):
        words = " ".join(message.text for message in example.conversation.messages if message.role == "user")
        times = _times("It holds", example.conversation.parts)
        lines.append(f"{number}. {' '.join(words.split())}{times} Answer: {answer}".replace(".  Answer", ". Answer"))
    lines.append("Now answer, in the same way, for the picture in the red frame:" if own else "Now answer:")
    system = tuple(message for message in question.messages if message.role == "system")
    rest = [message for message in question.messages if message.role != "system"]
    turns: list[Message] = []
    for index, message in enumerate(rest):
        parts: list[Part] = [part for part in message.parts if isinstance(part, Text)]
        if index == 0:
            parts = [*([drawn] if drawn is not None else []), Text("\n".join(lines)), *parts]
        turns.append(Message(message.role, parts or [Text("[See the picture]")]))
    return Conversation((*system, *turns))


def _times(beginning: str, parts: Iterable[Part]) -> str:
    """Return the times of those pictures that are frames of a video, in words; "" if none is."""
    times = [f"{moment(part.at)} s" for part in parts if isinstance(part, Image) and part.at is not None]
    if not times:
        return ""
    return (
        f" {beginning} a frame at {times[0]}."
        if len(times) == 1
        else (f" {beginning} frames, from left to right at {', '.join(times)}.")
    )


def _grid(count: int, height: int) -> tuple[int, int, int]:
    """Return (columns, tile width, tile height) of the largest tiles that fit a canvas of this height."""
    best = (1, 0, 0)
    for columns in range(1, max(count, 1) + 1):
        rows = math.ceil(max(count, 1) / columns)
        width = (CANVAS_SIDE - _GAP) // columns - _GAP
        tall = (height - _GAP) // rows - _GAP
        if min(width, tall - _STRIP) > min(best[1], best[2] - _STRIP):
            best = (columns, width, min(tall, width + _STRIP))
    return best


def _tile(
    sheet: PIL.Image.Image,
    draw: PIL.ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    label: str,
    images: Sequence[Image],
    colour: tuple[int, int, int],
) -> None:
    left, top, width, height = box
    draw.rectangle((left, top, left + width - 1, top + height - 1), outline=colour, width=3)
    draw.rectangle((left, top, left + width - 1, top + _STRIP - 1), fill=colour)
    font = PIL.ImageFont.load_default(_STRIP - 12)
    shown = label
    while len(shown) > 1 and draw.textlength(shown, font=font) > width - 2 * _GAP:
        shown = shown[:-2].rstrip() + "…"
    draw.text((left + 8, top + 4), shown, fill=_LIGHT, font=font)
    share = (width - 6) // len(images)
    for index, image in enumerate(images):
        small = _fitted(image, share, height - _STRIP - 6)
        across, down = small.size
        sheet.paste(
            small, (left + 3 + index * share + (share - across) // 2, top + _STRIP + (height - _STRIP - down) // 2)
        )


def _fitted(image: Image, width: int, height: int) -> PIL.Image.Image:
    picture = resize(pixels(image, 2048), max(width, height))
    tall, wide = picture.shape[:2]
    scale = min(1.0, width / wide, height / tall)
    whole = PIL.Image.fromarray(np.ascontiguousarray(picture))
    return whole.resize((max(1, round(wide * scale)), max(1, round(tall * scale))), PIL.Image.Resampling.LANCZOS)


def _printable(text: str) -> bool:
    """Whether the built-in font has the characters; other answers are only in the text before the question."""
    return len(text) <= 40 and all(" " <= character <= "ÿ" for character in text)
