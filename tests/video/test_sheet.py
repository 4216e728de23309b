"""video/sheet: what the contact sheet shows, told by its pixels."""

from __future__ import annotations

import numpy as np
import pytest

from sensorium import Box
from sensorium.core.errors import InputError
from sensorium.media.image import pixels
from sensorium.video.sheet import MAX_CELLS, SheetCell, clock, length_of, sheet, wrapped


def cell(red: int, box: Box | None = None) -> SheetCell:
    return SheetCell(np.full((90, 160, 3), (red, 0, 0), dtype=np.uint8), clock(red), "score 0.5", box)


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (4, 4, 1), (5, 4, 2), (60, 4, 12)])
def test_four_in_a_row(count: int, columns: int, rows: int) -> None:
    page = pixels(sheet([cell(200)] * count, "a red car"))
    assert page.shape[1] == columns * 360 + (columns + 1) * 10
    assert page.shape[0] == pytest.approx(44 + rows * (202 + 44 + 10), abs=2 * rows)
    assert MAX_CELLS == 48


def test_the_box_is_marked_where_it_lies() -> None:
    page = pixels(sheet([cell(200, Box(40, 30, 80, 60))], "x")).astype(int)
    inner = page[44 : 44 + 202, 10:370]
    yellow = (inner[..., 0] > 200) & (inner[..., 1] > 140) & (inner[..., 2] < 90)
    rows, columns = np.nonzero(yellow)
    assert (columns.min(), columns.max()) == pytest.approx((90, 180), abs=6)
    assert (rows.min(), rows.max()) == pytest.approx((67, 135), abs=6)


def test_long_titles_are_cut_and_none_is_told() -> None:
    assert pixels(sheet([cell(10)], "a very long query " * 30)).shape[1] == 380
    with pytest.raises(InputError, match="needs a moment"):
        sheet([], "x")


def test_the_clock() -> None:
    assert [clock(s) for s in (0.0, 59.9996, 61.25, 3723.5)] == ["0:00.000", "1:00.000", "1:01.250", "1:02:03.500"]


def test_long_details_are_wrapped_and_make_their_row_taller() -> None:
    plain = pixels(sheet([cell(10)], "x"))
    words = SheetCell(np.zeros((90, 160, 3), dtype=np.uint8), "0:01", "one word after another " * 30)
    assert pixels(sheet([words], "x")).shape[0] == plain.shape[0] + 2 * 17


def test_characters_that_one_font_lacks_come_from_another() -> None:
    drawn = {text: pixels(sheet([SheetCell(np.zeros((90, 160, 3), np.uint8), text)], "")) for text in "éжह"}
    lines = [page[44 + 202 : 44 + 202 + 28].tobytes() for page in drawn.values()]
    if len(set(lines)) == 1:
        pytest.skip("No font here has é, Russian or Hindi: apt install fonts-noto-core")
    assert len(set(lines)) == 3  # else they would be the same box


def test_lines_fit_their_room() -> None:
    lines = wrapped("a fairly long sentence — with é in it, and then some more of it", 20, 200, 2)
    assert len(lines) == 2 and lines[-1].endswith("…")
    assert all(length_of(line, 20) <= 200 for line in lines)
    assert wrapped("", 20, 200, 2) == [""] and wrapped("short", 20, 200, 2) == ["short"]
