"""Currency signs that look like struck letters, drawn before integers in faces of matplotlib and Debian."""

from __future__ import annotations

import matplotlib.font_manager
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

from sensorium.core.messages import Image
from sensorium.eyes.ocr import SURE, read
from sensorium.eyes.ocr.struck import features, struck
from sensorium.media.image import encode

FACES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf")


def page(text: str, face: str, size: int) -> Image:
    folder = matplotlib.font_manager.cbook._get_data_path("fonts/ttf")
    picture = PIL.Image.new("RGB", (760, 150), "white")
    font = PIL.ImageFont.truetype(str(folder / face), size)
    PIL.ImageDraw.Draw(picture).text((40, 50), text, font=font, fill="black")
    return encode(picture)


def result(text: str, face: str, size: int) -> str:
    lines = read(page(text, face, size))
    if not lines or min(line.score for line in lines) < SURE:
        return "doubted"
    return "".join("".join(line.text for line in lines).split())


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("text", ["₦180", "₩450", "₱75", "₦ 81000", "₩ 3", "₱2500"])
def test_a_sign_before_an_integer_is_never_a_letter(text: str, face: str) -> None:
    assert result(text, face, 30) in ("doubted", text.replace(" ", ""))


@pytest.mark.parametrize("face", FACES[:2])
@pytest.mark.parametrize("text", ["T81000", "N180", "P75", "B12", "K450", "W450", "#450", "Room # 12"])
def test_a_letter_before_an_integer_is_believed(text: str, face: str) -> None:
    assert result(text, face, 30) == text.replace(" ", "")


def test_only_letters_alone_beside_a_number_are_judged() -> None:
    line = np.ones((3, 48, 200), np.float32)
    line[:, 10:40, 20:40] = line[:, 10:40, 60:80] = -1
    positions = np.array([30.0, 70.0])
    assert set(struck(line, positions, ["N", "5"])) == {0}
    assert set(struck(line, positions, ["5", "N"])) == {1}
    for text in ("5A", "NN", "A5", "a5"):
        assert struck(line, positions, list(text)) == {}
    line[:, 20:22, 40:60] = -1  # they touch
    assert struck(line, positions, ["N", "5"]) == {}


def test_features_have_one_length_whatever_the_size() -> None:
    assert len({len(features(np.ones(size, bool))) for size in ((5, 5), (40, 9), (9, 60))}) == 1
