"""Events: frames to choose from lie in all scenes, outside of fades, and know which belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from coloured import Colours
from planted_films import CountingColours, planted_film
from scene_films import cut, dissolve, film_of, textured

from sensorium import Blob
from sensorium.core.errors import MediaError
from sensorium.video.scenes.events import candidates, event_numbers, pieces


def unit(*rows: tuple[float, ...]) -> np.ndarray:
    table = np.array(rows, dtype=np.float32)
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def test_scenes_are_events() -> None:
    known = candidates(Blob(film_of(lambda n: textured(n // 40), 200)))
    assert known.count == 5 and len(known.scenes) == 5 and known.seconds == pytest.approx(8.0)
    assert sorted(set(known.events.tolist())) == [0, 1, 2, 3, 4]
    assert all(
        known.scenes[event].start <= at < known.scenes[event].end
        for event, at in zip(known.events, known.times, strict=True)
    )


def test_a_short_scene_has_a_frame_too() -> None:
    known = candidates(Blob(film_of(lambda n: textured(3 if 40 <= n < 52 else 1), 100)), every=2.0)
    assert any(1.6 <= at < 2.08 for at in known.times)


def test_frames_within_a_dissolve_are_not_settled() -> None:
    known = candidates(Blob(film_of(dissolve(50, 12), 100)), every=0.1)
    inside = (known.times > 38.5 / 25) & (known.times < 61.5 / 25)
    assert not known.settled[inside].any() and known.settled[(known.times < 1.4) | (known.times > 2.6)].all()


def test_a_scene_is_parted_where_its_frames_stop_being_alike() -> None:
    features = unit((1, 0), (1, 0.05), (0.2, 1), (0.2, 1), (1, 0))
    assert event_numbers(features, np.zeros(5, dtype=np.int64)).tolist() == [0, 0, 1, 1, 2]
    settled = np.array([True, True, False, True, True])
    assert event_numbers(features[:3], np.zeros(3, dtype=np.int64), settled[:3]).tolist() == [0, 0, 0]


def test_scenes_that_are_just_alike_are_one_event() -> None:
    features = unit((1, 0), (1, 0.01), (0, 1))
    assert event_numbers(features, np.array([0, 1, 2])).tolist() == [0, 0, 1]


def test_an_embedder_says_how_near_frames_are_to_the_question(tmp_path: Path) -> None:
    path = planted_film(tmp_path / "film.mp4", 12.0, ((4.0, 7.0),))
    known = candidates(Blob(path), Colours())
    near = known.relevance("red", Colours()).near
    red = (known.times >= 4.0) & (known.times < 7.0)
    assert red.any() and near[red].min() > near[~red].max()
    assert np.linalg.norm(known.features, axis=1) == pytest.approx(1.0, abs=1e-3)


def test_frames_that_stay_the_same_are_embedded_once() -> None:
    embedder = CountingColours()
    known = candidates(Blob(film_of(cut(50), 100)), embedder)
    assert known.times.size >= 4 and embedder.pictures < 4 * known.times.size


def test_pieces_are_the_frame_and_squares_along_its_longer_side() -> None:
    assert [piece.shape[:2] for piece in pieces(np.zeros((90, 160, 3), np.uint8))] == [(90, 160), *[(90, 90)] * 3]
    assert [piece.shape[:2] for piece in pieces(np.zeros((160, 90, 3), np.uint8))] == [(160, 90), *[(90, 90)] * 3]


def test_what_is_no_film_is_said() -> None:
    with pytest.raises(MediaError, match="isn't a video"):
        candidates(Blob(b"no film" * 100))
