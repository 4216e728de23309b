"""Scenes that the starter learns from: coloured shapes, a word or number, a bar chart; drawn and labelled densely.

A scene is a frozen value; `draw` makes its picture and `dense` says of each patch what stands there. The colours are
the HTML colours of easy-VQA (Victor Zhou, MIT), whose questions the model is asked, too.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from numpy.typing import NDArray

SIDE, PATCH = 96, 8
GRID = SIDE // PATCH
COLOURS = {
    "red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "black": (0, 0, 0), "gray": (128, 128, 128),
    "teal": (0, 128, 128), "brown": (165, 42, 42), "yellow": (255, 255, 0),
}  # fmt: skip
SHAPES = ("circle", "rectangle", "triangle", "star", "cross")
PLACES = (
    "top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom", "bottom right",
)  # fmt: skip
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WORDS = tuple(
    "ANT ARM BAG BAT BED BEE BIG BOX BOY BUS CAP CAR CAT COW CUP DAY DOG EAR EGG EYE FAN FLY FOX FUN HAT HEN "
    "ICE INK JAM JAR KEY LEG LIP MAP MIX MUD NET NUT OIL OWL PEN PIG PIN RED RUN SEA SKY SUN TEA TEN TOY VAN "
    "WAY WEB ZOO BALL BIRD BOAT BOOK CAKE COAT DOOR DUCK EXIT FISH FROG GOAT HAND HOME JUMP KING LAMP LEAF "
    "LION MILK MOON OPEN PARK QUIZ RAIN RING ROAD SALE SHIP SHOE SNOW STAR STOP TREE WALK WIND WOLF ZERO".split()
)
UNITS, UNIT = 9, 8
"""A chart's bars are 1 to 9 units high; a unit is 8 pixels."""
_FINE = 3  # drawn so many times larger, then made smaller: soft edges
_FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSansMono-Bold.ttf")

WHATS = ("nothing", *SHAPES, "character", "bar")
SHADES = ("none", *COLOURS)
DETAILS = ("none", "small", "big", *CHARACTERS, *(f"height {n}" for n in range(1, UNITS + 1)))
PLANES = (len(WHATS), len(SHADES), len(DETAILS), 2)
"""How many classes a patch has of each kind: what, colour, detail, and whether a thing's middle is in it."""


@dataclass(frozen=True)
class Thing:
    """A shape on the ground.

    Args:
        shape: One of SHAPES.
        colour: One of COLOURS.
        big: Small ones have a radius of 6 to 8 pixels, big ones of 11 to 14.
        cell: Where it stands, a number in PLACES.
        x, y: Its middle in pixels.
        radius: In pixels.
        width: Of its radius, how wide it is.
        rgb: The colour as it is drawn.
        striped: True where it has stripes of the ground's colour.
    """

    shape: str
    colour: str
    big: bool
    cell: int
    x: float
    y: float
    radius: float
    width: float
    rgb: tuple[int, int, int]
    striped: bool = False

    @property
    def name(self) -> str:
        """Colour and shape."""
        return f"{self.colour} {self.shape}"


@dataclass(frozen=True)
class Scene:
    """What a picture shows: things, or a word, or bars.

    Args:
        ground: The background's colour.
        things: In the order of their cells.
        text: A word or number, or "".
        bars: Colour and height of each bar, from the left.
        ink: The text's or axes' colour.
        place: Left end and top of the text, or the chart's origin, in pixels.
        size: The text's height, or the bars' width, in pixels.
        font: The number of the text's font.
        shades: The bars' colours as they are drawn.
    """

    ground: tuple[int, int, int]
    things: tuple[Thing, ...] = ()
    text: str = ""
    bars: tuple[tuple[str, int], ...] = ()
    ink: str = "black"
    place: tuple[int, int] = (0, 0)
    size: int = 0
    font: int = 0
    shades: tuple[tuple[int, int, int], ...] = ()


def shapes(chance: random.Random, count: int | None = None, striped: float = 0.0) -> Scene:
    """Draw lots for a scene with 1 to 6 things, no two of one name, each in a cell of its own."""
    count = count or chance.randint(1, 6)
    names: dict[tuple[str, str], None] = {}
    few = chance.sample(list(COLOURS), chance.randint(2, 5)), chance.sample(SHAPES, chance.randint(2, 4))
    colours, kinds = few if chance.random() < 0.5 and len(few[0]) * len(few[1]) >= count else (list(COLOURS), SHAPES)
    while len(names) < count:
        names[chance.choice(colours), chance.choice(kinds)] = None
    cells = sorted(chance.sample(range(9), count))
    things = tuple(_thing(chance, *name, cell, striped) for name, cell in zip(names, cells, strict=True))
    return Scene(_light(chance), things)


def writing(chance: random.Random, text: str) -> Scene:
    """Draw lots for a picture of a word or number: font, size, colour and place."""
    number, size = chance.randrange(len(_FONTS)), chance.randint(15, 27)
    while (box := _font(number, size).getbbox(text))[2] - box[0] > SIDE - 6:
        size -= 1
    place = chance.randint(3 - box[0], SIDE - 3 - box[2]), chance.randint(3 - box[1], SIDE - 3 - box[3])
    return Scene(_light(chance), text=text, ink=chance.choice(list(COLOURS)), place=place, size=size, font=number)


def chart(chance: random.Random, count: int | None = None) -> Scene:
    """Draw lots for a chart of 2 to 5 bars, each of a colour and height of its own."""
    count = count or chance.randint(2, 5)
    heights = chance.sample(range(1, UNITS + 1), count)
    colours = chance.sample(list(COLOURS), count)
    left, ground = chance.randint(10, 16), chance.randint(82, 90)
    room = (SIDE - 4 - left) // count
    shades = tuple(_near(chance, colour) for colour in colours)
    size = chance.randint(min(8, room - 3), min(16, room - 3))
    bars = tuple(zip(colours, heights, strict=True))
    return Scene(_light(chance), bars=bars, place=(left, ground), size=size, shades=shades)


def letters(chance: random.Random) -> str:
    """Return 2 to 4 letters drawn by chance."""
    return "".join(chance.choice(CHARACTERS[10:]) for _ in range(chance.randint(2, 4)))


def draw(scene: Scene) -> PIL.Image.Image:
    """Draw a scene: RGB, 96 pixels a side."""
    big = PIL.Image.new("RGB", (SIDE * _FINE, SIDE * _FINE), scene.ground)
    pen = PIL.ImageDraw.Draw(big)
    for thing in scene.things:
        _put(pen, thing, thing.rgb, _FINE)
        if thing.striped:
            _stripes(pen, thing, scene.ground)
    if scene.bars:
        left, bottom = scene.place
        for (x0, y0, x1, y1), rgb in zip(_boxes(scene), scene.shades, strict=True):
            pen.rectangle((x0 * _FINE, y0 * _FINE, x1 * _FINE - 1, y1 * _FINE - 1), fill=rgb)
        pen.line([left * _FINE, 4 * _FINE, left * _FINE, bottom * _FINE, SIDE * _FINE, bottom * _FINE], (60, 60, 60), 3)
        for step in range(1, UNITS + 1):
            y = (bottom - step * UNIT) * _FINE
            pen.line([(left - 4) * _FINE, y, left * _FINE, y], (60, 60, 60), 3)
    small = big.reduce(_FINE)
    if scene.text:
        PIL.ImageDraw.Draw(small).text(scene.place, scene.text, COLOURS[scene.ink], _font(scene.font, scene.size))
    return small


def dense(scene: Scene) -> NDArray[np.uint8]:
    """Say what each patch shows: (4, 12, 12), the planes of PLANES; a patch is nothing unless an eighth of it is."""
    regions = PIL.Image.new("L", (SIDE, SIDE), 0)
    pen = PIL.ImageDraw.Draw(regions)
    about: list[tuple[int, int, int]] = [(0, 0, 0)]
    middles = np.zeros((GRID, GRID), np.uint8)
    shades = list(SHADES)
    for thing in scene.things:
        about.append((WHATS.index(thing.shape), shades.index(thing.colour), 1 + thing.big))
        _put(pen, thing, len(about) - 1, 1)
        middles[min(GRID - 1, int(thing.y) // PATCH), min(GRID - 1, int(thing.x) // PATCH)] = 1
    for box, (colour, height) in zip(_boxes(scene), scene.bars, strict=True):
        about.append((WHATS.index("bar"), shades.index(colour), DETAILS.index(f"height {height}")))
        pen.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=len(about) - 1)
    font = _font(scene.font, scene.size) if scene.text else None
    for at, letter in enumerate(scene.text):
        assert font is not None
        about.append((WHATS.index("character"), shades.index(scene.ink), DETAILS.index(letter)))
        start = scene.place[0] + font.getlength(scene.text[:at])
        box = font.getbbox(letter)
        y0, y1 = scene.place[1] + box[1], scene.place[1] + box[3]
        pen.rectangle((start + box[0], y0, start + box[2] - 1, y1 - 1), fill=len(about) - 1)
    patches = np.asarray(regions).reshape(GRID, PATCH, GRID, PATCH).transpose(0, 2, 1, 3).reshape(-1, PATCH * PATCH)
    counts = np.stack([(patches == number).sum(1) for number in range(1, len(about))] or [np.zeros(len(patches))])
    found = np.where(counts.max(0) * 8 >= PATCH * PATCH, counts.argmax(0) + 1, 0)
    planes = np.asarray(about, np.uint8)[found].reshape(GRID, GRID, 3).transpose(2, 0, 1)
    return np.concatenate([planes, middles[None]])


def _thing(chance: random.Random, colour: str, shape: str, cell: int, striped: float) -> Thing:
    big = chance.random() < 0.5
    radius = chance.uniform(11, 14) if big else chance.uniform(5.5, 7.5)
    loose = max(0.0, SIDE / 6 - radius - 1)
    x = (cell % 3 + 0.5) * SIDE / 3 + chance.uniform(-loose, loose)
    y = (cell // 3 + 0.5) * SIDE / 3 + chance.uniform(-loose, loose)
    width = chance.uniform(0.55, 1.0) if shape == "rectangle" else 1.0
    return Thing(shape, colour, big, cell, x, y, radius, width, _near(chance, colour), chance.random() < striped)


def _light(chance: random.Random) -> tuple[int, int, int]:
    return chance.randint(225, 255), chance.randint(225, 255), chance.randint(225, 255)


def _near(chance: random.Random, colour: str) -> tuple[int, int, int]:
    r, g, b = (max(0, min(255, part + chance.randint(-14, 14))) for part in COLOURS[colour])
    return r, g, b


def _put(pen: PIL.ImageDraw.ImageDraw, thing: Thing, fill: tuple[int, int, int] | int, times: int) -> None:
    x, y, r = thing.x * times, thing.y * times, thing.radius * times
    if thing.shape == "circle":
        pen.ellipse((x - r, y - r, x + r, y + r), fill=fill)
    elif thing.shape == "rectangle":
        high, wide = (r, r * thing.width) if thing.cell % 2 else (r * thing.width, r)
        pen.rectangle((x - wide, y - high, x + wide, y + high), fill=fill)
    elif thing.shape == "triangle":
        pen.polygon([(x, y - r), (x - r, y + r * 0.8), (x + r, y + r * 0.8)], fill=fill)
    elif thing.shape == "cross":
        thin = r * 0.36
        pen.rectangle((x - r, y - thin, x + r, y + thin), fill=fill)
        pen.rectangle((x - thin, y - r, x + thin, y + r), fill=fill)
    else:
        turns = [(np.pi * (k / 5 - 0.5), r * (1.1 if k % 2 == 0 else 0.45)) for k in range(10)]
        pen.polygon([(x + d * np.cos(t), y + d * np.sin(t)) for t, d in turns], fill=fill)


def _stripes(pen: PIL.ImageDraw.ImageDraw, thing: Thing, ground: tuple[int, int, int]) -> None:
    x, y, r = thing.x * _FINE, thing.y * _FINE, thing.radius * 1.1 * _FINE
    gap = 5 * _FINE
    for line in range(int((y - r) // gap) * gap, int(y + r), gap):
        pen.rectangle((x - r, line, x + r, line + 2 * _FINE - 1), fill=ground)


def _boxes(scene: Scene) -> list[tuple[int, int, int, int]]:
    if not scene.bars:
        return []
    left, bottom = scene.place
    room = (SIDE - 4 - left) // len(scene.bars)
    starts = [left + room * number + (room - scene.size) // 2 + 1 for number in range(len(scene.bars))]
    return [
        (x, bottom - height * UNIT, x + scene.size, bottom) for x, (_, height) in zip(starts, scene.bars, strict=True)
    ]


@cache
def _font(number: int, size: int) -> PIL.ImageFont.FreeTypeFont:
    """The DejaVu fonts that matplotlib carries."""
    import matplotlib

    folder = Path(matplotlib.__file__).parent / "mpl-data" / "fonts" / "ttf"
    return PIL.ImageFont.truetype(str(folder / _FONTS[number]), size)
