"""Cuts, fades and dissolves of films of known content, beside scenedetect-headless on the same films in the same run.

`python bench/video_cuts.py [--seeds 101 102 …] [--seconds 300] [--tolerance 2]`. A change is found if a reported
one lies within `tolerance` frames of it: of a fade's or dissolve's middle (strict), or of any of its frames (wide).
Tuned on seeds 1 to 4. `--memory` measures a film of 5 minutes and one of an hour. Needs scenedetect-headless.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "recipes"))

from figures import Figure
from film import make
from film_repeat import repeated
from film_truth import SceneTruth, Truth
from rough_films import roughened

from sensorium.core.blob import Blob
from sensorium.video.scenes.cuts import scenes

HELDOUT = (101, 102, 103, 104, 105, 106, 107, 108)
Detector = Callable[[Path, Fraction], list[int]]


@dataclass
class Tally:
    """What a detector found over all films; a change is counted under its own kind, and as hard beside dark scenes."""

    found: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    reported: int = 0
    right: int = 0
    alarms: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    frames: int = 0

    def add(self, kind: str, found: bool) -> None:
        self.known[kind] = self.known.get(kind, 0) + 1
        self.found[kind] = self.found.get(kind, 0) + found


def ours(path: Path, rate: Fraction) -> list[int]:
    return [round(scene.start * rate) for scene in scenes(Blob(path))[1:]]


def peer(name: str, **settings: float) -> Detector:
    """Return a detector of scenedetect's; "fades" joins its AdaptiveDetector with its ThresholdDetector, both ways."""

    def detect(path: Path, rate: Fraction) -> list[int]:
        from scenedetect import SceneManager, detectors, open_video

        manager = SceneManager()
        if name == "fades":
            manager.add_detector(detectors.AdaptiveDetector())
            manager.add_detector(detectors.ThresholdDetector(threshold=12))
            ceiling = detectors.ThresholdDetector.Method.CEILING
            manager.add_detector(detectors.ThresholdDetector(threshold=243, method=ceiling))
        else:
            manager.add_detector(getattr(detectors, name)(**settings))
        manager.detect_scenes(open_video(str(path), backend="pyav"))
        return [start.frame_num for start, _ in manager.get_scene_list()[1:]]

    return detect


DETECTORS: dict[str, Detector] = {
    "sensorium": ours,
    "scenedetect Adaptive": peer("AdaptiveDetector"),
    "scenedetect Content": peer("ContentDetector"),
    "scenedetect Histogram": peer("HistogramDetector"),
    "scenedetect Adaptive + Threshold": peer("fades"),
}


def score(truth: Truth, reported: Sequence[int], tolerance: int, tally: Tally) -> None:
    """Match changes to reports, each once, the nearest first; count what is left over by what it lies in."""
    rate, left = truth.rate, sorted(set(reported))
    tally.reported += len(left)
    for before, scene in zip(truth.scenes, truth.scenes[1:], strict=False):
        first, middle, last = (round(at * rate) for at in (scene.transition_start, scene.start, scene.transition_end))
        kind = "cut beside the dark" if scene.transition == "cut" and (before.dark or scene.dark) else scene.transition
        near = min(left, key=lambda frame: abs(frame - middle), default=None)
        strict = near is not None and abs(near - middle) <= tolerance
        wide = [frame for frame in left if first - tolerance <= frame <= last + tolerance]
        tally.add(kind, strict)
        if kind != scene.transition:
            tally.add("cut", strict)
        if scene.transition != "cut":
            tally.add(f"{scene.transition}, wide", bool(wide))
        hit = near if strict else wide[0] if wide else None
        if hit is not None:
            left.remove(hit)
            tally.right += 1
    for frame in left:
        where = _where(truth, float(frame / rate))
        tally.alarms[where] = tally.alarms.get(where, 0) + 1
    for hard in truth.hard:
        tally.places[hard.kind] = tally.places.get(hard.kind, 0) + 1


def _where(truth: Truth, at: float) -> str:
    """Return what a false alarm lies in: a flash, a pan, a fade's or dissolve's second report, or nothing hard."""
    for hard in truth.hard:
        if hard.start - 0.2 <= at <= hard.end + 0.2:
            return hard.kind
    soft: list[SceneTruth] = [scene for scene in truth.scenes if scene.transition in ("fade", "dissolve")]
    for scene in soft:
        if scene.transition_start - 0.1 <= at <= scene.transition_end + 0.1:
            return f"{scene.transition} again"
    return "elsewhere"


def f1(tally: Tally, kind: str) -> float:
    """Return F1 of a kind: its recall, and a precision that counts every false alarm that isn't in another kind."""
    found, known = tally.found.get(kind, 0), tally.known.get(kind, 0)
    base = kind.partition(",")[0]
    alarms = sum(
        n for where, n in tally.alarms.items() if where == f"{base} again" or (base == "cut" and "again" not in where)
    )
    return 2 * found / max(1, known + found + alarms)


def figures(
    seeds: Sequence[int], seconds: float, tolerance: int, only: str | None, folder: Path, rough: bool = False
) -> list[Figure]:
    """Measure every detector on the films of these seeds."""
    out: list[Figure] = []
    for name, detect in DETECTORS.items():
        if only and only not in name:
            continue
        if name.startswith("scenedetect") and importlib.util.find_spec("scenedetect") is None:
            print(f"skipped: {name}; pip install scenedetect-headless")
            continue
        tally = Tally()
        for seed in seeds:
            path = folder / f"{seed}.mp4"
            truth = make(path, seed, seconds)
            if rough:
                plain, path = path, folder / f"{seed}-rough.mp4"
                truth = roughened(plain, truth, path)
            begin = time.process_time()
            reported = detect(path, truth.rate)
            tally.seconds += time.process_time() - begin
            tally.frames += truth.frames
            score(truth, reported, tolerance, tally)
        out += _figures(name, tally)
    return out


def _figures(name: str, tally: Tally) -> list[Figure]:
    own = name == "sensorium"
    targets = {"cut": 0.95, "fade": 0.75} if own else {}
    out = [
        Figure(f"{name}: F1 of {kind}s", f1(tally, kind), tally.known.get(kind, 0), targets.get(kind))
        for kind in ("cut", "fade", "dissolve", "fade, wide", "dissolve, wide")
    ]
    dark = "cut beside the dark"
    found, known = tally.found.get(dark, 0), tally.known.get(dark, 0)
    out.append(Figure(f"{name}: recall of cuts beside dark scenes", found / max(1, known), known, of=found))
    for kind in ("flash", "pan", "dark"):
        count = tally.places.get(kind, 0)
        out.append(Figure(f"{name}: false alarms a {kind}", tally.alarms.get(kind, 0) / max(1, count), count))
    other = sum(n for where, n in tally.alarms.items() if where not in ("flash", "pan", "dark"))
    minutes = tally.frames / 25 / 60
    out.append(Figure(f"{name}: other false alarms a minute", other / minutes, round(minutes)))
    out.append(Figure(f"{name}: frames a second of processor time", tally.frames / tally.seconds, tally.frames))
    return out


def memory(seed: int, folder: Path) -> list[Figure]:
    """Measure the most memory of a fresh process over a film of five minutes and over twelve of them in a row."""
    short, long = folder / f"{seed}.mp4", folder / f"{seed}-hour.mp4"
    make(short, seed)
    repeated(short, long, 12)
    out = []
    for name, path in (("5 minutes", short), ("an hour", long)):
        run = subprocess.run(
            [sys.executable, __file__, "--peak", str(path)], capture_output=True, text=True, check=True
        )
        out.append(Figure(f"sensorium: MB of memory over {name}", float(run.stdout.split()[-1]), 1))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=HELDOUT)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--tolerance", type=int, default=2, help="frames")
    parser.add_argument("--only", help="part of a detector's name")
    parser.add_argument("--to", type=Path, default=Path(tempfile.gettempdir(), "sensorium-films"))
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--rough", action="store_true", help="on copies of rough_films.py")
    parser.add_argument("--peak", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        scenes(Blob(options.peak))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    if options.memory:
        rows = memory(options.seeds[0], options.to)
    else:
        rows = figures(options.seeds, options.seconds, options.tolerance, options.only, options.to, options.rough)
    for figure in rows:
        print(figure)


if __name__ == "__main__":
    main()
