"""recipes/starter/scenes: pictures that show what the scene says, patch by patch."""

from __future__ import annotations

import random
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("matplotlib")


def test_the_same_lot_draws_the_same_picture(recipe: SimpleNamespace) -> None:
    first, second = (recipe.scenes.draw(recipe.scenes.shapes(random.Random(5))) for _ in range(2))
    assert first.size == (96, 96) and first.tobytes() == second.tobytes()
    assert first.tobytes() != recipe.scenes.draw(recipe.scenes.shapes(random.Random(6))).tobytes()


@pytest.mark.parametrize("seed", range(20))
def test_every_thing_is_where_it_is_said_to_be_and_of_its_colour(recipe: SimpleNamespace, seed: int) -> None:
    scene = recipe.scenes.shapes(random.Random(seed))
    pixels = np.asarray(recipe.scenes.draw(scene)).astype(int)
    planes = recipe.scenes.dense(scene)
    assert len({thing.name for thing in scene.things}) == len({thing.cell for thing in scene.things})
    for thing in scene.things:
        x, y = int(thing.x), int(thing.y)
        assert (x * 3 // 96, y * 3 // 96) == (thing.cell % 3, thing.cell // 3)
        assert np.abs(pixels[y, x] - thing.rgb).max() <= 40  # its middle is of its colour, but for soft edges
        patch = y // 8, x // 8
        assert recipe.scenes.WHATS[planes[0][patch]] == thing.shape or thing.radius < 8
        assert planes[3][patch] == 1
    shown = {recipe.scenes.SHADES[number] for number in np.unique(planes[1])} - {"none"}
    assert shown == {thing.colour for thing in scene.things}
    assert planes[3].sum() == len(scene.things)


@pytest.mark.parametrize("text", ["CAT", "7", "83", "WMWM", "JUMP"])
def test_what_is_written_fits_and_its_letters_are_labelled_in_their_order(recipe: SimpleNamespace, text: str) -> None:
    for seed in range(10):
        scene = recipe.scenes.writing(random.Random(seed), text)
        pixels = np.asarray(recipe.scenes.draw(scene)).astype(int)
        ink = np.abs(pixels - scene.ground).sum(-1) > 60
        assert ink.any() and not (ink[0].any() or ink[-1].any() or ink[:, 0].any() or ink[:, -1].any())
        details = recipe.scenes.dense(scene)[2]
        columns = [int(np.bincount(column[column > 0]).argmax()) for column in details.T if (column > 0).any()]
        read = [recipe.scenes.DETAILS[number] for number in columns]
        assert "".join(dict.fromkeys(read)) == "".join(dict.fromkeys(text))


def test_bars_are_as_high_as_they_are_said_to_be(recipe: SimpleNamespace) -> None:
    for seed in range(20):
        scene = recipe.scenes.chart(random.Random(seed))
        pixels = np.asarray(recipe.scenes.draw(scene)).astype(int)
        for (_, height), rgb in zip(scene.bars, scene.shades, strict=True):
            rows = (np.abs(pixels[:, scene.place[0] + 2 :] - rgb).max(-1) <= 3).any(1)
            assert abs(rows.sum() - height * recipe.scenes.UNIT) <= 1
