"""A film as a bad camera and a bad connection would have it: shaken, flickering, grainy, coarse, and walked through.

Its cuts, fades and dissolves stay where they are; what is added looks like more of them.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from film_truth import HardTruth, Truth

SHAKE, FLICKER, GRAIN = 7, 0.05, 9.0
"""Pixels, share of the light, and of 255."""
PASSES, PASS_SECONDS = 8, 1.2
"""How often something dark walks past, and how long it takes."""


def roughened(film: Path, truth: Truth, to: Path) -> Truth:
    """Write a rough copy of a film without sound; return its truth, in which a passer-by is hard as "pan"."""
    chance = np.random.default_rng(truth.seed)
    length = round(PASS_SECONDS * truth.rate)
    starts = sorted(chance.integers(0, max(1, truth.frames - length), PASSES).tolist())
    passes = tuple(
        HardTruth("pan", round(float(at / truth.rate), 4), round(float((at + length) / truth.rate), 4)) for at in starts
    )
    rough = replace(truth, hard=(*truth.hard, *passes))
    if to.exists() and to.stat().st_mtime_ns > film.stat().st_mtime_ns:
        return rough
    grain = [chance.normal(0, GRAIN, (truth.height, truth.width)).astype(np.float32) for _ in range(6)]
    ways = chance.choice((-1, 1), PASSES)
    x = y = light = 0.0
    with av.open(str(film)) as source, av.open(str(to), "w") as out:
        stream = out.add_stream("libx264", rate=truth.rate, options={"preset": "ultrafast", "crf": "34", "g": "250"})
        stream.width, stream.height, stream.pix_fmt = truth.width, truth.height, "yuv420p"
        stream.codec_context.time_base = 1 / truth.rate
        for number, frame in enumerate(source.decode(video=0)):
            planes = frame.reformat(format="yuv420p").to_ndarray()
            x, y = (float(np.clip(0.9 * at + chance.normal(0, 2.0), -SHAKE, SHAKE)) for at in (x, y))
            light = 0.8 * light + float(chance.normal(0, FLICKER / 2))
            luma = _shifted(planes[: truth.height], round(x), round(y)).astype(np.float32) * (1 + light)
            for start, way in zip(starts, ways, strict=True):
                if start <= number < start + length:
                    _walked(luma, (number - start) / length, int(way))
            planes = planes.copy()
            np.clip(luma + grain[number % 6], 0, 255, out=planes[: truth.height], casting="unsafe")
            new = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            new.pts, new.time_base = number, Fraction(1, 1) / truth.rate
            out.mux(stream.encode(new))
        out.mux(stream.encode(None))
    return rough


def _shifted(luma: np.ndarray, x: int, y: int) -> np.ndarray:
    padded = np.pad(luma, SHAKE + 1, mode="edge")
    top, left = SHAKE + 1 + y, SHAKE + 1 + x
    return padded[top : top + luma.shape[0], left : left + luma.shape[1]]


def _walked(luma: np.ndarray, share: float, way: int) -> None:
    """Darken a body of two fifths of the width, on its way across."""
    width = luma.shape[1]
    body = int(0.4 * width)
    left = int((share if way > 0 else 1 - share) * (width + body)) - body
    luma[luma.shape[0] // 8 :, max(0, left) : max(0, left + body)] = 35.0
