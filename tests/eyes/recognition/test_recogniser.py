"""Recognising: right on real photos, unsure of what is outside its world, present or not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import pytest
import skimage
import sklearn

from sensorium.core.errors import InputError, MediaError
from sensorium.core.messages import Image
from sensorium.eyes.question.sentence_vectors import vectors
from sensorium.eyes.recognition import open_vocabulary
from sensorium.eyes.recognition.recogniser import SURE, name_image, present, recognise
from sensorium.eyes.recognition.vocabulary import load_vocabulary
from sensorium.media.image import encode, pixels

PHOTOS = Path(skimage.__file__).parent / "data"
CAT, COFFEE = Image(PHOTOS / "chelsea.png"), Image(PHOTOS / "coffee.png")
ASTRONAUT, PAGE = Image(PHOTOS / "astronaut.png"), Image(PHOTOS / "page.png")
FLOWER = Image(Path(sklearn.__file__).parent / "datasets/images/flower.jpg")


def _drawn() -> Image:
    canvas = PIL.Image.new("RGB", (400, 300), "white")
    pen = PIL.ImageDraw.Draw(canvas)
    for row in range(8):
        pen.text((30, 20 + 30 * row), "Quarterly report, page two of nine", fill="black")
    return encode(canvas)


def _blots() -> Image:
    canvas = PIL.Image.new("RGB", (400, 300), "white")
    pen = PIL.ImageDraw.Draw(canvas)
    for left, top, fill in ((30, 40, "red"), (150, 130, "blue"), (280, 60, "green")):
        pen.rectangle([left, top, left + 70, top + 90], fill=fill)
    return encode(canvas)


def test_a_page_of_text_is_a_page_and_no_website() -> None:
    word = name_image(_drawn())
    assert word is not None and word.name == "printed page or screen"
    assert recognise(_drawn(), top=1)[0].probability < SURE


def test_names_a_cup_of_coffee_with_synonyms_and_order() -> None:
    sights = recognise(COFFEE, top=5)
    assert sights[0].name == "espresso" and sights[0].probability > SURE
    assert len(sights) == 5
    assert [s.probability for s in sights] == sorted((s.probability for s in sights), reverse=True)
    assert sum(s.probability for s in sights) <= 1 + 1e-9


def test_the_careful_word_is_as_wide_as_it_must_be() -> None:
    word = name_image(CAT)
    assert word is not None and word.name == "cat" and word.probability >= SURE
    assert recognise(CAT, top=1)[0].probability < SURE  # which sort of cat it can't tell
    narrow = name_image(COFFEE)
    assert narrow is not None and narrow.name == "espresso"


@pytest.mark.parametrize("image", [ASTRONAUT, FLOWER, _blots()], ids=["person", "dahlia", "drawn"])
def test_what_is_outside_its_world_gets_no_name(image: Image) -> None:
    assert name_image(image) is None
    assert recognise(image, top=1)[0].probability < 0.5


@pytest.mark.parametrize(
    ("image", "word", "there"),
    [
        (CAT, "a cat", True),
        (CAT, "kitten", True),
        (CAT, "animal", True),
        (CAT, "dog", False),
        (CAT, "cars", False),
        (COFFEE, "cup", True),
        (COFFEE, "coffee", True),
        (COFFEE, "dog", False),
        (COFFEE, "elephant", False),
        (PAGE, "horse", False),
    ],
)
def test_tells_whether_a_thing_is_there(image: Image, word: str, there: bool) -> None:
    found = present(image, word)
    assert found.known and found.probability is not None
    assert found.probability > SURE if there else found.probability < 1 - SURE
    assert found.recognitions


@pytest.mark.parametrize("word", ["person", "my brother", "red", "Nike", "happiness"])
def test_a_word_outside_its_world_gets_no_probability(word: str) -> None:
    found = present(CAT, word)
    assert not found.known and found.probability is None and found.recognitions


def test_not_seeing_one_of_a_half_known_kind_is_no_answer() -> None:
    # The 1000 lack grapes and mangoes: no fruit seen does not mean no fruit.
    found = present(CAT, "fruit")
    assert found.known and found.probability is None


def test_any_names_that_the_caller_gives() -> None:
    sights = recognise(CAT, names=["kitten", "lorry", "bowl of soup"])
    assert sights[0].name == "kitten"
    assert sum(s.probability for s in sights) == pytest.approx(1)
    assert recognise(COFFEE, names=["a pet", "a hot drink", "a tool"])[0].name == "a hot drink"


def test_any_names_are_cleaned_and_counted_once() -> None:
    sights = recognise(CAT, names=["cat", " cat ", "garden  chair"], top=9)
    assert {s.name for s in sights} == {"cat", "garden chair"}


@pytest.mark.parametrize("names", [[], [""], ["cat", "  "]])
def test_no_names_is_an_error(names: list[str]) -> None:
    with pytest.raises(InputError):
        recognise(CAT, names=names)


def test_bad_input_is_an_error() -> None:
    with pytest.raises(InputError):
        recognise(CAT, top=0)
    with pytest.raises(InputError):
        present(CAT, " ")
    with pytest.raises(MediaError):
        recognise(Image(b"no picture"))


def test_mirrored_and_shrunk_it_stays_a_cat() -> None:
    turned = pixels(CAT)[::2, ::-2]
    word = name_image(encode(np.ascontiguousarray(turned)))
    assert word is not None and word.name in ("cat", "tabby cat", "tiger cat", "Egyptian Mau")


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (900, 3)])
def test_any_shape_of_picture_is_looked_at(shape: tuple[int, int]) -> None:
    image = encode(np.full((*shape, 3), 120, dtype=np.uint8))
    assert 0 <= recognise(image)[0].probability <= 1
    assert present(image, "dog").known


def test_threads_give_equal_results() -> None:
    alone = [recognise(image) for image in (CAT, COFFEE, PAGE)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(recognise, [CAT, COFFEE, PAGE] * 3))
    for number, sights in enumerate(together):
        assert [s.name for s in sights] == [s.name for s in alone[number % 3]]


def test_the_stored_class_vectors_are_those_of_the_names() -> None:
    stored = np.load(Path(open_vocabulary.__file__).parent / "data/class-vectors.npy")
    assert stored.shape == (1000, 384) and stored.dtype == np.int8
    some = range(0, 1000, 9)
    fresh = vectors([open_vocabulary.prompt(load_vocabulary().names[i]) for i in some])
    rows = stored[list(some)].astype(np.float32) / open_vocabulary.SCALE
    cosines = (rows * fresh).sum(axis=1) / np.linalg.norm(rows, axis=1)
    assert cosines.min() > 0.995, load_vocabulary().names[list(some)[int(cosines.argmin())]]
