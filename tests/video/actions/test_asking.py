"""video/actions/asking: a clip as pictures with their times, or on collages, as the model takes it."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest
from films import film

from sensorium import Conversation, Image, Text, Video, ask
from sensorium.backends.fake import Fake
from sensorium.core.errors import InputError, LimitError
from sensorium.core.messages import Message
from sensorium.core.protocols import Limits
from sensorium.media.video import Frame, frames
from sensorium.video import as_frames, clip_conversation
from sensorium.video.actions.asking import spread
from sensorium.video.actions.collage import MIN_TILE, SIDE, collage, most_frames


def clip(count: int, size: tuple[int, int] = (320, 180)) -> list[Frame]:
    return [Frame(n / 3, np.full((size[1], size[0], 3), 9 * n % 250, np.uint8)) for n in range(count)]


def images(chat: Conversation) -> list[Image]:
    return [part for part in chat.parts if isinstance(part, Image)]


def test_a_model_that_takes_pictures_gets_each_frame_with_its_time() -> None:
    chat = clip_conversation(clip(3), "What moves?", Limits())
    first, *middle, last = chat.messages[0].parts
    assert first == Text("These are 3 frames of a film, in order of time.")
    assert [part.at for part in middle if isinstance(part, Image)] == [0.0, 1 / 3, 2 / 3]
    assert last == Text("What moves?")


@pytest.mark.parametrize(
    "limits", [Limits(max_images=1), Limits(advised_images=1), Limits(max_images=1, max_side=560), Limits(max_images=2)]
)
def test_a_model_that_takes_few_gets_collages(limits: Limits) -> None:
    chat = clip_conversation(clip(24), "What moves?", limits, "Film 2")
    pages = images(chat)
    assert len(pages) == (limits.max_images or 1)
    words = chat.messages[0].text
    assert "frames of Film 2, numbered in order of time" in words and words.endswith("What moves?")
    side = min(SIDE, limits.max_side or SIDE)
    for page in pages:
        assert page.at is None
        assert max(PIL.Image.open(io.BytesIO(page.blob.data)).size) <= side
    shown = 24 if side == SIDE else 8
    assert words.count("; frame ") == shown - 1 and "frame 1 at " in words


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (64, 64), (1000, 100)])
@pytest.mark.parametrize("side", [560, 1120])
def test_frames_on_a_collage_are_large_enough(size: tuple[int, int], side: int) -> None:
    most = most_frames(clip(1, size)[0], side)
    page = PIL.Image.open(io.BytesIO(collage(clip(most, size), side).blob.data))
    assert max(page.size) <= side
    longest = np.sqrt(page.width * page.height / most * max(size) / min(size))
    assert longest >= MIN_TILE and most >= 2


def test_frames_are_left_out_evenly() -> None:
    shown = spread(clip(100), 4)
    assert [round(frame.at * 3) for frame in shown] == [12, 37, 62, 87]
    assert [frame.at for frame in spread(clip(3), 8)] == [0.0, 1 / 3, 2 / 3]


def test_videos_of_a_conversation_become_frames_in_their_places() -> None:
    chat = Conversation(
        (
            Message("system", "Be brief."),
            Message("user", ["First:", Video(film(20), 0.5, 1.5), "What?"]),
            Message("assistant", "A fade."),
            Message("user", [Video(film(20)), "and", Video(film(12)), "Which is longer?"]),
        )
    )
    made = as_frames(chat, Limits(), 4)
    assert [message.role for message in made.messages] == ["system", "user", "assistant", "user"]
    turn = made.messages[1].parts
    assert turn[0] == Text("First:") and turn[-1] == Text("What?")
    assert [part.at for part in turn if isinstance(part, Image)] == [f.at for f in frames(Video(film(20), 0.5, 1.5), 4)]
    last = [part.text if isinstance(part, Text) else "picture" for part in made.messages[3].parts]
    assert last[0] == "These are 4 frames of Video 1, in order of time."
    assert last[1].startswith("Video 1, frame at ") and last[9] == "and" and last[11].startswith("Video 2, frame at ")
    assert ask(Fake("Both."), made).text == "Both."
    assert as_frames(Conversation.of("Hello"), Limits()) == Conversation.of("Hello")


def test_the_pictures_that_a_model_takes_are_shared() -> None:
    chat = Conversation.of(Video(film(20)), Video(film(12)), Image(np.zeros((8, 8, 3), np.uint8)), "?")
    assert len(images(as_frames(chat, Limits(max_images=5), 8))) == 5
    assert len(images(as_frames(chat, Limits(max_images=3), 8))) == 3  # a collage each
    with pytest.raises(LimitError, match="takes 2 pictures, and the conversation has 1 and 2 videos"):
        as_frames(chat, Limits(max_images=2))
    with pytest.raises(LimitError, match="takes no pictures"):
        as_frames(chat, Limits(parts=("text",)))
    with pytest.raises(InputError, match="needs a frame"):
        clip_conversation([], "?", Limits())
    with pytest.raises(InputError, match="needs a frame"):
        collage([])


def test_a_videos_own_rate_is_kept() -> None:
    assert len(images(as_frames(Conversation.of(Video(film(20), fps=2), "?"), Limits(), 8))) == 4
    assert len(images(as_frames(Conversation.of(Video(film(20), fps=100), "?"), Limits(), 8))) == 8
