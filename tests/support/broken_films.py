"""Films that are odd or broken, each frame with its number; tests/media/test_broken_videos says what is right."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
from films import bars, numbered

from sensorium.media.image import encode


def only_sound() -> bytes:
    """An MP4 whose only track is sound."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=16_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def with_alpha(kind: str, codec: str, pixel_format: str) -> bytes:
    """Ten frames, ten a second, with a transparency of their own."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as out:
        stream = out.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 96, pixel_format
        for number in range(10):
            opacity = np.full((96, 320), 128 if number % 2 else 255, np.uint8)
            frame = av.VideoFrame.from_ndarray(np.dstack([bars(number), opacity]), format="rgba")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def with_length(factor: float) -> bytes:
    """A film of two seconds whose media header (mdhd; ISO/IEC 14496-12, 8.4.2) says `factor` times that."""
    data = numbered(count=60)[0]
    at = data.index(b"mdhd") + 4 + 16
    length = int(int.from_bytes(data[at : at + 4], "big") * factor)
    return data[:at] + length.to_bytes(4, "big") + data[at + 4 :]


def corrupt(kind: str) -> bytes:
    """A film of eight seconds; a twelfth of the file before its middle is random."""
    data = bytearray(numbered(count=240, options={"g": "24"}, kind=kind)[0])
    half = len(data) // 2
    chance = np.random.default_rng(0)
    data[half - len(data) // 12 : half] = chance.integers(0, 256, len(data) // 12, dtype=np.uint8).tobytes()
    return bytes(data)


GOOD: dict[str, tuple[Callable[[], bytes], float]] = {
    "one frame, MP4": (lambda: numbered(count=1)[0], 30),
    "one frame, Matroska": (lambda: numbered(count=1, kind="matroska")[0], 30),
    "10-bit": (lambda: numbered(count=60, pixel_format="yuv420p10le")[0], 30),
    "10-bit 4:2:2": (lambda: numbered(count=60, pixel_format="yuv422p10le")[0], 30),
    "alpha, VP9": (lambda: with_alpha("webm", "libvpx-vp9", "yuva420p"), 10),
    "alpha, QuickTime animation": (lambda: with_alpha("mov", "qtrle", "argb"), 10),
    "alpha, PNG": (lambda: with_alpha("mov", "png", "rgba"), 10),
    "alpha, ProRes 4444": (lambda: with_alpha("mov", "prores_ks", "yuva444p10le"), 10),
    "length of 0": (lambda: with_length(0), 30),
    "length too short": (lambda: with_length(0.1), 30),
    "length too long": (lambda: with_length(10), 30),
    "GIF": (lambda: numbered(Fraction(10), 20, kind="gif", codec="gif", pixel_format="rgb8")[0], 10),
    "corrupt middle, MP4": (lambda: corrupt("mp4"), 30),
    "corrupt middle, Matroska": (lambda: corrupt("matroska"), 30),
    "corrupt middle, transport stream": (lambda: corrupt("mpegts"), 30),
    "rotated": (lambda: numbered(count=60, degrees=90)[0], 30),
}
"""Name -> (the file, frames a second of it)."""
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "no video track": (only_sound, "no frames, only sound"),
    "a picture": (lambda: encode(bars(3)).blob.data, "has no length: it holds one frame or none"),
    "no index": (lambda: numbered(count=60)[0][:2000], "isn't a video, or is broken"),
    "empty": (lambda: b"", "is empty"),
    "text": (lambda: b"no film at all " * 50, "isn't a video, or is broken"),
}
"""Name -> (the file, what the error says)."""
