"""Make the lesson's film: python course/11-gemini/make_film.py. A ferry's ramp, and a lorry that passes."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import av
import PIL.Image
import PIL.ImageDraw

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "recipes"))

from demo_pictures import font

WIDTH, HEIGHT, FPS, SECONDS = 480, 272, 25, 12
PASSES = (6.12, 6.44)
"""When the lorry is in the picture, in seconds."""
PLATE = "KX 7204"


def frame(at: float) -> PIL.Image.Image:
    """Draw what the camera sees at a second."""
    picture = PIL.Image.new("RGB", (WIDTH, HEIGHT), (188, 208, 222))
    draw = PIL.ImageDraw.Draw(picture)
    draw.rectangle((0, 120, WIDTH, 160), fill=(70, 110, 140))
    draw.rectangle((0, 160, WIDTH, HEIGHT), fill=(110, 112, 116))
    for left in range(10, WIDTH, 80):
        draw.rectangle((left, 246, left + 40, 252), fill=(236, 232, 214))
    draw.rectangle((18, 60, 26, 200), fill=(90, 60, 40))
    draw.rectangle((20, 64, 130, 96), fill=(250, 250, 246))
    draw.text((32, 68), "RAMP 2", font=font(22, "DejaVuSans-Bold"), fill=(30, 34, 40))
    start, end = PASSES
    if start <= at < end:
        left = round(30 + (at - start) / (end - start) * 120)
        draw.rectangle((left, 110, left + 230, 216), fill=(178, 44, 50))
        draw.rectangle((left + 234, 140, left + 290, 216), fill=(178, 44, 50))
        draw.rectangle((left + 250, 150, left + 282, 176), fill=(210, 228, 236))
        for wheel in (left + 40, left + 190, left + 256):
            draw.ellipse((wheel - 18, 202, wheel + 18, 238), fill=(28, 28, 32))
        draw.rectangle((left + 36, 136, left + 194, 184), fill=(250, 250, 246))
        draw.text((left + 46, 142), PLATE, font=font(32, "DejaVuSans-Bold"), fill=(20, 22, 28))
    return picture


def main() -> None:
    """Write film.mp4: H.264, without sound."""
    with av.open(str(HERE / "film.mp4"), "w") as film:
        stream = film.add_stream("libx264", rate=FPS, options={"crf": "26", "preset": "slow", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(FPS * SECONDS):
            picture = av.VideoFrame.from_image(frame(number / FPS))
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            film.mux(stream.encode(picture))
        film.mux(stream.encode())


if __name__ == "__main__":
    main()
