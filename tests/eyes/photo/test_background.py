import numpy as np
import pytest

from sensorium.core.errors import MediaError
from sensorium.core.messages import Image
from sensorium.eyes.photo.background import cutout_pixels, find_foreground, linear, oklab
from sensorium.media.image import encode


def drawn(width=400, height=300, left=120, top=80, right=280, bottom=220, thing=(180, 30, 40), around=(200, 190, 170)):
    noise = np.random.default_rng(0).normal(0, 4, (height, width, 3))
    picture = np.full((height, width, 3), around, dtype=float)
    picture[top:bottom, left:right] = thing
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def test_white_and_red_in_oklab():
    white, red = oklab(linear(np.array([[255, 255, 255], [255, 0, 0]], dtype=np.uint8)))
    assert white == pytest.approx([1.0, 0.0, 0.0], abs=1e-3)
    assert red == pytest.approx([0.628, 0.225, 0.126], abs=2e-3)  # Ottosson's own figures


@pytest.mark.parametrize("size", [1, 3])
def test_a_thing_on_a_plain_ground_is_cut_out(size):
    picture = drawn().repeat(size, axis=0).repeat(size, axis=1)
    found = find_foreground(encode(picture))
    truth = np.zeros((300 * size, 400 * size), dtype=bool)
    truth[80 * size : 220 * size, 120 * size : 280 * size] = True
    assert found.mask.shape == truth.shape
    assert overlap(found.mask, truth) > 0.9
    assert found.confidence > 0.8
    assert found.box == pytest.approx((120 * size, 80 * size, 280 * size, 220 * size), abs=5 * size)


@pytest.mark.parametrize(
    ("left", "right", "side"), [(0, 160, 0), (240, 400, 2)], ids=["over the left edge", "over the right edge"]
)
def test_a_thing_may_run_over_an_edge(left, right, side):
    found = find_foreground(encode(drawn(left=left, right=right)))
    truth = np.zeros((300, 400), dtype=bool)
    truth[80:220, left:right] = True
    assert overlap(found.mask, truth) > 0.85
    assert found.box[side] == (0 if side == 0 else 400)


def test_without_a_thing_it_is_unsure():
    noise = np.random.default_rng(1).integers(90, 150, (300, 400, 3)).astype(np.uint8)
    assert find_foreground(encode(noise)).confidence < 0.5
    assert find_foreground(encode(np.full((50, 60, 3), 200, dtype=np.uint8))).confidence < 0.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (2, 2), (5, 900)])
def test_odd_sizes_do_not_fail(shape):
    picture = np.random.default_rng(2).integers(0, 255, (*shape, 3)).astype(np.uint8)
    found = find_foreground(encode(picture))
    assert found.mask.shape == shape
    assert 0.0 <= found.confidence <= 1.0


def test_twice_gives_the_same():
    picture = drawn()
    assert np.array_equal(cutout_pixels(picture).mask, cutout_pixels(picture).mask)


def test_no_picture_is_an_error():
    with pytest.raises(MediaError):
        find_foreground(Image(b"no picture"))
