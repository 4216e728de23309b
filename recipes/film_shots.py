"""The scenes of a film of recipes/film.py: each draws its frames, and knows what they show and from which to which."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import PIL.Image
from film_media import (
    COLOURS,
    SHAPES,
    Pixels,
    Subject,
    covering,
    gradient,
    shape_sprite,
    whole_photo,
    words_on,
)
from film_truth import Direction

Size = tuple[int, int]
Draw = Callable[[int], Pixels]
_SIDEWAYS: tuple[Direction, ...] = ("left", "right", "up", "down")
_STEPS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_WIDER = 1.25  # of the picture: what the camera moves over


@dataclass
class Shot:
    """One scene before it is placed; every number is a frame of its own, 0 its first.

    Args:
        kind: See `SceneTruth`.
        frames: How many.
        draw: Returns a frame; also those just before and after the scene, for a dissolve.
        texts: (text, first frame, frame after the last, where).
        subject: What a photo shows.
        shapes: (shape, colour, direction, widths a second, first, after the last).
        camera: (direction, speed a second, first, after the last).
        hard: (kind, first, after the last).
        ground: Name of the photo that a ground shows.
        grain: Of the noise, of 255.
    """

    kind: Literal["photo", "card", "shape", "ground"]
    frames: int
    draw: Draw
    texts: list[tuple[str, int, int, Literal["card", "caption"]]] = field(default_factory=list)
    subject: Subject | None = None
    shapes: list[tuple[str, str, Direction, float, int, int]] = field(default_factory=list)
    camera: list[tuple[Direction, float, int, int]] = field(default_factory=list)
    hard: list[tuple[Literal["flash", "pan", "dark"], int, int]] = field(default_factory=list)
    ground: str = ""
    grain: float = 0.0

    @property
    def dark(self) -> bool:
        """Whether little is seen of it."""
        return any(kind == "dark" for kind, _, _ in self.hard)


def photo_shot(chance: random.Random, subject: Subject, frames: int, fps: float, size: Size, caption: str) -> Shot:
    """Show a photo: still, hung on a wall, or with a camera that moves over it or comes nearer; `caption` may be ""."""
    how = chance.choices(("still", "wall", "move", "zoom"), (35, 20, 30, 15))[0]
    shot = Shot("photo", frames, lambda n: still, subject=subject)
    if how == "still":
        still = covering(subject.name, size, subject.middle)
    elif how == "wall":
        still = _on_wall(chance, subject, size)
    elif how == "move":
        _moving(shot, chance.choice(_SIDEWAYS), subject, fps, size)
    else:
        _zooming(shot, chance.choice((True, False)), subject, fps, size)
    if caption:
        _captioned(shot, chance, caption, fps, size)
    return shot


def _on_wall(chance: random.Random, subject: Subject, size: Size) -> Pixels:
    wall = gradient(size, *(tuple(chance.randint(60, 200) for _ in range(3)) for _ in range(2)), chance.random() < 0.5)
    hung = whole_photo(subject.name, round(size[1] * chance.uniform(0.68, 0.82)))
    height, width = hung.shape[:2]
    left, top = chance.randint(0, max(0, size[0] - width)), chance.randint(0, max(0, size[1] - height))
    wall[top : top + height, left : left + width] = hung[:, : size[0]]
    return wall


def _moving(shot: Shot, direction: Direction, subject: Subject, fps: float, size: Size) -> None:
    width, height = size
    wide = covering(subject.name, (round(width * _WIDER), round(height * _WIDER)), subject.middle)
    most_x, most_y = wide.shape[1] - width, wide.shape[0] - height
    x_step, y_step = _STEPS[direction]

    def draw(n: int) -> Pixels:
        share = min(1.0, max(0.0, n / shot.frames))
        x = most_x * (share if x_step > 0 else 1 - share if x_step < 0 else 0.5)
        y = most_y * (share if y_step > 0 else 1 - share if y_step < 0 else 0.5)
        return wide[round(y) : round(y) + height, round(x) : round(x) + width]

    way = most_x if x_step else most_y
    shot.draw = draw
    shot.camera.append((direction, round(way / width / shot.frames * fps, 4), 0, shot.frames))


def _zooming(shot: Shot, nearer: bool, subject: Subject, fps: float, size: Size) -> None:
    width, height = size
    wide = PIL.Image.fromarray(covering(subject.name, (round(width * _WIDER), round(height * _WIDER)), subject.middle))

    def draw(n: int) -> Pixels:
        share = min(1.0, max(0.0, n / shot.frames))
        part = 1 - (share if nearer else 1 - share) * (1 - 1 / _WIDER)
        left, top = wide.width * (1 - part) / 2, wide.height * (1 - part) / 2
        box = (left, top, wide.width - left, wide.height - top)
        return np.asarray(wide.resize(size, PIL.Image.Resampling.BILINEAR, box))

    shot.draw = draw
    shot.camera.append(("in" if nearer else "out", round((_WIDER - 1) / shot.frames * fps, 4), 0, shot.frames))


def _captioned(shot: Shot, chance: random.Random, text: str, fps: float, size: Size) -> None:
    """Lay a caption over some of the frames, at least a second long where the scene is."""
    length = min(shot.frames, max(round(1.2 * fps), round(shot.frames * chance.uniform(0.4, 1.0))))
    first = chance.randint(0, shot.frames - length)
    ink, box = chance.choice((("white", "#101010"), ("#101010", "#f4f0e4"), ("#ffe36e", "#202040")))
    where = (chance.uniform(0.36, 0.64), chance.choice((0.12, 0.88)))
    height, below = round(size[1] * chance.uniform(0.07, 0.1)), shot.draw
    blank = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    written = words_on(blank, text, where, height, ink, box)
    rows, columns = (np.flatnonzero(written.any(axis=axis)) for axis in ((1, 2), (0, 2)))
    area = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)

    def draw(n: int) -> Pixels:
        pixels = below(n)
        if first <= n < first + length:
            pixels = pixels.copy()
            pixels[area] = written[area]
        return pixels

    shot.draw = draw
    shot.texts.append((text, first, first + length, "caption"))


def card_shot(chance: random.Random, texts: list[str], frames: int, size: Size) -> Shot:
    """Show a card with words: one line, or a first that stays and a second that the third takes the place of."""
    light = chance.random() < 0.5
    low, high = (170, 245) if light else (10, 80)
    colours = [tuple(chance.randint(low, high) for _ in range(3)) for _ in range(2)]
    ground = gradient(size, *colours, chance.random() < 0.5)
    ink, height = "#14141c" if light else "#f6f4ea", round(size[1] * chance.uniform(0.1, 0.14))
    x = chance.uniform(0.46, 0.54)
    shot = Shot("card", frames, lambda n: before)
    if len(texts) == 1:
        before = words_on(ground, texts[0], (x, chance.uniform(0.35, 0.65)), height, ink)
        shot.texts.append((texts[0], 0, frames, "card"))
        return shot
    ground = words_on(ground, texts[0], (x, 0.34), height, ink)
    before = words_on(ground, texts[1], (x, 0.66), height, ink)
    shot.texts.append((texts[0], 0, frames, "card"))
    if len(texts) == 2:
        shot.texts.append((texts[1], 0, frames, "card"))
        return shot
    after, change = words_on(ground, texts[2], (x, 0.66), height, ink), round(frames * chance.uniform(0.4, 0.6))
    shot.draw = lambda n: before if n < change else after
    shot.texts += [(texts[1], 0, change, "card"), (texts[2], change, frames, "card")]
    return shot


def shape_shot(chance: random.Random, frames: int, fps: float, size: Size, avoid: set[str]) -> Shot:
    """Let a drawn shape appear, move and vanish before a ground that stays; shapes in `avoid` aren't drawn."""
    pairs = [(shape, colour) for shape in SHAPES for colour in COLOURS if f"{colour} {shape}" not in avoid]
    shape, colour = chance.choice(pairs)
    ground = _contrasting(chance, colour, size)
    width, height = size
    side = round(height * chance.uniform(0.18, 0.3))
    sprite, mask = shape_sprite(shape, colour, side)
    first = round(frames * chance.uniform(0.0, 0.25))
    last = max(first + round(fps), round(frames * chance.uniform(0.75, 1.0)))
    last = min(last, frames)
    direction = chance.choice(_SIDEWAYS)
    x_step, y_step = _STEPS[direction]
    room = (width if x_step else height) - side
    way = min(room, chance.uniform(0.5, 1.0) * room)
    begin = chance.uniform(0, room - way)
    across = chance.uniform(0, (height if x_step else width) - side)

    def draw(n: int) -> Pixels:
        if not first <= n < last:
            return ground
        gone = way * (n - first) / max(1, last - 1 - first)
        along = begin + gone if x_step + y_step > 0 else begin + way - gone
        x, y = (round(along), round(across)) if x_step else (round(across), round(along))
        pixels = ground.copy()
        np.copyto(pixels[y : y + side, x : x + side], sprite, where=mask[..., None])
        return pixels

    shot = Shot("shape", frames, draw)
    shot.shapes.append((shape, colour, direction, round(way / width * fps / max(1, last - first), 4), first, last))
    return shot


def _contrasting(chance: random.Random, colour: str, size: Size) -> Pixels:
    """Draw a ground from which a colour stands out: a texture of scikit-image's, or a gradient."""
    if colour not in ("white", "black") and chance.random() < 0.4:
        return covering(chance.choice(("grass", "gravel", "brick")), size)
    ink = np.asarray(COLOURS[colour])
    while True:
        one = tuple(chance.randint(20, 235) for _ in range(3))
        two = tuple(min(255, max(0, value + chance.randint(-40, 40))) for value in one)
        if min(np.abs(ink - one).sum(), np.abs(ink - two).sum()) > 230:
            return gradient(size, one, two, chance.random() < 0.5)


def ground_shot(chance: random.Random, name: str, how: str, frames: int, fps: float, size: Size) -> Shot:
    """Show a ground that is in no question: "still", so "dark" that little is seen, or with a quick "pan"."""
    width, height = size
    shot = Shot("ground", frames, lambda n: still, ground=name)
    if how == "pan":
        wide = covering(name, (3 * width, height))
        length = min(max(2, frames // 2), round(fps * chance.uniform(0.35, 0.7)))
        first, left = (frames - length) // 2, chance.random() < 0.5

        def draw(n: int) -> Pixels:
            blur = (0.0,) if n < first or n > first + length else (-0.3, 0.0, 0.3)
            shares = [min(1.0, max(0.0, (n + part - first) / length)) for part in blur]
            views = [round(2 * width * (1 - share if left else share)) for share in shares]
            if len(views) == 1:
                return wide[:, views[0] : views[0] + width]
            total = sum(wide[:, x : x + width].astype(np.uint16) for x in views)
            return (total // len(views)).astype(np.uint8)

        shot.draw = draw
        shot.camera.append(("left" if left else "right", round(2 * fps / length, 4), first, first + length))
        shot.hard.append(("pan", first, first + length))
        return shot
    still = covering(name, size, chance.uniform(0.3, 0.7))
    if how == "dark":
        still = (still * chance.uniform(0.07, 0.14)).astype(np.uint8)
        shot.hard.append(("dark", 0, frames))
    return shot
