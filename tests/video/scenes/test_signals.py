"""Signals: numbers of every frame, in film time, that say what a change looks like."""

from __future__ import annotations

import numpy as np
import pytest
from scene_films import cut, darkened, dissolve, film_of, textured

from sensorium import Blob
from sensorium.video.scenes.signals import SHORT, Measure, probe_rate, signals, thumbnails


def test_every_frame_is_measured_once_at_its_own_time() -> None:
    measured = signals(Blob(film_of(cut())))
    assert measured.frames == 75 and measured.fps == pytest.approx(25) and measured.seconds == pytest.approx(3.0)
    assert measured.times == pytest.approx(np.arange(75) / 25)
    assert measured.short.shape == (75, SHORT) and measured.long.shape == measured.mixed.shape == (75, 4)


def test_a_cut_is_in_the_differences_to_all_frames_before_it() -> None:
    measured = signals(Blob(film_of(cut(40))))
    assert int(measured.short[:, 0].argmax()) == 40 and measured.short[41, 0] < 1
    assert measured.short[42, 2] == pytest.approx(measured.short[40, 0], rel=0.05)  # 42 and 39
    assert measured.changed[40] > 0.8 and measured.changed[39] == 0 and measured.alike[40] < 0.5


def test_the_middle_of_a_dissolve_is_the_mean_of_its_ends() -> None:
    measured = signals(Blob(film_of(dissolve(40, 8))))
    place = int(np.argmin(np.abs(np.array(measured.steps) - 16)))
    assert measured.steps[place] == 16
    assert measured.mixed[48, place] < 0.1 * measured.long[48, place]
    hard = signals(Blob(film_of(cut(40))))
    assert hard.mixed[48, place] > 0.3 * hard.long[48, place]


def test_dark_frames_differ_as_visibly_as_bright_ones() -> None:
    bright, dark = (signals(Blob(film_of(draw))) for draw in (cut(40), darkened(cut(40), 0.1)))
    assert dark.short[40, 0] > 0.25 * bright.short[40, 0] and dark.plain[40] < 0.15 * bright.plain[40]


def test_light_and_contrast_are_those_of_the_picture() -> None:
    measured = signals(Blob(film_of(lambda n: textured(1) if n else np.full((96, 160, 3), 128, np.uint8), 3)))
    grey = textured(1) @ np.array([0.299, 0.587, 0.114])
    assert measured.light[0] == pytest.approx(128, abs=2) and measured.contrast[0] < 1
    assert measured.light[2] == pytest.approx(grey.mean(), abs=3)
    assert measured.contrast[2] == pytest.approx(grey.std(), rel=0.15)
    assert measured.detail[2] > measured.detail[0]


def test_memory_is_that_of_the_longest_step() -> None:
    measure = Measure((2, 4))
    rows = [measure(np.full((4, 6, 3), n % 250, np.uint8)) for n in range(300)]
    assert {len(row) for row in rows} == {measure.width} and measure._ring is not None
    assert measure._ring.shape[0] == SHORT + 1


def test_thumbnails_keep_the_shape_of_the_picture() -> None:
    at, small = next(thumbnails(Blob(film_of(cut(), 3))))
    assert at == 0.0 and small.shape == (29, 48, 3)
    assert probe_rate(Blob(film_of(cut(), 30, 30))) == pytest.approx(30)
