"""Pictures that are the same: by their bytes, and to the eye."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.tune.dataset.image_info import Seen

_MOST_BITS = 10
# Measured on 60 crops of photos: copies at half size or JPEG quality 20 to 75 differ by a mean of at most 7.1; other
# crops by 11 and more. Drawings that differ in one shape, colour or digit differ by little on the whole, and at one
# spot by 48 times that and more; copies of photos by about 11 times.
_MOST_MEAN, _SPOT_BASE, _SPOT_SLOPE = 9.0, 16.0, 14.0
_BLOCK = 2048


def alike(one: Seen, other: Seen) -> bool:
    """Whether two pictures are one to the eye: another size, compression or exposure of the same.

    The hashes decide who is compared; then no spot of the small copies may differ, for drawings that share all but
    a little have the same hash. Mirrored and cropped copies are not found.
    """
    if one.small is None or other.small is None or (one.hash ^ other.hash).bit_count() > _MOST_BITS:
        return False
    wide, tall = one.size
    if abs(np.log(wide / tall) - np.log(other.size[0] / other.size[1])) > 0.1:
        return False
    difference = one.small.astype(np.float64) - other.small
    difference -= np.clip(difference.mean(axis=(0, 1)), -12, 12)  # another exposure of the same
    spread = np.abs(difference)
    return bool(spread.mean() <= _MOST_MEAN and spread.max() <= _SPOT_BASE + _SPOT_SLOPE * spread.mean())


def near(seen: Sequence[Seen]) -> list[tuple[int, int]]:
    """Return the pairs of different pictures that are one to the eye, each as two indices."""
    known = [index for index, each in enumerate(seen) if each.small is not None]
    hashes = np.array([seen[index].hash for index in known], dtype=np.uint64)
    pairs = []
    for start in range(0, len(known), _BLOCK):
        far: NDArray[np.uint8] = np.bitwise_count(hashes[start : start + _BLOCK, None] ^ hashes[None, start:])
        for a, b in zip(*np.nonzero(far <= _MOST_BITS), strict=True):
            one, other = known[start + a], known[start + b]
            if one < other and seen[one].digest != seen[other].digest and alike(seen[one], seen[other]):
                pairs.append((one, other))
    return pairs


def families(seen: Mapping[Hashable, Seen]) -> dict[Hashable, int]:
    """Return each picture the number of its family: those of the same bytes, or one to the eye, share it."""
    places = list(seen)
    first: dict[str, int] = {}
    pairs = near([seen[each] for each in places])
    for index, each in enumerate(places):
        digest = seen[each].digest
        if digest:
            pairs.append((first.setdefault(digest, index), index))
    joined = groups(len(places), pairs)
    return {each: joined[index] for index, each in enumerate(places)}


def groups(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return the group number of each of `count` things, joined by pairs (union-find); the least member names it."""
    root = list(range(count))

    def top(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for one, other in pairs:
        a, b = top(one), top(other)
        root[max(a, b)] = min(a, b)
    return [top(index) for index in range(count)]
