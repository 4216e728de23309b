"""What the steps are asked: times of the film, sources, and nothing that doesn't belong to a step."""

from __future__ import annotations

import jsonschema
import numpy as np
import pytest
from coloured import picture

from sensorium import Conversation, Image, Limits
from sensorium.core.languages import Span
from sensorium.media.image import size
from sensorium.video.watch import prompts
from sensorium.video.watch.prompts import ClipNotes, WatchQuestion

NOTES = ClipNotes(
    "40.00 s to 60.00 s", 40.0, 60.0, (Span("mind the gap", 41.0, 42.5),), (Span("EXIT", 50.0, 55.0),),
    (Span("something moves left", 44.0, 46.0),), "40.00-60.00: a platform",
)  # fmt: skip
ASKED = WatchQuestion("Who waits?", ("a man", "a dog"))


def frames(count: int) -> list[Image]:
    return [Image(picture("red", number).blob, 40.0 + number * 2.5) for number in range(count)]


def wide(count: int) -> list[Image]:
    return [Image(np.full((180, 320, 3), 20 * number, np.uint8), 40.0 + number * 2.5) for number in range(count)]


def test_a_clip_is_described_with_what_is_known_of_it_but_without_the_question() -> None:
    chat = prompts.describe(frames(8), NOTES, Limits())
    images = [part.at for part in chat.parts if isinstance(part, Image)]
    text = chat.messages[-1].text
    assert images == [40.0, 42.5, 45.0, 47.5, 50.0, 52.5, 55.0, 57.5]
    assert "from 40.00 s to 60.00 s" in text and "41.00-42.50 (heard): mind the gap" in text
    assert "50.00-55.00 (read): EXIT" in text and "something moves left" in text
    assert "Who waits?" not in text


@pytest.mark.parametrize("limits", [Limits(max_images=1), Limits(advised_images=1)])
def test_a_model_of_one_image_gets_one_collage_with_every_time(limits: Limits) -> None:
    chat = prompts.describe(wide(8), NOTES, limits)
    (image,) = [part for part in chat.parts if isinstance(part, Image)]
    assert size(image)[0] > 600 and image.at is None
    text = chat.messages[-1].text
    assert "frame 1 at 40 s; frame 2 at 42.5 s" in text and "frame 8 at 57.5 s" in text
    assert "from 40.00 s to 60.00 s" in text


def test_a_model_of_few_images_gets_all_frames_on_collages() -> None:
    chat = prompts.describe(wide(8), NOTES, Limits(max_images=4))
    assert sum(isinstance(part, Image) for part in chat.parts) == 4
    assert "frame 8 at 57.5 s" in chat.messages[-1].text


def test_condensing_has_all_sources_with_their_times_and_the_question() -> None:
    text = prompts.condense(ASKED, [NOTES]).messages[-1].text
    for words in ("a platform", "mind the gap", "EXIT", "Who waits?", "a man; a dog", "copy the times exactly"):
        assert words in text
    unseen = ClipNotes("0.00 s to 9.00 s", 0, 9, NOTES.heard)
    assert "not looked at" in prompts.condense(ASKED, [unseen]).messages[-1].text
    assert "mind the gap" in prompts.condense(ASKED, [unseen]).messages[-1].text  # sound stays, whatever was seen


def test_the_answer_names_its_source_where_picture_and_sound_disagree() -> None:
    text = prompts.answer(ASKED, ["41.00-42.50 (heard): mind the gap", "NOTHING"], False).messages[-1].text
    assert "disagree" in text and "seen or said" in text and "NOTHING" not in text
    again = prompts.answer(ASKED, [], False, ["a man waits"]).messages[-1].text
    assert "did not confirm" in again and "- a man waits" in again and "(no notes)" in again


def test_pictures_of_the_question_go_where_it_is_asked() -> None:
    asked = WatchQuestion("Is this it?", pictures=(picture("blue"),))
    for chat in (
        prompts.condense(asked, [NOTES]),
        prompts.answer(asked, ["x"], False),
        prompts.answer_from_frames(asked, [frames(2)], [""], [NOTES], Limits()),
    ):
        images = [part for part in chat.parts if isinstance(part, Image)]
        assert picture("blue") in images
    shown = [part.at for part in chat.parts if isinstance(part, Image)]
    assert shown == [40.0, 42.5, None]


def test_examples_come_first_as_turns() -> None:
    asked = WatchQuestion("Who waits?", examples=(("notes", "Who runs?", "a dog"),))
    chat = prompts.answer(asked, ["x"], False)
    assert [message.role for message in chat.messages] == ["user", "assistant", "user"]
    assert chat.messages[1].text == "a dog"


def test_the_schema_takes_answers_of_its_question_only() -> None:
    moment = {"start": 1, "end": 2, "text": "x", "source": "seen"}
    good = {"evidence": [moment], "answer": "a man", "cant_tell": False}
    jsonschema.validate(good, prompts.answer_schema(ASKED, 1))
    jsonschema.validate(good | {"answer": ""}, prompts.answer_schema(ASKED, 1))
    for bad in (
        {"answer": "a cat"},
        {"evidence": [moment | {"source": "guess"}]},
        {"evidence": [moment | {"film": 1}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(good | bad, prompts.answer_schema(ASKED, 1))
    jsonschema.validate(good | {"evidence": [moment | {"film": 2}]}, prompts.answer_schema(ASKED, 2))
    chapters = WatchQuestion("Summary", wants_chapters=True)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(good | {"answer": "x"}, prompts.answer_schema(chapters, 1))


def test_a_second_look_asks_for_a_word() -> None:
    chat = prompts.check("a man waits", 41.0, 42.0, "heard", [], NOTES, Limits())
    assert isinstance(chat, Conversation) and chat.messages[-1].text.endswith("yes or no.")
    assert "is said" in chat.messages[-1].text and "mind the gap" in chat.messages[-1].text
