"""Scenes: cuts, fades and dissolves are found where they are; flashes, pans and light are not taken for them."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from scene_films import cut, darkened, dissolve, fade, film_of, flash, pan, textured

from sensorium import Blob
from sensorium.core.errors import MediaError
from sensorium.video.scenes.cuts import Scene, scenes

FRAME = 1 / 25


def test_a_film_without_a_change_is_one_scene() -> None:
    assert scenes(Blob(film_of(lambda n: textured(1)))) == [Scene(0.0, 3.0, "start")]


@pytest.mark.parametrize("at", [8, 40, 70])
def test_a_cut_is_found_at_its_frame(at: int) -> None:
    found = scenes(Blob(film_of(cut(at))))
    assert [(scene.transition, scene.start, scene.end) for scene in found] == [
        ("start", 0.0, pytest.approx(at * FRAME)), ("cut", pytest.approx(at * FRAME), pytest.approx(3.0)),
    ]  # fmt: skip


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), 30, 60])
def test_a_cut_has_the_time_of_its_frame_at_every_rate(fps: Fraction | int) -> None:
    found = scenes(Blob(film_of(cut(40), 80, fps)))
    assert len(found) == 2 and found[1].start == pytest.approx(40 / float(fps), abs=0.001)


def test_a_cut_between_dark_scenes_is_found() -> None:
    found = scenes(Blob(film_of(darkened(cut(40), 0.08))))
    assert [scene.start for scene in found] == [0.0, pytest.approx(40 * FRAME)]


@pytest.mark.parametrize("colour", [0, 255])
@pytest.mark.parametrize(("half", "hold"), [(4, 0), (8, 2), (15, 0), (10, 6)])
def test_a_fade_is_put_in_its_middle(half: int, hold: int, colour: int) -> None:
    found = scenes(Blob(film_of(fade(40, half, colour, hold), 80)))
    assert [scene.transition for scene in found] == ["start", "fade"]
    assert found[1].start == pytest.approx(40 * FRAME, abs=2 * FRAME)


def test_a_fade_out_that_is_cut_off_changes_at_the_cut() -> None:
    shades = fade(40, 10)
    found = scenes(Blob(film_of(lambda n: shades(n) if n <= 40 else textured(2), 80)))
    assert [(scene.transition, round(scene.start / FRAME)) for scene in found[1:]] == [("fade", 41)]
    found = scenes(Blob(film_of(lambda n: textured(1) if n < 40 else shades(n), 80)))
    assert [(scene.transition, round(scene.start / FRAME)) for scene in found[1:]] == [("fade", 40)]


def test_a_picture_that_gets_dark_before_a_cut_is_no_dissolve() -> None:
    shades = fade(40, 10)
    found = scenes(Blob(film_of(lambda n: shades(n) if n < 40 else textured(2), 80)))
    assert [(scene.transition, round(scene.start / FRAME)) for scene in found[1:]] == [("cut", 40)]


@pytest.mark.parametrize("frames", [1, 2, 10, 20])
def test_light_that_is_turned_up_is_no_change(frames: int) -> None:
    def draw(n: int) -> np.ndarray:
        return (textured(1) * (0.3 + 0.7 * min(1.0, max(0.0, (n - 30) / frames)))).astype(np.uint8)

    assert len(scenes(Blob(film_of(draw)))) == 1


@pytest.mark.parametrize("half", [5, 8, 12, 15])
def test_a_dissolve_is_put_in_its_middle(half: int) -> None:
    found = scenes(Blob(film_of(dissolve(45, half), 90)))
    assert [scene.transition for scene in found] == ["start", "dissolve"]
    assert found[1].start == pytest.approx(45 * FRAME, abs=2 * FRAME)


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_a_flash_is_no_cut(length: int) -> None:
    assert len(scenes(Blob(film_of(flash(40, length))))) == 1


@pytest.mark.parametrize("length", [8, 15, 30])
def test_a_quick_pan_is_no_cut(length: int) -> None:
    assert len(scenes(Blob(film_of(pan(20, length))))) == 1


def test_something_that_moves_before_a_still_ground_is_no_cut() -> None:
    def draw(n: int) -> np.ndarray:
        picture = textured(1).copy()
        picture[20:60, n : n + 40] = (220, 30, 30)
        return picture

    assert len(scenes(Blob(film_of(draw)))) == 1


def test_changed_words_are_no_cut() -> None:
    def draw(n: int) -> np.ndarray:
        picture = np.full((96, 160, 3), 230, np.uint8)
        picture[40:50, 40:100] = 20 if n < 40 else np.tile([20, 230], 30).astype(np.uint8)[None, :, None]
        return picture

    assert len(scenes(Blob(film_of(draw)))) == 1


def test_scenes_follow_each_other_without_gaps() -> None:
    def draw(n: int) -> np.ndarray:
        return textured(n // 20)

    found = scenes(Blob(film_of(draw, 200)))
    assert [round(scene.start / FRAME) for scene in found] == list(range(0, 200, 20))
    assert all(one.end == two.start for one, two in pairwise(found))
    assert found[-1].end == pytest.approx(8.0) and found[0].seconds == pytest.approx(0.8)


def test_what_is_no_film_is_said() -> None:
    with pytest.raises(MediaError, match="isn't a video"):
        scenes(Blob(b"not a film" * 100))
