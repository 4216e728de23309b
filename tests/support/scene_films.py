"""Small films of coloured scenes with a change in their middle, made here."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import PIL.Image

FPS = 25
Draw = Callable[[int], np.ndarray]


def textured(seed: int, size: tuple[int, int] = (160, 96), wider: int = 1) -> np.ndarray:
    """Draw soft coloured spots that no other seed has."""
    spots = np.random.default_rng(seed).integers(20, 235, (6, 10 * wider, 3), dtype=np.uint8)
    return np.asarray(PIL.Image.fromarray(spots).resize((size[0] * wider, size[1]), PIL.Image.Resampling.BICUBIC))


def film_of(
    draw: Draw, count: int = 75, fps: Fraction | int = FPS, kind: str = "mp4", times: Callable[[int], int] | None = None
) -> bytes:
    """Encode `draw(0)` to `draw(count - 1)`; `times(n)` is a frame's time in 1/90,000 s, by default they are even."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "20"})
        first = draw(0)
        stream.width, stream.height, stream.pix_fmt = first.shape[1], first.shape[0], "yuv420p"
        stream.codec_context.time_base = Fraction(1, 90_000)
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(draw(number)), format="rgb24")
            frame.pts = round(number * 90_000 / fps) if times is None else int(times(number))
            frame.time_base = Fraction(1, 90_000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def cut(at: int = 40, one: int = 1, two: int = 2) -> Draw:
    """Return the frames of a cut."""
    return lambda n: textured(one if n < at else two)


def fade(at: int = 40, half: int = 8, colour: int = 0, hold: int = 0) -> Draw:
    """Return the frames of a fade through a colour, its middle at a frame."""

    def draw(n: int) -> np.ndarray:
        share = min(1.0, max(0.0, (abs(n - at) - hold) / half))
        return (textured(1 if n < at else 2) * share + colour * (1 - share)).astype(np.uint8)

    return draw


def dissolve(at: int = 40, half: int = 8) -> Draw:
    """Return the frames of a dissolve, its middle at a frame."""

    def draw(n: int) -> np.ndarray:
        share = min(1.0, max(0.0, (n - at + half) / (2 * half)))
        return (textured(1) * (1 - share) + textured(2) * share).astype(np.uint8)

    return draw


def flash(at: int = 40, length: int = 2) -> Draw:
    """Return one scene with a flash."""
    return lambda n: (textured(1) * 0.2 + 204).astype(np.uint8) if at <= n < at + length else textured(1)


def pan(first: int = 20, length: int = 15) -> Draw:
    """Return one scene over which the camera turns quickly."""
    wide = textured(1, wider=3)

    def draw(n: int) -> np.ndarray:
        left = round(320 * min(1.0, max(0.0, (n - first) / length)))
        return wide[:, left : left + 160]

    return draw


def darkened(draw: Draw, share: float = 0.1) -> Draw:
    """Return the frames as in the dark."""
    return lambda n: (draw(n) * share).astype(np.uint8)
