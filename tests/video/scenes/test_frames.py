"""Frames: equal distances, the best of each scene, or those for a question; as the question asks, within a budget."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from coloured import Colours, ColoursAndWords
from planted_films import planted_film
from scene_films import film_of, textured

from sensorium import Blob
from sensorium.core.errors import InputError
from sensorium.video.scenes.events import Candidates
from sensorium.video.scenes.frames import choose, decided, for_question, frame_size, per_scene


def scenes_film() -> Blob:
    """Return eight scenes of 0.4 to 2 s."""
    ends = np.cumsum([10, 50, 15, 40, 12, 50, 20, 30])
    return Blob(film_of(lambda n: textured(int(np.searchsorted(ends, n, side="right"))), int(ends[-1])))


def known(events: list[int], features: np.ndarray | None = None) -> Candidates:
    count = len(events)
    rows = np.eye(max(events) + 1, dtype=np.float32)[events] if features is None else features
    return Candidates(
        np.arange(count, dtype=np.float64), rows, rows[:, None].astype(np.float16), np.arange(count),
        np.ones(count, np.float32), np.ones(count, dtype=bool), np.array(events), (), float(count),
    )  # fmt: skip


def test_uniform_frames_lie_in_the_middle_of_equal_parts() -> None:
    chosen = choose(scenes_film(), 4, how="uniform")
    assert chosen.how == "uniform"
    assert [frame.at for frame in chosen.frames] == pytest.approx([1.12, 3.4, 5.64, 7.92], abs=0.05)


def test_every_scene_has_a_frame_where_there_are_enough() -> None:
    ends = np.cumsum([10, 50, 15, 40, 12, 50, 20, 30]) / 25
    chosen = choose(scenes_film(), 8, how="scenes")
    assert chosen.how == "scenes" and len(chosen.frames) == 8
    assert sorted(np.searchsorted(ends, [frame.at for frame in chosen.frames], side="right")) == list(range(8))


def test_few_frames_are_the_most_different() -> None:
    features = np.array([[1, 0, 0], [0.99, 0.14, 0], [0, 1, 0], [0, 0.99, 0.14], [0, 0, 1]], dtype=np.float32)
    chosen = per_scene(known([0, 1, 2, 3, 4], features), 3)
    assert len({0, 1} & set(chosen)) == len({2, 3} & set(chosen)) == 1 and 4 in chosen


def test_frames_for_a_question_are_where_its_answer_is(tmp_path: Path) -> None:
    path = planted_film(tmp_path / "film.mp4", 40.0, ((4.0, 7.0), (31.0, 33.0)))
    chosen = choose(Blob(path), 4, ColoursAndWords(), "When is the red square seen?", "auto")
    inside = [at for at in (frame.at for frame in chosen.frames) if 4 <= at < 7 or 31 <= at < 33]
    assert chosen.how == "question" and any(at < 10 for at in inside) and any(at > 30 for at in inside)
    assert [frame.at for frame in chosen.frames] == sorted(frame.at for frame in chosen.frames)


def test_frames_of_a_part_of_a_film_lie_in_it(tmp_path: Path) -> None:
    path = planted_film(tmp_path / "film.mp4", 40.0, ((4.0, 7.0), (31.0, 33.0)))
    for how, question in (("auto", "When is the red square seen?"), ("scenes", ""), ("uniform", "")):
        chosen = choose(Blob(path), 3, ColoursAndWords(), question, how, part=(20.0, 39.0))
        assert chosen.how == how or how == "auto"
        assert len(chosen.frames) == 3 and all(19.9 <= frame.at < 39 for frame in chosen.frames)
    assert any(31 <= frame.at < 33 for frame in choose(
        Blob(path), 3, ColoursAndWords(), "When is the red square seen?", part=(20.0, 39.0)
    ).frames)  # fmt: skip


def test_a_part_without_candidates_has_the_nearest_one() -> None:
    part = known([0, 0, 3, 3, 5]).within(2.0, 4.0)
    assert part.times.tolist() == [2.0, 3.0] and part.events.tolist() == [0, 0] and part.seconds == 2.0
    assert known([0, 0, 1]).within(1.3, 1.7).times.tolist() in ([1.0], [2.0])


def test_what_the_embedder_does_not_see_leaves_the_frames_even(tmp_path: Path) -> None:
    path = planted_film(tmp_path / "film.mp4", 20.0, ((4.0, 7.0),))
    chosen = choose(Blob(path), 4, ColoursAndWords(), "Where is the accordion?", "auto")
    assert chosen.how == "uniform" and "sees nothing" in chosen.why


def test_a_thing_that_comes_again_is_shown_again() -> None:
    near = np.array([0.9, 1.0, 0.9, 0, 0.1, 0, 0.8, 0.9, 0.8], dtype=np.float32)
    features = np.array([[1, 0]] * 3 + [[0, 1]] * 3 + [[1, 0]] * 3, dtype=np.float32)
    chosen = for_question(known([0, 0, 0, 1, 1, 1, 2, 2, 2], features), near, 2)
    assert chosen == [1, 7]


def test_more_frames_than_there_are_give_all() -> None:
    assert for_question(known([0, 1, 1]), np.array([0, 1, 0], dtype=np.float32), 9) == [0, 1, 2]
    assert per_scene(known([0, 1, 1]), 9) == [0, 1, 2]


def test_frames_within_a_change_come_last() -> None:
    row = known([0, 0, 0, 0])
    row.settled[1] = False
    assert 1 not in for_question(row, np.array([0.5, 1.0, 0.4, 0.4], dtype=np.float32), 3)


@pytest.mark.parametrize(
    ("question", "embedder", "way"),
    [
        ("", Colours(), "uniform"), ("Summarise the film", Colours(), "uniform"),
        ("When is it red?", Colours(), "question"),
        ("What does the sign say?", Colours(), "uniform"),
        ("When is it red?", None, "scenes"), ("What is the video about?", None, "uniform"),
    ],
)  # fmt: skip
def test_auto_follows_the_question(question: str, embedder: Colours | None, way: str) -> None:
    chosen, why = decided("auto", question, embedder)
    assert chosen == way and why.endswith(".")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 0}, "from 1 up, not 0"), ({"how": "question"}, "need a question"), ({"how": "best"}, "by 'best'"),
        ({"how": "question", "question": "Is it red?"}, "need an embedder"),
    ],
)  # fmt: skip
def test_what_cannot_be_chosen_is_said(arguments: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose(scenes_film(), **{"count": 3, **arguments})


def test_frames_have_the_size_that_is_said() -> None:
    assert frame_size(scenes_film(), 80) == (80, 48)
    assert choose(scenes_film(), 1, how="scenes", max_side=80).frames[0].pixels.shape == (48, 80, 3)
