"""Motion of a film: clips within scenes, told once each, and joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sensorium.media.video import Frame
from sensorium.video.answers.looking.moving import MotionWatcher, joined_movements
from sensorium.video.answers.looking.seen import SeenMovement
from sensorium.video.answers.looking.store import RunNotes

PIXELS = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
EVEN = np.full((64, 64, 3), 90, dtype=np.uint8)


@dataclass(frozen=True)
class Told:
    mover: str
    direction: str | None
    start: float
    end: float
    confidence: float


class Teller:
    """Says that all of every clip moves to the left, and keeps the clips' times."""

    def __init__(self) -> None:
        self.clips: list[tuple[float, float]] = []

    def __call__(self, clip: Sequence[Frame]) -> list[Told]:
        self.clips.append((clip[0].at, clip[-1].at))
        return [Told("object", "left", clip[0].at, clip[-1].at, 0.8)]


def watch(
    teller: Teller, seconds: float, cuts: Sequence[float] = (), notes: RunNotes | None = None
) -> list[SeenMovement]:
    watcher = MotionWatcher(teller, notes or RunNotes())
    for number in range(round(seconds * 10)):
        watcher.add(number / 10, PIXELS, number == 0 or any(abs(number / 10 - cut) < 0.01 for cut in cuts))
    return list(watcher.finish())


def test_clips_end_at_cuts_and_a_way_across_clips_is_one() -> None:
    teller = Teller()
    found = watch(teller, 10.0, [7.5])
    assert all(end <= 7.4 or start >= 7.5 for start, end in teller.clips)
    assert all(end - start <= 1.5 for start, end in teller.clips)
    assert [(move.start, move.end) for move in found] == [(0.0, 9.9)]


def test_movements_of_others_and_after_a_pause_stay_apart() -> None:
    left = [SeenMovement(0.0, 1.0, "object", "left", 0.5), SeenMovement(1.2, 2.0, "object", "left", 0.9)]
    camera = SeenMovement(0.5, 1.5, "camera", "left", 0.7)
    later = SeenMovement(3.0, 4.0, "object", "left", 0.9)
    joined = joined_movements([*left, camera, later])
    assert joined == [SeenMovement(0.0, 2.0, "object", "left", 0.9), camera, later]


def test_a_clip_that_was_told_is_not_told_again(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    first = watch(Teller(), 6.0, notes=RunNotes(path))
    again = Teller()
    assert watch(again, 6.0, notes=RunNotes(path)) == first
    assert again.clips == []


def test_before_an_even_ground_it_is_the_thing_that_moves() -> None:
    def camera(clip: Sequence[Frame]) -> list[Told]:
        return [Told("camera", "down", clip[0].at, clip[-1].at, 0.9)]

    movers = []
    for pixels in (PIXELS, EVEN):
        watcher = MotionWatcher(camera, RunNotes())
        for number in range(10):
            watcher.add(number / 10, pixels, number == 0)
        movers += [(move.mover, move.direction) for move in watcher.finish()]
    assert movers == [("camera", "down"), ("object", "up")]
