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


def numbered(
    rate: Fraction = Fraction(30),
    count: int = 90,
    variable: bool = False,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    pixel_format: str = "yuv420p",
    kind: str = "mp4",
    first: float = 0.0,
    jump: float = 0.0,
    degrees: int = 0,
) -> tuple[bytes, list[float]]:
    """Encode frames that hold their number as 16 black and white bars; return the file and each frame's time.

    The first frame is at `first` seconds of the file, which is 0 of the film; the sixth is shown for `jump` seconds;
    a player turns the frames by `degrees`, 0 or 90, as phones' films are turned.
    """
    chance, times, at, buffer = np.random.default_rng(0), [], 0, io.BytesIO()
    start = round(first * 90_000)
    with av.open(buffer, "w", format=kind) as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = (96, 320) if degrees else (320, 96)
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = Fraction(1, 90_000)
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(np.rot90(bars(number), degrees // 90).copy(), format="rgb24")
            frame.pts, frame.time_base = start + at, Fraction(1, 90_000)
            times.append(at / 90_000)
            at += round(jump * 90_000) if number == 5 else 0
            at += int(chance.choice([1500, 3000, 9000, 30_000])) if variable else round(90_000 / rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return (turned(buffer.getvalue()) if degrees else buffer.getvalue()), times


def turned(data: bytes) -> bytes:
    """Write a rotation by 90 degrees into an MP4's track header (ISO/IEC 14496-12, 8.3.2), as phones do."""
    at = data.index(b"tkhd") + 4 + 40
    matrix = (0, 65536, 0, -65536, 0, 0, 0, 0, 0x40000000)
    return data[:at] + b"".join(value.to_bytes(4, "big", signed=True) for value in matrix) + data[at + 36 :]


def bars(number: int) -> np.ndarray:
    """Return 96 rows of 320 pixels with a number's 16 bits, the lowest at the left."""
    bits = np.array([255 if number >> bit & 1 else 0 for bit in range(16)], dtype=np.uint8)
    pixels = np.full((96, 320, 3), 128, dtype=np.uint8)
    pixels[16:80] = np.repeat(bits, 20)[None, :, None]
    return pixels


def number_of(pixels: np.ndarray) -> int:
    """Read the number of a frame of `numbered`, of any size."""
    row, width = pixels[pixels.shape[0] // 2].mean(axis=1), pixels.shape[1] / 16
    return sum(int(row[int((bit + 0.5) * width)] > 128) << bit for bit in range(16))
