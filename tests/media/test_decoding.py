"""media/decoding: which frames come out, whatever is left out or broken, and that memory stays flat."""

from __future__ import annotations

import gc
import io
import os
import random
from fractions import Fraction
from pathlib import Path

import av
import pytest
from films import film, number_of, numbered

from sensorium.core.blob import Blob
from sensorium.core.errors import MediaError
from sensorium.media.decoding import FaultLog, Scaler, every_frame, opened, shown_at

X264 = {"preset": "ultrafast", "g": "10", "bf": "0"}
B_FRAMES = {"preset": "veryfast", "g": "30", "bf": "3"}


def numbers(blob: Blob, times: list[float], exact: bool = True, log: FaultLog | None = None) -> list[tuple[float, int]]:
    scaled = Scaler(320)
    return [(at, number_of(scaled(frame))) for at, frame in shown_at(blob, times, exact, log)]


@pytest.mark.parametrize("options", [X264, B_FRAMES, {"preset": "veryfast", "g": "1000"}])
@pytest.mark.parametrize("rate", [Fraction(24_000, 1001), Fraction(30)])
def test_each_frame_is_the_one_shown_then_though_others_are_left_out(rate: Fraction, options: dict[str, str]) -> None:
    data, own = numbered(rate, 120, options=options)
    for step in (0.31, 1.0):
        times = [i * step for i in range(int(own[-1] / step))]
        found = numbers(Blob(data), times)
        right = [max(n for n, at in enumerate(own) if at <= time + 1e-6) for time in times]
        assert [number for _, number in found] == right
        assert [at for at, _ in found] == pytest.approx([own[n] for n in right], abs=1e-4)


def test_times_are_the_frames_own_in_a_film_of_variable_rate() -> None:
    data, own = numbered(count=120, variable=True, options=B_FRAMES)
    for exact in (True, False):
        found = numbers(Blob(data), [i * 0.5 for i in range(int(own[-1] * 2))], exact)
        assert len(found) > 20
        assert [at for at, _ in found] == pytest.approx([own[number] for _, number in found], abs=1e-4)


def test_without_exactness_frames_come_up_to_three_before() -> None:
    data, own = numbered(count=120, options=B_FRAMES)
    times = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    found = numbers(Blob(data), times, exact=False)
    assert all(-0.001 <= time - at <= 0.101 for time, (at, _) in zip(times, found, strict=True))
    assert [at for at, _ in found] == pytest.approx([own[number] for _, number in found], abs=1e-4)


def test_a_time_given_back_finds_the_same_frame() -> None:
    data, own = numbered(Fraction(24_000, 1001), 100, options=B_FRAMES)
    for number in (1, 23, 24, 71, 99):
        assert numbers(Blob(data), [round(own[number], 6)]) == [(pytest.approx(own[number], abs=1e-4), number)]


def test_intra_refresh_has_no_keyframe_to_skip_to() -> None:
    data, _ = numbered(count=120, options={"preset": "veryfast", "intra-refresh": "1", "g": "20"})
    assert [number for _, number in numbers(Blob(data), [0.0, 1.0, 2.0, 3.0, 3.9])] == [0, 30, 60, 90, 117]


@pytest.mark.parametrize(
    ("codec", "pixel_format"), [("libx264", "yuv420p10le"), ("libx265", "yuv420p10le"), ("libvpx-vp9", "yuv420p")]
)
def test_other_codecs_and_ten_bits(codec: str, pixel_format: str) -> None:
    kind = "webm" if codec == "libvpx-vp9" else "mp4"
    data, _ = numbered(count=40, codec=codec, pixel_format=pixel_format, kind=kind)
    assert [number for _, number in numbers(Blob(data), [0.0, 0.5, 1.0])] == [0, 15, 30]


@pytest.mark.parametrize("kind", ["mp4", "matroska", "mpegts"])
def test_a_broken_middle_is_passed_and_told_with_its_time(kind: str) -> None:
    data, _ = numbered(count=300, options=X264, kind=kind)
    chance, damaged = random.Random(0), bytearray(data)
    damaged[len(data) * 4 // 10 : len(data) * 5 // 10] = chance.randbytes(len(data) * 5 // 10 - len(data) * 4 // 10)
    log = FaultLog()
    found = numbers(Blob(bytes(damaged)), [i / 2 for i in range(20)], log=log)
    times = [at for at, _ in found]
    assert times[:6] == pytest.approx([0, 0.5, 1, 1.5, 2, 2.5], abs=0.07) and max(times) > 9
    assert log.faults and all(2.5 < fault.end and fault.start < 7 for fault in log.faults)
    assert all(fault.reason for fault in log.faults)


def test_a_film_that_ends_early_and_one_that_holds_nothing() -> None:
    data, _ = numbered(count=90, options=X264, kind="matroska")
    assert len(numbers(Blob(data[: len(data) // 2]), [i / 10 for i in range(30)])) in range(8, 24)
    with pytest.raises(MediaError, match="isn't a video, or is broken"):
        list(shown_at(Blob(data[:1200]), [0.0]))


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv"])
def test_what_a_file_that_was_cut_off_promised_is_told_up_to_its_end(ending: str, tmp_path: Path) -> None:
    data, _ = numbered(count=180, options=X264)
    whole = tmp_path / f"whole.{ending}"
    options = {} if ending == "mkv" else {"movflags": "faststart"}  # else what is cut off is its index
    with av.open(io.BytesIO(data)) as source, av.open(str(whole), "w", options=options) as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux():
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    log = FaultLog()
    assert max(at for at, _ in every_frame(Blob(whole), log)) > 5.9 and not log.faults
    cut = whole.read_bytes()
    last = max(at for at, _ in every_frame(Blob(cut[: len(cut) * 6 // 10]), log))
    (fault,) = log.faults
    assert 1 < last < 5 and fault.start == pytest.approx(last, abs=0.4) and fault.end == pytest.approx(6, abs=0.1)


def test_faults_that_touch_are_one() -> None:
    log = FaultLog()
    for start, end in ((1.0, 2.0), (2.0, 2.5), (4.0, 3.0)):
        log.add(start, end, "broken")
    assert [(fault.start, fault.end) for fault in log.faults] == [(1.0, 2.5), (4.0, 4.0)]


def test_a_file_is_read_as_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(film(20, 10, kind="matroska"))
    with open(path, "ab") as file:  # as large as a film of hours; no block of it is on the disk
        file.truncate(5_000_000_000)
    blob = Blob(path)
    assert next(shown_at(blob, [0.0]))[0] == 0.0
    assert blob._data is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_a_pipe_and_a_playlist_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:10,\n/etc/passwd\n")
    (tmp_path / "empty.mp4").write_bytes(b"")
    for name, said in (("pipe.mp4", "is a pipe"), ("list.m3u8", "isn't a video"), ("empty.mp4", "is empty")):
        with pytest.raises(MediaError, match=said), opened(Blob(tmp_path / name)):
            pass


def test_frames_are_freed_as_they_go() -> None:
    """PyAV's side data holds its frame in a circle: no frame may wait for the collector."""
    data, _ = numbered(count=60, options=X264)
    scaled, alive = Scaler(64), 0
    gc.collect()
    gc.freeze()  # what other tests have left need not be looked through
    gc.disable()
    try:
        for _, frame in shown_at(Blob(data), [i / 30 for i in range(60)]):
            scaled(frame)
            del frame
            alive = max(alive, sum(type(thing).__name__ == "SideDataContainer" for thing in gc.get_objects()))
    finally:
        gc.enable()
        gc.unfreeze()
    assert alive <= 1
