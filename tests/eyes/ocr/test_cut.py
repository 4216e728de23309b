"""Text that runs off the image: lines that touch an edge, and the sliver of a line that the edge leaves."""

from __future__ import annotations

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

from sensorium.core.reply import Box
from sensorium.eyes.ocr.cut import cut_sides, mark_cut
from sensorium.eyes.ocr.lines import TextLine
from sensorium.media.image import Pixels

SIZE = 32


def label(*texts: str, top: int, font: str = "DejaVuSans", ink: int = 20, paper: int = 230) -> Pixels:
    """Return drawn lines of text, the first at `top` (negative: off the image), 48 pixels apart."""
    picture = PIL.Image.new("RGB", (520, 200), (paper,) * 3)
    draw = PIL.ImageDraw.Draw(picture)
    for number, text in enumerate(texts):
        draw.text((60, top + 48 * number), text, font=PIL.ImageFont.truetype(f"{font}.ttf", SIZE), fill=(ink,) * 3)
    return np.asarray(picture)


def read_line(top: float, left: float = 60, right: float = 420, height: float = 40) -> TextLine:
    corners = ((left, top), (right, top), (right, top + height), (left, top + height))
    return TextLine("Amount due 83.47", Box(left, top, right, top + height), 0.99, corners=corners)


@pytest.mark.parametrize(
    ("text", "font", "ink", "paper", "visible"),
    [
        ("Number 48820117", "DejaVuSans", 20, 230, 10),
        ("Number 48820117", "DejaVuSans", 235, 40, 10),
        ("Number 48820117", "DejaVuSansMono", 20, 230, 6),
        ("EZLEZLEZLEZLEZLEZL", "DejaVuSans-Bold", 20, 230, 3),  # ink covers more than half of the edge
    ],
)
def test_the_sliver_of_a_line_is_text_that_runs_out(text: str, font: str, ink: int, paper: int, visible: int) -> None:
    rgb = label(text, "Amount due 83.47", top=visible - 30, font=font, ink=ink, paper=paper)
    assert cut_sides(mark_cut(rgb, [read_line(visible + 18)])) == ("top",)
    assert cut_sides(mark_cut(rgb[::-1].copy(), [read_line(200 - visible - 18 - 40)])) == ("bottom",)


@pytest.mark.parametrize("seed", range(4))
def test_a_rough_table_beside_the_paper_is_no_sliver(seed: int) -> None:
    rgb = label("Amount due 83.47", top=40).astype(np.float64)
    table = np.random.default_rng(seed).normal(160, 18, (200, 520))  # a third of the way from the paper to the ink
    slant = np.arange(520)[None] > 380 - 4 * np.arange(200)[:, None]  # as where the label is turned by 14 degrees
    rgb[slant & (np.arange(200)[:, None] < 30)] = table[slant & (np.arange(200)[:, None] < 30)][:, None]
    assert cut_sides(mark_cut(np.clip(rgb, 0, 255).astype(np.uint8), [read_line(36)])) == ()


@pytest.mark.parametrize(
    ("line", "sides"),
    [
        (read_line(80, left=4), ("left",)),
        (read_line(80, right=518), ("right",)),
        (read_line(2), ("top",)),
        (read_line(156), ("bottom",)),
        (read_line(80, left=4, right=518), ("left", "right")),
        (read_line(80), ()),
        (read_line(80, left=16), ()),  # four tenths of its height from the edge
    ],
)
def test_a_line_at_an_edge(line: TextLine, sides: tuple[str, ...]) -> None:
    blank = np.full((200, 520, 3), 230, np.uint8)
    assert cut_sides(mark_cut(blank, [line])) == sides
