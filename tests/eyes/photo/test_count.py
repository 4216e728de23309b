import numpy as np
import PIL.Image
import PIL.ImageDraw
import pytest

from sensorium.core.errors import MediaError
from sensorium.core.messages import Image
from sensorium.eyes.photo.count import count_objects
from sensorium.media.image import encode


def drawn(places, radius=24, size=(520, 400), shape="disc", ground=(210, 205, 195), fill=(60, 80, 140), slope=0.0):
    picture = PIL.Image.new("RGB", size, ground)
    draw = PIL.ImageDraw.Draw(picture)
    for x, y in places:
        if shape == "disc":
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
        elif shape == "ring":
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=fill, width=8)
        else:
            draw.regular_polygon((x, y, radius), 3 if shape == "triangle" else 4, fill=fill)
    light = 1 - slope * np.linspace(0, 1, size[0])[None, :, None]
    noise = np.random.default_rng(0).normal(0, 4, (size[1], size[0], 3))
    return encode(np.clip(np.asarray(picture) * light + noise, 0, 255).astype(np.uint8))


def grid(n):
    return [(60 + 80 * (k % 6), 60 + 90 * (k // 6)) for k in range(n)]


@pytest.mark.parametrize("shape", ["disc", "square", "triangle", "ring"])
@pytest.mark.parametrize("n", [1, 5, 19])
def test_things_apart_on_a_plain_ground(shape, n):
    found = count_objects(drawn(grid(n), shape=shape))
    assert found.number == len(found.boxes) == n
    assert found.confidence >= 0.8
    assert found.reason == ""


def test_boxes_lie_on_the_things():
    found = count_objects(drawn([(60, 60), (400, 300)]))
    assert [((b.left + b.right) / 2, (b.top + b.bottom) / 2) for b in found.boxes] == [
        pytest.approx((60, 60), abs=4),
        pytest.approx((400, 300), abs=4),
    ]
    assert found.boxes[0].width == pytest.approx(49, abs=6)


def test_uneven_light():
    assert count_objects(drawn(grid(12), slope=0.5)).number == 12


def test_touching_discs_are_split():
    assert count_objects(drawn([(100, 100), (147, 100), (300, 200), (300, 247), (347, 247)])).number == 5


def test_a_large_picture_keeps_its_number():
    found = count_objects(drawn([(5 * x, 5 * y) for x, y in grid(7)], radius=110, size=(2600, 2000)))
    assert found.number == 7
    assert found.boxes[-1].right > 300


def test_the_coins_of_pompeii():
    """24 coins, greys, uneven light; public domain, in scikit-image."""
    coins = pytest.importorskip("skimage.data").coins()
    found = count_objects(encode(np.repeat(coins[:, :, None], 3, axis=2)))
    assert found.number == 24


def test_a_photograph_without_a_plain_ground_is_doubted():
    photo = pytest.importorskip("skimage.data").astronaut()
    found = count_objects(encode(photo))
    assert found.confidence < 0.5
    assert found.reason != ""


def test_texture_is_doubted():
    noise = np.random.default_rng(4).integers(0, 255, (40, 52, 3)).astype(np.uint8).repeat(10, 0).repeat(10, 1)
    found = count_objects(encode(noise))
    assert found.confidence < 0.5
    assert found.reason != ""


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (300, 400)])
def test_nothing_there_is_none_without_confidence(shape):
    found = count_objects(encode(np.full((*shape, 3), 200, dtype=np.uint8)))
    assert (found.number, found.boxes, found.confidence) == (0, (), 0.0)
    assert found.reason == "Nothing stands out from the background."


def test_no_picture_is_an_error():
    with pytest.raises(MediaError):
        count_objects(Image(b"no picture"))


def test_print_is_doubted():
    """A page of text is many specks on a plain ground: more than the confidence was fitted on."""
    picture = PIL.Image.new("RGB", (500, 400), "white")
    draw = PIL.ImageDraw.Draw(picture)
    for row in range(14):
        draw.text((20, 15 + 26 * row), "l o t s  o f  l i t t l e  w o r d s  h e r e", fill="black")
    assert count_objects(encode(picture)).confidence <= 0.5


def test_a_thing_with_a_neck_is_one_thing_and_touching_coins_are_two():
    """A spanner's head and its handle are unlike: parts. Discs are alike: things."""
    spanner = PIL.Image.new("RGB", (600, 400), "white")
    draw = PIL.ImageDraw.Draw(spanner)
    draw.ellipse((80, 130, 220, 270), fill=(70, 60, 50))
    draw.rectangle((210, 192, 470, 208), fill=(70, 60, 50))
    draw.ellipse((450, 160, 530, 240), fill=(70, 60, 50))
    assert count_objects(encode(spanner)).number == 1
    coins = PIL.Image.new("RGB", (600, 400), "white")
    draw = PIL.ImageDraw.Draw(coins)
    draw.ellipse((100, 130, 240, 270), fill=(150, 110, 50))
    draw.ellipse((238, 130, 378, 270), fill=(150, 110, 50))
    assert count_objects(encode(coins)).number == 2
