"""video/picture_haystack: the needle lies at its depth, and answers are scored by its number."""

from __future__ import annotations

from pathlib import Path

import pytest
from coloured import Colours, picture

from sensorium import Image
from sensorium.backends.fake import Fake
from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation
from sensorium.video.haystack.needles import Needle
from sensorium.video.haystack.pictures import NONE, cells, measure, picture_task

HAY = [picture(colour, number) for colour in ("blue", "green") for number in range(10)]
NEEDLES = [Needle("red", picture("red"), "a red square"), Needle("orange", picture("orange"), "an orange square")]


def seer(chat: Conversation) -> str:
    """Answer as one who compares the pictures by their bytes."""
    *hay, needle = [part for part in chat.parts if isinstance(part, Image)]
    return f"Picture {hay.index(needle) + 1}." if needle in hay else "None of them."


def test_the_needle_lies_at_its_depth() -> None:
    task, places = picture_task(NEEDLES, HAY, (5, 11), (0.0, 0.5, 1.0))
    assert len(task) == len(places) == 2 * 4 * 2
    for example, place in zip(task.examples, places, strict=True):
        *hay, needle = [part for part in example.conversation.parts if isinstance(part, Image)]
        assert len(hay) == place.count and len(set(hay)) == place.count
        if place.depth is None:
            assert needle not in hay and example.answer == NONE
        else:
            assert hay.index(needle) == round(place.depth * (place.count - 1)) == int(example.answer) - 1


def test_a_model_is_scored_by_the_cell(tmp_path: Path) -> None:
    task, places = picture_task(NEEDLES, HAY, (5, 11), (0.0, 1.0))
    model = Fake(seer, name="seer")
    answers = measure(model, task, Colours(), folder=tmp_path / "run")
    assert {cell.mean for cell in cells(answers, places, "seer").values()} == {1.0}
    nearest = cells(answers, places, "colours")
    assert {key: cell.mean for key, cell in nearest.items()} == {
        (count, depth): float(depth is not None) for count in (5, 11) for depth in (0.0, 1.0, None)
    }
    assert all(cell.n == 2 for cell in nearest.values())
    measure(model, task, Colours(), folder=tmp_path / "run")
    assert len(model.asked) == len(task)  # what is stored is not asked again


def test_a_model_that_always_says_the_first_is_right_at_depth_0_only() -> None:
    task, places = picture_task(NEEDLES, HAY, (5,), (0.0, 0.5, 1.0))
    found = cells(measure(Fake("1", name="first"), task), places, "first")
    assert [found[5, depth].mean for depth in (0.0, 0.5, 1.0, None)] == [1.0, 0.0, 0.0, 0.0]


def test_by_text_the_needle_is_named() -> None:
    task, places = picture_task(NEEDLES, HAY, (6,), (0.5,), by="text", absent=False)
    chat = task.examples[0].conversation
    assert sum(isinstance(part, Image) for part in chat.parts) == 6
    assert "Which of the numbered pictures shows a red square?" in chat.messages[-1].text
    found = cells(measure(None, task, Colours(), "text"), places, "colours")
    assert found[6, 0.5].mean == 1.0


def test_what_cannot_be_asked_is_told() -> None:
    with pytest.raises(InputError, match="can't be made of 20"):
        picture_task(NEEDLES, HAY, (21,), (0.5,))
    with pytest.raises(InputError, match="no text"):
        picture_task([Needle("x", HAY[0])], HAY[1:], (3,), (0.5,), by="text")
    with pytest.raises(InputError, match="neither a model nor an embedder"):
        measure(None, picture_task(NEEDLES, HAY, (3,), (0.5,))[0])
