"""A needle in a film: photographs that libraries carry become a film of 18 s, and two questions are asked of it.

`make demo`, or `python recipes/demo_find.py [--to FOLDER]`: writes FOLDER/film.mp4 and FOLDER/found.jpg, and ends with
exit code 1 if a moment was wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image
from demo_pictures import photo, sample

from sensorium import Blob, Image, SensoriumError, load
from sensorium.media.image import encode
from sensorium.retrieval import Query
from sensorium.video import find, index_film, moments_sheet

SIZE, FPS, SECONDS = (480, 270), 10, 3
SCENES = (
    photo("coffee"),
    sample("china.jpg"),
    photo("rocket"),
    photo("chelsea"),
    photo("astronaut"),
    sample("flower.jpg"),
)
CAT = 3
"""Which of the scenes is the cat."""


def film(to: Path) -> Path:
    """Write the photographs as a film, each for three seconds while the camera moves over it."""
    with av.open(str(to), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(len(SCENES) * SECONDS * FPS):
            scene, place = divmod(number, SECONDS * FPS)
            if place == 0:
                picture = SCENES[scene]()
            frame = av.VideoFrame.from_ndarray(view(picture, place / (SECONDS * FPS)), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return to


def view(picture: PIL.Image.Image, share: float) -> np.ndarray:
    """Return what the camera sees of a photograph: four fifths of its width, from left to right."""
    width = 0.8 * picture.width
    height = min(picture.height, width * SIZE[1] / SIZE[0])
    left, top = share * (picture.width - width), (picture.height - height) / 2
    return np.asarray(picture.resize(SIZE, box=(left, top, left + width, top + height)))


def main(arguments: list[str] | None = None) -> int:
    """Make the film, ask, print what was found; return the exit code."""
    parser = argparse.ArgumentParser(description="Find a cat in a film, by words and by a picture, offline.")
    parser.add_argument("--to", type=Path, default=Path("demo"), help="the folder for the film and the sheet")
    folder = parser.parse_args(arguments).to
    folder.mkdir(parents=True, exist_ok=True)
    blob, embedder = Blob(film(folder / "film.mp4")), load("offline", role="embedder")
    cat = SCENES[CAT]()
    crop = Image(encode(cat.crop((cat.width // 4, 0, cat.width, cat.height))).blob)
    shown, right = (CAT * SECONDS, (CAT + 1) * SECONDS), True
    print(f"\nA film of {len(SCENES)} photographs; the cat is there from {shown[0]} to {shown[1]} s.", flush=True)
    with tempfile.TemporaryDirectory() as index_folder:
        for name, query in (('"a cat"', Query.of("a cat")), ("--like a photo of the cat", Query.of(crop))):
            start = time.perf_counter()
            index, _ = index_film(blob, embedder, Path(index_folder))
            found = find(query, "film.mp4", index, embedder)
            seconds = time.perf_counter() - start
            for moment in found.moments:
                hit = shown[0] <= moment.best < shown[1]
                right &= hit
                where = f"{moment.start:.1f} to {moment.end:.1f} s, best at {moment.best:.2f} s"
                print(
                    f"  sensorium find {name} film.mp4: {where}, {'rightly' if hit else 'WRONGLY'}, in {seconds:.1f} s"
                )
            if not found.moments:
                right = False
                print(f"  sensorium find {name} film.mp4: WRONGLY nothing, in {seconds:.1f} s")
        (folder / "found.jpg").write_bytes(moments_sheet([(blob, found)], "A photo of the cat"))
    print(f"The best frame: {(folder / 'found.jpg').resolve()}")
    return 0 if right else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SensoriumError as error:
        sys.exit(f"{error.message} {error.hint}")
