"""Small films, made here: each frame a grey of its own, so that a frame tells its time."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np

from sensorium import Video


def film(
    count: int = 20,
    fps: int = 10,
    size: tuple[int, int] = (64, 48),
    gop: int = 12,
    kind: str = "mp4",
    sound: bool = False,
) -> bytes:
    """Encode `count` frames; frame n is grey (10 n mod 250) at its left and blue at its right."""
    buffer = io.BytesIO()
    codec = {"mp4": "mpeg4", "matroska": "mpeg4", "webm": "libvpx"}[kind]
    with av.open(buffer, "w", format=kind) as out:
        stream = out.add_stream(codec, rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = gop
        heard = out.add_stream("mp3" if kind != "webm" else "libvorbis", rate=44100) if sound else None
        for number in range(count):
            pixels = np.full((size[1], size[0], 3), grey(number), dtype=np.uint8)
            pixels[:, size[0] // 2 :] = (0, 0, 200)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if heard is not None:
            silence = np.zeros((1, 44100), dtype=np.float32)
            tone = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            tone.sample_rate = 44100
            out.mux(heard.encode(tone))
            out.mux(heard.encode(None))
    return buffer.getvalue()


def grey(number: int) -> int:
    return number * 10 % 250


def clip(start: float | None = None, end: float | None = None) -> Video:
    """Return a clip of two seconds' film, 10 frames a second."""
    return Video(film(), start, end)
