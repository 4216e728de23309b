"""Cells: crowded labels parted by their ink."""

from __future__ import annotations

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from sensorium.core.reply import Box
from sensorium.eyes.charts.text.cells import cells, reach_left, spaced
from sensorium.media.image import Pixels

WHITE = (255, 255, 255)


def write(*texts: tuple[str, float], width: int = 500) -> tuple[Pixels, list[tuple[float, float]]]:
    picture = PIL.Image.new("RGB", (width, 40), "white")
    pen, font = PIL.ImageDraw.Draw(picture), PIL.ImageFont.load_default(16)
    spans = []
    for text, middle in texts:
        left, _, right, _ = font.getbbox(text)
        at = middle - (left + right) / 2
        pen.text((at, 10), text, fill="black", font=font)
        spans.append((at + left, at + right))
    return np.asarray(picture), spans


def test_labels_that_nearly_touch_are_parted_between_them() -> None:
    centres = [80, 171, 224, 298]
    picture, spans = write(("Wood & waste", 80), ("Nuclear", 171), ("Oil", 224), ("Other (mixed)", 298))
    found = cells(picture, Box(0, 5, 400, 35), centres, 14.0, WHITE)
    assert found is not None
    for box, (left, right) in zip(found, spans, strict=True):
        assert abs(box.left - left) < 4
        assert abs(box.right - right) < 4


def test_ink_beside_the_labels_belongs_to_none() -> None:
    picture, spans = write(("0.0", 12), ("Mon", 120), ("Tue", 200), ("Wed", 280), ("1e6", 480))
    found = cells(picture, Box(0, 5, 500, 35), [120, 200, 280], 14.0, WHITE)
    assert found is not None
    assert all(abs(box.left - left) < 4 for box, (left, _) in zip(found, spans[1:4], strict=True))


def test_too_little_ink_for_so_many_labels() -> None:
    picture, _ = write(("I", 100))
    assert cells(picture, Box(0, 5, 500, 35), [100, 200, 300], 14.0, WHITE) is None


def test_a_lost_space_is_put_back_where_the_ink_has_a_gap() -> None:
    wide, _ = write(("6  pm", 100))
    close, _ = write(("6pm", 100))
    box = Box(60, 5, 140, 35)
    assert spaced(wide, box, "6pm", WHITE) == "6 pm"
    assert spaced(close, box, "6pm", WHITE) == "6pm"
    assert spaced(wide, box, "six", WHITE) == "six"


def test_letters_left_of_a_word_are_followed() -> None:
    picture, ((left, right),) = write(("Nuclear", 200))
    half = Box((left + right) / 2, 8, right, 32)
    assert abs(reach_left(picture, half, 14.0, WHITE) - left) < 3
    whole = Box(left - 2, 8, right, 32)
    assert reach_left(picture, whole, 14.0, WHITE) == whole.left
