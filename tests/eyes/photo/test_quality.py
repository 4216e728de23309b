import math

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
import pytest

from sensorium.core.errors import MediaError
from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.eyes.ocr.lines import TextLine
from sensorium.eyes.photo.quality import KINDS, assess_quality, fault_probabilities, tilt_degrees
from sensorium.media.image import encode


def still_life(at=(0.5, 0.5), size=0.5, scale=1):
    """A shaded, striped blue box on a grainy beige ground, lit as usual; `at` and `size` in parts of the picture."""
    width, height = 600 * scale, 450 * scale
    grain = np.random.default_rng(3).normal(0, 6, (height, width, 1))
    picture = PIL.Image.fromarray(np.clip(np.array([176, 160, 138]) + grain, 0, 255).astype(np.uint8))
    draw = PIL.ImageDraw.Draw(picture)
    half = size * height / 2
    x, y = at[0] * width, at[1] * height
    draw.rectangle((x - half, y - half, x + half, y + half), fill=(32, 62, 120))
    for k in range(6):
        row = y - half + (2 * k + 1) * half / 6
        draw.line((x - half, row, x + half, row), fill=(70, 104, 160), width=4 * scale)
    return picture


def kinds(picture, lines=None):
    return [fault.kind for fault in assess_quality(encode(picture), lines).faults]


def fault(picture, kind):
    (found,) = [fault for fault in assess_quality(encode(picture)).faults if fault.kind == kind]
    return found


@pytest.mark.parametrize("scale", [1, 2])
def test_a_good_picture_has_no_faults(scale):
    found = assess_quality(encode(still_life(scale=scale)))
    assert found.faults == ()
    assert found.usable


def test_a_smooth_thing_on_a_plain_ground_is_not_blurred():
    """Its outline is sharp: only its inside has nothing to see."""
    picture = PIL.Image.new("RGB", (640, 480), (205, 200, 190))
    PIL.ImageDraw.Draw(picture).ellipse((200, 120, 440, 360), fill=(150, 40, 40))
    assert "blurred" not in kinds(picture)
    assert fault_probabilities(encode(picture.filter(PIL.ImageFilter.GaussianBlur(4))))["blurred"] > 0.8


@pytest.mark.parametrize("spread", [3, 6])
def test_blur_is_found_and_grows(spread):
    picture = still_life()
    found = fault(picture.filter(PIL.ImageFilter.GaussianBlur(spread)), "blurred")
    assert found.probability > 0.8
    assert not assess_quality(encode(picture.filter(PIL.ImageFilter.GaussianBlur(spread)))).usable
    assert found.amount == pytest.approx(spread / 600 * 1000, rel=0.5)


def test_noise_and_darkness_are_not_blur():
    values = np.asarray(still_life(), dtype=float)
    noisy = np.clip(values + np.random.default_rng(5).normal(0, 10, values.shape), 0, 255).astype(np.uint8)
    assert "blurred" not in kinds(PIL.Image.fromarray(noisy))


def exposed(stops):
    light = (np.asarray(still_life()) / 255.0) ** 2.2 * 2.0**stops
    return PIL.Image.fromarray((np.clip(light, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8))


def test_dark_in_stops():
    found = fault(exposed(-4), "dark")
    assert found.probability > 0.8
    assert found.amount == pytest.approx(fault(exposed(-3), "dark").amount + 1, abs=0.25)
    assert "light" in found.advice


def test_bright_by_clipped_share():
    found = fault(exposed(2.5), "bright")
    assert found.probability > 0.8
    assert found.amount > 0.5
    assert "bright" not in kinds(exposed(0.3))


@pytest.mark.parametrize(
    ("at", "where", "advice"),
    [
        ((0.14, 0.5), "left", "on the left: move the phone to the left."),
        ((0.86, 0.5), "right", "on the right: move the phone to the right."),
        ((0.5, 0.15), "top", "at the top: move the phone up."),
        ((0.5, 0.85), "bottom", "at the bottom: move the phone down."),
    ],
)
def test_the_camera_moves_towards_what_is_cut_off(at, where, advice):
    """What leaves the picture on its left lies left of what the camera sees: the camera must go left."""
    found = fault(still_life(at, 0.6), "cut off")
    assert found.where == where
    assert found.advice.endswith(advice)
    assert 0.2 < found.amount < 0.8


def test_cut_in_a_corner_moves_both_ways():
    found = fault(still_life((0.25, 0.3), 0.8), "cut off")
    assert found.where == "top left"
    assert "to the left and up" in found.advice


def turned(degrees, n=3):
    """Lines of text leaning clockwise by `degrees`."""
    along = (math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
    down = (-along[1], along[0])
    out = []
    for k in range(n):
        x, y = 200 + 40 * k * down[0], 200 + 40 * k * down[1]
        corners = ((x, y), (x + 200 * along[0], y + 200 * along[1]),
                   (x + 200 * along[0] + 20 * down[0], y + 200 * along[1] + 20 * down[1]),
                   (x + 20 * down[0], y + 20 * down[1]))  # fmt: skip
        out.append(TextLine("some words", Box(0, 0, 1, 1), 0.99, corners=corners))
    return out


@pytest.mark.parametrize("degrees", [-40, -10, 0, 3, 25])
def test_the_tilt_of_text_in_degrees(degrees):
    assert tilt_degrees(turned(degrees)) == pytest.approx(degrees, abs=0.1)


def test_the_phone_turns_the_way_the_text_leans():
    """A phone turned anticlockwise sees text leaning clockwise, and goes back by turning clockwise."""
    (found,) = assess_quality(encode(still_life()), turned(15)).faults
    assert (found.kind, found.advice) == ("tilted", "Turn the phone clockwise, to the right, by about 15 degrees.")
    (found,) = assess_quality(encode(still_life()), turned(-15)).faults
    assert "anticlockwise, to the left, by about 15 degrees" in found.advice
    assert assess_quality(encode(still_life()), turned(2)).faults == ()


def test_doubtful_and_short_lines_have_no_tilt():
    doubtful = [TextLine("?", Box(0, 0, 1, 1), 0.4, corners=turned(30)[0].corners)]
    square = [TextLine("I", Box(0, 0, 9, 9), 0.99, corners=((0, 0), (9, 3), (6, 12), (-3, 9)))]
    assert tilt_degrees(doubtful) == tilt_degrees(square) == tilt_degrees([]) == 0.0


def test_scores_name_every_kind():
    found = fault_probabilities(encode(still_life()))
    assert tuple(found) == KINDS
    assert all(0.0 <= value <= 1.0 for value in found.values())


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (7, 7), (40, 900)])
def test_odd_and_blank_pictures_do_not_fail(shape):
    blank = np.full((*shape, 3), 128, dtype=np.uint8)
    assert "blurred" not in [fault.kind for fault in assess_quality(encode(blank)).faults]


def test_no_picture_is_an_error():
    with pytest.raises(MediaError):
        assess_quality(Image(b"no picture"))


@pytest.mark.parametrize(("turned", "where"), [(90, "sideways"), (180, "upside down"), (270, "sideways")])
def test_text_on_its_side_or_head_is_told(turned, where):
    lines = [TextLine("some words here", Box(0, 0, 90, 20), 0.99, turned_degrees=turned)] * 3
    (found,) = assess_quality(encode(still_life()), lines).faults
    assert (found.kind, found.where, found.amount) == ("tilted", where, float(turned))
    assert "right way round" in found.advice
