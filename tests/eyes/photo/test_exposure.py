"""Light is judged on the thing, not on its plain ground; glare by what it washes out."""

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

from sensorium.eyes.answers import ImageView
from sensorium.eyes.ocr import read
from sensorium.eyes.photo.exposure import white_ground
from sensorium.eyes.photo.quality import assess_quality
from sensorium.media.image import encode


def product(paint=(150, 40, 40), ground=(255, 255, 255)):
    """A shaded ball on a plain ground, as in a catalogue."""
    picture = PIL.Image.new("RGB", (640, 560), ground)
    draw = PIL.ImageDraw.Draw(picture)
    for k in range(40):
        radius = 160 - 4 * k
        shade = tuple(min(255, int(v * (0.6 + 0.02 * k))) for v in paint)
        draw.ellipse((320 - radius - k, 280 - radius - k, 320 + radius - k, 280 + radius - k), fill=shade)
    return picture


def page(glare=False):
    picture = PIL.Image.new("RGB", (720, 400), "white")
    draw, font = PIL.ImageDraw.Draw(picture), PIL.ImageFont.load_default(26)
    for k, line in enumerate(("Harbour Library opening hours", "Tuesday to Friday 9:00 to 17:00", "Saturday 10 to 14")):
        draw.text((40, 50 + 60 * k), line, (20, 20, 20), font)
    if not glare:
        return encode(picture)
    y, x = np.mgrid[0:400, 0:720]
    add = np.clip(1.5 * np.exp(-(((x - 330) / 110) ** 2 + ((y - 120) / 60) ** 2)), 0, 1)[:, :, None]
    return encode(PIL.Image.fromarray((np.asarray(picture) * (1 - add) + 255 * add).astype(np.uint8)))


def kinds(image, lines=None):
    return [fault.kind for fault in assess_quality(image, lines).faults]


@pytest.mark.parametrize("paint", [(150, 40, 40), (30, 60, 140), (70, 70, 70), (60, 110, 50)])
def test_a_plain_white_ground_is_no_glare(paint):
    image = encode(product(paint))
    assert "bright" not in kinds(image)
    assert assess_quality(image).usable


def test_a_thing_without_drawing_left_on_white_is_too_bright():
    light = (np.asarray(product((215, 190, 180))) / 255.0) ** 2.2 * 2**2.2
    washed = encode(PIL.Image.fromarray((np.clip(light, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)))
    assert "bright" in kinds(washed)


def test_the_ground_reaches_the_rim_and_is_most_of_it():
    rgb = np.asarray(product())
    ground = white_ground(rgb)
    assert ground[0].all() and not ground[280, 300] and 0.6 < ground.mean() < 0.9
    assert not white_ground(np.asarray(product(ground=(200, 200, 200)))).any()


def test_glare_on_a_page_is_told_and_a_clean_page_has_none():
    assert "glare" not in kinds(page(), read(page()))
    assert ImageView(page()).quality.usable
    washed = page(glare=True)
    (fault,) = [fault for fault in assess_quality(washed, read(washed)).faults if fault.kind == "glare"]
    assert fault.probability > 0.8 and "Turn the page or the light" in fault.advice
