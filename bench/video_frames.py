"""Frames for a question beside frames at equal distances, on films whose evidence is known.

`python bench/video_frames.py [--seeds 201 202 …] [--counts 8 16 32] [--model offline]`. Local questions are about a
photographed thing, evidence are its scenes; those about shapes and words, which the offline embedder hardly knows, are
reported apart. Questions about the whole film have every scene as evidence. Coverage is the share of the evidence's
scenes with a frame, precision the share of frames that are evidence, balance the entropy of frames over these scenes (1
if they are even). Brackets hold 95 % bootstrap intervals over films. Tuned on seeds 1 to 4.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "recipes"))

import numpy as np
from film import make
from film_truth import Truth

from sensorium import Embedder, load
from sensorium.core.blob import Blob
from sensorium.video.scenes.events import candidates
from sensorium.video.scenes.frames import UNKNOWN, decided, for_question, per_scene

HELDOUT = (201, 202, 203, 204, 205, 206, 207, 208)
LOCAL = (
    "When is the {} seen?", "What colour is the {}?", "Where is the {}?", "How often does the {} appear?",
    "What is next to the {}?", "Is the {} shown before the end?", "Describe the {}.", "How long is the {} visible?",
)  # fmt: skip
WHOLE = (
    "Summarise the film.", "What is this video about?", "What happens in the video?", "How many scenes are there?",
    "Give the film a good title.", "Describe the video from start to end.",
)  # fmt: skip
Span = tuple[float, float]


@dataclass(frozen=True)
class Row:
    """How the frames of one question do, by one way of choosing them."""

    seed: int
    kind: str
    way: str
    count: int
    coverage: float
    precision: float
    balance: float


def questions(truth: Truth, chance: random.Random) -> list[tuple[str, str, list[Span]]]:
    """Return (kind, question, evidence) of a film."""
    out: list[tuple[str, str, list[Span]]] = []
    for label in sorted({thing.label for thing in truth.objects}):
        spans = [(o.start, o.end) for o in truth.objects if label in (o.label, *o.also)]
        out.append(("thing", chance.choice(LOCAL).format(label), spans))
    for shape in chance.sample(truth.shapes, min(2, len(truth.shapes))):
        spans = [(s.start, s.end) for s in truth.shapes if (s.shape, s.colour) == (shape.shape, shape.colour)]
        out.append(("shape", chance.choice(LOCAL).format(f"{shape.colour} {shape.shape}"), spans))
    for text in chance.sample(truth.texts, min(2, len(truth.texts))):
        out.append(("words", f'When does the screen say "{text.text}"?', [(text.start, text.end)]))
    scenes = [(scene.start, scene.end) for scene in truth.scenes]
    return out + [("whole", question, scenes) for question in chance.sample(WHOLE, 3)]


def measured(seed: int, kind: str, way: str, count: int, times: Sequence[float], spans: list[Span]) -> Row:
    """Score the times of frames against the evidence."""
    hits = np.array([sum(start <= at < end for at in times) for start, end in spans], dtype=float)
    shares = hits[hits > 0] / max(1.0, hits.sum())
    entropy = float(-(shares * np.log(shares)).sum())
    balance = entropy / np.log(len(spans)) if len(spans) > 1 else float(hits.sum() > 0)
    inside = sum(any(start <= at < end for start, end in spans) for at in times)
    return Row(seed, kind, way, count, float((hits > 0).mean()), inside / len(times), float(balance))


def rows_of(seed: int, path: Path, seconds: float, embedder: Embedder, counts: Sequence[int]) -> list[Row]:
    """Ask every question of one film."""
    truth, out = make(path, seed, seconds), []
    plain, known = candidates(Blob(path)), candidates(Blob(path), embedder)
    for kind, question, spans in questions(truth, random.Random(seed)):
        way, _ = decided("auto", question, embedder)
        near = known.relevance(question, embedder)
        equal_ones = way == "uniform" or near.standing < UNKNOWN
        for count in counts:
            equal = [truth.seconds * (2 * n + 1) / (2 * count) for n in range(count)]
            asked = [float(known.times[place]) for place in for_question(known, near.near, count)]
            best = [float(plain.times[place]) for place in per_scene(plain, count)]
            times = {"uniform": equal, "auto": equal if equal_ones else asked, "question": asked, "scenes": best}
            out += [measured(seed, kind, name, count, chosen, spans) for name, chosen in times.items()]
    return out


def table(rows: list[Row], kind: str, count: int) -> list[str]:
    """Return lines that compare the ways, paired by film."""
    chosen = [row for row in rows if row.kind == kind and row.count == count]
    seeds = sorted({row.seed for row in chosen})
    by = {way: [row for row in chosen if row.way == way] for way in ("uniform", "auto", "question", "scenes")}
    n = len(by["uniform"])
    lines = []
    for way, own in by.items():
        means = [float(np.mean([getattr(row, name) for row in own])) for name in ("coverage", "precision", "balance")]
        lines.append(
            f"{kind}, {count} frames, {way}: coverage {means[0]:.3f}, precision {means[1]:.3f}, "
            f"balance {means[2]:.3f} (n={n})"
        )
    draws = np.random.default_rng(0)
    for way in ("auto", "question", "scenes"):
        ratios = []
        for _ in range(2000):
            some = draws.choice(seeds, len(seeds))
            one, two = (
                np.mean([row.coverage for seed in some for row in by[name] if row.seed == seed])
                for name in (way, "uniform")
            )
            ratios.append(one / two if two else np.nan)
        whole = np.mean([row.coverage for row in by[way]]) / np.mean([row.coverage for row in by["uniform"]])
        low, high = np.nanquantile(ratios, (0.025, 0.975))
        target = 1.0 if kind == "whole" else 1.5
        judged = (
            ("reached" if whole >= target else "NOT REACHED") if way == "auto" and kind in ("thing", "whole") else ""
        )
        lines.append(f"  coverage of {way} over uniform's: {whole:.2f} [{low:.2f}, {high:.2f}] {judged}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=HELDOUT)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--counts", type=int, nargs="+", default=(8, 16, 32))
    parser.add_argument("--model", default="offline", help="an embedder")
    parser.add_argument("--to", type=Path, default=Path(tempfile.gettempdir(), "sensorium-films"))
    options = parser.parse_args()
    embedder, rows = load(options.model, role="embedder"), []
    for seed in options.seeds:
        rows += rows_of(seed, options.to / f"{seed}.mp4", options.seconds, embedder, options.counts)
        print(f"film {seed}: {len(rows)} rows", file=sys.stderr, flush=True)
    for kind in ("thing", "shape", "words", "whole"):
        for count in options.counts:
            print(*table(rows, kind, count), sep="\n")


if __name__ == "__main__":
    main()
