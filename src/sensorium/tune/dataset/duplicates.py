"""Finds pictures that are the same: by their bytes, and to the eye."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.tune.dataset.image_info import ImageInfo

_MAX_BITS = 10
# Measured on 60 crops of photos: copies at half size or JPEG quality 20 to 75 differ by a mean of at most 7.1; other
# crops by 11 and more. Drawings that differ in one shape, colour or digit differ by little on the whole, and at one
# spot by 48 times that and more; copies of photos by about 11 times.
_MAX_MEAN, _SPOT_BASE, _SPOT_SLOPE = 9.0, 16.0, 14.0
_BLOCK = 2048


def look_alike(one: ImageInfo, other: ImageInfo) -> bool:
    """Whether two pictures are the same to the eye: another size, compression or exposure.

    The hashes decide which are compared; then no spot of the thumbnails may differ, because drawings that share nearly
    all have the same hash. Mirrored and cropped copies are not found.
    """
    if one.thumbnail is None or other.thumbnail is None or (one.hash ^ other.hash).bit_count() > _MAX_BITS:
        return False
    if abs(np.log(one.size[0] / one.size[1]) - np.log(other.size[0] / other.size[1])) > 0.1:
        return False
    difference = one.thumbnail.astype(np.float64) - other.thumbnail
    difference -= np.clip(difference.mean(axis=(0, 1)), -12, 12)  # another exposure
    spread = np.abs(difference)
    return bool(spread.mean() <= _MAX_MEAN and spread.max() <= _SPOT_BASE + _SPOT_SLOPE * spread.mean())


def near_duplicates(infos: Sequence[ImageInfo]) -> list[tuple[int, int]]:
    """Return the pairs of different files that look alike, each as two indices."""
    known = [index for index, info in enumerate(infos) if info.thumbnail is not None]
    hashes = np.array([infos[index].hash for index in known], dtype=np.uint64)
    pairs = []
    for start in range(0, len(known), _BLOCK):
        bits: NDArray[np.uint8] = np.bitwise_count(hashes[start : start + _BLOCK, None] ^ hashes[None, start:])
        for a, b in zip(*np.nonzero(bits <= _MAX_BITS), strict=True):
            one, other = known[start + a], known[start + b]
            if one < other and infos[one].digest != infos[other].digest and look_alike(infos[one], infos[other]):
                pairs.append((one, other))
    return pairs


def duplicate_groups(infos: Mapping[Hashable, ImageInfo]) -> dict[Hashable, int]:
    """Return each picture's group number; pictures with the same bytes, or that look alike, share it."""
    first: dict[str, int] = {}
    pairs = near_duplicates(list(infos.values()))
    pairs += [(first.setdefault(info.digest, i), i) for i, info in enumerate(infos.values()) if info.digest]
    return dict(zip(infos, connected_components(len(infos), pairs), strict=True))


def connected_components(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return the component of each of `count` nodes, joined by pairs (union-find); its least member names it."""
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for one, other in pairs:
        a, b = root(one), root(other)
        parent[max(a, b)] = min(a, b)
    return [root(index) for index in range(count)]
