"""video/sheet: what the contact sheet shows, told by its pixels."""

from __future__ import annotations

import numpy as np
import pytest

from sensorium import Box
from sensorium.core.errors import InputError
from sensorium.media.image import pixels
from sensorium.video.sheet import MAX_CELLS, SheetCell, clock, sheet


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
