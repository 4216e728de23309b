"""video/find: the moments, told by when the red square is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from planted_films import RED, CountingColours, planted_film

from sensorium import Blob, Image
from sensorium.media.decoding import BrokenPart
from sensorium.media.image import encode, pixels
from sensorium.retrieval.query import Query
from sensorium.video import FilmFindings, Sampling, find, index_film, moments_sheet
from sensorium.video.moments.film_index import FilmInfo
from sensorium.video.moments.find import best_frame, box_in, moments_of, with_answers
from sensorium.video.moments.scoring import FrameScores

INFO = FilmInfo("a", "", 10.0, 0, 0, "", "", 0, 1.0, None, None, 0, "tiles")


def looked(tmp_path: Path, query: Image = RED, sampling: Sampling | None = None, **film: object) -> FilmFindings:
    path = planted_film(tmp_path / "a.mp4", **film)  # type: ignore[arg-type]
    embedder = CountingColours()
    index, _ = index_film(Blob(path), embedder, tmp_path / "i", sampling)
    return find(Query.of(query), "a.mp4", index, embedder)


def test_a_moment_has_start_end_best_and_place(tmp_path: Path) -> None:
    found = looked(tmp_path)
    (moment,) = found.moments
    assert (moment.start, moment.end) == pytest.approx((3.5, 6.5), abs=0.01)
    assert moment.best in (pytest.approx(4.0), pytest.approx(5.0), pytest.approx(6.0))
    assert moment.score > moment.threshold and moment.share == pytest.approx((0.64, 0.4, 1.0, 1.0))
    assert found.seconds == pytest.approx(12.0, abs=0.1)
    shown = best_frame(Blob(tmp_path / "a.mp4"), moment)
    box = box_in(moment, shown)
    assert box is not None
    inner = shown.pixels[int(box.top) : int(box.bottom), int(box.left) : int(box.right)].astype(int)
    assert ((inner[..., 0] - inner[..., 1]) > 120).sum() > 1500


def test_finer_sampling_gives_finer_times(tmp_path: Path) -> None:
    (moment,) = looked(tmp_path, sampling=Sampling(0.2), shown=((4.3, 6.9),)).moments
    assert (moment.start, moment.end) == pytest.approx((4.3, 6.9), abs=0.11)


def test_two_moments_are_two_and_one_at_each_end_is_found(tmp_path: Path) -> None:
    found = looked(tmp_path, seconds=20.0, shown=((0.0, 2.5), (8.0, 9.0), (18.0, 20.0))).moments
    assert [(m.start, m.end) for m in found] == [
        pytest.approx(times, abs=0.06) for times in ((0.0, 2.5), (7.5, 8.5), (17.5, 20.0))
    ]


def test_nothing_found_has_a_nearest_frame(tmp_path: Path) -> None:
    found = looked(tmp_path, shown=())
    assert found.moments == () and found.candidates and found.candidates[0].score < found.threshold.score


def test_a_query_of_words_is_measured_against_unrelated_ones(tmp_path: Path) -> None:
    path = planted_film(tmp_path / "a.mp4")

    class Words(CountingColours):
        """Texts without a colour point anywhere, each in its own way."""

        def _row(self, part: object) -> np.ndarray:
            text = getattr(part, "text", None)
            if text is None or "red" in text.split():
                return super()._row(part)  # type: ignore[arg-type]
            seed = np.frombuffer(text.encode().ljust(8)[:8], dtype=np.uint64)
            return np.abs(np.random.default_rng(seed).normal(size=3)) + 0.05

    embedder = Words()
    index, _ = index_film(Blob(path), embedder, tmp_path / "i")
    found = find(Query.of("something red"), "a.mp4", index, embedder)
    assert found.threshold.false_alarms_per_hour is not None and found.threshold.false_alarms_per_hour >= 0
    assert all(4.0 <= moment.best < 7.0 for moment in found.moments)
    best = max((*found.moments, *found.candidates), key=lambda moment: moment.score)
    assert 4.0 <= best.best < 7.0


def test_gaps_of_one_frame_are_bridged_and_edges_widened() -> None:
    scores = np.array([0, 0.1, 0, 0.8, 0.2, 0.9, 0.58, 0, 0, 0.1])
    frames = FrameScores(np.arange(10.0), scores, np.zeros((10, 4), dtype=np.float32))
    (first, *others) = [m for m in moments_of("a", frames, 0.7, INFO)]
    over = [m for m in (first, *others) if m.is_over]
    assert [(m.start, m.end, m.best) for m in over] == [(2.5, 6.5, 5.0)]
    assert all(m.end - m.start <= 1.5 for m in (first, *others) if not m.is_over)


def test_at_scenes_a_moment_is_the_scene() -> None:
    from dataclasses import replace

    frames = FrameScores(np.array([0.0, 2.2, 7.1]), np.array([0.1, 0.9, 0.1]), np.zeros((3, 4), dtype=np.float32))
    (moment,) = [m for m in moments_of("a", frames, 0.5, replace(INFO, every=None)) if m.is_over]
    assert (moment.start, moment.end, moment.best) == (2.2, 7.1, 2.2)


def test_json_has_the_five_fields(tmp_path: Path) -> None:
    (moment,) = looked(tmp_path).moments
    value = moment.to_json()
    assert {"film", "start", "end", "best", "score"} <= set(value)
    assert value["film"] == "a.mp4" and "confirmed" not in value


def test_only_what_is_confirmed_stays(tmp_path: Path) -> None:
    found = looked(tmp_path, seconds=20.0, shown=((3.0, 5.0), (12.0, 14.0)))
    first, second = found.moments
    candidate = found.candidates[0]
    after = with_answers(found, {first.best: False, second.best: True, candidate.best: True})
    assert [m.best for m in after.moments] == sorted((second.best, candidate.best))
    assert all(m.confirmed for m in after.moments) and after.candidates[0].confirmed is False


def test_a_sheet_shows_the_frames(tmp_path: Path) -> None:
    found = looked(tmp_path)
    page = pixels(Image(moments_sheet([(Blob(tmp_path / "a.mp4"), found)], "red"))).astype(int)
    assert ((page[..., 0] - page[..., 1]) > 120).sum() > 3000
    nothing = FilmFindings("a.mp4", (), found.moments, found.threshold, 12.0, (BrokenPart(1, 2, "x"),))
    assert pixels(Image(moments_sheet([(Blob(tmp_path / "a.mp4"), nothing)], "red"))).shape == page.shape


def test_the_offline_embedder_finds_a_photo(tmp_path: Path) -> None:
    """A cat of scikit-image laid into a corner of a drawn film, by its picture."""
    data = pytest.importorskip("skimage.data")
    from sensorium import load
    from sensorium.video.haystack.compose import Planting, compose

    cat = encode(np.asarray(PIL.Image.fromarray(data.chelsea()).crop((60, 0, 400, 300))))
    source = planted_film(tmp_path / "plain.mp4", 6.0, ())
    film = compose(
        [Blob(source)], 12.0, [Planting(cat, 5.0, 8.0, 0.5, 1.0, (1.0, 0.0))], tmp_path / "a.mp4", (320, 180), 10
    )
    embedder = load("offline", role="embedder")
    index, _ = index_film(Blob(film), embedder, tmp_path / "i")
    (moment,) = find(Query.of(cat), "a.mp4", index, embedder).moments
    assert (moment.start, moment.end) == pytest.approx((5.0, 8.0), abs=0.51) and 5.0 <= moment.best < 8.0
