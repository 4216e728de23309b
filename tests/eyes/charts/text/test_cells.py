"""Cells: crowded labels split by their ink."""

from __future__ import annotations

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from sensorium.core.reply import Box
from sensorium.eyes.charts.ink import Ink, find_ink
from sensorium.eyes.charts.text.cells import extend_left, restore_space, split_row


def write(*texts: tuple[str, float], width: int = 500) -> tuple[Ink, list[tuple[float, float]]]:
    picture = PIL.Image.new("RGB", (width, 40), "white")
    pen, font = PIL.ImageDraw.Draw(picture), PIL.ImageFont.load_default(16)
    spans = []
    for text, middle in texts:
        left, _, right, _ = font.getbbox(text)
        at = middle - (left + right) / 2
        pen.text((at, 10), text, fill="black", font=font)
        spans.append((at + left, at + right))
    ink = find_ink(np.asarray(picture))
    assert ink is not None
    return ink, spans


def test_labels_that_nearly_touch_are_split_between_them() -> None:
    centres = [80, 171, 224, 298]
    ink, spans = write(("Wood & waste", 80), ("Nuclear", 171), ("Oil", 224), ("Other (mixed)", 298))
    found = split_row(ink, Box(0, 5, 400, 35), centres, 14.0)
    assert found is not None
    for box, (left, right) in zip(found, spans, strict=True):
        assert abs(box.left - left) < 4
        assert abs(box.right - right) < 4


def test_ink_beside_the_labels_is_left_out() -> None:
    ink, spans = write(("0.0", 12), ("Mon", 120), ("Tue", 200), ("Wed", 280), ("1e6", 480))
    found = split_row(ink, Box(0, 5, 500, 35), [120, 200, 280], 14.0)
    assert found is not None
    assert all(abs(box.left - left) < 4 for box, (left, _) in zip(found, spans[1:4], strict=True))


def test_too_little_ink_for_so_many_labels() -> None:
    ink, _ = write(("I", 100))
    assert split_row(ink, Box(0, 5, 500, 35), [100, 200, 300], 14.0) is None


def test_a_lost_space_is_put_back_where_the_ink_has_a_gap() -> None:
    wide, _ = write(("6  pm", 100))
    close, _ = write(("6pm", 100))
    box = Box(60, 5, 140, 35)
    assert restore_space(wide, box, "6pm") == "6 pm"
    assert restore_space(close, box, "6pm") == "6pm"
    assert restore_space(wide, box, "six") == "six"


def test_letters_left_of_a_word_are_followed() -> None:
    ink, ((left, right),) = write(("Nuclear", 200))
    half = Box((left + right) / 2, 8, right, 32)
    assert abs(extend_left(ink, half, 14.0) - left) < 3
    whole = Box(left - 2, 8, right, 32)
    assert extend_left(ink, whole, 14.0) == whole.left
