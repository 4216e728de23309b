"""video/actions/order: which of two events comes first, by two answers that must agree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sensorium import Conversation, Image
from sensorium.backends.fake import Fake
from sensorium.core.errors import InputError
from sensorium.core.protocols import Limits
from sensorium.media.video import Frame
from sensorium.video.actions.order import order_question, which_first

CLIP = [Frame(n / 2, np.full((36, 64, 3), 20 * n, np.uint8)) for n in range(6)]
DOOR, LIGHT = "a door opens", "the light goes out"


def knows(first: str, wording: str = "{}") -> Callable[[Conversation], str]:
    """Answer with the letter of the event that comes first."""

    def answer(chat: Conversation) -> str:
        text = chat.messages[-1].text
        return wording.format("A" if f"A: {first}\n" in text else "B")

    return answer


@pytest.mark.parametrize(
    "wording", ["{}", "{}.", "({})", "Answer: {}", "The answer is {}.", "{}: it comes first.", "**{}**"]
)
@pytest.mark.parametrize("first", [DOOR, LIGHT])
def test_a_model_that_knows_is_believed(first: str, wording: str) -> None:
    model = Fake(knows(first, wording))
    found = which_first(model, CLIP, DOOR, LIGHT)
    assert found.first == first and len(found.replies) == 2
    for chat, events in zip(model.asked, ((DOOR, LIGHT), (LIGHT, DOOR)), strict=True):
        assert chat.messages[-1].text.endswith(order_question(*events))
        assert [part.at for part in chat.parts if isinstance(part, Image)] == [frame.at for frame in CLIP]


@pytest.mark.parametrize("answer", ["A", "B", "A door opens first", "Both", "I can't tell.", "A B", "ABBA"])
def test_a_habit_is_no_answer(answer: str) -> None:
    assert which_first(Fake(answer), CLIP, DOOR, LIGHT).first == ""


def test_one_image_models_get_a_collage() -> None:
    model = Fake(knows(LIGHT), Limits(max_images=1))
    assert which_first(model, CLIP, DOOR, LIGHT).first == LIGHT
    assert all(sum(isinstance(part, Image) for part in chat.parts) == 1 for chat in model.asked)


def test_one_frame_has_no_order() -> None:
    with pytest.raises(InputError, match="no order of time") as caught:
        which_first(Fake("A"), CLIP[:1], DOOR, LIGHT)
    assert caught.value.hint
