"""Where things are, what is beside them, who is there: on photos that packages carry, put together."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
import skimage

from sensorium.eyes.answers import Answer, ImageView, answer
from sensorium.media.image import encode

DATA = Path(skimage.__file__).parent / "data"


def photo(name: str, width: int) -> PIL.Image.Image:
    picture = PIL.Image.open(DATA / name).convert("RGB")
    return picture.resize((width, round(picture.height * width / picture.width)))


@pytest.fixture(scope="module")
def cat_and_woman() -> ImageView:
    """A photo of a cat on the left, one of a woman on the right."""
    picture = PIL.Image.new("RGB", (1000, 520), (128, 128, 124))
    picture.paste(photo("chelsea.png", 480), (0, 100))
    picture.paste(photo("astronaut.png", 500), (500, 10))
    return ImageView(encode(picture))


@pytest.fixture(scope="module")
def page() -> ImageView:
    picture = PIL.Image.new("RGB", (700, 500), "white")
    draw, font = PIL.ImageDraw.Draw(picture), PIL.ImageFont.load_default(30)
    for k in range(8):
        draw.text((30, 30 + 55 * k), f"Line {k}: the television is on offer", (0, 0, 0), font)
    return ImageView(encode(picture))


def asked(view: ImageView, question: str) -> Answer:
    (one,) = answer([view], question)
    return one


def test_where_a_thing_is_by_the_clock_and_in_plain_words(cat_and_woman: ImageView) -> None:
    found = asked(cat_and_woman, "Where is the cat?")
    assert found.text.startswith("The cat is at 9 o'clock, left") and found.confidence and found.confidence > 0.7
    assert found.evidence[0].kind == "detect" and found.evidence[0].box is not None
    assert asked(cat_and_woman, "Where is the giraffe?").abstained


def test_what_is_beside_a_thing_and_on_a_side(cat_and_woman: ImageView) -> None:
    assert "a person" in asked(cat_and_woman, "What is to the right of the cat?").text
    assert asked(cat_and_woman, "What is to the left of the cat?").abstained
    assert "a cat" in asked(cat_and_woman, "What is on the left?").text


def test_people_are_told_with_number_distance_and_place(cat_and_woman: ImageView) -> None:
    anybody = asked(cat_and_woman, "Is anyone there?")
    assert anybody.text.startswith("Yes, I see one person, near, at 3 o'clock, right")
    assert asked(cat_and_woman, "How many people are there?").text.startswith("I see one person")
    empty = asked(ImageView(encode(photo("gravel.png", 451))), "Is there anybody there?")
    assert empty.text.startswith("No, I see nobody") and empty.confidence and empty.confidence < 0.95


def test_of_many_people_no_number_is_told_that_boxes_cannot_give() -> None:
    crowd = PIL.Image.new("RGB", (1240, 860), (128, 128, 124))
    for number in range(8):
        crowd.paste(photo("astronaut.png", 300), (5 + 310 * (number % 4), 20 + 420 * (number // 4)))
    view = ImageView(encode(crowd))
    for question in ("Is anyone there?", "How many people are there?"):
        assert "I see many people, 6 or more" in asked(view, question).text


def test_yes_and_no_need_the_eyes_to_agree(cat_and_woman: ImageView) -> None:
    assert asked(cat_and_woman, "Is there a cat?").text.startswith("Yes")
    assert asked(cat_and_woman, "Is there a surfboard?").abstained  # a faint one is seen: neither yes nor no
    gravel = ImageView(encode(photo("gravel.png", 451)))
    assert asked(gravel, "Is there a surfboard?").text.startswith("No, I see no surfboard")
    assert asked(cat_and_woman, "Is there a violin in the picture?").abstained  # two photos: more than one eye can name


def test_pages_have_no_things_and_nobody(page: ImageView) -> None:
    assert not page.pictured and page.detections == ()
    for question in (
        "Is there a television?",
        "Is anyone there?",
        "Where is the laptop?",
        "How many people are there?",
    ):
        assert not asked(page, question).text.startswith("Yes"), question
