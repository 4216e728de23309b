"""Finds pictures that are the same: by their bytes, and to the eye."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.tune.dataset.image_info import ImageInfo, colour_grid, normalised

# Fitted on the part `tune` of bench/near_duplicates.py, seed 0 (648 copies, 355 different pairs, most of them drawings
# with one change) and on all pairs of 902 of the starter's scenes: of the settings with no false pair among the scenes
# and at most 0.6 % among the others, one of those that find the most copies (95 %). A busy photo's copy differs a
# little everywhere, a changed drawing much at one spot, another drawing in its ground.
_MAX_DISTANCE, _MAX_GROUND, _SPOT_BASE, _SPOT_SLOPE = 90.0, 3.0, 18.0, 6.0
_SPOT_SIDE = 3
_BLOCK = 1024


def look_alike(one: ImageInfo, other: ImageInfo) -> bool:
    """Whether two pictures are the same to the eye: another size, compression or exposure.

    The mean colours of 64 cells are compared first; then no spot of 3 by 3 pixels of the thumbnails may differ much
    more than the rest, because drawings can share all but a letter. Mirrored and cropped copies are not found.
    """
    if one.thumbnail is None or other.thumbnail is None:
        return False
    if abs(np.log(one.size[0] / one.size[1]) - np.log(other.size[0] / other.size[1])) > 0.1:
        return False
    if float(np.linalg.norm(colour_grid(one.thumbnail) - colour_grid(other.thumbnail))) > _MAX_DISTANCE:
        return False
    difference = normalised(one.thumbnail) - normalised(other.thumbnail)
    ground = np.median(difference, axis=(0, 1))
    if float(np.abs(ground).max()) > _MAX_GROUND:
        return False
    windows = np.lib.stride_tricks.sliding_window_view(difference, (_SPOT_SIDE, _SPOT_SIDE), axis=(0, 1))
    spots = windows.mean(axis=(3, 4))
    return float(np.abs(spots).max()) <= _SPOT_BASE + _SPOT_SLOPE * float(np.abs(difference - ground).mean())


def near_duplicates(infos: Sequence[ImageInfo]) -> list[tuple[int, int]]:
    """Return the pairs of different files that look alike, each as two indices."""
    grids = [(index, colour_grid(info.thumbnail)) for index, info in enumerate(infos) if info.thumbnail is not None]
    if not grids:
        return []
    known, vectors = [index for index, _ in grids], np.stack([grid for _, grid in grids])
    squares: NDArray[np.float32] = (vectors**2).sum(axis=1)
    pairs = []
    for start in range(0, len(known), _BLOCK):
        block = slice(start, start + _BLOCK)
        distances = squares[block, None] + squares[None, start:] - 2 * vectors[block] @ vectors[start:].T
        for a, b in zip(*np.nonzero(distances <= _MAX_DISTANCE**2 + 1), strict=True):
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
