"""Faults of pictures: broken, repeated, in two splits, with personal data, of an unsuitable size."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import PurePath

from sensorium.tune.dataset.data import Dataset, media_key
from sensorium.tune.dataset.image_info import ImageInfo
from sensorium.tune.dataset.report import Finding

MIN_SIDE = 32
MAX_ASPECT = 5.0
_Keys = Mapping[int, Sequence[Hashable]]
_Infos = Mapping[Hashable, ImageInfo]


def findings(dataset: Dataset, infos: _Infos, groups: Mapping[Hashable, int]) -> list[Finding]:
    """Return the faults of the pictures.

    Args:
        dataset: The data set.
        infos: Properties of each picture, by `media_key`.
        groups: Group number of each picture, by `media_key`: copies share it.
    """
    keys = {row.number: [media_key(image) for image in row.images] for row in dataset.rows}
    return [
        *_broken(keys, infos),
        *_across_splits(dataset, infos, groups),
        *_personal(dataset, keys, infos),
        *_duplicates(keys, infos),
        *_near_duplicates(dataset, keys, infos, groups),
        *_sizes(keys, infos),
    ]


def _numbers(keys: _Keys, chosen: Iterable[Hashable]) -> tuple[int, ...]:
    """Return the rows with one of these pictures."""
    known = set(chosen)
    return tuple(number for number, images in keys.items() if known.intersection(images))


def _broken(keys: _Keys, infos: _Infos) -> list[Finding]:
    broken = [key for key, info in infos.items() if info.broken]
    if not broken:
        return []
    message = f"{_count(len(broken))} can't be opened; the first: {infos[broken[0]].broken}"
    return [Finding("broken-picture", message, _numbers(keys, broken), "Fetch them again, or delete their rows.", True)]


def _across_splits(dataset: Dataset, infos: _Infos, groups: Mapping[Hashable, int]) -> list[Finding]:
    rows = dataset.rows
    splits: dict[int, set[str]] = {}
    for row in rows:
        for image in row.images:
            if row.example.split and not infos[media_key(image)].broken:
                splits.setdefault(groups[media_key(image)], set()).add(row.example.split)
    shared = {number for number, names in splits.items() if len(names) > 1}
    if not shared:
        return []
    numbers = tuple(row.number for row in rows if any(groups[media_key(image)] in shared for image in row.images))
    names = " and ".join(sorted(set().union(*(splits[number] for number in shared))))
    message = f"{_count(len(shared))} in both {names}: the score would measure memory."
    hint = f"Split it again, with copies together. Type: {dataset.command('split', '--out', _out(dataset, 'split'))}"
    return [Finding("picture-across-splits", message, numbers, hint, True)]


def _out(dataset: Dataset, what: str) -> str:
    return f"{PurePath(dataset.name).name}-{what}"


def _personal(dataset: Dataset, keys: _Keys, infos: _Infos) -> list[Finding]:
    found = [key for key, info in infos.items() if info.personal]
    if not found:
        return []
    kinds = sorted({kind for key in found for kind in infos[key].personal})
    message = f"{_count(len(found))} with personal data in their metadata: {', '.join(kinds)}."
    command = dataset.command("split", "--without-metadata", "--out", _out(dataset, "clean"))
    hint = f"Save a copy without it. Type: {command}"
    return [Finding("personal-data", message, _numbers(keys, found), hint, True)]


def _duplicates(keys: _Keys, infos: _Infos) -> list[Finding]:
    files: dict[str, list[Hashable]] = {}
    for key, info in infos.items():
        if info.digest:
            files.setdefault(info.digest, []).append(key)
    copies = [same for same in files.values() if len(same) > 1]
    if not copies:
        return []
    message = f"{_count(len(copies))} under {sum(map(len, copies))} names with the same bytes."
    numbers = _numbers(keys, (key for same in copies for key in same))
    return [Finding("duplicate-picture", message, numbers, "Keep one of each, or split by group.", False)]


def _near_duplicates(dataset: Dataset, keys: _Keys, infos: _Infos, groups: Mapping[Hashable, int]) -> list[Finding]:
    members: dict[int, list[Hashable]] = {}
    for key, number in groups.items():
        members.setdefault(number, []).append(key)
    near = [group for group in members.values() if len({infos[key].digest for key in group}) > 1]
    if not near:
        return []
    message = (
        f"{_count(len(near))} several times to the eye, in another size, compression or exposure "
        f"({sum(map(len, near))} files)."
    )
    numbers = _numbers(keys, (key for group in near for key in group))
    hint = f"Look at them. Type: {dataset.command('preview', '--most', str(max(20, len(dataset.rows))))}"
    return [Finding("near-duplicate-picture", message, numbers, hint, False)]


def _sizes(keys: _Keys, infos: _Infos) -> list[Finding]:
    sizes = {key: info.size for key, info in infos.items() if not info.broken}
    tiny = [key for key, size in sizes.items() if min(size) < MIN_SIDE]
    long = [key for key, size in sizes.items() if max(size) > MAX_ASPECT * min(size)]
    out = []
    if tiny:
        message = f"{_count(len(tiny))} with a side under {MIN_SIDE} pixels."
        hint = "Fetch larger ones: models enlarge them and see a blur."
        out.append(Finding("tiny-picture", message, _numbers(keys, tiny), hint, False))
    if long:
        message = f"{_count(len(long))} over {MAX_ASPECT:.0f} times as long as wide."
        hint = "Cut them into parts: many models squeeze every picture into a square."
        out.append(Finding("extreme-aspect", message, _numbers(keys, long), hint, False))
    return out


def _count(pictures: int) -> str:
    return "One picture" if pictures == 1 else f"{pictures} pictures"
