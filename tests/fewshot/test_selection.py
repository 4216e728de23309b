"""Picking: what each way promises, and that a question's own picture is never among its examples."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from coloured import COLOURS, Colours, example, picture, pool
from numpy.typing import NDArray

from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation, Message, Part, Video
from sensorium.fewshot import SELECTIONS, Demonstration, picker, vote
from sensorium.tasks.task import Example

QUESTION = Conversation.of(picture("red", 30), "Which colour?")


def ids(shots: tuple[Demonstration, ...]) -> list[str]:
    return [shot.example.id for shot in shots]


@pytest.mark.parametrize("how", SELECTIONS)
def test_every_way_gives_k_different_examples_and_the_same_again(how: str) -> None:
    pick, again = (picker(how, pool(), Colours(), seed=4) for _ in range(2))
    for k in (0, 1, 2, 5, 12):
        shots = pick(QUESTION, k)
        assert len(shots) == k == len(set(ids(shots)))
        assert shots == again(QUESTION, k)


@pytest.mark.parametrize("how", ["random", "balanced"])
def test_by_chance_all_questions_get_the_same_and_fewer_are_a_part_of_more(how: str) -> None:
    pick = picker(how, pool(), seed=1)
    other = Conversation.of(picture("blue", 40), "Which colour?")
    assert pick(QUESTION, 6) == pick(other, 6)
    assert pick(QUESTION, 3) == pick(QUESTION, 6)[:3]
    assert ids(pick(QUESTION, 12)) != ids(picker(how, pool(), seed=2)(QUESTION, 12))


def test_balanced_has_every_answer_alike_often() -> None:
    many = [*pool(), *(example("red", n) for n in range(10, 30))]
    for k in (4, 8, 12):
        shots = picker("balanced", many, seed=3)(QUESTION, k)
        assert set(Counter(shot.example.answer for shot in shots).values()) == {k // 4}
    assert len(picker("balanced", many, seed=3)(QUESTION, len(many))) == len(many)


def test_the_nearest_come_last() -> None:
    shots = picker("nearest", pool(), Colours())(QUESTION, 6)
    assert [shot.example.answer for shot in shots] == ["orange"] * 3 + ["red"] * 3
    assert all(shot.contrast == "" for shot in shots)


def test_without_pictures_the_nearest_words_are_picked() -> None:
    words = [Example(Conversation.of(f"Say {c}."), (c,)) for c in ("green", "red", "blue")]
    shots = picker("nearest", words, Colours())(Conversation.of("Is it red?"), 1)
    assert shots[0].example.answer == "red"


def test_contrastive_pairs_look_alike_and_differ_in_the_answer() -> None:
    shots = picker("contrastive", pool(), Colours())(QUESTION, 4)
    assert [(shot.example.answer, shot.contrast) for shot in shots] == [("orange", "red"), ("red", "orange")] * 2
    odd = picker("contrastive", pool(), Colours())(QUESTION, 1)
    assert [(shot.example.answer, shot.contrast) for shot in odd] == [("red", "orange")]
    same = picker("contrastive", [example("red", n) for n in range(3)], Colours())(QUESTION, 3)
    assert len(same) == 3 and not any(shot.contrast for shot in same)


@pytest.mark.parametrize("how", SELECTIONS)
def test_a_questions_own_picture_is_never_picked(how: str) -> None:
    own = pool()[0]
    elsewhere = replace(own, conversation=Conversation.of(*own.conversation.parts, "Really?"), id="same picture")
    pick = picker(how, [*pool(), elsewhere], Colours())
    assert not {own.id, "same picture"} & set(ids(pick(own.conversation, 11)))
    with pytest.raises(InputError, match="12 examples were asked for, and 11 may be picked"):
        pick(own.conversation, 12)


def test_the_question_itself_is_never_picked_where_there_are_no_pictures() -> None:
    chats = [Conversation((Message("user", words),)) for words in ("a", "b")]
    pick = picker("random", [Example(chat, ("x",)) for chat in chats])
    assert [shot.example.conversation for shot in pick(chats[0], 1)] == [chats[1]]


def film(*colours: str) -> bytes:
    """Make a film of a second a colour."""
    av = pytest.importorskip("av")
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as file:
        stream = file.add_stream("mpeg4", rate=4)
        stream.width = stream.height = 64
        for colour in colours:
            shade = np.tile(np.array(COLOURS[colour], dtype=np.uint8), (64, 64, 1))
            for _ in range(4):
                file.mux(stream.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")))
        file.mux(stream.encode())
    return buffer.getvalue()


def test_clips_of_films_are_compared_by_their_frames() -> None:
    data = film("red", "blue", "green")
    clips = [
        Example(Conversation.of(Video(data, n, n + 1), "Colour?"), (colour,))
        for n, colour in enumerate(("red", "blue", "green"))
    ]
    pick = picker("nearest", clips, Colours())
    other = Conversation.of(Video(film("green", "blue"), 1, 2), "Colour?")
    assert [shot.example.answer for shot in pick(other, 1)] == ["blue"]
    own = Conversation.of(Video(data, 1.5, 2.5), "Colour?")  # shares time with the second and the third clip
    assert [shot.example.answer for shot in pick(own, 1)] == ["red"]
    with pytest.raises(InputError, match="1 may be picked"):
        pick(own, 2)


class Counting(Colours):
    """Counts what is embedded."""

    def __init__(self) -> None:
        self.parts = 0

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        self.parts += len(parts)
        return super().embed(parts)


def test_a_question_is_embedded_once() -> None:
    embedder = Counting()
    pick = picker("nearest", pool(), embedder)
    for k in (1, 2, 3):
        pick(QUESTION, k)
    assert embedder.parts == 13


def test_the_vote() -> None:
    shots = [Demonstration(example(colour, 0)) for colour in ("red", "blue", "blue", "green", "red")]
    assert vote(shots) == "red"  # as often as blue, and last
    assert vote(shots[:3]) == "blue" and vote([]) == ""


@pytest.mark.parametrize(
    ("how", "examples", "said"),
    [
        ("best", 3, "Unknown way to pick examples 'best'"),
        ("random", 0, "has no examples to pick from"),
        ("nearest", 3, "an embedder"),
    ],
)
def test_what_cannot_be_picked_is_refused(how: str, examples: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        picker(how, pool()[:examples])
