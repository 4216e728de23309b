"""Screens: the same picture is one screen whatever its noise, a changed word makes another, moving ones are limited."""

from __future__ import annotations

import matplotlib
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

from sensorium.media.video import Frame
from sensorium.video.scenes.screens import is_same, screen_visits, signature

FONT = f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf"


def screen(words: str, height: int = 20, size: tuple[int, int] = (640, 360)) -> np.ndarray:
    image = PIL.Image.new("RGB", size, (196, 202, 214))
    draw = PIL.ImageDraw.Draw(image)
    draw.text((40, 60), "Departures from the central station", fill="black", font=PIL.ImageFont.truetype(FONT, 28))
    draw.text((60, 200), words, fill=(40, 40, 60), font=PIL.ImageFont.truetype(FONT, height))
    return np.asarray(image)


def noisy(pixels: np.ndarray, seed: int, sigma: float = 5.0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, sigma, pixels.shape[:2])[..., None]
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def frames(*pictures: np.ndarray, every: float = 0.5) -> list[Frame]:
    return [Frame(number * every, picture) for number, picture in enumerate(pictures)]


@pytest.mark.parametrize("height", [14, 20, 32])
@pytest.mark.parametrize(("one", "two"), [("Track 9", "Track 4"), ("10:41", "10:47"), ("open", "opens"), ("", "Bus")])
def test_a_changed_word_is_another_screen(one: str, two: str, height: int) -> None:
    old, new = (signature(noisy(screen(words, height), seed)) for seed, words in enumerate((one, two)))
    assert not is_same(old, new)


@pytest.mark.parametrize("sigma", [0.0, 4.0, 9.0])
def test_noise_is_no_change(sigma: float) -> None:
    assert is_same(signature(noisy(screen("Track 9"), 1, sigma)), signature(noisy(screen("Track 9"), 2, sigma)))


def test_a_screen_that_comes_back_is_not_new() -> None:
    one, two = screen("Track 9"), screen("Track 4")
    pictures = [noisy(picture, seed) for seed, picture in enumerate([one] * 4 + [two] * 3 + [one] * 2)]
    visits = list(screen_visits(frames(*pictures), end=4.7))
    assert [(visit.screen, visit.is_new, visit.start, visit.end) for visit in visits] == [
        (0, True, 0.0, 2.0), (1, True, 2.0, 3.5), (0, False, 3.5, 4.7),
    ]  # fmt: skip


def test_the_sharpest_frame_stands_for_its_screen() -> None:
    sharp = screen("Track 9", 40).copy()
    soft = sharp.copy()
    sharp[260:262, 500:620] = 180  # finer detail, so little that it is the same screen
    visits = list(screen_visits(frames(soft, soft, sharp, soft)))
    assert len(visits) == 1 and visits[0].frame.at == 1.0


def test_a_moving_picture_is_a_screen_each_second() -> None:
    rng = np.random.default_rng(0)
    wide = np.asarray(PIL.Image.fromarray(rng.integers(0, 255, (12, 60, 3), dtype=np.uint8)).resize((1800, 360)))
    pictures = [wide[:, 20 * n : 20 * n + 640] for n in range(40)]
    visits = list(screen_visits(frames(*pictures, every=0.1), every_moving=1.0))
    assert 4 <= len(visits) <= 6 and all(visit.is_new for visit in visits)
    assert all(visit.end - visit.start <= 1.11 for visit in visits)


def test_no_frames_have_no_screens() -> None:
    assert list(screen_visits([])) == []


def test_frames_of_another_size_are_another_screen() -> None:
    visits = list(screen_visits(frames(screen("Track 9"), screen("Track 9", size=(640, 480)))))
    assert [visit.screen for visit in visits] == [0, 1]
