"""media/video: which frame is shown when, told by each frame's own grey."""

from __future__ import annotations

import io
import sys
from fractions import Fraction

import av
import numpy as np
import pytest
from films import clip, film, grey, turned

from sensorium import Blob, Video
from sensorium.core.errors import InputError, InstallError, MediaError
from sensorium.media.image import encode
from sensorium.media.video import Frame, every, frames, probe


def number(frame: Frame) -> int:
    """Tell which frame of the film it is, by its grey."""
    seen = float(frame.pixels[:, : frame.pixels.shape[1] // 3].mean())
    return min(range(25), key=lambda n: abs(grey(n) - seen))


def test_a_film_is_told_by_its_header() -> None:
    told = probe(Video(film(20, 10, (64, 48))))
    assert (told.width, told.height, told.fps) == (64, 48, 10.0)
    assert told.seconds == pytest.approx(2.0, abs=0.01)
    assert probe(Video(film(sound=True))).fps == 10
    assert probe(clip(0.5, 1.25)).seconds == pytest.approx(0.75)
    assert probe(clip(0.5, 99)).seconds == pytest.approx(1.5, abs=0.01)


@pytest.mark.parametrize("gop", [1, 5, 100])
@pytest.mark.parametrize("kind", ["mp4", "matroska", "webm"])
def test_frames_are_those_shown_at_their_times(kind: str, gop: int) -> None:
    video = Video(film(20, 10, gop=gop, kind=kind))
    found = frames(video, 4)
    assert [frame.at for frame in found] == pytest.approx([0.2, 0.7, 1.2, 1.7], abs=0.06)
    assert [number(frame) for frame in found] == [round(frame.at * 10) for frame in found]


@pytest.mark.parametrize("gop", [1, 100])
def test_a_clip_is_cut_from_the_right_place(gop: int) -> None:
    video = Video(film(25, 10, gop=gop), 1.5, 2.0)
    found = frames(video, 5)
    assert [number(frame) for frame in found] == [15, 16, 17, 18, 19]
    assert [frame.at for frame in found] == pytest.approx([1.5, 1.6, 1.7, 1.8, 1.9], abs=0.01)


def test_more_frames_than_there_are_gives_each_once() -> None:
    found = frames(Video(film(5, 10)), 50)
    assert [number(frame) for frame in found] == [0, 1, 2, 3, 4]


def test_every_second_is_a_frame_as_it_comes() -> None:
    found = list(every(Video(film(25, 10)), 0.5))
    assert [number(frame) for frame in found] == [0, 5, 10, 15, 20]
    assert [number(frame) for frame in every(Video(film(25, 10), 1.0, 2.0), 0.5)] == [10, 15]


def test_large_frames_are_shrunk() -> None:
    video = Video(film(2, 10, (640, 320)))
    for longest in (100, 500):
        (frame,) = frames(video, 1, longest)
        assert frame.pixels.shape == (longest // 2, longest, 3)
        assert not frame.pixels.flags.writeable
        assert frame.pixels[5, -5, 2] > 120 > frame.pixels[5, 5, 2] + 60  # blue stays at the right


def test_a_phones_film_is_turned_upright() -> None:
    upright = Video(turned(film(4, 10, (64, 48))))
    told = probe(upright)
    assert (told.width, told.height) == (48, 64)
    (frame,) = frames(upright, 1)
    assert frame.pixels.shape == (64, 48, 3)
    blue = frame.pixels[..., 2].astype(int) - frame.pixels[..., 0]
    # the matrix takes (x, y) to (-y, x): what is at the right goes to the bottom
    assert blue[-20:].mean() > 100 > 30 > blue[:20].mean()


def test_a_film_that_begins_late_begins_at_zero() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), grey(n), dtype=np.uint8), format="rgb24")
            frame.pts, frame.time_base = n + 50, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    found = frames(Video(buffer.getvalue()), 2)
    assert all(0 <= frame.at < 1 for frame in found)


def test_a_film_that_breaks_off_is_seen_up_to_there() -> None:
    data = film(25, 10, kind="matroska")
    found = list(every(Video(data[: len(data) * 2 // 3]), 0.1))
    assert 3 < len(found) < 25
    assert [number(frame) for frame in found] == list(range(len(found)))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"no film at all " * 50, "isn't a video"),
        (film()[:200], "isn't a video"),
    ],
)
def test_what_is_no_film_is_said(data: bytes, said: str) -> None:
    with pytest.raises(MediaError, match=said) as caught:
        frames(Video(data), 2)
    assert caught.value.hint


def test_a_sound_has_no_pictures() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="wav") as out:
        stream = out.add_stream("pcm_s16le", rate=8000)
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 800), dtype=np.int16), format="s16", layout="mono")
        tone.sample_rate = 8000
        out.mux(stream.encode(tone))
        out.mux(stream.encode(None))
    with pytest.raises(MediaError, match="no frames, only sound"):
        probe(Video(buffer.getvalue()))


def test_a_clip_after_the_end_is_the_users_mistake() -> None:
    with pytest.raises(InputError, match=r"2\.0 s long; the clip begins at 5 s"):
        frames(clip(5), 2)
    with pytest.raises(InputError, match="not 0"):
        frames(clip(), 0)
    with pytest.raises(InputError, match="over 0 s"):
        list(every(clip(), 0))


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InstallError, match="av") as caught:
        probe(Video(Blob(film(3))))
    assert caught.value.hint == 'Type: pip install "sensorium[video]"'


def test_the_same_film_is_not_decoded_again() -> None:
    video = clip()
    assert frames(video, 3) is frames(video, 3)
    assert frames(video, 3) is not frames(video, 3, 20)
    assert encode(frames(video, 1)[0].pixels).blob.data
