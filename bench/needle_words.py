"""Needles looked for by words: how many are found at a fixed number of false alarms, by `find` and by what it was.

Called by `bench/needle.py`. Before, a piece's score was the cosine of its ConSE vector with the words' in standard
deviations over a bank of unrelated queries, and a frame's score the best of its pieces.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium import Image, Text
from sensorium.eyes.recognition.class_shares import without_article
from sensorium.eyes.recognition.vocabulary import lookup
from sensorium.media.image import pixels
from sensorium.retrieval.hubness import unrelated_queries
from sensorium.retrieval.query import Query
from sensorium.video.haystack.needles import Backdrop, HaystackPlan, Needle
from sensorium.video.moments.words import stand_out, words_row

PLURAL = {"binoculars", "scissors", "pliers", "broccoli", "corn", "garlic"}
RATES = (2.0, 5.0, 10.0)
Rows = NDArray[np.float32]


def things(questions: Path, half: int) -> list[Needle]:
    """Return the photos of single things of a file of questions with their names; a name's SHA-256 says which half."""
    named: dict[str, list[str]] = {}
    for line in questions.read_text().splitlines():
        row = json.loads(line)
        name, _, file = row["description"].partition(" (")
        if row["set"] == "photos" and row["kind"] == "name" and file:
            named.setdefault(name, [])
            if row["picture"] not in named[name]:
                named[name].append(row["picture"])
    found = []
    for name, pictures in sorted(named.items()):
        if int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == half:
            article = "" if name in PLURAL else "an " if name[0] in "aeiou" else "a "
            found += [
                Needle(f"{name} {n}", Image(questions.parent / picture), article + name)
                for n, picture in enumerate(pictures[:2])
            ]
    return found


def moments(over: NDArray[np.bool_]) -> int:
    return int(over[0]) + int((over[1:] & ~over[:-1]).sum())


def placed(needles: Sequence[Needle], backdrop: Backdrop, plan: HaystackPlan) -> list[tuple[int, int, list[Rows]]]:
    """Return for each needle and depth its number, its first frame and the rows of the frames that show it, placed as
    `run` places it."""
    found = []
    for number, needle in enumerate(needles):
        picture = pixels(needle.image, 1024)
        for depth in plan.depths:
            chance = random.Random(f"{plan.seed} {number} {plan.sizes[0]} {plan.opacities[0]} {depth}")
            at, first = (chance.random(), chance.random()), chance.randrange(len(backdrop.frames))
            shown = range(math.ceil(plan.seconds / plan.every))
            frames = [(first + n) % len(backdrop.frames) for n in shown]
            rows = [backdrop.planted(place, picture, plan.sizes[0], plan.opacities[0], at) for place in frames]
            found.append((number, first, rows))
    return found


def compare(needles: Sequence[Needle], backdrop: Backdrop, plan: HaystackPlan) -> None:
    """Print the share found at each rate of false alarms by each method, on the same needles and films."""
    embedder = backdrop.embedder
    texts = sorted({needle.text for needle in needles})
    old = embedder.embed([Text(text) for text in texts])
    new = np.stack([words_row(Query.of(text), embedder) for text in texts])
    bank = embedder.embed([Text(text) for several in unrelated_queries().values() for text in several])

    def before(rows: Rows) -> Rows:
        known = rows @ bank.T
        return (rows @ old.T - known.mean(axis=-1, keepdims=True)) / known.std(axis=-1, keepdims=True)

    def taken_off(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return stand_out(scores, plan.every)

    def as_they_are(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return scores

    methods: dict[str, tuple[Callable[[Rows], Rows], Callable[[NDArray[np.float64]], NDArray[np.float64]]]] = {
        "before (ConSE, over the bank)": (before, as_they_are),
        "before, less the film around it": (before, taken_off),
        "classes": (lambda rows: rows @ new.T, as_they_are),
        "classes, less the film around them (find)": (lambda rows: rows @ new.T, taken_off),
    }
    trials = placed(needles, backdrop, plan)
    hours = len(backdrop.frames) * plan.every / 3600
    known = {text: lookup(without_article(text)) is not None for text in texts}
    print(f"by words: {len(texts)} different texts over {hours:.2f} h of different film, {len(trials)} needles planted")
    for name, (score, finish) in methods.items():
        plain = np.stack([score(frame).max(axis=0) for frame in backdrop.vectors]).T.astype(np.float64)  # texts, frames
        empty = np.stack([finish(row) for row in plain])
        tops = []
        for number, first, rows in trials:
            text = texts.index(needles[number].text)
            film = np.roll(plain[text], len(plain[text]) // 2 - first)
            at = len(film) // 2
            for n, frame in enumerate(rows):
                film[at + n] = score(frame)[:, text].max()
            tops.append((needles[number].text, float(finish(film)[at : at + len(rows)].max())))
        steps = np.unique(empty)[::-1][:20_000]
        line = []
        for rate in RATES:
            low, high = 0, len(steps) - 1
            while low < high:
                middle = (low + high + 1) // 2
                if sum(moments(row > steps[middle]) for row in empty) <= rate * hours * len(texts):
                    low = middle
                else:
                    high = middle - 1
            found = [(known[text], top > steps[low]) for text, top in tops]
            share, named, other = (
                np.mean([hit for is_known, hit in found if is_known in of]) for of in ((True, False), (True,), (False,))
            )
            line.append(f"{share:.3f} ({named:.3f} / {other:.3f})")
        print(f"  {name}: at {', '.join(f'{r:g}' for r in RATES)} false alarms an hour {'; '.join(line)}")
    print(
        f"  (words that name a class / others; n = {sum(known[needles[n].text] for n, _, _ in trials)} / "
        f"{sum(not known[needles[n].text] for n, _, _ in trials)})"
    )
