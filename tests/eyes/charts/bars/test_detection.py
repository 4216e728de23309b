"""Bars: detected and measured in images painted to the pixel, without text."""

from __future__ import annotations

import numpy as np
import pytest

from sensorium.eyes.charts.bars.detection import Bars, find_bars
from sensorium.eyes.charts.ink import find_ink
from sensorium.media.image import Pixels

WHITE = (255, 255, 255)


def paint(heights: list[int], width: int = 40, pitch: int = 60, colours: list[tuple[int, int, int]] | None = None,
          panel: tuple[int, int, int] = WHITE) -> Pixels:  # fmt: skip
    picture = np.full((360, 80 + pitch * len(heights), 3), WHITE, dtype=np.uint8)
    picture[20:320, 40:-20] = panel
    for place, height in enumerate(heights):
        left = 55 + pitch * place
        colour = colours[place] if colours else (40, 90, 160)
        rows = slice(300 - height, 300) if height >= 0 else slice(300, 300 - height)
        picture[rows, left : left + width] = colour
    return picture


def detect(picture: Pixels) -> Bars | None:
    ink = find_ink(picture)
    return None if ink is None else find_bars(ink)


def lengths(picture: Pixels) -> list[int]:
    found = detect(picture)
    assert found is not None
    return [round(abs(end - found.baseline)) for end in found.ends]


def test_standing_bars_are_measured() -> None:
    assert lengths(paint([120, 240, 60, 180])) == pytest.approx([120, 240, 60, 180], abs=1)


def test_lying_bars_are_measured() -> None:
    picture = np.ascontiguousarray(paint([120, 240, 60])[::-1].transpose(1, 0, 2))
    found = detect(picture)
    assert found is not None
    assert found.horizontal
    assert [round(abs(end - found.baseline)) for end in found.ends] == pytest.approx([120, 240, 60], abs=1)


def test_a_bar_hardly_darker_than_the_panel_is_no_zero() -> None:
    colours = [(170, 200, 230), (222, 222, 222), (120, 160, 210), (60, 110, 180)]
    assert lengths(paint([100, 200, 150, 250], colours=colours, panel=(230, 230, 230)))[1] == pytest.approx(200, abs=2)


def test_something_too_pale_to_measure_is_reported() -> None:
    colours = [(170, 200, 230), (226, 226, 226), (120, 160, 210), (60, 110, 180)]
    found = detect(paint([100, 200, 150, 250], colours=colours, panel=(230, 230, 230)))
    assert found is not None
    assert found.has_faint
    plain = detect(paint([100, 0, 150, 250], panel=(230, 230, 230)))
    assert plain is not None
    assert not plain.has_faint


def test_bars_that_touch_at_their_outlines() -> None:
    picture = np.full((360, 420, 3), 255, dtype=np.uint8)
    for place, height in enumerate([120, 240, 60, 180, 200]):
        left = 50 + 60 * place
        picture[300 - height : 300, left : left + 62] = 0
        picture[302 - height : 298, left + 2 : left + 60] = (200, 80, 60)
    assert lengths(picture) == pytest.approx([120, 240, 60, 180, 200], abs=3)


def test_error_bars_do_not_lengthen_the_bars() -> None:
    picture = paint([120, 200, 160])
    for place, height in enumerate([120, 200, 160]):
        middle = 55 + 60 * place + 20
        picture[300 - height - 15 : 300 - height + 15, middle - 1 : middle + 1] = 0
        picture[300 - height - 17 : 300 - height - 15, middle - 8 : middle + 8] = 0
    assert lengths(picture) == pytest.approx([120, 200, 160], abs=1)


def test_gridlines_over_the_bars_do_not_cut_them() -> None:
    picture = paint([120, 240, 60, 180])
    for y in (100, 150, 200, 250):
        picture[y : y + 2, 40:-20] = 176
    assert lengths(picture) == pytest.approx([120, 240, 60, 180], abs=1)


def test_a_panel_that_bars_nearly_fill_is_no_bar() -> None:
    picture = paint([270, 260, 250], width=56, pitch=60, panel=(229, 229, 229))
    assert lengths(picture) == pytest.approx([270, 260, 250], abs=2)


def test_negative_bars_hang() -> None:
    found = detect(paint([120, -15, 200, 90]))
    assert found is not None
    assert found.ends[1] - found.baseline == pytest.approx(15, abs=2)


def test_places_between_bars() -> None:
    found = detect(paint([120, 240], width=30, pitch=120))
    assert found is not None
    more = found.halved()
    assert len(more.boxes) == 3
    assert more.ends[1] == more.baseline
    assert more.categories.centres[1] == pytest.approx(sum(found.categories.centres) / 2, abs=1)


def test_noise_holds_no_bars() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    assert detect(noise) is None
