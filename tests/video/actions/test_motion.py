"""video/actions/motion and flow: the camera's and a thing's way, and when nothing is said."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from moving import SIZE, clip, ground, window

from sensorium.media.video import Frame
from sensorium.video.actions.flow import WIDTH, grey, pair_flow
from sensorium.video.actions.motion import RATE, Movement, motion

STEPS = {"right": (6, 0), "left": (-6, 0), "down": (0, 6), "up": (0, -6)}


def pan(direction: str, count: int = 10, jump: float = 1.0) -> list[Frame]:
    x, y = STEPS[direction]
    return clip([window(ground(), 350 + jump * x * n, 250 + jump * y * n) for n in range(count)])


def slide(direction: str, camera: tuple[int, int] = (0, 0), count: int = 10, size: int = 60) -> list[Frame]:
    """A square with a texture of its own moves over a ground that may move too."""
    x, y = STEPS[direction]
    thing = ground(5)[:size, :size]
    pictures = []
    for n in range(count):
        at = n - count / 2
        picture = window(ground(), 350 + camera[0] * n, 250 + camera[1] * n).copy()
        left = round(130 + (x - camera[0]) * at)
        top = round(60 + (y - camera[1]) * at)
        picture[top : top + size, left : left + size] = thing
        pictures.append(picture)
    return clip(pictures)


@pytest.mark.parametrize("direction", list(STEPS))
def test_the_cameras_way_is_its_own_not_the_pictures(direction: str) -> None:
    found = motion(pan(direction))
    (movement,) = found.movements
    assert (movement.mover, movement.direction, movement.share) == ("camera", direction, None)
    assert movement.distance == pytest.approx(6 * 9 / SIZE[0], rel=0.1)
    assert (movement.start, movement.end) == (10.0, pytest.approx(10 + 9 / RATE))
    assert movement.confidence > 0.9 and not found.still
    assert str(movement) == f"the camera moves {direction}"


@pytest.mark.parametrize("direction", list(STEPS))
@pytest.mark.parametrize("camera", [(0, 0), (4, 0), (0, -4)])
def test_a_thing_moves_against_the_ground(direction: str, camera: tuple[int, int]) -> None:
    found = motion(slide(direction, camera))
    movers = {movement.mover: movement for movement in found.movements}
    assert set(movers) == ({"camera", "object"} if any(camera) else {"object"})
    assert movers["object"].direction == direction
    share = movers["object"].share
    assert share is not None and share[0] < 0.5 < share[2] and share[1] < 0.5 < share[3]


@pytest.mark.parametrize(("factor", "direction"), [(1.04, "nearer"), (0.96, "away")])
def test_growth_is_nearness(factor: float, direction: str) -> None:
    zoom = clip([window(ground(), 350, 250, factor**n) for n in range(10)])
    (movement,) = motion(zoom).movements
    assert (movement.mover, movement.direction) == ("camera", direction)
    assert movement.distance == pytest.approx(9 * abs(np.log(factor)), rel=0.15)
    pictures = []
    for n in range(10):
        picture, side = window(ground(), 350, 250).copy(), round(60 * factor ** (1.5 * n))
        thing = cv2.resize(ground(5)[:60, :60], (side, side))
        top, left = 90 - side // 2, 160 - side // 2
        picture[top : top + side, left : left + side] = thing[: 180 - top]
        pictures.append(picture)
    (movement,) = motion(clip(pictures)).movements
    assert (movement.mover, movement.direction) == ("object", direction)
    assert str(movement) == {"nearer": "something comes nearer", "away": "something moves away"}[direction]


def test_what_stands_still_is_said_to() -> None:
    chance = np.random.default_rng(1)
    still = [window(ground(), 350, 250)] * 10
    noisy = [(picture + chance.normal(0, 4, picture.shape)).clip(0, 255).astype(np.uint8) for picture in still]
    darker = [(picture * (1 - 0.04 * n)).astype(np.uint8) for n, picture in enumerate(still)]
    for pictures in (still, noisy, darker):
        assert motion(clip(pictures)).still


def test_a_shaking_hand_goes_nowhere() -> None:
    chance = np.random.default_rng(2)
    shaken = clip([window(ground(), 350 + x, 250 + y) for x, y in chance.normal(0, 3, (12, 2))])
    assert all(movement.direction is None for movement in motion(shaken).movements)


def test_an_oblique_way_has_no_main_direction() -> None:
    (movement,) = motion(clip([window(ground(), 350 + 5 * n, 250 + 5 * n) for n in range(10)])).movements
    assert movement.mover == "camera" and movement.direction is None and movement.distance > 0.1
    assert str(movement) == "the camera moves"


def test_there_and_back_has_no_direction() -> None:
    ways = [0, 6, 12, 18, 12, 6, 0, -6, -12, -12]
    moved = motion(clip([window(ground(), 350 + way, 250) for way in ways])).movements
    assert all(movement.direction is None for movement in moved)


@pytest.mark.parametrize(
    "pictures",
    [
        [np.zeros((180, 320, 3), np.uint8)] * 8,
        [window(ground(seed), 350, 250) for seed in range(8)],
        [window(ground(), 350, 250)] * 2,
        [window(ground(), 350, 250), window(ground(), 350, 250)[:, :200]] * 4,
        [],
    ],
    ids=["dark", "other pictures", "two frames", "other sizes", "nothing"],
)
def test_what_cannot_be_compared_is_uncertain(pictures: list[np.ndarray]) -> None:
    found = motion(clip(pictures))
    assert found.uncertain and not found.movements and not found.still


def test_a_cut_between_does_not_turn_the_way_round() -> None:
    pictures = [frame.pixels for frame in pan("right", 8)]
    cut = [cv2.flip(window(ground(9), 350 + 6 * n, 250), 0) for n in range(8)]
    (movement,) = [m for m in motion(clip(pictures + cut)).movements if m.mover == "camera"]
    assert movement.direction == "right"


def test_two_frames_in_pixels() -> None:
    old, new = (grey(cv2, window(ground(), x, 250)) for x in (350, 355))
    assert old.shape == (144, WIDTH)
    pair = pair_flow(cv2, old, new)
    assert pair is not None and pair.things == ()
    assert pair.ground_step == pytest.approx((-4.0, 0.0), abs=0.2)
    assert pair.ground_zoom == pytest.approx(0.0, abs=0.005)
    assert pair_flow(cv2, old, grey(cv2, window(ground(7), 350, 250))) is None


def test_a_movement_is_a_value() -> None:
    assert Movement("camera", "left", 0, 1, 0.1, 0.9) == Movement("camera", "left", 0, 1, 0.1, 0.9)
