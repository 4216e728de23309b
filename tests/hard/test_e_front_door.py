"""What people type first, and hand in: one row an input, with the right value or the sentence of its refusal."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import PIL.Image
import pytest

from sensorium import Conversation, Delta, Image, Options, SensoriumError, Text, ask, ask_all, stream
from sensorium.backends.fake import Fake
from sensorium.media.image import decode

RED = (200, 10, 30)


def colours(array: Any, **more: Any) -> PIL.Image.Image:
    """Return an array as a Pillow image."""
    return PIL.Image.fromarray(array, **more)


def two_by_three() -> Any:
    """Return a picture of two rows and three columns; only its upper left pixel is red."""
    array = np.zeros((2, 3, 3), dtype=np.uint8)
    array[0, 0] = RED
    return array


def saved(image: PIL.Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def lying() -> PIL.Image.Image:
    """Return a photo as a phone saves it: its pixels lie on their side, and EXIF says so."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Maker"
    return PIL.Image.open(io.BytesIO(saved(colours(two_by_three()), "PNG", exif=exif)))


# --- questions, as people write them -------------------------------------------------------------------------------

WAYS: dict[str, Callable[[Fake], object]] = {
    "words": lambda model: ask(model, "What?"),
    "words and options": lambda model: ask(model, "What?", options=Options(retries=0)),
    "picture, then words": lambda model: ask(model, Image(two_by_three()), "What?"),
    "array, then words": lambda model: ask(model, two_by_three(), "What?"),
    "Pillow image, then words": lambda model: ask(model, colours(two_by_three()), "What?"),
    "words, then array": lambda model: ask(model, "What?", two_by_three()),
    "conversation": lambda model: ask(model, Conversation.of("What?")),  # held
    "conversation and options": lambda model: ask(model, Conversation.of("What?"), Options()),  # held
    "conversation and None": lambda model: ask(model, Conversation.of("What?"), None),  # held
    "stream": lambda model: list(stream(model, two_by_three(), "What?")),
    "ask_all of words": lambda model: ask_all(model, ["What?"]),
    "ask_all of parts": lambda model: ask_all(model, [(two_by_three(), "What?")]),
    "conversation of an array": lambda model: ask(model, Conversation.of(two_by_three(), "What?")),
    "one more turn with an array": lambda model: ask(
        model, Conversation.of("Hello").then("assistant", "Yes?").then("user", two_by_three(), "What?")
    ),
}
PICTURE = Image(two_by_three())
ASKED = {
    "picture, then words": (PICTURE, Text("What?")), "array, then words": (PICTURE, Text("What?")),
    "Pillow image, then words": (PICTURE, Text("What?")), "words, then array": (Text("What?"), PICTURE),
    "stream": (PICTURE, Text("What?")), "ask_all of parts": (PICTURE, Text("What?")),
    "conversation of an array": (PICTURE, Text("What?")), "one more turn with an array": (PICTURE, Text("What?")),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_question_is_asked_as_people_write_it(way: str) -> None:
    model = Fake("A cat.")
    WAYS[way](model)
    parts = model.asked[-1].messages[-1].parts
    expected = ASKED.get(way, (Text("What?"),))
    assert [type(part) for part in parts] == [type(part) for part in expected]
    for part, right in zip(parts, expected, strict=True):
        if isinstance(right, Image):
            assert isinstance(part, Image) and np.array_equal(decode(part).pixels, decode(right).pixels)
        else:
            assert part == right


NOT_QUESTIONS: dict[str, tuple[Callable[[Fake], object], str]] = {
    "nothing": (
        lambda model: ask(model),
        'The question is missing. Try ask(model, Image("photo.jpg"), "What is this?").',
    ),
    "a file's name": (
        lambda model: ask(model, "photo.jpg", "What?"),
        "'photo.jpg' would be asked as words. Give the file: Image('photo.jpg')",
    ),
    "an address": (
        lambda model: ask(model, "https://example.org/a.PNG", "What?"),
        "'https://example.org/a.PNG' would be asked as words. Give the file: Image('https://example.org/a.PNG')",
    ),
    "options twice": (
        lambda model: ask(model, "What?", Options(), options=Options()),  # type: ignore[call-overload]
        "The options were given twice. Leave one out.",
    ),
    "a conversation and words": (
        lambda model: ask(model, Conversation.of("Hello"), "What?"),
        'A conversation is asked by itself. Add to it: chat.then("user", "What is this?")',
    ),
    "a number": (
        lambda model: ask(model, 3, "What?"),  # type: ignore[call-overload]
        'A message holds Text, Image, Audio and Video, not int. Try Image("photo.jpg").',
    ),
}


@pytest.mark.parametrize("way", NOT_QUESTIONS)
def test_what_is_no_question_is_refused(way: str) -> None:
    question, sentence = NOT_QUESTIONS[way]
    model = Fake("A cat.")
    with pytest.raises(SensoriumError) as caught:
        question(model)
    assert str(caught.value) == sentence
    assert not model.asked


# --- pictures of other libraries -----------------------------------------------------------------------------------

GREY = np.array([[0, 128, 255]], dtype=np.uint8)
PICTURES: dict[str, tuple[Callable[[], Any], list[list[tuple[int, int, int]]]]] = {
    "array, grey": (lambda: GREY.copy(), [[(0, 0, 0), (128, 128, 128), (255, 255, 255)]]),
    "array, grey with an axis": (lambda: GREY.copy()[:, :, None], [[(0, 0, 0), (128, 128, 128), (255, 255, 255)]]),
    "array, RGB": (two_by_three, [[RED, (0, 0, 0), (0, 0, 0)], [(0, 0, 0)] * 3]),
    "array, RGBA opaque": (
        lambda: np.dstack((two_by_three(), np.full((2, 3), 255, np.uint8))),
        [[RED, (0, 0, 0), (0, 0, 0)], [(0, 0, 0)] * 3],
    ),
    "array, turned in memory": (
        lambda: two_by_three().transpose(1, 0, 2),
        [[RED, (0, 0, 0)], [(0, 0, 0)] * 2, [(0, 0, 0)] * 2],
    ),
    "array, every second column": (lambda: two_by_three()[:, ::2], [[RED, (0, 0, 0)], [(0, 0, 0)] * 2]),
    "Pillow, RGB": (lambda: colours(two_by_three()), [[RED, (0, 0, 0), (0, 0, 0)], [(0, 0, 0)] * 3]),
    "Pillow, grey": (lambda: colours(GREY), [[(0, 0, 0), (128, 128, 128), (255, 255, 255)]]),
    "Pillow, black and white": (lambda: PIL.Image.new("1", (1, 1), 1), [[(255, 255, 255)]]),
    "Pillow, palette": (lambda: PIL.Image.new("RGB", (1, 1), RED).quantize(2), [[RED]]),
    "Pillow, CMYK": (lambda: PIL.Image.new("CMYK", (1, 1), (0, 255, 255, 0)), [[(255, 0, 0)]]),
    "Pillow, a photo that lies on its side": (lying, [[(0, 0, 0), RED], [(0, 0, 0)] * 2, [(0, 0, 0)] * 2]),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_other_libraries_keep_their_pixels(name: str) -> None:
    make, right = PICTURES[name]
    picture = make()
    image = Image(picture)
    assert np.array_equal(decode(image).pixels, np.array(right, dtype=np.uint8))
    if isinstance(picture, PIL.Image.Image):
        assert b"Maker" not in image.blob.data  # of EXIF only what turns it upright
    else:
        picture[...] = 7  # later changes have no effect
        assert np.array_equal(decode(Image(image.blob.data)).pixels, np.array(right, dtype=np.uint8))


HINT = "Give (height, width), (height, width, 1), (height, width, 3) RGB or (height, width, 4) RGBA."
NOT_PICTURES: dict[str, tuple[Callable[[], Any], str]] = {
    "0 to 1": (lambda: np.zeros((2, 3, 3)), "An array of float64 isn't a picture: its values must be uint8, 0 to 255."),
    "int64": (lambda: np.zeros((2, 3), dtype=np.int64), "An array of int64 isn't a picture"),
    "uint16": (lambda: np.zeros((2, 3), dtype=np.uint16), "An array of uint16 isn't a picture"),
    "booleans": (lambda: np.zeros((2, 3), dtype=bool), "An array of bool isn't a picture"),
    "channels first": (
        lambda: np.zeros((3, 5, 7), np.uint8),
        "An array of shape (3, 5, 7) isn't a picture. Put the channels last: array.transpose(1, 2, 0)",
    ),
    "a batch": (lambda: np.zeros((2, 5, 7, 3), np.uint8), f"An array of shape (2, 5, 7, 3) isn't a picture. {HINT}"),
    "two channels": (lambda: np.zeros((5, 7, 2), np.uint8), f"An array of shape (5, 7, 2) isn't a picture. {HINT}"),
    "no rows": (lambda: np.zeros((0, 7, 3), np.uint8), f"An array of shape (0, 7, 3) isn't a picture. {HINT}"),
    "Pillow, HSV": (
        lambda: PIL.Image.new("HSV", (2, 2)),
        "The PIL image of mode 'HSV' can't be saved: cannot write mode HSV as TIFF. Convert it: image.convert(\"RGB\")",
    ),
    "Pillow, of a cut-off file": (
        lambda: PIL.Image.open(io.BytesIO(saved(PIL.Image.effect_noise((90, 90), 50), "JPEG")[:900])),
        "The PIL image of mode 'L' can't be saved: image file is truncated",
    ),
    "a list": (
        lambda: [[0, 1], [2, 3]],
        'An image is a path, bytes, a PIL image or a uint8 array, not list. Try Image("photo.jpg").',
    ),
}


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_no_picture_is_refused_by_name(name: str) -> None:
    make, sentence = NOT_PICTURES[name]
    with pytest.raises(SensoriumError) as caught:
        Image(make())
    assert str(caught.value).startswith(sentence)
    assert caught.value.hint


def test_a_fake_streams_what_it_was_given() -> None:
    assert "".join(delta.text for delta in stream(Fake(Delta("A cat.")), "What?")) == "A cat."
