"""Which pictures are one to the eye, and which only look alike to a hash."""

from __future__ import annotations

import io
import itertools

import PIL.Image
import PIL.ImageDraw
import pytest
from planted import crops

from sensorium.core.messages import Image
from sensorium.media.image import encode
from sensorium.tune.dataset.duplicates import connected_components, look_alike
from sensorium.tune.dataset.image_info import ImageInfo, inspect_image


def saved(picture: PIL.Image.Image, side: int, quality: int) -> ImageInfo:
    buffer = io.BytesIO()
    picture.resize((side, side)).save(buffer, "JPEG", quality=quality)
    return inspect_image(Image(buffer.getvalue()))


def drawn(
    shape: str = "ellipse", colour: tuple[int, int, int] = (220, 30, 30), x: int = 40, text: str = "7"
) -> ImageInfo:
    picture = PIL.Image.new("RGB", (128, 128), (240, 240, 240))
    draw = PIL.ImageDraw.Draw(picture)
    getattr(draw, shape)((x - 10, 30, x + 10, 50), fill=colour)
    draw.text((80, 80), text, fill="black", font_size=24)
    return inspect_image(encode(picture))


@pytest.mark.parametrize(("side", "quality"), [(64, 60), (100, 75), (200, 80), (128, 30)])
def test_copies_of_photos_are_found(side: int, quality: int) -> None:
    found = [look_alike(inspect_image(encode(crop)), saved(crop, side, quality)) for crop in crops()]
    assert sum(found) >= 0.95 * len(found)


def test_different_photos_are_never_one() -> None:
    seen = [inspect_image(encode(crop)) for crop in crops()]
    assert not any(look_alike(one, other) for one, other in itertools.combinations(seen, 2))


def test_drawings_that_share_all_but_a_little_differ() -> None:
    others = [drawn("rectangle"), drawn(colour=(230, 130, 30)), drawn(x=46), drawn(text="1")]
    assert not any(look_alike(drawn(), other) for other in others)
    assert look_alike(drawn(), drawn())


def test_another_shape_of_the_frame_is_another_picture() -> None:
    crop = crops()[0]
    assert not look_alike(inspect_image(encode(crop)), inspect_image(encode(crop.resize((128, 64)))))


def test_groups_join_along_chains() -> None:
    assert connected_components(6, [(4, 1), (2, 4), (3, 5)]) == [0, 1, 1, 3, 1, 3]
