"""Divide a data set so that no picture, nor a copy of it, is in two splits."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

from sensorium.core.errors import InputError
from sensorium.core.messages import Audio, Video
from sensorium.tasks.task import Task
from sensorium.tune.dataset.check import looked
from sensorium.tune.dataset.data import Doing, Row, of, place, silently
from sensorium.tune.dataset.duplicates import families, groups


def divided(task: Task, shares: Mapping[str, float], seed: int = 0, doing: Doing = silently) -> Task:
    """Return each example a split anew: rows that share a picture, or one that looks the same, stay together.

    Groups with like answers lie side by side, in an order drawn by chance, and the splits take turns along it, the
    largest groups first: so each split gets all answers alike. The same seed divides alike.

    Args:
        task: Its present splits are forgotten.
        shares: Split -> its share of the examples, e.g. {"train": 0.8, "test": 0.2}; they add up to 1.
        seed: Of the draw.
        doing: As in `check.check`.

    Raises:
        InputError: when the shares do not add up to 1, or a split would get nothing.
    """
    if not shares or min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-6:
        raise InputError(f"The shares {dict(shares)} do not add up to 1.", "Try --shares train=0.8,test=0.2")
    rows = of(task).rows
    members = grouped(rows, doing)
    chance = random.Random(seed)
    chance.shuffle(members)

    def order(group: Sequence[int]) -> tuple[int, list[tuple[str, int]]]:
        counts = Counter(task.examples[index].answer for index in group)
        return -len(group), sorted(counts.items(), key=lambda each: (-each[1], each[0]))

    given: dict[str, int] = dict.fromkeys(shares, 0)
    splits = [""] * len(rows)
    done = 0
    for group in sorted(members, key=order):
        done += len(group)
        name = max(shares, key=lambda each: shares[each] * done - given[each])
        given[name] += len(group)
        for index in group:
            splits[index] = name
    empty = [name for name, count in given.items() if not count]
    if empty:
        raise InputError(
            f"{len(members)} groups of rows that belong together are too few for the split {empty[0]!r}.",
            "Give it a larger share, or add pictures.",
        )
    return Task(task.name, tuple(replace(e, split=s) for e, s in zip(task.examples, splits, strict=True)))


def grouped(rows: Sequence[Row], doing: Doing = silently) -> list[list[int]]:
    """Return indices of rows that belong together: by a picture, its copy or, where there is none, film or sound."""
    family = families(looked(rows, doing))
    first: dict[Hashable, int] = {}
    pairs = []
    for index, row in enumerate(rows):
        for image in row.images:
            pairs.append((first.setdefault(("picture", family[place(image)]), index), index))
        for part in row.example.conversation.parts:
            if isinstance(part, Audio | Video):
                pairs.append((first.setdefault(("file", place(part)), index), index))
    together: dict[int, list[int]] = {}
    for index, number in enumerate(groups(len(rows), pairs)):
        together.setdefault(number, []).append(index)
    return list(together.values())
