"""Placing: the order of the parts, one canvas, words alone; Fake receives exactly this."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from coloured import COLOURS, example, picture, pool

from sensorium.core.errors import InputError, LimitError, MediaError
from sensorium.core.messages import Audio, Conversation, Image, Message, Text, Video
from sensorium.core.protocols import Limits
from sensorium.fewshot import Demonstration, default_layout, place
from sensorium.fewshot.collage import CANVAS_SIDE
from sensorium.fewshot.layout import without_media
from sensorium.media.image import pixels
from sensorium.tasks.task import Example

SHOTS = [Demonstration(each) for each in pool()[:2]]
ASKED = example("blue", 30)


def test_interleaved_each_example_is_a_turn_and_its_answer_a_turn() -> None:
    chat = place(SHOTS, ASKED)
    assert chat == Conversation(
        (
            Message("user", [picture("red", 0), "Which colour?"]),
            Message("assistant", "red"),
            Message("user", [picture("orange", 0), "Which colour?"]),
            Message("assistant", "orange"),
            Message("user", [picture("blue", 30), "Which colour?"]),
        )
    )


@pytest.mark.parametrize("how", ["interleave", "collage", "text"])
def test_without_examples_the_question_stays_as_it_is(how: str) -> None:
    assert place([], ASKED, how) == ASKED.conversation


def test_the_system_message_comes_first_and_once() -> None:
    chat = Conversation((Message("system", "Be brief."), *ASKED.conversation.messages))
    shots = [Demonstration(replace(each.example, conversation=chat)) for each in SHOTS]
    for how in ("interleave", "text", "collage"):
        roles = [message.role for message in place(shots, chat, how).messages]
        assert roles.count("system") == 1 and roles[0] == "system"


def test_clips_of_films_keep_their_start_and_end() -> None:
    film = Example(Conversation.of(Video(b"film", 2, 4.5), "What happens?"), ("a fall",), captions=("ice",))
    chat = place([Demonstration(film)], Conversation.of(Video(b"film", 9, 11), "What happens?"))
    assert [part for part in chat.parts if isinstance(part, Video)] == [Video(b"film", 2, 4.5), Video(b"film", 9, 11)]
    words = place([Demonstration(film)], Conversation.of(Video(b"film", 9, 11), "What happens?"), "text")
    assert words.messages[0].parts == (Text("[A video: ice]"), Text("What happens?"))
    with pytest.raises(LimitError, match=r"A canvas holds pictures, not video. Use `place='interleave'`"):
        place([Demonstration(film)], ASKED, "collage")


def test_what_an_example_is_not_stands_in_its_question_and_not_in_its_answer() -> None:
    chat = place([Demonstration(SHOTS[0].example, contrast="orange")], ASKED)
    assert "is not: orange." in chat.messages[0].text and chat.messages[1].text == "red"


def test_in_words_captions_stand_for_pictures_and_answers_where_there_are_none() -> None:
    bare = replace(SHOTS[1].example, captions=())
    chat = place([SHOTS[0], Demonstration(bare)], ASKED, "text")
    assert chat.messages[0].parts == (Text("[A picture: a red square]"), Text("Which colour?"))
    assert chat.messages[2].parts == (Text("[A picture: orange]"), Text("Which colour?"))
    assert chat.messages[-1] == ASKED.conversation.messages[-1]  # the question keeps its picture


def test_without_media_only_the_question_has_a_picture() -> None:
    silent = Demonstration(Example(Conversation.of(Audio(b"bell")), ("a bell",)))
    chat = place(without_media([*SHOTS, silent]), ASKED)
    assert sum(isinstance(part, Image) for part in chat.parts) == 1
    assert chat.messages[0].parts == (Text("Which colour?"),) and chat.messages[4].text == "[Left out]"


def test_choices_that_the_words_do_not_hold_are_told() -> None:
    chosen = replace(ASKED, choices=("red", "blue"))
    assert place([], chosen).messages[-1].text == "Which colour?\nAnswer with one of: red, blue."
    held = Example(Conversation.of("Red or blue?"), ("red",), choices=("red", "blue"))
    assert place([], held) == held.conversation
    commas = replace(chosen, choices=("a, b", "c"))
    assert place([], commas).messages[-1].text.endswith("one of: a, b; c.")


def test_a_collage_is_one_picture_with_every_examples_colour_and_the_question_below() -> None:
    shots = [Demonstration(each) for each in pool()[:4]]
    chat = place(shots, ASKED, "collage")
    (message,) = chat.messages
    (canvas,) = [part for part in message.parts if isinstance(part, Image)]
    seen = pixels(canvas)
    assert max(seen.shape[:2]) <= CANVAS_SIDE
    rows = {
        colour: np.where((np.abs(seen.astype(int) - shade) < 8).all(axis=2))[0] for colour, shade in COLOURS.items()
    }
    assert all(len(found) > 200 for found in rows.values())
    blue = (np.array(COLOURS["blue"]) * 0.7).astype(int)
    below = np.where((np.abs(seen.astype(int) - blue) < 8).all(axis=2))[0]
    assert below.min() > max(found.max() for found in rows.values())
    text = message.text
    assert "1. Which colour? Answer: red\n2. Which colour? Answer: orange\n" in text and "red frame" in text
    assert text.endswith("Which colour?")


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 16, 33])
def test_a_collage_of_any_number_stays_in_its_size(count: int) -> None:
    tall = Example(Conversation.of(picture("green", 1, 8), picture("red", 2, 90), "Same?"), ("जूते" * 30,))
    shots = [Demonstration(tall)] * count
    (canvas,) = [part for part in place(shots, ASKED, "collage").parts if isinstance(part, Image)]
    assert max(pixels(canvas).shape[:2]) <= CANVAS_SIDE


def test_a_collage_without_any_picture_is_words() -> None:
    chat = place([Demonstration(Example(Conversation.of("2 + 2?"), ("4",)))], Conversation.of("3 + 3?"), "collage")
    assert list(chat.parts) == [Text("The examples:\n1. 2 + 2? Answer: 4\nNow answer:"), Text("3 + 3?")]


def test_a_broken_picture_in_a_collage_is_said() -> None:
    with pytest.raises(MediaError):
        place([Demonstration(Example(Conversation.of(Image(b"broken"), "?"), ("x",)))], ASKED, "collage")


@pytest.mark.parametrize(
    ("limits", "how", "why"),
    [
        (Limits(), "interleave", ""),
        (Limits(max_images=8), "interleave", ""),
        (Limits(max_images=1), "collage", "takes one picture"),
        (Limits(advised_images=1), "collage", "`place='interleave'` overrides it"),
        (Limits(parts=("text",)), "text", "takes no pictures"),
    ],
)
def test_the_way_that_fits_a_model(limits: Limits, how: str, why: str) -> None:
    found, said = default_layout(limits)
    assert found == how and (why in said if why else said == "")


def test_no_such_way() -> None:
    with pytest.raises(InputError, match="Unknown layout 'pile'"):
        place(SHOTS, ASKED, "pile")
