"""video/actions/presence: what appears, stays and leaves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from moving import clip, ground, window
from numpy.typing import NDArray

from sensorium.core.messages import Part
from sensorium.video.actions.presence import presence

BASE = window(ground(), 350, 250)


def with_thing(colour: tuple[int, int, int] = (250, 20, 20)) -> np.ndarray:
    out = BASE.copy()
    out[60:120, 200:260] = colour
    return out


@pytest.mark.parametrize(
    ("pictures", "kind"),
    [([BASE] * 5 + [with_thing()] * 5, "appears"), ([with_thing()] * 5 + [BASE] * 5, "leaves")],
)
def test_what_appears_and_what_leaves(pictures: list[np.ndarray], kind: str) -> None:
    (change,) = presence(clip(pictures))
    assert change.kind == kind and change.score > 1.25
    assert (change.before, change.at) == (10.5, 10.625)
    left, top, right, bottom = change.share
    assert (left, top, right, bottom) == pytest.approx((200 / 320, 60 / 180, 260 / 320, 120 / 180), abs=0.06)


def test_what_stays() -> None:
    chance = np.random.default_rng(0)
    noisy = [(with_thing() + chance.normal(0, 4, BASE.shape)).clip(0, 255).astype(np.uint8) for _ in range(8)]
    dimmed = [(with_thing() * (1 - 0.05 * n)).astype(np.uint8) for n in range(8)]
    for pictures in (noisy, dimmed, [BASE] * 8):
        (change,) = presence(clip(pictures))
        assert change.kind == "stays" and (change.before, change.at) == (10.0, 10.875)


def test_a_flash_is_no_change_for_good() -> None:
    (change,) = presence(clip([BASE] * 4 + [with_thing()] + [BASE] * 4))
    assert change.kind == "stays"


def test_two_things_at_two_times() -> None:
    first, both = with_thing(), with_thing()
    both[20:70, 30:90] = (10, 240, 10)
    found = presence(clip([BASE] * 4 + [first] * 4 + [both] * 4))
    assert [(change.kind, change.at) for change in found] == [("appears", 10.5), ("appears", 11.0)]


class Constant:
    """An embedder to which everything looks the same."""

    name, version, dims = "constant:", "1", 2

    def __init__(self, angle: float) -> None:
        self.angle = angle

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        angles = self.angle * np.arange(len(parts))
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_an_embedder_that_sees_no_difference_leaves_a_change_out() -> None:
    pictures = clip([BASE] * 5 + [with_thing()] * 5)
    assert [change.kind for change in presence(pictures, Constant(0.0))] == ["stays"]
    assert [change.kind for change in presence(pictures, Constant(1.0))] == ["appears"]


def test_too_few_frames_say_nothing() -> None:
    assert presence(clip([BASE, with_thing()])) == ()
