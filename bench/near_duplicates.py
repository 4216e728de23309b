"""Measures which pictures `sensorium data check` calls one: copies that are found, and different pictures called one.

    python bench/near_duplicates.py [--part tune | heldout] [--seed 0]

Copies are made of photographs (scikit-image's and scikit-learn's, cut into squares) and of the starter's drawn scenes:
re-encoded, in another size, lighter or darker, each with its own random numbers. Different pictures are a scene with
one change (a thing's colour, shape or place, a letter, a bar's height), other squares of one photograph, and other
scenes. The thresholds in `duplicates.py` were fitted on the part `tune`; no photograph and no scene is in both parts.
"""

from __future__ import annotations

import argparse
import io
import itertools
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageEnhance
from skimage import data as skimage_data
from sklearn.datasets import load_sample_images

sys.path.insert(0, str(Path(__file__).parents[1] / "recipes" / "starter"))
import scenes

from sensorium.core.messages import Image
from sensorium.evaluation.statistics import wilson_interval
from sensorium.tune.dataset.duplicates import look_alike
from sensorium.tune.dataset.image_info import ImageInfo, inspect_image

Picture = PIL.Image.Image
Pairs = Iterator[tuple[str, bool, Picture, bytes]]
_SIDE, _SCENES, _SQUARES = 128, 120, 60
_PHOTOS = {
    "tune": ("astronaut", "coffee", "rocket", "china"),
    "heldout": ("chelsea", "motorcycle_left", "immunohistochemistry", "flower"),
}


def pairs(part: str, seed: int) -> Pairs:
    """Yield pairs with their kind and whether they are copies."""
    chance = random.Random(f"{part} {seed}")
    for name in _PHOTOS[part]:
        photo = _squares(name, chance)
        for square in photo:
            yield from _copies("photo", square, chance)
        for one, other in itertools.pairwise(photo):
            yield "another square of the photo", False, one, _saved(other)
    drawn = [_scene(kind, chance) for _ in range(_SCENES // 3) for kind in ("shapes", "text", "bars")]
    for scene in drawn:
        yield from _copies("drawing", scenes.draw(scene), chance)
        for kind, other in _changes(scene, chance):
            yield f"drawing, {kind} changed", False, scenes.draw(scene), _saved(scenes.draw(other))
    for one, another in zip(drawn, drawn[3:], strict=False):
        yield "another drawing", False, scenes.draw(one), _saved(scenes.draw(another))


def _squares(name: str, chance: random.Random) -> list[Picture]:
    if name in ("china", "flower"):
        photo = load_sample_images().images[("china", "flower").index(name)]
    else:
        photo = np.asarray(PIL.Image.open(Path(skimage_data.__file__).parent / f"{_FILES.get(name, name)}.png")
                           if name != "rocket" else skimage_data.rocket())  # fmt: skip
    photo = photo[..., :3]
    corners = [(y, x) for y in range(0, photo.shape[0] - _SIDE, _SIDE) for x in range(0, photo.shape[1] - _SIDE, _SIDE)]
    squares = [photo[y : y + _SIDE, x : x + _SIDE] for y, x in corners]
    busy = [square for square in squares if square.std() > 20]
    return [PIL.Image.fromarray(np.ascontiguousarray(s)) for s in chance.sample(busy, min(len(busy), _SQUARES // 4))]


_FILES = {"immunohistochemistry": "ihc"}


def _scene(kind: str, chance: random.Random) -> scenes.Scene:
    if kind == "text":
        return scenes.writing(chance, scenes.letters(chance))
    return scenes.shapes(chance) if kind == "shapes" else scenes.chart(chance)


def _changes(scene: scenes.Scene, chance: random.Random) -> Iterator[tuple[str, scenes.Scene]]:
    """Yield scenes that differ from this one in one thing."""
    if scene.text:
        at = chance.randrange(len(scene.text))
        letter = chance.choice([c for c in scenes.CHARACTERS if c != scene.text[at]])
        yield "a letter", replace(scene, text=scene.text[:at] + letter + scene.text[at + 1 :])
    if scene.bars:
        at = chance.randrange(len(scene.bars))
        colour, height = scene.bars[at]
        other = height + 1 if height < scenes.UNITS else height - 1
        yield "a bar's height", replace(scene, bars=(*scene.bars[:at], (colour, other), *scene.bars[at + 1 :]))
    if scene.things:
        at = chance.randrange(len(scene.things))
        thing = scene.things[at]
        colour = chance.choice([c for c in scenes.COLOURS if c != thing.colour])
        shape = chance.choice([s for s in scenes.SHAPES if s != thing.shape])
        changed = {
            "a colour": replace(thing, colour=colour, rgb=scenes.COLOURS[colour]),
            "a shape": replace(thing, shape=shape),
            "a place": replace(thing, x=thing.x + 6, y=thing.y - 4),
        }
        for kind, other_thing in changed.items():
            yield kind, replace(scene, things=(*scene.things[:at], other_thing, *scene.things[at + 1 :]))


def _copies(kind: str, picture: Picture, chance: random.Random) -> Pairs:
    quality, scale = chance.randint(30, 90), chance.uniform(0.6, 2.0)
    resized = picture.resize(
        (round(picture.width * scale), round(picture.height * scale)), PIL.Image.Resampling.BICUBIC
    )
    lighter = PIL.ImageEnhance.Brightness(picture).enhance(chance.uniform(0.93, 1.07))
    yield f"{kind}, re-encoded", True, picture, _saved(picture, quality)
    yield f"{kind}, another size", True, picture, _saved(resized)
    yield f"{kind}, another size, re-encoded", True, picture, _saved(resized, quality)
    yield f"{kind}, lighter or darker, re-encoded", True, picture, _saved(lighter, max(60, quality))


def _saved(picture: Picture, quality: int = 0) -> bytes:
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG" if quality else "PNG", **({"quality": quality} if quality else {}))
    return buffer.getvalue()


def _info(data: bytes) -> ImageInfo:
    return inspect_image(Image(data))


def main() -> None:
    """Print how often the pairs of each kind are called one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=tuple(_PHOTOS), default="heldout")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    called: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for kind, is_copy, one, other in pairs(options.part, options.seed):
        called[is_copy, kind].append(look_alike(_info(_saved(one)), _info(other)))
    for is_copy in (True, False):
        whole = [value for (copy, _), values in called.items() if copy == is_copy for value in values]
        called[is_copy, "all"] = whole
    print(f"{'part ' + options.part:48} pairs  called one")
    for (is_copy, kind), values in sorted(called.items(), key=lambda item: (not item[0][0], item[0][1])):
        called_one = wilson_interval(sum(values), len(values))
        name = f"{'copies' if is_copy else 'different'}: {kind}"
        print(f"{name:48} {len(values):5}  {called_one}")


if __name__ == "__main__":
    main()
