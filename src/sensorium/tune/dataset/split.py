"""Splits a data set so that no picture, nor a copy of it, is in two splits."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Audio, Video
from sensorium.core.protocols import Progress, no_progress
from sensorium.tasks.task import Task
from sensorium.tune.dataset.check import inspect_images
from sensorium.tune.dataset.data import DataRow, from_task, media_key
from sensorium.tune.dataset.duplicates import connected_components, duplicate_groups


def split_task(task: Task, shares: Mapping[str, float], seed: int = 0, progress: Progress = no_progress) -> Task:
    """Return a task with new splits: rows that share a picture, or one that looks the same, stay together.

    Groups with the same answers lie side by side in a random order, and the splits take turns along it, the largest
    groups first: so each split gets the same mix of answers. The same seed gives the same splits.

    Args:
        task: Its present splits are ignored.
        shares: Split -> share of the examples, e.g. {"train": 0.8, "test": 0.2}; they add up to 1.
        seed: Random seed.
        progress: As in `check.check`.

    Raises:
        InputError: when the shares do not add up to 1, or a split would be empty.
    """
    if not shares or min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-6:
        raise InputError(f"The shares {dict(shares)} do not add up to 1.", "Try `shares={'train': 0.8, 'test': 0.2}`")
    rows = from_task(task).rows
    groups = group_rows(rows, progress)
    random.Random(seed).shuffle(groups)

    def order(group: Sequence[int]) -> tuple[int, list[tuple[str, int]]]:
        counts = Counter(task.examples[index].answer for index in group)
        return -len(group), sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    sizes: dict[str, int] = dict.fromkeys(shares, 0)
    splits = [""] * len(rows)
    done = 0
    for group in sorted(groups, key=order):
        done += len(group)
        name = max(shares, key=lambda split: shares[split] * done - sizes[split])
        sizes[name] += len(group)
        for index in group:
            splits[index] = name
    empty = [name for name, size in sizes.items() if not size]
    if empty:
        raise InputError(
            f"{len(groups)} groups of rows that belong together are too few for the split {quoted(empty[0])}.",
            "Give it a larger share, or add pictures.",
        )
    return Task(task.name, tuple(replace(e, split=s) for e, s in zip(task.examples, splits, strict=True)))


def group_rows(rows: Sequence[DataRow], progress: Progress = no_progress) -> list[list[int]]:
    """Return the indices of rows that belong together: by a picture or its copy, or by a video or audio file."""
    copies = duplicate_groups(inspect_images(rows, progress))
    first: dict[Hashable, int] = {}
    pairs = []
    for index, row in enumerate(rows):
        keys: list[Hashable] = [("picture", copies[media_key(image)]) for image in row.images]
        media = (part for part in row.example.conversation.parts if isinstance(part, Audio | Video))
        keys += [("file", media_key(part)) for part in media]
        pairs += [(first.setdefault(key, index), index) for key in keys]
    groups: dict[int, list[int]] = {}
    for index, number in enumerate(connected_components(len(rows), pairs)):
        groups.setdefault(number, []).append(index)
    return list(groups.values())
