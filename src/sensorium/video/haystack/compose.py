"""Compose: real films joined to one of a chosen length, with pictures planted into it, in one pass."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError
from sensorium.core.files import unwritable
from sensorium.core.messages import Image
from sensorium.media.decoding import FaultLog, Scaler, opened, shown_at, video_stream
from sensorium.media.image import Pixels, pixels
from sensorium.video.haystack.needles import letterboxed, plant


@dataclass(frozen=True)
class Planting:
    """A picture in a film.

    Args:
        image: The picture.
        start, end: When it is shown, in seconds.
        size, opacity, at: See `haystack.plant`.
    """

    image: Image
    start: float
    end: float
    size: float
    opacity: float = 1.0
    at: tuple[float, float] = (0.5, 0.5)


def compose(
    films: Sequence[Blob], seconds: float, plantings: Sequence[Planting], to: Path, size: tuple[int, int] = (640, 360),
    fps: int = 25,
) -> Path:  # fmt: skip
    """Write a film without sound: others one after the other, over and over, up to a length; return its file.

    Args:
        films: Each is shown whole, letterboxed into the size.
        seconds: The length.
        plantings: Pictures that are laid over it.
        to: The file; its ending says the container.
        size: Width and height in pixels, even.
        fps: Frames a second.

    Raises:
        MediaError: if a film can't be decoded.
        InputError: if the file can't be written.
    """
    import av

    if not films or not seconds > 0:
        raise InputError("A film is made of at least one film, and longer than 0 s.", "Name some films.")
    planted = [(planting, pixels(planting.image, 2048)) for planting in plantings]
    beside = to.with_name(f".{os.getpid()}.{to.name}")
    try:
        with av.open(str(beside), "w") as out:
            stream = out.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": "23"})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            for number, shown in zip(range(round(seconds * fps)), _frames(films, size, fps), strict=False):
                at = number / fps
                for planting, needle in planted:
                    if planting.start <= at < planting.end:
                        shown, _ = plant(shown, needle, planting.size, planting.opacity, planting.at)
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, fps)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        os.replace(beside, to)
    except OSError as error:  # av's errors are OSErrors
        raise unwritable(to, error) from None
    finally:
        beside.unlink(missing_ok=True)
    return to


def _frames(films: Sequence[Blob], size: tuple[int, int], fps: int) -> Iterator[Pixels]:
    """Yield the films' frames at a rate, over and over, each of this size."""
    while True:
        for film in films:
            scaled = Scaler(max(size), fast=True)
            for frame in _at_rate(film, fps):
                yield letterboxed(scaled(frame), size)


def _at_rate(film: Blob, fps: int) -> Iterator[Any]:
    """Yield the frame that is shown at each tick of a rate, some twice if the film's own is lower."""
    with opened(film) as container:
        video_stream(container, film)
        length = float(container.duration or 0) / 1e6
    count, last = max(1, round(length * fps)), None
    shown = shown_at(film, (n / fps for n in range(count)), log=FaultLog())
    upcoming = next(shown, None)
    for number in range(count):
        while upcoming is not None and upcoming[0] <= number / fps + 1e-6:
            last, upcoming = upcoming[1], next(shown, None)
        if last is None and upcoming is not None:
            last = upcoming[1]
        yield last
