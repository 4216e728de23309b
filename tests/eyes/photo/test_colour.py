import numpy as np
import PIL.Image
import PIL.ImageDraw
import pytest

from sensorium.core.errors import InputError, MediaError
from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.eyes.photo.colour import BASIC_TERMS, Shade, basic_term, colours, describe_colours, object_colours
from sensorium.media.image import encode

SWATCHES = [
    ((10, 10, 10), "black"), ((250, 250, 250), "white"), ((128, 128, 128), "grey"), ((200, 20, 25), "red"),
    ((250, 130, 10), "orange"), ((250, 230, 30), "yellow"), ((30, 140, 50), "green"), ((30, 190, 190), "turquoise"),
    ((30, 70, 200), "blue"), ((120, 40, 150), "purple"), ((250, 130, 180), "pink"), ((105, 65, 30), "brown"),
    ((222, 200, 165), "beige"),
]  # fmt: skip


def beside_white(rgb):
    """A swatch over most of a picture with a white margin, by which the light can be judged."""
    picture = np.full((120, 160, 3), 250, dtype=np.uint8)
    picture[10:110, 10:150] = rgb
    return encode(picture)


def disc(rgb, ground=(196, 190, 182), light=1.0):
    noise = np.random.default_rng(0).normal(0, 3, (300, 400, 3))
    picture = PIL.Image.new("RGB", (400, 300), ground)
    PIL.ImageDraw.Draw(picture).ellipse((120, 70, 280, 230), fill=rgb)
    return encode(np.clip(np.asarray(picture) * light + noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(("rgb", "name"), SWATCHES, ids=[name for _, name in SWATCHES])
def test_basic_terms(rgb, name):
    region = Box(20, 20, 140, 100)
    (shade,) = colours(beside_white(rgb), region)
    assert shade.basic == name
    assert shade.share > 0.5
    assert shade.rgb == pytest.approx(rgb, abs=2)


@pytest.mark.parametrize(
    ("rgb", "name"),
    [((15, 25, 60), "navy"), ((20, 45, 120), "dark blue"), ((150, 195, 240), "light blue"),
     ((15, 75, 30), "dark green"), ((120, 10, 15), "dark red"), ((205, 205, 205), "light grey")],
)  # fmt: skip
def test_dark_and_light(rgb, name):
    assert colours(beside_white(rgb), Box(20, 20, 140, 100))[0].name == name


def test_shares_of_a_whole_picture():
    picture = np.zeros((100, 100, 3), dtype=np.uint8)
    picture[:, :60], picture[:, 60:] = (200, 20, 25), (250, 250, 250)
    first, second = colours(encode(picture))[:2]
    assert (first.basic, second.name) == ("red", "white")
    assert first.share == pytest.approx(0.6, abs=0.08)
    assert len(colours(encode(picture), max_colours=1)) == 1


def test_the_thing_and_its_background():
    found = object_colours(disc((190, 25, 35)))
    assert found.thing[0].basic == "red"
    assert found.background[0].basic in ("grey", "beige", "white")  # the brightest ground may pass for white
    assert found.confidence > 0.8
    assert found.box == pytest.approx((120, 70, 281, 231), abs=8)


@pytest.mark.parametrize(
    "light", [(0.45, 0.45, 0.45), (1.0, 0.92, 0.8), (0.85, 0.95, 1.05)], ids=["dim", "warm", "cool"]
)
@pytest.mark.parametrize(("rgb", "name"), [((190, 25, 35), "red"), ((35, 75, 190), "blue"), ((40, 140, 60), "green")])
def test_names_hold_under_other_light(rgb, name, light):
    assert object_colours(disc(rgb, light=np.array(light))).thing[0].basic == name


def test_without_a_thing_it_is_unsure():
    noise = np.random.default_rng(1).integers(60, 200, (300, 400, 3)).astype(np.uint8)
    assert object_colours(encode(noise)).confidence < 0.8
    tiny = object_colours(encode(np.full((3, 3, 3), 90, dtype=np.uint8)))
    assert (tiny.box, tiny.thing, tiny.confidence) == (None, (), 0.0)
    assert tiny.background[0].basic in BASIC_TERMS


def test_a_region_of_less_than_a_pixel_at_the_counting_size():
    picture = np.full((2000, 2000, 3), 240, dtype=np.uint8)
    picture[500:1500, 500:1500] = (30, 70, 200)
    assert colours(encode(picture), Box(1000, 1000, 1003, 1003))[0].basic == "blue"


@pytest.mark.parametrize("region", [Box(500, 500, 600, 600), Box(-50, -50, -10, -10), Box(50, 50, 40, 40)])
def test_a_region_outside_the_picture_is_an_error(region):
    with pytest.raises(InputError, match="outside the picture"):
        colours(beside_white((9, 9, 9)), region)


def test_wrong_input_is_an_error():
    with pytest.raises(InputError, match="not 0"):
        colours(beside_white((9, 9, 9)), max_colours=0)
    with pytest.raises(MediaError):
        object_colours(Image(b"no picture"))


def test_says_joins_as_people_do():
    shades = [
        Shade("dark blue", 0.5, (0, 0, 90)),
        Shade("white", 0.3, (255, 255, 255)),
        Shade("red", 0.05, (255, 0, 0)),
    ]
    assert describe_colours(shades) == "dark blue and white"
    assert describe_colours([*shades[:2], Shade("red", 0.2, (255, 0, 0))]) == "dark blue, white and red"
    assert describe_colours(shades[2:]) == "red"
    assert describe_colours([]) == ""


def test_basic_of_a_name():
    assert [basic_term(name) for name in ("dark blue", "navy", "light grey", "beige", "")] == [
        "blue",
        "blue",
        "grey",
        "beige",
        "",
    ]
