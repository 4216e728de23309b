"""Scenes of broken and unusual films: handled, or a clear error."""

from __future__ import annotations

import io
import random
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import PIL.Image
import pytest
from films import turned
from scene_films import cut, film_of, textured

from sensorium import Blob
from sensorium.core.errors import MediaError
from sensorium.media.decoding import FaultLog
from sensorium.video.scenes.cuts import scenes
from sensorium.video.scenes.frames import choose
from sensorium.video.scenes.signals import thumbnails


def encoded(
    draw: Callable[[int], np.ndarray], count: int, kind: str, codec: str, pixel_format: str,
    options: dict[str, str] | None = None, first: int = 0, rate: Fraction | int = 25,
) -> bytes:  # fmt: skip
    """Encode frames by any codec, the first at `first` frames' time."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        shape = draw(0).shape
        stream.width, stream.height, stream.pix_fmt = shape[1], shape[0], pixel_format
        for number in range(count):
            pixels = np.ascontiguousarray(draw(number))
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba" if pixels.shape[2] == 4 else "rgb24")
            frame.pts, frame.time_base = number + first, 1 / Fraction(rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def sound(kind: str = "mp4") -> bytes:
    """Return a film that has only sound."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as out:
        stream = out.add_stream("aac", rate=16000, layout="mono")
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 16000), dtype=np.float32), format="fltp", layout="mono")
        tone.sample_rate = 16000
        out.mux(stream.encode(tone))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def relabelled(data: bytes, box: bytes, factor: float) -> bytes:
    """Return an MP4 whose mvhd or mdhd states another duration (ISO/IEC 14496-12, 8.2.2 and 8.4.2; version 0)."""
    out, at = bytearray(data), data.index(box) + 4 + 16
    assert data[data.index(box) + 4] == 0
    stated = int.from_bytes(data[at : at + 4], "big")
    out[at : at + 4] = min(2**32 - 2, int(stated * factor)).to_bytes(4, "big")
    return bytes(out)


def damaged(kind: str) -> bytes:
    """Return a film of four scenes of 2 s, a tenth of it, within the second and third, overwritten."""
    data = encoded(lambda n: textured(n // 50), 200, kind, "libx264", "yuv420p", {"g": "25", "crf": "18"})
    out = bytearray(data)
    start, end = len(data) * 45 // 100, len(data) * 55 // 100
    out[start:end] = random.Random(0).randbytes(end - start)
    return bytes(out)


def see_through(n: int) -> np.ndarray:
    """Return the frames of a cut, their left half transparent."""
    alpha = np.full((96, 160, 1), 255, np.uint8)
    alpha[:, :80] = 60
    return np.concatenate((cut()(n), alpha), axis=2)


def animated() -> bytes:
    """Return a GIF of ten frames, five of a picture."""
    frames = [PIL.Image.fromarray(textured(1 + n // 5)) for n in range(10)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return buffer.getvalue()


def resized() -> bytes:
    """Return a transport stream whose second half has frames of another size."""
    one = encoded(lambda n: textured(1), 40, "mpegts", "libx264", "yuv420p", {"bf": "0"})
    two = encoded(lambda n: textured(2, (320, 192)), 40, "mpegts", "libx264", "yuv420p", {"bf": "0"}, first=40)
    return one + two


def raw() -> bytes:
    """Return bare H.264, without any container or times."""
    return encoded(cut(), 75, "h264", "libx264", "yuv420p", {"bf": "0"})


def cut_off(data: bytes) -> bytes:
    """Return the first nine tenths of a file."""
    return data[: len(data) * 9 // 10]


@dataclass(frozen=True)
class Row:
    """A film, where its scenes start, and where it ends (None: not checked)."""

    name: str
    make: Callable[[], bytes]
    starts: tuple[float, ...]
    end: float | None = 3.0


X264 = ("mp4", "libx264", "yuv420p")
HANDLED = (
    Row("one frame", lambda: encoded(cut(), 1, *X264), (0.0,), 0.04),
    Row("two frames", lambda: encoded(cut(1), 2, *X264), (0.0, 0.04), 0.08),
    Row("turned as phones do", lambda: turned(film_of(cut())), (0.0, 1.6)),
    Row("ten bits", lambda: encoded(cut(), 75, "mp4", "libx264", "yuv420p10le"), (0.0, 1.6)),
    Row("alpha", lambda: encoded(see_through, 75, "mov", "qtrle", "argb"), (0.0, 1.6)),
    Row("colours of 4:4:4", lambda: encoded(cut(), 75, "matroska", "libx264", "yuv444p"), (0.0, 1.6)),
    Row("grey", lambda: encoded(cut(), 75, "matroska", "ffv1", "gray"), (0.0, 1.6)),
    Row("MPEG-4 part 2", lambda: encoded(cut(), 75, "avi", "mpeg4", "yuv420p"), (0.0, 1.6)),
    Row("WebM", lambda: encoded(cut(), 75, "webm", "libvpx", "yuv420p", {"deadline": "realtime"}), (0.0, 1.6)),
    Row("GIF", animated, (0.0, 0.5), 1.0),
    Row("bare H.264", raw, (0.0, 1.6), None),
    Row("begins at 2 s", lambda: encoded(cut(), 75, "matroska", *X264[1:], first=50), (0.0, 1.6), None),
    Row("mdhd ten times too long", lambda: relabelled(film_of(cut()), b"mdhd", 10), (0.0, 1.6)),
    Row("mdhd of 0", lambda: relabelled(film_of(cut()), b"mdhd", 0), (0.0, 1.6)),
    Row("mvhd ten times too long", lambda: relabelled(film_of(cut()), b"mvhd", 10), (0.0, 1.6)),
    Row("mvhd of 0", lambda: relabelled(film_of(cut()), b"mvhd", 0), (0.0, 1.6)),
    Row("frames change their size", resized, (0.0, 1.6), None),
    Row("variable rate", lambda: film_of(cut(), times=lambda n: 90 * (40 * n + 17 * (n % 3))), (0.0, 1.617), None),
    Row("a pause of 8 s", lambda: film_of(cut(), times=lambda n: 3600 * (n + 200 * (n >= 40))), (0.0, 9.6), 11.0),
    Row("ends early", lambda: cut_off(encoded(cut(20), 100, "matroska", *X264[1:])), (0.0, 0.8), None),
)
REFUSED = (
    Row("nothing", lambda: b"", ()),
    Row("a text", lambda: b"This is a text. " * 100, ()),
    Row("only sound", sound, ()),
    Row("only sound, Matroska", lambda: sound("matroska"), ()),
    Row("a header without a film", lambda: film_of(cut())[:300], ()),
)
MESSAGES = ("is empty", "isn't a video", "no frames, only sound", "no frames, only sound", "isn't a video")


@pytest.mark.parametrize("row", HANDLED, ids=lambda row: row.name)
def test_it_has_its_scenes(row: Row) -> None:
    found = scenes(Blob(row.make()))
    assert [scene.start for scene in found] == pytest.approx(row.starts, abs=0.021)
    if row.end is not None:
        assert found[-1].end == pytest.approx(row.end, abs=0.05)
    assert all(scene.end > scene.start for scene in found)


@pytest.mark.parametrize(("row", "message"), list(zip(REFUSED, MESSAGES, strict=True)), ids=lambda one: str(one)[:40])
def test_it_is_refused(row: Row, message: str) -> None:
    for work in (scenes, lambda film: choose(film, 4), lambda film: choose(film, 4, how="scenes")):
        with pytest.raises(MediaError, match=message) as caught:
            work(Blob(row.make()))
        assert caught.value.hint


@pytest.mark.parametrize("how", ["uniform", "scenes"])
@pytest.mark.parametrize("row", HANDLED, ids=lambda row: row.name)
def test_frames_can_be_chosen(row: Row, how: str) -> None:
    chosen = choose(Blob(row.make()), 2, how=how)
    assert 1 <= len(chosen.frames) <= 2 and all(frame.pixels.shape[2] == 3 for frame in chosen.frames)


@pytest.mark.parametrize("kind", ["mp4", "matroska", "mpegts"])
def test_a_broken_middle_costs_only_what_is_in_it(kind: str) -> None:
    log = FaultLog()
    found = scenes(Blob(damaged(kind)), log)
    assert log.faults and all(1.0 < fault.end and fault.start < 7.0 for fault in log.faults)
    starts = [scene.start for scene in found]
    assert any(at == pytest.approx(2.0, abs=0.05) for at in starts), "the cut before it"
    assert any(at == pytest.approx(6.0, abs=0.05) for at in starts), "the cut after it"
    assert found[-1].end == pytest.approx(8.0, abs=0.1)


def test_a_turned_film_is_looked_at_upright() -> None:
    data = film_of(
        lambda n: np.concatenate((np.zeros((96, 80, 3)), np.full((96, 80, 3), 230)), axis=1).astype(np.uint8), 2
    )
    _, plain = next(thumbnails(Blob(data)))
    _, upright = next(thumbnails(Blob(turned(data))))
    assert plain.shape == (29, 48, 3) and upright.shape == (48, 29, 3)
    assert upright[:20].mean() < 20 and upright[-20:].mean() > 200  # what is at the right goes to the bottom


def test_four_hours_at_a_low_rate_take_no_more_memory() -> None:
    hours = 4 * 3600
    pictures = [textured(seed, (64, 48)) for seed in range(8)]
    data = encoded(
        lambda n: pictures[n // 450 % 8], hours // 4, "mp4", "libx264", "yuv420p", {"preset": "ultrafast"},
        rate=Fraction(1, 4),
    )  # fmt: skip
    film = Blob(data)
    tracemalloc.start()
    found = scenes(film)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [scene.start for scene in found] == pytest.approx([1800.0 * n for n in range(8)])
    assert found[-1].end == pytest.approx(hours, abs=4) and peak < 12_000_000
