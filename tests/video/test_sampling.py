"""video/sampling: the frames at a rate or at scene changes, with their own times."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from films import number_of, numbered

from sensorium import Blob
from sensorium.core.errors import InputError
from sensorium.video.sampling import Sampling, sample

FAST = {"preset": "ultrafast"}


def scenes(lengths: list[float], fade: int = 0) -> bytes:
    """Encode drawn scenes, each another noise that moves a little; with `fade` frames between them."""
    chance, buffer = np.random.default_rng(3), io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=20, options=FAST)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        number = 0
        for length in lengths:
            scene = np.kron(chance.integers(0, 256, (6, 10, 3)), np.ones((16, 16, 1))).astype(np.uint8)
            for place in range(round(length * 20)):
                frame = av.VideoFrame.from_ndarray(np.roll(scene, place // 4, axis=1), format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 20)
                number += 1
                out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def test_a_frame_each_second_with_its_own_time() -> None:
    data, own = numbered(Fraction(24_000, 1001), 120, options=FAST)
    found = list(sample(Blob(data), Sampling(1.0, max_side=320)))
    assert [frame.at for frame in found] == pytest.approx([own[number_of(frame.pixels)] for frame in found], abs=1e-5)
    assert [frame.at for frame in found] == pytest.approx([0, 1, 2, 3, 4, 5], abs=0.2)


def test_a_part_of_a_film() -> None:
    data, _ = numbered(count=240, options=FAST)
    found = list(sample(Blob(data), Sampling(0.5, 3.0, 4.6, max_side=320)))
    assert [frame.at for frame in found] == pytest.approx([3.0, 3.5, 4.0, 4.5], abs=0.15)
    with pytest.raises(InputError, match="begins at 9 s"):
        list(sample(Blob(data), Sampling(start=9.0)))


def test_frames_are_small_and_not_writable() -> None:
    data, _ = numbered(count=10, options=FAST)
    (frame,) = sample(Blob(data), Sampling(max_side=100))
    assert frame.pixels.shape == (30, 100, 3) and not frame.pixels.flags.writeable


def test_anamorphic_films_get_their_shape_back() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 72, 58, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(16, 11)
        frame = av.VideoFrame.from_ndarray(np.full((58, 72, 3), 90, dtype=np.uint8), format="rgb24")
        for number in range(5):
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    (shown,) = sample(Blob(buffer.getvalue()), Sampling(1.0))
    assert shown.pixels.shape[:2] == (58, 105)


def test_at_scene_changes_one_frame_a_scene() -> None:
    found = [frame.at for frame in sample(Blob(scenes([2.0, 3.5, 1.0, 4.0])), Sampling(None))]
    assert found == pytest.approx([0.0, 2.0, 5.5, 6.5], abs=0.26)


def test_a_long_scene_gives_a_frame_each_ten_seconds() -> None:
    found = [frame.at for frame in sample(Blob(scenes([25.0])), Sampling(None))]
    assert found == pytest.approx([0.0, 10.0, 20.0], abs=0.3)


@pytest.mark.parametrize("every", [0.0, -1.0, 1e6, float("nan")])
def test_a_step_that_makes_no_sense_is_refused(every: float) -> None:
    with pytest.raises(InputError, match=r"0\.01 to 86,400 s"):
        Sampling(every)
