"""Clips along scenes, and their frames from one decode with the film's own times."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from films import number_of, numbered
from watched import numbered_film

from sensorium import Video
from sensorium.core.errors import InputError, MediaError
from sensorium.media import decoding
from sensorium.media.image import pixels
from sensorium.video.watch import segments as module
from sensorium.video.watch.segments import Segment, SourceFilm, frame_times, frames_at, segment_frames, segments


@pytest.mark.parametrize("boundaries", [(), (5.0, 19.0, 61.0), (0.2, 0.4, 89.9), tuple(range(1, 90))])
def test_clips_cover_the_film_and_none_is_too_long(boundaries: tuple[float, ...]) -> None:
    found = segments(0.0, 90.0, boundaries, 20.0)
    assert found[0][0] == 0.0 and found[-1][1] == 90.0
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(found))
    assert all(0 < end - start <= 20.0 + 1e-6 for start, end in found)


def test_clips_are_cut_where_scenes_begin() -> None:
    assert segments(0.0, 40.0, (12.0, 25.0), 20.0) == [(0.0, 12.0), (12.0, 25.0), (25.0, 40.0)]
    assert segments(0.0, 12.0, (3.0, 6.0, 9.0), 20.0) == [(0.0, 12.0)]
    assert segments(5.0, 50.0, (), 20.0) == [(5.0, 20.0), (20.0, 35.0), (35.0, 50.0)]


def test_a_clip_without_room_is_refused() -> None:
    with pytest.raises(InputError, match=r"0\.1 s is too short"):
        segments(0, 10, longest=0.1)


@pytest.mark.parametrize(
    ("rate", "variable"), [(Fraction(24000, 1001), False), (Fraction(30), False), (Fraction(30), True)]
)
def test_every_frame_has_its_own_time(rate: Fraction, variable: bool) -> None:
    data, times = numbered(rate, 120, variable)
    film = SourceFilm.of(Video(data))
    parts = [Segment(0, start, end) for start, end in segments(film.start, film.end, (), 2.0)]
    count = 0
    for part, frames in segment_frames(film, parts, 4, 320):
        for frame, wanted in zip(frames, frame_times(part.start, part.end, len(frames)), strict=True):
            assert frame.at == pytest.approx(times[number_of(pixels(frame))], abs=1e-4)
            if len(frames) == 4:
                shown = max(time for time in times if time <= wanted + 1e-6)
                assert frame.at == pytest.approx(shown, abs=1e-4)
            count += 1
    assert count >= len(parts) * 2


def test_a_frame_that_stands_for_long_is_given_to_every_clip_once() -> None:
    data, _ = numbered(Fraction(1, 10), 3)  # a frame for ten seconds
    film = SourceFilm.of(Video(data))
    parts = [Segment(0, 0.0, 4.0), Segment(0, 4.0, 8.0), Segment(0, 8.0, 12.0)]
    found = dict(segment_frames(film, parts, 4, 320))
    assert [len(found[part]) for part in parts] == [1, 1, 2]
    assert found[parts[1]][0].at == 0.0


def test_overlapping_clips_and_one_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    film = SourceFilm.of(Video(numbered_film(20)))
    passes = []
    real = decoding.shown_at
    monkeypatch.setattr(module, "shown_at", lambda *a, **k: passes.append(1) or real(*a, **k))
    parts = [Segment(0, 1.0, 5.0), Segment(0, 2.0, 6.0), Segment(0, 15.0, 20.0)]
    found = dict(segment_frames(film, parts, 4, 320))
    assert len(passes) == 1 and all(len(frames) == 4 for frames in found.values())
    for part, frames in found.items():
        assert all(part.start - 0.2 <= (frame.at or 0.0) < part.end for frame in frames)


def test_a_clip_of_a_film_keeps_the_films_times() -> None:
    film = SourceFilm.of(Video(numbered_film(20), 5, 9))
    assert (film.start, film.end, film.seconds) == (5.0, 9.0, 4.0)
    ((_, frames),) = segment_frames(film, [Segment(0, film.start, film.end)], 4, 320)
    assert [number_of(pixels(frame)) for frame in frames] == [27, 32, 37, 42]
    assert [frame.at for frame in frames] == pytest.approx([5.4, 6.4, 7.4, 8.4])


def test_past_the_end_the_last_frame_stands() -> None:
    film = SourceFilm.of(Video(numbered_film(4)))
    found = list(frames_at(film.blob, [3.9, 5.0, 6.0], 320))
    assert [place for place, _ in found] == [0, 1, 2] and found[-1][1].at == pytest.approx(3.8)


def test_what_isnt_a_film_is_refused() -> None:
    with pytest.raises(MediaError):
        SourceFilm.of(Video(b"no film"))
