"""A film in which a red square is shown for some seconds, and an embedder that counts what it is asked."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from coloured import Colours, picture

from sensorium import Image
from sensorium.core.messages import Part

RED = picture("red", side=64)
FPS = 10


def frame(red: bool, number: int) -> np.ndarray:
    """Draw a grey frame with a bar that moves; with a red square of a third of the height in its lower right."""
    pixels = np.full((120, 200, 3), 120, dtype=np.uint8)
    pixels[:, number * 3 % 180 : number * 3 % 180 + 12] = 140
    if red:
        pixels[70:115, 150:195] = (220, 30, 30)
    return pixels


def planted_film(path: Path, seconds: float = 12.0, shown: Sequence[tuple[float, float]] = ((4.0, 7.0),)) -> Path:
    """Write the film; the red square is there from each start to its end."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "16", "g": "20"})
        stream.width, stream.height, stream.pix_fmt = 200, 120, "yuv420p"
        for number in range(round(seconds * FPS)):
            red = any(start <= number / FPS < end for start, end in shown)
            image = av.VideoFrame.from_ndarray(frame(red, number), format="rgb24")
            image.pts, image.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(image))
        out.mux(stream.encode(None))
    path.write_bytes(buffer.getvalue())
    return path


class CountingColours(Colours):
    """Colours that counts the pictures it embeds, and can be made to fail."""

    def __init__(self, fails_after: int | None = None) -> None:
        self.pictures = 0
        self.fails_after = fails_after

    def embed(self, parts: Sequence[Part]) -> np.ndarray:
        self.pictures += sum(isinstance(part, Image) for part in parts)
        if self.fails_after is not None and self.pictures > self.fails_after:
            raise KeyboardInterrupt
        return super().embed(parts)
